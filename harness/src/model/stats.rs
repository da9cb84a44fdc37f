//! Statistics of small samples, without an assumption about their distribution.
//!
//! Input: samples. Output: medians with intervals, the Mann-Whitney rank test (exact where samples are small, ties
//! included), Cliff's delta, the Hodges-Lehmann shift with its interval, and how many repeats a test would need.
//! Everything is a pure function; what a figure means is for others to say.
//!
//! Sources: Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd edition, sections 3.6 and 4.1-4.3;
//! Cliff, "Dominance statistics", Psychological Bulletin 114 (1993).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A result that chance alone would give more rarely than this counts.
pub const ALPHA: f64 = 0.05;

/// Values in both samples up to which the null distribution is counted out; beyond, the normal one is as good.
const EXACT: usize = 60;

/// Pairs of values that are formed at most; of larger samples the first ones are used.
const MAX_PAIRS: usize = 1 << 20;

/// An interval and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Probability that it covers what it is an interval of, from 0 to 1; lower than asked for where a sample is small.
    pub coverage: f64,
}

/// How two samples differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Hodges-Lehmann shift: the median of all differences, second sample minus first.
    pub shift: f64,
    /// Its interval; `None` where there are too few values for any.
    pub interval: Option<Interval>,
    /// Probability of a difference at least as large by chance (two-sided Mann-Whitney).
    pub p: f64,
    /// Cliff's delta, -1 to 1: how much more often a value of the second sample is the larger one.
    pub delta: f64,
    /// Values that the second sample needs before the test can come to less than [`ALPHA`], if it has fewer.
    pub needed: Option<usize>,
}

/// The middle value; the mean of the two middle ones.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The narrowest interval of the median between two order statistics that covers it with probability `1 - alpha`; the
/// whole range, with the coverage it has, where the sample is too small for that. `None` for fewer than two values.
#[must_use]
pub fn median_interval(values: &[f64], alpha: f64) -> Option<Interval> {
    let sorted = sorted(values);
    let n = sorted.len();
    let mut tail = 0.5_f64.powi(i32::try_from(n).ok()?); // P(Bin(n, 1/2) <= k)
    let (mut chosen, mut outside) = (0, tail);
    let mut term = tail;
    for k in 1..n / 2 {
        term *= (n - k + 1) as f64 / k as f64;
        tail += term;
        if 2.0 * tail > alpha {
            break;
        }
        (chosen, outside) = (k, tail);
    }
    let (low, high) = (*sorted.get(chosen)?, *sorted.get(n.checked_sub(chosen + 1)?)?);
    (n > 1).then_some(Interval { low, high, coverage: 1.0 - 2.0 * outside })
}

/// How `second` differs from `first`; `None` if one of them is empty.
#[must_use]
pub fn difference(first: &[f64], second: &[f64]) -> Option<Difference> {
    let ranks = Ranks::of(first, second)?;
    let shifts = shifts(first, second);
    let needed = repeats_needed(first.len(), ALPHA).filter(|needed| *needed > second.len());
    Some(Difference {
        shift: median(&shifts)?,
        interval: shift_interval(&shifts, first.len(), second.len()),
        p: (2.0 * ranks.p_greater().min(ranks.p_less())).min(1.0),
        delta: 2.0 * ranks.u() / (first.len() as f64 * second.len() as f64) - 1.0,
        needed,
    })
}

/// Probability that `second` would be so much larger than `first` by chance (one-sided Mann-Whitney).
#[must_use]
pub fn p_greater(first: &[f64], second: &[f64]) -> Option<f64> {
    Some(Ranks::of(first, second)?.p_greater())
}

/// Values that a second sample needs so that a clear difference from a first one of `n` can be told from chance with a
/// two-sided test; `None` if no number is enough.
#[must_use]
pub fn repeats_needed(n: usize, alpha: f64) -> Option<usize> {
    // The most extreme of all orders is one of `choose(n + m, m)`.
    let mut ways = 1.0;
    (1..=1000).find(|m| {
        ways *= (n + m) as f64 / *m as f64;
        2.0 / ways <= alpha
    })
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// All differences, sorted.
fn shifts(first: &[f64], second: &[f64]) -> Vec<f64> {
    let of = |b: &f64| first.iter().map(move |a| *b - *a).collect::<Vec<_>>();
    let mut shifts: Vec<f64> = second.iter().flat_map(of).take(MAX_PAIRS).collect();
    shifts.sort_by(f64::total_cmp);
    shifts
}

/// Moses' interval: order statistics of the differences, as far from the ends as the null distribution of U allows.
fn shift_interval(shifts: &[f64], n: usize, m: usize) -> Option<Interval> {
    let (below, outside) = if n + m <= EXACT { exact_margin(n, m) } else { normal_margin(n, m) }?;
    let (low, high) = (*shifts.get(below)?, *shifts.get(shifts.len().checked_sub(below + 1)?)?);
    Some(Interval { low, high, coverage: 1.0 - 2.0 * outside })
}

/// The largest `k` for which `P(U <= k)` is half of [`ALPHA`] at most, and that probability.
fn exact_margin(n: usize, m: usize) -> Option<(usize, f64)> {
    let values: Vec<u64> = (1..=(n + m) as u64).map(|rank| 2 * rank).collect();
    let null = null_distribution(&values, m);
    let least = m * (m + 1); // twice the least rank sum
    let mut sum = 0.0;
    let mut found = None;
    for (k, p) in null.iter().skip(least).step_by(2).enumerate() {
        sum += p;
        if sum > ALPHA / 2.0 {
            break;
        }
        found = Some((k, sum));
    }
    found
}

fn normal_margin(n: usize, m: usize) -> Option<(usize, f64)> {
    let (n, m) = (n as f64, m as f64);
    let k = n * m / 2.0 - 1.96 * (n * m * (n + m + 1.0) / 12.0).sqrt() - 1.0;
    (k >= 0.0).then_some((k as usize, ALPHA / 2.0))
}

/// The ranks of two samples among each other; values that are equal share the mean of theirs.
struct Ranks {
    /// Twice the rank of each value, so that shared ones are whole, too.
    doubled: Vec<u64>,
    /// Twice the sum of the second sample's.
    sum: u64,
    n: usize,
    m: usize,
}

impl Ranks {
    fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        let (n, m) = (first.len(), second.len());
        let of = |values: &'_ [f64], second: bool| -> Vec<(f64, bool)> {
            values.iter().map(|value| (*value, second)).collect()
        };
        let mut all = of(first, false);
        all.extend(of(second, true));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut doubled, mut sum) = (Vec::with_capacity(all.len()), 0);
        for ties in all.chunk_by(|a, b| a.0 == b.0) {
            let before = doubled.len() as u64;
            let rank = 2 * before + ties.len() as u64 + 1;
            sum += rank * ties.iter().filter(|(_, second)| *second).count() as u64;
            doubled.extend(ties.iter().map(|_| rank));
        }
        (n > 0 && m > 0).then_some(Self { doubled, sum, n, m })
    }

    /// Pairs in which the second sample's value is the larger, those that are equal counted half.
    fn u(&self) -> f64 {
        let m = self.m as f64;
        self.sum as f64 / 2.0 - m * (m + 1.0) / 2.0
    }

    fn p_greater(&self) -> f64 {
        self.tail(|sum, of| sum >= of, -1.0)
    }

    fn p_less(&self) -> f64 {
        self.tail(|sum, of| sum <= of, 1.0)
    }

    /// Probability of the rank sums that `is_in` takes; `side` is the sign of the normal approximation's tail.
    fn tail(&self, is_in: fn(u64, u64) -> bool, side: f64) -> f64 {
        if self.n + self.m > EXACT {
            return self.normal_tail(side);
        }
        let null = null_distribution(&self.doubled, self.m);
        let sums = null.iter().enumerate().filter(|(sum, _)| is_in(*sum as u64, self.sum));
        sums.map(|(_, p)| p).sum::<f64>().min(1.0)
    }

    /// With the corrections for ties and for continuity.
    fn normal_tail(&self, side: f64) -> f64 {
        let (n, m) = (self.n as f64, self.m as f64);
        let all = n + m;
        let ties: f64 =
            self.doubled.chunk_by(|a, b| a == b).map(|t| (t.len() as f64).powi(3) - t.len() as f64).sum();
        let variance = n * m / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
        if variance <= 0.0 {
            return 1.0;
        }
        let z = (side * (self.u() - n * m / 2.0) + 0.5) / variance.sqrt();
        1.0 - upper_tail(z)
    }
}

/// Probability of each sum of `m` of the ranks, all choices being equally likely.
fn null_distribution(ranks: &[u64], m: usize) -> Vec<f64> {
    let most: u64 = ranks.iter().rev().take(m).sum();
    let width = usize::try_from(most).unwrap_or(0) + 1;
    // ways[k][s]: choices of k of the ranks so far with the sum s.
    let mut ways = vec![vec![0.0; width]; m + 1];
    ways[0][0] = 1.0;
    for rank in ranks {
        let rank = usize::try_from(*rank).unwrap_or(width);
        for k in (1..=m).rev() {
            let (fewer, these) = ways.split_at_mut(k);
            let from = fewer[k - 1].iter();
            these[0].iter_mut().skip(rank).zip(from).for_each(|(to, from)| *to += from);
        }
    }
    let last = ways.pop().unwrap_or_default();
    let all: f64 = last.iter().sum();
    last.into_iter().map(|ways| ways / all).collect()
}

/// `P(Z > z)` of the standard normal distribution; Abramowitz and Stegun 26.2.17, exact to 7.5e-8.
fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let sum = series.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    let tail = sum * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    /// Hollander and Wolfe, table 4.1: permeability of the chorioamnion at term and earlier.
    const TERM: [f64; 10] = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const EARLY: [f64; 5] = [1.15, 0.88, 0.90, 0.74, 1.21];

    #[test]
    fn the_rank_test_gives_hollander_and_wolfes_values() {
        // W = 35, one-sided p = 0.1272, two-sided 0.2544; the estimate of the shift is 0.305.
        assert!(close(p_greater(&EARLY, &TERM).unwrap(), 0.1272));
        let found = difference(&EARLY, &TERM).unwrap();
        assert!(close(found.p, 0.2544), "{found:?}");
        assert!(close(found.shift, 0.305), "{found:?}");
        assert!(close(found.delta, 2.0 * 35.0 / 50.0 - 1.0), "{found:?}");
    }

    #[test]
    fn critical_values_are_those_of_the_tables() {
        // Largest U with a two-sided p of at most 0.05.
        for (n, critical) in [(4, 0), (5, 2), (6, 5), (7, 8), (8, 13), (10, 23)] {
            let values: Vec<u64> = (1..=2 * n).map(|rank| 2 * rank).collect();
            let n = n as usize;
            let null = null_distribution(&values, n);
            let below = |u: usize| null.iter().skip(n * (n + 1)).step_by(2).take(u + 1).sum::<f64>();
            assert!(2.0 * below(critical) <= 0.05 && 2.0 * below(critical + 1) > 0.05, "{n}");
        }
    }

    #[test]
    fn three_against_three_can_show_nothing_on_two_sides_and_four_against_four_can() {
        let small = difference(&[1.0, 2.0, 3.0], &[7.0, 8.0, 9.0]).unwrap();
        assert!(close(small.p, 0.1) && small.needed == Some(5), "{small:?}");
        let enough = difference(&[1.0, 2.0, 3.0, 4.0], &[7.0, 8.0, 9.0, 10.0]).unwrap();
        assert!(close(enough.p, 2.0 / 70.0) && enough.needed.is_none(), "{enough:?}");
        assert!(close(p_greater(&[1.0, 2.0, 3.0], &[7.0, 8.0, 9.0]).unwrap(), 0.05));
        assert_eq!((repeats_needed(4, 0.05), repeats_needed(1, 0.05)), (Some(4), Some(39)));
    }

    #[test]
    fn equal_values_share_their_ranks_and_prove_nothing() {
        let same = difference(&[5.0; 6], &[5.0; 6]).unwrap();
        assert!((same.p, same.shift, same.delta) == (1.0, 0.0, 0.0), "{same:?}");
        // By hand: of 6 choices of 2 of the ranks 1.5, 1.5, 3.5, 3.5 one has the sum 7.
        assert!(close(p_greater(&[1.0, 1.0], &[2.0, 2.0]).unwrap(), 1.0 / 6.0));
    }

    #[test]
    fn the_normal_approximation_meets_the_exact_distribution() {
        let first: Vec<f64> = (0..30).map(|n| f64::from(n * 7 % 30)).collect();
        let second: Vec<f64> = (0..30).map(|n| f64::from(n * 11 % 30) + 4.5).collect();
        let ranks = Ranks::of(&first, &second).unwrap();
        let (exact, normal) = (ranks.p_greater(), ranks.normal_tail(-1.0));
        assert!((exact - normal).abs() < 0.002 && exact < 0.05, "{exact} {normal}");
        assert!(close(upper_tail(1.96), 0.025) && close(upper_tail(-1.0), 0.8413));
    }

    #[test]
    fn the_interval_of_a_median_lies_between_the_tabled_order_statistics() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        // n, order statistic, coverage: tables of the sign test.
        for (n, order, coverage) in [(6, 1, 0.9688), (9, 2, 0.9609), (10, 2, 0.9785), (20, 6, 0.9586)] {
            let found = median_interval(&values[..n], ALPHA).unwrap();
            assert_eq!(
                (found.low, found.high),
                (f64::from(order), (n as f64) + 1.0 - f64::from(order)),
                "{n}"
            );
            assert!(close(found.coverage, coverage), "{n} {found:?}");
        }
        let three = median_interval(&[3.0, 1.0, 2.0], ALPHA).unwrap();
        assert!((three.low, three.high, three.coverage) == (1.0, 3.0, 0.75), "{three:?}");
        assert_eq!((median_interval(&[1.0], ALPHA), median(&[])), (None, None));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn the_interval_of_a_shift_covers_it_and_is_none_where_there_are_too_few() {
        let first = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
        let second = first.map(|value| value + 3.0);
        let found = difference(&first, &second).unwrap();
        let interval = found.interval.unwrap();
        assert!(found.shift == 3.0 && interval.low < 3.0 && interval.high > 3.0, "{found:?}");
        assert!(interval.coverage >= 0.95, "{interval:?}");
        assert_eq!(difference(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap().interval, None);
        let (many, more): (Vec<f64>, Vec<f64>) = (0..40).map(|n| (f64::from(n), f64::from(n) + 2.0)).unzip();
        let found = difference(&many, &more).unwrap();
        assert!(
            found.interval.is_some_and(|interval| interval.low <= 2.0 && interval.high >= 2.0),
            "{found:?}"
        );
    }
}
