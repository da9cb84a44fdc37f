//! Fewer points that look the same: of each stretch of time the least, the largest and the last.

use crate::model::{Nanoseconds, Stretch};

/// A value from a time on.
pub(super) type Point = (i64, i64);

/// At most about `room` of the points, in the order of time.
pub(super) fn points(points: Vec<Point>, room: usize) -> Vec<Point> {
    let steps = i64::try_from((room / 3).max(1)).unwrap_or(i64::MAX);
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else { return points };
    if points.len() <= room {
        return points;
    }
    let width = last.0.saturating_sub(first.0).max(1).div_euclid(steps).saturating_add(1);
    let number = |point: &Point| point.0.saturating_sub(first.0).div_euclid(width);
    let mut kept: Vec<Point> = Vec::new();
    for step in points.chunk_by(|a, b| number(a) == number(b)) {
        let least = step.iter().min_by_key(|point| point.1);
        let most = step.iter().max_by_key(|point| point.1);
        let mut of_step: Vec<Point> = [least, most, step.last()].into_iter().flatten().copied().collect();
        of_step.sort_by_key(|point| point.0);
        of_step.dedup();
        kept.extend(of_step);
    }
    kept
}

/// At most `room` stretches: neighbours become one.
pub(super) fn stretches(all: &[Stretch], room: usize) -> Vec<Stretch> {
    let together = all.len().div_ceil(room.max(1)).max(1);
    all.chunks(together).filter_map(|some| some.iter().copied().reduce(joined)).collect()
}

/// A quantile of both is not known: the larger is told.
fn joined(first: Stretch, second: Stretch) -> Stretch {
    let longest = if second.max > first.max { second } else { first };
    Stretch {
        at: longest.at,
        count: first.count.saturating_add(second.count),
        total: Nanoseconds(first.total.0.saturating_add(second.total.0)),
        p99: first.p99.max(second.p99),
        max: longest.max,
    }
}
