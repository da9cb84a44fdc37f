//! The next event's time of each thread, earliest first.
//!
//! A textbook binary heap over an array, not `BinaryHeap`: the order sometimes has to take an event
//! that is not the first. Of equal times the one higher up goes first, and the heap moves an entry
//! only past a strictly later one: the same choice as Go's reader makes, so that ties come out
//! in the same order.

use super::ties;

/// Time in nanoseconds, and the cursor's number.
pub(super) type Entry = (i64, u32);

/// A min-heap by time.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    heap: Vec<Entry>,
}

impl Frontier {
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The entry at `place`; 0 is the earliest.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<Entry> {
        self.heap.get(place).copied()
    }

    /// Up to which time the first entry stays the first; the last time there is if it is alone.
    #[inline]
    pub(super) fn first_until(&self) -> i64 {
        let children = self.heap.get(1..).unwrap_or_default().iter().take(2);
        children.map(|child| child.0).min().unwrap_or(i64::MAX)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1);
    }

    /// Puts all in order of time; a sorted array is a heap still.
    pub(super) fn sort(&mut self) {
        ties::sort(&mut self.heap, |a, b| a.0 < b.0);
    }

    /// Gives the first entry a later time, which is what happens most.
    #[inline]
    pub(super) fn update_first(&mut self, time: i64) {
        if let [first, others @ ..] = self.heap.as_mut_slice() {
            first.0 = time;
            if others.iter().take(2).any(|child| child.0 < time) {
                self.sift_down(0);
            }
        }
    }

    /// Gives the entry at `place` a new time.
    #[inline]
    pub(super) fn update(&mut self, place: usize, time: i64) {
        if let Some(entry) = self.heap.get_mut(place) {
            entry.0 = time;
            if self.sift_up(place) == place {
                self.sift_down(place);
            }
        }
    }

    /// Takes the entry at `place` out.
    pub(super) fn remove(&mut self, place: usize) {
        if place >= self.heap.len() {
            return;
        }
        let mut hole = place;
        while hole > 0 {
            let parent = (hole - 1) / 2;
            self.heap.swap(parent, hole);
            hole = parent;
        }
        self.heap.swap_remove(0);
        self.sift_down(0);
    }

    fn sift_up(&mut self, mut place: usize) -> usize {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent].0 <= self.heap[place].0 {
                break;
            }
            self.heap.swap(parent, place);
            place = parent;
        }
        place
    }

    fn sift_down(&mut self, mut place: usize) {
        let heap = self.heap.as_mut_slice();
        let Some(&moving) = heap.get(place) else { return };
        loop {
            let left = 2 * place + 1;
            let child = match heap.get(left..) {
                Some(&[first, second, ..]) => left + usize::from(second.0 < first.0),
                Some(&[_]) => left,
                _ => break,
            };
            if heap[child].0 >= moving.0 {
                break;
            }
            heap[place] = heap[child];
            place = child;
        }
        heap[place] = moving;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn taking_the_first_again_and_again_gives_all_in_order_of_time(
            times in proptest::collection::vec(-50i64..50, 0..60),
            moves in proptest::collection::vec((0usize..60, -50i64..50), 0..30),
        ) {
            let mut frontier = Frontier::default();
            for (i, &time) in times.iter().enumerate() {
                frontier.push((time, u32::try_from(i).unwrap()));
            }
            for &(place, time) in &moves {
                if place % 3 == 0 { frontier.remove(place) } else { frontier.update(place, time) }
            }
            let mut last = i64::MIN;
            let mut left = frontier.len();
            while let Some((time, _)) = frontier.get(0) {
                prop_assert!(time >= last);
                last = time;
                frontier.remove(0);
                left -= 1;
                prop_assert_eq!(frontier.len(), left);
            }
        }
    }

    #[test]
    fn of_equal_times_the_one_pushed_first_is_on_top() {
        let mut frontier = Frontier::default();
        for cursor in 0..3 {
            frontier.push((7, cursor));
        }
        assert_eq!(frontier.get(0), Some((7, 0)));
        frontier.update(0, 8);
        assert_eq!(frontier.get(0), Some((7, 1)));
    }
}
