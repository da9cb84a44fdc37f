//! The report: one document of decided facts, and its renderings.
//!
//! Input: what the stages decided. Output: text. A [`Report`] holds no samples and no bytes of a capture; every
//! rendering is a pure function of it. Its JSON form is a contract, described by `harness schema report`.

pub mod bisect;
mod build;
pub mod ci;
mod coverage;
pub mod debug;
pub mod export;
pub mod heap;
pub mod html;
mod json;
pub mod lab;
pub mod panels;
pub mod perfetto;
pub mod profile;
pub mod selftest;
mod terminal;
mod testing;
pub mod trace;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::baseline::{
    AcceptedFinding, ComparedFinding, Conditions, Expectation, FindingGroup, MetricComparison, Reproduction,
    Verdict,
};
use crate::format::Problem;
use crate::model::{
    Alignment, Bytes, Conservation, CycleRow, Limit, MissingInput, Nanoseconds, Observation, RunId,
};
use crate::toolchain::{BuildFacts, BuildFailure};

pub use crate::model::growth;
pub use build::{Inputs, RunInput, build, end_words};
pub use coverage::{VariantCoverage, cover_profile};
pub use json::{schema, to_json};
pub use terminal::{
    Look, bytes_text, clean_lines, count_text, counted_text, finding_to_terminal, hanging, in_ascii,
    table_text, to_terminal, wrapped,
};

pub use testing::{
    Measured, SurveyInput, TestReport, TestResult, failure as test_failure, rows as test_rows,
};

/// Version of the document.
pub const REPORT_FORMAT: u32 = 1;

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`REPORT_FORMAT`].
    pub format: u32,
    /// Version of the harness that analysed.
    pub harness: String,
    /// The scenario's name.
    pub scenario: String,
    /// Its description.
    pub description: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What the contract's leaks came to.
    pub expectations: Vec<Expectation>,
    /// Leaks, each once for all variants.
    pub findings: Vec<ReportedFinding>,
    /// Accepted leaks that are gone from the variants that were run.
    pub fixed: Vec<AcceptedFinding>,
    /// Suppressions of the scenario that no finding needed.
    #[serde(default)]
    pub unused_suppressions: Vec<String>,
    /// Thresholds of the scenario that hold nothing.
    #[serde(default)]
    pub idle_thresholds: Vec<String>,
    /// There is an accepted baseline.
    pub has_baseline: bool,
    /// Why no figures, or no noisy ones, were compared with it.
    pub not_comparable: Option<String>,
    /// Go, target and machine.
    pub conditions: Conditions,
    /// Variants side by side.
    pub variants: Vec<VariantReport>,
    /// How each observed run's clocks were joined.
    pub alignments: Vec<RunAlignment>,
    /// GC cycles of the first natural run of each variant (of the first step run, if there is no natural one).
    pub cycles: Vec<CycleTable>,
    /// Figures, and how they stand against the baseline.
    pub metrics: Vec<MetricComparison>,
    /// Rules that could not run, by variant.
    pub not_run: Vec<VariantNote>,
    /// Inputs that were missing, each once.
    pub missing: Vec<MissingInput>,
    /// What could not be read in the captured files.
    pub problems: Vec<Problem>,
    /// Further problems, which are not listed.
    pub unlisted_problems: usize,
    /// Where the capture lies.
    #[schemars(with = "String")]
    pub capture: Utf8PathBuf,
    /// How often each leak reproduced, if there are repeats to tell.
    #[serde(default)]
    pub reproductions: Vec<Reproduction>,
    /// The fewest operations that reproduce, if they were looked for.
    #[serde(default)]
    pub minimised: Option<Minimised>,
    /// The repeat under the debugger, if the scenario or the user wanted one.
    #[serde(default)]
    pub debug: Option<debug::DebugPart>,
    /// Digest of everything that went into the capture (16 hex digits): the same digest, the same result. Its parts are
    /// in the capture's manifest.
    #[serde(default)]
    pub inputs_digest: Option<String>,
    /// What the scenario asks of its builds.
    #[serde(default)]
    pub lab: Option<lab::Answers>,
    /// How it compares with the capture that it repeats.
    #[serde(default)]
    pub replay: Option<Replayed>,
    /// Test functions, of a workload of tests or benchmarks.
    #[serde(default)]
    pub tests: Vec<TestReport>,
    /// Files that somebody took in production, which is all that there was.
    #[serde(default)]
    pub inputs: Vec<ReportedInput>,
    /// Which code ran, of variants for which that was asked.
    #[serde(default)]
    pub coverage: Vec<VariantCoverage>,
}

/// The search for the fewest operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Minimised {
    /// `operations`, or `rounds` of the driver.
    pub unit: String,
    /// How many the scenario has.
    pub of: u64,
    /// The fewest that were seen to reproduce; none if not even all of them did.
    pub fewest: Option<u64>,
    /// Runs, in the order they were made.
    pub trials: Vec<Trial>,
}

/// One run of that search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// With so many operations, or rounds.
    pub operations: u64,
    /// It showed the leak.
    pub found: bool,
}

/// A repeat of an earlier capture, and whether it came to the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// Where the earlier capture lay.
    #[schemars(with = "String")]
    pub of: Utf8PathBuf,
    /// Digest of what went into it.
    pub digest: Option<String>,
    /// Differences that make it another program or load, which the user did not mind.
    pub changed: Vec<String>,
    /// Other differences: the harness, the environment, the machine.
    pub conditions: Vec<String>,
    /// Why the results are not compared.
    pub not_compared: Option<String>,
    /// Findings that are in both.
    pub same_findings: usize,
    /// Exact figures that are equal.
    pub equal_figures: usize,
    /// Results that are not the same, in words.
    pub differs: Vec<String>,
}

/// A file that was taken in production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedInput {
    /// As it was named.
    pub file: String,
    /// What it is: `heap profile`, `execution trace`.
    pub kind: String,
    /// What is in it, in words.
    pub contents: String,
}

/// A finding and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedFinding {
    /// The finding.
    #[serde(flatten)]
    pub group: FindingGroup,
    /// Against the baseline.
    #[serde(flatten)]
    pub compared: ComparedFinding,
    /// The contract expects it.
    pub expected: bool,
}

impl ReportedFinding {
    /// Nobody has decided on it, and the contract does not expect it.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.compared.is_pending()
            && !(self.expected && self.compared.standing == crate::baseline::Standing::New)
    }
}

/// One variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariantReport {
    /// Its name.
    pub name: String,
    /// Facts of its build, unless it failed.
    pub build: Option<BuildFacts>,
    /// Why it failed.
    pub failure: Option<BuildFailure>,
    /// Runs, in the order they were made.
    pub runs: Vec<RunReport>,
    /// Findings in it.
    pub n_findings: usize,
    /// GC cycles and largest heap of its first natural run.
    pub natural: Option<NaturalFigures>,
    /// Why "no finding" would not mean "no leak".
    pub inconclusive: Vec<String>,
    /// What the collector's figures show beside leaks, and where sources disagree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
    /// What lowers the confidence of all that is said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
}

/// One run, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// Which.
    pub run: RunId,
    /// Wall-clock time.
    pub wall: Nanoseconds,
    /// CPU time, user and system.
    pub cpu: Nanoseconds,
    /// Peak resident set size.
    pub peak_rss: Bytes,
    /// How it ended, in words.
    pub end: String,
    /// That counts as success.
    pub ok: bool,
    /// Its execution trace as the program wrote it, within the capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub trace: Option<Utf8PathBuf>,
}

/// Figures of a natural run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NaturalFigures {
    /// GC cycles.
    pub gc_cycles: u64,
    /// Largest heap at the start of a cycle.
    pub peak_heap: Option<Bytes>,
}

/// How a run's clocks were joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunAlignment {
    /// The run.
    pub run: RunId,
    /// The outcome.
    pub alignment: Alignment,
    /// Whether profile and runtime agree on what is live.
    pub conservation: Option<Conservation>,
}

/// GC cycles of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CycleTable {
    /// The run.
    pub run: RunId,
    /// Cycles there were.
    pub total: usize,
    /// Rows; of a long run the first and the last.
    pub rows: Vec<CycleRow>,
}

/// Something in words about a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantNote {
    /// The variant.
    pub variant: String,
    /// What is missing.
    #[serde(flatten)]
    pub missing: MissingInput,
}
