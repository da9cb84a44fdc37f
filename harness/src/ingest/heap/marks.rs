//! What a reference sees of its target, in one byte: whether it points inside, and how much follows if it is the
//! pointer of a string or slice.
//!
//! The dump has no types. A word behind a pointer that is no pointer itself is likely a length; one more behind it that
//! is not less, a capacity. Where the target turns out to be a block without pointers, that says how much of it is
//! looked at. It is a guess, made of what every Go string and slice looks like, and used for hints alone.

/// See above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark(u8);

const INTERIOR: u8 = 0x80;
const SLICE: u8 = 0x40;
const FIGURE: u8 = 0x3f;

/// Longer than any block: no length.
const MAX_LEN: u64 = 1 << 40;

impl Mark {
    /// Of a pointer that is followed by these words, where they are no pointers.
    #[inline]
    pub(super) fn new(len: Option<u64>, cap: Option<u64>) -> Self {
        let Some(len) = len.filter(|len| (1..MAX_LEN).contains(len)) else { return Self(0) };
        match cap.filter(|cap| (len..MAX_LEN).contains(cap)) {
            Some(cap) => Self(SLICE | (cap / len).ilog2() as u8),
            None => Self(len.next_power_of_two().ilog2() as u8 + 1),
        }
    }

    /// The same, of a pointer that does not point to where its target begins.
    #[inline]
    pub(super) fn interior(self) -> Self {
        Self(self.0 | INTERIOR)
    }

    /// It does not point to where its target begins.
    pub(super) fn is_interior(self) -> bool {
        self.0 & INTERIOR != 0
    }

    /// Bytes that are looked at of a target with so many, rounded up to a power of two or so; `None` if nothing tells.
    pub(super) fn view(self, size: u64) -> Option<u64> {
        let figure = u32::from(self.0 & FIGURE);
        match (self.0 & SLICE != 0, figure) {
            (true, ratio) => Some(size >> ratio),
            (false, 0) => None,
            (false, log) => Some((1 << (log - 1)).min(size)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_what_the_words_behind_a_pointer_say() {
        for (len, cap, view) in [
            (None, None, None),
            (Some(0), None, None),
            (Some(u64::MAX), None, None),
            (Some(10), None, Some(16)),
            (Some(10), Some(3), Some(16)),
            (Some(10), Some(10), Some(4096)),
            (Some(10), Some(160), Some(256)),
            (Some(100_000), None, Some(4096)),
        ] {
            let mark = Mark::new(len, cap);
            assert_eq!((mark.view(4096), mark.interior().view(4096)), (view, view), "{len:?} {cap:?}");
            assert!(mark.interior().is_interior() && !mark.is_interior());
        }
    }
}
