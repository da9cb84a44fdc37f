//! A trace as tracks to look at: events in, one by one, [`Tracks`] out.
//!
//! However long the trace, there are at most as many slices as asked for, plus a bounded number of
//! points of counters. What follows one after another (goroutines on a processor, cycles) keeps its
//! longest slices and merges the others with their neighbours; what overlaps (waits, assists,
//! tasks) keeps the longest, and counters show how many there were.

mod census;
mod course;
mod gc;
mod goroutines;
mod lengths;
mod longest;
mod names;
mod series;
#[cfg(test)]
mod tests;
mod thin;
mod user;

use std::ops::ControlFlow;

pub(super) use self::course::Course;
use self::gc::{Gc, Rest};
use self::goroutines::Goroutines;
use self::names::Names;
use self::user::User;
use super::summary::Progress;
use crate::format::exectrace::{ClockSnapshot, Event, EventKind, Reader};
use crate::model::trace::tracks::{LeftOut, Tracks};
use crate::model::{TraceTime, WallTime};

/// Slices if nothing else is asked for: a file of some 25 MiB, which Perfetto's page opens at once.
pub const DEFAULT_SLICES: usize = 300_000;

/// Events between two reports of progress.
const PROGRESS_EVERY: u64 = 1 << 16;

/// What to make tracks of.
pub struct Options<'o> {
    /// Most slices of all tracks together; a few more may be needed to have one in each.
    pub slices: usize,
    /// Moments to be shown with arrows from the GC cycles they belong to.
    pub snapshots: Vec<Snapshot>,
    /// Told every now and then how far the reading is; may end it there.
    pub progress: Option<&'o mut dyn FnMut(Progress) -> ControlFlow<()>>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { slices: DEFAULT_SLICES, snapshots: Vec::new(), progress: None }
    }
}

/// A moment at which the heap was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When.
    pub at: TraceTime,
    /// What to call it: `checkpoint 3`.
    pub label: String,
    /// Number (since tracing started) of the cycle whose heap it shows; `None`: of the last one that
    /// was over.
    pub cycle: Option<u64>,
}

/// An event with what it takes to understand it.
struct Moment<'m, 'a> {
    event: &'m Event,
    kind: &'m EventKind,
    reader: &'m Reader<'a>,
    names: &'m mut Names,
}

/// Reads the trace to its end and makes tracks of it.
pub fn tracks(reader: &mut Reader<'_>, options: Options<'_>) -> Tracks {
    let Options { slices, snapshots, mut progress } = options;
    let mut next = reader.next_event();
    let Some(first) = next else { return Tracks::default() };
    let mut folds = Folds::new(first.time, slices);
    let mut n_events = 0u64;
    while let Some(event) = next {
        folds.event(&event, reader);
        n_events += 1;
        if let Some(progress) = progress.as_mut().filter(|_| n_events.is_multiple_of(PROGRESS_EVERY)) {
            let (position, len) = (reader.position(), reader.len());
            if progress(Progress { events: n_events, time: event.time, position, len }).is_break() {
                break;
            }
        }
        next = reader.next_event();
    }
    folds.finish(&snapshots)
}

/// All folds.
#[derive(Debug)]
struct Folds {
    names: Names,
    goroutines: Goroutines,
    gc: Gc,
    user: User,
    budget: usize,
    begin: TraceTime,
    end: TraceTime,
    clocks: Option<ClockSnapshot>,
}

impl Folds {
    /// Half of the slices go to processors, the rest to what overlaps and to the collector.
    fn new(begin: TraceTime, budget: usize) -> Self {
        let part = budget / 16;
        Self {
            names: Names::default(),
            goroutines: Goroutines::new(begin, goroutines::Room { procs: part * 8, waits: part * 3 }),
            gc: Gc::new(begin, gc::Room { cycles: part / 8, ranges: part / 2 }),
            user: User::new(begin, part),
            budget,
            begin,
            end: begin,
            clocks: None,
        }
    }

    fn event(&mut self, event: &Event, reader: &Reader<'_>) {
        let kind = &event.kind();
        self.end = event.time;
        if let EventKind::Sync(sync) = kind {
            self.names.new_generation();
            self.clocks = self.clocks.or(sync.clocks);
        }
        let mut moment = Moment { event, kind, reader, names: &mut self.names };
        self.goroutines.event(&mut moment);
        self.gc.event(&mut moment);
        self.user.event(&mut moment);
    }

    fn finish(self, snapshots: &[Snapshot]) -> Tracks {
        let Self { mut names, begin, end, .. } = self;
        let mut left_out = LeftOut { budget: self.budget, ..LeftOut::default() };
        let mut folders = self.gc.finish(end, snapshots, Rest { names: &mut names, left_out: &mut left_out });
        folders.extend(self.user.finish(end, &mut left_out));
        folders.extend(self.goroutines.finish(end, &names, &mut left_out));
        folders.retain(|folder| !folder.tracks.is_empty());
        let wall = |clocks: ClockSnapshot| WallTime(clocks.wall.plus(begin.since(clocks.trace)).0);
        let wall_start = self.clocks.map(wall);
        Tracks { begin, end, wall_start, names: names.finish(), folders, left_out }
    }
}
