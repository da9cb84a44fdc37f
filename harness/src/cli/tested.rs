//! What the runs of a test binary come to: rows for its tests, what failed, who has runs of its own.
//!
//! A test that fails has failed; one that passes once and fails when it is run again is not judged, and that is told. Neither is
//! taken for a leak.

use std::collections::BTreeSet;

use super::error::CliError;
use super::reading::{Analysed, facts};
use crate::baseline::{self, FindingGroup};
use crate::capture::{self, CaptureDir, Manifest, RunRecord};
use crate::diagnose::{RunEvidence, TestEvidence};
use crate::model::{Mode, Outcome, PARALLEL, TestKind};
use crate::report::{self, TestReport, TestResult};
use crate::scenario::{Expect, Kind, Variant};

/// Whether a run looked at all tests, one by one.
pub(super) fn is_survey(manifest: &Manifest, record: &RunRecord) -> bool {
    manifest.scenario.workload.kind != Kind::Binary
        && record.id.mode != Mode::Plain
        && record.id.test.is_none()
}

/// The plain runs of a test binary, and those of each test that has some of its own. A survey is no evidence: it only
/// says what to look at.
pub(super) fn by_test<'a>(
    manifest: &'a Manifest,
    variant: &str,
    evidence: Vec<RunEvidence<'a>>,
) -> (Vec<RunEvidence<'a>>, Vec<TestEvidence<'a>>) {
    let (mut whole, mut tests): (Vec<RunEvidence<'a>>, Vec<TestEvidence<'a>>) = (Vec::new(), Vec::new());
    for run in evidence {
        let Some(test) = run.id.test.as_deref() else {
            whole.extend((run.id.mode == Mode::Plain).then_some(run));
            continue;
        };
        match tests.iter_mut().find(|one| one.name == test) {
            Some(known) => known.runs.push(run),
            None => {
                let members = manifest.parallel.get(variant).filter(|_| test == PARALLEL);
                let group = members.map_or(&[][..], Vec::as_slice);
                tests.push(TestEvidence { name: test, group, runs: vec![run] });
            }
        }
    }
    (whole, tests)
}

/// What became of each test.
pub(super) fn tests(
    dir: &CaptureDir,
    runs: &[Analysed<'_>],
    groups: &[FindingGroup],
) -> Result<Vec<TestReport>, CliError> {
    let manifest = dir.manifest();
    let mut rows = Vec::new();
    for survey in runs.iter().filter(|run| is_survey(manifest, run.record)) {
        let variant = &*survey.record.id.variant;
        let plain = plain(manifest, variant);
        let output = plain.map_or(Ok(String::new()), |plain| stdout(dir, plain))?;
        let input = report::SurveyInput {
            variant,
            package: facts(manifest, variant).map_or("", |facts| &facts.package),
            tests: &survey.ingested.pieces.tests,
            plain: (&output, plain.is_some_and(|plain| plain.ok)),
            output: &stdout(dir, survey.record)?,
            is_last: !runs.iter().any(|run| {
                is_survey(manifest, run.record)
                    && run.record.id.variant == survey.record.id.variant
                    && run.record.id.repeat > survey.record.id.repeat
            }),
        };
        rows.extend(report::test_rows(&[input], groups));
    }
    Ok(rows)
}

/// Whether all tests of a variant pass when they are run once.
pub(super) fn passes_once(manifest: &Manifest, variant: &str) -> bool {
    plain(manifest, variant).is_some_and(|plain| plain.ok)
}

fn plain<'a>(manifest: &'a Manifest, variant: &str) -> Option<&'a RunRecord> {
    manifest.runs.iter().find(|run| *run.id.variant == *variant && run.id.mode == Mode::Plain)
}

/// The scenario's contract. Of several packages, an expected leak is one of a single package's.
pub(super) fn contract(manifest: &Manifest, groups: &[FindingGroup]) -> Option<Expect> {
    let mut expect = manifest.scenario.expect.clone()?;
    let variants = &manifest.scenario.variants;
    if variants.iter().all(|variant| variant.package.is_none()) {
        return Some(expect);
    }
    for leak in expect.leaks.iter_mut().filter(|leak| leak.variants.is_empty()) {
        let candidates = baseline::candidates(leak, groups);
        let of = candidates.into_iter().filter_map(|index| groups.get(index));
        let in_packages: BTreeSet<&String> = of
            .flat_map(|group| &group.variants)
            .filter_map(|name| variants.iter().find(|variant| variant.name == *name)?.package.as_ref())
            .collect();
        let there =
            |variant: &&Variant| variant.package.as_ref().is_some_and(|one| in_packages.contains(one));
        leak.variants = variants.iter().filter(there).map(|variant| variant.name.clone()).collect();
    }
    Some(expect)
}

/// What a program wrote to its standard output.
fn stdout(dir: &CaptureDir, record: &RunRecord) -> Result<String, CliError> {
    let bytes = dir.read(record, "stdout.txt")?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
}

/// What failed, test by test, and what ended a process otherwise.
pub(super) fn failures(
    dir: &CaptureDir,
    runs: &[Analysed<'_>],
    tests: &[TestReport],
) -> Vec<(Outcome, String)> {
    let manifest = dir.manifest();
    // What ended the process is told with how that ended.
    let ended_in = |test: &&TestReport| {
        let of = |run: &&Analysed<'_>| *run.record.id.variant == *test.variant;
        runs.iter().filter(of).any(|run| run.ingested.pieces.tests.unfinished.as_deref() == Some(&test.name))
    };
    let told_alone = tests.iter().filter(|test| !ended_in(test));
    let mut failures: Vec<(Outcome, String)> =
        told_alone.filter_map(|test| failure(manifest, test)).collect();
    for run in runs.iter().filter(|run| !run.record.ok) {
        let of_variant = |test: &&TestReport| *test.variant == *run.record.id.variant;
        let told = tests.iter().filter(of_variant).any(|test| !test.output.is_empty());
        let plain_is_ok = plain(manifest, &run.record.id.variant).is_none_or(|plain| plain.ok);
        let is_plain = run.record.id.mode == Mode::Plain;
        let is_whole = run.record.id.test.is_none();
        if told && is_whole && is_ordinary(run.record) || !is_plain && !plain_is_ok {
            continue; // test by test, or as the plain run does
        }
        let outcome = if is_plain { Outcome::WorkloadFailed } else { Outcome::Inconclusive };
        failures.push((outcome, ended(dir, run, runs)));
    }
    failures
}

/// The end of a test binary whose tests fail, and say so.
fn is_ordinary(record: &RunRecord) -> bool {
    matches!(record.end, capture::End::Exited { code: 1 })
}

fn failure(manifest: &Manifest, test: &TestReport) -> Option<(Outcome, String)> {
    let place = if manifest.builds.len() > 1 { format!(" [{}]", test.variant) } else { String::new() };
    let output = if test.output.is_empty() { String::new() } else { format!("\n{}", test.output) };
    match test.result {
        TestResult::Fail if !test.output.is_empty() => {
            Some((Outcome::WorkloadFailed, format!("{} fails{place}{output}", test.name)))
        }
        // The go command runs examples once, whatever `-count` says.
        TestResult::Again if !test.output.is_empty() && test.kind != TestKind::Example => {
            let why = "passes once and fails when it is run again in the same process, so it is not judged";
            Some((Outcome::Inconclusive, format!("{} {why}{place}{output}", test.name)))
        }
        _ => None,
    }
}

/// How a process ended that should not have, and during which test.
fn ended(dir: &CaptureDir, run: &Analysed<'_>, runs: &[Analysed<'_>]) -> String {
    let of_variant = |other: &&Analysed<'_>| other.record.id.variant == run.record.id.variant;
    let unfinished = |run: &Analysed<'_>| run.ingested.pieces.tests.unfinished.clone();
    let test = unfinished(run).or_else(|| runs.iter().filter(of_variant).find_map(unfinished));
    let during = test.map_or_else(String::new, |test| format!(" while {test} ran"));
    let words = format!("{}: {}{during}", run.record.dir, report::end_words(&run.record.end));
    let tail = capture::failure_text(dir.root(), run.record);
    if tail.is_empty() { words } else { format!("{words}\n{}", tail.trim_end()) }
}
