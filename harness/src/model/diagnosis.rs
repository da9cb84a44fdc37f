//! What `diagnose` hands on for one variant: findings, metrics, and what could not be judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, MissingInput};

/// Outcome for one variant over all its runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// The variant.
    pub variant: String,
    /// Leaks found, worst first.
    pub findings: Vec<Finding>,
    /// Figures that a baseline can hold the program to.
    pub metrics: Vec<Metric>,
    /// Rules that did not run, and for want of what.
    pub not_run: Vec<MissingInput>,
    /// Reasons why "no finding" would not mean "no leak"; empty when the verdict stands.
    pub inconclusive: Vec<String>,
}

/// A figure over the repeats of a variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Stable name: `step.user_inuse_space`, `natural.gc_cycles`, `build.size`.
    pub name: String,
    /// `B`, `objects`, `cycles`, `ns`, `goroutines`.
    pub unit: String,
    /// Exact metrics are equal in every run of the same build; noisy ones are compared with a
    /// threshold.
    pub exact: bool,
    /// One value per repeat.
    pub values: Vec<u64>,
}

impl Metric {
    /// Median of the repeats (lower of the middle two), `None` without any.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }
}
