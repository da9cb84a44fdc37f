//! The heap over time, in a bounded number of steps: when there are too many, two become one.

use super::super::clip::Clip;
use crate::model::trace::{HeapCurve, HeapPeak, HeapPoint, HeapRange};
use crate::model::{Bytes, Nanoseconds, TraceTime};

/// Steps held. At least half as many are left when they are merged.
const MAX_STEPS: usize = 2048;

/// Width of a step at first: the trace's own resolution is 64 ns.
const FIRST_WIDTH: u32 = 10;

/// The heap during one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Time since the window's begin, in widths.
    number: u64,
    point: HeapPoint,
}

/// The curve so far.
#[derive(Debug)]
pub(super) struct Curve {
    /// A step is `1 << width` nanoseconds wide.
    width: u32,
    steps: Vec<Step>,
    /// Values before the window.
    live: Option<Bytes>,
    goal: Option<Bytes>,
    peak: Option<HeapPeak>,
}

impl Default for Curve {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, steps: Vec::new(), live: None, goal: None, peak: None }
    }
}

impl Curve {
    pub(super) fn live(&mut self, live: Bytes, (at, clip): (TraceTime, Clip)) {
        self.live = Some(live);
        let Some(point) = self.point(at, clip) else { return };
        let range = point.live.get_or_insert(HeapRange { min: live, max: live, last: live });
        *range = HeapRange { min: range.min.min(live), max: range.max.max(live), last: live };
        if self.peak.is_none_or(|peak| live > peak.live) {
            self.peak = Some(HeapPeak { at, live });
        }
    }

    pub(super) fn goal(&mut self, goal: Bytes, (at, clip): (TraceTime, Clip)) {
        self.goal = Some(goal);
        if let Some(point) = self.point(at, clip) {
            point.goal = Some(goal);
        }
    }

    /// The point of a moment; `None` before the window.
    fn point(&mut self, at: TraceTime, clip: Clip) -> Option<&mut HeapPoint> {
        if !clip.contains(at) {
            return None;
        }
        let since = at.since(clip.begin).0.unsigned_abs();
        if self.steps.last().is_none_or(|last| last.number != since >> self.width) {
            while self.steps.len() >= MAX_STEPS {
                self.widen();
            }
            let number = since >> self.width;
            // After widening, the last step may have come to hold the moment.
            if self.steps.last().is_none_or(|last| last.number != number) {
                self.steps.push(Step { number, point: self.carried(at) });
            }
        }
        self.steps.last_mut().map(|step| &mut step.point)
    }

    /// A point of which nothing changed yet.
    fn carried(&self, at: TraceTime) -> HeapPoint {
        let before = self.steps.last().map(|step| step.point);
        // What is set before `point` is called is the new value: it stands in for none before.
        let live = before.and_then(|point| point.live).map(|live| live.last).or(self.live);
        let goal = before.and_then(|point| point.goal).or(self.goal);
        HeapPoint { at, live: live.map(|live| HeapRange { min: live, max: live, last: live }), goal }
    }

    /// Makes one step of two.
    fn widen(&mut self) {
        self.width += 1;
        let mut merged: Vec<Step> = Vec::with_capacity(MAX_STEPS);
        for Step { number, point } in self.steps.drain(..) {
            let number = number >> 1;
            match merged.last_mut().filter(|last| last.number == number) {
                Some(last) => last.point = joined(last.point, point),
                None => merged.push(Step { number, point }),
            }
        }
        self.steps = merged;
    }

    pub(super) fn finish(self) -> HeapCurve {
        let step = Nanoseconds(1i64.checked_shl(self.width).unwrap_or(i64::MAX));
        let points = self.steps.into_iter().map(|step| step.point).collect();
        HeapCurve { step, points, peak: self.peak }
    }
}

/// Two points, one after the other, as one.
fn joined(first: HeapPoint, second: HeapPoint) -> HeapPoint {
    let live = match (first.live, second.live) {
        (Some(a), Some(b)) => Some(HeapRange { min: a.min.min(b.min), max: a.max.max(b.max), last: b.last }),
        (a, b) => b.or(a),
    };
    HeapPoint { at: first.at, live, goal: second.goal.or(first.goal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: impl IntoIterator<Item = (i64, u64)>) -> HeapCurve {
        let clip = Clip::new(TraceTime(0), None);
        let mut curve = Curve::default();
        values.into_iter().for_each(|(at, live)| curve.live(Bytes(live), (TraceTime(at), clip)));
        curve.finish()
    }

    #[test]
    fn a_long_curve_is_thinned_out_and_keeps_its_peak_its_dip_and_its_end() {
        let value = |at: i64| match at {
            777_777 => 1_000_000,
            888_888 => 1,
            at => 5000 + (at % 100).unsigned_abs(),
        };
        let curve = curve((0..1_000_000).map(|at| (at * 1000, value(at))));
        assert!((1024..=2048).contains(&curve.points.len()), "{}", curve.points.len());
        let lives = || curve.points.iter().filter_map(|point| point.live);
        assert_eq!(lives().map(|live| live.max.0).max(), Some(1_000_000));
        assert_eq!(lives().map(|live| live.min.0).min(), Some(1));
        assert_eq!(lives().next_back().map(|live| live.last.0), Some(value(999_999)));
        assert_eq!(curve.peak, Some(HeapPeak { at: TraceTime(777_777_000), live: Bytes(1_000_000) }));
        assert!(curve.points.is_sorted_by_key(|point| point.at));
    }

    #[test]
    fn steps_without_a_change_have_no_point() {
        let curve = curve([(0, 10), (1 << 40, 20)]);
        assert_eq!(curve.points.len(), 2);
        assert_eq!(curve.points[1].live, Some(HeapRange { min: Bytes(10), max: Bytes(20), last: Bytes(20) }));
    }
}
