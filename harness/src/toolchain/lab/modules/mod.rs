//! Modules: what the go command says of a variant's packages and of the modules that they come from, whether `vendor/` is what
//! `go mod vendor` would write, and whether it builds without a network.
//!
//! The user's go.mod, go.sum and vendor/ are only read: what the go command may write to goes to copies (`copied.rs`). Variants that
//! agree in what decides on an answer share it ([`Known`]). The variant need not build.

mod copied;
mod goflags;
mod offline;
mod sources;
mod tree;
mod vendor;

use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{BuildError, Subject};
use crate::format::{golist, modfiles::GoMod};
use crate::toolchain::flags;
use crate::toolchain::process::Command;
use copied::Copied;
use goflags::GoFlags;

pub use offline::OfflineRecord;
pub use sources::Sources;
pub use tree::Tree;
pub use vendor::{Rewritten, Truth, VendorRecord};

/// Time for listing packages or modules, seconds: modules may have to be fetched.
const SECONDS: u64 = 300;
/// Time for a question about versions that were taken back, seconds: there is a request for each module.
const UPDATE_SECONDS: u64 = 120;
/// Settings that decide on which modules are taken and where they come from.
const OF_MODULES: [&str; 13] = [
    "GO111MODULE",
    "GOINSECURE",
    "GOMOD",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOSUMDB",
    "GOVCS",
    "GOVERSION",
    "GOWORK",
];
/// Settings that decide on which packages are in a program.
const OF_PACKAGES: [&str; 13] = [
    "CGO_ENABLED",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOEXPERIMENT",
    "GOMIPS",
    "GOMIPS64",
    "GOOS",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];
/// What is asked of each package.
const FIELDS: &str = "-json=ImportPath,Dir,Standard,DepOnly,Module,Imports,GoFiles,CgoFiles,CFiles,HFiles,SFiles,EmbedFiles,Error";

/// What a command printed, or why it did not.
pub type Said = Result<String, String>;

/// What is known of a variant's modules.
#[derive(Debug, Clone)]
pub struct ModulesRecord {
    /// Of go.mod.
    pub graph: Rc<GraphRecord>,
    /// Of the packages of the program.
    pub program: Rc<ProgramRecord>,
}

/// What go.mod stands for, whatever the target and the tags.
#[derive(Debug, Clone)]
pub struct GraphRecord {
    /// Directory of go.mod, or of go.work.
    pub root: Utf8PathBuf,
    /// There is a go.work.
    pub workspace: bool,
    /// go.mod.
    pub go_mod: GoMod,
    /// `go list -m -json all`
    pub modules: Said,
    /// `go mod graph`
    pub requirements: Said,
    /// `go list -m -u -retracted -json` of all that have a version; nothing if none has
    pub updates: Said,
    /// `vendor/`, if there is one.
    pub vendor: Option<VendorRecord>,
}

/// What a program is made of.
#[derive(Debug, Clone)]
pub struct ProgramRecord {
    /// Where its modules are looked for.
    pub mode: Mode,
    /// `go list -deps -json`
    pub packages: Said,
    /// Why the go command refuses to list them as the variant is built; they are listed by go.mod and the module cache then.
    pub refused: Option<String>,
    /// Whether it builds without a network.
    pub offline: OfflineRecord,
}

/// `-mod`: where modules are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In `vendor/`.
    Vendor,
    /// In the module cache; go.mod and go.sum have to have all.
    Readonly,
    /// In the module cache; what go.mod and go.sum do not have is looked up.
    Mod,
}

/// Answers that other variants share.
#[derive(Debug, Default)]
pub struct Known {
    graphs: BTreeMap<String, Rc<GraphRecord>>,
    programs: BTreeMap<String, Rc<ProgramRecord>>,
}

/// Asks.
///
/// # Errors
/// When there is no go.mod, or files cannot be read or written.
pub fn modules(subject: &Subject<'_>, known: &mut Known) -> Result<ModulesRecord, BuildError> {
    let question = Question::of(subject)?;
    let key = question.of_modules();
    let graph = match known.graphs.get(&key) {
        Some(graph) => Rc::clone(graph),
        None => Rc::new(question.graph()?),
    };
    known.graphs.insert(key, Rc::clone(&graph));
    let key = question.of_packages();
    let program = match known.programs.get(&key) {
        Some(program) => Rc::clone(program),
        None => Rc::new(question.program(&graph)?),
    };
    known.programs.insert(key, Rc::clone(&program));
    Ok(ModulesRecord { graph, program })
}

/// One variant.
struct Question<'a> {
    subject: &'a Subject<'a>,
    flags: GoFlags,
    /// Directory for copies.
    dir: Utf8PathBuf,
    /// go.mod, or the file that stands for it.
    go_mod: Utf8PathBuf,
    /// go.work, if there is one.
    go_work: Option<Utf8PathBuf>,
}

impl<'a> Question<'a> {
    fn of(subject: &'a Subject<'a>) -> Result<Self, BuildError> {
        let setting = |name: &str| {
            let path = Utf8PathBuf::from(subject.go.setting(name));
            (path.is_absolute() && path.is_file()).then_some(path)
        };
        let flags = GoFlags::of(subject.go.setting("GOFLAGS"));
        let Some(own) = setting("GOMOD") else {
            let hint = Some("make one with `go mod init`".to_owned());
            return Err(BuildError::Unsupported { what: "the program has no go.mod".to_owned(), hint });
        };
        let named = flags.value("modfile").map(|path| subject.scenario.workload.module.join(path));
        let dir = subject.out.join("modules");
        fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
        Ok(Self { subject, flags, dir, go_mod: named.unwrap_or(own), go_work: setting("GOWORK") })
    }

    /// What decides on the modules.
    fn of_modules(&self) -> String {
        let settings = OF_MODULES.map(|name| self.subject.go.setting(name));
        format!("{:?}", (&self.subject.go.bin, settings, &self.go_mod))
    }

    /// What decides on the packages: other words of a build have no part in where they come from. One that builds shares no
    /// answer with one that does not, which is tried without a network, too.
    fn of_packages(&self) -> String {
        let Subject { go, variant, scenario, .. } = self.subject;
        let settings = OF_PACKAGES.map(|name| go.setting(name));
        let words = (flags::list_words(&variant.build), self.flags.all(), &scenario.workload.package);
        format!("{}{:?}", self.of_modules(), (settings, words, self.subject.built.is_some()))
    }

    /// Directory of go.mod, or of go.work: where `vendor/` is, and where paths of replacements start from.
    fn root(&self) -> &Utf8Path {
        let file = match &self.go_work {
            Some(file) => file.as_path(),
            None => Utf8Path::new(self.subject.go.setting("GOMOD")),
        };
        file.parent().unwrap_or(Utf8Path::new("/"))
    }

    fn graph(&self) -> Result<GraphRecord, BuildError> {
        let copied = self.copied()?;
        let command = self.command(["mod", "edit", "-json"], [copied.go_mod.as_str()]);
        let go_mod =
            self.said(&command, SECONDS)?.ok().and_then(|json| GoMod::read(&json)).unwrap_or_default();
        let vendor = self.root().join("vendor");
        let vendor = match vendor.is_dir() {
            true => Some(self.vendor(&vendor, &copied)?),
            false => None,
        };
        let modules = self.said(&copied.list(self, &["-m", "-json"], &["all"]), SECONDS)?;
        let requirements = self.said(&copied.command(self, &["mod", "graph"]), SECONDS)?;
        let updates = self.updates(&copied, &modules)?;
        let (root, workspace) = (self.root().to_owned(), self.go_work.is_some());
        Ok(GraphRecord { root, workspace, go_mod, modules, requirements, updates, vendor })
    }

    /// Asks for newer versions, which say what was taken back. What a directory stands for has none.
    fn updates(&self, copied: &Copied, modules: &Said) -> Result<Said, BuildError> {
        let listed = match modules {
            Ok(modules) => golist::modules(modules),
            Err(why) => return Ok(Err(why.clone())),
        };
        let by_version = listed.iter().filter(|module| !module.main && !module.is_directory());
        let paths: Vec<&str> = by_version.map(|module| module.path.as_str()).collect();
        if paths.is_empty() {
            return Ok(Ok(String::new()));
        }
        if self.subject.go.setting("GOPROXY") == "off" {
            return Ok(Err("GOPROXY is off, and newer versions tell what was taken back".to_owned()));
        }
        let words = ["-m", "-e", "-u", "-retracted", "-json"];
        self.said(&copied.list(self, &words, &paths), UPDATE_SECONDS)
    }

    fn program(&self, graph: &GraphRecord) -> Result<ProgramRecord, BuildError> {
        let mode = self.mode(graph);
        let package = &self.subject.scenario.workload.package;
        let mut args: Vec<String> = ["list", "-e", "-deps", FIELDS].map(str::to_owned).to_vec();
        args.extend(flags::list_words(&self.subject.variant.build));
        let mut command = self.subject.go([args.as_slice(), &["--".to_owned(), package.clone()]].concat());
        let (packages, refused) = match self.said(&command, SECONDS)? {
            Ok(packages) => (Ok(packages), None),
            Err(refused) => {
                let copied = self.copied()?;
                args.extend(copied.words());
                command =
                    copied.prepared(self, [args.as_slice(), &["--".to_owned(), package.clone()]].concat());
                (self.said(&command, SECONDS)?, Some(refused))
            }
        };
        Ok(ProgramRecord { mode, packages, refused, offline: self.offline(mode)? })
    }

    /// What the go command decides on, given go.mod: `go help modules`, "-mod".
    fn mode(&self, graph: &GraphRecord) -> Mode {
        let named = self.subject.variant.build.mod_mode.as_deref().or_else(|| self.flags.value("mod"));
        let is_new = graph.workspace || graph.go_mod.is_at_least(14);
        match named {
            Some("vendor") => Mode::Vendor,
            Some("mod") => Mode::Mod,
            Some(_) => Mode::Readonly,
            None if graph.vendor.is_some() && is_new => Mode::Vendor,
            None => Mode::Readonly,
        }
    }

    /// A command of the variant's Go in the module's directory, on files of ours, whatever `-mod` the user has.
    fn command<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
        more: impl IntoIterator<Item = &'w str>,
    ) -> Command {
        let words = words.into_iter().chain(more).map(str::to_owned).collect();
        self.neutral(self.subject.go(words))
    }

    /// The command without the user's own `-mod` and `-modfile`.
    fn neutral(&self, mut command: Command) -> Command {
        command.env.insert("GOFLAGS".to_owned(), self.flags.without(&["mod", "modfile"]));
        command
    }

    /// What a command printed, or what it said when it failed.
    fn said(&self, command: &Command, seconds: u64) -> Result<Said, BuildError> {
        let done = match self.subject.finish_long(command, seconds) {
            Err(BuildError::TimedOut { seconds, .. }) => {
                return Ok(Err(format!("no answer within {seconds} s")));
            }
            done => done?,
        };
        if done.ok() {
            return Ok(Ok(done.stdout.text()));
        }
        let said = done.stderr.text();
        let is_news = |line: &&str| !line.trim().is_empty() && !line.starts_with("go: downloading ");
        let said: Vec<&str> = said.lines().filter(is_news).collect();
        Ok(Err(if said.is_empty() { done.end.to_string() } else { said.join("\n") }))
    }
}
