//! States of goroutines, processors and threads, found by id or, faster, by place.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroU32;

/// Where an entry lives. The id tells whether it still does: places are reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: u64,
    /// Index of the slot plus one, so that an optional place is no larger than a place.
    number: NonZeroU32,
}

impl Place {
    fn slot(self) -> usize {
        self.number.get() as usize - 1
    }
}

/// Entries by id. Places stay valid while entries come and go.
#[derive(Debug)]
pub(super) struct Registry<T> {
    by_id: HashMap<u64, NonZeroU32, BuildHasherDefault<IdHasher>>,
    /// Where an id with these low bits was last found: ids are dense, and the same ones come again
    /// and again. A slot knows whose it is, so that a stale hint does no harm.
    hints: Box<[u32; N_HINTS]>,
    slots: Vec<(u64, Option<T>)>,
    free: Vec<NonZeroU32>,
}

/// More than the goroutines that most programs have at a time; what it takes stays in the cache.
const N_HINTS: usize = 1 << 12;

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { by_id: HashMap::default(), hints: Box::new([0; N_HINTS]), slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Registry<T> {
    /// An index of `hints`.
    fn hint_of(id: u64) -> usize {
        id as usize % N_HINTS
    }

    #[inline(always)]
    pub(super) fn find(&mut self, id: u64) -> Option<Place> {
        self.find_mut(id).map(|(place, _)| place)
    }

    /// The entry with this id, and its place.
    #[inline(always)]
    pub(super) fn find_mut(&mut self, id: u64) -> Option<(Place, &mut T)> {
        let hint = self.hints[Self::hint_of(id)];
        let slot = match self.slots.get(hint as usize) {
            Some((known, Some(_))) if *known == id => hint,
            _ => self.look_up(id)?,
        };
        let (_, entry) = self.slots.get_mut(slot as usize)?;
        let number = NonZeroU32::MIN.saturating_add(slot);
        Some((Place { id, number }, entry.as_mut()?))
    }

    /// The slot of an id that is not where it was hinted at.
    #[inline(never)]
    fn look_up(&mut self, id: u64) -> Option<u32> {
        let slot = self.by_id.get(&id)?.get() - 1;
        self.hints[Self::hint_of(id)] = slot;
        Some(slot)
    }

    #[inline]
    pub(super) fn get(&self, place: Place) -> Option<&T> {
        match self.slots.get(place.slot()) {
            Some((id, Some(entry))) if *id == place.id => Some(entry),
            _ => None,
        }
    }

    #[inline(always)]
    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut T> {
        match self.slots.get_mut(place.slot()) {
            Some((id, Some(entry))) if *id == place.id => Some(entry),
            _ => None,
        }
    }

    /// Adds an entry, in place of one with the same id.
    pub(super) fn insert(&mut self, id: u64, entry: T) -> Place {
        let known = self.by_id.get(&id).copied().or_else(|| self.free.pop());
        let number = known.unwrap_or_else(|| {
            self.slots.push((id, None));
            // 2^32 goroutines at a time are more than any memory holds.
            u32::try_from(self.slots.len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX)
        });
        let place = Place { id, number };
        if let Some(held) = self.slots.get_mut(place.slot()) {
            *held = (id, Some(entry));
        }
        self.by_id.insert(id, number);
        self.hints[Self::hint_of(id)] = number.get() - 1;
        place
    }

    pub(super) fn remove(&mut self, place: Place) {
        if self.get(place).is_some() {
            self.by_id.remove(&place.id);
            self.slots[place.slot()].1 = None;
            self.free.push(place.number);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

/// Hashes an id by one multiplication. Ids are small and dense; whoever forges a trace to make them
/// collide slows down the reading of that trace only.
#[derive(Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The table takes its index from the low bits and a tag from the high ones.
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_void_once_its_entry_is_gone_even_if_another_moved_in() {
        let mut registry = Registry::default();
        let first = registry.insert(7, 'a');
        registry.remove(first);
        let second = registry.insert(8, 'b');
        assert_eq!(registry.get(first), None);
        assert_eq!(registry.get(second), Some(&'b'));
        assert_eq!(registry.find(7), None);
        assert_eq!(registry.find(8), Some(second));
        assert_eq!(registry.slots.len(), 1, "the slot is reused");
        registry.remove(first);
        assert_eq!(registry.len(), 1, "removing by a void place removes nothing");
    }

    #[test]
    fn ids_that_hint_at_the_same_place_are_all_found() {
        let mut registry = Registry::default();
        let ids = [5, 5 + N_HINTS as u64, 5 + 2 * N_HINTS as u64];
        let places = ids.map(|id| registry.insert(id, id));
        registry.remove(places[1]);
        for _ in 0..2 {
            assert_eq!(ids.map(|id| registry.find(id)), [Some(places[0]), None, Some(places[2])]);
        }
    }
}
