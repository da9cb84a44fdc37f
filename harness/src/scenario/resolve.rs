//! File form -> [`Scenario`]: defaults filled in, paths made absolute and looked at.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::diagnostic::Diagnostic;
use super::document::Document;
use super::duration::Milliseconds;
use super::file::{
    CaptureFile, CheckpointFile, DriverFile, Every, On, ReadyFile, ScenarioFile, TraceFile, TwinFile,
    WorkloadFile,
};
use super::gotest::{Kind, TestFile};
use super::resolved::{
    AllocFree, BuildSpec, CaptureSpec, CheckpointSpec, Driver, Exemptions, Expect, HeapDump, Ready, Scenario,
    Twin, Variant, Workload,
};
use super::silence;
use super::variants::Draft;
use crate::model::Mode;

/// Period of checkpoints when nothing is said: eight of them in a program of two seconds.
const INTERVAL_MS: u64 = 250;
const TIMEOUT_MS: u64 = 60_000;
/// Tests have a time of their own, `-timeout`; this one is of all of a package's, each run several times.
const TESTS_TIMEOUT_MS: u64 = 3_600_000;
const GRACE_MS: u64 = 5_000;
const ROUNDS: u32 = 10;
const READY_MS: u64 = 500;
const SETTLE_MS: u64 = 200;

/// Where a scenario's relative paths start.
pub(super) struct Base<'a> {
    /// The file, absolute.
    pub path: &'a Utf8Path,
    /// Its directory.
    pub dir: &'a Utf8Path,
}

/// Resolves a file that passed the checks; paths that do not exist are added to `found`.
pub(super) fn resolve(
    file: ScenarioFile,
    drafts: Vec<Draft>,
    base: &Base<'_>,
    document: &Document<'_>,
    found: &mut Vec<Diagnostic>,
) -> Scenario {
    let name = file.name.clone().unwrap_or_else(|| base.path.file_stem().unwrap_or("scenario").to_owned());
    let mut paths = Paths { dir: base.dir, document, found };
    let baseline = file.baseline.file.clone().unwrap_or_else(|| format!("{name}.baseline.toml"));
    let variants = drafts.into_iter().map(|draft| variant(draft, base.dir)).collect();
    let twin = file.control.and_then(|control| paths.twin(control.twin));
    let workload_kind = file.workload.kind;
    let workload = workload(file.workload, &mut paths);
    silence::check(&file.baseline, &workload.module, document, found);
    Scenario {
        description: file.description.unwrap_or_default(),
        path: base.path.to_owned(),
        workload,
        variants,
        capture: capture(&file.capture, workload_kind),
        expect: file.expect.map(|expect| Expect { leaks: expect.leaks }),
        twin,
        baseline: absolute(base.dir, &baseline),
        thresholds: file.thresholds,
        exemptions: Exemptions { third_party: file.baseline.third_party, suppress: file.baseline.suppress },
        lab: file.lab,
        delve: file.delve,
        name,
    }
}

/// Resolves paths and notes those that lead nowhere.
struct Paths<'a, 'd> {
    dir: &'a Utf8Path,
    document: &'a Document<'d>,
    found: &'a mut Vec<Diagnostic>,
}

impl Paths<'_, '_> {
    /// The path at `key`, or `default`; must be a directory when `dir`, else a file.
    fn existing(&mut self, given: Option<&String>, key: &[&str], want: Want) -> Option<Utf8PathBuf> {
        let path = absolute(self.dir, given?);
        let there = match want {
            Want::Dir => path.is_dir(),
            Want::File => path.exists() && !path.is_dir(),
        };
        if !there {
            let what = if want == Want::Dir { "directory" } else { "file" };
            self.found
                .push(Diagnostic::new(self.document.value(key), format!("there is no {what} `{path}`")));
        }
        Some(path)
    }

    /// Exactly one of the keys is there: the rules see to that.
    fn twin(&mut self, file: TwinFile) -> Option<Twin> {
        let scenario = self.existing(file.scenario.as_ref(), &["control", "twin", "scenario"], Want::File);
        file.package
            .map(Twin::Package)
            .or(file.tags.map(Twin::Tags))
            .or(file.revision.map(Twin::Revision))
            .or(file.variant.map(Twin::Variant))
            .or(scenario.map(Twin::Scenario))
    }

    fn module(&mut self, given: Option<&String>) -> Utf8PathBuf {
        if let Some(module) = self.existing(given, &["workload", "module"], Want::Dir) {
            return module;
        }
        module_above(self.dir).unwrap_or_else(|| {
            let span = self.document.key(&["workload"]);
            let message = format!("no go.mod in `{}` or above it", self.dir);
            let help = "name the module's directory: `module = \"../path\"` in `[workload]`";
            self.found.push(Diagnostic::new(span, message).help(help));
            self.dir.to_owned()
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Dir,
    File,
}

/// The nearest directory from `dir` upward that has a go.mod.
pub(super) fn module_above(dir: &Utf8Path) -> Option<Utf8PathBuf> {
    dir.ancestors().find(|dir| dir.join("go.mod").is_file()).map(Utf8Path::to_owned)
}

fn workload(file: WorkloadFile, paths: &mut Paths<'_, '_>) -> Workload {
    let module = paths.module(file.module.as_ref());
    let dir = paths.existing(file.dir.as_ref(), &["workload", "dir"], Want::Dir);
    let stdin = paths.existing(file.stdin.as_ref(), &["workload", "stdin"], Want::File);
    let driver = file.driver.map(|driver| resolve_driver(driver, paths));
    Workload {
        package: file.package.unwrap_or_else(|| ".".to_owned()),
        args: file.args,
        env: file.env,
        operations: file.operations,
        dir: dir.unwrap_or_else(|| module.clone()),
        module,
        stdin,
        timeout_ms: milliseconds(
            file.timeout,
            if file.kind == Kind::Binary { TIMEOUT_MS } else { TESTS_TIMEOUT_MS },
        ),
        grace_ms: milliseconds(file.grace, GRACE_MS),
        exit_codes: file.exit_codes.unwrap_or_else(|| vec![0]),
        checkpoint: match file.kind {
            Kind::Binary => checkpoint(file.checkpoint, driver.is_some()),
            Kind::Test | Kind::Bench => CheckpointSpec::Test,
        },
        driver,
        test: (file.kind != Kind::Binary).then(|| file.test.unwrap_or_default().resolve()),
        exec: file.exec,
        kind: file.kind,
    }
}

fn milliseconds(given: Option<Milliseconds>, default: u64) -> u64 {
    given.map_or(default, |Milliseconds(ms)| ms)
}

fn checkpoint(file: Option<CheckpointFile>, driven: bool) -> CheckpointSpec {
    let Some(file) = file else {
        return if driven { CheckpointSpec::Round } else { default_checkpoint() };
    };
    match file.on {
        On::Call => {
            let every = if let Some(Every::Calls(n)) = file.every { n } else { 1 };
            CheckpointSpec::Call { func: file.func.unwrap_or_default(), every }
        }
        On::Interval => {
            let every_ms = if let Some(Every::Period(period)) = file.every { period.0 } else { INTERVAL_MS };
            CheckpointSpec::Interval { every_ms }
        }
        On::Signal => CheckpointSpec::Signal,
        On::Round => CheckpointSpec::Round,
        On::Gc => CheckpointSpec::Gc,
        On::Exit => CheckpointSpec::Exit,
        On::Test => CheckpointSpec::Test,
    }
}

fn default_checkpoint() -> CheckpointSpec {
    CheckpointSpec::Interval { every_ms: INTERVAL_MS }
}

fn resolve_driver(file: DriverFile, paths: &mut Paths<'_, '_>) -> Driver {
    let dir = paths.existing(file.dir.as_ref(), &["workload", "driver", "dir"], Want::Dir);
    Driver {
        command: file.command,
        env: file.env,
        dir: dir.unwrap_or_else(|| paths.dir.to_owned()),
        rounds: file.rounds.unwrap_or(ROUNDS),
        ready: file.ready.and_then(ready).unwrap_or(Ready::AfterMs(READY_MS)),
        settle_ms: milliseconds(file.settle, SETTLE_MS),
    }
}

fn ready(file: ReadyFile) -> Option<Ready> {
    file.tcp
        .map(Ready::Tcp)
        .or_else(|| file.output.map(Ready::Output))
        .or_else(|| file.after.map(|Milliseconds(ms)| Ready::AfterMs(ms)))
}

fn variant(draft: Draft, dir: &Utf8Path) -> Variant {
    let mut build = BuildSpec::from(draft.keys);
    build.pgo = build.pgo.map(|pgo| match pgo.as_str() {
        "auto" | "off" => pgo,
        path => absolute(dir, path).into_string(),
    });
    Variant { name: draft.name, build, package: None }
}

fn capture(file: &CaptureFile, kind: Kind) -> CaptureSpec {
    let (trace, alloc_free) = match &file.trace {
        None => (true, None),
        Some(TraceFile::Switch(on)) => (*on, None),
        Some(TraceFile::Details(details)) => (true, details.alloc_free),
    };
    let alloc_free = match alloc_free {
        None => AllocFree::Dumped,
        Some(true) => AllocFree::On,
        Some(false) => AllocFree::Off,
    };
    let usual = match kind {
        Kind::Binary => vec![Mode::Plain, Mode::Natural, Mode::Step],
        Kind::Test | Kind::Bench => vec![Mode::Plain, Mode::Step],
    };
    let modes = file.modes.clone().unwrap_or(usual);
    CaptureSpec {
        // A default dump is dropped with the mode that would make it; an explicit one is refused.
        heap_dump: file.heap_dump.unwrap_or(if modes.contains(&Mode::Step) {
            HeapDump::FirstLast
        } else {
            HeapDump::Off
        }),
        modes,
        repeat: file.repeat.unwrap_or(3),
        trace,
        alloc_free,
        goroutine_leak: file.goroutine_leak.unwrap_or(true),
        escapes: file.escapes.unwrap_or(true),
        asan: file.asan.unwrap_or(false),
        memprofile_rate: file.memprofile_rate.unwrap_or(4096),
        plant: 0,
    }
}

/// A scenario made up for a package, without a file; see [`for_package`](super::for_package).
pub(super) fn made_up(dir: &Utf8Path, package: &str) -> Scenario {
    let dir = dir.canonicalize_utf8().unwrap_or_else(|_| dir.to_owned());
    let module = module_above(&dir).unwrap_or_else(|| dir.clone());
    let package = package_in_module(&dir, &module, package);
    let named = match package.trim_end_matches("/...") {
        "." => module.as_str(),
        named => named,
    };
    let name: String = named
        .rsplit('/')
        .find(|part| !part.is_empty() && *part != "." && *part != "..")
        .unwrap_or("program")
        .to_owned();
    Scenario {
        description: format!("made up for package `{package}`"),
        path: Utf8PathBuf::new(),
        workload: Workload {
            dir: dir.clone(),
            package,
            args: Vec::new(),
            env: Default::default(),
            operations: None,
            stdin: None,
            timeout_ms: TIMEOUT_MS,
            grace_ms: GRACE_MS,
            exit_codes: vec![0],
            checkpoint: default_checkpoint(),
            driver: None,
            test: None,
            exec: Vec::new(),
            kind: Kind::Binary,
            module: module.clone(),
        },
        variants: vec![Variant { name: "default".to_owned(), build: BuildSpec::default(), package: None }],
        capture: capture(&CaptureFile::default(), Kind::Binary),
        expect: None,
        twin: None,
        baseline: module.join("scenarios").join(format!("{name}.baseline.toml")),
        thresholds: Default::default(),
        exemptions: Default::default(),
        lab: Default::default(),
        delve: Default::default(),
        name,
    }
}

/// A scenario made up for a package, of its tests or benchmarks.
pub(super) fn of_tests(mut scenario: Scenario, kind: Kind) -> Scenario {
    let module = scenario.workload.module.clone();
    scenario.name = format!("{}-{}", scenario.name, if kind == Kind::Bench { "bench" } else { "test" });
    scenario.baseline = module.join("scenarios").join(format!("{}.baseline.toml", scenario.name));
    scenario.capture = capture(&CaptureFile::default(), kind);
    scenario.workload = Workload {
        kind,
        test: Some(TestFile::default().resolve()),
        checkpoint: CheckpointSpec::Test,
        timeout_ms: TESTS_TIMEOUT_MS,
        dir: module, // tests start in their package's directory
        ..scenario.workload
    };
    scenario
}

/// `package` as `go build` takes it in the module's directory, when it was given relative to `dir`.
fn package_in_module(dir: &Utf8Path, module: &Utf8Path, package: &str) -> String {
    let is_path = package.starts_with('.') || package.starts_with('/');
    if !is_path {
        return package.to_owned();
    }
    let full = absolute(dir, package);
    match full.strip_prefix(module) {
        Ok(rest) if rest.as_str().is_empty() => ".".to_owned(),
        Ok(rest) => format!("./{rest}"),
        Err(_) => full.into_string(),
    }
}

/// `path` from `dir`, without `.` and `..`; through symbolic links where it exists.
pub(super) fn absolute(dir: &Utf8Path, path: &str) -> Utf8PathBuf {
    let joined = dir.join(path);
    joined.canonicalize_utf8().unwrap_or_else(|_| normalized(&joined))
}

fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    path.components().fold(Utf8PathBuf::new(), |mut out, part| {
        match part {
            Utf8Component::ParentDir => {
                out.pop();
            }
            Utf8Component::CurDir => {}
            part => out.push(part),
        }
        out
    })
}
