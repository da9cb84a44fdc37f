//! A value over time in a bounded number of points: of each step its least, largest and last value.

use crate::model::TraceTime;

/// Width of a step at first.
const FIRST_WIDTH: u32 = 10;

/// A value from a time on.
type Point = (TraceTime, i64);

/// The value during one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Time in widths.
    number: i64,
    min: Point,
    max: Point,
    last: Point,
}

/// The value so far.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Steps held: three times as many points at most.
    room: usize,
    width: u32,
    steps: Vec<Step>,
}

impl Series {
    pub(super) fn new(room: usize) -> Self {
        Self { room, width: FIRST_WIDTH, steps: Vec::new() }
    }

    /// The value is this from a time on, which is not before that of the last one.
    #[inline]
    pub(super) fn set(&mut self, at: TraceTime, value: i64) {
        let point = (at, value);
        let number = at.0 >> self.width;
        match self.steps.last_mut() {
            Some(step) if step.number == number => step.add(point),
            Some(step) if step.last.1 == value => {}
            _ => self.begin(point),
        }
    }

    #[cold]
    fn begin(&mut self, point: Point) {
        while self.steps.len() >= self.room.max(2) && self.width < 62 {
            self.widen();
        }
        let number = point.0.0 >> self.width;
        match self.steps.last_mut().filter(|step| step.number == number) {
            Some(step) => step.add(point),
            None => self.steps.push(Step { number, min: point, max: point, last: point }),
        }
    }

    fn widen(&mut self) {
        self.width += 1;
        self.steps.iter_mut().for_each(|step| step.number >>= 1);
        self.steps.dedup_by(|second, first| {
            let joins = first.number == second.number;
            if joins {
                first.add(second.min);
                first.add(second.max);
                first.last = second.last;
            }
            joins
        });
    }

    /// The points, in the order of time.
    pub(super) fn finish(self) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for Step { min, max, last, .. } in self.steps {
            let mut step = [min, max, last];
            step.sort_by_key(|(at, _)| *at);
            for point in step {
                if points.last().is_none_or(|before| before.1 != point.1) {
                    points.push(point);
                }
            }
        }
        points
    }
}

/// The sum of two values over time; of one before its first point nothing is added.
pub(super) fn sum(first: Vec<Point>, second: Vec<Point>) -> Vec<Point> {
    let steps = |points: Vec<Point>| {
        let mut before = 0;
        let step =
            move |(at, value): Point| (at, value.saturating_sub(std::mem::replace(&mut before, value)));
        points.into_iter().map(step)
    };
    let mut changes: Vec<Point> = steps(first).chain(steps(second)).collect();
    changes.sort_by_key(|(at, _)| *at);
    let mut points: Vec<Point> = Vec::with_capacity(changes.len());
    let mut value = 0i64;
    for (at, change) in changes {
        value = value.saturating_add(change);
        match points.last_mut().filter(|last| last.0 == at) {
            Some(last) => last.1 = value,
            None => points.push((at, value)),
        }
    }
    points
}

impl Step {
    #[inline]
    fn add(&mut self, point: Point) {
        if point.1 < self.min.1 {
            self.min = point;
        }
        if point.1 > self.max.1 {
            self.max = point;
        }
        self.last = point;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_kept_as_they_are() {
        let mut series = Series::new(1024);
        for (at, value) in [(0, 1), (5000, 2), (9000, 2), (20_000, 1)] {
            series.set(TraceTime(at), value);
        }
        let points = [(0, 1), (5000, 2), (20_000, 1)].map(|(at, value)| (TraceTime(at), value));
        assert_eq!(series.finish(), points);
    }

    #[test]
    fn a_sum_changes_when_one_of_both_does() {
        let points =
            |points: &[(i64, i64)]| points.iter().map(|&(at, value)| (TraceTime(at), value)).collect();
        let sum = sum(points(&[(0, 1), (10, 3), (20, 0)]), points(&[(5, 7), (10, 5)]));
        assert_eq!(sum, points(&[(0, 1), (5, 8), (10, 8), (20, 5)]));
    }

    #[test]
    fn of_many_points_peaks_dips_and_the_end_stay_and_time_goes_forward() {
        let mut series = Series::new(1024);
        for n in 0..1_000_000 {
            let value = match n {
                333_333 => 99,
                444_444 => -99,
                n => n % 10,
            };
            series.set(TraceTime(n * 700), value);
        }
        let points = series.finish();
        assert!((512..=3 * 1024).contains(&points.len()), "{}", points.len());
        assert!(points.is_sorted_by_key(|(at, _)| *at));
        assert!(points.contains(&(TraceTime(333_333 * 700), 99)));
        assert!(points.contains(&(TraceTime(444_444 * 700), -99)));
        assert_eq!(points.last().map(|point| point.1), Some(9));
    }
}
