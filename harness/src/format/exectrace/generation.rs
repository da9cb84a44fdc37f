//! Finds the batches of one generation, reads its tables and leaves its events for later.
//!
//! A generation ends with a mark (Go >= 1.26) or where the next one's first batch stands. The last
//! one of a killed program ends with the file. Its tables stand behind its events, so that all of
//! it has to be walked through, from header to header, before the first event can be handed out.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::allocfree::AllocInfo;
use super::batch::{BadBatch, Batch, Item, MAX_HEADER_LEN, read_item};
use super::clock::{SyncData, TickLength};
use super::ids::ThreadId;
use super::problems::Problems;
use super::samples::Samples;
use super::spec;
use super::tables::{BadEntry, Tables};
use super::version::{HEADER_LEN, Version};
use super::wire::Wire;
use crate::format::Input;

/// Bytes read at a time when looking for headers: most batches are 64 KiB, small ones come in rows.
const WINDOW_LEN: usize = 8 << 10;

/// A generation without its events.
#[derive(Debug)]
pub(super) struct Generation {
    /// Its number in the file.
    pub(super) number: u64,
    pub(super) tables: Arc<Tables>,
    pub(super) samples: Samples,
    /// In the order in which the file first names their threads.
    pub(super) lanes: Vec<Lane>,
    pub(super) sync: SyncData,
    /// From this generation's sync batch, or the last that was known.
    pub(super) tick: TickLength,
    /// Earliest base time of its batches, in ticks.
    pub(super) min_time: u64,
    /// Whether its end was seen.
    pub(super) complete: bool,
    /// Where it ends in the file.
    pub(super) end: u64,
}

/// The batches of one thread, in file order.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) thread: Option<ThreadId>,
    pub(super) batches: Vec<EventBatch>,
}

/// A batch of events.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventBatch {
    /// Offset of the body in the file.
    pub(super) start: u64,
    pub(super) len: u32,
    /// Ticks that the first event's delta counts from.
    pub(super) time: u64,
}

/// Walks through the file, a generation at a time.
#[derive(Debug)]
pub(super) struct Loader {
    version: Version,
    pos: u64,
    window: Window,
    body: Vec<u8>,
    /// What outlives a generation.
    tag: u32,
    tick: TickLength,
    alloc_info: Option<AllocInfo>,
}

/// A generation that is being put together.
#[derive(Debug)]
struct Draft {
    number: u64,
    offset: u64,
    min_time: u64,
    tables: Tables,
    samples: Samples,
    sync: SyncData,
    lanes: Vec<Lane>,
    lane_of: HashMap<Option<ThreadId>, usize>,
}

/// How the search for a generation's batches goes on.
enum Next {
    Continue,
    /// The generation is over, and all of it was there.
    Complete,
    /// It is over, and its end is missing.
    CutOff,
}

impl Loader {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            pos: HEADER_LEN as u64,
            window: Window::default(),
            body: Vec::new(),
            tag: 0,
            tick: TickLength::usual(),
            alloc_info: None,
        }
    }

    /// Reads the next generation. `None` when the file has no more.
    pub(super) fn load(&mut self, input: &Input<'_>, problems: &mut Problems) -> Option<Generation> {
        let mut draft = None;
        let complete = loop {
            match self.step(input, &mut draft, problems) {
                Next::Continue => {}
                Next::Complete => break true,
                Next::CutOff => break false,
            }
        };
        draft.map(|draft| self.finish(draft, complete, problems))
    }

    /// Takes one item.
    fn step(&mut self, input: &Input<'_>, draft: &mut Option<Draft>, problems: &mut Problems) -> Next {
        if self.pos >= input.len() {
            return self.end_of_file(input, draft.is_some(), problems);
        }
        let head = match self.window.at(input, self.pos) {
            Ok(head) => head,
            Err(error) => return self.unreadable(input, &error, problems),
        };
        match read_item(head, self.pos, input.len(), self.version) {
            Err(bad) => self.give_up(input, &bad, problems),
            Ok(Item::EndOfGeneration { end }) => {
                self.pos = end;
                if draft.is_some() {
                    return Next::Complete;
                }
                problems.add(end - 1, "generation", "batches before its end", "none");
                Next::Continue
            }
            Ok(Item::Batch { generation: number, batch, missing }) => {
                if let Some(draft) = draft.as_ref().filter(|draft| draft.number != number) {
                    return self.foreign_batch(draft.number, number, &batch, problems);
                }
                if number == 0 {
                    return self.skip(&batch, "a generation number from 1", "0".to_owned(), problems);
                }
                self.pos = batch.end;
                let draft = draft.get_or_insert_with(|| self.begin(number, &batch));
                self.take(input, draft, &batch, problems);
                note_missing(&batch, missing, problems)
            }
        }
    }

    fn begin(&mut self, number: u64, batch: &Batch) -> Draft {
        self.tag = self.tag.wrapping_add(1).max(1);
        Draft {
            number,
            offset: batch.offset,
            min_time: batch.time,
            tables: Tables::new(self.tag, self.alloc_info),
            samples: Samples::default(),
            sync: SyncData::default(),
            lanes: Vec::new(),
            lane_of: HashMap::new(),
        }
    }

    /// A batch of another generation: the next one's, or damage.
    fn foreign_batch(&mut self, current: u64, number: u64, batch: &Batch, problems: &mut Problems) -> Next {
        if number != current.wrapping_add(1) {
            let found = format!("generation {number} within generation {current}");
            return self.skip(batch, "a batch of the same generation", found, problems);
        }
        if self.version < Version::Go126 {
            return Next::Complete;
        }
        let found = format!("a batch of generation {number}");
        problems.add(batch.offset, "generation", "an end-of-generation mark", found);
        Next::CutOff
    }

    fn skip(&mut self, batch: &Batch, expected: &str, found: String, problems: &mut Problems) -> Next {
        problems.add(batch.offset, "batch header", expected, found);
        self.pos = batch.end;
        Next::Continue
    }

    /// There is no way to find the next batch after a header that makes no sense.
    fn give_up(&mut self, input: &Input<'_>, bad: &BadBatch, problems: &mut Problems) -> Next {
        let left = input.len() - self.pos;
        let found = format!("{}; the last {left} bytes of the file are not read", bad.found);
        problems.add(self.pos, "batch header", bad.expected, found);
        self.pos = input.len();
        Next::CutOff
    }

    fn unreadable(&mut self, input: &Input<'_>, error: &io::Error, problems: &mut Problems) -> Next {
        problems.add(self.pos, "file", "bytes that can be read", error.to_string());
        self.pos = input.len();
        Next::CutOff
    }

    fn end_of_file(&self, input: &Input<'_>, begun: bool, problems: &mut Problems) -> Next {
        if let Some(damage) = input.damage().filter(|_| begun) {
            problems.add(self.pos, "file", "the rest of the trace", damage);
            return Next::CutOff;
        }
        if !begun && self.tag == 0 && self.version < Version::Go126 {
            problems.add(self.pos, "trace", "a generation", "none");
        }
        // Before Go 1.26 nothing marks the end of the last generation.
        if !begun || self.version < Version::Go126 {
            return Next::Complete;
        }
        let found = "the end of the file; strings and stacks of this generation may be missing";
        problems.add(input.len(), "generation", "an end-of-generation mark", found);
        Next::CutOff
    }

    /// Reads a table, or keeps a batch of events for later.
    fn take(&mut self, input: &Input<'_>, draft: &mut Draft, batch: &Batch, problems: &mut Problems) {
        // As for Go's reader, no time is 0.
        if draft.min_time == 0 || batch.time < draft.min_time {
            draft.min_time = batch.time;
        }
        let structure = match (batch.experiment, batch.first) {
            // Without events it still names its thread, whose place decides ties.
            (0, None) => return draft.push(batch),
            (0, Some(spec::STRINGS)) => "string table",
            (0, Some(spec::STACKS)) => "stack table",
            (0, Some(spec::CPU_SAMPLES)) => "CPU samples",
            (0, Some(kind)) if kind == self.sync_mark() => "sync batch",
            (0, Some(_)) => return draft.push(batch),
            (spec::ALLOC_FREE, _) => "AllocFree batch",
            // Data of an experiment that only its own tools can read.
            _ => return,
        };
        let body = match input.read(batch.start, batch.len(), &mut self.body) {
            Ok(body) => body,
            Err(error) => {
                return problems.add(batch.start, structure, "bytes that can be read", error.to_string());
            }
        };
        let read = match (batch.experiment, batch.first) {
            (spec::ALLOC_FREE, _) => draft.tables.read_alloc_free(body),
            (_, Some(spec::STRINGS)) => draft.tables.read_strings(body),
            (_, Some(spec::STACKS)) => draft.tables.read_stacks(body),
            (_, Some(spec::CPU_SAMPLES)) => draft.samples.read(body),
            _ => draft.read_sync(body, batch.time, self.version),
        };
        if let Err(bad) = read {
            problems.add(batch.start + bad.pos as u64, structure, bad.expected, bad.found);
        }
    }

    fn sync_mark(&self) -> u8 {
        if self.version >= Version::Go125 { spec::SYNC } else { spec::FREQUENCY }
    }

    fn finish(&mut self, mut draft: Draft, complete: bool, problems: &mut Problems) -> Generation {
        draft.tables.seal(draft.offset, complete, problems);
        self.alloc_info = draft.tables.alloc_info;
        match draft.sync.tick() {
            Some(tick) => self.tick = tick,
            None => {
                let found = "none; times are scaled as before it, or as on most systems";
                problems.add(draft.offset, "generation", "a clock frequency", found);
            }
        }
        draft.samples.seal(self.tick);
        if complete && self.version >= Version::Go125 && !draft.sync.has_clocks() {
            problems.add(draft.offset, "generation", "a clock snapshot", "none");
        }
        Generation {
            number: draft.number,
            tables: Arc::new(draft.tables),
            samples: draft.samples,
            lanes: draft.lanes,
            sync: draft.sync,
            tick: self.tick,
            min_time: draft.min_time,
            complete,
            end: self.pos,
        }
    }
}

impl Draft {
    /// Keeps a batch of events.
    fn push(&mut self, batch: &Batch) {
        let lane = *self.lane_of.entry(batch.thread).or_insert_with(|| {
            self.lanes.push(Lane { thread: batch.thread, batches: Vec::with_capacity(1) });
            self.lanes.len() - 1
        });
        // No batch is longer than 64 KiB.
        let len = batch.len() as u32;
        self.lanes[lane].batches.push(EventBatch { start: batch.start, len, time: batch.time });
    }

    fn read_sync(&mut self, body: &[u8], time: u64, version: Version) -> Result<(), BadEntry> {
        self.sync.read(&mut Wire::new(body), time, version).map_err(|bad| BadEntry {
            pos: bad.pos,
            expected: bad.expected,
            found: bad.found.to_owned(),
        })
    }
}

fn note_missing(batch: &Batch, missing: u64, problems: &mut Problems) -> Next {
    if missing == 0 {
        return Next::Continue;
    }
    let len = batch.len() as u64;
    let found = format!("the end of the file after {len}");
    problems.add(batch.offset, "batch", &format!("{} bytes", len.saturating_add(missing)), found);
    Next::CutOff
}

/// The bytes around the place where headers are looked for.
#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes at `pos`: enough for a header, or up to the end of the file.
    fn at<'s>(&'s mut self, input: &'s Input<'_>, pos: u64) -> io::Result<&'s [u8]> {
        let wanted = (input.len() - pos.min(input.len())).min(MAX_HEADER_LEN as u64);
        let end = self.start + self.bytes.len() as u64;
        if let Input::Bytes(_) = input {
            return input.read(pos, MAX_HEADER_LEN, &mut self.bytes);
        }
        if pos < self.start || pos + wanted > end {
            input.read(pos, WINDOW_LEN, &mut self.bytes)?;
            self.start = pos;
        }
        let from = usize::try_from(pos - self.start).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(&self.bytes[from..])
    }
}
