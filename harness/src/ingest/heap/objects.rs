//! Objects by address: which object does a pointer point into?
//!
//! Input: objects' addresses and sizes in any order. Output: [`Objects`], in order of address, which answers that
//! question in a few steps. A table over the address space leads to the objects of a page; within one, objects are
//! nearly always of one size, so their place follows by division.
//!
//! What must not happen here: looking at contents.

/// Bytes of a page of the table if the heap is dense; the runtime's own page (8 KiB) is homogeneous.
const PAGE_SHIFT: u32 = 13;

/// Number of "no object".
pub(super) const NONE: u32 = u32::MAX;

/// All objects, by increasing address.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// Of their slots.
    addresses: Vec<u64>,
    /// In bytes.
    sizes: Sizes,
    base: u64,
    /// Log 2 of the size of a page.
    shift: u32,
    pages: Vec<Page>,
}

/// Sizes of objects: 32 bits each, and a list of the few that need more.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    small: Vec<u32>,
    /// (place, size), by place.
    large: Vec<(u32, u64)>,
}

/// Stands for a size in [`Sizes::large`].
const LARGE: u32 = u32::MAX;

impl Sizes {
    pub(super) fn push(&mut self, size: u64) {
        match u32::try_from(size) {
            Ok(size) if size != LARGE => self.small.push(size),
            _ => {
                self.large.push((self.small.len() as u32, size));
                self.small.push(LARGE);
            }
        }
    }

    /// Adds those of `part` behind its own.
    pub(super) fn join(&mut self, part: Self) {
        let before = self.small.len() as u32;
        self.large.extend(part.large.iter().map(|&(place, size)| (place + before, size)));
        self.small.reserve_exact(part.small.len());
        self.small.extend_from_slice(&part.small);
    }

    #[inline]
    pub(super) fn get(&self, object: u32) -> u64 {
        match self.small[object as usize] {
            LARGE => self.large_size(object),
            size => size.into(),
        }
    }

    #[cold]
    fn large_size(&self, object: u32) -> u64 {
        self.large.binary_search_by_key(&object, |entry| entry.0).map_or(0, |at| self.large[at].1)
    }

    fn len(&self) -> usize {
        self.small.len()
    }
}

/// Objects of a page, also the one that begins before it.
#[derive(Debug, Clone, Copy, Default)]
struct Page {
    /// Address of the first.
    start: u64,
    first: u32,
    count: u32,
    /// Size of all of them, if it is the same; else 0.
    stride: u32,
    /// No room between them.
    dense: bool,
}

impl Objects {
    /// Objects in order of address that do not overlap.
    pub(super) fn new(addresses: Vec<u64>, sizes: Sizes) -> Self {
        debug_assert_eq!(addresses.len(), sizes.len());
        let mut objects = Self { addresses, sizes, ..Self::default() };
        objects.make_pages();
        objects
    }

    pub(super) fn len(&self) -> u32 {
        self.addresses.len() as u32
    }

    #[inline]
    pub(super) fn address(&self, object: u32) -> u64 {
        self.addresses[object as usize]
    }

    #[inline]
    pub(super) fn size(&self, object: u32) -> u64 {
        self.sizes.get(object)
    }

    fn end(&self, object: u32) -> u64 {
        self.address(object).saturating_add(self.size(object))
    }

    fn make_pages(&mut self) {
        let (Some(&first), n) = (self.addresses.first(), self.len()) else { return };
        let span = self.end(n - 1).max(self.address(n - 1) + 1) - first;
        self.base = first;
        // The table is never longer than the list of objects needs, however far apart those are.
        let most = u64::from(n).max(1 << 10);
        self.shift = PAGE_SHIFT;
        while (span - 1) >> self.shift >= most {
            self.shift += 1;
        }
        let n_pages = ((span - 1) >> self.shift) + 1;
        self.pages = Vec::with_capacity(n_pages as usize);
        let mut first = 0;
        for page in 0..n_pages {
            let low = self.base + (page << self.shift);
            let high = low.saturating_add(1 << self.shift);
            while first < n && self.end(first) <= low {
                first += 1;
            }
            let mut past = first;
            while past < n && self.address(past) < high {
                past += 1;
            }
            let page = self.page(first, past);
            self.pages.push(page);
            // The last one may reach into the next page.
            first = past.saturating_sub(1).max(first);
        }
    }

    fn page(&self, first: u32, past: u32) -> Page {
        if first == past {
            return Page::default();
        }
        let stride = self.sizes.small[first as usize];
        let same = stride != LARGE
            && stride != 0
            && (first..past).all(|object| self.sizes.small[object as usize] == stride);
        let start = self.address(first);
        let count = past - first;
        let dense = same && self.address(past - 1) - start == u64::from(count - 1) * u64::from(stride);
        Page { start, first, count, stride: if same { stride } else { 0 }, dense }
    }

    /// The object whose slot `address` lies in.
    #[inline]
    pub(super) fn find(&self, address: u64) -> Option<u32> {
        let page = self.pages.get((address.checked_sub(self.base)? >> self.shift) as usize)?;
        let within = address.checked_sub(page.start)?;
        if page.dense {
            // Pages are small: the distance fits unless the page's only object is large.
            let place = match u32::try_from(within) {
                Ok(within) => within / page.stride,
                Err(_) => return None,
            };
            return (place < page.count).then_some(page.first + place);
        }
        self.search(page, address)
    }

    fn search(&self, page: &Page, address: u64) -> Option<u32> {
        if page.count == 0 {
            return None;
        }
        let (first, mut past) = (page.first, page.first + page.count);
        if page.stride > 0 {
            // With holes between them an object's place is at most what the distance says.
            let most = (address - page.start) / u64::from(page.stride);
            past = past.min(first.saturating_add(u32::try_from(most).unwrap_or(NONE - 1)).saturating_add(1));
        }
        let range = &self.addresses[first as usize..past as usize];
        let place = range.partition_point(|&start| start <= address).checked_sub(1)?;
        let object = first + place as u32;
        (address < self.end(object)).then_some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn objects(list: &[(u64, u64)]) -> Objects {
        let mut sizes = Sizes::default();
        list.iter().for_each(|&(_, size)| sizes.push(size));
        Objects::new(list.iter().map(|&(address, _)| address).collect(), sizes)
    }

    #[test]
    fn an_address_inside_belongs_to_the_object_and_one_behind_its_end_does_not() {
        let objects =
            objects(&[(0x1000, 16), (0x1010, 16), (0x1040, 16), (0x2000, 0x9000), (1 << 45, 1 << 33)]);
        for (address, expected) in [
            (0xfff, None),
            (0x1000, Some(0)),
            (0x100f, Some(0)),
            (0x1010, Some(1)),
            (0x1020, None),
            (0x104f, Some(2)),
            (0x1050, None),
            (0xafff, Some(3)),
            (0xb000, None),
            ((1 << 45) + (1 << 33) - 1, Some(4)),
            ((1 << 45) + (1 << 33), None),
            (u64::MAX, None),
        ] {
            assert_eq!(objects.find(address), expected, "{address:#x}");
        }
    }

    #[test]
    fn no_objects_hold_no_address() {
        assert_eq!(objects(&[]).find(0), None);
    }

    proptest! {
        #[test]
        fn every_address_is_found_as_by_looking_at_all_objects(
            list in prop::collection::vec((0u64..3, prop_oneof![Just(8u64), Just(48), Just(4096), 1u64..40_000], 1u64..200), 1..40),
            probes in prop::collection::vec(0u64..400_000, 1..100),
        ) {
            let (mut at, mut all) = (0x7000u64, Vec::new());
            for (gap, size, count) in list {
                for _ in 0..(count.min(40_000 / size + 1)) {
                    at += gap * size;
                    all.push((at, size));
                    at += size;
                }
            }
            let objects = objects(&all);
            for probe in probes {
                let address = 0x6f00 + probe;
                let expected = all.iter().position(|&(start, size)| (start..start + size).contains(&address));
                prop_assert_eq!(objects.find(address), expected.map(|place| place as u32));
            }
        }
    }
}
