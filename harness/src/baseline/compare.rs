//! Findings and figures of a run against those that were accepted.
//!
//! Findings are always compared: their identity outlives a change of Go release or machine. Figures are only
//! where they can be: all of them need the same Go and target, noisy ones the same number of processors too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::day::Day;
use super::exempt::{self, Exempt};
use super::figures;
use super::file::{AcceptedFinding, AcceptedGrowth, Baseline, Conditions, RejectedFinding};
use super::group::FindingGroup;
use super::significance::{Shift, TooFew};
use crate::model::stats::Interval;
use crate::model::{Diagnosis, Metric};
use crate::scenario::{Exemptions, Thresholds};

/// A rise of fewer goroutines, descriptors, threads or cycles per operation than this is no regression.
const THINGS_PER_OP: f64 = 0.01;

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Not in the baseline.
    New,
    /// Accepted, and grows as it did.
    Known,
    /// Accepted, and grows more slowly now, in one variant at least and faster in none.
    Better,
    /// Accepted, and grows faster now, in one variant at least.
    Worse,
    /// Accepted until a day that is past.
    Expired,
    /// A library's: reported, and does not judge.
    ThirdParty,
    /// The scenario suppresses it: reported, and does not judge.
    Suppressed,
}

/// A finding beside what was accepted of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedFinding {
    /// How it stands.
    pub standing: Standing,
    /// What was accepted.
    pub accepted: Option<AcceptedFinding>,
    /// Why it does not judge: a suppression's reason, a library that is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Somebody looked at it and wants it mended, with what was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<RejectedFinding>,
}

impl ComparedFinding {
    /// It does not judge.
    #[must_use]
    pub fn is_exempt(&self) -> bool {
        matches!(self.standing, Standing::ThirdParty | Standing::Suppressed)
    }

    /// Nobody has decided on it yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.standing, Standing::New | Standing::Worse | Standing::Expired)
            && self.rejected.is_none()
    }
}

/// How a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricStanding {
    /// Nothing was accepted for it.
    New,
    /// As accepted; a noisy one within its threshold.
    Same,
    /// Lower by more than its threshold.
    Better,
    /// Higher by more than its threshold.
    Worse,
    /// Beyond its threshold to the worse side, with too few repeats to tell that from chance.
    Undecided,
    /// Another value, shown for information alone.
    Changed,
    /// Measured under other conditions.
    NotComparable,
}

/// A figure and what was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricComparison {
    /// The variant.
    pub variant: String,
    /// The figure.
    #[serde(flatten)]
    pub metric: Metric,
    /// The accepted value.
    pub accepted: Option<u64>,
    /// How it stands.
    pub standing: MetricStanding,
    /// The scenario has a threshold for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_threshold: bool,
    /// It could not have failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_few: Option<TooFew>,
    /// Interval of the median, of a noisy figure of several repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// How it differs from the first variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_first: Option<Shift>,
    /// How it differs from what was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_accepted: Option<Shift>,
}

/// What the comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// There is a baseline.
    pub has_baseline: bool,
    /// Why no figures, or no noisy ones, are compared.
    pub not_comparable: Option<String>,
    /// How each finding stands, in the order of the groups.
    pub findings: Vec<ComparedFinding>,
    /// Accepted leaks that were not found in the variants that were judged.
    pub fixed: Vec<AcceptedFinding>,
    /// Figures.
    pub metrics: Vec<MetricComparison>,
    /// Suppressions of the scenario that no finding needed.
    pub unused_suppressions: Vec<String>,
    /// Thresholds of the scenario that hold nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle_thresholds: Vec<String>,
}

/// What a run is held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// What was accepted.
    pub baseline: Option<&'a Baseline>,
    /// Conditions of this run.
    pub conditions: &'a Conditions,
    /// What counts as worse.
    pub thresholds: &'a Thresholds,
    /// What does not judge.
    pub exemptions: &'a Exemptions,
    /// The day of the run.
    pub day: Day,
}

/// Compares. Variants without a diagnosis were not judged: an accepted leak of theirs is not fixed by that.
#[must_use]
pub fn compare(groups: &[FindingGroup], diagnoses: &[Diagnosis], against: &Against<'_>) -> Comparison {
    let Against { baseline, conditions: now, thresholds, exemptions, .. } = *against;
    Comparison {
        has_baseline: baseline.is_some(),
        not_comparable: baseline.and_then(|baseline| figures::not_comparable(baseline, now, diagnoses)),
        findings: groups.iter().map(|group| finding(group, against)).collect(),
        fixed: fixed(groups, diagnoses, baseline),
        metrics: figures::compare(diagnoses, baseline, now, thresholds),
        unused_suppressions: exempt::unused(groups, exemptions),
        idle_thresholds: figures::idle_thresholds(diagnoses, baseline, thresholds),
    }
}

fn finding(group: &FindingGroup, against: &Against<'_>) -> ComparedFinding {
    let key = group.key();
    let known = against.baseline.and_then(|all| all.findings.iter().find(|known| known.key() == key));
    let rejected = against.baseline.and_then(|all| all.rejected.iter().find(|other| other.key() == key));
    let (standing, why) = match exempt::exempt(group, against.exemptions) {
        Some(Exempt::Suppressed(reason)) => (Standing::Suppressed, Some(reason)),
        Some(Exempt::ThirdParty(why)) => (Standing::ThirdParty, Some(why)),
        None => (known.map_or(Standing::New, |known| standing(group, known, against)), None),
    };
    ComparedFinding { standing, accepted: known.cloned(), why, rejected: rejected.cloned() }
}

fn standing(group: &FindingGroup, known: &AcceptedFinding, against: &Against<'_>) -> Standing {
    let thresholds = against.thresholds;
    let of = |one: &super::VariantGrowth| {
        let (then, now) = (known.growth_in(&one.variant), AcceptedGrowth::from(&one.growth));
        if known.kind.is_bytes() {
            change(then.bytes_per_op, now.bytes_per_op, thresholds.bytes_per_op, thresholds)
        } else {
            change(then.objects_per_op, now.objects_per_op, THINGS_PER_OP, thresholds)
        }
    };
    // Their order is that of gravity.
    let growth = group.by_variant.iter().map(of).max().unwrap_or(Standing::Known);
    // A contract may excuse that a day is past, but not that a leak grows faster.
    let expired = known.expires.is_some_and(|last| against.day > last);
    if expired && growth != Standing::Worse { Standing::Expired } else { growth }
}

fn change(then: f64, now: f64, least: f64, thresholds: &Thresholds) -> Standing {
    let limit = least.max(then * thresholds.relative);
    match now - then {
        change if change > limit => Standing::Worse,
        change if change < -limit => Standing::Better,
        _ => Standing::Known,
    }
}

fn fixed(
    groups: &[FindingGroup],
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
) -> Vec<AcceptedFinding> {
    let judged = |name: &String| {
        let mut of_name = diagnoses.iter().filter(|diagnosis| diagnosis.variant == *name);
        // Where there is doubt, "not found" does not mean "not there".
        of_name.any(|diagnosis| diagnosis.inconclusive.is_empty())
    };
    let missed = |known: &&AcceptedFinding| {
        known.variants.iter().any(judged) && !groups.iter().any(|group| group.key() == known.key())
    };
    let all = baseline.map_or(&[][..], |baseline| &baseline.findings);
    all.iter().filter(missed).cloned().collect()
}

/// Why figures of `now` cannot stand beside those of `then`; processors are no reason. A run of fewer variants may
/// know fewer Go releases or targets than the whole.
pub(super) fn difference(then: &Conditions, now: &Conditions) -> Option<String> {
    let within = |now: &str, then: &str| {
        now.is_empty() || now.split(' ').all(|word| then.split(' ').any(|old| old == word))
    };
    let same =
        within(&now.go, &then.go) && within(&now.goos, &then.goos) && within(&now.goarch, &then.goarch);
    let words = |conditions: &Conditions| {
        let Conditions { go, goos, goarch, .. } = conditions;
        format!("{go} {goos}/{goarch}")
    };
    if !same {
        return Some(format!("the baseline is from {}, this is {}", words(then), words(now)));
    }
    // A baseline without it says nothing against the load.
    let (old, new) = (then.workload.as_ref()?, now.workload.as_ref()?);
    (old != new)
        .then(|| "the scenario's workload is not the one that the baseline was accepted of".to_owned())
}
