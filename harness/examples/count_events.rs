//! Counts the events of an execution trace: `count_events FILE`.
//!
//! The least that one can do with a trace, and so what `cargo xtask bench trace` times: opening, decoding, ordering and
//! checking every event, and nothing else. Fails if a problem was met, as a trace that is read in part only is no
//! measure of anything.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use harness::format::exectrace::Reader;

fn main() -> Result<()> {
    let file = std::env::args_os().nth(1).context("usage: count_events FILE")?;
    let mut trace = Reader::open_to_scan(Path::new(&file))?;
    let mut events: u64 = 0;
    trace.for_each(|_| events += 1);
    if let Some(problem) = trace.problems().first() {
        bail!("after {events} events: {problem}");
    }
    writeln!(std::io::stdout(), "{events}")?;
    Ok(())
}
