//! Files that somebody took in production, without a manifest: what they are by their content, and what they come to.
//!
//! Input: files in any order and any subset. Output: [`ForeignCapture`], the same pieces that a run of ours gives, as far
//! as the files go. Two series cannot share their checkpoints, so heap profiles (with gctrace, trace and dump) and
//! goroutine profiles are a piece each. Profiles are put in order by their own time. Must not judge, nor open a file.

mod dumps;
mod goroutines;
mod kind;
mod lives;
mod modules;
mod profiles;

pub use kind::{ACCEPTED, ForeignKind};

use super::{Watch, gctrace, leaked, trace, watch};
use crate::format::exectrace::{EventKind, Reader};
use crate::format::gctrace::AnomalyKind;
use crate::format::pprof::Profile;
use crate::format::{Problem, pprof};
use crate::model::{
    Checkpoint, ClockMap, Frame, GcCycle, GctraceCycle, HeapSnapshot, MissingInput, ModuleTable,
    MonotonicTime, Operations, Origin, Per, RunPieces, TraceTime, binary_units,
};

use dumps::Dump;
use goroutines::Moment;
use modules::Guess;
use profiles::Resolved;

/// Moments of a trace at which living goroutines are counted.
const MOMENTS: i64 = 6;
/// Where a text is searched for what only the runtime's leak detection writes.
const LEAKED: &str = " (leaked)";

/// A file, unpacked, and what it is.
#[derive(Debug, Clone, Copy)]
pub struct ForeignFile<'a> {
    /// What to call it.
    pub name: &'a str,
    /// What it is.
    pub kind: ForeignKind,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What the files come to.
#[derive(Debug, Default)]
pub struct ForeignCapture {
    /// Heap, cycles and holders.
    pub heap: RunPieces,
    /// Cycles of other processes that wrote to the same log, most first.
    pub other_lives: Vec<Vec<GctraceCycle>>,
    /// Goroutines.
    pub goroutines: RunPieces,
    /// Whose code is whose, as far as names tell.
    pub modules: ModuleTable,
    /// Directory of the main module where it was built; empty if nothing tells.
    pub module_dir: String,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was read of each file, in the order given: its name, kind, and what is in it.
    pub inputs: Vec<(String, ForeignKind, String)>,
    /// Files that are damaged, with what is wrong: what was read of them stands.
    pub damaged: Vec<String>,
}

/// Reads the files. `symbols` is the program that wrote the heap dump, or why there is none; `watch` is told how far it is.
#[must_use]
pub fn read(files: &[ForeignFile<'_>], symbols: Result<&[u8], &str>, watch: Watch<'_>) -> ForeignCapture {
    let length = |kind: ForeignKind| {
        files.iter().filter(|file| file.kind == kind).map(|file| file.bytes.len() as u64).sum::<u64>()
    };
    let [of_trace, of_dumps] = watch.split([length(ForeignKind::Trace), length(ForeignKind::HeapDump)]);
    let mut capture = ForeignCapture::default();
    let mut taken = Taken::default();
    for file in files {
        let what = taken.file(file, &mut capture);
        capture.inputs.push((file.name.to_owned(), file.kind, what));
    }
    (capture.modules, capture.module_dir) = taken.modules();
    capture.heap = RunPieces { modules: capture.modules.clone(), ..capture.heap };
    capture.goroutines = RunPieces { modules: capture.modules.clone(), ..capture.goroutines };
    capture.heap_series(std::mem::take(&mut taken.heaps));
    let dumps = std::mem::take(&mut taken.dumps);
    capture.goroutine_series(taken);
    capture.traces(files, of_trace);
    capture.dumps(dumps, symbols, of_dumps);
    capture.heap.origin = Origin::Foreign;
    capture.goroutines.origin = Origin::Foreign;
    capture
}

/// What a log of several processes has without being damaged.
const OUT_OF_ORDER: [AnomalyKind; 3] =
    [AnomalyKind::CycleGap, AnomalyKind::CycleRepeat, AnomalyKind::CycleBackwards];

/// Profiles and texts, before it is known whose code is whose.
#[derive(Debug, Default)]
struct Taken<'a> {
    heaps: Vec<(Resolved, String)>,
    dumps: Vec<Dump<'a>>,
    /// Of profiles, which have a time.
    moments: Vec<Moment>,
    /// Of texts with stacks, which have none: in the order given.
    texts: Vec<Moment>,
    /// Of texts with counts, likewise.
    counts: Vec<Moment>,
}

impl<'a> Taken<'a> {
    /// Reads a file as far as it goes without the others; tells what is in it.
    fn file(&mut self, file: &ForeignFile<'a>, capture: &mut ForeignCapture) -> String {
        match file.kind {
            ForeignKind::HeapProfile => self.heap_profile(file, capture),
            ForeignKind::GoroutineProfile => self.goroutine_profile(file, capture),
            ForeignKind::DamagedProfile => {
                capture.profile(file);
                "damaged".to_owned()
            }
            ForeignKind::GoroutineText => self.text(file, capture),
            ForeignKind::GoroutineCounts => {
                let moment = Moment::of_counts(&String::from_utf8_lossy(file.bytes));
                keep(&mut self.counts, moment)
            }
            ForeignKind::Gctrace => capture.gctrace(file),
            ForeignKind::Trace => binary_units(file.bytes.len() as f64),
            ForeignKind::HeapDump => {
                let dump = Dump::of(file);
                let words = dump.words();
                self.dumps.push(dump);
                words
            }
        }
    }

    fn heap_profile(&mut self, file: &ForeignFile<'_>, capture: &mut ForeignCapture) -> String {
        let Some(profile) = capture.profile(file) else { return "damaged".to_owned() };
        let resolved = Resolved::of(&profile);
        let words = format!("{} samples, one in {} bytes", profile.samples.len(), resolved.period);
        self.heaps.push((resolved, file.name.to_owned()));
        words
    }

    fn goroutine_profile(&mut self, file: &ForeignFile<'_>, capture: &mut ForeignCapture) -> String {
        let Some(profile) = capture.profile(file) else { return "damaged".to_owned() };
        let moment = Moment::of_profile(&Resolved::of(&profile));
        format!("{}, {} stacks", keep(&mut self.moments, moment), profile.samples.len())
    }

    fn text(&mut self, file: &ForeignFile<'_>, capture: &mut ForeignCapture) -> String {
        let text = String::from_utf8_lossy(file.bytes);
        let (moment, problems) = Moment::of_text(file.name, &text);
        capture.problems.extend(problems);
        capture.leaked(file.name, &text);
        keep(&mut self.texts, moment)
    }

    fn modules(&self) -> (ModuleTable, String) {
        let mut guess = Guess::default();
        for (profile, _) in &self.heaps {
            profile.stacks().for_each(|(stack, _)| guess.see(stack));
        }
        self.moments
            .iter()
            .chain(&self.texts)
            .chain(&self.counts)
            .for_each(|moment| guess.see(moment.frames()));
        guess.table()
    }
}

/// Adds a moment to its series; tells how many goroutines it has.
fn keep(series: &mut Vec<Moment>, moment: Moment) -> String {
    let words = format!("{} goroutines", moment.total());
    series.push(moment);
    words
}

impl ForeignCapture {
    fn missing(&mut self, source: &str, why: String) {
        self.heap.missing.push(MissingInput { source: source.to_owned(), why });
    }

    /// A second file of a kind of which one is read is told, not mixed in.
    fn one(&mut self, source: &str, file: &str, has_one: bool) {
        if has_one {
            self.missing(source, format!("`{file}` was left out: one is read, the first that was named"));
        }
    }

    fn gctrace(&mut self, file: &ForeignFile<'_>) -> String {
        let (cycles, problems) = gctrace::fold(file.name, file.bytes);
        let words = format!("{} GC cycles", cycles.len());
        let mut lives = lives::lives(cycles);
        let n = lives.len();
        // Where several processes write, numbers go back and forth without any damage.
        let is_order =
            |problem: &Problem| OUT_OF_ORDER.iter().any(|kind| problem.structure.ends_with(kind.name()));
        self.problems.extend(problems.into_iter().filter(|problem| n < 2 || !is_order(problem)));
        self.one("gctrace", file.name, !self.heap.gctrace.is_empty());
        if !self.heap.gctrace.is_empty() {
            return words;
        }
        lives.sort_by_key(Vec::len); // stable: of equals the last is taken
        self.heap.gctrace = lives.pop().unwrap_or_default();
        self.other_lives = lives.into_iter().rev().collect();
        if n < 2 {
            return words;
        }
        let why = format!(
            "`{}` has lines of {n} processes; one of them is judged: the one that the trace is of, or else the one with most \
             cycles (cut the file to judge another)",
            file.name
        );
        self.missing("gctrace", why);
        format!("{words} of {n} processes")
    }

    fn damage(&mut self, problems: Vec<Problem>, unlisted: u64) {
        if let Some(first) = problems.first() {
            let more = (problems.len() as u64 - 1).saturating_add(unlisted);
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            self.damaged.push(format!("{first}{more}"));
        }
        self.problems.extend(problems);
    }

    /// A whole profile: one that lacks samples would make all others look grown.
    fn profile(&mut self, file: &ForeignFile<'_>) -> Option<Profile> {
        match Profile::read(file.name, file.bytes) {
            Ok(pprof::Read { profile, problems, unlisted_problems }) => {
                let is_whole = problems.is_empty();
                self.damage(problems, unlisted_problems);
                if !is_whole {
                    self.missing(
                        file.kind.words(),
                        format!("`{}` is damaged and was left out of the comparison", file.name),
                    );
                }
                is_whole.then_some(profile)
            }
            Err(error) => {
                self.damaged.push(error.to_string());
                None
            }
        }
    }

    /// What the runtime's leak detection marked, if the text is of that profile.
    fn leaked(&mut self, file: &str, text: &str) {
        if text.contains(LEAKED) {
            let (leaked, _) = leaked::fold(file, text, &self.modules);
            self.heap.leaked.get_or_insert_default().extend(leaked);
        }
    }

    /// Snapshots in order of time.
    fn heap_series(&mut self, mut heaps: Vec<(Resolved, String)>) {
        heaps.sort_by_key(|(profile, _)| profile.at); // stable: without a time they stay as they were given
        let timed = heaps.iter().all(|(profile, _)| profile.at.is_some());
        if !timed {
            self.missing(
                "heap profiles",
                "not all of them tell when they were taken: the order is the one given".to_owned(),
            );
        }
        let mut builds: Vec<&str> = heaps.iter().map(|(profile, _)| &*profile.build_id).collect();
        builds.dedup();
        if builds.len() > 1 {
            self.missing(
                "heap profiles",
                "they are of different builds: lines may have moved between them".to_owned(),
            );
        }
        let first = heaps.first().and_then(|(profile, _)| profile.at).unwrap_or(0);
        self.heap.per = if timed { Per::Second } else { Per::Profile };
        for ((profile, _), nth) in heaps.iter().zip(0..) {
            let after = if timed { profile.at.unwrap_or(0).saturating_sub(first) } else { 0 };
            self.heap.memprofile_rate = self.heap.memprofile_rate.max(profile.period);
            let sites = profile.sites(&self.modules);
            let checkpoint = checkpoint(nth, after, timed);
            self.heap.snapshots.push(HeapSnapshot {
                checkpoint: Some(nth),
                at: checkpoint.at,
                cycle: None,
                sites,
            });
            self.heap.checkpoints.push(checkpoint);
        }
    }

    /// Goroutines over the longest series of one kind; stacks as text tell the creator, so they win a tie; profiles
    /// have their time.
    fn goroutine_series(&mut self, taken: Taken) {
        let Taken { mut moments, texts, counts, .. } = taken;
        moments.sort_by_key(|moment| moment.at);
        let mut all = [
            (counts, ForeignKind::GoroutineCounts),
            (moments, ForeignKind::GoroutineProfile),
            (texts, ForeignKind::GoroutineText),
        ];
        all.sort_by_key(|(series, _)| series.len()); // stable
        let [unused @ .., (series, used)] = all;
        for (other, kind) in unused.iter().filter(|(other, _)| !other.is_empty()) {
            let n = other.len();
            let why = format!(
                "{} ({n}) are not compared: there are as many {} or more",
                kind.plural(),
                used.plural()
            );
            self.missing("goroutines", why);
        }
        if series.len() > 1 && used != ForeignKind::GoroutineText {
            let why = "the profiles do not tell who creates a goroutine, so each is laid at the outermost of your functions \
                       on its stack; /debug/pprof/goroutine?debug=2 has the `go` statement";
            self.missing("goroutines", why.to_owned());
        }
        let timed = series.iter().all(|moment| moment.at.is_some());
        let first = series.first().and_then(|moment| moment.at).unwrap_or(0);
        self.goroutines.per = if timed { Per::Second } else { Per::Profile };
        self.goroutines.goroutines = goroutines::census(&self.modules, &series);
        for (moment, nth) in series.iter().zip(0..) {
            let after = moment.at.unwrap_or(0).saturating_sub(first);
            let checkpoint = checkpoint(nth, if timed { after } else { 0 }, timed);
            self.goroutines.checkpoints.push(Checkpoint { goroutines: moment.total(), ..checkpoint });
        }
    }

    fn traces(&mut self, files: &[ForeignFile<'_>], watch: Watch<'_>) {
        let mut traces = files.iter().filter(|file| file.kind == ForeignKind::Trace);
        let first = traces.next();
        for other in traces {
            self.one(ForeignKind::Trace.words(), other.name, true);
        }
        if let Some(file) = first {
            self.trace(file, watch);
        }
    }

    /// Cycles, and goroutines if no profiles are better at that.
    fn trace(&mut self, file: &ForeignFile<'_>, watch: Watch<'_>) {
        let has_series = self.goroutines.checkpoints.len() > 1;
        // Without moments there is one reading of it less, which is the shorter one.
        let [of_moments, of_events] = watch.split([u64::from(!has_series), 2]);
        let moments = if has_series { Vec::new() } else { moments(file, of_moments) };
        match trace::fold((file.name, file.bytes), &moments, &self.modules, of_events) {
            Err(error) => self.damaged.push(error),
            Ok(piece) => {
                self.heap.trace_gcs = piece.gcs;
                self.heap.clock_pairs = piece.clock_pairs;
                self.heap.course = piece.course;
                self.damage(piece.problems, piece.unlisted_problems);
                if has_series {
                    return;
                }
                let first = moments.first().copied().unwrap_or_default();
                let begin =
                    first.0.saturating_sub(moments.get(1).map_or(0, |next| next.0.saturating_sub(first.0)));
                let at = |(moment, nth): (&MonotonicTime, u32)| {
                    checkpoint(nth, moment.0.saturating_sub(begin), true)
                };
                self.goroutines.per = Per::Second;
                self.goroutines.checkpoints = moments.iter().zip(0..).map(at).collect();
                self.goroutines.goroutines = piece.census;
                if self.modules.main.is_empty() {
                    (self.modules, self.module_dir) = of_census(&self.goroutines);
                    self.goroutines.modules = self.modules.clone();
                }
            }
        }
    }
}

/// A moment of a series: its "operations" are the time since the first, in the unit of [`Per`], or its place.
fn checkpoint(nth: u32, after: i64, timed: bool) -> Checkpoint {
    let passed = if timed { u64::try_from(after / 1_000_000).unwrap_or(0) } else { u64::from(nth) };
    Checkpoint {
        index: nth,
        operations: Operations(passed),
        cause: "profile".to_owned(),
        at: MonotonicTime(after),
        gc: (GcCycle(0), GcCycle(1)), // of no cycle that is known
        goroutines: 0,
        heap_live: None,
        process: None,
        runtime: None,
    }
}

/// Moments spread evenly over the trace, the last at its end.
fn moments(file: &ForeignFile<'_>, watch: Watch<'_>) -> Vec<MonotonicTime> {
    let Ok(mut reader) = Reader::new(file.name, file.bytes) else { return Vec::new() };
    let mut span: Option<(TraceTime, TraceTime)> = None;
    let mut pairs: Vec<(TraceTime, MonotonicTime)> = Vec::new();
    let mut n_events = 0u64;
    while let Some(event) = reader.next_event() {
        n_events += 1;
        if n_events.is_multiple_of(watch::EVERY) && watch.at(reader.position(), reader.len()).is_break() {
            break;
        }
        if let EventKind::Sync(sync) = event.kind() {
            pairs.extend(sync.clocks.map(|clocks| (clocks.trace, clocks.monotonic)));
        }
        let (begin, end) = span.unwrap_or((event.time, event.time));
        span = Some((begin.min(event.time), end.max(event.time)));
    }
    let Some((begin, end)) = span else { return Vec::new() };
    let clocks = ClockMap::new(&pairs);
    let (begin, end) = (clocks.monotonic(begin), clocks.monotonic(end));
    let step = end.since(begin).0 / MOMENTS;
    (1..=MOMENTS).map(|nth| MonotonicTime(begin.0.saturating_add(step.saturating_mul(nth)))).collect()
}

/// Whose code is whose, by the frames of a census.
fn of_census(pieces: &RunPieces) -> (ModuleTable, String) {
    let mut guess = Guess::default();
    for group in &pieces.goroutines.groups {
        let blocked = group.blocked.iter().flat_map(|(_, stack)| stack.iter());
        let frames: Vec<&Frame> = group.created_by.iter().chain([&group.start]).chain(blocked).collect();
        guess.see(frames);
    }
    guess.table()
}
