//! Finds the batches of one generation, reads its tables and leaves its events to the cursors.
//!
//! A generation ends with a mark (Go >= 1.26) or where the next one's first batch stands. The last
//! one of a killed program ends with the file.

use super::batch::{BadBatch, Batch, Item, read_item};
use super::clock::{SyncData, TickLength};
use super::problems::Problems;
use super::samples::Samples;
use super::spec;
use super::tables::{BadEntry, Tables};
use super::version::{HEADER_LEN, Version};
use super::wire::Wire;

/// The generation that is being read.
#[derive(Debug)]
pub(super) struct Generation<'a> {
    /// Its number in the file.
    pub(super) number: u64,
    pub(super) tables: Tables<'a>,
    pub(super) samples: Samples,
    /// Batches with events, in file order: later ones of a thread come later.
    pub(super) batches: Vec<Batch>,
    pub(super) sync: SyncData,
    /// From this generation's sync batch, or the last that was known.
    pub(super) tick: TickLength,
    /// Earliest base time of its batches, in ticks.
    pub(super) min_time: u64,
    /// Whether its end was seen.
    pub(super) complete: bool,
    /// Where it begins in the file.
    offset: usize,
}

/// Walks through the file, a generation at a time.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    data: &'a [u8],
    version: Version,
    pos: usize,
}

/// How the search for a generation's batches goes on.
enum Next {
    Continue,
    /// The generation is over, and all of it was there.
    Complete,
    /// It is over, and its end is missing.
    CutOff,
}

impl Generation<'_> {
    pub(super) fn new() -> Self {
        Self {
            number: 0,
            tables: Tables::default(),
            samples: Samples::default(),
            batches: Vec::new(),
            sync: SyncData::default(),
            tick: TickLength::usual(),
            min_time: 0,
            complete: false,
            offset: 0,
        }
    }

    fn begin(&mut self, number: u64, offset: usize, time: u64) {
        self.number = number;
        self.offset = offset;
        self.min_time = time;
        self.tables.begin_generation();
        self.samples.clear();
        self.batches.clear();
        self.sync = SyncData::default();
        self.complete = false;
    }
}

impl<'a> Loader<'a> {
    pub(super) fn new(data: &'a [u8], version: Version) -> Self {
        Self { data, version, pos: HEADER_LEN }
    }

    /// Reads the next generation into `generation`. False when the file has no more.
    pub(super) fn load(&mut self, generation: &mut Generation<'a>, problems: &mut Problems) -> bool {
        let mut begun = false;
        let complete = loop {
            match self.step(generation, &mut begun, problems) {
                Next::Continue => {}
                Next::Complete => break true,
                Next::CutOff => break false,
            }
        };
        if begun {
            self.finish(generation, complete, problems);
        }
        begun
    }

    /// Takes one item.
    fn step(&mut self, generation: &mut Generation<'a>, begun: &mut bool, problems: &mut Problems) -> Next {
        if self.pos >= self.data.len() {
            return self.end_of_file(*begun, problems);
        }
        match read_item(self.data, self.pos, self.version) {
            Err(bad) => self.give_up(&bad, problems),
            Ok(Item::EndOfGeneration { end }) => {
                self.pos = end;
                if *begun { Next::Complete } else { Next::Continue }
            }
            Ok(Item::Batch { generation: number, batch, missing }) => {
                if *begun && number != generation.number {
                    return self.foreign_batch(generation.number, number, &batch, problems);
                }
                if number == 0 {
                    return self.skip(&batch, "a generation number from 1", "0".to_owned(), problems);
                }
                if !*begun {
                    generation.begin(number, batch.offset, batch.time);
                    *begun = true;
                }
                self.pos = batch.end;
                self.take(generation, &batch, problems);
                self.note_missing(&batch, missing, problems)
            }
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
    fn give_up(&mut self, bad: &BadBatch, problems: &mut Problems) -> Next {
        let left = self.data.len() - self.pos;
        let found = format!("{}; the last {left} bytes of the file are not read", bad.found);
        problems.add(self.pos, "batch header", bad.expected, found);
        self.pos = self.data.len();
        Next::CutOff
    }

    fn end_of_file(&self, begun: bool, problems: &mut Problems) -> Next {
        // Before Go 1.26 nothing marks the end of the last generation.
        if !begun || self.version < Version::Go126 {
            return Next::Complete;
        }
        let found = "the end of the file; strings and stacks of this generation may be missing";
        problems.add(self.data.len(), "generation", "an end-of-generation mark", found);
        Next::CutOff
    }

    fn note_missing(&self, batch: &Batch, missing: u64, problems: &mut Problems) -> Next {
        if missing == 0 {
            return Next::Continue;
        }
        let len = (batch.end - batch.start) as u64;
        let found = format!("the end of the file after {len}");
        problems.add(batch.offset, "batch", &format!("{} bytes", len.saturating_add(missing)), found);
        Next::CutOff
    }

    /// Reads a table, or keeps a batch of events for the cursors.
    fn take(&self, generation: &mut Generation<'a>, batch: &Batch, problems: &mut Problems) {
        generation.min_time = generation.min_time.min(batch.time);
        let kind = self.data.get(batch.start..batch.end).and_then(|body| body.first()).copied();
        let (structure, read) = match (batch.experiment, kind) {
            (0, None) => return,
            (0, Some(spec::STRINGS)) => ("string table", generation.tables.read_strings(self.data, batch)),
            (0, Some(spec::STACKS)) => ("stack table", generation.tables.read_stacks(self.data, batch)),
            (0, Some(spec::CPU_SAMPLES)) => ("CPU samples", generation.samples.read(self.data, batch)),
            (0, Some(kind)) if kind == self.sync_mark() => ("sync batch", self.read_sync(generation, batch)),
            (0, Some(_)) => return generation.batches.push(*batch),
            (spec::ALLOC_FREE, _) => ("AllocFree batch", generation.tables.read_alloc_free(self.data, batch)),
            // Data of an experiment that only its own tools can read.
            _ => return,
        };
        if let Err(bad) = read {
            problems.add(bad.pos, structure, bad.expected, bad.found);
        }
    }

    fn sync_mark(&self) -> u8 {
        if self.version >= Version::Go125 { spec::SYNC } else { spec::FREQUENCY }
    }

    fn read_sync(&self, generation: &mut Generation<'a>, batch: &Batch) -> Result<(), BadEntry> {
        let mut wire = Wire::at(self.data.get(..batch.end).unwrap_or_default(), batch.start);
        generation.sync.read(&mut wire, batch.time, self.version).map_err(|bad| BadEntry {
            pos: bad.pos,
            expected: bad.expected,
            found: bad.found.to_owned(),
        })
    }

    fn finish(&self, generation: &mut Generation<'a>, complete: bool, problems: &mut Problems) {
        generation.complete = complete;
        generation.samples.seal();
        generation.tables.seal(generation.offset, complete, problems);
        match generation.sync.tick() {
            Some(tick) => generation.tick = tick,
            None => {
                let found = "none; times are scaled as before it, or as on most systems";
                problems.add(generation.offset, "generation", "a clock frequency", found);
            }
        }
        if complete && self.version >= Version::Go125 && !generation.sync.has_clocks() {
            problems.add(generation.offset, "generation", "a clock snapshot", "none");
        }
    }
}
