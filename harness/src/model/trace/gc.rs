//! The garbage collector: cycles, stops of the world, assists, sweeping, and the heap over time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Durations;
use crate::model::{Bytes, Nanoseconds, Stack, TraceTime};

/// All that the garbage collector did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GcSummary {
    /// Cycles that were running or being swept, in the order of time; the first several thousand.
    pub cycles: Vec<GcCycleTimes>,
    /// How many more there were.
    pub unlisted_cycles: u64,
    /// Cycles begun.
    pub begun: u64,
    /// Cycles whose marking ended.
    pub ended: u64,
    /// Marking of the cycles that ended here and whose begin the trace shows, each whole.
    pub mark: Durations,
    /// Time of mark workers, in all cycles.
    pub workers: WorkerTimes,
    /// Stops of the world, by reason, longest total first. The collector's own are among them.
    pub stops: Vec<WorldStop>,
    /// Goroutines that had to help marking before they were given memory.
    pub assists: RangeSummary,
    /// Sweeping. What runs under `runtime.bgsweep` is the background sweeper's, all else was done by
    /// goroutines that needed memory.
    pub sweeps: RangeSummary,
    /// Bytes of spans that were swept.
    pub swept: Bytes,
    /// Bytes of objects found dead in them.
    pub reclaimed: Bytes,
    /// The heap over time.
    pub heap: HeapCurve,
}

/// One cycle. Times are what falls into the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GcCycleTimes {
    /// Number since tracing started, from 1. One that was running then has number 1.
    pub index: u64,
    /// `GCBegin`; `None` if the cycle was running when the trace began.
    pub begin: Option<TraceTime>,
    /// `GCEnd`: end of marking; `None` if it was running when the trace (or the window) ended.
    pub end: Option<TraceTime>,
    /// From begin to end.
    pub mark: Nanoseconds,
    /// Of it, between its stops of the world: the program ran too.
    pub concurrent_mark: Nanoseconds,
    /// Its stop for sweep termination.
    pub sweep_termination: Nanoseconds,
    /// Its stops for mark termination: there is more than one when marking had to go on.
    pub mark_termination: Nanoseconds,
    /// Time of mark workers.
    pub workers: WorkerTimes,
    /// Time of goroutines in mark assists, waits for credit included; of all together.
    pub assist: Nanoseconds,
    /// Assists begun.
    pub assists: u64,
    /// Time spent on sweeping what it marked, by all processors together.
    pub sweep: Nanoseconds,
    /// Bytes of the spans swept meanwhile.
    pub swept: Bytes,
    /// Bytes of the objects found dead in them.
    pub reclaimed: Bytes,
    /// Live heap when it began: where the pacer (or `runtime.GC`) triggered it.
    pub heap_at_begin: Option<Bytes>,
    /// Heap goal in force when it began.
    pub goal: Option<Bytes>,
    /// Bytes it marked: the live heap at its end.
    pub marked: Option<Bytes>,
}

/// Running time of the collector's own goroutines, by mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerTimes {
    /// With a processor of their own.
    pub dedicated: Nanoseconds,
    /// With a part of a processor's time.
    pub fractional: Nanoseconds,
    /// On processors that had nothing else to do.
    pub idle: Nanoseconds,
}

/// Stops of the world for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorldStop {
    /// The runtime's word for it: `GC mark termination`, `read mem stats`.
    pub reason: String,
    /// Those that ended here, each whole.
    pub stopped: Durations,
    /// Whether the world was stopped for it at the end.
    pub open: bool,
}

/// Stays in an activity of the collector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RangeSummary {
    /// Begun.
    pub count: u64,
    /// In progress when the trace (or the window) began, which `count` leaves out.
    pub carried: u64,
    /// Still in progress at the end.
    pub open: u64,
    /// Time, by all of them.
    pub total: Nanoseconds,
    /// The longest one's part of it.
    pub max: Nanoseconds,
    /// By the outermost function of the stack (where the goroutine starts), longest total first.
    pub groups: Vec<RangeGroup>,
    /// By stack, longest total first.
    pub sites: Vec<RangeSite>,
}

/// Stays of goroutines that start in one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RangeGroup {
    /// That function; `?` where the trace has no stack.
    pub start: String,
    /// Begun.
    pub count: u64,
    /// Time.
    pub total: Nanoseconds,
}

/// Stays that began at one stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RangeSite {
    /// Innermost frame first. Empty for those that began before the trace.
    pub stack: Stack,
    /// Begun.
    pub count: u64,
    /// Time.
    pub total: Nanoseconds,
    /// The longest one's part of it.
    pub max: Nanoseconds,
}

/// Live heap and goal over time, thinned out: however long the trace, at most some two thousand
/// points, and no peak or dip is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapCurve {
    /// Time that one point stands for.
    pub step: Nanoseconds,
    /// In the order of time; steps in which nothing changed are left out.
    pub points: Vec<HeapPoint>,
    /// The largest live heap.
    pub peak: Option<HeapPeak>,
}

/// The heap during one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapPoint {
    /// First change in the step.
    pub at: TraceTime,
    /// Live heap (by the pacer's count), if it is known by then.
    pub live: Option<HeapRange>,
    /// Heap goal at the end of the step, if it is known by then. `u64::MAX`: collection is off.
    pub goal: Option<Bytes>,
}

/// Least, largest and last value during a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapRange {
    /// Least.
    pub min: Bytes,
    /// Largest.
    pub max: Bytes,
    /// Last.
    pub last: Bytes,
}

/// A value and when it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeapPeak {
    /// When.
    pub at: TraceTime,
    /// How much.
    pub live: Bytes,
}
