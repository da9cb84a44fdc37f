//! Folds the probe's records into checkpoints and heap snapshots by site.
//!
//! Records that name a checkpoint come before the checkpoint's own, so what they say waits in
//! [`ProbePiece`] until it arrives; a checkpoint that never arrives (a killed run) was not reached.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::format::Problem;
use crate::format::proberec::{
    self, Bucket, GoroutineLeak, GoroutineText, MemProfile, Reader, Record, StackDef, StackId, TraceStarted,
};
use crate::model::{
    Bytes, Checkpoint, Frame, GcCycle, HeapSnapshot, MissingInput, ModuleTable, MonotonicTime, Nanoseconds,
    Objects, ProcessFigures, RuntimeFigures, Site, SiteUse, Stack, TestMember, TestOutcome, TestRun,
    TestRuns, WallTime,
};

use super::metrics::Columns;
use super::sites;

/// What `probe.rec` comes to.
#[derive(Debug, Default)]
pub(super) struct ProbePiece {
    pub(super) checkpoints: Vec<Checkpoint>,
    pub(super) snapshots: Vec<HeapSnapshot>,
    /// Inlined frames of sites' stacks.
    pub(super) inlined: HashMap<Stack, Vec<usize>>,
    /// Checkpoint and file of the heap dumps that were finished, in order; of some the file is gone again.
    pub(super) dumps: Vec<DumpRecord>,
    pub(super) trace_base: Option<(GcCycle, GcCycle)>,
    /// Why the program's trace is not the probe's, if so.
    pub(super) trace_error: Option<String>,
    /// Text of the goroutineleak profile, if this Go has one.
    pub(super) leak_text: Option<String>,
    /// Text of all goroutines at the last checkpoint.
    pub(super) goroutine_text: Option<String>,
    pub(super) memprofile_rate: u64,
    pub(super) rate_changed: bool,
    /// Its start, on the monotonic and on the wall clock.
    pub(super) wall: Option<(MonotonicTime, WallTime)>,
    pub(super) tests: TestRuns,
    pub(super) started: bool,
    pub(super) ended: bool,
    pub(super) trace_complete: bool,
    pub(super) missing: Vec<MissingInput>,
    pub(super) problems: Vec<Problem>,
}

/// A heap dump that the probe finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DumpRecord {
    pub(super) checkpoint: u32,
    pub(super) file: String,
    /// When it began.
    pub(super) at: MonotonicTime,
}

/// Reads `bytes`, whose symbols belong to `modules`.
pub(super) fn fold(file: &str, bytes: &[u8], modules: &ModuleTable) -> ProbePiece {
    let mut fold = Fold::new(modules);
    let mut reader = Reader::new(file, bytes);
    for record in reader.by_ref() {
        fold.record(&record);
    }
    fold.piece.problems = reader.into_problems();
    fold.piece
}

struct Fold<'m> {
    modules: &'m ModuleTable,
    piece: ProbePiece,
    stacks: HashMap<StackId, StackDef>,
    sites: HashMap<(StackId, Bytes), Arc<Site>>,
    columns: Columns,
    heap_live: BTreeMap<u32, Bytes>,
    runtime: BTreeMap<u32, RuntimeFigures>,
    process: BTreeMap<u32, proberec::Process>,
}

impl<'m> Fold<'m> {
    fn new(modules: &'m ModuleTable) -> Self {
        Self {
            modules,
            piece: ProbePiece::default(),
            stacks: HashMap::new(),
            sites: HashMap::new(),
            columns: Columns::default(),
            heap_live: BTreeMap::new(),
            runtime: BTreeMap::new(),
            process: BTreeMap::new(),
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Start(start) => self.started(start),
            Record::TraceStarted(started) => self.trace_started(started),
            Record::Stack(stack) => {
                self.stacks.insert(stack.id, stack.clone());
            }
            Record::MemProfile(profile) => self.mem_profile(profile),
            Record::MetricNames(names) => self.columns = Columns::of(names),
            Record::Metrics(metrics) => self.metrics(metrics),
            Record::Process(process) => {
                self.process.insert(process.checkpoint, *process);
            }
            Record::Checkpoint(checkpoint) => self.checkpoint(checkpoint),
            Record::GoroutineLeak(leak) => self.goroutine_leak(leak),
            Record::End(end) => self.ended(end),
            Record::Error(error) => {
                self.missing("probe", format!("could not {}: {}", error.doing, error.text))
            }
            Record::HeapDump(dump) => self.piece.dumps.push(DumpRecord {
                checkpoint: dump.checkpoint,
                file: dump.file.to_string(),
                at: dump.at.0,
            }),
            Record::GoroutineText(text) => self.goroutine_text(text),
            Record::TestBegin(name) => self.piece.tests.unfinished = Some(name.as_ref().into()),
            Record::Test(test) => self.test(test),
            // Of a run that nothing is measured in: `coverage`.
            Record::Goroutines(_) | Record::Coverage(_) => {}
        }
    }

    fn missing(&mut self, source: &str, why: String) {
        self.piece.missing.push(MissingInput { source: source.to_owned(), why });
    }

    fn started(&mut self, start: &proberec::Start<'_>) {
        self.piece.started = true;
        self.piece.wall = Some((start.at, start.wall));
        self.piece.memprofile_rate = u64::try_from(start.mem_profile_rate).unwrap_or(0);
    }

    fn trace_started(&mut self, started: &TraceStarted<'_>) {
        if started.error.is_empty() {
            self.piece.trace_base = Some(started.gc);
        } else {
            self.piece.trace_error = Some(started.error.to_string());
        }
    }

    fn mem_profile(&mut self, profile: &MemProfile) {
        let mut by_site: BTreeMap<Arc<Site>, SiteUse> = BTreeMap::new();
        for bucket in &profile.buckets {
            if let Some((site, used)) = self.bucket(bucket) {
                let total = by_site.entry(site).or_default();
                total.inuse_space += used.inuse_space;
                total.inuse_objects += used.inuse_objects;
                total.alloc_space += used.alloc_space;
                total.alloc_objects += used.alloc_objects;
            }
        }
        let (checkpoint, at, cycle) = (profile.checkpoint, profile.at, profile.cycle());
        self.piece.snapshots.push(HeapSnapshot { checkpoint, at, cycle, sites: by_site });
    }

    fn bucket(&mut self, bucket: &Bucket) -> Option<(Arc<Site>, SiteUse)> {
        let size = bucket.alloc_bytes.0.checked_div(bucket.alloc_objects.0)?;
        let key = (bucket.stack, Bytes(size));
        let site = match self.sites.get(&key) {
            Some(known) => Arc::clone(known),
            None => {
                let stack = self.stacks.get(&bucket.stack);
                let frames: &[Frame] = stack.map_or(&[], |stack| &stack.frames);
                let site = Arc::new(sites::site(self.modules, frames, Bytes(size)));
                if let Some(stack) = stack.filter(|stack| !stack.inlined.is_empty()) {
                    self.piece.inlined.extend(inlined(stack, &site.stack));
                }
                self.sites.insert(key, Arc::clone(&site));
                site
            }
        };
        let scale = scale(size, self.piece.memprofile_rate);
        let inuse = |alloc: u64, free: u64| scaled(alloc.saturating_sub(free), scale);
        Some((
            site,
            SiteUse {
                inuse_space: Bytes(inuse(bucket.alloc_bytes.0, bucket.free_bytes.0)),
                inuse_objects: Objects(inuse(bucket.alloc_objects.0, bucket.free_objects.0)),
                alloc_space: Bytes(scaled(bucket.alloc_bytes.0, scale)),
                alloc_objects: Objects(scaled(bucket.alloc_objects.0, scale)),
            },
        ))
    }

    fn metrics(&mut self, metrics: &proberec::Metrics) {
        if let Some(live) = self.columns.heap_live(&metrics.values) {
            self.heap_live.insert(metrics.checkpoint, live);
        }
        self.runtime.insert(metrics.checkpoint, self.columns.figures(&metrics.values));
    }

    fn checkpoint(&mut self, record: &proberec::Checkpoint) {
        let process = self.process.get(&record.index);
        self.piece.checkpoints.push(Checkpoint {
            index: record.index,
            operations: record.operations,
            cause: record.cause.as_str().to_owned(),
            at: record.at.0,
            gc: record.gc,
            goroutines: record.goroutines.saturating_sub(record.own_goroutines),
            heap_live: self.heap_live.get(&record.index).copied(),
            process: process.map(|process| ProcessFigures {
                rss: process.rss,
                anonymous: process.details.map(|details| details.anonymous),
                mapped: process.details.map(|details| details.mapped),
                threads: process.threads,
                open: process.details.map(|details| details.open),
            }),
            runtime: self.runtime.get(&record.index).copied(),
        });
    }

    fn goroutine_text(&mut self, text: &GoroutineText<'_>) {
        if text.truncated {
            self.missing(
                "goroutine stacks",
                "their text was cut at the probe's limit: locked threads and deep stacks beyond it are not told of"
                    .to_owned(),
            );
        }
        self.piece.goroutine_text = Some(whole(&text.text, text.truncated).to_owned());
    }

    fn goroutine_leak(&mut self, leak: &GoroutineLeak<'_>) {
        if !leak.available {
            return;
        }
        if leak.truncated {
            self.missing(
                "goroutineleak",
                "its text was cut at the probe's limit: counts are too low".to_owned(),
            );
        }
        self.piece.leak_text = Some(whole(&leak.text, leak.truncated).to_owned());
    }

    /// A test that was not selected is none.
    fn test(&mut self, test: &proberec::Test<'_>) {
        self.piece.tests.unfinished = None;
        if test.outcome == TestOutcome::NotRun {
            return;
        }
        let grown = test.grown.iter().filter_map(|(stack, bytes, objects)| {
            let frames: &[Frame] = &self.stacks.get(stack)?.frames;
            let size = Bytes(bytes.0.checked_div(objects.0).unwrap_or(bytes.0));
            Some((Arc::new(sites::site(self.modules, frames, size)), *bytes, *objects))
        });
        let member = |(name, outcome, took): &(proberec::Text<'_>, TestOutcome, Nanoseconds)| TestMember {
            name: name.as_ref().into(),
            outcome: *outcome,
            took: *took,
        };
        self.piece.tests.units.push(TestRun {
            name: test.name.as_ref().into(),
            kind: test.kind,
            outcome: test.outcome,
            iterations: test.iterations,
            operations: test.operations,
            took: test.took,
            members: test.members.iter().map(member).collect(),
            goroutines: test.goroutines,
            descriptors: test.descriptors,
            grown: grown.collect(),
        });
    }

    fn ended(&mut self, end: &proberec::End) {
        self.piece.ended = true;
        self.piece.trace_complete = end.trace_complete;
        let rate = u64::try_from(end.mem_profile_rate).unwrap_or(0);
        self.piece.rate_changed = rate != self.piece.memprofile_rate;
    }
}

/// The inlined frames among those that a site kept of a stack.
fn inlined(whole: &StackDef, kept: &Stack) -> Option<(Stack, Vec<usize>)> {
    let first = whole.frames.windows(kept.len().max(1)).position(|frames| *frames == **kept)?;
    let marks = whole.inlined.iter().filter_map(|index| index.checked_sub(first));
    let marks: Vec<usize> = marks.filter(|index| *index < kept.len()).collect();
    (!marks.is_empty()).then(|| (Arc::clone(kept), marks))
}

/// By how much a sampled count stands for all: an object of `size` bytes is sampled with probability
/// `1 - exp(-size / rate)` (as `runtime/pprof` scales its profiles).
fn scale(size: u64, rate: u64) -> f64 {
    if rate <= 1 || size == 0 {
        return 1.0;
    }
    1.0 / (1.0 - (-(size as f64) / rate as f64).exp())
}

fn scaled(count: u64, scale: f64) -> u64 {
    if scale == 1.0 { count } else { (count as f64 * scale).round() as u64 }
}

/// The goroutines that a text has whole: of one that was cut, all but the last.
fn whole(text: &str, truncated: bool) -> &str {
    let end = if truncated { text.rfind("\n\n").map_or(0, |end| end + 1) } else { text.len() };
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_profiles_are_not_scaled() {
        assert_eq!(scaled(u64::MAX - 1, scale(48, 1)), u64::MAX - 1);
    }

    #[test]
    fn a_small_object_stands_for_many() {
        let one_in = scale(64, 4096);
        assert!((one_in - 64.5).abs() < 0.1, "{one_in}");
        assert_eq!(scaled(10, scale(1 << 20, 4096)), 10);
    }

    #[test]
    fn of_a_text_that_was_cut_the_last_goroutine_is_left_out_and_nothing_is_damage() {
        let text = "goroutine 7 [select]:\nmain.run()\n\t/src/main.go:9 +0x1d\n\ngoroutine 8 [chan rec";
        let modules = ModuleTable::default();
        let read = |truncated| crate::ingest::final_goroutines::fold("rec", whole(text, truncated), &modules);
        let (groups, problems) = read(true);
        assert_eq!((groups.len(), problems.len()), (1, 0));
        assert_eq!(read(false).1.len(), 1, "of one that says to be whole it is");
        assert_eq!((whole("goroutine 7 [", true), whole("", true)), ("", ""));
    }
}
