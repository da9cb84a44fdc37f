//! What a run comes to, and why.
//!
//! Input: everything that was decided. Output: a [`Verdict`], whose outcome is the gravest of its reasons'; the order
//! is [`Outcome`]'s. A leak that was found next to a broken build is named all the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::{ComparedFinding, Comparison, MetricComparison, MetricStanding, Standing};
use super::contract::Expectation;
use super::file::AcceptedGrowth;
use super::group::{FindingGroup, kind_word};
use super::reproduction::Reproduction;
use crate::model::{Confidence, Diagnosis, MissingInput, Outcome};
use crate::scenario::{Expect, ExpectedLeak};

/// Runs from which on a leak that comes and goes is a doubt, and how often it has to be seen: noise comes once.
const MANY_RUNS: u32 = 5;
/// See [`MANY_RUNS`].
const SEEN_OFTEN: u32 = 2;

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The outcome; the gravest of the reasons'.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// One line.
    pub headline: String,
    /// Why, gravest first.
    pub reasons: Vec<Reason>,
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The outcome it alone would have.
    pub outcome: Outcome,
    /// What it is about.
    pub cause: Cause,
    /// In words; several lines, if a program had something to say.
    pub text: String,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A build or a run failed, or the user interrupted.
    Failure,
    /// A leak that nobody expected or accepted.
    UnexpectedLeak,
    /// An expected leak that did not reproduce.
    NotReproduced,
    /// An accepted leak that grows faster.
    WorseLeak,
    /// A figure that rose.
    WorseFigure,
    /// Something that could not be judged.
    Doubt,
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
    /// What a verdict that is less sure than this is: inconclusive.
    pub floor: Confidence,
    /// What failed before anything could be judged: builds, runs, an interrupt.
    pub failures: &'a [(Outcome, String)],
    /// How often each leak reproduced, if there are repeats to tell.
    pub reproductions: &'a [Reproduction],
}

/// Judges.
#[must_use]
pub fn judge(case: &Case<'_>) -> Verdict {
    let failures = case.failures.iter();
    let mut reasons: Vec<Reason> =
        failures.map(|(outcome, text)| reason(*outcome, Cause::Failure, text.clone())).collect();
    reasons.extend(findings(case));
    reasons.extend(case.expectations.iter().filter_map(|expected| not_reproduced(case, expected)));
    reasons.extend(case.expectations.iter().filter_map(unwanted));
    reasons.extend(case.comparison.metrics.iter().filter_map(worse_figure));
    reasons.extend(doubts(case));
    reasons.extend(case.reproductions.iter().filter_map(|one| intermittent(case, one)));
    if reasons.is_empty() && case.diagnoses.is_empty() {
        reasons.push(reason(Outcome::Inconclusive, Cause::Doubt, "nothing was run".to_owned()));
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.outcome));
    let outcome = reasons.first().map_or(Outcome::Pass, |reason| reason.outcome);
    let headline = if outcome == Outcome::Pass { passed(case) } else { failed(outcome, &reasons) };
    Verdict { outcome, exit_code: outcome.exit_code(), headline, reasons }
}

fn reason(outcome: Outcome, cause: Cause, text: String) -> Reason {
    Reason { outcome, cause, text }
}

/// Findings that nobody expected or accepted, and those that were accepted at a slower pace.
fn findings(case: &Case<'_>) -> Vec<Reason> {
    let one = |(index, group): (usize, &FindingGroup)| {
        let compared = &case.comparison.findings[index];
        let expected = case.expectations.iter().any(|expectation| expectation.findings.contains(&index));
        // An empty contract excuses nothing, accepted or not.
        let strict = case.expect.is_some_and(|expect| expect.leaks.is_empty());
        let sentence = &group.finding.sentence;
        match compared.standing {
            Standing::Worse => {
                Some((Cause::WorseLeak, format!("{sentence}; {}", faster(group, case, index))))
            }
            Standing::ThirdParty | Standing::Suppressed => None,
            _ if expected => None,
            Standing::Expired => Some((Cause::UnexpectedLeak, format!("{sentence}; {}", expired(compared)))),
            Standing::New => Some((Cause::UnexpectedLeak, sentence.clone())),
            _ if strict => {
                let words =
                    format!("{sentence}; the baseline accepts it, the scenario's `leaks = []` does not");
                Some((Cause::UnexpectedLeak, words))
            }
            Standing::Known | Standing::Better => None,
        }
    };
    let sure = |index: usize| case.groups[index].finding.confidence >= case.floor;
    let reasons = case.groups.iter().enumerate().take(case.comparison.findings.len());
    reasons
        .filter_map(|(index, group)| one((index, group)).map(|(cause, text)| (sure(index), cause, text)))
        .map(|(sure, cause, text)| match sure {
            true => reason(Outcome::Leak, cause, text),
            false => reason(Outcome::Inconclusive, Cause::Doubt, format!("{text}; {}", below(case.floor))),
        })
        .collect()
}

fn below(floor: Confidence) -> String {
    format!("that is less sure than the scenario's `confidence = \"{}\"` asks for", floor.word())
}

fn expired(compared: &ComparedFinding) -> String {
    let accepted = compared.accepted.as_ref();
    let day = accepted.and_then(|accepted| accepted.expires).map(|day| day.to_string()).unwrap_or_default();
    let note = accepted.and_then(|accepted| accepted.note.as_ref());
    let note = note.map_or_else(String::new, |note| format!(" ({note})"));
    format!("it was accepted until {day}{note}")
}

/// The variant in which a leak rose most, and from what.
fn faster(group: &FindingGroup, case: &Case<'_>, index: usize) -> String {
    let Some(known) = &case.comparison.findings[index].accepted else { return String::new() };
    let kind = group.finding.kind;
    let figure =
        |growth: AcceptedGrowth| if kind.is_bytes() { growth.bytes_per_op } else { growth.objects_per_op };
    let rates = group.by_variant.iter().map(|one| {
        let (then, now) = (known.growth_in(&one.variant), AcceptedGrowth::from(&one.growth));
        (figure(then), figure(now), &one.variant)
    });
    let most = rates.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    let unit = kind.unit();
    most.map_or(String::new(), |(then, now, name)| format!("{then} {unit}/op were accepted, {now} in {name}"))
}

/// An expected leak that is not there. Where there is doubt it may be there unseen.
fn not_reproduced(case: &Case<'_>, expected: &Expectation) -> Option<Reason> {
    let doubtful = |name: &String| {
        let of_name = case.diagnoses.iter().find(|diagnosis| diagnosis.variant == *name);
        expected.holder_unknown_in.contains(name)
            || of_name.is_some_and(|diagnosis| !diagnosis.inconclusive.is_empty())
    };
    let (unsure, sure): (Vec<&String>, Vec<&String>) =
        expected.missing_in.iter().partition(|name| doubtful(name));
    let leak = leak_words(&expected.leak);
    let names = |names: &[&String]| {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        if names.len() > 1 && names.len() == case.n_variants {
            "any variant".to_owned()
        } else {
            names.join(", ")
        }
    };
    if !sure.is_empty() {
        let words = format!("{leak} did not reproduce in {}{}", names(&sure), otherwise(expected));
        return Some(reason(Outcome::Leak, Cause::NotReproduced, words));
    }
    (!unsure.is_empty()).then(|| {
        let words = format!("{leak} could not be looked for in {}", names(&unsure));
        reason(Outcome::Inconclusive, Cause::NotReproduced, words)
    })
}

fn leak_words(ExpectedLeak { kind, site, held_by, test, .. }: &ExpectedLeak) -> String {
    let test = test.as_ref().map_or_else(String::new, |test| format!(" of {test}"));
    let held = held_by.as_ref().map_or_else(String::new, |holder| format!(", held by `{holder}`,"));
    let at = if site.is_empty() { String::new() } else { format!(" at `{site}`") };
    format!("expected {} leak{test}{at}{held}", kind_word(*kind))
}

/// Who holds the leak that is there instead.
fn otherwise(expected: &Expectation) -> String {
    let mut holders: Vec<&str> = expected.held_otherwise.iter().map(|other| &*other.held_by).collect();
    holders.sort_unstable();
    holders.dedup();
    if holders.is_empty() { String::new() } else { format!(": it is held by {}", holders.join(", ")) }
}

/// An expected leak that is also where it must not be.
fn unwanted(expected: &Expectation) -> Option<Reason> {
    (!expected.unwanted_in.is_empty()).then(|| {
        let words = format!(
            "{} must not be in {}, and is",
            leak_words(&expected.leak),
            expected.unwanted_in.join(", ")
        );
        reason(Outcome::Leak, Cause::UnexpectedLeak, words)
    })
}

/// A figure that is worse; one that may be and that the scenario relies on makes a doubt.
fn worse_figure(compared: &MetricComparison) -> Option<Reason> {
    let MetricComparison { variant, metric, .. } = compared;
    let (old, now) = (compared.accepted?, metric.median()?);
    let rose = if now > old { "rose" } else { "fell" };
    let change = metric.change(old, now, " to ");
    let words = format!("{} of {variant} {rose} from {change}", metric.name);
    match (compared.standing, compared.too_few) {
        (MetricStanding::Worse, _) => Some(reason(Outcome::Leak, Cause::WorseFigure, words)),
        (MetricStanding::Undecided, Some(few)) if compared.has_threshold => {
            let words = format!("{words}, and that may be chance: {}", few.words());
            Some(reason(Outcome::Inconclusive, Cause::Doubt, words))
        }
        _ => None,
    }
}

/// Each doubt once, with the variants that share it.
fn doubts(case: &Case<'_>) -> Vec<Reason> {
    let mut by_words: Vec<(&str, Vec<&str>)> = Vec::new();
    let unsure: Vec<(&str, String)> = case.diagnoses.iter().flat_map(|one| unsure(one, case.floor)).collect();
    let own =
        case.diagnoses.iter().flat_map(|one| one.inconclusive.iter().map(|why| (&*one.variant, &**why)));
    for (variant, why) in own.chain(unsure.iter().map(|(variant, why)| (*variant, &**why))) {
        match by_words.iter_mut().find(|(words, _)| *words == why) {
            Some((_, variants)) => variants.push(variant),
            None => by_words.push((why, vec![variant])),
        }
    }
    let text = |(why, variants): (&str, Vec<&str>)| match variants.len() == case.n_variants {
        true => why.to_owned(),
        false => format!("{why} [{}]", variants.join(", ")),
    };
    by_words.into_iter().map(|doubt| reason(Outcome::Inconclusive, Cause::Doubt, text(doubt))).collect()
}

/// A leak that fewer than half of many runs show is no finding, and no health either.
fn intermittent(case: &Case<'_>, one: &Reproduction) -> Option<Reason> {
    let is_finding = case.groups.iter().any(|group| group.key() == one.key());
    let often = one.runs >= MANY_RUNS && one.seen >= SEEN_OFTEN;
    (often && !is_finding).then(|| {
        let words = format!(
            "{} leak at {} {} was seen in {} [{}]: it comes and goes",
            kind_word(one.kind),
            one.site,
            one.place,
            one.words(),
            one.variant
        );
        reason(Outcome::Inconclusive, Cause::Doubt, words)
    })
}

/// What makes a variant's verdict less sure than it has to be.
fn unsure(diagnosis: &Diagnosis, floor: Confidence) -> impl Iterator<Item = (&str, String)> {
    let limits = diagnosis.limits.iter().filter(move |limit| limit.most < floor);
    limits.map(move |limit| {
        let MissingInput { source, why } = &limit.missing;
        (&*diagnosis.variant, format!("{source}: {why}; {}", below(floor)))
    })
}

fn passed(case: &Case<'_>) -> String {
    let n = case.n_variants;
    let variants = count(n, "variant", "variants");
    let expected = |group: &usize| case.expectations.iter().any(|one| one.findings.contains(group));
    let standing = |group: &usize| case.comparison.findings.get(*group).map(|compared| compared.standing);
    let exempt = |group: &usize| matches!(standing(group), Some(Standing::ThirdParty | Standing::Suppressed));
    let known = (0..case.groups.len()).filter(|group| !expected(group) && !exempt(group)).count();
    let aside = match (0..case.groups.len()).filter(exempt).count() {
        0 => String::new(),
        n => format!(" ({})", count(n, "leak does not judge", "leaks do not judge")),
    };
    let leaks = match case.expectations.len() {
        0 if known == 0 && !aside.is_empty() => return format!("no other leak in {variants}{aside}"),
        0 if known == 0 => return format!("no leak in {variants}"),
        0 => {
            let known = count(known, "known leak", "known leaks");
            return format!("{known} and no other in {variants}{aside}");
        }
        1 => "the expected leak".to_owned(),
        2 => "both expected leaks".to_owned(),
        all => format!("all {all} expected leaks"),
    };
    let others = match known {
        0 => String::new(),
        known => format!(", beside {}", count(known, "known leak", "known leaks")),
    };
    let found = case.expectations.iter().flat_map(|one| &one.findings);
    let mut seen: Vec<&str> =
        found.flat_map(|group| &case.groups[*group].variants).map(String::as_str).collect();
    seen.sort_unstable();
    seen.dedup();
    format!("{leaks} reproduced in {} of {variants}{others}{aside}", seen.len())
}

/// What of the gravest kind there is, counted; details are in the reasons.
fn failed(outcome: Outcome, reasons: &[Reason]) -> String {
    let of = |cause: Cause| {
        reasons.iter().filter(move |reason| reason.outcome == outcome && reason.cause == cause).count()
    };
    let counted = [
        (of(Cause::UnexpectedLeak), "unexpected leak", "unexpected leaks"),
        (of(Cause::WorseLeak), "known leak grows faster", "known leaks grow faster"),
        (of(Cause::NotReproduced), "expected leak did not reproduce", "expected leaks did not reproduce"),
        (of(Cause::WorseFigure), "figure got worse", "figures got worse"),
        // What fails and counts as a leak is what had to hold of builds.
        (
            of(Cause::Failure),
            "expectation of the builds does not hold",
            "expectations of the builds do not hold",
        ),
    ];
    if outcome == Outcome::Leak {
        let there = counted.iter().filter(|(n, ..)| *n > 0);
        return there.map(|(n, one, many)| count(*n, one, many)).collect::<Vec<_>>().join(", ");
    }
    let of_outcome = reasons.iter().filter(|reason| reason.outcome == outcome);
    let first = reasons.first().and_then(|reason| reason.text.lines().next()).unwrap_or("");
    match of_outcome.count() {
        0 | 1 => first.to_owned(),
        n => format!("{first} (and {} more)", n - 1),
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
