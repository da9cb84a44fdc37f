//! The scheduler: how long goroutines waited for a processor, and what processors did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Durations, HistogramBucket};
use crate::model::{GoroutineId, Nanoseconds, TraceTime};

/// Scheduler latency: from "can run" to "runs". Counted where the goroutine starts to run, with all
/// of its wait. Hand-overs between coroutines (`iter.Pull`) are not scheduling and not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatencySummary {
    /// All starts.
    pub all: Durations,
    /// All starts, by powers of two; from the first bucket in use to the last.
    pub histogram: Vec<HistogramBucket>,
    /// By what made the goroutine runnable, longest total first.
    pub by_cause: Vec<RunnableLatency>,
    /// The slowest starts, slowest first; a handful.
    pub worst: Vec<SlowStart>,
    /// Hand-overs between coroutines.
    pub coroutine_switches: u64,
}

/// What made a goroutine able to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunnableCause {
    /// It was made.
    Created,
    /// What it waited for happened.
    Unblocked,
    /// It was running and the scheduler stopped it.
    Preempted,
    /// It was running and gave way (`runtime.Gosched` and all other reasons).
    Yielded,
    /// It came back from a system call that had cost it its processor.
    Syscall,
    /// It was runnable when the trace began.
    Unknown,
}

/// Latency after one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunnableLatency {
    /// The cause.
    pub cause: RunnableCause,
    /// From it to running.
    pub latency: Durations,
}

/// One slow start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowStart {
    /// Who waited.
    pub goroutine: GoroutineId,
    /// The function it starts in.
    pub start: String,
    /// What made it runnable.
    pub cause: RunnableCause,
    /// When it began to run.
    pub at: TraceTime,
    /// How long it had waited by then.
    pub waited: Nanoseconds,
}

/// Why running goroutines gave way while able to run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StopReason {
    /// The runtime's word: `preempted`, `runtime.Gosched`, `runtime.GC`.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// The processors (P).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcSummary {
    /// All together.
    pub total: ProcTimes,
    /// Each, by number.
    pub procs: Vec<(u64, ProcTimes)>,
}

/// What a processor did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcTimes {
    /// Held by a thread that ran Go code or the scheduler.
    pub running: Nanoseconds,
    /// Held by nobody.
    pub idle: Nanoseconds,
    /// Held by a thread in a system call (anyone may steal it).
    pub syscall: Nanoseconds,
    /// Times that a thread took it.
    pub starts: u64,
    /// Times that it was taken from a thread in a system call.
    pub steals: u64,
}
