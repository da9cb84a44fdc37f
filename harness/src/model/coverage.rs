//! Which code a run executed, and which not: what is read of counters, and what is made of it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Operations;

/// The blocks of a program that are counted, with their counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramCoverage {
    /// Packages of the main module.
    pub packages: Vec<PackageBlocks>,
    /// The moments for which counters were saved while it ran, in order: of [`Block::at`].
    pub saved: Vec<SavedAt>,
    /// The moment that [`Block::count`] is of.
    pub until: CountedUntil,
}

/// A moment at which counters were saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedAt {
    /// Index of the checkpoint.
    pub checkpoint: u32,
    /// Operations completed then.
    pub operations: Operations,
}

/// Until when a run was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "until", rename_all = "kebab-case")]
pub enum CountedUntil {
    /// The program's end.
    End,
    /// Its last checkpoint: it ended in a way that leaves no counters (a crash, a signal that it does not handle).
    Checkpoint {
        /// Operations completed then.
        operations: u64,
    },
    /// Nothing was saved at all.
    #[default]
    Never,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageBlocks {
    /// Import path.
    pub path: Arc<str>,
    /// It as it stands in the names of its functions: `main` for a program.
    pub symbol: Arc<str>,
    /// Path of its module; empty outside any.
    pub module: Arc<str>,
    /// Its functions, as they stand in its files.
    pub functions: Vec<FunctionBlocks>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionBlocks {
    /// As the Go runtime names it (`main.(*Server).serve`), as far as the data tells.
    pub name: String,
    /// Import path and last element of the file's name.
    pub file: Arc<str>,
    /// Its blocks. Those of literals inside of it are among them.
    pub blocks: Vec<Block>,
}

/// A run of statements that is counted as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Line and column, from 1, where it begins.
    pub start: (u32, u32),
    /// Where it ends.
    pub end: (u32, u32),
    /// Statements in it.
    pub statements: u32,
    /// How often it ran.
    pub count: u64,
    /// How often it had run at each of [`ProgramCoverage::saved`].
    pub at: Vec<u32>,
}

/// What a variant's coverage came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageFacts {
    /// All statements of the main module's packages in the program.
    pub statements: Covered,
    /// By package.
    pub packages: Vec<PackageCoverage>,
    /// By function.
    pub functions: Vec<FunctionCoverage>,
    /// Until when it was counted.
    pub counted: CountedUntil,
    /// Code that allocates and did not run, what should be tried first at the beginning.
    pub untried: Vec<Untried>,
    /// Why that is not known, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_untried: Option<String>,
    /// What ran as the findings grew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub growth: Vec<GrowthCoverage>,
    /// Why that is not known, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_growth: Option<String>,
    /// Functions that by their names give something back (`Close`, `Stop`, …) and were never called, though their packages ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncalled_releases: Vec<FunctionCoverage>,
}

/// How much of something ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Covered {
    /// What ran.
    pub ran: u64,
    /// Of how much.
    pub of: u64,
}

impl Covered {
    /// In percent; `None` of nothing.
    #[must_use]
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| 100.0 * self.ran as f64 / self.of as f64)
    }
}

impl std::ops::AddAssign for Covered {
    fn add_assign(&mut self, other: Self) {
        self.ran = self.ran.saturating_add(other.ran);
        self.of = self.of.saturating_add(other.of);
    }
}

/// A package's coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageCoverage {
    /// Import path.
    pub package: String,
    /// Its statements.
    pub statements: Covered,
    /// Its functions: those that were called.
    pub functions: Covered,
}

/// A function's coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionCoverage {
    /// Its name.
    pub function: String,
    /// Its file, relative to the module.
    pub file: String,
    /// Line of its first statement.
    pub line: u32,
    /// Its statements.
    pub statements: Covered,
    /// How often it was called.
    pub calls: u64,
}

/// Code that allocates and did not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Untried {
    /// How near it is to code that ran.
    pub reach: Reach,
    /// The function it is in.
    pub function: String,
    /// Its file, relative to the module.
    pub file: String,
    /// Its first line: of the block, or of a function that was never called.
    pub line: u32,
    /// How often code around it ran: calls of the function that it is in.
    pub calls: u64,
    /// How many values the compiler puts on the heap there.
    pub n_values: u32,
    /// Those of them that are listed; what outlives the call that it is made for comes first.
    pub values: Vec<UntriedValue>,
    /// How many of them outlive it: they are assigned, returned or captured, not only handed to a call.
    pub kept: u32,
}

/// How near code is to code that ran. The order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// A block of a function that was called.
    Beside,
    /// A function that was never called, of a package in which something ran.
    Uncalled,
    /// A function of a package of which nothing ran.
    Idle,
}

/// A value on the heap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UntriedValue {
    /// Its line.
    pub line: u32,
    /// `&entry{...} escapes to heap`
    pub what: String,
    /// Where it flows to in the end: `c.entries[q.ID] = e (assign)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
}

/// What ran as a finding grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthCoverage {
    /// The finding.
    pub fingerprint: String,
    /// Where it is, for display: `cache.go:44`.
    pub site: String,
    /// Stretches between checkpoints in which it grew, of how many that were compared.
    pub stretches: (u32, u32),
    /// Blocks that ran in each stretch in which it grew and in no other, or in step with it; those of functions on its stack first.
    pub blocks: Vec<GrowthBlock>,
}

/// A block that moves with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthBlock {
    /// The function it is in.
    pub function: String,
    /// Its file, relative to the module.
    pub file: String,
    /// Its first line.
    pub line: u32,
    /// How often it ran in the stretches compared.
    pub ran: u64,
    /// How it moves with it.
    pub with: GrowthMatch,
}

/// How a block moves with a finding. The order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthMatch {
    /// It ran in each stretch in which it grew, and in no other, of which there are some.
    OnlyThen,
    /// It ran in each stretch the same number of times as there were objects more (or once for so many), and not so with operations.
    InStep,
}
