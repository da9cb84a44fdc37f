//! Slices one after another, as many as wanted of however many there are: the longest stay, the
//! others become "short slices" with their number and time, so that no time goes missing.

use crate::model::trace::tracks::{Detail, Slice};
use crate::model::{Nanoseconds, TraceTime};

/// Shortest that slices of a bucket can be, at first: the trace's own resolution is 64 ns.
const FIRST_WIDTH: u32 = 9;

/// One track under construction.
///
/// When it is full, everything shorter than a bucket of time becomes one with its neighbours of the
/// same bucket; where that does not suffice, buckets become wider.
#[derive(Debug, Clone)]
pub(super) struct Thin {
    slices: Vec<Slice>,
    /// A bucket is `1 << width` nanoseconds wide.
    width: u32,
    /// Number of the name of merged slices.
    merged_name: u32,
}

impl Thin {
    pub(super) fn new(merged_name: u32) -> Self {
        Self { slices: Vec::new(), width: FIRST_WIDTH, merged_name }
    }

    /// Adds a slice that begins where the last one ends, or later; if it doesn't, it is cut.
    #[inline]
    pub(super) fn push(&mut self, mut slice: Slice, room: usize) {
        let last_end = self.slices.last().map_or(slice.begin, |last| last.end);
        slice.begin = slice.begin.max(last_end);
        slice.end = slice.end.max(slice.begin);
        self.slices.push(slice);
        if self.slices.len() > room.max(2) * 2 {
            self.thin(room);
        }
    }

    /// Makes at most `room` of them.
    #[cold]
    pub(super) fn thin(&mut self, room: usize) {
        while self.slices.len() > room.max(2) {
            self.merge();
            if self.slices.len() <= room.max(2) || self.width >= 62 {
                break;
            }
            self.width += 1;
        }
    }

    fn merge(&mut self) {
        let (width, name) = (self.width, self.merged_name);
        self.slices.dedup_by(|second, first| {
            let short = |slice: &Slice| slice.end.since(slice.begin).0 >> width == 0;
            let bucket = |slice: &Slice| slice.begin.0 >> width;
            let joins = short(first) && short(second) && bucket(first) == bucket(second);
            if joins {
                *first = joined(first, second, name);
            }
            joins
        });
    }

    /// The slices, and how many are not among them.
    pub(super) fn finish(mut self, room: usize) -> (Vec<Slice>, u64) {
        self.thin(room);
        let merged = self.slices.iter().map(|slice| match slice.detail {
            Detail::Merged { count, .. } => u64::from(count),
            _ => 0,
        });
        let merged = merged.sum();
        (self.slices, merged)
    }
}

fn joined(first: &Slice, second: &Slice, name: u32) -> Slice {
    let parts = |slice: &Slice| match slice.detail {
        Detail::Merged { count, busy } => (count, busy.0),
        _ => (1, slice.end.since(slice.begin).0),
    };
    let ((a, busy_a), (b, busy_b)) = (parts(first), parts(second));
    let busy = Nanoseconds(busy_a.saturating_add(busy_b));
    let detail = Detail::Merged { count: a.saturating_add(b), busy };
    Slice { begin: first.begin, end: second.end, name, detail, flow: None }
}

/// A slice without a flow.
pub(super) fn slice((begin, end): (TraceTime, TraceTime), name: u32, detail: Detail) -> Slice {
    Slice { begin, end: end.max(begin), name, detail, flow: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(slices: impl IntoIterator<Item = (i64, i64)>, room: usize) -> (Vec<Slice>, u64) {
        let mut thin = Thin::new(9);
        let times = |(begin, end)| (TraceTime(begin), TraceTime(end));
        slices.into_iter().for_each(|times_of| thin.push(slice(times(times_of), 1, Detail::None), room));
        thin.finish(room)
    }

    fn busy(slices: &[Slice]) -> i64 {
        let time = |slice: &Slice| match slice.detail {
            Detail::Merged { busy, .. } => busy.0,
            _ => slice.end.since(slice.begin).0,
        };
        slices.iter().map(time).sum()
    }

    #[test]
    fn no_slice_is_merged_while_there_is_room() {
        let (slices, merged) = pushed((0..100).map(|n| (n * 10, n * 10 + 5)), 100);
        assert_eq!((slices.len(), merged), (100, 0));
    }

    #[test]
    fn a_million_slices_become_few_and_no_time_and_no_long_one_goes_missing() {
        let long = |n: i64| if n == 500_000 { 50_000_000 } else { 300 };
        let mut at = 0;
        let times = (0..1_000_000).map(|n| {
            at += 1000 + long(n);
            (at - long(n), at)
        });
        let times: Vec<_> = times.collect();
        let (slices, merged) = pushed(times.iter().copied(), 1000);
        assert!((250..=1000).contains(&slices.len()), "{}", slices.len());
        assert_eq!(busy(&slices), times.iter().map(|(begin, end)| end - begin).sum::<i64>());
        assert_eq!(
            merged + slices.iter().filter(|slice| slice.detail == Detail::None).count() as u64,
            1_000_000
        );
        let whole = |slice: &&Slice| slice.end.since(slice.begin).0 == 50_000_000;
        assert_eq!(slices.iter().filter(whole).count(), 1);
        assert!(slices.windows(2).all(|pair| pair[0].end <= pair[1].begin));
    }

    #[test]
    fn slices_that_overlap_against_the_rules_are_cut() {
        let (slices, _) = pushed([(0, 100), (50, 120), (60, 70)], 10);
        let times: Vec<_> = slices.iter().map(|slice| (slice.begin.0, slice.end.0)).collect();
        assert_eq!(times, [(0, 100), (100, 120), (120, 120)]);
    }
}
