//! A table of strings: how many, then each with its length.

use std::sync::Arc;

use super::super::wire::{Wire, WireError};

/// Strings by number. They are shared by whoever is named by them, so that one that is named often takes no more memory.
#[derive(Debug, Default)]
pub(super) struct Strings(Vec<Arc<str>>);

impl Strings {
    /// Reads a table at its beginning.
    pub(super) fn read(wire: &mut Wire<'_>) -> Result<Self, WireError> {
        let n = wire.varint()?;
        let mut strings = Vec::new();
        // Each takes a byte at least, so a number that is too large ends at the end of the data.
        for _ in 0..n {
            let length = wire.varint()?;
            let bytes = wire.bytes(length)?;
            strings.push(String::from_utf8_lossy(bytes).into());
        }
        Ok(Self(strings))
    }

    pub(super) fn get(&self, index: u32) -> Option<Arc<str>> {
        self.0.get(usize::try_from(index).ok()?).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
