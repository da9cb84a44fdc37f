//! Addresses in the measured program's memory.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An address in the memory of the program that was measured; 0 is Go's nil. Shown as `0xc000012345`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Address(pub u64);

impl Address {
    /// Whether it points to nothing.
    #[must_use]
    pub fn is_nil(self) -> bool {
        self.0 == 0
    }

    /// The address so many bytes further; stays at the last one.
    #[must_use]
    pub fn plus(self, offset: u64) -> Self {
        Self(self.0.saturating_add(offset))
    }

    /// Bytes from `start` up to here; `None` if this is before it.
    #[must_use]
    pub fn offset_from(self, start: Self) -> Option<u64> {
        self.0.checked_sub(start.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
