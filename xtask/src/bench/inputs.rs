//! The traces that are read: recorded once by `fixtures/programs/tracegen`, then kept below `target/bench`.
//!
//! Input: mode and wanted size. Output: a file. A kept file's name tells the Go release and the generator's sources it
//! came from, so that a change of either records anew.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::readers::Reader;
use crate::command::{Command, root, say};
use crate::golang::Go;
use crate::source::files;

const GENERATOR: &str = "fixtures/programs/tracegen";

/// How often a recording is tried.
const ATTEMPTS: u32 = 20;

/// What is in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// What a busy server leaves: channels, locks, network, timers, system calls, goroutines, GC, tasks
    Mix,
    /// The same, and every allocation (GODEBUG=traceallocfree=1)
    Alloc,
}

impl Mode {
    /// As the command line and the table call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Alloc => "alloc",
        }
    }

    fn godebug(self) -> &'static str {
        match self {
            Self::Mix => "traceallocfree=0",
            Self::Alloc => "traceallocfree=1",
        }
    }
}

/// Records traces, or finds those recorded before.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    go: &'a Go,
    /// Who must be able to read what was recorded.
    judge: &'a Reader,
    /// Where everything is kept.
    directory: PathBuf,
    /// What a recording depends on, as a part of its name.
    origin: String,
}

impl<'a> Recorder<'a> {
    /// One that keeps them in `directory`, for programs of the Go release `release` (`go1.26.8`).
    pub(crate) fn new(go: &'a Go, judge: &'a Reader, directory: &Path, release: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for source in files(&root().join(GENERATOR), ".go") {
            fs::read(&source)
                .with_context(|| format!("cannot read `{}`", source.display()))?
                .hash(&mut hasher);
        }
        let origin = format!("{release}-{:08x}", hasher.finish() >> 32);
        Ok(Self { go, judge, directory: directory.to_owned(), origin })
    }

    /// A trace of about so many megabytes (of 2²⁰ bytes), warm in the page cache.
    pub(crate) fn trace(&self, mode: Mode, megabytes: u32) -> Result<PathBuf> {
        let trace = self.directory.join(format!("{}-{megabytes}-{}.trace", mode.name(), self.origin));
        if !trace.is_file() {
            self.record(mode, megabytes, &trace)?;
        }
        warm(&trace).with_context(|| format!("cannot read `{}`", trace.display()))?;
        Ok(trace)
    }

    fn record(&self, mode: Mode, megabytes: u32, trace: &Path) -> Result<()> {
        let generator = self.go.build(GENERATOR, &self.directory)?;
        say(&format!("recording {} ({megabytes} MB)", trace.display()));
        let unfinished = trace.with_extension("unfinished"); // of a run that was interrupted
        let generate = Command::new(generator)
            .args(["-work", "load", "-size", &megabytes.to_string(), "-out"])
            .args([&unfinished])
            .env("GODEBUG", mode.godebug());
        persistently(|| {
            generate.run()?;
            self.judge.read(&unfinished).map(|_| ())
        })?;
        fs::rename(&unfinished, trace).with_context(|| format!("cannot write `{}`", trace.display()))
    }
}

/// Tries again what fails. With `traceallocfree=1`, one recording in three dies in `runtime/trace.Stop` itself, which
/// meets a buffer that is unmapped already (go1.26.8), and some that do not are damaged.
fn persistently(mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    for left in (1..ATTEMPTS).rev() {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) => say(&format!("{error:#}; trying again, at most {left} times")),
        }
    }
    attempt()
}

/// Has the system hold the file in memory, none of it here.
fn warm(file: &Path) -> io::Result<()> {
    io::copy(&mut File::open(file)?, &mut io::sink()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_recording_that_fails_is_tried_again_but_not_for_ever() {
        let mut tried = 0;
        let mut until = |enough| {
            tried = 0;
            let done = persistently(|| {
                tried += 1;
                if tried < enough { bail!("crashed") } else { Ok(()) }
            });
            (done.is_ok(), tried)
        };
        assert_eq!(until(1), (true, 1));
        assert_eq!(until(3), (true, 3));
        assert_eq!(until(100), (false, ATTEMPTS));
    }
}
