//! A trace over time for the panels of a report: how many goroutines are in which state and of which function, the heap,
//! and how long stops, assists and waits for a processor took.
//!
//! Input: events one by one, while the trace is read for everything else. Output: [`TraceCourse`]. Bounded like tracks;
//! no slices are kept.

use rustc_hash::FxHashMap;

use super::Moment;
use super::goroutines::{Goroutines, Room};
use super::lengths::Lengths;
use super::names::Names;
use super::series::Series;
use crate::format::exectrace::{Event, EventKind, Reader};
use crate::model::{Bytes, TraceCourse, TraceTime};

/// Steps of time of the heap's counters.
const STEPS: usize = 1024;
/// Stretches of time by which durations are told.
const STRETCHES: usize = 512;
/// A goal from here on means "collection is off", as 0 does: no height to show.
const ABSURD: u64 = 1 << 60;

/// All that is folded.
#[derive(Debug)]
pub(in crate::ingest::trace) struct Course {
    names: Names,
    folds: Option<Folds>,
}

#[derive(Debug)]
struct Folds {
    begin: TraceTime,
    end: TraceTime,
    generation_begin: TraceTime,
    goroutines: Goroutines,
    alloc: Series,
    goal: Series,
    stopped: Option<TraceTime>,
    stops: Lengths,
    assisting: FxHashMap<u64, TraceTime>,
    assists: Lengths,
}

impl Course {
    pub(in crate::ingest::trace) fn new() -> Self {
        Self { names: Names::default(), folds: None }
    }

    /// Looks at one event.
    pub(in crate::ingest::trace) fn event(&mut self, event: &Event, reader: &Reader<'_>) {
        let kind = &event.kind();
        let folds = self.folds.get_or_insert_with(|| Folds::new(event.time));
        folds.end = event.time;
        if let EventKind::Sync(_) = kind {
            self.names.new_generation();
            folds.generation_begin = event.time;
        }
        let mut moment = Moment { event, kind, reader, names: &mut self.names };
        folds.goroutines.event(&mut moment);
        folds.collector(&moment);
    }

    pub(in crate::ingest::trace) fn finish(self) -> Option<TraceCourse> {
        let Folds { begin, end, goroutines, alloc, goal, stops, assists, .. } = self.folds?;
        let (states, groups, latency) = goroutines.course(&self.names);
        Some(TraceCourse {
            span: (begin, end),
            heap_alloc: alloc.finish(),
            heap_goal: goal.finish(),
            states,
            groups,
            stops: stops.finish(),
            assists: assists.finish(),
            latency: latency.finish(),
        })
    }
}

impl Folds {
    fn new(begin: TraceTime) -> Self {
        let mut goroutines = Goroutines::new(begin, Room { procs: 0, waits: 0 });
        goroutines.latency = Some(Lengths::new(STRETCHES));
        Self {
            begin,
            end: begin,
            generation_begin: begin,
            goroutines,
            alloc: Series::new(STEPS),
            goal: Series::new(STEPS),
            stopped: None,
            stops: Lengths::new(STRETCHES),
            assisting: FxHashMap::default(),
            assists: Lengths::new(STRETCHES),
        }
    }

    fn collector(&mut self, moment: &Moment<'_, '_>) {
        let now = moment.event.time;
        match *moment.kind {
            EventKind::StwBegin { .. } => self.stopped = Some(now),
            EventKind::StwEnd { .. } => {
                let began = self.stopped.take();
                began.into_iter().for_each(|began| self.stops.add(began, now));
            }
            EventKind::HeapAlloc { live } => self.alloc.set(now, whole(live)),
            EventKind::HeapGoal { goal } if (1..ABSURD).contains(&goal.0) => self.goal.set(now, whole(goal)),
            EventKind::GcMarkAssistBegin => {
                let whose = moment.event.goroutine();
                whose.into_iter().for_each(|whose| self.assist_begins(whose.0, now));
            }
            EventKind::GcMarkAssistActive { goroutine } => {
                self.assist_begins(goroutine.0, self.generation_begin);
            }
            EventKind::GcMarkAssistEnd => {
                let began = moment.event.goroutine().and_then(|whose| self.assisting.remove(&whose.0));
                began.into_iter().for_each(|began| self.assists.add(began, now));
            }
            _ => {}
        }
    }

    fn assist_begins(&mut self, whose: u64, at: TraceTime) {
        self.assisting.entry(whose).or_insert(at);
    }
}

fn whole(bytes: Bytes) -> i64 {
    i64::try_from(bytes.0).unwrap_or(i64::MAX)
}
