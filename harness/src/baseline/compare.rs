//! Findings and figures of a run against those that were accepted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::{AcceptedFinding, AcceptedMetric, Baseline, Conditions};
use super::group::FindingGroup;
use crate::model::{Diagnosis, Growth, Metric};
use crate::scenario::Thresholds;

/// Exact figures are equal from run to run, so a rise of this share is a change of the program.
const EXACT_RELATIVE: f64 = 0.01;

/// Repeats from which a noisy figure can judge.
const FIRM_REPEATS: usize = 3;

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Not in the baseline.
    New,
    /// Accepted, and grows as it did.
    Known,
    /// Accepted, and grows more slowly now.
    Better,
    /// Accepted, and grows faster now.
    Worse,
}

/// How a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricStanding {
    /// Nothing was accepted for it.
    New,
    /// Within its threshold.
    Same,
    /// Lower by more than its threshold.
    Better,
    /// Higher by more than its threshold.
    Worse,
    /// Higher or lower, but shown for information alone.
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
}

/// What the comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// There is a baseline.
    pub has_baseline: bool,
    /// Why figures are not compared.
    pub not_comparable: Option<String>,
    /// How each finding stands, in the order of the groups.
    pub standings: Vec<Standing>,
    /// Accepted leaks that were not found.
    pub fixed: Vec<AcceptedFinding>,
    /// Figures.
    pub metrics: Vec<MetricComparison>,
}

/// Compares. `variants` are those that ran: an accepted leak of another variant is not fixed by that.
#[must_use]
pub fn compare(
    groups: &[FindingGroup],
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
    now: &Conditions,
    thresholds: &Thresholds,
) -> Comparison {
    let accepted = |group: &FindingGroup| baseline?.findings.iter().find(|old| old.key() == group.key());
    let standings = groups.iter().map(|group| standing(group, accepted(group), thresholds)).collect();
    let not_comparable = baseline.and_then(|baseline| difference(&baseline.conditions, now));
    let metrics = metrics(diagnoses, baseline, not_comparable.is_some(), thresholds);
    Comparison {
        has_baseline: baseline.is_some(),
        not_comparable,
        standings,
        fixed: fixed(groups, diagnoses, baseline),
        metrics,
    }
}

fn standing(group: &FindingGroup, accepted: Option<&AcceptedFinding>, thresholds: &Thresholds) -> Standing {
    let Some(old) = accepted else { return Standing::New };
    let now = |figure: fn(&Growth) -> f64| {
        group.by_variant.iter().map(|one| figure(&one.growth)).fold(0.0, f64::max)
    };
    let pairs = [
        (old.bytes_per_op, now(|growth| growth.bytes_per_op), thresholds.bytes_per_op),
        (old.objects_per_op, now(|growth| growth.objects_per_op), 0.0),
    ];
    let rose = |(old, now, least): &(f64, f64, f64)| now - old > least.max(old * thresholds.relative);
    let fell = |(old, now, least): &(f64, f64, f64)| old - now > least.max(old * thresholds.relative);
    if pairs.iter().any(rose) {
        Standing::Worse
    } else if pairs.iter().any(fell) {
        Standing::Better
    } else {
        Standing::Known
    }
}

fn fixed(
    groups: &[FindingGroup],
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
) -> Vec<AcceptedFinding> {
    let ran = |old: &&AcceptedFinding| {
        old.variants.iter().any(|name| diagnoses.iter().any(|diagnosis| diagnosis.variant == *name))
    };
    let found = |old: &&AcceptedFinding| groups.iter().any(|group| group.key() == old.key());
    let all = baseline.map_or(&[][..], |baseline| &baseline.findings);
    all.iter().filter(ran).filter(|old| !found(old)).cloned().collect()
}

fn difference(then: &Conditions, now: &Conditions) -> Option<String> {
    (then != now).then(|| format!("the baseline is from {}, this is {}", words(then), words(now)))
}

fn words(conditions: &Conditions) -> String {
    let Conditions { go, goos, goarch, cpus } = conditions;
    format!("{go} {goos}/{goarch} on {cpus} processors")
}

fn metrics(
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
    other_conditions: bool,
    thresholds: &Thresholds,
) -> Vec<MetricComparison> {
    let accepted: BTreeMap<(&str, &str), &AcceptedMetric> = baseline
        .into_iter()
        .flat_map(|baseline| &baseline.metrics)
        .map(|metric| ((metric.variant.as_str(), metric.name.as_str()), metric))
        .collect();
    let mut compared = Vec::new();
    for diagnosis in diagnoses {
        for metric in &diagnosis.metrics {
            let old = accepted.get(&(diagnosis.variant.as_str(), metric.name.as_str())).map(|old| old.value);
            let standing = match (old, metric.median()) {
                (Some(_), _) if other_conditions => MetricStanding::NotComparable,
                (Some(old), Some(now)) => metric_standing(metric, old, now, thresholds),
                _ => MetricStanding::New,
            };
            let variant = diagnosis.variant.clone();
            compared.push(MetricComparison { variant, metric: metric.clone(), accepted: old, standing });
        }
    }
    compared
}

fn metric_standing(metric: &Metric, old: u64, now: u64, thresholds: &Thresholds) -> MetricStanding {
    let change = now.abs_diff(old);
    let share = change as f64 / old.max(1) as f64;
    let beyond = match metric.exact {
        true => share > EXACT_RELATIVE,
        false => share > thresholds.relative && (metric.unit != "B" || change > thresholds.absolute_bytes),
    };
    match () {
        () if !beyond => MetricStanding::Same,
        () if !metric.exact && !is_firm(metric, old, thresholds) => MetricStanding::Changed,
        () if now > old => MetricStanding::Worse,
        () => MetricStanding::Better,
    }
}

/// Noisy figures change with the machine's load, counts and times most of all. Sizes judge when there are
/// several repeats and every one of them is beyond the threshold; the others are shown.
fn is_firm(metric: &Metric, old: u64, thresholds: &Thresholds) -> bool {
    let beyond = |value: &u64| value.abs_diff(old) as f64 > old as f64 * thresholds.relative;
    metric.unit == "B" && metric.values.len() >= FIRM_REPEATS && metric.values.iter().all(beyond)
}
