//! Durations over time in a bounded number of stretches: of each how many, how long together, the longest and a quantile.

use super::super::summary::sketch::Sketch;
use crate::model::{Nanoseconds, Stretch, TraceTime};

/// Width of a stretch at first.
const FIRST_WIDTH: u32 = 10;

/// Durations of one stretch.
#[derive(Debug, Clone)]
struct Step {
    /// Time in widths.
    number: i64,
    /// Begin and length of the longest.
    longest: (TraceTime, Nanoseconds),
    all: Sketch,
}

/// Durations so far.
#[derive(Debug, Clone)]
pub(super) struct Lengths {
    room: usize,
    width: u32,
    steps: Vec<Step>,
}

impl Lengths {
    pub(super) fn new(room: usize) -> Self {
        Self { room, width: FIRST_WIDTH, steps: Vec::new() }
    }

    /// Something took from one time to another; ends come in order.
    #[inline]
    pub(super) fn add(&mut self, begin: TraceTime, end: TraceTime) {
        let length = end.since(begin).max(Nanoseconds(0));
        let number = end.0 >> self.width;
        if self.steps.last().is_none_or(|step| step.number < number) {
            self.begin(end, begin);
        }
        let Some(step) = self.steps.last_mut() else { return };
        step.all.add(length);
        if length > step.longest.1 {
            step.longest = (begin, length);
        }
    }

    #[cold]
    fn begin(&mut self, end: TraceTime, begin: TraceTime) {
        while self.steps.len() >= self.room.max(2) && self.width < 62 {
            self.widen();
        }
        let number = end.0 >> self.width;
        if self.steps.last().is_none_or(|step| step.number < number) {
            self.steps.push(Step { number, longest: (begin, Nanoseconds(-1)), all: Sketch::default() });
        }
    }

    fn widen(&mut self) {
        self.width += 1;
        self.steps.iter_mut().for_each(|step| step.number >>= 1);
        self.steps.dedup_by(|second, first| {
            let joins = first.number == second.number;
            if joins {
                first.all.merge(&second.all);
                first.longest =
                    if second.longest.1 > first.longest.1 { second.longest } else { first.longest };
            }
            joins
        });
    }

    /// The stretches, in the order of time.
    pub(super) fn finish(self) -> Vec<Stretch> {
        let stretch = |step: Step| {
            let all = step.all.durations();
            Stretch { at: step.longest.0, count: all.count, total: all.total, p99: all.p99, max: all.max }
        };
        self.steps.into_iter().map(stretch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(all: impl IntoIterator<Item = (i64, i64)>, room: usize) -> Vec<Stretch> {
        let mut lengths = Lengths::new(room);
        all.into_iter().for_each(|(begin, end)| lengths.add(TraceTime(begin), TraceTime(end)));
        lengths.finish()
    }

    #[test]
    fn durations_of_one_stretch_are_summed_up_and_the_longest_says_when() {
        let [one] = lengths([(0, 10), (20, 320), (400, 410)], 8)[..] else { panic!("one stretch") };
        assert_eq!((one.count, one.total, one.max), (3, Nanoseconds(320), Nanoseconds(300)));
        assert_eq!(one.at, TraceTime(20));
    }

    #[test]
    fn a_million_durations_take_a_bounded_number_of_stretches_and_lose_neither_count_nor_peak() {
        let one = |n: i64| (n * 5000, n * 5000 + if n == 654_321 { 4_999 } else { 100 });
        let stretches = lengths((0..1_000_000).map(one), 64);
        assert!((16..=64).contains(&stretches.len()), "{}", stretches.len());
        assert_eq!(stretches.iter().map(|stretch| stretch.count).sum::<u64>(), 1_000_000);
        let peak =
            stretches.iter().max_by_key(|stretch| stretch.max).map(|stretch| (stretch.at, stretch.max));
        assert_eq!(peak, Some((TraceTime(654_321 * 5000), Nanoseconds(4_999))));
        assert!(stretches.windows(2).all(|pair| pair[0].at < pair[1].at));
    }

    #[test]
    fn a_duration_of_nothing_counts() {
        let [one] = lengths([(7, 7)], 8)[..] else { panic!("one stretch") };
        assert_eq!((one.count, one.at, one.max), (1, TraceTime(7), Nanoseconds(0)));
    }
}
