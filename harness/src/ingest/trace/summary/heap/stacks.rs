//! Goroutine stacks and their bytes.

use rustc_hash::FxHashMap;

use crate::format::exectrace::StackSize;

/// Those that are allocated, by id.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    sizes: FxHashMap<u64, u64>,
    bytes: u64,
}

impl Stacks {
    /// Adds one; a size that no machine has counts as nothing.
    pub(super) fn insert(&mut self, stack: u64, size: StackSize) {
        self.remove(stack);
        let bytes = size.bytes().map_or(0, |bytes| bytes.0);
        self.bytes = self.bytes.saturating_add(bytes);
        self.sizes.insert(stack, bytes);
    }

    /// Removes one; false if it was not known.
    pub(super) fn remove(&mut self, stack: u64) -> bool {
        let removed = self.sizes.remove(&stack);
        self.bytes = self.bytes.saturating_sub(removed.unwrap_or_default());
        removed.is_some()
    }

    pub(super) fn len(&self) -> u64 {
        self.sizes.len() as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}
