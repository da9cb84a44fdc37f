//! What a capture lacks: what failed before there was anything to judge, and why a leak could have been missed.

use super::alike::failed_runs;
use super::reading::Analysed;
use super::tested;
use crate::capture::{BuildOutcome, BuildRecord, CaptureDir, CaptureStatus, Manifest, RunRecord};
use crate::ingest;
use crate::model::Outcome;
use crate::report;
use crate::scenario::Kind;
use crate::toolchain::{BuildFacts, Runner};

/// Whether a variant can be judged on the machine it was built on.
pub(super) fn can_run(build: &BuildRecord) -> bool {
    match &build.outcome {
        BuildOutcome::Built(facts) => facts.refusal().is_none(),
        BuildOutcome::Failed(_) => true,
    }
}

/// Why a leak could have been missed that only a look at the whole capture tells: what a crashed run did not live to
/// show, or what could not be read, is no evidence of health.
pub(super) fn doubts(variant: &str, manifest: &Manifest, runs: &[Analysed<'_>]) -> Vec<String> {
    let of_variant = |record: &RunRecord| *record.id.variant == *variant;
    let mut doubts = Vec::new();
    // What failed of tests is told test by test.
    let is_program = manifest.scenario.workload.kind == Kind::Binary;
    if is_program && manifest.runs.iter().any(|record| of_variant(record) && !record.ok) {
        doubts.push("not all of its runs went well".to_owned());
    }
    let read = runs.iter().filter(|run| of_variant(run.record) && run.record.ok);
    let mut problems = read.flat_map(|run| &run.ingested.problems);
    if let Some(problem) = problems.find(|problem| problem.file.ends_with(ingest::PROBE_FILE)) {
        doubts.push(format!("the probe's records cannot be read to the end: {problem}"));
    }
    doubts
}

/// What it means that a variant was not run: nothing, if it is for another system and others were run.
fn unrun(variant: &str, facts: &BuildFacts, nothing_ran: bool) -> Option<(Outcome, String)> {
    let why = match &facts.runner {
        Runner::Foreign if !nothing_ran => return None,
        Runner::Native | Runner::Emulated(_) => "was not run".to_owned(),
        Runner::Missing { .. } | Runner::Foreign => facts.refusal()?,
    };
    Some((Outcome::Inconclusive, format!("{variant}: {why}")))
}

/// What failed before there was anything to judge.
pub(super) fn failures(
    dir: &CaptureDir,
    runs: &[Analysed<'_>],
    tests: &[report::TestReport],
) -> Vec<(Outcome, String)> {
    let manifest = dir.manifest();
    let mut failures = Vec::new();
    if manifest.status != CaptureStatus::Complete {
        let words = "the capture is not complete: it was interrupted".to_owned();
        failures.push((Outcome::Interrupted, words));
    }
    let nothing_ran = manifest.runs.is_empty();
    for build in &manifest.builds {
        let was_run = manifest.runs.iter().any(|run| *run.id.variant == *build.variant);
        match &build.outcome {
            BuildOutcome::Failed(_) => {
                failures.push((Outcome::BuildFailed, format!("{} did not build", build.variant)));
            }
            BuildOutcome::Built(facts) if !was_run && manifest.status == CaptureStatus::Complete => {
                failures.extend(unrun(&build.variant, facts, nothing_ran));
            }
            BuildOutcome::Built(_) => {}
        }
    }
    if manifest.scenario.workload.kind != Kind::Binary {
        failures.extend(tested::failures(dir, runs, tests));
        return failures;
    }
    failures.extend(failed_runs(dir));
    failures
}
