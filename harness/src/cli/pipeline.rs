//! From a capture to a report: the stages after the disk, in order.

use camino::Utf8Path;

use super::Context;
use super::alike;
use super::conditions::conditions;
use super::covered;
use super::error::CliError;
use super::failures::{can_run, doubts, failures};
use super::panels;
use super::reading::{Analysed, facts, read_all};
use super::sanitized::{self, Sanitized};
use super::tested;
use crate::baseline::{self, Baseline, Conditions, Day, Reproduction};
use crate::capture::{CaptureDir, Manifest};
use crate::diagnose::{self, BuildFigures, Limits, Observed, RunEvidence};
use crate::format::Problem;
use crate::model::growth::Growth;
use crate::model::{Bytes, CLeaks, Diagnosis, ModuleTable, Outcome, RunPieces};
use crate::report::export::RunCycles;
use crate::report::lab::Answers;
use crate::report::panels::Panels;
use crate::report::{self, Report, RunInput};
use crate::scenario::{Kind, Thresholds};
use crate::toolchain::Interrupt;

/// What was decided of a capture.
pub(super) struct Analysis {
    pub(super) report: Report,
    pub(super) groups: Vec<baseline::FindingGroup>,
    pub(super) diagnoses: Vec<Diagnosis>,
    pub(super) conditions: Conditions,
    pub(super) thresholds: Thresholds,
    /// What stacks held at each checkpoint, for pictures and exports.
    pub(super) growth: Growth,
    /// What its runs look like over time, for pictures.
    pub(super) panels: Panels,
    /// GC cycles of all runs, for exports.
    pub(super) cycles: Vec<RunCycles>,
    /// Directory of the module on the machine that built it.
    pub(super) module_dir: String,
    /// The variant that forms of one variant are of, if the user named one.
    pub(super) of: Option<String>,
    /// The user's wish to stop, for forms that read files again.
    pub(super) interrupt: Interrupt,
}

/// The baseline of a capture: the file that was named, or the copy that was made when it was captured.
pub(super) fn accepted(dir: &CaptureDir, named: Option<&Utf8Path>) -> Result<Option<Baseline>, CliError> {
    if let Some(path) = named {
        return named_baseline(path).map(Some);
    }
    let text = dir.baseline()?;
    let parse = |text: String| baseline::parse(&dir.root().join("baseline.toml"), &text);
    Ok(text.map(parse).transpose()?)
}

/// A baseline that the user named: unlike the scenario's own it has to be there.
pub(super) fn named_baseline(path: &Utf8Path) -> Result<Baseline, CliError> {
    let hint = "write it with `harness baseline accept`";
    baseline::load(path)?.ok_or_else(|| CliError::usage(format!("there is no baseline `{path}`"), hint))
}

/// Judges one repeat of a capture, which may be in the making.
pub(super) fn diagnoses_of(
    dir: &CaptureDir,
    repeat: u32,
    context: &Context,
) -> Result<Vec<Diagnosis>, CliError> {
    let runs = read_all(dir, Some(repeat), context)?;
    let sanitized = sanitized::read(dir)?;
    Ok(diagnoses((dir.manifest(), &sanitized), &runs, Some(repeat)))
}

/// How often each leak reproduces, if there are repeats to tell.
fn reproductions(capture: (&Manifest, &Sanitized), runs: &[Analysed<'_>]) -> Vec<Reproduction> {
    let mut repeats: Vec<u32> = runs.iter().map(|run| run.record.id.repeat).collect();
    repeats.sort_unstable();
    repeats.dedup();
    if repeats.len() < 2 {
        return Vec::new();
    }
    let judged: Vec<Vec<Diagnosis>> =
        repeats.iter().map(|repeat| diagnoses(capture, runs, Some(*repeat))).collect();
    baseline::reproductions(&judged)
}

/// Analyses a capture.
pub(super) fn analyse(
    dir: &CaptureDir,
    accepted: Option<&Baseline>,
    context: &Context,
) -> Result<Analysis, CliError> {
    analyse_repeat(dir, accepted, None, context)
}

/// Analyses a capture, or one repeat of it: the one that was looked for.
pub(super) fn analyse_repeat(
    dir: &CaptureDir,
    accepted: Option<&Baseline>,
    repeat: Option<u32>,
    context: &Context,
) -> Result<Analysis, CliError> {
    let manifest = dir.manifest();
    let runs = read_all(dir, None, context)?;
    let sanitized = sanitized::read(dir)?;
    let diagnoses = diagnoses((manifest, &sanitized), &runs, repeat);
    let reproductions = reproductions((manifest, &sanitized), &runs);
    let names: Vec<String> = diagnoses.iter().map(|diagnosis| diagnosis.variant.clone()).collect();
    let groups = baseline::group(&diagnoses);
    let conditions = conditions(manifest);
    let expect = manifest.scenario.expect.as_ref();
    let against = baseline::Against {
        baseline: accepted,
        conditions: &conditions,
        thresholds: &manifest.scenario.thresholds,
        exemptions: &manifest.scenario.exemptions,
        day: Day::of(manifest.created),
    };
    let comparison = baseline::compare(&groups, &diagnoses, &against);
    let tests = tested::tests(dir, &runs, &groups)?;
    let (lab, unread) = lab(dir)?;
    let contract = tested::contract(manifest, &groups);
    let expectations = baseline::expectations(contract.as_ref(), &groups, &names);
    let mut verdict = baseline::judge(&baseline::Case {
        expect,
        n_variants: manifest.builds.iter().filter(|build| can_run(build)).count(),
        groups: &groups,
        comparison: &comparison,
        expectations: &expectations,
        diagnoses: &diagnoses,
        floor: manifest.scenario.thresholds.confidence,
        failures: &[failures(dir, &runs, &tests), broken(lab.as_ref())].concat(),
        reproductions: &reproductions,
    });
    alike::advise(&mut verdict, &manifest.scenario.workload);
    let problems = runs.iter().flat_map(|run| run.ingested.problems.iter().cloned());
    let growth = growth(manifest, &runs);
    let covered = covered::read(dir, &diagnoses, &growth)?;
    let problems = problems.chain(sanitized.problems).chain(covered.problems);
    let problems: Vec<Problem> = problems.chain(unread).collect();
    let inputs: Vec<RunInput<'_>> =
        runs.iter().map(|run| RunInput { record: run.record, timeline: &run.timeline }).collect();
    let debug = super::debug::repeat::of_capture(dir, &groups)?;
    let mut report = report::build(report::Inputs {
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
        reproductions,
        tests,
        coverage: covered.by_variant,
    });
    report.debug = debug;
    report.lab = lab;
    let thresholds = manifest.scenario.thresholds.clone();
    let panels = panels(manifest, &runs);
    let cycles = runs.into_iter().map(cycles).collect();
    Ok(Analysis {
        report,
        groups,
        diagnoses,
        conditions,
        thresholds,
        growth,
        panels,
        cycles,
        module_dir: manifest.scenario.workload.module.to_string(),
        of: None,
        interrupt: context.interrupt.clone(),
    })
}

fn panels(manifest: &Manifest, runs: &[Analysed<'_>]) -> Panels {
    let read = runs.iter().map(|run| panels::Read {
        id: &run.record.id,
        ok: run.record.ok,
        pieces: &run.ingested.pieces,
        timeline: &run.timeline,
    });
    panels::panels(&manifest.scenario.workload.package, &read.collect::<Vec<_>>())
}

/// What was asked of the builds.
fn lab(dir: &CaptureDir) -> Result<(Option<Answers>, Option<Problem>), CliError> {
    let Some(bytes) = dir.lab()? else { return Ok((None, None)) };
    Ok(match report::lab::read(&bytes) {
        Ok(document) => (Some(document.answers), None),
        Err(found) => (
            None,
            Some(Problem {
                file: "lab.json".to_owned(),
                offset: 0,
                structure: "answers about builds".to_owned(),
                expected: "the document that `harness build` writes".to_owned(),
                found,
            }),
        ),
    })
}

/// What had to hold of the builds and does not: like a leak, a result of what was run.
fn broken(lab: Option<&Answers>) -> Vec<(Outcome, String)> {
    lab.map(Answers::broken).unwrap_or_default().into_iter().map(|words| (Outcome::Leak, words)).collect()
}

fn cycles(run: Analysed<'_>) -> RunCycles {
    let rows = run.timeline.into_rows();
    let RunPieces { wall: clock, clock_pairs, checkpoints, .. } = run.ingested.pieces;
    RunCycles { run: run.record.id.clone(), clock, clock_pairs, checkpoints, rows }
}

/// What stacks held at each checkpoint of the runs that went well.
fn growth(manifest: &Manifest, runs: &[Analysed<'_>]) -> Growth {
    let sound = runs.iter().filter(|run| run.record.ok);
    let observed: Vec<Observed<'_>> =
        sound.map(|run| Observed { id: &run.record.id, pieces: &run.ingested.pieces }).collect();
    Growth::of(&manifest.scenario.name, &manifest.scenario.workload.package, &observed, Limits::default())
}

/// Judges the variants that were built, by those of their runs that went well: all, or those of one repeat.
fn diagnoses(
    (manifest, sanitized): (&Manifest, &Sanitized),
    runs: &[Analysed<'_>],
    repeat: Option<u32>,
) -> Vec<Diagnosis> {
    let counts =
        |run: &&Analysed<'_>| run.record.ok && repeat.is_none_or(|repeat| run.record.id.repeat == repeat);
    let none = ModuleTable::default();
    let mut diagnoses = Vec::new();
    for build in &manifest.builds {
        let facts = facts(manifest, &build.variant);
        let is_emulated = facts.is_some_and(|facts| facts.runner.emulator().is_some());
        let evidence: Vec<RunEvidence<'_>> = runs
            .iter()
            .filter(|run| *run.record.id.variant == *build.variant)
            .filter(counts)
            .map(|run| RunEvidence {
                id: &run.record.id,
                pieces: &run.ingested.pieces,
                timeline: &run.timeline,
                wall: run.record.wall,
                peak_rss: if is_emulated { Bytes(0) } else { run.record.peak_rss },
            })
            .collect();
        let kind = manifest.scenario.workload.kind;
        if let Some(facts) = facts.filter(|_| !evidence.is_empty()) {
            let modules = if facts.modules.main.is_empty() { &none } else { &facts.modules };
            let module_dir = manifest.scenario.workload.module.as_str();
            let escapes = &build.escapes;
            let c_leaks = sanitized.by_variant.get(&build.variant).unwrap_or(&CLeaks::NotAsked);
            let figures = BuildFigures { size: facts.plain.size, modules, escapes, module_dir, c_leaks };
            let thresholds = &manifest.scenario.thresholds;
            let mut diagnosis = match kind {
                Kind::Binary => diagnose::variant(&build.variant, &evidence, &figures, thresholds),
                Kind::Test | Kind::Bench => {
                    let (whole, tests) = tested::by_test(manifest, &build.variant, evidence);
                    diagnose::tests((&build.variant, kind), &whole, &tests, &figures, thresholds)
                }
            };
            diagnosis.inconclusive.extend(doubts(&build.variant, manifest, runs));
            diagnoses.push(diagnosis);
        }
    }
    diagnoses
}
