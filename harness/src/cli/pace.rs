//! How long the rest of a number of steps takes, by what those so far took.
//!
//! Steps have weights (what each took the last time, where that is known), so that one long step among short ones does not
//! mislead. Pure: who asks says what time it is.

use std::time::Duration;

/// Less than this is not worth a word.
const SHORT: Duration = Duration::from_secs(1);
/// Of less of the work than this nobody can tell how long the rest takes.
const TELLING: f64 = 0.01;

/// Steps and what is known of their lengths.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    /// Of each step, in any unit.
    weights: Vec<f64>,
    /// How much of each is done, 0 to 1.
    shares: Vec<f64>,
    /// The weights are seconds of another time.
    are_seconds: bool,
    /// When the last of it was done.
    at: Duration,
}

impl Pace {
    fn of(weights: Vec<f64>, are_seconds: bool) -> Self {
        Self { shares: vec![0.0; weights.len()], weights, are_seconds, at: Duration::ZERO }
    }

    /// Of steps that are alike, as far as is known.
    pub(super) fn even(steps: usize) -> Self {
        Self::of(vec![1.0; steps], false)
    }

    /// Of steps some of which were seen before; the others count as their average.
    pub(super) fn seen(before: &[Option<Duration>]) -> Self {
        let known: Vec<f64> = before.iter().flatten().map(Duration::as_secs_f64).collect();
        if known.is_empty() {
            return Self::even(before.len());
        }
        let average = known.iter().sum::<f64>() / known.len() as f64;
        let weights = before.iter().map(|step| step.map_or(average, |step| step.as_secs_f64())).collect();
        Self::of(weights, true)
    }

    /// Of steps that have so many bytes each to read.
    pub(super) fn sized(sizes: &[u64]) -> Self {
        // Each step costs something, whatever its size.
        Self::of(sizes.iter().map(|size| *size as f64 + 100_000.0).collect(), false)
    }

    /// Of the `nth` step this share is done, 0 to 1. What was done stays done.
    pub(super) fn part(&mut self, nth: usize, share: f64, now: Duration) {
        let Some(done) = self.shares.get_mut(nth) else { return };
        if share.min(1.0) > *done {
            *done = share.min(1.0);
            self.at = now;
        }
    }

    /// The `nth` step has ended.
    pub(super) fn end(&mut self, nth: usize, now: Duration) {
        self.part(nth, 1.0, now);
    }

    fn done(&self) -> f64 {
        self.weights.iter().zip(&self.shares).map(|(weight, share)| weight * share).sum()
    }

    /// How much of all is done, 0 to 1.
    pub(super) fn share(&self) -> f64 {
        let total: f64 = self.weights.iter().sum();
        if total > 0.0 { self.done() / total } else { 0.0 }
    }

    /// Time that is left; nothing where nothing is known, or where it is hardly any.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let (done, total) = (self.done(), self.weights.iter().sum::<f64>());
        let rest = (total - done).max(0.0);
        let whole = match done > 0.0 && self.share() >= TELLING {
            true => self.at.as_secs_f64() / done * rest,
            false if self.are_seconds => rest,
            false => return None,
        };
        let since = now.saturating_sub(self.at).as_secs_f64();
        Duration::try_from_secs_f64((whole - since).max(0.0)).ok().filter(|left| *left >= SHORT)
    }
}

/// `, 12 s left`
pub(super) fn left_words(left: Option<Duration>) -> String {
    left.map(|left| format!(", {} left", span_words(left))).unwrap_or_default()
}

/// `12 s`, `3 min`, `2 h`: never less than it is, but for parts of a second.
pub(super) fn span_words(span: Duration) -> String {
    match span.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn steps_that_are_alike_take_as_long_as_those_before() {
        let mut pace = Pace::even(4);
        assert_eq!(pace.left(s(3)), None, "nothing is known yet");
        pace.end(0, s(10));
        assert_eq!(pace.left(s(10)), Some(s(30)));
        assert_eq!(pace.left(s(14)), Some(s(26)));
        assert_eq!(pace.left(s(60)), None, "late: nobody knows");
    }

    #[test]
    fn what_was_seen_before_is_known_from_the_start_and_corrected_by_how_it_goes_now() {
        let mut pace = Pace::seen(&[Some(s(1)), Some(s(9)), None]);
        assert_eq!(pace.left(s(0)), Some(s(15)), "the unknown step counts as the average");
        pace.end(0, s(2));
        assert_eq!(pace.left(s(2)), Some(s(28)), "twice as slow as then");
    }

    #[test]
    fn steps_may_end_in_any_order() {
        let mut pace = Pace::sized(&[900_000, 1_900_000]);
        pace.end(1, s(2));
        assert_eq!(pace.left(s(2)), Some(s(1)));
        pace.end(7, s(3));
        assert_eq!(Pace::even(0).left(s(3)), None);
    }

    #[test]
    fn a_part_of_one_long_step_tells_how_long_the_rest_takes() {
        let mut pace = Pace::sized(&[900_000]);
        pace.part(0, 0.001, s(1));
        assert_eq!(pace.left(s(1)), None, "too little is done to tell");
        pace.part(0, 0.25, s(5));
        assert_eq!((pace.share(), pace.left(s(5))), (0.25, Some(s(15))));
        pace.part(0, 0.1, s(6));
        assert_eq!(pace.share(), 0.25, "what was done stays done");
        pace.part(0, 7.0, s(9));
        assert_eq!((pace.share(), pace.left(s(9))), (1.0, None));
    }

    #[test]
    fn times_are_told_in_the_unit_that_suits_them() {
        let words = [0, 59, 61, 121, 7200].map(|time| span_words(s(time)));
        assert_eq!(words, ["0 s", "59 s", "61 s", "3 min", "2 h"]);
        assert_eq!((left_words(None), left_words(Some(s(2)))), (String::new(), ", 2 s left".to_owned()));
    }
}
