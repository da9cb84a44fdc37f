//! Reads a heap dump and follows every pointer slot: `read_dump FILE`.
//!
//! The least that one can do with a dump, and so what is timed of the reader alone. Fails if a problem was met, as a
//! dump that is read in part only is no measure of anything.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use harness::format::heapdump::{Reader, Record};

fn main() -> Result<()> {
    let file = std::env::args_os().nth(1).context("usage: read_dump FILE")?;
    let mut dump = Reader::open(Path::new(&file))?;
    let (mut n_records, mut n_objects, mut bytes, mut n_pointers) = (0u64, 0u64, 0u64, 0u64);
    let mut statistics = None;
    while let Some(record) = dump.next_record() {
        n_records += 1;
        match record {
            Record::Object(object) => {
                n_objects += 1;
                bytes += object.memory.size();
                n_pointers += object.memory.slots().filter(|slot| !slot.value.is_nil()).count() as u64;
            }
            Record::MemStats(stats) => statistics = Some((stats.heap_objects, stats.heap_alloc)),
            _ => {}
        }
    }
    if let Some(problem) = dump.problems().first() {
        bail!("after {n_records} records: {problem}");
    }
    writeln!(
        std::io::stdout(),
        "{n_records} records, {n_objects} objects, {bytes} bytes, {n_pointers} pointers, statistics {statistics:?}"
    )?;
    Ok(())
}
