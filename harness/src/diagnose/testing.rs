//! Judges a test binary: each test by its own runs, as any program is judged, and their findings together.
//!
//! Input: the plain run, and the runs of each test that was worth some. Output: one [`Diagnosis`] for all of the binary, in
//! which each finding names its test. What must not happen here: a finding of a test out of another's run.

use std::collections::BTreeSet;

use super::{BuildFigures, RunEvidence, variant};
use crate::model::{Diagnosis, Evidence, Finding, Frame, Per, package_of};
use crate::scenario::{Kind, Thresholds};

/// What rules say that want natural runs: tests have none, on purpose.
const OF_NATURAL_RUNS: &str = "no natural run";

/// A test that has runs of its own, or the group of parallel ones.
#[derive(Debug, Clone)]
pub struct TestEvidence<'a> {
    /// Its name.
    pub name: &'a str,
    /// The tests of the group; none if it is one.
    pub group: &'a [String],
    /// Its runs.
    pub runs: Vec<RunEvidence<'a>>,
}

/// Judges a test binary. `whole` are the runs of all its tests.
#[must_use]
pub fn tests(
    (name, kind): (&str, Kind),
    whole: &[RunEvidence<'_>],
    tests: &[TestEvidence<'_>],
    build: &BuildFigures<'_>,
    thresholds: &Thresholds,
) -> Diagnosis {
    let plain = variant(name, whole, build, thresholds);
    let mut all = Diagnosis { variant: name.to_owned(), metrics: plain.metrics, ..Diagnosis::default() };
    let (mut not_run, mut limits) = (BTreeSet::new(), Vec::new());
    for test in tests {
        let judged = variant(name, &test.runs, build, thresholds);
        let named = |why: String| format!("{}: {why}", test.name);
        all.findings.extend(judged.findings.into_iter().map(|finding| of_test(finding, test, kind)));
        all.inconclusive.extend(judged.inconclusive.into_iter().map(named));
        not_run.extend(judged.not_run.into_iter().filter(|rule| !rule.why.contains(OF_NATURAL_RUNS)));
        limits.extend(judged.limits);
    }
    all.not_run = not_run.into_iter().collect();
    limits.dedup();
    all.limits = limits;
    all
}

/// A finding as one of a test's. What is known of it by name is another in another test.
fn of_test(mut finding: Finding, test: &TestEvidence<'_>, kind: Kind) -> Finding {
    let name = member(&finding, test.group).unwrap_or(test.name).to_owned();
    let mut hasher = blake3::Hasher::new();
    for part in [&finding.fingerprint, &name] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    finding.fingerprint = hasher.finalize().to_hex().as_str()[..16].to_owned();
    if kind == Kind::Test {
        finding.sentence = finding.sentence.replace(&per(Per::Operation), &per(Per::Iteration));
        finding.growth.per = Per::Iteration;
    }
    finding.sentence = format!("{name}: {}", finding.sentence);
    if !test.group.is_empty() {
        let text = format!("{} run at the same time and are judged as a group", list(test.group));
        finding.evidence.push(Evidence::Note { text });
    }
    finding.test = Some(name);
    finding
}

fn per(per: Per) -> String {
    format!("per {}", per.word())
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names.get(..SHOWN).unwrap_or_default().join(", ")),
    }
}

/// The one test of a group that is on the stacks of a finding.
fn member<'a>(finding: &Finding, group: &'a [String]) -> Option<&'a str> {
    let frames: Vec<&Frame> = finding.evidence.iter().flat_map(stack).collect();
    let is_on = |name: &&String| frames.iter().any(|frame| is_of(&frame.function, name));
    let mut on = group.iter().filter(is_on);
    match (on.next(), on.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// Whether a function is a test or written in one: `m.TestX`, `m.TestX.func1`.
fn is_of(function: &str, test: &str) -> bool {
    let name = function.strip_prefix(package_of(function)).unwrap_or(function).trim_start_matches('.');
    name.strip_prefix(test).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn stack(evidence: &Evidence) -> &[Frame] {
    match evidence {
        Evidence::Allocation { stack, .. }
        | Evidence::Calls { stack, .. }
        | Evidence::Figures { stack, .. } => stack,
        Evidence::Goroutines { created_by, .. } => created_by,
        _ => &[],
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_tests_own_functions_are_told_from_another_of_a_longer_name() {
        assert!(is_of("example.com/m.TestX", "TestX"));
        assert!(is_of("example.com/m.TestX.func1.2", "TestX"));
        assert!(is_of("example.com/m_test.TestX.func1", "TestX"));
        assert!(!is_of("example.com/m.TestXY", "TestX"));
        assert!(!is_of("example.com/m.leak", "TestX"));
    }

    #[test]
    fn a_long_group_is_told_short() {
        let names: Vec<String> = (0..10).map(|n| format!("Test{n}")).collect();
        assert!(list(&names).ends_with("Test7 and 2 more"), "{}", list(&names));
        assert_eq!(list(&names[..2]), "Test0, Test1");
    }
}
