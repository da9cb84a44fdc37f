//! Samples of the CPU profiler that the trace carries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Stack;

/// All samples of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleSummary {
    /// How many; none if no CPU profile ran beside the trace.
    pub total: u64,
    /// By stack, most frequent first.
    pub stacks: Vec<SampledStack>,
}

/// One stack with its samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampledStack {
    /// Innermost first; empty if the profiler could not walk it.
    pub stack: Stack,
    /// Samples.
    pub count: u64,
}
