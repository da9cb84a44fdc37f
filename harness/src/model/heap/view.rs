//! Answers to questions about one thing in a heap dump: an object, a goroutine, the objects of a type or site.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HeapCount, HeapRoot, PathStep, RetainingPath};
use crate::model::{Address, Bytes, Frame};

/// What is known of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectView {
    /// Of its slot.
    pub address: Address,
    /// Type, site, size.
    pub object: PathStep,
    /// Whole stack that allocated it; empty if it was not sampled.
    pub stack: Vec<Frame>,
    /// A root leads to it.
    pub reachable: bool,
    /// What would be freed if it went.
    pub retained: Bytes,
    /// What must go for it to go: its immediate dominator.
    pub dominator: Option<Reference>,
    /// Who refers to it. The first thousand.
    pub referrers: Vec<Reference>,
    /// How many do, itself left out.
    #[serde(default)]
    pub n_referrers: u64,
    /// What it refers to. The first thousand.
    pub references: Vec<Reference>,
    /// How many references that are, those to itself left out.
    #[serde(default)]
    pub n_references: u64,
    /// A shortest path to it.
    pub path: Option<RetainingPath>,
}

/// One end of a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// A root.
    Root(HeapRoot),
    /// An object.
    Object {
        /// Of its slot.
        address: Address,
        /// Type, site, size.
        object: PathStep,
        /// What it retains.
        retained: Bytes,
    },
}

/// A goroutine and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoroutineView {
    /// The goroutine: this one, not those that are alike.
    pub root: HeapRoot,
    /// What it alone holds.
    pub retained: HeapCount,
    /// What its frames refer to, with most retained bytes first: function, object.
    pub references: Vec<(String, Reference)>,
}

/// Paths to objects of a type or site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathsView {
    /// What was asked for.
    pub pattern: String,
    /// Types and sites that match.
    pub matches: Vec<String>,
    /// All objects.
    pub held: HeapCount,
    /// Paths, with most bytes first.
    pub paths: Vec<RetainingPath>,
}
