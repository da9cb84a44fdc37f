//! Whether a value grows over a run's comparable checkpoints, from when, and by how much.
//!
//! Checkpoints are not all at the same distance, on purpose (`early` in the probe's `hit.go`): at even ones a
//! saw-tooth, such as a batch that is sent when it is full, is caught a little fuller each time. What leaks is more at
//! *every* later checkpoint, whatever the distance.

use super::points::{MIN_POINTS, warm_up};

/// What grows by doubling (an array that is appended to, a map's table) gains at least this much from
/// warm-up's end, over which the operations become 2.5 times as many or more.
const STEPWISE_GAIN: f64 = 1.5;
/// Its `value / operations` falls until the next step comes and then rises again. If it falls this far
/// below what was seen before, the next step is overdue: the thing has reached its size.
const OVERDUE: f64 = 0.9;

/// How something grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// From checkpoint to checkpoint.
    Steady,
    /// In steps, in proportion to the operations.
    Stepwise,
}

/// Growth of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trend {
    pub pattern: Pattern,
    /// Gained from the end of warm-up to the last point.
    pub gained: i64,
    /// Operations between those.
    pub operations: u64,
    /// Value at the last point.
    pub last: u64,
    /// The point after which it only grew.
    pub since: usize,
}

pub(super) fn per_operation(gained: i64, operations: u64) -> f64 {
    if operations == 0 { 0.0 } else { gained as f64 / operations as f64 }
}

/// Gained between warm-up's end and the last point.
pub(super) fn gained(values: &[u64]) -> i64 {
    let base = values.get(warm_up(values.len())).copied().unwrap_or(0);
    let last = values.last().copied().unwrap_or(0);
    i64::try_from(last).unwrap_or(i64::MAX).saturating_sub(i64::try_from(base).unwrap_or(i64::MAX))
}

/// Growth from checkpoint to checkpoint after warm-up: never a decrease, and more wherever a usual distance lies
/// between two. (What leaks once in so many operations may miss a shorter one.)
pub(super) fn steady(values: &[u64], operations: &[u64]) -> Option<Trend> {
    let base = warm_up(values.len());
    if values.len() < MIN_POINTS || values.len() != operations.len() {
        return None;
    }
    let usual = usual_distance(operations);
    let grows = |at: usize| {
        let (value, from) = (values[at], operations[at]);
        let mut later = values.iter().zip(operations).skip(at + 1);
        let next = later.clone().next();
        let far = later.find(|(_, to)| to.saturating_sub(from) >= usual);
        next.is_none_or(|(next, _)| value <= *next) && far.is_none_or(|(far, _)| value < *far)
    };
    let since = (0..values.len()).rfind(|&at| !grows(at)).map_or(0, |still| still + 1);
    (since <= base).then(|| trend(Pattern::Steady, values, operations, since))
}

/// What lies between most checkpoints.
fn usual_distance(operations: &[u64]) -> u64 {
    let mut distances: Vec<u64> = operations.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(0)
}

/// Growth in steps: never a decrease after warm-up, and each step in time for the operations.
pub(super) fn stepwise(values: &[u64], operations: &[u64]) -> Option<Trend> {
    let base = warm_up(values.len());
    let after = values.get(base..)?;
    let (first, last) = (*after.first()?, *after.last()?);
    let falls = after.windows(2).any(|pair| pair[0] > pair[1]);
    let little = (last as f64) < STEPWISE_GAIN * first as f64 || first == 0;
    if values.len() < MIN_POINTS || falls || little || is_overdue(values, operations)? {
        return None;
    }
    let since = values.windows(2).rposition(|pair| pair[0] > pair[1]).map_or(0, |fall| fall + 1);
    let flat = values[since..].windows(2).take_while(|pair| pair[0] == pair[1]).count();
    Some(trend(Pattern::Stepwise, values, operations, since + flat))
}

/// Whether the value has been level for longer than the steps before leave room for. `None` without
/// two steps to compare.
fn is_overdue(values: &[u64], operations: &[u64]) -> Option<bool> {
    let last_rise = values.windows(2).rposition(|pair| pair[0] < pair[1])?;
    let ratio = |(value, n): (&u64, &u64)| *value as f64 / *n as f64;
    let before = values.get(1..=last_rise)?.iter().zip(operations.get(1..)?);
    let least = before.map(ratio).min_by(f64::total_cmp)?;
    let now = ratio((values.last()?, operations.last()?));
    Some(now < OVERDUE * least)
}

fn trend(pattern: Pattern, values: &[u64], operations: &[u64], since: usize) -> Trend {
    Trend {
        pattern,
        gained: gained(values),
        operations: u64::try_from(gained(operations)).unwrap_or(0),
        last: values.last().copied().unwrap_or(0),
        since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(n: usize) -> Vec<u64> {
        (1..=n as u64).map(|i| i * 100).collect()
    }

    #[test]
    fn growth_at_every_later_checkpoint_is_steady_and_dates_from_its_first_rise() {
        let values = [9, 9, 9, 20, 30, 40, 50, 60, 70, 80];
        let trend = steady(&values, &operations(10)).unwrap();
        assert_eq!((trend.gained, trend.operations, trend.last, trend.since), (60, 600, 80, 2));
    }

    #[test]
    fn plateau_saw_tooth_and_too_few_points_are_no_growth() {
        for values in [
            &[10, 20, 30, 40, 50, 60, 60, 60, 60, 60][..],
            &[10, 20, 30, 40, 10, 20, 30, 40, 10, 20],
            &[10, 20, 30, 40],
            &[],
        ] {
            assert_eq!(steady(values, &operations(values.len())), None, "{values:?}");
            assert_eq!(stepwise(values, &operations(values.len())), None, "{values:?}");
        }
    }

    /// Where the probe has them, and after how many operations what is emptied every `period` is so full.
    fn saw_tooth(every: u64, period: u64, phase: u64) -> (Vec<u64>, Vec<u64>) {
        let early = [0, 0, 0, 0, every * 382 / 1000, 0, 0, every * 236 / 1000, 0];
        let operations: Vec<u64> = (1..).zip(early).map(|(nth, early)| nth * every - early).collect();
        (operations.iter().map(|n| (n + phase) % period).collect(), operations)
    }

    #[test]
    fn a_saw_tooth_of_any_period_does_not_grow() {
        for period in 2..2000 {
            for phase in (0..period).step_by(7) {
                let (values, operations) = saw_tooth(400, period, phase);
                let told = || format!("period {period}, phase {phase}: {values:?}");
                assert_eq!(steady(&values, &operations).filter(|trend| trend.gained > 8), None, "{}", told());
            }
        }
        let even = [30, 60, 90, 120, 150, 180, 210, 240, 270];
        assert!(steady(&even, &operations(9)).is_some(), "370 at even distances of 400");
    }

    #[test]
    fn a_leak_grows_at_checkpoints_of_any_distance_if_it_takes_longer_than_the_shorter_ones() {
        for lump in [1, 7, 40, 100, 390] {
            let (_, operations) = saw_tooth(400, 1, 0);
            let values: Vec<u64> = operations.iter().map(|n| n / lump).collect();
            let trend = steady(&values, &operations).unwrap();
            assert_eq!((trend.operations, trend.since), (2400, 0), "{lump}");
            assert_eq!(trend.gained.unsigned_abs(), 3600 / lump - 1200 / lump);
        }
    }

    #[test]
    fn doubling_with_the_operations_is_stepwise() {
        let values = [128, 256, 512, 512, 1024, 1024, 1024, 1024, 2048, 2048];
        let trend = stepwise(&values, &operations(10)).unwrap();
        assert_eq!((trend.pattern, trend.since), (Pattern::Stepwise, 0));
    }

    #[test]
    fn what_reached_its_size_is_not_stepwise() {
        for values in [
            [100, 900, 1000, 1001, 1001, 1002, 1002, 1002, 1002, 1002],
            [10, 20, 30, 40, 50, 60, 70, 80, 80, 80],
            [16, 16, 32, 32, 64, 64, 64, 64, 64, 64],
            [0, 0, 0, 0, 0, 0, 512, 512, 512, 512],
        ] {
            assert_eq!(stepwise(&values, &operations(10)), None, "{values:?}");
        }
    }
}
