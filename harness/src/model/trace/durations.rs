//! Statistics of many durations, in fixed space.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Nanoseconds;

/// Durations of one sort. All zero when there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total: Nanoseconds,
    /// The shortest, exactly.
    pub min: Nanoseconds,
    /// Half are not longer than this; at most 1/16 above the true value.
    pub median: Nanoseconds,
    /// 99 of 100 are not longer than this; at most 1/16 above the true value.
    pub p99: Nanoseconds,
    /// The longest, exactly.
    pub max: Nanoseconds,
}

/// Durations from `from` up to, and without, the next bucket's; a bucket spans a factor of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramBucket {
    /// Shortest duration counted here: 0 or a power of two.
    pub from: Nanoseconds,
    /// How many.
    pub count: u64,
}
