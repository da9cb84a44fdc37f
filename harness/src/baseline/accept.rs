//! Making a baseline out of a run, and saying what that changes.
//!
//! Input: findings and figures of a capture, the baseline before. Output: the baseline after, and the
//! difference in words for whoever is asked to accept it. Nothing is written here.

use std::collections::BTreeMap;

use super::compare::difference;
use super::file::{AcceptedFinding, AcceptedGrowth, AcceptedMetric, Baseline, Conditions, FORMAT};
use super::group::{FindingGroup, Key, kind_word};
use crate::model::{Diagnosis, Metric};

/// What is to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// Findings over the variants that were run.
    pub groups: &'a [FindingGroup],
    /// Those variants.
    pub diagnoses: &'a [Diagnosis],
    /// Under which conditions.
    pub conditions: &'a Conditions,
    /// Variants of the scenario that were not run: what was accepted of them stays.
    pub absent: &'a [String],
    /// Why the leaks that are new are accepted.
    pub note: Option<&'a str>,
}

/// Accepts the findings and figures of a run. Notes of leaks that were accepted before are kept.
///
/// # Errors
/// When figures of absent variants would have to stand beside others that were measured under other conditions.
pub fn accept(acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> Result<Baseline, String> {
    let kept = old.filter(|old| acceptance.absent.iter().any(|name| old.has_variant(name)));
    if let Some(why) = kept.and_then(|old| difference(&old.conditions, acceptance.conditions)) {
        let absent = acceptance.absent.join(", ");
        return Err(format!("{why}, and the capture lacks {absent}"));
    }
    let mut findings: Vec<AcceptedFinding> =
        acceptance.groups.iter().map(|group| finding(group, acceptance, old)).collect();
    findings.extend(kept.into_iter().flat_map(|old| unseen(acceptance, old)));
    findings.sort_by(|a, b| (a.kind, &a.site, &a.fingerprint).cmp(&(b.kind, &b.site, &b.fingerprint)));
    let mut metrics = metrics(acceptance.diagnoses);
    let of_absent = |metric: &&AcceptedMetric| acceptance.absent.contains(&metric.variant);
    metrics.extend(kept.into_iter().flat_map(|old| old.metrics.iter().filter(of_absent).cloned()));
    // A subset of the variants may know fewer Go releases than the whole.
    let conditions = kept.map_or(acceptance.conditions, |old| &old.conditions).clone();
    Ok(Baseline { format: FORMAT, conditions, findings, metrics })
}

fn finding(group: &FindingGroup, acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> AcceptedFinding {
    let before = old.and_then(|old| old.findings.iter().find(|finding| finding.key() == group.key()));
    let common = AcceptedGrowth::from(&group.finding.growth);
    let mut accepted = AcceptedFinding {
        kind: group.finding.kind,
        fingerprint: group.finding.fingerprint.clone(),
        site: group.finding.site.function.to_string(),
        place: format!("{}:{}", group.finding.file, group.finding.site.line),
        bytes_per_op: common.bytes_per_op,
        objects_per_op: common.objects_per_op,
        variants: group.variants.clone(),
        note: match before {
            Some(before) => before.note.clone(),
            None => acceptance.note.map(str::to_owned),
        },
        differs: BTreeMap::new(),
    };
    let mut growths: Vec<(String, AcceptedGrowth)> =
        group.by_variant.iter().map(|one| (one.variant.clone(), AcceptedGrowth::from(&one.growth))).collect();
    if let Some(before) = before {
        let absent = before.variants.iter().filter(|name| acceptance.absent.contains(name));
        for name in absent {
            accepted.variants.push(name.clone());
            growths.push((name.clone(), before.growth_in(name)));
        }
    }
    accepted.differs = growths.into_iter().filter(|(_, growth)| *growth != common).collect();
    accepted
}

/// Leaks of absent variants that no other variant has.
fn unseen<'a>(
    acceptance: &'a Acceptance<'_>,
    old: &'a Baseline,
) -> impl Iterator<Item = AcceptedFinding> + 'a {
    let found = |key: &Key| acceptance.groups.iter().any(|group| group.key() == *key);
    let left = old.findings.iter().filter(move |finding| !found(&finding.key()));
    left.filter_map(|finding| {
        let mut finding = finding.clone();
        finding.variants.retain(|name| acceptance.absent.contains(name));
        finding.differs.retain(|name, _| acceptance.absent.contains(name));
        (!finding.variants.is_empty()).then_some(finding)
    })
}

/// Figures worth holding somebody to. Time depends on the machine's mood: it is shown, never accepted.
fn metrics(diagnoses: &[Diagnosis]) -> Vec<AcceptedMetric> {
    let one = |variant: &str, metric: &Metric| {
        let (name, unit) = (metric.name.clone(), metric.unit.clone());
        let value = metric.median()?;
        Some(AcceptedMetric { variant: variant.to_owned(), name, unit, exact: metric.exact, value })
    };
    let of = |diagnosis: &Diagnosis| -> Vec<AcceptedMetric> {
        let lasting = diagnosis.metrics.iter().filter(|metric| metric.unit != "ns");
        lasting.filter_map(|metric| one(&diagnosis.variant, metric)).collect()
    };
    diagnoses.iter().flat_map(of).collect()
}

/// What accepting `new` changes, a line each; empty if nothing.
#[must_use]
pub fn changes(old: Option<&Baseline>, new: &Baseline) -> Vec<String> {
    let nothing = Baseline::default();
    let before = old.unwrap_or(&nothing);
    let mut lines = Vec::new();
    if let Some(why) = old.and_then(|old| difference(&old.conditions, &new.conditions)) {
        lines.push(format!("conditions: {why}"));
    }
    for finding in &new.findings {
        match before.findings.iter().find(|known| known.key() == finding.key()) {
            None => lines.push(format!("+ {}", words(finding))),
            Some(known) if !same(known, finding) => {
                lines.push(format!("~ {}, was {}", words(finding), rates(known)));
            }
            Some(_) => {}
        }
    }
    let gone = |known: &&AcceptedFinding| !new.findings.iter().any(|finding| finding.key() == known.key());
    lines.extend(before.findings.iter().filter(gone).map(|known| format!("- {}", words(known))));
    lines.extend(figure_changes(before, new));
    lines
}

fn figure_changes(before: &Baseline, new: &Baseline) -> Vec<String> {
    type Figures<'a> = BTreeMap<(&'a str, &'a str), &'a AcceptedMetric>;
    fn by_name(baseline: &Baseline) -> Figures<'_> {
        let metrics = baseline.metrics.iter();
        metrics.map(|metric| ((metric.variant.as_str(), metric.name.as_str()), metric)).collect()
    }
    let (then, now) = (by_name(before), by_name(new));
    let changed = new.metrics.iter().filter_map(|metric| {
        let old = then.get(&(metric.variant.as_str(), metric.name.as_str()))?;
        let AcceptedMetric { variant, name, unit, value, .. } = metric;
        (old.value != *value).then(|| format!("~ {name} of {variant}: {} -> {value} {unit}", old.value))
    });
    let mut lines: Vec<String> = changed.collect();
    let added = now.keys().filter(|key| !then.contains_key(*key)).count();
    let dropped = then.keys().filter(|key| !now.contains_key(*key)).count();
    for (sign, count) in [("+", added), ("-", dropped)] {
        if count > 0 {
            lines.push(format!("{sign} {count} {}", if count == 1 { "figure" } else { "figures" }));
        }
    }
    lines
}

fn same(known: &AcceptedFinding, finding: &AcceptedFinding) -> bool {
    let figures = |finding: &AcceptedFinding| {
        let mut variants = finding.variants.clone();
        variants.sort_unstable();
        (variants, finding.bytes_per_op, finding.objects_per_op, finding.differs.clone())
    };
    figures(known) == figures(finding)
}

fn words(finding: &AcceptedFinding) -> String {
    let AcceptedFinding { kind, site, place, .. } = finding;
    let kind = kind_word(*kind);
    format!("{kind} leak at {site} {place}, {}", rates(finding))
}

fn rates(finding: &AcceptedFinding) -> String {
    let AcceptedFinding { bytes_per_op, objects_per_op, variants, .. } = finding;
    let objects = match finding.kind {
        crate::model::LeakKind::Heap => format!("{bytes_per_op} B/op and {objects_per_op} objects/op"),
        kind if kind.is_bytes() => format!("{bytes_per_op} {}/op", kind.unit()),
        kind => format!("{objects_per_op} {}/op", kind.unit()),
    };
    format!("{objects} in {}", variants.join(", "))
}

impl Baseline {
    fn has_variant(&self, name: &String) -> bool {
        let of_finding = |finding: &AcceptedFinding| finding.variants.contains(name);
        self.findings.iter().any(of_finding) || self.metrics.iter().any(|metric| metric.variant == *name)
    }
}
