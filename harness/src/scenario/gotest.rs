//! Tests and benchmarks as workloads: the keys that `go test` has as flags.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Milliseconds;

/// Iterations of each test that count: as many points as a verdict needs, and some for caches to fill.
const COUNT: u32 = 8;
/// Operations of a benchmark's iteration.
const BENCHTIME: u64 = 100;
/// What `go test` gives a test binary; here each iteration of a test has it.
const TIMEOUT_MS: u64 = 600_000;

/// What a workload is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program of package main.
    #[default]
    Binary,
    /// The tests, fuzz seeds and examples of packages, each judged on its own.
    Test,
    /// The benchmarks of packages, each judged on its own.
    Bench,
}

impl Kind {
    /// For `skip_serializing_if`.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Binary
    }
}

/// Which tests or benchmarks run, and how: the flags of `go test` by their names.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TestFile {
    /// Tests, fuzz seeds and examples whose names match this regular expression; all by default.
    pub run: Option<String>,
    /// Those that match this one are left out.
    pub skip: Option<String>,
    /// With `kind = "bench"`: benchmarks that match; all by default.
    pub bench: Option<String>,
    /// With `kind = "bench"`: operations of an iteration, as in `-benchtime=100x`; 100 by default.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub operations: Option<u64>,
    /// Iterations of each test that count, after one that does not; 8 by default.
    #[schemars(range(min = 5, max = 1000))]
    pub count: Option<u32>,
    /// `-short`.
    pub short: bool,
    /// `-parallel`: parallel tests that run at a time.
    #[schemars(range(min = 1))]
    pub parallel: Option<u32>,
    /// `-timeout`, of each iteration of a test; `10m` by default.
    pub timeout: Option<Milliseconds>,
    /// `-shuffle`: `on`, `off` or a seed.
    pub shuffle: Option<String>,
}

/// The same with its defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSpec {
    /// `-run`, empty for all.
    pub run: String,
    /// `-skip`, empty for none.
    pub skip: String,
    /// `-bench`, empty for all.
    pub bench: String,
    /// Operations of a benchmark's iteration.
    pub operations: u64,
    /// Iterations of each test that count.
    pub count: u32,
    /// `-short`.
    pub short: bool,
    /// `-parallel`.
    pub parallel: Option<u32>,
    /// `-timeout` of an iteration, milliseconds; 0 is none.
    pub timeout_ms: u64,
    /// `-shuffle`, empty for off.
    pub shuffle: String,
}

impl TestFile {
    pub(super) fn resolve(self) -> TestSpec {
        TestSpec {
            run: self.run.unwrap_or_default(),
            skip: self.skip.unwrap_or_default(),
            bench: self.bench.unwrap_or_default(),
            operations: self.operations.unwrap_or(BENCHTIME),
            count: self.count.unwrap_or(COUNT),
            short: self.short,
            parallel: self.parallel,
            timeout_ms: self.timeout.map_or(TIMEOUT_MS, |Milliseconds(ms)| ms),
            shuffle: self.shuffle.unwrap_or_default(),
        }
    }
}
