//! Test functions and what became of them.
//!
//! A unit is what is judged as one: a test function with its subtests, a fuzz test's seeds, an example, a benchmark, or all
//! parallel tests of a package, which run at the same time.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Nanoseconds, Objects, Site};

/// What the group of parallel tests is called. No function can have the name.
pub const PARALLEL: &str = "parallel tests";

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestKind {
    /// `TestX`.
    Test,
    /// `FuzzX`, over its seeds.
    Fuzz,
    /// `ExampleX`.
    Example,
    /// `BenchmarkX`.
    Benchmark,
    /// All parallel tests.
    Group,
}

/// How a test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestOutcome {
    /// Passed.
    Pass,
    /// Failed.
    Fail,
    /// Skipped.
    Skip,
    /// Not selected.
    NotRun,
    /// Parallel: it was looked at in its group.
    Deferred,
}

/// One test function of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMember {
    /// Its name.
    pub name: Arc<str>,
    /// How it went, the last time.
    pub outcome: TestOutcome,
    /// How long that took.
    pub took: Nanoseconds,
}

/// What one run tells of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRun {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: TestKind,
    /// How it went.
    pub outcome: TestOutcome,
    /// Iterations that counted.
    pub iterations: u64,
    /// What they did: one operation each, or `b.N`.
    pub operations: u64,
    /// How long the last iteration took.
    pub took: Nanoseconds,
    /// The test functions in it.
    pub members: Vec<TestMember>,
    /// Goroutines that there may be more of after each iteration.
    pub goroutines: u64,
    /// Descriptors, likewise.
    pub descriptors: u64,
    /// Sites that may have more in use after each iteration: bytes and objects gained.
    pub grown: Vec<(Arc<Site>, Bytes, Objects)>,
}

/// What one run of a test binary tells of its units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestRuns {
    /// Units, in the order they ran.
    pub units: Vec<TestRun>,
    /// The unit that was running when the records end.
    pub unfinished: Option<Arc<str>>,
}
