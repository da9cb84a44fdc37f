//! `cargo xtask bench trace`: our reader of execution traces against Go's own, on the same large files.
//!
//! Input: sizes, modes, number of runs. Output: progress on standard error, the table on standard output. Fails if two
//! readers do not agree on the number of events: one of them would not have read the whole trace.

use std::fs;
use std::io::Write as _;
use std::num::NonZero;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::inputs::{Mode, Recorder};
use super::machine;
use super::process::Usage;
use super::readers::{self, Reader};
use super::table::{Comparison, Row, markdown};
use crate::command::{root, say};
use crate::tools;

/// Reads large traces with Go's own reader and with ours, in turns, and prints a Markdown table
///
/// The traces are recorded once and kept below target/bench. Nothing else should be busy meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench trace
  cargo xtask bench trace --size 20,100,500 --runs 3 > table.md")]
pub(crate) struct Arguments {
    /// Megabytes of the traces, give or take a fifth
    #[arg(long, value_name = "MB", value_delimiter = ',', default_value = "20,100")]
    size: Vec<NonZero<u32>>,
    /// What is in them
    #[arg(long, value_enum, value_delimiter = ',', default_value = "mix,alloc")]
    mode: Vec<Mode>,
    /// How often each reader reads each trace
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZero<u32>,
}

/// Records, builds, measures, prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let directory = root().join("target/bench");
    fs::create_dir_all(&directory).with_context(|| format!("cannot create `{}`", directory.display()))?;
    let go = tools::install_missing()?.go;
    let release = go.release()?;
    let readers = readers::build(&go, &directory)?;
    let recorder = Recorder::new(&go, &readers[0], &directory, &release)?;
    let mut comparisons = Vec::new();
    for &mode in &arguments.mode {
        for size in &arguments.size {
            let trace = recorder.trace(mode, size.get())?;
            comparisons.push(compare(mode, &trace, &readers, arguments.runs.get())?);
        }
    }
    let table = markdown(&comparisons, arguments.runs.get(), &machine::describe(&release));
    std::io::stdout().write_all(table.as_bytes()).context("cannot write the table")
}

fn compare(mode: Mode, trace: &Path, readers: &[Reader], runs: u32) -> Result<Comparison> {
    let bytes = fs::metadata(trace).with_context(|| format!("cannot read `{}`", trace.display()))?.len();
    say(&format!("reading {} ({} MB)", trace.display(), bytes >> 20));
    let (events, usages) = in_turns(readers, runs, |run, reader| {
        let (events, usage) = reader.read(trace)?;
        say(&format!(
            "  run {run}/{runs}  {:<28} {:6.2} s  {:5} MB  {events} events",
            reader.name,
            usage.wall.as_secs_f64(),
            usage.peak_rss >> 20
        ));
        Ok((events, usage))
    })
    .with_context(|| format!("reading `{}`", trace.display()))?;
    let rows = readers
        .iter()
        .zip(&usages)
        .filter_map(|(reader, runs)| Some(Row { reader: reader.name, median: Usage::median(runs)? }))
        .collect();
    Ok(Comparison { trace: mode.name().to_owned(), bytes, events, rows })
}

/// Every reader once, then every reader again, and so on, so that what else the machine does meets them all alike.
/// Returns the number of events, which must be the same each time, and each reader's runs.
fn in_turns<R>(
    readers: &[R],
    runs: u32,
    read: impl Fn(u32, &R) -> Result<(u64, Usage)>,
) -> Result<(u64, Vec<Vec<Usage>>)> {
    let mut agreed = None;
    let mut usages = vec![Vec::new(); readers.len()];
    for run in 1..=runs {
        for (reader, usages) in readers.iter().zip(&mut usages) {
            let (events, usage) = read(run, reader)?;
            let expected = *agreed.get_or_insert(events);
            if events != expected {
                bail!("the readers do not agree: {expected} events, and {events} events");
            }
            usages.push(usage);
        }
    }
    Ok((agreed.unwrap_or(0), usages))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;

    const NOTHING: Usage = Usage { wall: Duration::ZERO, cpu: Duration::ZERO, peak_rss: 0 };

    #[test]
    fn readers_take_turns() {
        let order = RefCell::new(String::new());
        let (events, usages) = in_turns(&["a", "b"], 2, |run, reader| {
            order.borrow_mut().push_str(&format!("{reader}{run} "));
            Ok((7, NOTHING))
        })
        .unwrap();
        assert_eq!(*order.borrow(), "a1 b1 a2 b2 ");
        assert_eq!((events, usages), (7, vec![vec![NOTHING; 2]; 2]));
    }

    #[test]
    fn a_reader_that_leaves_events_out_is_an_error() {
        let error = in_turns(&[7, 6], 1, |_, &events| Ok((events, NOTHING))).unwrap_err().to_string();
        assert_eq!(error, "the readers do not agree: 7 events, and 6 events");
    }
}
