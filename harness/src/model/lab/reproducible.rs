//! Whether a build comes out the same again, and what it tells of the machine it was made on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The answer on reproducibility; a difference is what changed, in words.
pub type ReproducibleAnswer = Answer<ReproducibleFacts, Vec<String>>;

/// What is different when a variant is built again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Circumstance {
    /// Nothing but the time.
    Again,
    /// The directory.
    Elsewhere,
    /// The environment of who builds.
    Environment,
    /// The build cache, which is empty.
    Cold,
}

impl Circumstance {
    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Elsewhere => "elsewhere",
            Self::Environment => "environment",
            Self::Cold => "cold",
        }
    }
}

/// A variant, built again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReproducibleFacts {
    /// Every attempt has the same bytes, and there was one.
    pub is_reproducible: bool,
    /// Why that is so, in words.
    pub verdict: String,
    /// BLAKE3 of the program, hex.
    pub hash: String,
    /// The attempts.
    pub attempts: Vec<Attempt>,
    /// Directories of this machine that are in the program.
    pub leaked: Vec<LeakedPath>,
    /// A file of the program's own as a stack trace names it.
    pub in_traces: Option<String>,
    /// What `go version -m` reads back.
    pub metadata: BTreeMap<String, String>,
    /// Values that `-X` sets, read out of the program.
    pub values: Vec<LinkedValue>,
    /// What is not different here and would be elsewhere.
    pub warnings: Vec<String>,
}

/// A variant that was built in other circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// Which.
    pub circumstance: Circumstance,
    /// What was different, in words.
    pub how: String,
    /// Packages that were compiled for it; the others came from the build cache.
    pub compiled: u64,
    /// How it differs; none if it is the same, byte by byte.
    pub difference: Option<BinaryDifference>,
}

/// How two programs differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BinaryDifference {
    /// The first section that differs, build ids aside unless nothing else does.
    pub section: String,
    /// Where in it.
    pub offset: u64,
    /// All sections that differ, in the order of the file.
    pub sections: Vec<SectionDifference>,
    /// The likely cause, in words.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// Where the cause shows: the text of the one and of the other.
    pub shown: Option<ShownDifference>,
}

/// A section that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionDifference {
    /// Its name.
    pub name: String,
    /// Bytes at the same place that are not the same, and those that only one has.
    pub bytes: u64,
    /// Bytes of the larger one.
    pub size: u64,
}

/// Text that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShownDifference {
    /// The section it is in.
    pub section: String,
    /// In the variant's own build.
    pub before: String,
    /// In the other.
    pub after: String,
}

/// A directory of this machine in the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeakedPath {
    /// What it is to the build: `the module`, `GOROOT`.
    pub what: String,
    /// The directory.
    pub path: String,
    /// How often it is there.
    pub count: u64,
    /// Where.
    pub places: Vec<LeakPlace>,
    /// One of them, with what follows.
    pub example: String,
}

/// Where a path is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeakPlace {
    /// The section.
    pub section: String,
    /// What that is for: `stack traces`.
    pub means: String,
    /// How often.
    pub count: u64,
}

/// A value that `-X` sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkedValue {
    /// The variable: `main.version`.
    pub name: String,
    /// What it should be.
    pub wanted: String,
    /// What is in the program.
    pub found: Option<String>,
    /// Why it is not what it should be.
    pub why: Option<String>,
}
