//! One time axis of a run: which moment is 0, and where cycles lie whose begin no trace tells.

use crate::model::{ClockMap, CycleRow, MonotonicTime, Nanoseconds, RunPieces, TraceTime};

/// The axis.
#[derive(Debug)]
pub(super) struct Axis {
    clocks: ClockMap,
    begin: MonotonicTime,
    /// What lies between the runtime's own count of time and the monotonic clock.
    runtime_start: Option<MonotonicTime>,
}

impl Axis {
    pub(super) fn of(pieces: &RunPieces, rows: &[CycleRow]) -> Self {
        let clocks = ClockMap::new(&pieces.clock_pairs);
        let runtime_start = runtime_start(pieces, rows);
        let mut axis = Self { clocks, begin: MonotonicTime::default(), runtime_start };
        let of_rows = rows.iter().filter_map(|row| axis.begin_of(row));
        let of_trace = pieces.course.iter().map(|course| axis.clocks.monotonic(course.span.0));
        let of_points = pieces.checkpoints.iter().map(|checkpoint| checkpoint.at);
        axis.begin = of_rows.chain(of_trace).chain(of_points).min().unwrap_or_default();
        axis
    }

    /// Microseconds on the axis.
    pub(super) fn at(&self, at: MonotonicTime) -> i64 {
        at.since(self.begin).0.div_euclid(1000)
    }

    pub(super) fn of_trace(&self, at: TraceTime) -> i64 {
        self.at(self.clocks.monotonic(at))
    }

    /// A cycle's begin: as the trace tells it, or else as gctrace prints it.
    pub(super) fn begin_of(&self, row: &CycleRow) -> Option<MonotonicTime> {
        let printed = || {
            let start = self.runtime_start.unwrap_or_default();
            row.runtime_begin.map(|at| start.plus(Nanoseconds(at.value.0)))
        };
        row.begin.map(|begin| begin.value).or_else(printed)
    }

    /// Last known moment.
    pub(super) fn end(&self, pieces: &RunPieces, rows: &[CycleRow]) -> i64 {
        let of_rows =
            rows.iter().filter_map(|row| row.end.map(|end| end.value).or_else(|| self.begin_of(row)));
        let of_trace = pieces.course.iter().map(|course| self.clocks.monotonic(course.span.1));
        let of_points = pieces.checkpoints.iter().map(|checkpoint| checkpoint.at);
        let last = of_rows.chain(of_trace).chain(of_points).max();
        last.map_or(0, |last| self.at(last))
    }
}

/// The runtime's start on the monotonic clock: a cycle that has both times tells it. Without a trace a checkpoint bounds
/// it: the cycles it has seen had begun.
fn runtime_start(pieces: &RunPieces, rows: &[CycleRow]) -> Option<MonotonicTime> {
    let both = |row: &CycleRow| Some((row.begin?.value, row.runtime_begin?.value));
    if let Some((begin, printed)) = rows.iter().find_map(both) {
        return Some(begin.plus(Nanoseconds(printed.0.saturating_neg())));
    }
    let bounds = pieces.checkpoints.iter().filter_map(|checkpoint| {
        let row = rows.iter().find(|row| row.cycle == checkpoint.gc.1 && row.cycle.0 > 0)?;
        Some(checkpoint.at.plus(Nanoseconds(row.runtime_begin?.value.0.saturating_neg())))
    });
    bounds.min()
}
