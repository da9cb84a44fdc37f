//! How a run of the harness can end: the exit codes that a CI relies on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outcome. Ordered by precedence: of several, the greatest is the process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As expected.
    Pass,
    /// Nothing was found, but that does not mean that nothing is there.
    Inconclusive,
    /// An unexpected leak, a regression, or an expected leak that did not reproduce.
    Leak,
    /// A self-test showed that the gate does not find what is there, or accuses what is not.
    DeadGate,
    /// The program failed or ran into its deadline.
    WorkloadFailed,
    /// A variant did not build.
    BuildFailed,
    /// Captured data is unreadable.
    Unreadable,
    /// Wrong usage or a mistake in a scenario.
    Usage,
    /// A step of `git bisect run` that tells nothing.
    Skip,
    /// Interrupted by the user.
    Interrupted,
    /// A bug in the harness.
    Bug,
}

/// The table of exit codes, as `--help` shows it.
pub const OUTCOMES: [(Outcome, u8, &str); 11] = [
    (Outcome::Pass, 0, "as expected"),
    (
        Outcome::Leak,
        1,
        "unexpected leak or regression, an expected leak not reproduced, or a build not as expected",
    ),
    (Outcome::Usage, 2, "usage or scenario error"),
    (Outcome::BuildFailed, 3, "build failed"),
    (Outcome::WorkloadFailed, 4, "workload failed or timed out"),
    (Outcome::Unreadable, 5, "captured data unreadable"),
    (Outcome::Inconclusive, 6, "inconclusive: ambiguous alignment, too few checkpoints, inputs missing"),
    (Outcome::DeadGate, 7, "gate is dead: a self-test missed the planted leak, or accused the fixed twin"),
    (Outcome::Bug, 70, "a bug in the harness"),
    (Outcome::Skip, 125, "`bisect --step` cannot judge this commit: git skips it"),
    (Outcome::Interrupted, 130, "interrupted"),
];

impl Outcome {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        OUTCOMES.iter().find(|(outcome, ..)| *outcome == self).map_or(70, |(_, code, _)| *code)
    }

    /// One word for the first line of a report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Inconclusive | Self::Skip => "INCONCLUSIVE",
            Self::Leak | Self::DeadGate | Self::WorkloadFailed | Self::BuildFailed => "FAIL",
            Self::Unreadable | Self::Usage | Self::Bug => "ERROR",
            Self::Interrupted => "INTERRUPTED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_an_exit_code_of_its_own() {
        let mut codes: Vec<u8> = OUTCOMES.iter().map(|(_, code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), OUTCOMES.len());
        assert_eq!(Outcome::Interrupted.exit_code(), 130);
    }

    #[test]
    fn a_leak_outweighs_doubt_and_a_broken_build_outweighs_a_leak() {
        let mut all = [Outcome::Leak, Outcome::BuildFailed, Outcome::Pass, Outcome::Inconclusive];
        all.sort();
        assert_eq!(all, [Outcome::Pass, Outcome::Inconclusive, Outcome::Leak, Outcome::BuildFailed]);
    }
}
