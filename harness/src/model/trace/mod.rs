//! What a whole execution trace comes to, or a window of it: decided figures by group and by site,
//! no events.
//!
//! Moments are on the trace's clock; [`TraceFacts::first`] is the origin to show them from. Lists
//! are sorted with the most significant first and complete unless their field says otherwise; who
//! prints them shortens. Figures of a window obey one rule: *time* is what falls into the window,
//! *counts* are of what happened in it, so that the figures of adjacent windows add up.

mod blocking;
mod durations;
mod gc;
mod goroutines;
mod samples;
mod sched;
mod tasks;
pub mod tracks;
mod types;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use blocking::{BlockingSite, SyscallSite};
pub use durations::{Durations, HistogramBucket};
pub use gc::{
    GcCycleTimes, GcSummary, HeapCurve, HeapPeak, HeapPoint, HeapRange, RangeGroup, RangeSite, RangeSummary,
    WorkerTimes, WorldStop,
};
pub use goroutines::{
    CreationSite, GoroutineExample, GoroutineSummary, LastWait, Lives, StartGroup, StateTimes, WaitTime,
};
pub use samples::{SampleSummary, SampledStack};
pub use sched::{
    LatencySummary, ProcSummary, ProcTimes, RunnableCause, RunnableLatency, SlowStart, StopReason,
};
pub use tasks::{LogExample, LogGroup, RegionGroup, TaskGroup, UserSummary};
pub use types::{AgeBucket, HeapCycle, HeapSummary, TypeCycle, TypeFigures, TypeSummary};

use super::{Nanoseconds, TraceTime, WallTime};

/// A part of a trace, as times since its first event: from `from` on, before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Where it begins.
    pub from: Nanoseconds,
    /// Where it ends; `None` is the end of the trace.
    pub to: Option<Nanoseconds>,
}

/// Summary of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceSummary {
    /// The trace as a whole.
    pub facts: TraceFacts,
    /// The part that was asked for, if not all; the figures below are of this part.
    pub window: Option<Window>,
    /// Goroutines, grouped by start function and creation site.
    pub goroutines: GoroutineSummary,
    /// Where goroutines blocked, by reason and stack, longest total first.
    pub blocking: Vec<BlockingSite>,
    /// System calls and calls to C by stack, longest total first.
    pub syscalls: Vec<SyscallSite>,
    /// How long goroutines that could run waited until they did.
    pub latency: LatencySummary,
    /// Why running goroutines gave way (`preempted`, `runtime.Gosched`), most frequent first.
    pub stops: Vec<StopReason>,
    /// Processors.
    pub procs: ProcSummary,
    /// Tasks, regions and logs of `runtime/trace`.
    pub user: UserSummary,
    /// Samples of the CPU profiler.
    pub samples: SampleSummary,
    /// The garbage collector.
    pub gc: GcSummary,
    /// Heap objects by type, if the trace has them (`GODEBUG=traceallocfree=1`).
    pub heap: Option<HeapSummary>,
}

/// Facts of the trace or, if a window was asked for, of that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceFacts {
    /// Version of the format (`1.26`): the Go release that introduced it. The program may have been
    /// built by a later one (1.24 writes 1.23, 1.27 writes 1.26).
    pub format: String,
    /// Time of the trace's first event: origin of all times shown.
    pub first: TraceTime,
    /// Begin of what was summarised: `first` without a window.
    pub begin: TraceTime,
    /// End of what was summarised: the last event, or the window's end if that is earlier.
    pub end: TraceTime,
    /// Wall-clock time of `first`, if the trace carries clocks (Go >= 1.25).
    pub wall_start: Option<WallTime>,
    /// Generations begun.
    pub generations: u64,
    /// Events.
    pub events: u64,
    /// Events by name (the runtime's own: `GoCreate`), most frequent first.
    pub events_by_kind: Vec<KindCount>,
    /// GOMAXPROCS, if the trace tells.
    pub gomaxprocs: Option<GomaxprocsRange>,
    /// Distinct threads that events happened on.
    pub threads: u64,
    /// What could not be read, one sentence each, in the order in which it was met; the first hundred.
    pub problems: Vec<String>,
    /// How many more problems there were.
    pub unlisted_problems: u64,
}

impl TraceFacts {
    /// Time summarised.
    #[must_use]
    pub fn duration(&self) -> Nanoseconds {
        self.end.since(self.begin)
    }
}

/// Number of events of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindCount {
    /// The runtime's name of the kind.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// Values of GOMAXPROCS over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GomaxprocsRange {
    /// The first value.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The largest.
    pub max: u64,
}
