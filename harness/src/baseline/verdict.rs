//! What a run comes to, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::{Comparison, MetricStanding, Standing};
use super::group::FindingGroup;
use crate::model::{Diagnosis, Evidence, Frame, LeakKind, Outcome};
use crate::scenario::{Expect, ExpectedLeak};

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The outcome; the worst of the reasons'.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// One line.
    pub headline: String,
    /// Why, in words, worst first.
    pub reasons: Vec<String>,
}

/// An expected leak, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// What was expected.
    #[serde(flatten)]
    pub leak: ExpectedLeak,
    /// Index of the finding, if there is one.
    pub finding: Option<usize>,
    /// Variants in which it did not reproduce.
    pub missing_in: Vec<String>,
}

/// All that a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The contract.
    pub expect: Option<&'a Expect>,
    /// Variants that were asked for.
    pub n_variants: usize,
    /// Findings.
    pub groups: &'a [FindingGroup],
    /// How they stand.
    pub comparison: &'a Comparison,
    /// What the contract's leaks came to.
    pub expectations: &'a [Expectation],
    /// Variants judged.
    pub diagnoses: &'a [Diagnosis],
    /// What failed before anything could be judged: builds, runs, an interrupt.
    pub failures: &'a [(Outcome, String)],
}

/// Looks up the contract's leaks among the findings.
#[must_use]
pub fn expectations(
    expect: Option<&Expect>,
    groups: &[FindingGroup],
    variants: &[String],
) -> Vec<Expectation> {
    let leaks = expect.map_or(&[][..], |expect| &expect.leaks);
    let look = |leak: &ExpectedLeak| {
        let found: Vec<usize> = (0..groups.len()).filter(|index| matches(leak, &groups[*index])).collect();
        let seen = |name: &&String| found.iter().any(|index| groups[*index].variants.contains(name));
        Expectation {
            leak: leak.clone(),
            finding: found.first().copied(),
            missing_in: variants.iter().filter(|name| !seen(name)).cloned().collect(),
        }
    };
    leaks.iter().map(look).collect()
}

/// Whether an expected leak is this finding: by its site, or by a frame of its evidence.
fn matches(leak: &ExpectedLeak, group: &FindingGroup) -> bool {
    let finding = &group.finding;
    let at = |frame: &Frame, file: &str| {
        let function = &*frame.function;
        let place = format!("{file}:{}", frame.line);
        leak.site == function
            || function.rsplit('/').next() == Some(&leak.site)
            || ends_with_path(&place, &leak.site)
    };
    if leak.kind != finding.kind {
        return false;
    }
    let frames = finding.evidence.iter().flat_map(|evidence| match evidence {
        Evidence::Allocation { stack, .. } => stack.as_slice(),
        Evidence::Goroutines { created_by, .. } => created_by.as_slice(),
        Evidence::Blocked { .. } | Evidence::Note { .. } => &[],
    });
    at(&finding.site, &finding.file) || frames.into_iter().any(|frame| at(frame, &frame.file))
}

/// `internal/cache/cache.go:44` ends with `cache.go:44`, at a slash.
fn ends_with_path(place: &str, wanted: &str) -> bool {
    wanted.contains(".go:")
        && place.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Judges.
#[must_use]
pub fn judge(case: &Case<'_>) -> Verdict {
    let mut reasons: Vec<(Outcome, String)> = case.failures.to_vec();
    reasons.extend(not_reproduced(case));
    reasons.extend(unexpected(case));
    reasons.extend(worse_metrics(case));
    if !reasons.iter().any(|(outcome, _)| *outcome == Outcome::Leak) {
        reasons.extend(doubts(case));
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.0));
    let outcome = reasons.first().map_or(Outcome::Pass, |(outcome, _)| *outcome);
    Verdict {
        outcome,
        exit_code: outcome.exit_code(),
        headline: headline(case, outcome, &reasons),
        reasons: reasons.into_iter().map(|(_, words)| words).collect(),
    }
}

fn not_reproduced<'a>(case: &'a Case<'_>) -> impl Iterator<Item = (Outcome, String)> + 'a {
    case.expectations.iter().filter(|expected| !expected.missing_in.is_empty()).map(|expected| {
        let ExpectedLeak { kind, site } = &expected.leak;
        let kind = kind_word(*kind);
        let variants = expected.missing_in.join(", ");
        (Outcome::Leak, format!("expected {kind} leak at `{site}` did not reproduce in {variants}"))
    })
}

fn is_expected(case: &Case<'_>, group: &FindingGroup) -> bool {
    case.expect.is_some_and(|expect| expect.leaks.iter().any(|leak| matches(leak, group)))
}

/// Findings that nobody expected or accepted. An empty contract excuses nothing, accepted or not.
fn unexpected<'a>(case: &'a Case<'_>) -> impl Iterator<Item = (Outcome, String)> + 'a {
    let strict = case.expect.is_some_and(|expect| expect.leaks.is_empty());
    case.groups.iter().zip(&case.comparison.standings).filter_map(move |(group, standing)| {
        let word = match standing {
            _ if is_expected(case, group) => return None,
            Standing::Known | Standing::Better if !strict => return None,
            Standing::Worse => "a known leak grew faster",
            _ => "unexpected leak",
        };
        Some((Outcome::Leak, format!("{word}: {}", group.finding.sentence)))
    })
}

fn worse_metrics<'a>(case: &'a Case<'_>) -> impl Iterator<Item = (Outcome, String)> + 'a {
    let worse = case.comparison.metrics.iter().filter(|metric| metric.standing == MetricStanding::Worse);
    worse.map(|worse| {
        let now = worse.metric.median().unwrap_or(0);
        let (old, unit) = (worse.accepted.unwrap_or(0), &worse.metric.unit);
        let words = format!("{} of {} rose from {old} to {now} {unit}", worse.metric.name, worse.variant);
        (Outcome::Leak, words)
    })
}

fn doubts<'a>(case: &'a Case<'_>) -> impl Iterator<Item = (Outcome, String)> + 'a {
    let of = |diagnosis: &'a Diagnosis| {
        diagnosis.inconclusive.iter().map(move |why| format!("{}: {why}", diagnosis.variant))
    };
    case.diagnoses.iter().flat_map(of).map(|why| (Outcome::Inconclusive, why))
}

fn headline(case: &Case<'_>, outcome: Outcome, reasons: &[(Outcome, String)]) -> String {
    let variants = match case.n_variants {
        1 => "1 variant".to_owned(),
        n => format!("{n} variants"),
    };
    match outcome {
        Outcome::Pass if !case.expectations.is_empty() => {
            let n = case.expectations.len();
            let leaks = if n == 1 { "the expected leak" } else { "all expected leaks" };
            format!("{leaks} ({n}) reproduced in {variants}")
        }
        Outcome::Pass if case.groups.is_empty() => format!("no leak in {variants}"),
        Outcome::Pass => format!("no leak but the {} known in {variants}", case.groups.len()),
        _ => {
            let n = reasons.iter().filter(|reason| reason.0 == outcome).count();
            let first = reasons.first().map_or("", |reason| reason.1.as_str());
            let first = first.lines().next().unwrap_or("");
            if n > 1 { format!("{first} (and {} more)", n - 1) } else { first.to_owned() }
        }
    }
}

pub(super) fn kind_word(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Heap => "heap",
        LeakKind::Goroutine => "goroutine",
    }
}
