//! What `diagnose` hands on for one variant: findings, metrics, and what could not be judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Confidence, Finding, MissingInput, Nanoseconds, binary_units};

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
    /// What the collector's figures show beside leaks, and where sources disagree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
    /// What lowers the confidence of all that is said of the variant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
}

impl Diagnosis {
    /// How sure the verdict on the variant can be at most.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.limits.iter().map(|limit| limit.most).min().unwrap_or(Confidence::High)
    }
}

/// Something that lowers confidence, by a written rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// The confidence there can be at most.
    pub most: Confidence,
    /// The source concerned, and why.
    #[serde(flatten)]
    pub missing: MissingInput,
}

/// A pattern in the figures of the collector: no leak in itself, but worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Which.
    pub pattern: Pattern,
    /// In words, with the numbers of the first run that shows it.
    pub text: String,
    /// Runs that show it, of how many that could.
    pub runs: (u32, u32),
}

/// What an observation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// The live heap rises over the cycles of a natural run.
    LiveHeapRises,
    /// Concurrent marking takes longer and longer.
    MarkTimeGrows,
    /// The heap goal moves away from what is live.
    GoalRunsAway,
    /// Goroutines spend much time marking to be allowed to allocate.
    AssistTime,
    /// The program forces collections.
    ForcedCycles,
    /// Single cycles stop the world for much longer than the others.
    StwOutliers,
    /// The collector takes a large part of the processor time.
    GcCpuShare,
    /// Two sources of one figure say different things.
    SourcesDisagree,
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
    /// Median of the repeats, `None` without any. Of an exact figure it is a value that was seen, the lower of the middle
    /// two.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
        let upper = *sorted.get(sorted.len() / 2)?;
        Some(if self.exact { lower } else { lower.midpoint(upper) })
    }

    /// A change in words: exact figures to the last digit, since any change of theirs is one of the program.
    #[must_use]
    pub fn change(&self, from: u64, to: u64, arrow: &str) -> String {
        let short = |value: u64| match self.unit.as_str() {
            "B" => binary_units(value as f64),
            "ns" => Nanoseconds(i64::try_from(value).unwrap_or(i64::MAX)).to_string(),
            unit => format!("{value} {unit}"),
        };
        match self.exact {
            true => format!("{from}{arrow}{to} {}", self.unit),
            false => format!("{}{arrow}{}", short(from), short(to)),
        }
    }
}
