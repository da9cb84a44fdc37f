//! Many durations in fixed space: exact count, sum and bounds, quantiles to one part in sixteen.

use super::clip::add;
use crate::model::Nanoseconds;
use crate::model::trace::{Durations, HistogramBucket};

/// Buckets to a power of two.
const FINE: usize = 16;
/// Durations shorter than this have a bucket each.
const FINE_BITS: u32 = FINE.ilog2();

/// Durations seen so far. Grows to at most 1000 buckets (8 KB), those in use and between them.
#[derive(Debug, Clone, Default)]
pub(in crate::ingest::trace) struct Sketch {
    count: u64,
    total: Nanoseconds,
    min: Nanoseconds,
    max: Nanoseconds,
    /// Number of the first bucket in `counts`.
    base: usize,
    counts: Vec<u64>,
}

impl Sketch {
    /// Adds one; negative ones (there should be none) count as 0.
    #[inline]
    pub(in crate::ingest::trace) fn add(&mut self, duration: Nanoseconds) {
        let duration = duration.max(Nanoseconds(0));
        self.min = if self.count == 0 { duration } else { self.min.min(duration) };
        self.max = self.max.max(duration);
        self.count += 1;
        add(&mut self.total, duration);
        let bucket = bucket_of(duration.0.unsigned_abs());
        match bucket.checked_sub(self.base).and_then(|at| self.counts.get_mut(at)) {
            Some(count) => *count += 1,
            None => *self.grown(bucket) += 1,
        }
    }

    /// The count of a bucket outside of those held.
    #[cold]
    fn grown(&mut self, bucket: usize) -> &mut u64 {
        if self.counts.is_empty() {
            self.base = bucket;
        }
        if bucket < self.base {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.base - bucket));
            self.base = bucket;
        }
        let at = bucket - self.base;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        &mut self.counts[at]
    }

    /// Adds all of another's.
    pub(in crate::ingest::trace) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
        add(&mut self.total, other.total);
        for (bucket, &count) in (other.base..).zip(&other.counts) {
            *self.grown(bucket) += count;
        }
    }

    pub(in crate::ingest::trace) fn durations(&self) -> Durations {
        let Self { count, total, min, max, .. } = *self;
        Durations { count, total, min, median: self.quantile(50), p99: self.quantile(99), max }
    }

    /// The upper end of the bucket in which the `percent`th part of all is reached.
    fn quantile(&self, percent: u64) -> Nanoseconds {
        let wanted = u128::from(self.count) * u128::from(percent);
        let mut below = 0u128;
        for (bucket, &count) in (self.base..).zip(&self.counts) {
            below += u128::from(count);
            if below * 100 >= wanted && below > 0 {
                let end = i64::try_from(start_of(bucket + 1) - 1).unwrap_or(i64::MAX);
                return Nanoseconds(end.clamp(self.min.0, self.max.0));
            }
        }
        self.max
    }

    /// Counts by powers of two, from the first bucket in use to the last.
    pub(in crate::ingest::trace) fn histogram(&self) -> Vec<HistogramBucket> {
        let mut buckets: Vec<HistogramBucket> = Vec::new();
        for (bucket, &count) in (self.base..).zip(&self.counts) {
            let start = start_of(bucket);
            let from = if start == 0 { 0 } else { 1u64 << start.ilog2() };
            let from = Nanoseconds(i64::try_from(from).unwrap_or(i64::MAX));
            match buckets.last_mut().filter(|last| last.from == from) {
                Some(last) => last.count += count,
                None => buckets.push(HistogramBucket { from, count }),
            }
        }
        buckets
    }
}

/// Values below 16 have buckets 0 to 15; each power of two from there on has the next 16.
#[inline]
fn bucket_of(value: u64) -> usize {
    if value < FINE as u64 {
        return value as usize;
    }
    let exponent = value.ilog2();
    let fine = (value >> (exponent - FINE_BITS)) as usize % FINE;
    (exponent - FINE_BITS + 1) as usize * FINE + fine
}

/// The smallest value of a bucket.
fn start_of(bucket: usize) -> u64 {
    if bucket < FINE {
        return bucket as u64;
    }
    ((FINE + bucket % FINE) as u64) << (bucket / FINE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(durations: impl IntoIterator<Item = i64>) -> Sketch {
        let mut sketch = Sketch::default();
        durations.into_iter().for_each(|duration| sketch.add(Nanoseconds(duration)));
        sketch
    }

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_are_at_most_a_sixteenth_wide() {
        let values = (0..4096).chain((12..63).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]));
        for value in values {
            let bucket = bucket_of(value);
            let (start, end) = (start_of(bucket), start_of(bucket + 1));
            assert!((start..end).contains(&value), "{value} in {start}..{end}");
            assert!((end - start) as u128 * 16 <= u128::from(start.max(16)), "{start}..{end}");
        }
    }

    #[test]
    fn quantiles_are_at_most_a_sixteenth_above_the_true_ones() {
        let durations = sketch((1..=1000).map(|n| n * 1000)).durations();
        assert_eq!((durations.count, durations.min.0, durations.max.0), (1000, 1000, 1_000_000));
        assert_eq!(durations.total.0, 500_500_000);
        assert!((500_000..=531_250).contains(&durations.median.0), "{durations:?}");
        assert!((990_000..=1_000_000).contains(&durations.p99.0), "{durations:?}");
    }

    #[test]
    fn one_value_is_all_its_quantiles() {
        let durations = sketch([777_777]).durations();
        let Durations { min, median, p99, max, .. } = durations;
        assert_eq!([min, median, p99, max], [Nanoseconds(777_777); 4]);
        assert_eq!(Sketch::default().durations(), Durations::default());
    }

    #[test]
    fn merged_sketches_are_the_sketch_of_all_whatever_the_order() {
        let (low, high) = ([0, 3, 17, 100], [5_000, 1 << 40, i64::MAX]);
        let all = sketch(low.into_iter().chain(high));
        for (first, second) in [(&low[..], &high[..]), (&high[..], &low[..])] {
            let mut merged = sketch(first.iter().copied());
            merged.merge(&sketch(second.iter().copied()));
            assert_eq!(merged.durations(), all.durations());
            assert_eq!(merged.histogram(), all.histogram());
        }
    }

    #[test]
    fn the_histogram_counts_by_powers_of_two_without_gaps() {
        let histogram = sketch([0, 1, 2, 3, 4, 20, 31, 32]).histogram();
        let counts: Vec<_> = histogram.iter().map(|bucket| (bucket.from.0, bucket.count)).collect();
        assert_eq!(counts, [(0, 1), (1, 1), (2, 2), (4, 1), (8, 0), (16, 2), (32, 1)]);
    }
}
