//! Making a baseline out of a run, and saying what that changes.
//!
//! Input: findings and figures of a capture, the baseline before. Output: the baseline after, and the
//! difference in words for whoever is asked to accept it. Nothing is written here.

use std::collections::BTreeMap;

use super::compare::{ComparedFinding, Standing, difference};
use super::day::Day;
use super::figures;
use super::file::{
    AcceptedFinding, AcceptedGrowth, AcceptedMetric, Baseline, Conditions, FORMAT, RejectedFinding,
};
use super::group::{FindingGroup, Key, kind_word};
use crate::model::{Diagnosis, Metric};
use crate::scenario::Thresholds;

/// What is to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// Findings over the variants that were run.
    pub groups: &'a [FindingGroup],
    /// How they stand, in the same order.
    pub compared: &'a [ComparedFinding],
    /// Those variants.
    pub diagnoses: &'a [Diagnosis],
    /// Under which conditions.
    pub conditions: &'a Conditions,
    /// Variants of the scenario that were not run: what was accepted of them stays.
    pub absent: &'a [String],
    /// What counts as worse: times are only accepted where there is a threshold for them.
    pub thresholds: &'a Thresholds,
    /// What somebody wants of it.
    pub choice: Choice<'a>,
}

/// What somebody who accepts or rejects leaks wants.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    /// Fingerprints of the only leaks that are meant; all of them, and all figures, if there is none.
    pub only: &'a [String],
    /// Why, for the leaks that nobody decided on before.
    pub note: Option<&'a str>,
    /// Until when they are accepted.
    pub expires: Option<Day>,
    /// Accepted leaks that are gone are dropped.
    pub prune: bool,
}

impl<'a> Acceptance<'a> {
    /// Findings to accept. What does not judge needs no acceptance, and what somebody rejected is only accepted by name.
    fn chosen(&self) -> impl Iterator<Item = (&'a FindingGroup, &'a ComparedFinding)> {
        let only = self.choice.only;
        let chosen = move |(group, compared): &(&FindingGroup, &ComparedFinding)| match only.is_empty() {
            true => !compared.is_exempt() && compared.rejected.is_none(),
            false => only.contains(&group.finding.fingerprint),
        };
        self.groups.iter().zip(self.compared).filter(chosen)
    }
}

/// Accepts findings of a run and, unless only some of them are meant, its figures. Notes and days of leaks that were
/// accepted before, and are as they were, are kept.
///
/// # Errors
/// When figures of absent variants would have to stand beside others that were measured under other conditions.
pub fn accept(acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> Result<Baseline, String> {
    let mut new = match acceptance.choice.only.is_empty() {
        true => whole(acceptance, old)?,
        false => some(acceptance, old),
    };
    let accepted: Vec<Key> = new.findings.iter().map(AcceptedFinding::key).collect();
    new.rejected.retain(|rejected| !accepted.contains(&rejected.key()));
    sort(&mut new);
    Ok(new)
}

fn whole(acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> Result<Baseline, String> {
    let kept = old.filter(|old| acceptance.absent.iter().any(|name| old.has_variant(name)));
    if let Some(why) = kept.and_then(|old| difference(&old.conditions, acceptance.conditions)) {
        let absent = acceptance.absent.join(", ");
        return Err(format!("{why}, and the capture lacks {absent}"));
    }
    let mut findings: Vec<AcceptedFinding> =
        acceptance.chosen().map(|(group, compared)| finding(group, compared, acceptance)).collect();
    findings.extend(old.into_iter().flat_map(|old| unseen(acceptance, old)));
    let mut metrics = metrics(acceptance.diagnoses, acceptance.thresholds);
    let of_absent = |metric: &&AcceptedMetric| acceptance.absent.contains(&metric.variant);
    metrics.extend(kept.into_iter().flat_map(|old| old.metrics.iter().filter(of_absent).cloned()));
    // A subset of the variants may know fewer Go releases than the whole.
    let mut conditions = kept.map_or(acceptance.conditions, |old| &old.conditions).clone();
    conditions.builds.extend(acceptance.conditions.builds.clone());
    let rejected = old.map(|old| old.rejected.clone()).unwrap_or_default();
    Ok(Baseline { format: FORMAT, conditions, findings, rejected, metrics })
}

/// Some leaks alone: everything else stays as it was accepted.
fn some(acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> Baseline {
    let mut new = old
        .cloned()
        .unwrap_or_else(|| Baseline { conditions: acceptance.conditions.clone(), ..Baseline::default() });
    new.format = FORMAT;
    for (group, compared) in acceptance.chosen() {
        new.findings.retain(|known| known.key() != group.key());
        new.findings.push(finding(group, compared, acceptance));
    }
    new
}

/// Notes that leaks are not to be lived with. One that was accepted is so no longer.
#[must_use]
pub fn reject(acceptance: &Acceptance<'_>, old: Option<&Baseline>) -> Baseline {
    let mut new = old
        .cloned()
        .unwrap_or_else(|| Baseline { conditions: acceptance.conditions.clone(), ..Baseline::default() });
    new.format = FORMAT;
    for (group, _) in acceptance.chosen() {
        new.findings.retain(|known| known.key() != group.key());
        new.rejected.retain(|known| known.key() != group.key());
        new.rejected.push(RejectedFinding {
            kind: group.finding.kind,
            fingerprint: group.finding.fingerprint.clone(),
            site: group.finding.site.function.to_string(),
            place: place(group),
            note: acceptance.choice.note.map(str::to_owned),
        });
    }
    sort(&mut new);
    new
}

fn sort(baseline: &mut Baseline) {
    baseline
        .findings
        .sort_by(|a, b| (a.kind, &a.site, &a.fingerprint).cmp(&(b.kind, &b.site, &b.fingerprint)));
    baseline
        .rejected
        .sort_by(|a, b| (a.kind, &a.site, &a.fingerprint).cmp(&(b.kind, &b.site, &b.fingerprint)));
}

fn place(group: &FindingGroup) -> String {
    format!("{}:{}", group.finding.file, group.finding.site.line)
}

fn finding(group: &FindingGroup, compared: &ComparedFinding, acceptance: &Acceptance<'_>) -> AcceptedFinding {
    let before = compared.accepted.as_ref();
    let common = AcceptedGrowth::from(&group.finding.growth);
    // Words that are given now are about what nobody has decided on, or about what was named.
    let decided = !compared.is_pending() && acceptance.choice.only.is_empty();
    let note = before.and_then(|before| before.note.clone());
    let expires = before.and_then(|before| before.expires).filter(|_| compared.standing != Standing::Expired);
    let mut accepted = AcceptedFinding {
        kind: group.finding.kind,
        fingerprint: group.finding.fingerprint.clone(),
        site: group.finding.site.function.to_string(),
        place: place(group),
        bytes_per_op: common.bytes_per_op,
        objects_per_op: common.objects_per_op,
        variants: group.variants.clone(),
        note: acceptance.choice.note.map(str::to_owned).filter(|_| !decided).or(note),
        expires: acceptance.choice.expires.filter(|_| !decided).or(expires),
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

/// Leaks that are not accepted anew: gone, or of absent variants alone, or such that do not judge.
fn unseen<'a>(
    acceptance: &'a Acceptance<'_>,
    old: &'a Baseline,
) -> impl Iterator<Item = AcceptedFinding> + 'a {
    let accepted: Vec<Key> = acceptance.chosen().map(|(group, _)| group.key()).collect();
    let left = old.findings.iter().filter(move |finding| !accepted.contains(&finding.key()));
    left.filter_map(|finding| {
        let mut finding = finding.clone();
        let was_run = |name: &String| acceptance.diagnoses.iter().any(|one| one.variant == *name);
        let stays =
            |name: &String| acceptance.absent.contains(name) || (!acceptance.choice.prune && was_run(name));
        finding.variants.retain(&stays);
        finding.differs.retain(|name, _| stays(name));
        (!finding.variants.is_empty()).then_some(finding)
    })
}

/// Figures worth holding somebody to. Time depends on the machine's mood: it is shown, never accepted.
fn metrics(diagnoses: &[Diagnosis], thresholds: &Thresholds) -> Vec<AcceptedMetric> {
    let one = |variant: &str, metric: &Metric| {
        let (name, unit) = (metric.name.clone(), metric.unit.clone());
        let value = metric.median()?;
        let several = !metric.exact && metric.values.len() > 1;
        let values = if several { metric.values.clone() } else { Vec::new() };
        Some(AcceptedMetric { variant: variant.to_owned(), name, unit, exact: metric.exact, value, values })
    };
    let of = |diagnosis: &Diagnosis| -> Vec<AcceptedMetric> {
        let lasting = diagnosis.metrics.iter().filter(|metric| figures::is_lasting(metric, thresholds));
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
    lines.extend(rejections(before, new));
    lines.extend(figure_changes(before, new));
    lines
}

fn rejections(before: &Baseline, new: &Baseline) -> Vec<String> {
    let of = |baseline: &Baseline| -> BTreeMap<Key, String> {
        let words = |one: &RejectedFinding| {
            format!("{} leak at {} {}, rejected", kind_word(one.kind), one.site, one.place)
        };
        baseline.rejected.iter().map(|one| (one.key(), words(one))).collect()
    };
    let (then, now) = (of(before), of(new));
    let added = now.iter().filter(|(key, _)| !then.contains_key(key)).map(|(_, words)| format!("! {words}"));
    let dropped = then.iter().filter(|(key, _)| !now.contains_key(key));
    added.chain(dropped.map(|(_, words)| format!("- {words}"))).collect()
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
        let words = (finding.note.clone(), finding.expires);
        (variants, finding.bytes_per_op, finding.objects_per_op, finding.differs.clone(), words)
    };
    figures(known) == figures(finding)
}

fn words(finding: &AcceptedFinding) -> String {
    let AcceptedFinding { kind, site, place, .. } = finding;
    let kind = kind_word(*kind);
    let until = finding.expires.map_or_else(String::new, |day| format!(" until {day}"));
    format!("{kind} leak at {site} {place}, {}{until}", rates(finding))
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
