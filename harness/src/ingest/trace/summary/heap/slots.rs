//! What is known of one slot of the heap, in eight bytes, and what can happen to it.

/// Birth of objects that are older than the trace.
pub(super) const OLDER: u32 = u32::MAX;

/// One slot: free, or an object of a type, born after a cycle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Row of its type and one more; 0 if it is free.
    taken: u32,
    birth: u32,
}

impl Slot {
    pub(super) const FREE: Self = Self { taken: 0, birth: 0 };

    #[inline]
    pub(super) fn new(row: u32, birth: u32) -> Self {
        Self { taken: row.saturating_add(1), birth }
    }

    #[inline]
    pub(super) fn is_free(self) -> bool {
        self.taken == 0
    }

    /// Row of its type.
    #[inline]
    pub(super) fn row(self) -> u32 {
        self.taken.saturating_sub(1)
    }

    /// The cycle that had ended last when it was allocated; `None` if that was before the trace.
    #[inline]
    pub(super) fn birth(self) -> Option<u32> {
        (self.birth != OLDER).then_some(self.birth)
    }

    /// Cycles ended since then.
    #[inline]
    pub(super) fn age(self, cycle: u32) -> Option<u32> {
        self.birth().map(|birth| cycle.saturating_sub(birth))
    }
}

/// What became of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// Its slot was free.
    Fresh(Slot),
    /// Its slot was in use by an object whose free was not seen.
    Replaced(Slot, Slot),
    /// It shares a slot with another tiny one.
    Shared,
    /// There is no room to remember it.
    Untracked,
}

/// An object that was freed and the bytes of its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freed {
    pub(super) slot: Slot,
    pub(super) bytes: u64,
}
