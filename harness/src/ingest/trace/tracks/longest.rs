//! Slices that may overlap, the longest of however many there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::model::trace::tracks::{Content, LeftOut, Slice, Track};

/// Lanes of one track: more than that nobody looks at.
const MAX_LANES: usize = 32;

/// A slice with its length, by which it is kept or not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    length: i64,
    /// Earlier ones first among those of the same length.
    order: Reverse<u64>,
    slice: Slice,
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.length, self.order).cmp(&(other.length, other.order))
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The longest so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Longest {
    kept: BinaryHeap<Reverse<Kept>>,
    seen: u64,
    dropped: u64,
    dropped_time: i64,
}

impl Longest {
    #[inline]
    pub(super) fn push(&mut self, slice: Slice, room: usize) {
        let length = slice.end.since(slice.begin).0;
        self.seen += 1;
        let full = self.kept.len() >= room;
        if full && self.kept.peek().is_none_or(|Reverse(least)| least.length >= length) {
            self.drop(length);
            return;
        }
        self.kept.push(Reverse(Kept { length, order: Reverse(self.seen), slice }));
        self.shrink(room);
    }

    fn drop(&mut self, length: i64) {
        self.dropped += 1;
        self.dropped_time = self.dropped_time.saturating_add(length);
    }

    fn shrink(&mut self, room: usize) {
        while self.kept.len() > room
            && let Some(Reverse(least)) = self.kept.pop()
        {
            self.drop(least.length);
        }
    }

    /// How long all are together.
    pub(super) fn time(&self) -> i64 {
        self.kept.iter().fold(self.dropped_time, |sum, Reverse(kept)| sum.saturating_add(kept.length))
    }

    /// The track of those that fit; `None` if there were none at all.
    pub(super) fn finish(mut self, name: &str, room: usize, left_out: &mut LeftOut) -> Option<Track> {
        if self.seen == 0 {
            return None;
        }
        self.shrink(room);
        let mut kept = std::mem::take(&mut self.kept).into_vec();
        kept.sort_unstable(); // the longest first
        let mut lanes: Vec<Lane> = Vec::new();
        for Reverse(Kept { length, slice, .. }) in kept {
            if !place(&mut lanes, slice) {
                self.drop(length);
            }
        }
        left_out.dropped += self.dropped;
        left_out.dropped_time.0 = left_out.dropped_time.0.saturating_add(self.dropped_time);
        let about = match self.dropped {
            0 => "All of them.".to_owned(),
            dropped => format!("The longest; {dropped} others are not shown."),
        };
        let lanes = lanes.into_iter().map(|lane| lane.into_values().collect()).collect();
        Some(Track { name: name.to_owned(), about, content: Content::Lanes(lanes) })
    }
}

/// Slices one after another, by begin.
type Lane = BTreeMap<i64, Slice>;

/// Puts a slice into the first lane that is free then; false if there is none.
fn place(lanes: &mut Vec<Lane>, slice: Slice) -> bool {
    let (begin, end) = (slice.begin.0, slice.end.0.max(slice.begin.0.saturating_add(1)));
    // Lanes hold what does not overlap, so the last one that begins before our end decides.
    let free = |lane: &&mut Lane| {
        lane.range(..end).next_back().is_none_or(|(_, last)| last.end.0 <= begin && last.begin.0 < begin)
    };
    if let Some(lane) = lanes.iter_mut().find(free) {
        lane.insert(begin, slice);
        return true;
    }
    let room = lanes.len() < MAX_LANES;
    if room {
        lanes.push(Lane::from([(begin, slice)]));
    }
    room
}

#[cfg(test)]
mod tests {
    use super::super::thin::slice;
    use super::*;
    use crate::model::trace::tracks::Detail;
    use crate::model::{Nanoseconds, TraceTime};

    fn longest(times: impl IntoIterator<Item = (i64, i64)>, room: usize) -> (Vec<Vec<(i64, i64)>>, LeftOut) {
        let mut longest = Longest::default();
        let times = times.into_iter().map(|(begin, end)| (TraceTime(begin), TraceTime(end)));
        times.for_each(|times| longest.push(slice(times, 0, Detail::None), room));
        let mut left_out = LeftOut::default();
        let track = longest.finish("waits", room, &mut left_out).unwrap();
        let Content::Lanes(lanes) = track.content else { panic!("{:?}", track.content) };
        let times = |slice: &Slice| (slice.begin.0, slice.end.0);
        (lanes.iter().map(|lane| lane.iter().map(times).collect()).collect(), left_out)
    }

    #[test]
    fn the_longest_are_kept_and_the_others_are_counted() {
        let (lanes, left_out) = longest((0..1000).map(|n| (n * 2000, n * 2000 + (n * 7919) % 1000)), 10);
        assert_eq!(lanes.len(), 1, "none overlaps");
        let mut lengths: Vec<_> = lanes[0].iter().map(|(begin, end)| end - begin).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, (990..1000).collect::<Vec<_>>());
        assert_eq!((left_out.dropped, left_out.dropped_time), (990, Nanoseconds(989 * 990 / 2)));
    }

    #[test]
    fn what_overlaps_lies_in_lanes_of_its_own_and_each_lane_is_in_order() {
        let (lanes, left_out) = longest([(0, 10), (10, 14), (5, 11), (20, 20), (20, 20), (11, 13)], 10);
        assert_eq!(lanes, [vec![(0, 10), (10, 14), (20, 20)], vec![(5, 11), (11, 13), (20, 20)]]);
        assert_eq!(left_out.dropped, 0);
    }

    #[test]
    fn a_thousand_at_once_are_as_many_lanes_as_can_be_looked_at() {
        let (lanes, left_out) = longest((0..1000).map(|n| (n, 100_000 - n)), 2000);
        assert_eq!((lanes.len(), left_out.dropped), (MAX_LANES, 1000 - MAX_LANES as u64));
        assert_eq!(lanes[0], [(0, 100_000)], "the longest first");
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let (lanes, left_out) = longest([(1, 4)], 0);
        assert_eq!((lanes.len(), left_out.dropped, left_out.dropped_time), (0, 1, Nanoseconds(3)));
        assert!(Longest::default().finish("none", 10, &mut LeftOut::default()).is_none());
    }
}
