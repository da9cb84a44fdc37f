//! Objects in order of address.
//!
//! A dump has them span by span; within a span they are in order, the spans are not. Input: what was collected. Output:
//! the same with objects renumbered by address, slots with them. Whole runs of objects are moved, not single ones.
//!
//! Objects that overlap (no runtime writes such) are dropped but for the first.

use super::collect::{Collected, Wide};
use super::marks::Mark;
use super::objects::{Objects, Sizes};

/// Objects of one run lie on adjacent pages, where no other span can be between them.
const PAGE_SHIFT: u32 = 13;

/// Objects of a dump by address, and where their slots are.
#[derive(Debug)]
pub(super) struct Arranged {
    pub(super) objects: Objects,
    /// One more than there are objects.
    pub(super) slot_starts: Vec<u32>,
    pub(super) slots: Vec<u64>,
    pub(super) marks: Vec<Mark>,
    pub(super) wide: Vec<Wide>,
    /// Objects that overlapped others.
    pub(super) n_overlapping: u64,
}

/// Objects that stay together: places in the file's order.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    past: u32,
}

/// Objects in the file's order.
struct Unordered {
    addresses: Vec<u64>,
    sizes: Sizes,
    slot_ends: Vec<u32>,
    slots: Vec<u64>,
    marks: Vec<Mark>,
}

impl Unordered {
    /// Its slots and their marks, as places.
    fn slots_of(&self, object: u32) -> std::ops::Range<usize> {
        let start = object.checked_sub(1).map_or(0, |before| self.slot_ends[before as usize]);
        start as usize..self.slot_ends[object as usize] as usize
    }
}

impl Arranged {
    /// Takes the objects out of `all`.
    pub(super) fn new(all: &mut Collected) -> Self {
        let wide = std::mem::take(&mut all.wide);
        let from = Unordered {
            addresses: std::mem::take(&mut all.addresses),
            sizes: std::mem::take(&mut all.sizes),
            slot_ends: std::mem::take(&mut all.slot_ends),
            slots: std::mem::take(&mut all.slots),
            marks: std::mem::take(&mut all.marks),
        };
        let runs = in_order(&from.addresses, &from.sizes);
        if runs.len() <= 1 {
            let Unordered { addresses, sizes, slot_ends: mut slot_starts, slots, marks } = from;
            slot_starts.insert(0, 0);
            let objects = Objects::new(addresses, sizes);
            return Self { objects, slot_starts, slots, marks, wide, n_overlapping: 0 };
        }
        let mut arranged = Moved::with_capacity(from.addresses.len(), from.slots.len());
        for run in &runs {
            arranged.take(*run, &from);
        }
        arranged.starts.sort_unstable();
        let renumber = |wide: Wide| Wide { object: arranged.renumber(wide.object), ..wide };
        let mut wide: Vec<Wide> = wide.into_iter().map(renumber).collect();
        wide.sort_unstable_by_key(|wide| wide.object);
        let Moved { addresses, sizes, slot_starts, slots, marks, n_overlapping, .. } = arranged;
        Self { objects: Objects::new(addresses, sizes), slot_starts, slots, marks, wide, n_overlapping }
    }
}

/// The runs by address. Objects of different runs do not interleave.
fn in_order(addresses: &[u64], sizes: &Sizes) -> Vec<Run> {
    let runs = runs(addresses, sizes, PAGE_SHIFT);
    if is_apart(&runs, addresses, sizes) {
        return runs;
    }
    // Not what a runtime writes: every object for itself.
    let mut single: Vec<Run> =
        (0..addresses.len() as u32).map(|first| Run { first, past: first + 1 }).collect();
    single.sort_by_key(|run| addresses[run.first as usize]);
    single
}

fn runs(addresses: &[u64], sizes: &Sizes, page_shift: u32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut end = None;
    for (place, &address) in addresses.iter().enumerate() {
        let place = place as u32;
        let goes_on = end.is_some_and(|end: u64| {
            address >= end && (address >> page_shift) <= (end.saturating_sub(1) >> page_shift) + 1
        });
        match runs.last_mut() {
            Some(run) if goes_on => run.past = place + 1,
            _ => runs.push(Run { first: place, past: place + 1 }),
        }
        end = Some(address.saturating_add(sizes.get(place)));
    }
    runs.sort_by_key(|run| addresses[run.first as usize]);
    // Runs that follow each other in the file too become one: a dump in order is a single run.
    runs.dedup_by(|next, before| {
        let joins = before.past == next.first;
        if joins {
            before.past = next.past;
        }
        joins
    });
    runs
}

fn is_apart(runs: &[Run], addresses: &[u64], sizes: &Sizes) -> bool {
    let end = |run: &Run| addresses[run.past as usize - 1].saturating_add(sizes.get(run.past - 1));
    runs.windows(2).all(|pair| end(&pair[0]) <= addresses[pair[1].first as usize])
}

/// Arrays as they fill.
struct Moved {
    addresses: Vec<u64>,
    sizes: Sizes,
    slot_starts: Vec<u32>,
    slots: Vec<u64>,
    marks: Vec<Mark>,
    /// Where each run begins: in the file's order, in the new one.
    starts: Vec<(u32, u32)>,
    n_overlapping: u64,
}

impl Moved {
    fn with_capacity(n_objects: usize, n_slots: usize) -> Self {
        let mut slot_starts = Vec::with_capacity(n_objects + 1);
        slot_starts.push(0);
        Self {
            addresses: Vec::with_capacity(n_objects),
            sizes: Sizes::default(),
            slot_starts,
            slots: Vec::with_capacity(n_slots),
            marks: Vec::with_capacity(n_slots),
            starts: Vec::new(),
            n_overlapping: 0,
        }
    }

    fn take(&mut self, run: Run, from: &Unordered) {
        self.starts.push((run.first, self.addresses.len() as u32));
        for place in run.first..run.past {
            let address = from.addresses[place as usize];
            if self.last_end().is_some_and(|end| address < end) {
                // Its place stays, so that numbers of the run need no map; it has no bytes and no slots.
                self.n_overlapping += 1;
                self.addresses.push(self.last_end().unwrap_or(address));
                self.sizes.push(0);
                self.slot_starts.push(self.slots.len() as u32);
                continue;
            }
            self.addresses.push(address);
            self.sizes.push(from.sizes.get(place));
            let slots = from.slots_of(place);
            self.slots.extend_from_slice(&from.slots[slots.clone()]);
            self.marks.extend_from_slice(&from.marks[slots]);
            self.slot_starts.push(self.slots.len() as u32);
        }
    }

    fn last_end(&self) -> Option<u64> {
        let last = (self.addresses.len() as u32).checked_sub(1)?;
        Some(self.addresses[last as usize].saturating_add(self.sizes.get(last)))
    }

    /// The new number of an object.
    fn renumber(&self, object: u32) -> u32 {
        let run = self.starts.partition_point(|&(first, _)| first <= object).saturating_sub(1);
        let (first, start) = self.starts.get(run).copied().unwrap_or_default();
        start + (object - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address, size and slots of an object.
    type Known = (u64, u64, Vec<u64>);

    /// The objects after they were arranged.
    fn arranged(objects: &[(u64, u64, &[u64])]) -> (Vec<Known>, u64, Vec<u32>) {
        let mut all = Collected::default();
        for (number, &(address, size, slots)) in objects.iter().enumerate() {
            all.addresses.push(address);
            all.sizes.push(size);
            all.slots.extend(slots);
            all.marks.extend(slots.iter().map(|_| Mark::default()));
            all.slot_ends.push(all.slots.len() as u32);
            all.wide.push(Wide { object: number as u32, slots: address as u32, set: 0 });
        }
        let arranged = Arranged::new(&mut all);
        let of = |object: u32| {
            let (from, to) =
                (arranged.slot_starts[object as usize], arranged.slot_starts[object as usize + 1]);
            let slots = arranged.slots[from as usize..to as usize].to_vec();
            (arranged.objects.address(object), arranged.objects.size(object), slots)
        };
        let wide = arranged.wide.iter().map(|wide| wide.slots).collect();
        ((0..arranged.objects.len()).map(of).collect(), arranged.n_overlapping, wide)
    }

    #[test]
    fn spans_in_any_order_become_objects_in_order_with_their_slots() {
        let objects: [(u64, u64, &[u64]); 6] = [
            (0x8000, 16, &[1]),
            (0x8010, 16, &[]),
            (0x2000, 48, &[2, 3]),
            (0x2060, 48, &[4]),
            (0x4000, 0x3000, &[]),
            (0xa000, 16, &[5]),
        ];
        let mut expected: Vec<(u64, u64, Vec<u64>)> =
            objects.iter().map(|&(address, size, slots)| (address, size, slots.to_vec())).collect();
        expected.sort();
        let addresses = expected.iter().map(|object| object.0 as u32).collect();
        assert_eq!(arranged(&objects), (expected, 0, addresses));
    }

    #[test]
    fn a_dump_in_order_stays_as_it_is() {
        let objects: [(u64, u64, &[u64]); 3] = [(0x1000, 16, &[7]), (0x1010, 16, &[]), (0x90_0000, 16, &[8])];
        assert_eq!(arranged(&objects).0[2], (0x90_0000, 16, vec![8]));
    }

    #[test]
    fn of_objects_that_overlap_the_first_is_kept() {
        let objects: [(u64, u64, &[u64]); 4] =
            [(0x1000, 64, &[1]), (0x1020, 64, &[2]), (0x1000, 64, &[3]), (0x1040, 16, &[4])];
        let (found, n_overlapping, _) = arranged(&objects);
        let with_bytes: Vec<_> = found.into_iter().filter(|object| object.1 > 0).collect();
        assert_eq!(with_bytes, [(0x1000, 64, vec![1]), (0x1040, 16, vec![4])]);
        assert_eq!(n_overlapping, 2);
    }
}
