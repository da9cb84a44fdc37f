//! Where in the file an object stands.
//!
//! Input: objects in the order of the file, with the positions of their records. Output: [`Index`], which leads the reader
//! to an object. It knows one object of many: those behind it are read again, until it is the wanted one.

use crate::format::heapdump::{Object, Reader, Record};

/// One object in so many is known.
const EVERY: u32 = 64;

/// Objects of one run lie on adjacent pages, where no other span can be between them.
const PAGE_SHIFT: u32 = 13;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Address of the object, position of its record; in the order of the file until it is sorted.
    known: Vec<(u64, u64)>,
    /// Objects since the last known one.
    since: u32,
    /// Where the last object ended.
    end: Option<u64>,
    is_sorted: bool,
}

impl Index {
    /// The next object of the file.
    #[inline]
    pub(super) fn add(&mut self, address: u64, size: u64, position: u64) {
        let goes_on = self.end.is_some_and(|end| {
            address >= end && address >> PAGE_SHIFT <= (end.saturating_sub(1) >> PAGE_SHIFT) + 1
        });
        if !goes_on || self.since >= EVERY {
            self.known.push((address, position));
            self.since = 0;
        }
        self.since += 1;
        self.end = Some(address.saturating_add(size));
        self.is_sorted = false;
    }

    /// Adds the objects that follow in the file.
    pub(super) fn join(&mut self, part: Self) {
        self.known.extend_from_slice(&part.known);
        (self.since, self.end, self.is_sorted) = (part.since, part.end, false);
    }

    /// Puts it in order; from then on [`Index::position`] answers.
    pub(super) fn sort(&mut self) {
        if !self.is_sorted {
            self.known.sort_unstable();
            self.is_sorted = true;
        }
    }

    /// The position of an object about in the middle of the file.
    pub(super) fn middle(&self) -> Option<u64> {
        let positions = || self.known.iter().map(|&(_, position)| position);
        let middle = positions().min()?.midpoint(positions().max()?);
        positions().min_by_key(|position| position.abs_diff(middle))
    }

    /// A position from which the object at `address` is read after few others.
    pub(super) fn position(&self, address: u64) -> Option<u64> {
        let before = self.known.partition_point(|&(start, _)| start <= address).checked_sub(1)?;
        self.known.get(before).map(|&(_, position)| position)
    }
}

/// Shows the objects that begin at `addresses` to `each`, as far as they are found.
pub(super) fn read_again(
    reader: &mut Reader<'_>,
    index: &Index,
    addresses: impl Iterator<Item = u64>,
    mut each: impl FnMut(&Object<'_>),
) {
    let mut places: Vec<(u64, u64)> =
        addresses.filter_map(|address| Some((index.position(address)?, address))).collect();
    // In the order of the file: several are near each other.
    places.sort_unstable();
    for (position, address) in places {
        reader.seek(position);
        for _ in 0..EVERY {
            let Some(Record::Object(object)) = reader.next_record() else { break };
            if object.address.0 == address {
                each(&object);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_near_behind_the_position_in_whatever_order_its_span_stands_in_the_file() {
        let mut index = Index::default();
        let spans = [(0x9000u64, 100u64), (0x2000, 300), (0x2_0000, 70)];
        let mut written = Vec::new();
        for (start, n) in spans {
            written.extend((0..n).map(|i| start + i * 16));
        }
        written.iter().zip(0..).for_each(|(&address, place)| index.add(address, 16, place));
        index.sort();
        for (place, &address) in written.iter().enumerate() {
            let from = index.position(address).unwrap() as usize;
            assert!(from <= place && place - from < EVERY as usize, "{address:#x}: {from} for {place}");
        }
        assert_eq!(index.position(0x1fff), None);
        assert!(index.known.len() < 12, "{:?}", index.known);
    }
}
