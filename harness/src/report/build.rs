//! Puts together what the stages decided.

use std::collections::BTreeSet;

use crate::baseline::{Comparison, Conditions, Expectation, FindingGroup, Reproduction, Verdict};
use crate::capture::{BuildOutcome, End, Manifest, RunRecord};
use crate::format::Problem;
use crate::model::{Bytes, CycleRow, Diagnosis, MissingInput, Mode, Nanoseconds, Timeline};
use crate::scenario::Kind;

use super::{
    CycleTable, NaturalFigures, REPORT_FORMAT, Report, ReportedFinding, RunAlignment, RunReport, TestReport,
    VariantCoverage, VariantNote, VariantReport,
};

/// What a run's execution trace is called.
const TRACE: &str = "trace.out";
/// Rows of a cycle table that are kept at each end of a long run.
const KEPT_ROWS: usize = 500;
/// Problems that are listed.
const KEPT_PROBLEMS: usize = 200;

/// One run that was read.
#[derive(Debug)]
pub struct RunInput<'a> {
    /// Its record.
    pub record: &'a RunRecord,
    /// Its cycles.
    pub timeline: &'a Timeline,
}

/// All that goes into a report.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// Where the capture lies.
    pub capture: &'a camino::Utf8Path,
    /// Runs that were read.
    pub runs: &'a [RunInput<'a>],
    /// Diagnoses, by variant.
    pub diagnoses: &'a [Diagnosis],
    /// Findings over the variants.
    pub groups: Vec<FindingGroup>,
    /// Against the baseline.
    pub comparison: Comparison,
    /// Against the contract.
    pub expectations: Vec<Expectation>,
    /// The verdict.
    pub verdict: Verdict,
    /// Conditions of this run.
    pub conditions: Conditions,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// How often each leak reproduced.
    pub reproductions: Vec<Reproduction>,
    /// Test functions.
    pub tests: Vec<TestReport>,
    /// Which code ran.
    pub coverage: Vec<VariantCoverage>,
}

/// Builds the document.
#[must_use]
pub fn build(inputs: Inputs<'_>) -> Report {
    let variants = variants(&inputs);
    let cycles = cycles(&inputs);
    let missing: BTreeSet<MissingInput> =
        judged(&inputs).flat_map(|run| run.timeline.missing.iter().cloned()).collect();
    let not_run = not_run(inputs.diagnoses);
    let alignments = judged(&inputs).filter(|run| run.record.id.mode != Mode::Plain).map(alignment).collect();
    let expected: BTreeSet<usize> =
        inputs.expectations.iter().flat_map(|expected| expected.findings.iter().copied()).collect();
    let findings = inputs.groups.into_iter().zip(inputs.comparison.findings).enumerate();
    let findings = findings
        .map(|(index, (group, compared))| ReportedFinding {
            group,
            compared,
            expected: expected.contains(&index),
        })
        .collect();
    let mut problems = inputs.problems;
    let unlisted_problems = problems.len().saturating_sub(KEPT_PROBLEMS);
    problems.truncate(KEPT_PROBLEMS);
    Report {
        format: REPORT_FORMAT,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: inputs.manifest.scenario.name.clone(),
        description: inputs.manifest.scenario.description.clone(),
        verdict: inputs.verdict,
        expectations: inputs.expectations,
        findings,
        fixed: inputs.comparison.fixed,
        unused_suppressions: inputs.comparison.unused_suppressions,
        idle_thresholds: inputs.comparison.idle_thresholds,
        has_baseline: inputs.comparison.has_baseline,
        not_comparable: inputs.comparison.not_comparable,
        conditions: inputs.conditions,
        variants,
        alignments,
        cycles,
        metrics: inputs.comparison.metrics,
        not_run,
        missing: missing.into_iter().collect(),
        problems,
        unlisted_problems,
        capture: inputs.capture.to_owned(),
        inputs_digest: inputs.manifest.inputs.as_ref().map(|inputs| inputs.digest.clone()),
        replay: None,
        tests: inputs.tests,
        inputs: Vec::new(),
        reproductions: inputs.reproductions,
        minimised: None,
        coverage: inputs.coverage,
        debug: None,
        lab: None,
    }
}

fn variants(inputs: &Inputs<'_>) -> Vec<VariantReport> {
    let one = |build: &crate::capture::BuildRecord| {
        let name = &build.variant;
        let (facts, failure) = match &build.outcome {
            BuildOutcome::Built(facts) => (Some((**facts).clone()), None),
            BuildOutcome::Failed(failure) => (None, Some(failure.clone())),
        };
        let diagnosis = inputs.diagnoses.iter().find(|diagnosis| diagnosis.variant == *name);
        VariantReport {
            name: name.clone(),
            build: facts,
            failure,
            runs: inputs.manifest.runs.iter().filter(|run| *run.id.variant == **name).map(run).collect(),
            n_findings: diagnosis.map_or(0, |diagnosis| diagnosis.findings.len()),
            natural: first_run(inputs, name, Mode::Natural).map(natural),
            inconclusive: diagnosis.map(|diagnosis| diagnosis.inconclusive.clone()).unwrap_or_default(),
            observations: diagnosis.map(|diagnosis| diagnosis.observations.clone()).unwrap_or_default(),
            limits: diagnosis.map(|diagnosis| diagnosis.limits.clone()).unwrap_or_default(),
        }
    };
    inputs.manifest.builds.iter().map(one).collect()
}

/// Runs that something is judged by. A survey of tests, which has no trace, only says what to look at.
fn judged<'a>(inputs: &'a Inputs<'_>) -> impl Iterator<Item = &'a RunInput<'a>> {
    let is_program = inputs.manifest.scenario.workload.kind == Kind::Binary;
    inputs
        .runs
        .iter()
        .filter(move |run| is_program || run.record.id.mode == Mode::Plain || run.record.id.test.is_some())
}

fn first_run<'a>(inputs: &'a Inputs<'_>, variant: &str, mode: Mode) -> Option<&'a RunInput<'a>> {
    inputs.runs.iter().find(|run| *run.record.id.variant == *variant && run.record.id.mode == mode)
}

fn natural(run: &RunInput<'_>) -> NaturalFigures {
    let rows = &run.timeline.rows;
    let peak_heap = rows.iter().filter_map(|row| Some(row.heap_start?.value)).max();
    NaturalFigures { gc_cycles: rows.len() as u64, peak_heap }
}

fn run(record: &RunRecord) -> RunReport {
    RunReport {
        run: record.id.clone(),
        wall: record.wall,
        cpu: Nanoseconds(record.user.0.saturating_add(record.system.0)),
        peak_rss: Bytes(record.peak_rss.0),
        end: end_words(&record.end),
        ok: record.ok,
        trace: record.files.iter().find(|file| file.name == TRACE).map(|file| record.dir.join(&file.name)),
    }
}

/// How a run ended, for people.
#[must_use]
pub fn end_words(end: &End) -> String {
    match end {
        End::Exited { code } => format!("exit code {code}"),
        End::Signalled { signal } => format!("killed by signal {signal}"),
        End::Stopped => "stopped after the last round".to_owned(),
        End::TimedOut { gentle: true } => "ran into its deadline, stopped on request".to_owned(),
        End::TimedOut { gentle: false } => "ran into its deadline, had to be killed".to_owned(),
        End::Interrupted => "interrupted".to_owned(),
        End::DriverFailed { detail } => format!("its driver failed: {}", in_a_line(detail)),
        End::NotStarted { detail } => format!("could not be started: {detail}"),
    }
}

/// What happened, and the last that the driver said; the rest of its words is in the capture.
fn in_a_line(detail: &str) -> String {
    let mut lines = detail.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    lines.next_back().map_or_else(|| first.to_owned(), |last| format!("{first}: {}", last.trim()))
}

fn alignment(run: &RunInput<'_>) -> RunAlignment {
    RunAlignment {
        run: run.record.id.clone(),
        alignment: run.timeline.alignment.clone(),
        conservation: run.timeline.conservation.clone(),
    }
}

fn cycles(inputs: &Inputs<'_>) -> Vec<CycleTable> {
    let table = |run: &RunInput<'_>| CycleTable {
        run: run.record.id.clone(),
        total: run.timeline.rows.len(),
        rows: ends(&run.timeline.rows),
    };
    let of = |name: &str| {
        let first =
            |mode| judged(inputs).find(|run| *run.record.id.variant == *name && run.record.id.mode == mode);
        first(Mode::Natural).or_else(|| first(Mode::Step)).map(table)
    };
    if inputs.manifest.builds.is_empty() {
        return inputs.runs.iter().map(table).collect(); // files of somebody's, which nobody built
    }
    inputs.manifest.builds.iter().filter_map(|build| of(&build.variant)).collect()
}

fn ends(rows: &[CycleRow]) -> Vec<CycleRow> {
    if rows.len() <= 2 * KEPT_ROWS {
        return rows.to_vec();
    }
    let (first, last) = (&rows[..KEPT_ROWS], &rows[rows.len() - KEPT_ROWS..]);
    first.iter().chain(last).cloned().collect()
}

fn not_run(diagnoses: &[Diagnosis]) -> Vec<VariantNote> {
    let of = |diagnosis: &Diagnosis| {
        let note = |missing: &MissingInput| VariantNote {
            variant: diagnosis.variant.clone(),
            missing: missing.clone(),
        };
        diagnosis.not_run.iter().map(note).collect::<Vec<_>>()
    };
    diagnoses.iter().flat_map(of).collect()
}
