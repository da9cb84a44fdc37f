//! Heap dumps of production, several of them in order of time.
//!
//! Input: dumps in any order. Output: `RunPieces::heap` of the last one, with its growth since the first. A dump ends
//! with the runtime's statistics, which tell how many collections and allocations came before it, and when the last
//! collection was. Those between the first and the last are read for these alone: two dumps tell what grows.

use super::{ForeignCapture, ForeignFile};
use crate::format::heapdump::{MemStats, Reader, Record};
use crate::ingest::probe::DumpRecord;
use crate::ingest::{Dumps, Ingested, RunFiles, Watch, dumps};
use crate::model::{Mode, MonotonicTime, Operations, Per, binary_units};

/// A dump, and what it says of its time.
#[derive(Debug)]
pub(super) struct Dump<'a> {
    name: &'a str,
    bytes: &'a [u8],
    /// `None` if it does not reach so far.
    stats: Option<MemStats>,
}

impl<'a> Dump<'a> {
    pub(super) fn of(file: &ForeignFile<'a>) -> Self {
        Self { name: file.name, bytes: file.bytes, stats: stats(file.name, file.bytes) }
    }

    /// What is in it, in words.
    pub(super) fn words(&self) -> String {
        match &self.stats {
            Some(stats) => {
                let live = binary_units(stats.heap_alloc.0 as f64);
                format!("{live} on the heap, after {} GC cycles", stats.num_gc)
            }
            None => format!("{} bytes, cut off", self.bytes.len()),
        }
    }

    /// Both only rise in a process.
    fn place(&self) -> Option<(u64, u64)> {
        self.stats.as_ref().map(|stats| (stats.num_gc, stats.mallocs.0))
    }

    /// When the collection before it ended, milliseconds since 1970.
    fn millis(&self) -> Option<i64> {
        self.stats.as_ref().map(|stats| stats.last_gc.0 / 1_000_000).filter(|at| *at > 0)
    }
}

fn stats(name: &str, bytes: &[u8]) -> Option<MemStats> {
    let mut reader = Reader::new(name, bytes).ok()?;
    while let Some(record) = reader.next_record() {
        if let Record::MemStats(stats) = record {
            return Some(*stats);
        }
    }
    None
}

impl ForeignCapture {
    /// Reads the last dump, and the first for what grew since.
    pub(super) fn dumps(&mut self, mut taken: Vec<Dump<'_>>, symbols: Result<&[u8], &str>, watch: Watch<'_>) {
        if taken.is_empty() {
            return;
        }
        if taken.len() > 1 && taken.iter().any(|dump| dump.stats.is_none()) {
            let why = "not all of them tell when they were taken: the order is the one given";
            self.missing("heap dumps", why.to_owned());
        } else {
            taken.sort_by_key(Dump::place);
        }
        self.between(&taken);
        let ends = [taken.first().and_then(Dump::millis), taken.last().and_then(Dump::millis)];
        let mut kept = vec![taken.remove(0)];
        kept.extend(taken.pop());
        let contents: Vec<(&str, &[u8])> = kept.iter().map(|dump| (dump.name, dump.bytes)).collect();
        let records: Vec<DumpRecord> = kept.iter().zip(0..).map(record).collect();
        let files = RunFiles {
            directory: "",
            mode: Mode::Natural,
            gctrace: None,
            trace: None,
            probe: None,
            dumps: Some(Dumps { files: &contents, symbols, sections: &[] }),
            emulated: false,
        };
        let mut ingested = Ingested { pieces: std::mem::take(&mut self.heap), problems: Vec::new() };
        dumps::fold(&mut ingested, &files, &records, watch);
        self.heap = ingested.pieces;
        self.damage(ingested.problems, 0);
        if let (Some(heap), [Some(first), Some(last)]) = (&mut self.heap.heap, ends) {
            heap.per = Per::Second;
            heap.operations = Operations(u64::try_from(last.saturating_sub(first)).unwrap_or(0));
        }
    }

    /// Says what is not looked at.
    fn between(&mut self, taken: &[Dump<'_>]) {
        let inner = taken.iter().skip(1).take(taken.len().saturating_sub(2));
        let names: Vec<String> = inner.map(|dump| format!("`{}`", dump.name)).collect();
        if !names.is_empty() {
            let why = format!(
                "what grows is told by the first and the last; of those between no more than the size of the heap is \
                 read: {}",
                names.join(", ")
            );
            self.missing("heap dumps", why);
        }
    }
}

/// As the probe would have written; of no checkpoint.
fn record((dump, nth): (&Dump<'_>, u32)) -> DumpRecord {
    DumpRecord { checkpoint: u32::MAX - nth, file: dump.name.to_owned(), at: MonotonicTime(i64::from(nth)) }
}
