//! What a pprof profile comes to: functions or lines with their values, calls between them, stacks, labels, sites.
//!
//! Decided figures, sorted as they are shown. *Flat* is what was counted in a place itself, *cum* what was counted in
//! it and in all it called. Values are those of one sample type, in its own unit, and signed: the difference of two
//! profiles is a profile.

mod listing;
pub mod units;

pub use listing::{ListedFile, ListedFunction, ListedLine};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Frame;

/// What a profile is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFacts {
    /// Path of the program on the machine where it ran; empty if unknown.
    pub program: String,
    /// Its build id in hex; empty if unknown.
    pub build_id: String,
    /// When it was taken, in nanoseconds since 1970; 0 if unknown. Of merged profiles, the first one.
    pub time: i64,
    /// Nanoseconds it covers; 0 if it is of a moment.
    pub duration: i64,
    /// Free text of whoever took it.
    pub comments: Vec<String>,
    /// Where it is documented; mostly empty.
    pub doc_url: String,
    /// Samples: different stacks and labels.
    pub samples: u64,
    /// Events between two samples, and what they are (`524288 space/bytes`); empty if unknown.
    pub period: String,
    /// All sample types, with the sum of all values.
    pub sample_types: Vec<SampleType>,
    /// Index of the one that is shown.
    pub shown: usize,
    /// What percentages are of: the sum of absolute values, of a difference the base's.
    pub total: i64,
    /// It is the difference of two.
    pub is_diff: bool,
}

/// What a value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleType {
    /// `inuse_space`, `goroutine`, `cpu`.
    pub kind: String,
    /// `bytes`, `count`, `nanoseconds`.
    pub unit: String,
    /// Sum of all values.
    pub sum: i64,
}

impl ProfileFacts {
    /// The sample type that is shown.
    #[must_use]
    pub fn sample_type(&self) -> (&str, &str) {
        self.sample_types.get(self.shown).map_or(("", ""), |shown| (&shown.kind, &shown.unit))
    }
}

/// Places and the calls between them, cut to those that matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileGraph {
    /// Places, as they are sorted.
    pub nodes: Vec<ProfileNode>,
    /// Places that net to nothing, which calls may still come from or go to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<ProfileNode>,
    /// Calls, by index into `nodes` and, after those, `unlisted`. Only as many as were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<ProfileEdge>,
    /// Places that were left out for being too small.
    pub dropped: usize,
    /// Places there were before only so many were kept.
    pub before_count: usize,
    /// The part of the total below which places are left out.
    #[serde(skip)]
    pub node_fraction: f64,
}

impl ProfileGraph {
    /// The place that a call comes from or goes to.
    #[must_use]
    pub fn node(&self, index: usize) -> Option<&ProfileNode> {
        self.nodes.get(index).or_else(|| self.unlisted.get(index.checked_sub(self.nodes.len())?))
    }
}

/// A place: a function, a line, a file or an address, as asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileNode {
    /// All that is known of the place, in one line.
    pub name: String,
    /// The function alone; empty where functions are not told apart.
    pub function: String,
    /// Its file; empty where files are not told apart.
    pub file: String,
    /// Its line; 0 where lines are not told apart.
    pub line: i64,
    /// Counted in the place itself.
    pub flat: i64,
    /// Counted in it and in what it called.
    pub cum: i64,
    /// It was inlined into its callers.
    pub inlined: Inlined,
}

/// Whether calls to a place were inlined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Inlined {
    /// None of them.
    #[default]
    No,
    /// Some of them.
    Partly,
    /// All of them.
    Yes,
}

/// Calls from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileEdge {
    /// Index of the caller.
    pub from: usize,
    /// Index of what is called.
    pub to: usize,
    /// Counted in stacks with this call.
    pub weight: i64,
    /// The call was always inlined.
    pub inline: bool,
}

/// A sample as it stands in the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileTrace {
    /// Its value.
    pub value: i64,
    /// Places, innermost first, and whether each was inlined into the next.
    pub stack: Vec<(String, bool)>,
    /// Text labels by key.
    pub labels: Vec<(String, Vec<String>)>,
    /// Numeric labels by key, with the key's unit.
    pub numbers: Vec<(String, Vec<i64>, String)>,
}

/// Values of one label key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileTag {
    /// The key.
    pub key: String,
    /// The values with what was counted there, most first.
    pub values: Vec<(String, i64)>,
    /// Sum of them.
    pub total: i64,
}

/// Where memory was allocated (or whatever was counted happened): the user's line, with the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileSite {
    /// Counted there, of the sample type that is shown.
    pub value: i64,
    /// All values, in the order of the sample types.
    pub values: Vec<i64>,
    /// Size of an object, if the profile tells; 0 if it does not.
    pub object_size: i64,
    /// The innermost frame that belongs to a program or library, not to Go; the innermost one if there is none.
    pub user: Frame,
    /// The stack, stripped of the runtime's frames, innermost first.
    pub stack: Vec<Frame>,
}

/// A tree of calls, for a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlameTree {
    /// The root is the first; children come after their parents.
    pub nodes: Vec<FlameNode>,
}

/// A call in its context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlameNode {
    /// Place.
    pub name: String,
    /// Index of the caller; of the root, itself.
    pub parent: usize,
    /// Sum of values here and below.
    pub value: i64,
    /// Sum of absolute values here and below: the width. Where nothing is negative the same as `value`.
    pub width: u64,
}
