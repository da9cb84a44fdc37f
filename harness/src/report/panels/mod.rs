//! What is drawn of a capture's runs: heap, goroutines, pauses and growth by stack, each run on a time axis of its own.
//!
//! Input: the pieces and the cycles of runs. Output: one document beside the [`Report`](super::Report), which has decided
//! facts alone. Bounded, however long a run is and however many there are: values are thinned, and what is thinned keeps
//! the least, the largest and the last of each stretch of time. Nothing is judged here.

mod build;
mod cycles;
mod origin;
#[cfg(test)]
mod tests;
mod thin;

use serde::Serialize;

use crate::model::growth::RunGrowth;
use crate::model::{Confidence, Operations, RunId, Source};

pub use build::{Drawn, Room, chosen};

/// Version of the document.
pub const PANELS_FORMAT: u32 = 1;

/// What is drawn of a capture.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Panels {
    /// [`PANELS_FORMAT`].
    pub format: u32,
    /// Runs, in the order in which they were made.
    pub runs: Vec<RunPanels>,
    /// Runs for which there was no room.
    pub left_out_runs: usize,
}

/// What is drawn of a run. Times are microseconds since its first known moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunPanels {
    /// Which.
    pub run: RunId,
    /// It went well.
    pub ok: bool,
    /// Last known moment.
    pub length: i64,
    /// Cycles of gctrace that are not told, since nothing joins them with the trace's.
    pub unjoined: usize,
    /// Times of cycles are known to a millisecond or so: no trace numbers them.
    pub cycles_are_guessed: bool,
    /// GC cycles.
    pub cycles: Cycles,
    /// Checkpoints.
    pub checkpoints: Vec<PointInTime>,
    /// Bytes of live heap objects, from the trace.
    pub heap_alloc: Series,
    /// Heap goal, from the trace.
    pub heap_goal: Series,
    /// Goroutines by state.
    pub states: Vec<Named>,
    /// Goroutines by the function they start in, most first.
    pub groups: Vec<Named>,
    /// Stops of the world.
    pub stops: Durations,
    /// Mark assists.
    pub assists: Durations,
    /// From "can run" to "runs".
    pub latency: Durations,
    /// What stacks held at its checkpoints.
    pub growth: Option<RunGrowth>,
    /// When each point of `growth` was.
    pub growth_times: Vec<i64>,
}

/// GC cycles by column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cycles {
    /// How many there were; of very many some are told: those that stand out, and others evenly.
    pub total: usize,
    /// Number by the runtime's count; 0 if nothing numbers them.
    pub cycle: Vec<u64>,
    /// Forced by the program.
    pub forced: Vec<bool>,
    /// Begin; of a cycle whose begin nothing tells the time of the one before.
    pub at: Vec<i64>,
    /// What is known of each.
    pub columns: Vec<Column>,
}

/// A figure of cycles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Which: `stw`, `heap_live`.
    pub name: &'static str,
    /// `ns`, `B`, or what is counted.
    pub unit: &'static str,
    /// By cycle.
    pub values: Vec<Option<i64>>,
    /// Where they come from.
    pub sources: Vec<Source>,
    /// The least confidence of any.
    pub confidence: Option<Confidence>,
}

/// A checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PointInTime {
    /// When.
    pub at: i64,
    /// Its number in the run, from 0.
    pub checkpoint: u32,
    /// Operations completed.
    pub operations: Operations,
    /// Goroutines, as the runtime counted them.
    pub goroutines: u64,
    /// Resident set size.
    pub rss: Option<u64>,
    /// Live heap, as the runtime said.
    pub heap_live: Option<u64>,
}

/// Values over time: each holds until the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Series {
    /// When.
    pub t: Vec<i64>,
    /// Values.
    pub v: Vec<i64>,
}

/// Values over time, of something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Of what.
    pub name: String,
    /// The values.
    #[serde(flatten)]
    pub series: Series,
}

/// Durations by stretch of time, nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Durations {
    /// When the longest of the stretch began.
    pub t: Vec<i64>,
    /// How many.
    pub count: Vec<u64>,
    /// All together.
    pub total: Vec<i64>,
    /// 99 of 100 are at most this long.
    pub p99: Vec<i64>,
    /// The longest.
    pub max: Vec<i64>,
}
