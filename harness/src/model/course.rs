//! What a run's trace shows over time, for pictures: counters in a bounded number of points, none of them without its
//! peaks, and durations by stretch of time.

use super::{Nanoseconds, TraceTime};

/// A value from a time on.
pub type Point = (TraceTime, i64);

/// A trace over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceCourse {
    /// First and last event.
    pub span: (TraceTime, TraceTime),
    /// Bytes of live heap objects, as the allocator counts them.
    pub heap_alloc: Vec<Point>,
    /// Heap goal in bytes.
    pub heap_goal: Vec<Point>,
    /// Goroutines in each state, in words (`running`).
    pub states: Vec<Counted>,
    /// Goroutines by the function they start in; those of many functions share the last group.
    pub groups: Vec<Counted>,
    /// Stops of the world.
    pub stops: Vec<Stretch>,
    /// Mark assists.
    pub assists: Vec<Stretch>,
    /// From "can run" to "runs".
    pub latency: Vec<Stretch>,
}

/// How many there are over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Of what.
    pub name: String,
    /// How many.
    pub points: Vec<Point>,
}

/// Durations that ended in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stretch {
    /// When the longest began.
    pub at: TraceTime,
    /// How many.
    pub count: u64,
    /// All together.
    pub total: Nanoseconds,
    /// 99 of 100 are at most this long.
    pub p99: Nanoseconds,
    /// The longest.
    pub max: Nanoseconds,
}
