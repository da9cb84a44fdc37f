//! The table that `align` makes: one row per GC cycle, every cell with its source and confidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, GcCycle, MissingInput, MonotonicTime, Nanoseconds, Objects, RuntimeTime};

/// A run on one time axis.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// How gctrace and the trace were joined, or why they were not.
    pub alignment: Alignment,
    /// Rows by cycle.
    pub rows: Vec<CycleRow>,
    /// The trace's cycles, when no shift numbers them: `cycle` is 0, `trace_index` tells them apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<CycleRow>,
    /// What the memory profile and the runtime's live-heap figure make of each other.
    pub conservation: Option<Conservation>,
    /// Inputs that were missing.
    pub missing: Vec<MissingInput>,
}

impl Timeline {
    /// All rows, those that nothing numbers last.
    #[must_use]
    pub fn into_rows(self) -> Vec<CycleRow> {
        let Self { mut rows, unplaced, .. } = self;
        rows.extend(unplaced);
        rows
    }
}

/// Outcome of looking for the one shift between gctrace's cycle numbers and the trace's sequence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Alignment {
    /// One source is missing, so there is nothing to join.
    #[default]
    NotNeeded,
    /// Exactly one shift fits.
    Unique {
        /// `cycle = shift + trace index`.
        shift: i64,
        /// Cycles joined.
        matched: u32,
        /// gctrace cycles without a trace cycle, within the trace's span.
        unmatched_gctrace: u32,
        /// Trace cycles without a gctrace line.
        unmatched_trace: u32,
        /// Cycles whose heap goals agree (in whole MiB).
        goals_equal: u32,
        /// The interval in which trace time of runtime start must lie: `[low, high]`, nanoseconds.
        offset: (i64, i64),
        /// How far a cycle's begin may lie from where gctrace puts it: half the offset interval, and
        /// what the begin lies outside of the millisecond that `@T` names. Median over the cycles.
        residual_median: Nanoseconds,
        /// See `residual_median`.
        residual_max: Nanoseconds,
    },
    /// Several shifts fit; none is chosen.
    Ambiguous {
        /// The shifts that fit.
        shifts: Vec<i64>,
        /// Cycles that could be compared.
        cycles: u32,
    },
    /// No shift fits: the sources contradict each other.
    Contradictory {
        /// Best shift's spread beyond the 1 ms window.
        best_spread: Nanoseconds,
        /// Cycles that could be compared.
        cycles: u32,
    },
}

/// Where a cell's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `GODEBUG=gctrace=1`.
    Gctrace,
    /// Execution trace.
    Trace,
    /// Memory-profile snapshot.
    Memprofile,
    /// Other probe records (`runtime/metrics`, goroutine count).
    Probe,
}

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Inferred with a gap (interpolated, sampled, ambiguous join).
    Low,
    /// Rounded or estimated by the runtime, or one input short.
    Medium,
    /// As the runtime counted it.
    High,
}

impl Confidence {
    /// Its name, as scenarios spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A value with its provenance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
    /// Its confidence.
    pub confidence: Confidence,
}

/// One GC cycle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CycleRow {
    /// The cycle.
    pub cycle: GcCycle,
    /// The cycle by the trace's own count, from 1 at the trace's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_index: Option<u64>,
    /// Forced by `runtime.GC()` (as far as gctrace tells).
    pub forced: bool,
    /// Begin as gctrace prints it: whole milliseconds since the runtime's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_begin: Option<Cell<RuntimeTime>>,
    /// Begin on the monotonic clock.
    pub begin: Option<Cell<MonotonicTime>>,
    /// End on the monotonic clock.
    pub end: Option<Cell<MonotonicTime>>,
    /// Stop-the-world time.
    pub stw: Option<Cell<Nanoseconds>>,
    /// Concurrent mark time.
    pub mark: Option<Cell<Nanoseconds>>,
    /// Mark-assist CPU time.
    pub assist: Option<Cell<Nanoseconds>>,
    /// Heap when the cycle began.
    pub heap_start: Option<Cell<Bytes>>,
    /// Heap marked live.
    pub heap_live: Option<Cell<Bytes>>,
    /// Goal the cycle ran towards.
    pub goal: Option<Cell<Bytes>>,
    /// In-use bytes of a snapshot of this cycle.
    pub inuse_space: Option<Cell<Bytes>>,
    /// In-use objects of that snapshot.
    pub inuse_objects: Option<Cell<Objects>>,
    /// Goroutines.
    pub goroutines: Option<Cell<u64>>,
    /// How far the trace's begin may lie from where gctrace puts it, see [`Alignment::Unique`].
    pub residual: Option<Nanoseconds>,
}

/// `/gc/heap/live:bytes` minus the sum of in-use bytes, at step checkpoints: constant when the
/// profile saw every object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conservation {
    /// Difference at each checkpoint, bytes.
    pub differences: Vec<i64>,
    /// The differences agree within the tolerance: nothing is missing from the profile.
    pub holds: bool,
}
