//! The overlay of a probed build: what the go command reads instead of, or besides, what is on disk.
//!
//! The user's files stay as they are. Keys are absolute: a relative one is looked up from the go
//! command's directory and then silently not found.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::error::BuildError;
use super::flags::list_words;
use super::go::Go;
use super::helper::{Helper, HookRequest};
use super::package::Package;
use super::process::Interrupt;
use super::sources::{self, write_if_changed};
use crate::scenario::{BuildSpec, CheckpointSpec, Kind, Workload};

/// File added to package main. Its name has no suffix that a build constraint hides in.
const HOOK_NAME: &str = "harness_probe_hook.go";
const HOOK: &str = "package main\n\nimport _ \"harnessprobe\"\n";

/// What a probed build shall have in it.
pub(super) struct Wish<'a> {
    /// Package main.
    pub main: &'a Package,
    /// The program.
    pub workload: &'a Workload,
    /// The variant's keys.
    pub spec: &'a BuildSpec,
    /// The heap dumper is to be patched.
    pub heap_dump: bool,
    /// There is a trace, in which the calls that make descriptors shall be.
    pub traced: bool,
    /// It is built with `-cover`.
    pub covered: bool,
    /// Directory of the variant.
    pub out: &'a Utf8Path,
}

/// An overlay on disk.
pub(super) struct Injection {
    /// Value of `-overlay`.
    pub file: Utf8PathBuf,
    /// What it changes, in words.
    pub differences: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// The heap dumper was patched.
    pub heap_dump: bool,
}

/// Writes the overlay of a variant.
///
/// # Errors
/// When the checkpoint function cannot be instrumented or a file cannot be written.
pub(super) fn inject(
    go: &Go,
    wish: &Wish<'_>,
    cache: &Utf8Path,
    interrupt: &Interrupt,
) -> Result<Injection, BuildError> {
    let mut maker = Maker { go, wish, cache, interrupt, replace: BTreeMap::new() };
    let by = if wish.workload.kind == Kind::Binary { "main" } else { "testing" };
    let mut injection = Injection {
        file: wish.out.join("overlay.json"),
        differences: vec![format!("overlay: the probe (package `harnessprobe`), imported by package {by}")],
        notes: Vec::new(),
        heap_dump: false,
    };
    maker.probe()?;
    match wish.workload.kind {
        Kind::Binary => maker.import()?,
        Kind::Test | Kind::Bench => injection.differences.push(maker.runner()?),
    }
    if let CheckpointSpec::Call { func, .. } = &wish.workload.checkpoint {
        injection.differences.push(maker.hook(func)?);
    }
    if wish.heap_dump {
        maker.heap_dumper(&mut injection)?;
    }
    if wish.traced && go.info.goos == "linux" {
        maker.raw_calls(&mut injection)?;
    }
    let overlay = json!({ "Replace": maker.replace });
    write_if_changed(&injection.file, format!("{overlay:#}\n").as_bytes())?;
    Ok(injection)
}

struct Maker<'a> {
    go: &'a Go,
    wish: &'a Wish<'a>,
    cache: &'a Utf8Path,
    interrupt: &'a Interrupt,
    replace: BTreeMap<Utf8PathBuf, Utf8PathBuf>,
}

impl Maker<'_> {
    fn probe(&mut self) -> Result<(), BuildError> {
        let dir = sources::unpack(self.cache, "probe", sources::PROBE)?;
        let package = self.go.goroot().join("src/harnessprobe");
        self.replace.extend(sources::PROBE.iter().map(|(name, _)| (package.join(name), dir.join(name))));
        if self.wish.covered {
            let dir = sources::unpack(self.cache, "covered", sources::COVERED)?;
            self.replace
                .extend(sources::COVERED.iter().map(|(name, _)| (package.join(name), dir.join(name))));
        }
        Ok(())
    }

    /// Has package testing run each test by itself, and tell the probe.
    fn runner(&mut self) -> Result<String, BuildError> {
        let out = self.wish.out.join("overlay/testing");
        let copies = self.helper()?.patch_testing(self.go, &out, self.interrupt)?;
        self.replace.extend(copies.into_iter().map(|copied| (copied.original, copied.copy)));
        let dir = sources::unpack(self.cache, "runner", sources::RUNNER)?;
        let package = self.go.goroot().join("src/testing");
        self.replace.extend(sources::RUNNER.iter().map(|(name, _)| (package.join(name), dir.join(name))));
        Ok("overlay: package testing: each test is run by itself, so often as the probe says".to_owned())
    }

    /// Has package main import the probe.
    fn import(&mut self) -> Result<(), BuildError> {
        let hook = self.wish.out.join("overlay").join(HOOK_NAME);
        write_if_changed(&hook, HOOK.as_bytes())?;
        self.replace.insert(self.wish.main.dir.join(HOOK_NAME), hook);
        Ok(())
    }

    /// Instruments a copy of the file that declares `func`; returns what that changes.
    fn hook(&mut self, func: &str) -> Result<String, BuildError> {
        let Wish { workload, spec, .. } = self.wish;
        let request = HookRequest {
            module: &workload.module,
            package: &workload.package,
            func,
            out: &self.wish.out.join("overlay/instrumented"),
            flags: &list_words(spec),
        };
        let copied = self.helper()?.hook(self.go, &request, self.interrupt)?;
        let file = copied.original.strip_prefix(&workload.module).unwrap_or(&copied.original);
        let difference = format!("overlay: a copy of `{file}` in which `{func}` counts its entries");
        self.replace.insert(copied.original, copied.copy);
        Ok(difference)
    }

    /// Patches the runtime's heap dumper, which throws in states that a measured program reaches.
    fn heap_dumper(&mut self, injection: &mut Injection) -> Result<(), BuildError> {
        let out = self.wish.out.join("overlay/runtime");
        match self.helper()?.patch_heapdump(self.go, &out, self.interrupt) {
            Ok(copied) => {
                injection.heap_dump = true;
                if copied.is_changed() {
                    let changes = copied.changes.join("; ");
                    injection.differences.push(format!("overlay: runtime/heapdump.go: {changes}"));
                    self.replace.insert(copied.original, copied.copy);
                }
            }
            Err(BuildError::Unsupported { what, .. }) => {
                injection.notes.push(format!("no heap dumps with {}: {what}", self.go.info.version));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Has the trace show the calls that make descriptors without blocking, so that who makes them can be told.
    fn raw_calls(&mut self, injection: &mut Injection) -> Result<(), BuildError> {
        let out = self.wish.out.join("overlay/syscall");
        match self.helper()?.trace_raw_calls(self.go, &out, self.interrupt) {
            Ok(copied) if copied.is_changed() => {
                let calls = copied.changes.join(", ");
                let file = copied.original.file_name().unwrap_or_default();
                injection.differences.push(format!("overlay: syscall/{file}: the trace has {calls}, too"));
                self.replace.insert(copied.original, copied.copy);
            }
            Ok(_) => {}
            Err(BuildError::Unsupported { what, .. }) => {
                injection.notes.push(format!("calls that make sockets and pipes are not traced: {what}"));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Built at its first use in the cache's life; finding it again costs a few file reads.
    fn helper(&self) -> Result<Helper, BuildError> {
        Helper::build(self.go, self.cache, self.interrupt)
    }
}
