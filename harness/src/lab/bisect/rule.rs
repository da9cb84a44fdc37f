//! What makes a trial good or bad, given what the two ends came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::minimal::Judged;
use crate::model::Outcome;
use crate::model::stats::{ALPHA, difference, median, repeats_needed};

/// A leak that a trial showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// It, in a sentence.
    pub sentence: String,
}

/// What a trial came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The leaks that judge.
    Findings(Vec<SeenFinding>),
    /// The scenario's verdict.
    Verdict(Outcome),
    /// A figure, of each run.
    Figure(Vec<f64>),
}

/// When a figure has flipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// More than half of the way from the good end to the bad one.
    Half,
    /// A change by this share of the good end.
    Share(f64),
    /// A change by this much.
    Amount(f64),
}

/// Why two ends tell nothing: they do not differ in what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided(pub String);

/// What makes a trial bad.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// It shows one of these leaks, which the bad end has and the good one has not.
    Finding(Vec<SeenFinding>),
    /// Its verdict is the bad end's; another than the two is no answer.
    Verdict {
        /// Of the good end.
        good: Outcome,
        /// Of the bad end.
        bad: Outcome,
    },
    /// Its figure is beyond this.
    Figure {
        /// The value.
        limit: f64,
        /// Bad is what is larger.
        above: bool,
    },
}

impl Rule {
    /// From the two ends. `only` names a leak by the first digits of its fingerprint.
    ///
    /// # Errors
    /// When the ends do not differ in what is asked.
    pub fn between(good: &Seen, bad: &Seen, limit: Limit, only: Option<&str>) -> Result<Self, Undecided> {
        match (good, bad) {
            (Seen::Findings(good), Seen::Findings(bad)) => findings(good, bad, only),
            (Seen::Verdict(good), Seen::Verdict(bad)) if good != bad => {
                Ok(Self::Verdict { good: *good, bad: *bad })
            }
            (Seen::Figure(good), Seen::Figure(bad)) => figure(good, bad, limit),
            _ => Err(Undecided("both ends come to the same verdict".to_owned())),
        }
    }

    /// What a trial is by it.
    #[must_use]
    pub fn judge(&self, seen: &Seen) -> Judged {
        let is_bad = match (self, seen) {
            (Self::Finding(wanted), Seen::Findings(seen)) => {
                seen.iter().any(|one| wanted.iter().any(|wanted| wanted.fingerprint == one.fingerprint))
            }
            (Self::Verdict { good, bad }, Seen::Verdict(seen)) if seen == good || seen == bad => seen == bad,
            (Self::Figure { limit, above }, Seen::Figure(values)) => match median(values) {
                Some(value) => {
                    if *above {
                        value >= *limit
                    } else {
                        value <= *limit
                    }
                }
                None => return Judged::Skip,
            },
            _ => return Judged::Skip,
        };
        if is_bad { Judged::Bad } else { Judged::Good }
    }
}

fn findings(good: &[SeenFinding], bad: &[SeenFinding], only: Option<&str>) -> Result<Rule, Undecided> {
    let is_in =
        |all: &[SeenFinding], one: &SeenFinding| all.iter().any(|other| other.fingerprint == one.fingerprint);
    let asked = |one: &&SeenFinding| only.is_none_or(|prefix| one.fingerprint.starts_with(prefix));
    let new: Vec<SeenFinding> = bad.iter().filter(|one| !is_in(good, one)).filter(asked).cloned().collect();
    if !new.is_empty() {
        return Ok(Rule::Finding(new));
    }
    let named = bad.iter().any(|one| asked(&one));
    Err(Undecided(match (only, bad.is_empty(), named) {
        (_, true, _) => "the bad end shows no leak".to_owned(),
        (Some(prefix), false, false) => format!("the bad end does not show leak {prefix}"),
        (Some(prefix), ..) => format!("both ends show leak {prefix}"),
        (None, ..) => "the bad end shows no leak that the good end has not".to_owned(),
    }))
}

fn figure(good: &[f64], bad: &[f64], limit: Limit) -> Result<Rule, Undecided> {
    let (Some(from), Some(to)) = (median(good), median(bad)) else {
        return Err(Undecided("there is no figure of both ends".to_owned()));
    };
    let chance = difference(good, bad).is_none_or(|test| test.p > ALPHA);
    if (good.len() > 1 || bad.len() > 1) && chance {
        let needed = repeats_needed(good.len(), ALPHA).filter(|needed| *needed > bad.len());
        let more = needed.map_or_else(String::new, |_| "; more runs may tell: --repeat 10".to_owned());
        return Err(Undecided(format!("both ends differ by no more than chance{more}")));
    }
    let gap = (to - from).abs();
    let wanted = match limit {
        Limit::Half => gap / 2.0,
        Limit::Share(share) => from.abs() * share,
        Limit::Amount(amount) => amount,
    };
    if gap == 0.0 || gap < wanted {
        return Err(Undecided(format!("both ends differ by {gap}, which is less than asked for")));
    }
    let above = to > from;
    Ok(Rule::Figure { limit: if above { from + wanted } else { from - wanted }, above })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaks(fingerprints: &[&str]) -> Seen {
        let one = |fingerprint: &&str| SeenFinding {
            fingerprint: (*fingerprint).to_owned(),
            sentence: String::new(),
        };
        Seen::Findings(fingerprints.iter().map(one).collect())
    }

    #[test]
    fn a_leak_is_bad_if_the_good_end_has_it_not() {
        let rule = Rule::between(&leaks(&["aa"]), &leaks(&["aa", "bb"]), Limit::Half, None).expect("a rule");
        assert_eq!(
            [leaks(&["aa"]), leaks(&["bb"]), leaks(&[])].map(|seen| rule.judge(&seen)),
            [Judged::Good, Judged::Bad, Judged::Good,]
        );
        let none = |good, bad, only| Rule::between(&good, &bad, Limit::Half, only).expect_err("no rule").0;
        assert_eq!(
            none(leaks(&["aa"]), leaks(&["aa"]), None),
            "the bad end shows no leak that the good end has not"
        );
        assert_eq!(none(leaks(&["aa"]), leaks(&[]), None), "the bad end shows no leak");
        assert_eq!(none(leaks(&[]), leaks(&["bb"]), Some("a")), "the bad end does not show leak a");
        assert_eq!(none(leaks(&["aa"]), leaks(&["aa"]), Some("a")), "both ends show leak a");
    }

    #[test]
    fn a_verdict_that_is_neither_ends_is_no_answer() {
        let (good, bad) = (Seen::Verdict(Outcome::Pass), Seen::Verdict(Outcome::Leak));
        let rule = Rule::between(&good, &bad, Limit::Half, None).expect("a rule");
        let seen = [Outcome::Pass, Outcome::Leak, Outcome::Inconclusive].map(Seen::Verdict);
        assert_eq!(seen.map(|seen| rule.judge(&seen)), [Judged::Good, Judged::Bad, Judged::Skip]);
        assert!(Rule::between(&good, &good, Limit::Half, None).is_err());
    }

    #[test]
    fn a_figure_flips_half_way_or_where_the_user_says_in_either_direction() {
        let figure = |value: f64| Seen::Figure(vec![value]);
        let judge = |limit, good, bad, value| {
            Rule::between(&figure(good), &figure(bad), limit, None).map(|rule| rule.judge(&figure(value)))
        };
        assert_eq!(judge(Limit::Half, 100.0, 50.0, 70.0), Ok(Judged::Bad));
        assert_eq!(judge(Limit::Half, 100.0, 50.0, 80.0), Ok(Judged::Good));
        assert_eq!(judge(Limit::Share(0.1), 100.0, 150.0, 111.0), Ok(Judged::Bad));
        assert_eq!(judge(Limit::Amount(20.0), 100.0, 150.0, 111.0), Ok(Judged::Good));
        assert!(judge(Limit::Share(0.6), 100.0, 150.0, 0.0).is_err());
        assert!(judge(Limit::Half, 100.0, 100.0, 0.0).is_err());
    }

    #[test]
    fn ends_that_chance_alone_may_tell_apart_are_not_searched() {
        let ends = |good: &[f64], bad: &[f64]| {
            Rule::between(&Seen::Figure(good.to_vec()), &Seen::Figure(bad.to_vec()), Limit::Half, None)
        };
        let told = ends(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).expect_err("too few").0;
        assert_eq!(told, "both ends differ by no more than chance; more runs may tell: --repeat 10");
        assert!(ends(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).is_ok());
    }
}
