//! `cargo xtask record`: execution traces and heap dumps of every supported Go release, with what
//! another reader says of each, for the decoders' tests.
//!
//! Input: `fixtures/programs/tracegen`, built by each release, which `go` fetches through
//! GOTOOLCHAIN. Output: `NAME-goRELEASE.trace` and `.golden` in `fixtures/traces`; dumps: see `dumps`.
//! A release that cannot be had is a failure: a set of recordings with a hole in it would pass for a
//! whole one.

mod dumps;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::{Command, root, say};
use crate::golang::Version;
use crate::tools;

/// The last release of each minor version that was looked at, one for every minor version.
const RELEASES: [&str; 6] = ["1.22.12", "1.23.12", "1.24.13", "1.25.4", "1.26.8", "1.27.4"];

/// A recording.
struct Recording {
    name: &'static str,
    /// First release that has what it shows.
    since: &'static str,
    debug: &'static str,
    options: &'static [&'static str],
}

/// A generation every ten milliseconds instead of every second.
const GENERATIONS: &str = "traceadvanceperiod=10000000";

const RECORDINGS: [Recording; 5] = [
    Recording { name: "mixed", since: "1.22", debug: GENERATIONS, options: &[] },
    Recording { name: "alloc", since: "1.23", debug: "traceallocfree=1", options: &[] },
    Recording { name: "cpu", since: "1.22", debug: "", options: &[] },
    Recording { name: "cgo", since: "1.22", debug: GENERATIONS, options: &[] },
    Recording { name: "generations", since: "1.22", debug: GENERATIONS, options: &["-for=60ms"] },
];

/// Bytes of a recording: they are kept in the repository.
const MAX_LEN: u64 = 100_000;

/// How often a recording is repeated that came out larger. Background sweeping can fill one with
/// tens of thousands of scheduling events.
const MAX_TRIES: u32 = 30;

/// Records what is missing, or all of it `again`, of one release or of all.
pub(crate) fn run(again: bool, release: Option<&str>) -> Result<()> {
    let go = tools::install_missing()?.go.program;
    let releases: Vec<&str> = release.map_or_else(|| RELEASES.to_vec(), |release| vec![release]);
    let work = root().join("target/record");
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let golden = work.join("golden");
    Command::new(&go).args(["build", "-o"]).arg(&golden).args(["."]).dir(source().join("golden")).run()?;
    let mut missing = Vec::new();
    for release in releases {
        let recorder = Recorder { go: &go, golden: &golden, work: &work, release };
        if let Err(error) = recorder.run(again).and_then(|()| dumps::record(&recorder, again)) {
            say(&format!("go {release} NOT RECORDED: {error:#}"));
            missing.push(release);
        }
    }
    ensure!(missing.is_empty(), "no recordings of go {}", missing.join(", "));
    Ok(())
}

fn source() -> PathBuf {
    root().join("fixtures/programs/tracegen")
}

/// What it takes to record one release.
struct Recorder<'r> {
    go: &'r Path,
    golden: &'r Path,
    work: &'r Path,
    release: &'r str,
}

impl Recorder<'_> {
    fn run(&self, again: bool) -> Result<()> {
        let version = Version::parse(self.release).context("not a release of Go, as `1.26.8` is")?;
        let wanted = |recording: &&Recording| {
            let since = Version::parse(recording.since);
            since.is_some_and(|since| since <= version) && (again || !self.trace(recording).exists())
        };
        let wanted: Vec<&Recording> = RECORDINGS.iter().filter(wanted).collect();
        if wanted.is_empty() {
            say(&format!("go {}: everything is recorded", self.release));
            return Ok(());
        }
        self.check_toolchain()?;
        let program = self.build(&source(), "tracegen")?;
        wanted.into_iter().try_for_each(|recording| self.record(&program, recording))
    }

    fn trace(&self, recording: &Recording) -> PathBuf {
        root().join(format!("fixtures/traces/{}-go{}.trace", recording.name, self.release))
    }

    fn toolchain(&self) -> String {
        format!("go{}", self.release)
    }

    /// Without GOTOOLCHAIN's support, or the network, another release could do the work unnoticed.
    fn check_toolchain(&self) -> Result<()> {
        let command = Command::new(self.go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", self.toolchain());
        let version = command.read().context("this release cannot be had")?;
        ensure!(version == self.toolchain(), "asked for {}, `go` is {version}", self.toolchain());
        Ok(())
    }

    fn build(&self, source: &Path, name: &str) -> Result<PathBuf> {
        let program = self.work.join(format!("{name}-{}", self.release));
        Command::new(self.go)
            .args(["build", "-trimpath", "-o"])
            .arg(&program)
            .args(["."])
            .dir(source)
            .env("GOTOOLCHAIN", self.toolchain())
            .env("CGO_ENABLED", "1")
            .run()?;
        Ok(program)
    }

    fn record(&self, program: &Path, recording: &Recording) -> Result<()> {
        let made = self.work.join("made.trace");
        let command = Command::new(program)
            .args(["-work", recording.name, "-out"])
            .arg(&made)
            .args(recording.options)
            .env("GODEBUG", recording.debug);
        for _ in 0..MAX_TRIES {
            command.run()?;
            let len = fs::metadata(&made)?.len();
            if len <= MAX_LEN {
                return self.keep(&made, recording);
            }
            say(&format!("{len} bytes are too many: again"));
        }
        bail!("`{}` was never below {MAX_LEN} bytes in {MAX_TRIES} runs", recording.name)
    }

    /// Keeps a trace together with what Go's reader says of it, or nothing of both.
    fn keep(&self, made: &Path, recording: &Recording) -> Result<()> {
        let said = Command::new(self.golden).arg(made).read()?;
        let trace = self.trace(recording);
        fs::write(trace.with_extension("golden"), said + "\n")?;
        fs::copy(made, &trace)?;
        say(&format!("recorded {}", trace.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_has_a_minor_version_of_its_own_and_all_are_in_order() {
        let versions = RELEASES.map(|release| Version::parse(release).unwrap());
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }

    #[test]
    fn nothing_that_record_would_make_is_missing() {
        for release in RELEASES {
            let nowhere = Path::new("");
            let recorder = Recorder { go: nowhere, golden: nowhere, work: nowhere, release };
            for recording in &RECORDINGS {
                let since = Version::parse(recording.since) <= Version::parse(release);
                let trace = recorder.trace(recording);
                assert!(!since || trace.exists(), "{}\nhint: cargo xtask record", trace.display());
                assert!(!since || trace.with_extension("golden").exists(), "{}", trace.display());
            }
        }
    }
}
