//! How long the rest of a number of steps takes, by what those so far took.
//!
//! Steps have weights (what each took the last time, where that is known), so that one long step among short ones does not
//! mislead. Pure: who asks says what time it is.

use std::time::Duration;

/// Less than this is not worth a word.
const SHORT: Duration = Duration::from_secs(1);

/// Steps and what is known of their lengths.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    /// Of each step, in any unit.
    weights: Vec<f64>,
    /// The weights are seconds of another time.
    are_seconds: bool,
    done: f64,
    /// When the last step ended.
    at: Duration,
}

impl Pace {
    /// Of steps that are alike, as far as is known.
    pub(super) fn even(steps: usize) -> Self {
        Self { weights: vec![1.0; steps], ..Self::default() }
    }

    /// Of steps some of which were seen before; the others count as their average.
    pub(super) fn seen(before: &[Option<Duration>]) -> Self {
        let known: Vec<f64> = before.iter().flatten().map(Duration::as_secs_f64).collect();
        if known.is_empty() {
            return Self::even(before.len());
        }
        let average = known.iter().sum::<f64>() / known.len() as f64;
        let weights = before.iter().map(|step| step.map_or(average, |step| step.as_secs_f64())).collect();
        Self { weights, are_seconds: true, ..Self::default() }
    }

    /// Of steps that have so many bytes each to read.
    pub(super) fn sized(sizes: &[u64]) -> Self {
        // Each step costs something, whatever its size.
        let weights = sizes.iter().map(|size| *size as f64 + 100_000.0).collect();
        Self { weights, ..Self::default() }
    }

    /// The `nth` step has ended.
    pub(super) fn end(&mut self, nth: usize, now: Duration) {
        self.done += self.weights.get(nth).copied().unwrap_or_default();
        self.at = now;
    }

    /// Time that is left; nothing where nothing is known.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let total: f64 = self.weights.iter().sum();
        let rest = (total - self.done).max(0.0);
        let whole = match self.done > 0.0 {
            true => self.at.as_secs_f64() / self.done * rest,
            false if self.are_seconds => rest,
            false => return None,
        };
        let since = now.saturating_sub(self.at).as_secs_f64();
        Duration::try_from_secs_f64((whole - since).max(0.0)).ok()
    }

    /// `, 12 s left`
    pub(super) fn words(&self, now: Duration) -> String {
        let Some(left) = self.left(now).filter(|left| *left >= SHORT) else { return String::new() };
        match left.as_secs() {
            seconds @ ..60 => format!(", {seconds} s left"),
            seconds @ 60..5400 => format!(", {} min left", seconds.div_ceil(60)),
            seconds => format!(", {} h left", seconds.div_ceil(3600)),
        }
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
        assert_eq!(pace.words(s(3)), "", "nothing is known yet");
        pace.end(0, s(10));
        assert_eq!(pace.left(s(10)), Some(s(30)));
        assert_eq!(pace.left(s(14)), Some(s(26)));
        assert_eq!(pace.words(s(60)), "", "late: nobody knows");
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
    fn times_are_told_in_the_unit_that_suits_them() {
        let words = |left| Pace::seen(&[Some(s(left))]).words(s(0));
        let all = [words(0), words(59), words(61), words(7200)];
        assert_eq!(all, ["", ", 59 s left", ", 2 min left", ", 2 h left"]);
    }
}
