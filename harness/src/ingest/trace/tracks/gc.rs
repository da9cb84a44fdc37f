//! The collector: cycles, stops of the world, assists, sweeping, the heap; and arrows from cycles to
//! the snapshots that show them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::cycle_count::CycleCount;
use super::longest::Longest;
use super::names::SHORT;
use super::series::Series;
use super::thin::{Thin, slice};
use super::{Moment, Snapshot};
use crate::format::exectrace::EventKind;
use crate::model::trace::tracks::{Content, Detail, Folder, LeftOut, Slice, Track, Unit};
use crate::model::{Bytes, GoroutineId, TraceTime};

/// Steps of time of the counters.
const STEPS: usize = 2048;

/// Reasons to stop the world that have a track of their own.
const MAX_REASONS: usize = 8;

/// A range in progress: since when, its name, whose it is.
#[derive(Debug, Clone, Copy)]
struct Open {
    since: TraceTime,
    name: u32,
    detail: Detail,
}

/// Ranges of one sort that may overlap.
#[derive(Debug)]
struct Ranges {
    open: FxHashMap<u64, Open>,
    longest: Longest,
    at_once: Series,
}

impl Ranges {
    fn new() -> Self {
        Self { open: FxHashMap::default(), longest: Longest::default(), at_once: Series::new(STEPS) }
    }

    fn begin(&mut self, whose: u64, open: Open, at: TraceTime) {
        self.open.entry(whose).or_insert(open);
        self.count(at);
    }

    fn end(&mut self, whose: u64, at: TraceTime, room: usize) {
        if let Some(Open { since, name, detail }) = self.open.remove(&whose) {
            self.longest.push(slice((since, at), name, detail), room);
            self.count(at);
        }
    }

    fn count(&mut self, at: TraceTime) {
        self.at_once.set(at, i64::try_from(self.open.len()).unwrap_or(i64::MAX));
    }

    fn finish(mut self, end: TraceTime, (room, left_out): (usize, &mut LeftOut), name: &str) -> Vec<Track> {
        for (_, Open { since, name, detail }) in std::mem::take(&mut self.open) {
            self.longest.push(slice((since, end), name, detail), room);
        }
        let Some(slices) = self.longest.finish(name, room, left_out) else { return Vec::new() };
        vec![slices, counter(&format!("{name}, at once"), Unit::Count, self.at_once)]
    }
}

/// The collector so far.
#[derive(Debug)]
pub(super) struct Gc {
    count: CycleCount,
    /// Begin and number of the one that runs.
    cycle: Option<(TraceTime, u64)>,
    cycles: Thin,
    stopped: Option<(TraceTime, u32)>,
    stops: BTreeMap<u32, Thin>,
    assists: Ranges,
    sweeps: Ranges,
    live: Series,
    goal: Series,
    room: Room,
    generation_begin: TraceTime,
}

/// Slices for cycles and stops, and for assists and sweeping each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) cycles: usize,
    pub(super) ranges: usize,
}

impl Gc {
    pub(super) fn new(begin: TraceTime, room: Room) -> Self {
        Self {
            count: CycleCount::default(),
            cycle: None,
            cycles: Thin::new(SHORT),
            stopped: None,
            stops: BTreeMap::new(),
            assists: Ranges::new(),
            sweeps: Ranges::new(),
            live: Series::new(STEPS),
            goal: Series::new(STEPS),
            room,
            generation_begin: begin,
        }
    }

    pub(super) fn event(&mut self, moment: &mut Moment<'_, '_>) {
        let now = moment.event.time;
        match *moment.kind {
            EventKind::Sync(_) => self.generation_begin = now,
            EventKind::GcActive { seq } => {
                let first = self.count.active(seq).map(|number| (self.generation_begin, number));
                self.cycle = first.or(self.cycle);
            }
            EventKind::GcBegin { seq } => self.cycle = Some((now, self.count.begin(seq))),
            EventKind::GcEnd { seq } => self.cycle_ends((seq, now), moment),
            EventKind::StwBegin { kind } => {
                self.stopped = Some((now, moment.names.string(kind, moment.reader)));
            }
            EventKind::StwEnd { .. } => self.world_runs(now),
            EventKind::HeapAlloc { live } => set(&mut self.live, now, live),
            EventKind::HeapGoal { goal } => set(&mut self.goal, now, goal),
            EventKind::GcMarkAssistBegin => self.assist_begins(moment),
            EventKind::GcMarkAssistActive { goroutine } => self.assist_active(goroutine, moment),
            EventKind::GcMarkAssistEnd => {
                let whose = moment.event.goroutine();
                whose.into_iter().for_each(|whose| self.assists.end(whose.0, now, self.room.ranges));
            }
            EventKind::GcSweepBegin => self.sweep_begins(moment),
            EventKind::GcSweepActive { proc } => self.sweep(proc.0, (self.generation_begin, now), moment),
            EventKind::GcSweepEnd { .. } => {
                let whose = moment.event.proc();
                whose.into_iter().for_each(|whose| self.sweeps.end(whose.0, now, self.room.ranges));
            }
            _ => {}
        }
    }

    fn cycle_ends(&mut self, (seq, now): (u64, TraceTime), moment: &mut Moment<'_, '_>) {
        self.count.end(seq);
        let Some((begin, number)) = self.cycle.take() else { return };
        let name = moment.names.number("GC: mark");
        self.cycles.push(slice((begin, now), name, Detail::Cycle(number)), self.room.cycles);
    }

    fn world_runs(&mut self, now: TraceTime) {
        let Some((begin, reason)) = self.stopped.take() else { return };
        if self.stops.len() >= MAX_REASONS && !self.stops.contains_key(&reason) {
            return;
        }
        let track = self.stops.entry(reason).or_insert_with(|| Thin::new(SHORT));
        track.push(slice((begin, now), reason, Detail::None), self.room.cycles);
    }

    fn assist_begins(&mut self, moment: &mut Moment<'_, '_>) {
        let Some(goroutine) = moment.event.goroutine() else { return };
        let since = moment.event.time;
        let name = moment.names.root(moment.event.stack(), moment.reader);
        let open = Open { since, name, detail: Detail::Goroutine(goroutine) };
        self.assists.begin(goroutine.0, open, since);
    }

    fn assist_active(&mut self, goroutine: GoroutineId, moment: &mut Moment<'_, '_>) {
        let name = moment.names.number("mark assist");
        let open = Open { since: self.generation_begin, name, detail: Detail::Goroutine(goroutine) };
        self.assists.begin(goroutine.0, open, moment.event.time);
    }

    fn sweep_begins(&mut self, moment: &mut Moment<'_, '_>) {
        let Some(proc) = moment.event.proc() else { return };
        let now = moment.event.time;
        self.sweep(proc.0, (now, now), moment);
    }

    fn sweep(&mut self, proc: u64, (since, at): (TraceTime, TraceTime), moment: &mut Moment<'_, '_>) {
        let name = moment.names.number("sweep");
        let detail = moment.event.goroutine().map_or(Detail::None, Detail::Goroutine);
        self.sweeps.begin(proc, Open { since, name, detail }, at);
    }

    /// The folders: the collector, stops of the world, and the snapshots if there are any.
    pub(super) fn finish(mut self, end: TraceTime, snapshots: &[Snapshot], rest: Rest<'_>) -> Vec<Folder> {
        let Rest { names, left_out } = rest;
        if let Some((begin, number)) = self.cycle.take() {
            let name = names.number("GC: mark (not over at the end)");
            self.cycles.push(slice((begin, end), name, Detail::Cycle(number)), self.room.cycles);
        }
        let (mut cycles, merged) = self.cycles.finish(self.room.cycles);
        left_out.merged += merged;
        let shown = snapshot_slices(snapshots, &mut cycles, names);
        let about = "From GCBegin to GCEnd: marking.".to_owned();
        let cycles = Track { name: "GC cycles".to_owned(), about, content: Content::Slices(cycles) };
        let mut tracks = vec![
            counter("heap live", Unit::Bytes, self.live),
            counter("heap goal", Unit::Bytes, self.goal),
            cycles,
        ];
        tracks.extend(self.assists.finish(end, (self.room.ranges, left_out), "mark assists"));
        tracks.extend(self.sweeps.finish(end, (self.room.ranges, left_out), "sweeping"));
        let mut folders = vec![Folder { name: "Garbage collector".to_owned(), tracks }];
        let mut stops = Vec::new();
        for (reason, track) in self.stops {
            let (slices, merged) = track.finish(self.room.cycles);
            left_out.merged += merged;
            let (name, about) = (names.text(reason).to_owned(), String::new());
            stops.push(Track { name, about, content: Content::Slices(slices) });
        }
        folders.push(Folder { name: "Stop the world".to_owned(), tracks: stops });
        folders.push(Folder { name: "Snapshots".to_owned(), tracks: shown.into_iter().collect() });
        folders.retain(|folder| !folder.tracks.is_empty());
        folders
    }
}

/// What all parts write to at the end.
pub(super) struct Rest<'r> {
    pub(super) names: &'r mut super::names::Names,
    pub(super) left_out: &'r mut LeftOut,
}

/// Snapshots as moments, each with an arrow from the cycle that it shows.
fn snapshot_slices(
    snapshots: &[Snapshot],
    cycles: &mut [Slice],
    names: &mut super::names::Names,
) -> Option<Track> {
    let mut slices = Vec::new();
    for snapshot in snapshots {
        let name = names.number(&snapshot.label);
        let place = cycles.iter().rposition(|cycle| shows(snapshot, cycle));
        let flow = place.and_then(|place| u32::try_from(place).ok());
        let shown = place.and_then(|place| cycles.get_mut(place));
        shown.into_iter().for_each(|cycle| cycle.flow = flow);
        slices.push(Slice { flow, ..slice((snapshot.at, snapshot.at), name, Detail::None) });
    }
    slices.sort_by_key(|slice| slice.begin);
    let about = "Each with an arrow from the GC cycle whose heap it shows.".to_owned();
    let content = Content::Slices(slices);
    (!snapshots.is_empty()).then(|| Track { name: "snapshots".to_owned(), about, content })
}

/// Whether a snapshot shows the heap of a cycle: of the one it names, or of the last that was over.
fn shows(snapshot: &Snapshot, cycle: &Slice) -> bool {
    let over = cycle.end <= snapshot.at;
    match (snapshot.cycle, cycle.detail) {
        (Some(wanted), Detail::Cycle(number)) => wanted == number,
        (Some(_), _) => false,
        (None, _) => over,
    }
}

fn counter(name: &str, unit: Unit, series: Series) -> Track {
    let content = Content::Counter { unit, points: series.finish() };
    Track { name: name.to_owned(), about: String::new(), content }
}

/// A goal that means "collection is off" is no height to show.
fn set(series: &mut Series, at: TraceTime, value: Bytes) {
    const ABSURD: u64 = 1 << 60;
    if value.0 < ABSURD {
        series.set(at, value.0.cast_signed());
    }
}
