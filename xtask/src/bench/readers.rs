//! Who reads the traces: Go's own reader, ours, and ours with the whole summary.
//!
//! Input: the sources. Output: programs, built for speed. Each prints how many events it read, so that nobody is fast
//! by leaving some out.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::process::{Program, Usage};
use crate::command::{cargo, root};
use crate::golang::Go;

/// One who reads a trace.
#[derive(Debug)]
pub(crate) struct Reader {
    /// As the table calls it.
    pub(crate) name: &'static str,
    program: Program,
    counted: fn(&str) -> Option<u64>,
}

impl Reader {
    /// Reads the trace once: number of events, and what that took.
    pub(crate) fn read(&self, trace: &Path) -> Result<(u64, Usage)> {
        let (output, usage) = self.program.measure(trace)?;
        let events = (self.counted)(&output);
        let events = events.with_context(|| format!("{} does not say how many events it read", self.name))?;
        Ok((events, usage))
    }
}

/// Builds all of them. Go's is the first: what the others are compared with.
pub(crate) fn build(go: &Go, directory: &Path) -> Result<[Reader; 3]> {
    let golden = go.build("fixtures/programs/tracegen/golden", directory)?;
    let target = root().join("target");
    cargo(["build", "--release", "--package", "harness", "--bin", "harness", "--example", "count_events"])
        .args(["--target-dir".as_ref(), target.as_os_str()])
        .run()?;
    let release = target.join("release");
    Ok([
        reader("Go's reader: every event", Program::new(golden, &["-count"]), plain),
        reader("harness: every event", Program::new(release.join("examples/count_events"), &[]), plain),
        reader(
            "harness: the whole summary",
            Program::new(release.join("harness"), &["inspect", "trace", "--quiet", "--json"]),
            of_summary,
        ),
    ])
}

fn reader(name: &'static str, program: Program, counted: fn(&str) -> Option<u64>) -> Reader {
    Reader { name, program, counted }
}

/// The number is all that is printed.
fn plain(output: &str) -> Option<u64> {
    output.trim().parse().ok()
}

/// The number stands among the facts of `harness inspect trace --json`.
fn of_summary(output: &str) -> Option<u64> {
    serde_json::from_str::<Value>(output).ok()?.pointer("/facts/events")?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_only_where_it_stands() {
        assert_eq!(plain("2562\n"), Some(2562));
        assert_eq!(plain("error 2562"), None);
        assert_eq!(of_summary(r#"{"format": 1, "facts": {"events": 2562}}"#), Some(2562));
        assert_eq!(of_summary(r#"{"format": 1, "events": 2562}"#), None);
    }
}
