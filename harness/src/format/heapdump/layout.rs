//! How the program that wrote the dump lays out a pointer.

use crate::model::Address;

/// Pointer size and byte order, from the dump's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of a pointer, 4 or 8.
    pub pointer_size: u8,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

/// What most programs are, and what is assumed of a dump that has lost its parameters.
impl Default for Layout {
    fn default() -> Self {
        Self { pointer_size: 8, big_endian: false }
    }
}

impl Layout {
    /// The pointer at `offset`, if all of it is in `bytes`.
    #[inline]
    #[must_use]
    pub fn pointer(self, bytes: &[u8], offset: u64) -> Option<Address> {
        let rest = bytes.get(usize::try_from(offset).ok()?..)?;
        let value = match (self.pointer_size, self.big_endian) {
            (8, false) => u64::from_le_bytes(*rest.first_chunk()?),
            (8, true) => u64::from_be_bytes(*rest.first_chunk()?),
            (_, false) => u32::from_le_bytes(*rest.first_chunk()?).into(),
            (_, true) => u32::from_be_bytes(*rest.first_chunk()?).into(),
        };
        Some(Address(value))
    }

    /// Whether a pointer at `offset` ends within `len` bytes.
    #[inline]
    pub(super) fn fits(self, offset: u64, len: u64) -> bool {
        offset <= len && len - offset >= u64::from(self.pointer_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_in_its_size_and_order_and_only_if_it_is_there() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        for (pointer_size, big_endian, value) in [
            (8, false, 0x0807_0605_0403_0201),
            (8, true, 0x0102_0304_0506_0708),
            (4, false, 0x0403_0201),
            (4, true, 0x0102_0304),
        ] {
            let layout = Layout { pointer_size, big_endian };
            assert_eq!(layout.pointer(&bytes, 1), Some(Address(value)));
            let last = 9 - u64::from(pointer_size);
            assert!(layout.pointer(&bytes, last).is_some() && layout.fits(last, 9));
            assert!(layout.pointer(&bytes, last + 1).is_none() && !layout.fits(last + 1, 9));
            assert!(layout.pointer(&bytes, u64::MAX).is_none() && !layout.fits(u64::MAX, 9));
        }
    }
}
