//! How a noisy series moves: the Theil-Sen slope, which a few outliers do not move, with its interval, and how likely
//! such a trend would be by chance (Mann-Kendall).
//!
//! Input: points `(x, y)` in order of `x`. Output: a [`Slope`]. Must not be used for exact counts, which need no
//! statistics (`trend`). GC cycles that follow on one another are not independent, so the chance is a lower bound: rules
//! ask for a small one, and for a rise that matters as well.

use crate::model::stats;

/// Points looked at; more are thinned out evenly, as the number of pairs grows with the square.
const MAX_POINTS: usize = 300;
/// Quantile of the normal distribution for an interval of 95 %.
const Z_95: f64 = 1.959_964;

/// A slope over a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slope {
    /// Median of the slopes between all pairs of points.
    pub median: f64,
    /// Its interval of 95 %, by Kendall's variance (Sen 1968).
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Points it is of.
    pub points: usize,
    /// Chance of so clear a trend, either way, in a series without one (Mann-Kendall, normal approximation with ties).
    pub chance: f64,
}

/// The slope of `points`; `None` with fewer than three different `x`.
pub(super) fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    let thinned: Vec<(f64, f64)> = points.iter().copied().step_by(step).collect();
    let mut slopes = pair_slopes(&thinned);
    if slopes.len() < 3 {
        return None;
    }
    let deviation = kendall_variance(&thinned).sqrt();
    let score = slopes.iter().map(|slope| sign(*slope)).sum::<f64>();
    slopes.sort_by(f64::total_cmp);
    let median = stats::median(&slopes)?;
    let half = Z_95 * deviation / 2.0;
    let middle = slopes.len() as f64 / 2.0;
    Some(Slope {
        median,
        low: at(&slopes, middle - half - 1.0),
        high: at(&slopes, middle + half),
        points: points.len(),
        chance: chance(score, deviation),
    })
}

/// Slopes between all pairs with different `x`.
fn pair_slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for (i, (x1, y1)) in points.iter().enumerate() {
        let later = points.get(i + 1..).unwrap_or_default();
        slopes.extend(later.iter().filter(|(x2, _)| x2 > x1).map(|(x2, y2)| (y2 - y1) / (x2 - x1)));
    }
    slopes
}

fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// Variance of Kendall's score in a series without a trend; groups of equal values lower it.
fn kendall_variance(points: &[(f64, f64)]) -> f64 {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    values.sort_by(f64::total_cmp);
    let ties: f64 = values.chunk_by(|a, b| a == b).map(|group| term(group.len() as f64)).sum();
    (term(values.len() as f64) - ties) / 18.0
}

/// Two-sided chance of a score, corrected for continuity.
fn chance(score: f64, deviation: f64) -> f64 {
    if deviation == 0.0 {
        return 1.0;
    }
    let z = (score.abs() - 1.0).max(0.0) / deviation;
    libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The sorted value at a fractional place, the nearest end if there is none.
fn at(sorted: &[f64], place: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    // A float cast saturates at both ends.
    sorted.get((place.round() as usize).min(last)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_does_not_move_the_slope() {
        let mut points: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i), 3.0 * f64::from(i))).collect();
        points[500].1 = 1e12;
        let slope = slope(&points).unwrap();
        assert_eq!((slope.median, slope.low, slope.high, slope.points), (3.0, 3.0, 3.0, 1000));
        assert!(slope.chance < 1e-9);
        assert_eq!(super::slope(&points[..2]), None);
    }

    /// Sen's own example (1968, section 6; also in Hollander and Wolfe): x = 1, 2, 3, 4, 10, 12, 18.
    #[test]
    fn slope_and_interval_are_those_that_were_published() {
        let points =
            [(1.0, 9.0), (2.0, 15.0), (3.0, 19.0), (4.0, 20.0), (10.0, 45.0), (12.0, 55.0), (18.0, 78.0)];
        let slope = slope(&points).unwrap();
        assert_eq!(slope.median, 4.0);
        // The 4th and the 18th of 21 slopes.
        assert_eq!((slope.low, slope.high), (26.0 / 7.0, 35.0 / 8.0));
        // S = 21 of 21, variance 44.33: z = 20 / 6.658.
        assert!((slope.chance - 0.002_67).abs() < 1e-4, "{slope:?}");
    }

    #[test]
    fn noise_around_a_level_is_no_trend() {
        // A multiplicative generator's values, which have no order.
        let values = (0..60u64).scan(1u64, |seed, _| {
            *seed = *seed * 48271 % 2_147_483_647;
            Some(*seed as f64 / 2_147_483_647.0)
        });
        let points: Vec<(f64, f64)> =
            values.enumerate().map(|(i, value)| (i as f64, 100.0 + value)).collect();
        let slope = slope(&points).unwrap();
        assert!(slope.low < 0.0 && slope.high > 0.0 && slope.chance > 0.05, "{slope:?}");
    }

    #[test]
    fn a_level_series_has_no_trend() {
        let slope = slope(&[(1.0, 5.0), (2.0, 5.0), (3.0, 5.0), (4.0, 5.0)]).unwrap();
        assert_eq!((slope.median, slope.low, slope.high, slope.chance), (0.0, 0.0, 0.0, 1.0));
    }
}
