//! One program for several systems and processors: what is built, what runs here, and whether it does the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::{Bytes, LeakKind};

/// The answer on targets.
pub type CrossAnswer = Answer<CrossFacts, CrossDifference>;

/// A variant's target, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossFacts {
    /// `linux/arm64`; empty if not even that is known.
    pub target: String,
    /// Size of the binary.
    pub size: Option<Bytes>,
    /// Why it is not built.
    pub failure: Option<String>,
    /// The emulator that runs it here, with its version; none if it runs as it is.
    pub emulator: Option<String>,
    /// Why it is not run.
    pub not_run: Option<String>,
    /// How its run failed.
    pub failed: Option<String>,
    /// Leaks that it shows, if it was run.
    pub leaks: Option<Vec<CrossLeak>>,
}

/// A leak of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossLeak {
    /// What makes it the same over builds.
    pub fingerprint: String,
    /// Its class.
    pub kind: LeakKind,
    /// Its function.
    pub site: String,
    /// Bytes per operation.
    pub bytes_per_op: f64,
    /// Objects, goroutines, … per operation.
    pub objects_per_op: f64,
}

/// How a target's leaks differ from the reference's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossDifference {
    /// Leaks that both show.
    pub same: usize,
    /// Sites of leaks that only the reference shows.
    pub missing: Vec<String>,
    /// Sites of leaks that only this target shows.
    pub more: Vec<String>,
    /// Figures of the same leaks that are others, in words.
    pub figures: Vec<String>,
}

impl CrossDifference {
    /// One target in words: `same 2 leaks, same figures`.
    #[must_use]
    pub fn words(&self) -> String {
        let leaks = |n: usize| if n == 1 { "leak" } else { "leaks" };
        let mut parts = match (self.same, self.missing.is_empty(), self.more.is_empty()) {
            (0, true, true) => return "no leak, as there".to_owned(),
            (1, true, true) => vec!["same leak".to_owned()],
            (n, true, true) => vec![format!("same {n} leaks")],
            (n, ..) => vec![format!("{n} {} the same", leaks(n))],
        };
        if !self.missing.is_empty() {
            parts.push(format!("without that at {}", self.missing.join(", ")));
        }
        if !self.more.is_empty() {
            parts.push(format!("and another at {}", self.more.join(", ")));
        }
        match (self.same, self.figures.as_slice()) {
            (0, _) => {}
            (_, []) => parts.push("same figures".to_owned()),
            (_, [one]) => parts.push(format!("another figure ({one})")),
            (_, all) => parts.push(format!("{} other figures ({})", all.len(), all.join("; "))),
        }
        parts.join(", ")
    }
}
