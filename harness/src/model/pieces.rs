//! What `ingest` hands to `align`: the content of one captured run, each source in its own clock.
//!
//! Input of no one but `align` and `diagnose`. Streams are already folded: a piece holds what is
//! decided per GC cycle, per checkpoint or per site, never a list of trace events.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::heap::HeapSummary;
use super::{
    Bytes, CallSite, FinalGoroutines, Frame, GcCycle, GoroutineId, MonotonicTime, Nanoseconds, Objects,
    Operations, ProcessFigures, RuntimeFigures, RuntimeTime, Site, Stack, TestRuns, TraceCourse, TraceTime,
    WallTime,
};

/// Which run of which variant a piece of data belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RunId {
    /// The variant's name.
    pub variant: Arc<str>,
    /// How the program was observed.
    pub mode: Mode,
    /// Repeat, from 1.
    pub repeat: u32,
    /// The test that runs by itself, of a test binary; none in the run of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Arc<str>>,
}

/// How a run observes the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The user's own binary, no probe: what the other modes' cost is measured against.
    Plain,
    /// Probe, GC as the program has it, sampled memory profile.
    Natural,
    /// Probe, `GOGC=off`, `GOMAXPROCS=1`, a forced GC per checkpoint, every allocation profiled.
    Step,
}

impl Mode {
    /// Its name, as scenarios spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Natural => "natural",
            Self::Step => "step",
        }
    }
}

/// Everything known of one run before alignment.
#[derive(Debug, Clone, Default)]
pub struct RunPieces {
    /// gctrace's cycles in file order; empty when the channel is missing.
    pub gctrace: Vec<GctraceCycle>,
    /// GC cycles as the execution trace saw them, by sequence.
    pub trace_gcs: Vec<TraceGc>,
    /// Pairs of trace time and monotonic time taken together (empty before Go 1.25, where on Linux
    /// trace time *is* monotonic time).
    pub clock_pairs: Vec<(TraceTime, MonotonicTime)>,
    /// A moment on the monotonic clock and on the wall clock, as the probe read both when it began.
    pub wall: Option<(MonotonicTime, WallTime)>,
    /// Cycles completed before and after `trace.Start`, as the probe read them: brackets the shift.
    pub trace_base: Option<(GcCycle, GcCycle)>,
    /// Checkpoints in order.
    pub checkpoints: Vec<Checkpoint>,
    /// Heap snapshots by site, in time order; those of checkpoints name theirs.
    pub snapshots: Vec<HeapSnapshot>,
    /// Which frames of a site's stack the compiler put into their callers, where there are any and the probe tells.
    pub inlined: HashMap<Stack, Vec<usize>>,
    /// Goroutines by creation stack: what the trace saw created and ended.
    pub goroutines: GoroutineCensus,
    /// What the trace shows over time, for pictures; `None` without one.
    pub course: Option<TraceCourse>,
    /// Calls of the operating system and of C by stack; `None` without a trace.
    pub calls: Option<Vec<CallSite>>,
    /// Goroutines of the last checkpoint, grouped; `None` without their text.
    pub final_goroutines: Option<Vec<FinalGoroutines>>,
    /// Goroutines the runtime itself reports as leaked (goroutineleak profile), grouped.
    pub leaked: Option<Vec<LeakedGoroutines>>,
    /// Who holds what, from the run's heap dumps.
    pub heap: Option<RunHeap>,
    /// Where `main` module and its dependencies' symbols start, for attribution.
    pub modules: ModuleTable,
    /// What the memory profile sampled: 1 is exact, n is one in n bytes; 0 unknown.
    pub memprofile_rate: u64,
    /// The program changed `runtime.MemProfileRate` while it ran, so counts are not exact.
    pub memprofile_rate_changed: bool,
    /// Inputs that are missing or partial, in words, with what that costs.
    pub missing: Vec<MissingInput>,
    /// What became of its tests, if it is a test binary's.
    pub tests: TestRuns,
    /// Who took it.
    pub origin: Origin,
    /// What the checkpoints' operations count.
    pub per: Per,
}

/// Who took what a run consists of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// The harness, with its probe.
    #[default]
    Harness,
    /// Somebody, in production: any subset of files, none of them exact.
    Foreign,
}

/// What growth is told per.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Operations of the workload.
    #[default]
    Operation,
    /// Time that passed; checkpoints count milliseconds.
    Second,
    /// Files whose time is not known.
    Profile,
    /// Iterations of a test.
    Iteration,
}

impl Per {
    /// Steps of the checkpoints' count in one of these.
    #[must_use]
    pub fn steps(self) -> f64 {
        if self == Self::Second { 1000.0 } else { 1.0 }
    }

    /// In a sentence: `per operation`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Second => "second",
            Self::Profile => "profile",
            Self::Iteration => "iteration",
        }
    }

    /// In a table: `B/op`.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Operation => "op",
            Self::Second => "s",
            Self::Profile => "profile",
            Self::Iteration => "iteration",
        }
    }

    /// For `skip_serializing_if`: the usual one is not told.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Operation
    }
}

/// The last heap dump of a run, compared with its first.
#[derive(Debug, Clone)]
pub struct RunHeap {
    /// The dump's content; growth in it is against the first dump.
    pub summary: HeapSummary,
    /// Operations completed when it was taken.
    pub operations: Operations,
    /// Operations completed when the first dump was taken, if there are two.
    pub since: Option<Operations>,
    /// What is counted instead of operations, if there are none.
    pub per: Per,
}

/// An input that a rule or the alignment would have liked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct MissingInput {
    /// The source: `gctrace`, `trace`, `memprofile`, `goroutineleak`, `heap dump`.
    pub source: String,
    /// Why it is missing, and what can't be said without it.
    pub why: String,
}

/// One gctrace line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GctraceCycle {
    /// The number printed.
    pub cycle: GcCycle,
    /// `@T`, truncated to a millisecond.
    pub at: RuntimeTime,
    /// Whole percent of CPU spent in GC since start.
    pub gc_cpu_percent: u32,
    /// Sweep termination STW, wall clock.
    pub stw_sweep_termination: Nanoseconds,
    /// Concurrent mark, wall clock.
    pub mark: Nanoseconds,
    /// Mark termination STW, wall clock.
    pub stw_mark_termination: Nanoseconds,
    /// Mark-assist CPU time.
    pub assist: Nanoseconds,
    /// Heap at GC start, at GC end and marked live: whole MiB rounded down, in bytes.
    pub heap_start: Bytes,
    /// See `heap_start`.
    pub heap_end: Bytes,
    /// See `heap_start`.
    pub heap_marked: Bytes,
    /// Heap goal, whole MiB rounded down, in bytes.
    pub goal: Bytes,
    /// `(forced)`.
    pub forced: bool,
}

/// One GC cycle in the execution trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceGc {
    /// Index of the cycle since tracing started, from 1: `(seq + 1) / 2`.
    pub index: u64,
    /// GCBegin; absent when the cycle was running as the trace began.
    pub begin: Option<TraceTime>,
    /// Begin of the sweep-termination stop-the-world just after `begin`, gctrace's `@T`.
    pub stw_begin: Option<TraceTime>,
    /// GCEnd; absent when the trace ended first.
    pub end: Option<TraceTime>,
    /// Sum of stop-the-world ranges that began within the cycle (from `stw_begin` on).
    pub stw: Nanoseconds,
    /// Last HeapAlloc value before `end`.
    pub heap_alloc: Option<Bytes>,
    /// Last HeapGoal value at or before `begin`.
    pub goal: Option<Bytes>,
    /// Goroutines alive at `end`, as created and ended in the trace.
    pub goroutines: Option<u64>,
}

/// A point at which live memory is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoint {
    /// From 0.
    pub index: u32,
    /// Operations completed.
    pub operations: Operations,
    /// `call`, `signal`, `interval`, `gc`, `exit`.
    pub cause: String,
    /// When it began.
    pub at: MonotonicTime,
    /// GC number read before and after; equal in a sound step checkpoint.
    pub gc: (GcCycle, GcCycle),
    /// Number of goroutines.
    pub goroutines: u64,
    /// `/gc/heap/live:bytes`, when read: the conservation gate compares it with the snapshot.
    pub heap_live: Option<Bytes>,
    /// What the operating system said then, where it tells.
    pub process: Option<ProcessFigures>,
    /// What the runtime said of its memory then.
    pub runtime: Option<RuntimeFigures>,
}

/// In-use heap by site, as of the end of a GC cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeapSnapshot {
    /// The checkpoint it belongs to, if one asked for it.
    pub checkpoint: Option<u32>,
    /// When it was taken.
    pub at: MonotonicTime,
    /// The completed cycle whose state it shows; `None` when the number moved meanwhile.
    pub cycle: Option<GcCycle>,
    /// Sites in use or once used. Counts are scaled up when the profile is sampled.
    pub sites: BTreeMap<Arc<Site>, SiteUse>,
}

/// Allocation figures of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteUse {
    /// Live bytes.
    pub inuse_space: Bytes,
    /// Live objects.
    pub inuse_objects: Objects,
    /// Bytes ever allocated.
    pub alloc_space: Bytes,
    /// Objects ever allocated.
    pub alloc_objects: Objects,
}

/// Goroutines created and ended, from the trace, by creation stack.
#[derive(Debug, Clone, Default)]
pub struct GoroutineCensus {
    /// One entry per (creation, start function).
    pub groups: Vec<GoroutineGroup>,
    /// False when the trace lacks a beginning or an end, so `alive` may be short.
    pub complete: bool,
}

/// Goroutines with the same creation stack and start function.
#[derive(Debug, Clone)]
pub struct GoroutineGroup {
    /// The creator's stack, innermost frame first: the `go` statement's line is in it. Where no frame of the user's is
    /// on it, that over which the creator itself was created is behind it, and so on up to one that has such a frame.
    pub created_by: Stack,
    /// Function the goroutine starts in.
    pub start: Frame,
    /// Created while tracing.
    pub created: u64,
    /// Ended while tracing.
    pub ended: u64,
    /// Alive at each checkpoint (same order and length as `RunPieces::checkpoints`).
    pub alive_at: Vec<u64>,
    /// Why the ones alive at the end last blocked ("chan receive"), most frequent, and where.
    pub blocked: Option<(String, Stack)>,
    /// Up to a handful of ids alive at the end, as examples.
    pub examples: Vec<GoroutineId>,
}

/// Goroutines that the runtime proved unreachable while blocked.
#[derive(Debug, Clone)]
pub struct LeakedGoroutines {
    /// Where they are blocked.
    pub stack: Stack,
    /// `created by` frame, as the goroutine text prints it.
    pub created_by: Option<Frame>,
    /// The creator's whole stack, climbed as `GoroutineGroup::created_by`, where the trace saw these goroutines
    /// created. Goroutines at one
    /// place that were created over several stacks are several entries.
    pub creation: Option<Stack>,
    /// Wait reason: `chan send`, `select`.
    pub wait: String,
    /// How many.
    pub count: u64,
    /// Ids (all of them): the key to the trace's creation stacks.
    pub ids: Vec<GoroutineId>,
}

/// Which symbols belong to the user's module, to a dependency, or to the standard library.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModuleTable {
    /// Path of the main module (`example.com/leaky-cache`).
    pub main: String,
    /// Paths of the dependencies, from the binary's build info.
    pub dependencies: Vec<String>,
}
