//! From a capture to a report: the stages after the disk, in order.

use camino::Utf8Path;

use super::error::CliError;
use crate::baseline::{self, Baseline, Conditions};
use crate::capture::{BuildOutcome, CaptureDir, CaptureStatus, Manifest, RunRecord};
use crate::diagnose::{self, BuildFigures, RunEvidence};
use crate::format::Problem;
use crate::ingest::{self, Ingested, RunFiles};
use crate::model::{Diagnosis, ModuleTable, Outcome, Timeline};
use crate::report::{self, Report, RunInput};
use crate::toolchain::BuildFacts;
use crate::{align, capture};

/// A run, read and aligned.
struct Analysed<'a> {
    record: &'a RunRecord,
    ingested: Ingested,
    timeline: Timeline,
}

/// What was decided of a capture.
pub(super) struct Analysis {
    pub(super) report: Report,
    pub(super) groups: Vec<baseline::FindingGroup>,
    pub(super) diagnoses: Vec<Diagnosis>,
    pub(super) conditions: Conditions,
}

/// The baseline of a capture: the file that was named, or the copy that was made when it was captured.
pub(super) fn accepted(dir: &CaptureDir, named: Option<&Utf8Path>) -> Result<Option<Baseline>, CliError> {
    if let Some(path) = named {
        let found = baseline::load(path)?;
        let hint = "write it with `harness baseline accept`";
        return found
            .map(Some)
            .ok_or_else(|| CliError::usage(format!("there is no baseline `{path}`"), hint));
    }
    let text = dir.baseline()?;
    let parse = |text: String| baseline::parse(&dir.root().join("baseline.toml"), &text);
    Ok(text.map(parse).transpose()?)
}

/// Analyses a capture.
pub(super) fn analyse(dir: &CaptureDir, accepted: Option<&Baseline>) -> Result<Analysis, CliError> {
    let manifest = dir.manifest();
    let runs = manifest.runs.iter().map(|record| read(dir, record)).collect::<Result<Vec<_>, _>>()?;
    let diagnoses = diagnoses(manifest, &runs);
    let names: Vec<String> = diagnoses.iter().map(|diagnosis| diagnosis.variant.clone()).collect();
    let groups = baseline::group(&diagnoses);
    let conditions = conditions(manifest);
    let expect = manifest.scenario.expect.as_ref();
    let thresholds = &manifest.scenario.thresholds;
    let comparison = baseline::compare(&groups, &diagnoses, accepted, &conditions, thresholds);
    let expectations = baseline::expectations(expect, &groups, &names);
    let verdict = baseline::judge(&baseline::Case {
        expect,
        n_variants: manifest.builds.len(),
        groups: &groups,
        comparison: &comparison,
        expectations: &expectations,
        diagnoses: &diagnoses,
        failures: &failures(dir),
    });
    let problems: Vec<Problem> = runs.iter().flat_map(|run| run.ingested.problems.iter().cloned()).collect();
    let inputs: Vec<RunInput<'_>> =
        runs.iter().map(|run| RunInput { record: run.record, timeline: &run.timeline }).collect();
    let report = report::build(report::Inputs {
        manifest,
        capture: dir.root(),
        runs: &inputs,
        diagnoses: &diagnoses,
        groups: groups.clone(),
        comparison,
        expectations,
        verdict,
        conditions: conditions.clone(),
        problems,
    });
    Ok(Analysis { report, groups, diagnoses, conditions })
}

fn read<'a>(dir: &'a CaptureDir, record: &'a RunRecord) -> Result<Analysed<'a>, CliError> {
    let (gctrace, trace, probe) = (
        dir.read(record, ingest::GCTRACE_FILE)?,
        dir.read(record, ingest::TRACE_FILE)?,
        dir.read(record, ingest::PROBE_FILE)?,
    );
    let files = RunFiles {
        directory: record.dir.as_str(),
        mode: record.id.mode,
        gctrace: gctrace.as_deref(),
        trace: trace.as_deref(),
        probe: probe.as_deref(),
    };
    let modules = facts(dir.manifest(), &record.id.variant).map(|facts| facts.modules.clone());
    let ingested = ingest::run(&files, &modules.unwrap_or_default());
    let timeline = align::align(&ingested.pieces);
    Ok(Analysed { record, ingested, timeline })
}

fn facts<'a>(manifest: &'a Manifest, variant: &str) -> Option<&'a BuildFacts> {
    let build = manifest.builds.iter().find(|build| build.variant == variant)?;
    match &build.outcome {
        BuildOutcome::Built(facts) => Some(facts),
        BuildOutcome::Failed(_) => None,
    }
}

/// Judges the variants that were built and whose runs all went well: what a crashed run did not live to show is no
/// evidence of health.
fn diagnoses(manifest: &Manifest, runs: &[Analysed<'_>]) -> Vec<Diagnosis> {
    let none = ModuleTable::default();
    let mut diagnoses = Vec::new();
    for build in &manifest.builds {
        let evidence: Vec<RunEvidence<'_>> = runs
            .iter()
            .filter(|run| *run.record.id.variant == *build.variant && run.record.ok)
            .map(|run| RunEvidence {
                id: &run.record.id,
                pieces: &run.ingested.pieces,
                timeline: &run.timeline,
                wall: run.record.wall,
                peak_rss: run.record.peak_rss,
            })
            .collect();
        let facts = facts(manifest, &build.variant);
        if let Some(facts) = facts.filter(|_| !evidence.is_empty()) {
            let modules = if facts.modules.main.is_empty() { &none } else { &facts.modules };
            let module_dir = manifest.scenario.workload.module.as_str();
            let figures = BuildFigures { size: facts.plain.size, modules, module_dir };
            let thresholds = &manifest.scenario.thresholds;
            diagnoses.push(diagnose::variant(&build.variant, &evidence, &figures, thresholds));
        }
    }
    diagnoses
}

fn conditions(manifest: &Manifest) -> Conditions {
    let facts: Vec<&BuildFacts> =
        manifest.builds.iter().filter_map(|build| facts(manifest, &build.variant)).collect();
    let all = |pick: fn(&BuildFacts) -> &str| {
        let mut values: Vec<&str> = facts.iter().map(|facts| pick(facts)).collect();
        values.sort_unstable();
        values.dedup();
        values.join(" ")
    };
    Conditions {
        go: all(|facts| &facts.go.version),
        goos: all(|facts| &facts.go.goos),
        goarch: all(|facts| &facts.go.goarch),
        cpus: manifest.machine.cpus,
    }
}

/// What failed before there was anything to judge.
fn failures(dir: &CaptureDir) -> Vec<(Outcome, String)> {
    let manifest = dir.manifest();
    let mut failures = Vec::new();
    if manifest.status != CaptureStatus::Complete {
        let words = "the capture is not complete: it was interrupted".to_owned();
        failures.push((Outcome::Interrupted, words));
    }
    for build in &manifest.builds {
        if let BuildOutcome::Failed(_) = &build.outcome {
            failures.push((Outcome::BuildFailed, format!("{} did not build", build.variant)));
        }
    }
    for run in manifest.runs.iter().filter(|run| !run.ok) {
        let words = format!("{}: {}", run.dir, report::end_words(&run.end));
        let tail = capture::failure_text(dir.root(), run);
        let text = if tail.is_empty() { words } else { format!("{words}\n{}", tail.trim_end()) };
        failures.push((Outcome::WorkloadFailed, text));
    }
    failures
}
