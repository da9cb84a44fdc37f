//! A capture in the forms that other tools open, a file each: flame graphs, metrics, tables, benchmark text.
//!
//! Input: the report, the growth by stack, the cycles of runs. Output: text or bytes. Pure. Names come from the measured
//! program: what could move a cursor or turn a line around is shown, and what would break a format is escaped.

mod bencher;
mod benchmark;
mod csv;
mod folded;
mod openmetrics;
mod perfetto;
mod pprof;
mod speedscope;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::model::{Bytes, Checkpoint, CycleRow, MonotonicTime, RunId, TraceTime, WallTime};
use crate::report::growth::{GrowthFrame, GrowthStack, RunGrowth};
use crate::report::terminal::text;

pub use bencher::bencher;
pub use benchmark::benchstat;
pub use csv::cycles_csv;
pub use folded::{folded, folded_diff};
pub use openmetrics::{cycles_openmetrics, openmetrics};
pub use perfetto::add_cycles;
pub use pprof::growth_pprof;
pub use speedscope::speedscope;

/// GC cycles of a run, all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCycles {
    /// Which.
    pub run: RunId,
    /// A moment on the monotonic clock and on the wall clock, as the program read both when it began.
    pub clock: Option<(MonotonicTime, WallTime)>,
    /// Moments on the trace's clock and the monotonic one.
    pub clock_pairs: Vec<(TraceTime, MonotonicTime)>,
    /// Its checkpoints.
    pub checkpoints: Vec<Checkpoint>,
    /// Rows by cycle; of a trace that nothing numbers, its own.
    pub rows: Vec<CycleRow>,
}

impl RunCycles {
    /// Wall-clock time of a moment of the run.
    fn wall(&self, at: MonotonicTime) -> Option<WallTime> {
        self.clock.map(|(monotonic, wall)| wall.plus(at.since(monotonic)))
    }

    /// The largest heap at the begin of a cycle, or live after one.
    fn peak_heap(&self) -> Option<Bytes> {
        let sizes = self.rows.iter().flat_map(|row| [row.heap_start, row.heap_live]);
        sizes.flatten().map(|cell| cell.value).max()
    }
}

/// What stands for the stacks that are not told one by one.
fn others(run: &RunGrowth) -> String {
    format!("[{} other stacks]", text::count(run.n_other as u64))
}

/// Function names of a stack, outermost first.
fn outermost_first<'a>(run: &'a RunGrowth, stack: &'a GrowthStack) -> impl Iterator<Item = &'a GrowthFrame> {
    run.frames_of(stack).rev()
}

/// A name that does nothing but name.
fn harmless(name: &str) -> Cow<'_, str> {
    let cleaned = text::clean(name);
    if cleaned == name { Cow::Borrowed(name) } else { Cow::Owned(cleaned) }
}
