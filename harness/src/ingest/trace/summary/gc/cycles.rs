//! Cycles, one row each, and what was done for them.

use super::super::super::cycle_count::CycleCount;
use super::super::clip::{Clip, add};
use super::super::seen::Seen;
use super::super::sketch::Sketch;
use super::stops::Phase;
use super::workers::{Mode, Worked};
use crate::model::trace::{GcCycleTimes, GcSummary, WorkerTimes};
use crate::model::{Bytes, Nanoseconds, TraceTime};

/// Rows kept: a cycle every millisecond for half a minute.
const MAX_ROWS: usize = 1 << 15;

/// A cycle and what is not in its row yet.
#[derive(Debug, Default)]
struct Cycle {
    row: GcCycleTimes,
    /// `GCBegin`, or the begin of the trace.
    since: TraceTime,
    /// Since when it marks with the world running.
    concurrent: Option<TraceTime>,
    /// Something of it falls into the window.
    met: bool,
}

/// All cycles so far.
#[derive(Debug)]
pub(super) struct Cycles {
    clip: Clip,
    count: CycleCount,
    rows: Vec<GcCycleTimes>,
    unlisted: u64,
    /// The one before the last: it can be swept while the last one begins to run.
    before: Option<Cycle>,
    last: Option<Cycle>,
    begun: u64,
    ended: u64,
    mark: Sketch,
    workers: WorkerTimes,
    live: Option<Bytes>,
    goal: Option<Bytes>,
}

impl Cycles {
    pub(super) fn new(clip: Clip) -> Self {
        Self {
            clip,
            count: CycleCount::default(),
            rows: Vec::new(),
            unlisted: 0,
            before: None,
            last: None,
            begun: 0,
            ended: 0,
            mark: Sketch::default(),
            workers: WorkerTimes::default(),
            live: None,
            goal: None,
        }
    }

    /// A cycle was running when the generation began: a new one only if the trace's first.
    pub(super) fn active(&mut self, seq: u64, generation_begin: TraceTime) {
        let Some(index) = self.count.active(seq) else { return };
        let row = GcCycleTimes { index, goal: self.goal, ..GcCycleTimes::default() };
        let concurrent = Some(generation_begin);
        self.push(Cycle { row, since: generation_begin, concurrent, met: false });
    }

    pub(super) fn begin(&mut self, seq: u64, at: TraceTime) {
        self.begun += u64::from(self.clip.contains(at));
        let row = GcCycleTimes {
            index: self.count.begin(seq),
            begin: Some(at),
            heap_at_begin: self.live,
            goal: self.goal,
            ..GcCycleTimes::default()
        };
        self.push(Cycle { row, since: at, concurrent: None, met: false });
    }

    fn push(&mut self, cycle: Cycle) {
        let before = std::mem::replace(&mut self.before, self.last.take());
        self.last = Some(cycle);
        self.list(before);
    }

    /// A row is done.
    fn list(&mut self, cycle: Option<Cycle>) {
        match cycle {
            Some(cycle) if cycle.met && self.rows.len() < MAX_ROWS => self.rows.push(cycle.row),
            Some(cycle) if cycle.met => self.unlisted += 1,
            _ => {}
        }
    }

    pub(super) fn end(&mut self, seq: u64, at: TraceTime) {
        let (clip, live) = (self.clip, self.live);
        let counts = clip.contains(at);
        self.ended += u64::from(counts);
        self.count.end(seq);
        let Some(cycle) = self.running() else { return };
        cycle.row.end = Some(at);
        cycle.row.marked = live;
        cycle.marked_until(at, clip);
        let whole = cycle.row.begin.filter(|_| counts).map(|begin| at.since(begin));
        whole.into_iter().for_each(|whole| self.mark.add(whole));
    }

    /// The one that is marking.
    fn running(&mut self) -> Option<&mut Cycle> {
        self.last.as_mut().filter(|last| last.row.end.is_none())
    }

    /// The one that is being swept.
    fn sweeping(&mut self) -> Option<&mut Cycle> {
        let ended = |cycle: &Option<Cycle>| cycle.as_ref().is_some_and(|cycle| cycle.row.end.is_some());
        if ended(&self.last) { self.last.as_mut() } else { self.before.as_mut() }
    }

    pub(super) fn heap_alloc(&mut self, live: Bytes) {
        self.live = Some(live);
    }

    pub(super) fn heap_goal(&mut self, goal: Bytes) {
        self.goal = Some(goal);
        // Of a cycle that runs when the trace begins the goal is told after it.
        if let Some(running) = self.running().filter(|running| running.row.begin.is_none()) {
            running.row.goal.get_or_insert(goal);
        }
    }

    pub(super) fn assist_begun(&mut self) {
        if let Some(cycle) = self.last.as_mut() {
            cycle.row.assists += 1;
        }
    }

    /// An assist may end just after the marking.
    pub(super) fn assisted(&mut self, time: Nanoseconds) {
        if let Some(cycle) = self.last.as_mut() {
            add(&mut cycle.row.assist, time);
            cycle.met = true;
        }
    }

    pub(super) fn sweep_took(&mut self, time: Nanoseconds) {
        if let Some(cycle) = self.sweeping() {
            add(&mut cycle.row.sweep, time);
            cycle.met = true;
        }
    }

    pub(super) fn swept(&mut self, swept: Bytes, reclaimed: Bytes) {
        if let Some(cycle) = self.sweeping() {
            cycle.row.swept += swept;
            cycle.row.reclaimed += reclaimed;
            cycle.met = true;
        }
    }

    pub(super) fn worked(&mut self, Worked { mode, time }: Worked) {
        let row = self.last.as_mut().map(|cycle| &mut cycle.row.workers);
        for workers in row.into_iter().chain([&mut self.workers]) {
            add(
                match mode {
                    Mode::Dedicated => &mut workers.dedicated,
                    Mode::Fractional => &mut workers.fractional,
                    Mode::Idle => &mut workers.idle,
                },
                time,
            );
        }
    }

    pub(super) fn world_stops(&mut self, phase: Phase, at: TraceTime) {
        let clip = self.clip;
        if phase == Phase::MarkTermination
            && let Some(running) = self.running()
        {
            running.concurrent_until(at, clip);
        }
    }

    /// Both stops of a cycle end while that cycle is the latest: the first after its begin, the
    /// second just after its end.
    pub(super) fn world_runs(&mut self, (phase, time): (Phase, Nanoseconds), seen: &Seen<'_, '_>) {
        let Some(cycle) = self.last.as_mut() else { return };
        let sum = match phase {
            Phase::SweepTermination => &mut cycle.row.sweep_termination,
            _ => &mut cycle.row.mark_termination,
        };
        if seen.counts() {
            add(sum, time);
            cycle.met = true;
        }
        if cycle.row.end.is_none() {
            cycle.concurrent = Some(seen.event.time);
        }
    }

    pub(super) fn finish(mut self, end: TraceTime, summary: GcSummary) -> GcSummary {
        let clip = self.clip;
        if let Some(running) = self.running() {
            running.concurrent_until(end, clip);
            running.marked_until(end, clip);
        }
        let (before, last) = (self.before.take(), self.last.take());
        self.list(before);
        self.list(last);
        GcSummary {
            cycles: self.rows,
            unlisted_cycles: self.unlisted,
            begun: self.begun,
            ended: self.ended,
            mark: self.mark.durations(),
            workers: self.workers,
            ..summary
        }
    }
}

impl Cycle {
    fn marked_until(&mut self, at: TraceTime, clip: Clip) {
        if let Some(stayed) = clip.stay(self.since, at) {
            self.row.mark = stayed.time;
            self.met = true;
        }
    }

    fn concurrent_until(&mut self, at: TraceTime, clip: Clip) {
        let stayed = self.concurrent.take().and_then(|since| clip.stay(since, at));
        if let Some(stayed) = stayed {
            add(&mut self.row.concurrent_mark, stayed.time);
        }
    }
}
