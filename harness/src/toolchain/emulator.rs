//! How a program for another system or processor runs here: as it is, under an emulator, or not at all and why.
//!
//! Input: the target, the harness's environment, the Go that built it. Output: a [`Runner`]. Must not run the program.
//! A foreign program is never handed to the system on trial: `execvp` gives what the kernel refuses to a shell, which
//! takes it for a script.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::process::{Command, Interrupt, Limits, run};

/// Time for an emulator to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an emulated program's deadlines are multiplied by: qemu-user takes some seven times as long (GO-FACTS 7).
pub const PATIENCE_FACTOR: u64 = 10;

/// How the programs of a variant are started on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "runs", rename_all = "kebab-case")]
pub enum Runner {
    /// As they are.
    #[default]
    Native,
    /// Under an emulator.
    Emulated(Emulator),
    /// They would under an emulator that is not there.
    Missing {
        /// Its name.
        needs: String,
        /// How to get it.
        get: String,
    },
    /// Nothing that the harness knows runs them here.
    Foreign,
}

/// An emulator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Emulator {
    /// `qemu-aarch64`, `node`.
    pub name: String,
    /// First line of what it says about its version.
    pub version: String,
    /// Words before the program's own.
    pub words: Vec<String>,
    /// Variables that it needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

impl Emulator {
    /// What real-time signals have to be moved up by to arrive as they are meant, see `QEMU_SIGNALS`.
    #[must_use]
    pub fn signal_shift(&self) -> i32 {
        if self.env.contains_key(QEMU_SIGNALS.0) { 2 } else { 0 }
    }
}

impl Runner {
    /// For `skip_serializing_if`: the usual case is not worth a line.
    #[must_use]
    pub fn is_native(&self) -> bool {
        *self == Self::Native
    }

    /// The emulator, if there is one.
    #[must_use]
    pub fn emulator(&self) -> Option<&Emulator> {
        match self {
            Self::Emulated(emulator) => Some(emulator),
            _ => None,
        }
    }

    /// The same with the target's libraries there, if that is known and the emulator is one that loads any.
    pub(super) fn with_libraries(mut self, root: Option<Utf8PathBuf>) -> Self {
        if let (Self::Emulated(emulator), Some(root)) = (&mut self, root)
            && emulator.env.contains_key(QEMU_SIGNALS.0)
        {
            emulator.env.insert(QEMU_LIBRARIES.to_owned(), root.into_string());
        }
        self
    }

    /// What running them here would need, and how to get it; `None` if they run.
    #[must_use]
    pub fn needs(&self, target: &str) -> Option<String> {
        match self {
            Self::Native | Self::Emulated(_) => None,
            Self::Missing { needs, get } => Some(format!("{needs}; get it: {get}")),
            Self::Foreign => Some(format!("a machine of {target}: no emulator for it is known here")),
        }
    }

    /// Why the programs cannot be run, in words; `None` if they can.
    #[must_use]
    pub fn refusal(&self, target: &str) -> Option<String> {
        match self {
            Self::Native | Self::Emulated(_) => None,
            Self::Missing { needs, get } => Some(format!("built, not run: needs {needs}; get it: {get}")),
            Self::Foreign => Some(format!("built, not run: no emulator for {target} is known here")),
        }
    }
}

/// A processor: Go's name, qemu's, and the C toolchain's triplet in Debian's packages.
struct Processor {
    goarch: &'static str,
    qemu: &'static str,
    triplet: &'static str,
}

const fn processor(goarch: &'static str, qemu: &'static str, triplet: &'static str) -> Processor {
    Processor { goarch, qemu, triplet }
}

const PROCESSORS: [Processor; 13] = [
    processor("386", "qemu-i386", "i686-linux-gnu"),
    processor("amd64", "qemu-x86_64", "x86_64-linux-gnu"),
    processor("arm", "qemu-arm", "arm-linux-gnueabihf"),
    processor("arm64", "qemu-aarch64", "aarch64-linux-gnu"),
    processor("loong64", "qemu-loongarch64", "loongarch64-linux-gnu"),
    processor("mips", "qemu-mips", "mips-linux-gnu"),
    processor("mipsle", "qemu-mipsel", "mipsel-linux-gnu"),
    processor("mips64", "qemu-mips64", "mips64-linux-gnuabi64"),
    processor("mips64le", "qemu-mips64el", "mips64el-linux-gnuabi64"),
    processor("ppc64", "qemu-ppc64", "powerpc64-linux-gnu"),
    processor("ppc64le", "qemu-ppc64le", "powerpc64le-linux-gnu"),
    processor("riscv64", "qemu-riscv64", "riscv64-linux-gnu"),
    processor("s390x", "qemu-s390x", "s390x-linux-gnu"),
];

/// Which targets a machine runs by itself: what Rust calls it, and Go's names.
const NATIVE: [(&str, &[&str]); 9] = [
    ("x86_64", &["amd64", "386"]),
    ("x86", &["386"]),
    ("aarch64", &["arm64"]),
    ("arm", &["arm"]),
    ("riscv64", &["riscv64"]),
    ("loongarch64", &["loong64"]),
    ("powerpc64", &["ppc64le", "ppc64"]),
    ("s390x", &["s390x"]),
    ("mips64", &["mips64le", "mips64"]),
];

/// Real-time signals as qemu up to 9 maps them: the C library keeps the host's first two, so all move up by two. Later
/// ones have a default of their own and take this as their setting.
const QEMU_SIGNALS: (&str, &str) = ("QEMU_RTSIG_MAP", "32 34 29");

/// Where qemu looks for the loader and the libraries of a program.
const QEMU_LIBRARIES: &str = "QEMU_LD_PREFIX";

/// The C compiler for a target of Linux, and how to get it; `None` where none is packaged.
#[must_use]
pub fn cross_compiler(goarch: &str) -> Option<(String, String)> {
    let triplet = PROCESSORS.iter().find(|one| one.goarch == goarch)?.triplet;
    // Debian's packages spell `_` as `-`.
    Some((format!("{triplet}-gcc"), format!("apt-get install gcc-{}", triplet.replace('_', "-"))))
}

/// How programs for `goos`/`goarch` run here. `goroot` is that of the Go which built them.
#[must_use]
pub fn runner(
    (goos, goarch): (&str, &str),
    goroot: &Utf8Path,
    environment: &Environment,
    interrupt: &Interrupt,
) -> Runner {
    if is_native(goos, goarch) {
        return Runner::Native;
    }
    let found = match (goos, goarch) {
        ("linux", _) if cfg!(target_os = "linux") => qemu(goarch, environment),
        ("js", "wasm") => node(goroot, environment),
        ("wasip1", "wasm") => wasi(environment),
        _ => return Runner::Foreign,
    };
    match found {
        Runner::Emulated(mut emulator) => {
            emulator.version = version(&emulator, environment, interrupt);
            Runner::Emulated(emulator)
        }
        other => other,
    }
}

/// The emulator that a scenario names to run its programs: a word that begins with `qemu-`, or anything that runs programs of
/// another processor. What else stands before a program (`nice`, a container's entry) is none.
pub(super) fn named(exec: &[String], (goos, goarch): (&str, &str)) -> Option<Runner> {
    let first = Utf8Path::new(exec.first()?).file_name()?;
    let is_qemu = first.starts_with("qemu-");
    if !is_qemu && is_native(goos, goarch) {
        return None;
    }
    let signals = is_qemu.then(|| (QEMU_SIGNALS.0.to_owned(), QEMU_SIGNALS.1.to_owned()));
    Some(emulated(first, exec.to_vec(), signals.into_iter().collect()))
}

/// Whether this machine runs the target by itself.
pub(super) fn is_native(goos: &str, goarch: &str) -> bool {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let own = NATIVE.iter().find(|(machine, _)| *machine == std::env::consts::ARCH);
    goos == system && own.is_some_and(|(_, targets)| targets.contains(&goarch))
}

fn qemu(goarch: &str, environment: &Environment) -> Runner {
    let Some(one) = PROCESSORS.iter().find(|one| one.goarch == goarch) else { return Runner::Foreign };
    let names = [one.qemu.to_owned(), format!("{}-static", one.qemu)];
    let Some(path) = names.iter().find_map(|name| environment.which(name)) else {
        return missing(one.qemu, "apt-get install qemu-user");
    };
    let mut env = BTreeMap::from([(QEMU_SIGNALS.0.to_owned(), QEMU_SIGNALS.1.to_owned())]);
    // Where a program that is linked with C finds its loader and its libraries.
    let libraries = Utf8PathBuf::from(format!("/usr/{}", one.triplet));
    if libraries.is_dir() {
        env.insert(QEMU_LIBRARIES.to_owned(), libraries.into_string());
    }
    emulated(one.qemu, vec![path.into_string()], env)
}

/// Go's own `go_js_wasm_exec`, without the shell: node with the runner of that release, and as much stack.
fn node(goroot: &Utf8Path, environment: &Environment) -> Runner {
    let scripts = ["lib/wasm/wasm_exec_node.js", "misc/wasm/wasm_exec_node.js"]; // before 1.24: the other
    let script = scripts.iter().map(|script| goroot.join(script)).find(|script| script.is_file());
    match (environment.which("node"), script) {
        (Some(node), Some(script)) => {
            let words = vec![node.into_string(), "--stack-size=8192".to_owned(), script.into_string()];
            emulated("node", words, BTreeMap::new())
        }
        (None, _) => missing("node", "apt-get install nodejs"),
        (Some(_), None) => missing("wasm_exec_node.js", "a GOROOT that has lib/wasm"),
    }
}

/// WASI runtimes that take a program's environment from their own.
fn wasi(environment: &Environment) -> Runner {
    match environment.which("wazero") {
        Some(wazero) => {
            let words = [wazero.as_str(), "run", "-mount=/:/", "-env-inherit"].map(str::to_owned).to_vec();
            emulated("wazero", words, BTreeMap::new())
        }
        None => missing("wazero", "go install github.com/tetratelabs/wazero/cmd/wazero@v1.9.0"),
    }
}

fn missing(needs: &str, get: &str) -> Runner {
    Runner::Missing { needs: needs.to_owned(), get: get.to_owned() }
}

fn emulated(name: &str, words: Vec<String>, env: BTreeMap<String, String>) -> Runner {
    Runner::Emulated(Emulator { name: name.to_owned(), version: String::new(), words, env })
}

fn version(emulator: &Emulator, environment: &Environment, interrupt: &Interrupt) -> String {
    let ask = if emulator.name == "wazero" { "version" } else { "--version" };
    let command = Command {
        program: emulator.words.first().cloned().unwrap_or_default(),
        args: vec![ask.to_owned()],
        dir: environment.dir.clone(),
        env: environment.vars.clone(),
    };
    let done = run(&command, &Limits::within(PATIENCE), interrupt);
    let text = done.map(|done| done.stdout.text()).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner_of(target: (&str, &str), path: &str) -> Runner {
        let environment = Environment::new([("PATH".to_owned(), path.to_owned())], "/");
        runner(target, Utf8Path::new("/nowhere"), &environment, &Interrupt::default())
    }

    #[test]
    fn what_is_missing_is_named_with_how_to_get_it() {
        let words = |target| runner_of(target, "/nowhere").refusal("x/y");
        let expected = "built, not run: needs qemu-s390x; get it: apt-get install qemu-user";
        assert_eq!(words(("linux", "s390x")).as_deref(), Some(expected));
        assert!(words(("js", "wasm")).is_some_and(|words| words.contains("needs node; get it: ")));
        let none = words(("windows", "arm64"));
        assert_eq!(none.as_deref(), Some("built, not run: no emulator for x/y is known here"));
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn a_machine_runs_its_own_programs_without_help() {
        assert_eq!(runner_of(("linux", "amd64"), "/nowhere"), Runner::Native);
        assert_eq!(runner_of(("linux", "386"), "/nowhere"), Runner::Native);
    }

    #[test]
    fn a_processor_of_gos_has_one_row_and_a_c_compiler() {
        for one in &PROCESSORS {
            assert_eq!(PROCESSORS.iter().filter(|other| other.goarch == one.goarch).count(), 1);
        }
        let (compiler, get) = cross_compiler("amd64").expect("a row");
        assert_eq!((&*compiler, &*get), ("x86_64-linux-gnu-gcc", "apt-get install gcc-x86-64-linux-gnu"));
        assert_eq!(cross_compiler("wasm"), None);
    }
}
