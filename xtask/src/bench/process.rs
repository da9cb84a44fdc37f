//! One run of a program, measured from outside: time, processor time, most memory.
//!
//! Input: a program. Output: its standard output and what it used. Must not need much memory: what a process starts
//! with counts as its own until it executes the program, so that a large parent would be measured instead.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4 as _;

/// A program and what it is told before the file.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// Of all its threads, in user and kernel mode.
    pub(crate) cpu: Duration,
    /// Largest resident set, in bytes.
    pub(crate) peak_rss: u64,
}

impl Program {
    pub(crate) fn new(path: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self { path: path.into(), arguments: arguments.iter().map(Into::into).collect() }
    }

    /// Runs it on `file`; fails unless it ends with code 0.
    pub(crate) fn measure(&self, file: &Path) -> Result<(String, Usage)> {
        let name = self.path.display();
        let started = Instant::now();
        let mut child = Command::new(&self.path)
            .args(&self.arguments)
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let mut output = String::new();
        let read = match child.stdout.take() {
            Some(mut stdout) => stdout.read_to_string(&mut output),
            None => Ok(0),
        };
        let done = child.wait4().with_context(|| format!("cannot wait for `{name}`"))?;
        let wall = started.elapsed();
        read.with_context(|| format!("cannot read what `{name}` prints"))?;
        if !done.status.success() {
            bail!("`{name} {}` failed ({})", file.display(), done.status);
        }
        let cpu = done.rusage.utime + done.rusage.stime;
        Ok((output, Usage { wall, cpu, peak_rss: done.rusage.maxrss }))
    }
}

impl Usage {
    /// The median of each figure by itself; the lower of the two in the middle. None of no runs.
    pub(crate) fn median(runs: &[Self]) -> Option<Self> {
        Some(Self {
            wall: middle(runs.iter().map(|run| run.wall))?,
            cpu: middle(runs.iter().map(|run| run.cpu))?,
            peak_rss: middle(runs.iter().map(|run| run.peak_rss))?,
        })
    }
}

fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &[&str]) -> Program {
        Program::new("sh", script)
    }

    #[test]
    fn a_run_has_its_output_time_and_memory() {
        let (output, usage) =
            shell(&["-c", "sleep 0.05; echo \"$0\""]).measure(Path::new("some.trace")).unwrap();
        assert_eq!(output, "some.trace\n");
        assert!(usage.wall >= Duration::from_millis(50), "{usage:?}");
        assert!(usage.peak_rss > 100 << 10, "{usage:?}");
    }

    #[test]
    fn a_program_that_fails_is_no_measure() {
        let error = shell(&["-c", "exit 3"]).measure(Path::new("some.trace")).unwrap_err().to_string();
        assert!(error.contains("`sh some.trace` failed"), "{error}");
    }

    #[test]
    fn the_median_is_of_each_figure_by_itself() {
        let usage = |wall, cpu, peak_rss| Usage {
            wall: Duration::from_secs(wall),
            cpu: Duration::from_secs(cpu),
            peak_rss,
        };
        let runs = [usage(9, 1, 20), usage(2, 8, 10), usage(3, 2, 90)];
        assert_eq!(Usage::median(&runs), Some(usage(3, 2, 20)));
        assert_eq!(Usage::median(&runs[..2]), Some(usage(2, 1, 10)));
        assert_eq!(Usage::median(&[]), None);
    }
}
