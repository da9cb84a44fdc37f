//! Figures of a run against those that were accepted, and of one variant against another.
//!
//! Input: metrics, the baseline, thresholds. Output: how each figure stands. A threshold has a direction: so much of a
//! rise is worse, and of a fall only where the scenario says so. Both its parts, relative and absolute, have to be passed.
//! Figures are only compared where they can be: all of them need the same Go, target, load and build flags, noisy ones
//! the same number of processors, too, and times the same processor.

use std::collections::BTreeMap;

use super::compare::{MetricComparison, MetricStanding, difference};
use super::file::{AcceptedMetric, Baseline, Conditions};
use super::significance::{self, TooFew};
use crate::model::stats::{self, ALPHA};
use crate::model::{Diagnosis, Metric};
use crate::scenario::Thresholds;

/// Exact figures are equal from run to run, so a rise of this share is a change of the program.
const EXACT_RELATIVE: f64 = 0.01;

/// What figures of a build begin with: there is one of each, however often the program runs.
const OF_BUILD: &str = "build.";

/// A change that counts is larger than both.
#[derive(Debug, Clone, Copy)]
struct Bound {
    relative: f64,
    absolute: u64,
}

impl Bound {
    fn margin(&self, accepted: u64) -> f64 {
        (accepted as f64 * self.relative).max(self.absolute as f64)
    }
}

/// When a figure counts as changed, and what that means.
#[derive(Debug, Clone, Copy)]
struct Limit {
    rise: Bound,
    fall: Bound,
    /// A fall is no improvement.
    fall_is_worse: bool,
    /// It may fail a run; the others are shown.
    judges: bool,
    /// The scenario has a threshold for it.
    own: bool,
}

impl Limit {
    fn of(metric: &Metric, thresholds: &Thresholds) -> Self {
        let usual = Bound {
            relative: if metric.exact { EXACT_RELATIVE } else { thresholds.relative },
            absolute: if !metric.exact && metric.unit == "B" { thresholds.absolute_bytes } else { 0 },
        };
        // Counts and times change with the machine's load, and a program that has grown is no leak.
        let judges = metric.exact || (metric.unit == "B" && !is_of_build(metric));
        let Some(own) = thresholds.metrics.get(&metric.name) else {
            return Self { rise: usual, fall: usual, fall_is_worse: false, judges, own: false };
        };
        let bound = |relative: Option<f64>, absolute: Option<u64>| match (relative, absolute) {
            (None, None) => usual,
            (relative, absolute) => {
                Bound { relative: relative.unwrap_or(0.0), absolute: absolute.unwrap_or(0) }
            }
        };
        Self {
            rise: bound(own.rise, own.rise_absolute),
            fall: bound(own.fall, own.fall_absolute),
            fall_is_worse: own.fall.is_some() || own.fall_absolute.is_some(),
            judges: true,
            own: true,
        }
    }
}

fn is_of_build(metric: &Metric) -> bool {
    metric.name.starts_with(OF_BUILD)
}

/// Whether a figure is worth accepting: times only where the scenario has a threshold for them.
pub(super) fn is_lasting(metric: &Metric, thresholds: &Thresholds) -> bool {
    metric.unit != "ns" || thresholds.metrics.contains_key(&metric.name)
}

/// Compares all figures of all variants.
pub(super) fn compare(
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
    now: &Conditions,
    thresholds: &Thresholds,
) -> Vec<MetricComparison> {
    let accepted: BTreeMap<(&str, &str), &AcceptedMetric> = baseline
        .into_iter()
        .flat_map(|baseline| &baseline.metrics)
        .map(|metric| ((metric.variant.as_str(), metric.name.as_str()), metric))
        .collect();
    let then = baseline.map(|baseline| &baseline.conditions);
    let one = |diagnosis: &Diagnosis, metric: &Metric| {
        let old = accepted.get(&(diagnosis.variant.as_str(), metric.name.as_str())).copied();
        let barred = then.is_some_and(|then| is_barred(then, now, &diagnosis.variant, metric));
        let limit = Limit::of(metric, thresholds);
        let too_few = old.filter(|_| !barred && limit.judges).and_then(|old| too_few(metric, old));
        let standing = match (old, metric.median()) {
            (Some(_), _) if barred => MetricStanding::NotComparable,
            (Some(old), Some(now)) => standing(metric, old, now, &limit),
            _ => MetricStanding::New,
        };
        let noisy = !metric.exact;
        MetricComparison {
            variant: diagnosis.variant.clone(),
            metric: metric.clone(),
            accepted: old.map(|old| old.value),
            standing,
            has_threshold: limit.own,
            too_few,
            interval: stats::median_interval(&significance::floats(&metric.values), ALPHA).filter(|_| noisy),
            from_first: reference(diagnoses, diagnosis, metric)
                .filter(|_| noisy)
                .and_then(|first| significance::between(&first.values, &metric.values)),
            from_accepted: old
                .filter(|_| noisy && !barred)
                .and_then(|old| significance::since(&old.values, &metric.values)),
        }
    };
    let all = |diagnosis: &Diagnosis| -> Vec<MetricComparison> {
        diagnosis.metrics.iter().map(|metric| one(diagnosis, metric)).collect()
    };
    diagnoses.iter().flat_map(all).collect()
}

/// The same figure of the first variant, for the others.
fn reference<'a>(diagnoses: &'a [Diagnosis], of: &Diagnosis, metric: &Metric) -> Option<&'a Metric> {
    let first = diagnoses.first().filter(|first| first.variant != of.variant)?;
    first.metrics.iter().find(|other| other.name == metric.name)
}

/// Conditions under which a figure says nothing about another.
fn is_barred(then: &Conditions, now: &Conditions, variant: &str, metric: &Metric) -> bool {
    difference(then, now).is_some()
        || flags(then, now).any(|(name, ..)| name == variant)
        || (!metric.exact && then.cpus != now.cpus)
        || (metric.unit == "ns" && other_cpu(then, now).is_some())
}

/// Variants that are built with other flags than those that were accepted.
fn flags<'a>(then: &'a Conditions, now: &'a Conditions) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let both = |(name, new): (&'a String, &'a String)| {
        let old = then.builds.get(name).filter(|old| *old != new)?;
        Some((name.as_str(), old.as_str(), new.as_str()))
    };
    now.builds.iter().filter_map(both)
}

fn other_cpu<'a>(then: &'a Conditions, now: &'a Conditions) -> Option<(&'a str, &'a str)> {
    let (old, new) = (then.cpu.as_deref()?, now.cpu.as_deref()?);
    (old != new).then_some((old, new))
}

/// Why not all figures can be compared, in words.
pub(super) fn not_comparable(
    baseline: &Baseline,
    now: &Conditions,
    diagnoses: &[Diagnosis],
) -> Option<String> {
    let then = &baseline.conditions;
    if let Some(why) = difference(then, now) {
        return Some(format!("figures are not comparable: {why}"));
    }
    let mut reasons = Vec::new();
    for (name, old, new) in
        flags(then, now).filter(|(name, ..)| diagnoses.iter().any(|one| one.variant == *name))
    {
        let or_none = |flags: &str| if flags.is_empty() { "no flags".to_owned() } else { flags.to_owned() };
        let (old, new) = (or_none(old), or_none(new));
        reasons.push(format!("figures of {name} are not comparable: accepted with {old}, built with {new}"));
    }
    if then.cpus != now.cpus {
        reasons.push(format!(
            "only exact figures are comparable: the baseline is from a machine with {} processors, this one has {}",
            then.cpus, now.cpus
        ));
    }
    let times = baseline.metrics.iter().any(|metric| metric.unit == "ns");
    if let Some((old, new)) = other_cpu(then, now).filter(|_| times) {
        reasons.push(format!("times are not comparable: the baseline is from `{old}`, this is `{new}`"));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn standing(metric: &Metric, old: &AcceptedMetric, now: u64, limit: &Limit) -> MetricStanding {
    let change = now as f64 - old.value as f64;
    let up = change > 0.0;
    let margin = if up { limit.rise } else { limit.fall }.margin(old.value);
    match () {
        // Any change of an exact figure is worth a look.
        () if change.abs() <= margin && metric.exact && change != 0.0 => MetricStanding::Changed,
        () if change.abs() <= margin => MetricStanding::Same,
        () if !limit.judges => MetricStanding::Changed,
        () if too_few(metric, old).is_some() && (up || limit.fall_is_worse) => MetricStanding::Undecided,
        () if !(metric.exact || is_firm(metric, old, margin, up)) => MetricStanding::Changed,
        () if up || limit.fall_is_worse => MetricStanding::Worse,
        () => MetricStanding::Better,
    }
}

/// Whether no values that this run could have come to would fail it.
fn too_few(metric: &Metric, old: &AcceptedMetric) -> Option<TooFew> {
    let is_sampled = !metric.exact && !is_of_build(metric);
    is_sampled.then(|| TooFew::of(old.values.len().max(1), metric.values.len()))?
}

/// Thresholds of the scenario that hold nothing, in words.
pub(super) fn idle_thresholds(
    diagnoses: &[Diagnosis],
    baseline: Option<&Baseline>,
    thresholds: &Thresholds,
) -> Vec<String> {
    let measured = |name: &str| diagnoses.iter().any(|one| one.metrics.iter().any(|it| it.name == *name));
    let accepted = |name: &str| baseline.is_some_and(|all| all.metrics.iter().any(|it| it.name == *name));
    let why = |name: &String| match () {
        () if !measured(name) => {
            Some(format!("the threshold of `{name}` holds nothing: no run has that figure"))
        }
        () if !accepted(name) => Some(format!(
            "the threshold of `{name}` holds nothing yet: `harness baseline accept` takes the figure"
        )),
        () => None,
    };
    thresholds.metrics.keys().filter(|_| !diagnoses.is_empty()).filter_map(why).collect()
}

/// Whether repeats leave no doubt that a figure is beyond its threshold: by a rank test against the accepted repeats, or,
/// where a single value was accepted, by all of several repeats.
fn is_firm(metric: &Metric, old: &AcceptedMetric, margin: f64, up: bool) -> bool {
    if old.values.len() > 1 {
        return significance::is_beyond(&old.values, &metric.values, margin, up);
    }
    let accepted = old.value as f64;
    let beyond = |value: &u64| match up {
        true => *value as f64 > accepted + margin,
        false => (*value as f64) < accepted - margin,
    };
    metric.values.iter().all(beyond) // enough of them: see `too_few`
}
