//! How figures of repeats differ, from another variant's or from those that were accepted, and whether that is more
//! than chance.
//!
//! Input: values of repeats. Output: a shift in percent with its interval, p, effect size, and how many repeats are
//! missing for an answer. Runs of variants are interleaved, so that a machine that slows down slows all of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::stats::{self, ALPHA};

/// How a noisy figure differs from a reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shift {
    /// Hodges-Lehmann shift, in percent of the reference's median.
    pub percent: f64,
    /// Its interval, in percent; `None` where there are too few repeats for any.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p of the Mann-Whitney test.
    pub p: f64,
    /// Cliff's delta, from -1 (always lower) to 1 (always higher).
    pub delta: f64,
    /// Repeats (of both, if both are of this run) from which the test can tell a difference from chance, if there are
    /// fewer.
    pub needed: Option<usize>,
}

impl Shift {
    /// Chance alone would hardly come to this.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.p < ALPHA
    }
}

/// From one variant of a run to another.
pub(super) fn between(first: &[u64], second: &[u64]) -> Option<Shift> {
    let shift = shift(first, second)?;
    let both = (1..=100).find(|n| stats::repeats_needed(*n, ALPHA).is_some_and(|needed| needed <= *n));
    Some(Shift { needed: shift.needed.and(both), ..shift })
}

/// From what was accepted to a run.
pub(super) fn since(accepted: &[u64], now: &[u64]) -> Option<Shift> {
    shift(accepted, now)
}

fn shift(first: &[u64], second: &[u64]) -> Option<Shift> {
    if first.len() < 2 || second.len() < 2 {
        return None;
    }
    let (first, second) = (floats(first), floats(second));
    let base = stats::median(&first).filter(|base| *base > 0.0)?;
    let found = stats::difference(&first, &second)?;
    let percent = |value: f64| value / base * 100.0;
    Some(Shift {
        percent: percent(found.shift),
        interval: found.interval.map(|interval| (percent(interval.low), percent(interval.high))),
        p: found.p,
        delta: found.delta,
        needed: found.needed,
    })
}

/// Whether `now` is beyond what was accepted by more than `margin` in spite of the noise, to the side of `up`. Three
/// repeats against three can show that, being asked about one side alone.
pub(super) fn is_beyond(accepted: &[u64], now: &[u64], margin: f64, up: bool) -> bool {
    let (accepted, now) = (floats(accepted), floats(now));
    let shifted = |by: f64| accepted.iter().map(|value| value + by).collect::<Vec<_>>();
    let p = match up {
        true => stats::p_greater(&shifted(margin), &now),
        false => stats::p_greater(&now, &shifted(-margin)),
    };
    // An exact p of 1/20 may come out a little above it.
    p.is_some_and(|p| p <= ALPHA + 1e-9)
}

/// A figure of too few repeats to fail, whatever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TooFew {
    /// Repeats that were accepted.
    pub accepted: usize,
    /// Those of this run.
    pub now: usize,
    /// Those that it needs.
    pub needed: usize,
}

impl TooFew {
    /// `None` if the most extreme of all orders of the values would be more than chance ([`is_beyond`]); a single accepted
    /// value takes no test, but [`FIRM_REPEATS`] that all are beyond it.
    pub(super) fn of(accepted: usize, now: usize) -> Option<Self> {
        let needed = match accepted {
            0 | 1 => FIRM_REPEATS,
            n => stats::repeats_needed(n, 2.0 * ALPHA)?, // that is of two sides
        };
        (now < needed).then_some(Self { accepted, now, needed })
    }

    /// `1 repeat against 1 accepted; more repeats needed: 3`
    #[must_use]
    pub fn words(&self) -> String {
        let Self { accepted, now, needed } = self;
        let repeats = if *now == 1 { "repeat" } else { "repeats" };
        format!("{now} {repeats} against {accepted} accepted; more repeats needed: {needed}")
    }
}

/// Repeats from which a noisy figure can judge, where the baseline has no repeats to test against.
pub(super) const FIRM_REPEATS: usize = 3;

pub(super) fn floats(values: &[u64]) -> Vec<f64> {
    values.iter().map(|value| *value as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_told_in_percent_and_what_is_missing_for_a_judgement() {
        let few = between(&[100, 101, 102], &[110, 111, 112]).unwrap();
        assert!((few.percent - 9.9).abs() < 0.05 && few.needed == Some(4) && !few.is_real(), "{few:?}");
        let enough = between(&[100, 101, 102, 103], &[110, 111, 112, 113]).unwrap();
        assert!(enough.is_real() && enough.needed.is_none() && enough.delta == 1.0, "{enough:?}");
        assert_eq!(since(&[100, 101, 102], &[110, 111, 112]).unwrap().needed, Some(5));
        assert_eq!(between(&[100], &[110, 111]), None);
    }

    #[test]
    fn repeats_are_too_few_exactly_where_the_clearest_rise_could_not_fail() {
        for accepted in 2..=8_u64 {
            for now in 1..=8_u64 {
                let (old, new): (Vec<u64>, Vec<u64>) =
                    ((0..accepted).collect(), (0..now).map(|n| 1000 + n).collect());
                let can = is_beyond(&old, &new, 100.0, true);
                let few = TooFew::of(old.len(), new.len());
                assert_eq!(few.is_none(), can, "{accepted} {now}");
            }
        }
        assert_eq!(TooFew::of(2, 3), Some(TooFew { accepted: 2, now: 3, needed: 5 }));
        assert_eq!((TooFew::of(1, 2).map(|few| few.needed), TooFew::of(1, 3)), (Some(3), None));
        let words = "3 repeats against 2 accepted; more repeats needed: 5";
        assert_eq!(TooFew::of(2, 3).map(|few| few.words()).as_deref(), Some(words));
    }

    #[test]
    fn noise_is_not_beyond_a_margin_and_a_clear_rise_is() {
        let accepted = [100, 110, 120];
        assert!(is_beyond(&accepted, &[150, 160, 170], 25.0, true));
        assert!(!is_beyond(&accepted, &[150, 140, 170], 25.0, true));
        assert!(is_beyond(&accepted, &[50, 60, 70], 25.0, false));
        assert!(!is_beyond(&accepted, &[50, 60, 70], 25.0, true));
    }
}
