//! Theil-Sen: the median of the slopes between all pairs of points, which a few outliers do not move.

/// Points looked at; more are thinned out evenly, as the number of pairs grows with the square.
const MAX_POINTS: usize = 300;

/// Median slope of `(x, y)` points, `None` with fewer than three different `x`.
pub(super) fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    let points: Vec<(f64, f64)> = points.iter().copied().step_by(step).collect();
    let mut slopes = Vec::new();
    for (i, (x1, y1)) in points.iter().enumerate() {
        let later = points.get(i + 1..).unwrap_or_default();
        slopes.extend(later.iter().filter(|(x2, _)| x2 > x1).map(|(x2, y2)| (y2 - y1) / (x2 - x1)));
    }
    (slopes.len() >= 3).then(|| median(&mut slopes)).flatten()
}

/// Median, the mean of the middle two for an even number.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some((values.get(middle.checked_sub(1)?)? + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_does_not_move_the_slope() {
        let mut points: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i), 3.0 * f64::from(i))).collect();
        points[500].1 = 1e12;
        assert_eq!(theil_sen(&points), Some(3.0));
        assert_eq!(theil_sen(&points[..2]), None);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }
}
