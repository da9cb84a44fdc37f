//! Sorting as Go's `slices.SortFunc` does, so that what compares as equal ends up in the same places.
//!
//! Go's reader sorts threads and CPU samples by time with it. Many are simultaneous, the sort is
//! not stable, and which event is the next follows from it. The algorithm is pattern-defeating
//! quicksort (Orson Peters), whose choices Go makes without any randomness of its own: short
//! slices by insertion, pivots by medians, a heap sort when pivots keep being bad.
//!
//! Input: a slice and an order. Output: the slice sorted. Knows nothing of traces.

use std::marker::PhantomData;

/// Up to this length by insertion, which is stable.
const SHORT: usize = 12;

/// From this length on a pivot is a median of medians, and out-of-order pairs are worth shifting.
const LONG: usize = 50;

/// So many pairs out of order at most are put right before the slice counts as unsorted.
const MAX_SHIFTED: usize = 5;

/// Swaps that all medians of a pivot took: the slice runs backwards.
const ALL_SWAPPED: u32 = 12;

/// Sorts by `less`, a strict weak ordering.
pub(super) fn sort<T: Copy>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let n_bad = usize::BITS - items.len().leading_zeros();
    Sort { less, items: PhantomData }.quick(items, None, n_bad);
}

struct Sort<T, F> {
    less: F,
    items: PhantomData<T>,
}

impl<T: Copy, F: Fn(&T, &T) -> bool> Sort<T, F> {
    fn less(&self, a: &T, b: &T) -> bool {
        (self.less)(a, b)
    }

    /// `before` stands in front of the slice and is greater than nothing in it. `n_bad` more pivots
    /// may be bad.
    fn quick(&self, mut items: &mut [T], mut before: Option<T>, mut n_bad: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        while items.len() > SHORT {
            if n_bad == 0 {
                return self.heap(items);
            }
            if !balanced {
                scatter(items);
                n_bad -= 1;
            }
            let (pivot, run) = self.pivot_of_rising(items);
            if balanced && partitioned && run == Run::Rising && self.is_nearly_sorted(items) {
                return;
            }
            // A pivot as small as what stands before: all of its equals are next.
            if before.is_some_and(|before| !self.less(&before, &items[pivot])) {
                let n_equal = self.partition_equal(items, pivot);
                let (equal, greater) = items.split_at_mut(n_equal);
                (items, before) = (greater, equal.last().copied());
                continue;
            }
            let (middle, was_partitioned) = self.partition(items, pivot);
            partitioned = was_partitioned;
            let least = items.len() / 8;
            let (left, rest) = items.split_at_mut(middle);
            let Some((&mut pivot, right)) = rest.split_first_mut() else { return };
            balanced = left.len().min(right.len() + 1) >= least;
            if left.len() < right.len() + 1 {
                self.quick(left, before, n_bad);
                (items, before) = (right, Some(pivot));
            } else {
                self.quick(right, Some(pivot), n_bad);
                items = left;
            }
        }
        self.insertion(items);
    }

    fn insertion(&self, items: &mut [T]) {
        for end in 1..items.len() {
            self.shift_left(items, end);
        }
    }

    /// Moves an item to the left until the one before it is not greater.
    fn shift_left(&self, items: &mut [T], mut place: usize) {
        while place > 0 && self.less(&items[place], &items[place - 1]) {
            items.swap(place, place - 1);
            place -= 1;
        }
    }

    /// Likewise to the right.
    fn shift_right(&self, items: &mut [T], mut place: usize) {
        while place + 1 < items.len() && self.less(&items[place + 1], &items[place]) {
            items.swap(place + 1, place);
            place += 1;
        }
    }

    fn heap(&self, items: &mut [T]) {
        for root in (0..=items.len().saturating_sub(1) / 2).rev() {
            self.sift_down(items, root);
        }
        for end in (0..items.len()).rev() {
            items.swap(0, end);
            self.sift_down(&mut items[..end], 0);
        }
    }

    fn sift_down(&self, items: &mut [T], mut root: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= items.len() {
                return;
            }
            if child + 1 < items.len() && self.less(&items[child], &items[child + 1]) {
                child += 1;
            }
            if !self.less(&items[root], &items[child]) {
                return;
            }
            items.swap(root, child);
            root = child;
        }
    }

    /// A pivot, of a slice turned round if it fell.
    fn pivot_of_rising(&self, items: &mut [T]) -> (usize, Run) {
        let (pivot, run) = self.pivot(items);
        if run != Run::Falling {
            return (pivot, run);
        }
        items.reverse();
        (items.len() - 1 - pivot, Run::Rising)
    }

    fn pivot(&self, items: &[T]) -> (usize, Run) {
        let quarter = items.len() / 4;
        let mut swaps = 0;
        let mut near = |place: usize| match items.len() >= LONG {
            true => self.median(items, [place - 1, place, place + 1], &mut swaps),
            false => place,
        };
        let thirds = [near(quarter), near(2 * quarter), near(3 * quarter)];
        let pivot = self.median(items, thirds, &mut swaps);
        match swaps {
            0 => (pivot, Run::Rising),
            ALL_SWAPPED => (pivot, Run::Falling),
            _ => (pivot, Run::Neither),
        }
    }

    fn median(&self, items: &[T], [a, b, c]: [usize; 3], swaps: &mut u32) -> usize {
        let mut in_order = |a: usize, b: usize| {
            let swap = self.less(&items[b], &items[a]);
            *swaps += u32::from(swap);
            if swap { (b, a) } else { (a, b) }
        };
        let (a, b) = in_order(a, b);
        let (b, _) = in_order(b, c);
        in_order(a, b).1
    }

    /// Sorts a slice that lacks little; false if it lacks more.
    fn is_nearly_sorted(&self, items: &mut [T]) -> bool {
        let mut place = 1;
        for _ in 0..MAX_SHIFTED {
            while place < items.len() && !self.less(&items[place], &items[place - 1]) {
                place += 1;
            }
            if place == items.len() {
                return true;
            }
            if items.len() < LONG {
                return false;
            }
            items.swap(place, place - 1);
            if place >= 2 {
                self.shift_left(items, place - 1);
            }
            if items.len() - place >= 2 {
                self.shift_right(items, place);
            }
        }
        false
    }

    /// Puts what is less than the pivot in front of it. Returns its place, and whether all was so.
    fn partition(&self, items: &mut [T], pivot: usize) -> (usize, bool) {
        items.swap(0, pivot);
        let (mut i, mut j) = (1, items.len() - 1);
        let mut n_swaps = 0;
        loop {
            while i <= j && self.less(&items[i], &items[0]) {
                i += 1;
            }
            while i <= j && !self.less(&items[j], &items[0]) {
                j -= 1;
            }
            if i > j {
                items.swap(0, j);
                return (j, n_swaps == 0);
            }
            items.swap(i, j);
            n_swaps += 1;
            i += 1;
            j -= 1;
        }
    }

    /// Puts what is equal to the pivot, than which nothing is less, in front. Returns how many.
    fn partition_equal(&self, items: &mut [T], pivot: usize) -> usize {
        items.swap(0, pivot);
        let (mut i, mut j) = (1, items.len() - 1);
        loop {
            while i <= j && !self.less(&items[0], &items[i]) {
                i += 1;
            }
            while i <= j && self.less(&items[0], &items[j]) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            items.swap(i, j);
            i += 1;
            j -= 1;
        }
    }
}

/// How a slice seems to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Rising,
    Falling,
    Neither,
}

/// Moves three items from the middle elsewhere, by numbers that follow from the length (xorshift).
fn scatter<T>(items: &mut [T]) {
    let len = items.len();
    let mut random = len as u64;
    let mask = (1usize << (usize::BITS - len.leading_zeros())) - 1;
    let middle = len / 4 * 2;
    for place in middle - 1..=middle + 1 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let other = (random as usize) & mask;
        items.swap(place, if other >= len { other - len } else { other });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// FNV-1a.
    fn digest(before: u64, numbers: impl Iterator<Item = u64>) -> u64 {
        numbers.fold(before, |digest, number| (digest ^ number).wrapping_mul(0x0100_0000_01b3))
    }

    /// Keys of a shape: random, rising, falling, rising and falling, rising but for a few.
    fn keys(shape: u64, len: u64, n_distinct: u64) -> Vec<u64> {
        let mut state = shape ^ (len << 20) ^ (n_distinct << 40);
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n_distinct
        };
        let mut keys: Vec<_> = (0..len).map(|_| next()).collect();
        match shape {
            0 => {}
            2 => keys.sort_by_key(|&key| std::cmp::Reverse(key)),
            _ => keys.sort_unstable(),
        }
        match shape {
            3 => keys[len as usize / 2..].reverse(),
            4 => (0..3).for_each(|i| keys[(i * 17 + 5) % len as usize] = next()),
            _ => {}
        }
        keys
    }

    #[test]
    fn equal_items_end_up_where_go_puts_them() {
        let mut all = 0;
        for len in [2, 12, 13, 20, 49, 50, 64, 100, 333, 1000, 5000] {
            for n_distinct in [1, 2, 3, 7, 100, 1 << 30] {
                for shape in 0..5 {
                    let mut items: Vec<_> = keys(shape, len, n_distinct).into_iter().zip(0u64..).collect();
                    sort(&mut items, |a, b| a.0 < b.0);
                    assert!(items.is_sorted_by_key(|item| item.0));
                    all = digest(all, items.iter().map(|item| item.1));
                }
            }
        }
        // By slices.SortFunc of Go 1.26.8 on the same keys.
        assert_eq!(all, 0x591b_c8f0_a2f9_9d6e);
    }

    /// Keys decided on while they are compared, so that pivots turn out bad (M. D. McIlroy, "A
    /// killer adversary for quicksort").
    struct Adversary {
        keys: Vec<u64>,
        n_solid: u64,
        candidate: usize,
    }

    impl Adversary {
        fn less(&mut self, a: usize, b: usize) -> bool {
            let gas = self.keys.len() as u64;
            if self.keys[a] == gas && self.keys[b] == gas {
                let solid = if a == self.candidate { a } else { b };
                self.keys[solid] = self.n_solid;
                self.n_solid += 1;
            }
            if self.keys[a] == gas {
                self.candidate = a;
            } else if self.keys[b] == gas {
                self.candidate = b;
            }
            self.keys[a] < self.keys[b]
        }
    }

    #[test]
    fn pivots_that_keep_being_bad_lead_to_the_same_heap_sort() {
        let mut all = 0;
        for len in [20usize, 100, 3000] {
            let keys = vec![len as u64; len];
            let adversary = RefCell::new(Adversary { keys, n_solid: 0, candidate: 0 });
            let mut items: Vec<_> = (0..len).collect();
            sort(&mut items, |&a, &b| adversary.borrow_mut().less(a, b));
            all = digest(all, adversary.borrow().keys.iter().copied());
            all = digest(all, items.iter().map(|&item| item as u64));
        }
        // By the same adversary against slices.SortFunc of Go 1.26.8.
        assert_eq!(all, 0xa6e1_2c86_3ef4_ed65);
    }
}
