//! Reading numbers and bytes from a slice, checked. Position moves only past what was read whole.

/// A position in a slice of the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::format) struct Wire<'a> {
    data: &'a [u8],
    pos: usize,
}

/// Why a number could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::format) enum WireError {
    /// The bytes end first.
    End,
    /// A varint of more than 64 bits.
    Overlong,
}

impl WireError {
    /// In the words of a `Problem`'s `found`.
    pub(in crate::format) fn describe(self) -> &'static str {
        match self {
            Self::End => "the end of the data",
            Self::Overlong => "a number of more than 64 bits",
        }
    }
}

impl<'a> Wire<'a> {
    pub(in crate::format) fn new(data: &'a [u8]) -> Self {
        Self { data, pos: 0 }
    }

    /// Continues at `pos`; past the end reads as the end.
    pub(in crate::format) fn at(data: &'a [u8], pos: usize) -> Self {
        Self { data, pos: pos.min(data.len()) }
    }

    pub(in crate::format) fn pos(&self) -> usize {
        self.pos
    }

    /// The bytes from here as a window, if there are enough.
    #[inline(always)]
    pub(in crate::format) fn window(&self) -> Option<Window<'a>> {
        let bytes = self.data.get(self.pos..)?.first_chunk()?;
        Some(Window { bytes, pos: 0 })
    }

    /// Goes on where the window stopped.
    #[inline(always)]
    pub(in crate::format) fn skip(&mut self, window: &Window<'_>) {
        self.pos += window.pos;
    }

    /// Bytes that are left.
    #[inline]
    pub(in crate::format) fn left(&self) -> usize {
        self.data.len() - self.pos
    }

    pub(in crate::format) fn is_empty(&self) -> bool {
        self.pos >= self.data.len()
    }

    #[inline]
    pub(in crate::format) fn byte(&mut self) -> Result<u8, WireError> {
        let byte = *self.data.get(self.pos).ok_or(WireError::End)?;
        self.pos += 1;
        Ok(byte)
    }

    /// An unsigned LEB128 number. Most in a trace have one or two bytes.
    #[inline]
    pub(in crate::format) fn varint(&mut self) -> Result<u64, WireError> {
        if let Some(&[first, second]) = self.data.get(self.pos..).and_then(|left| left.first_chunk()) {
            if first < 0x80 {
                self.pos += 1;
                return Ok(u64::from(first));
            }
            if second < 0x80 {
                self.pos += 2;
                return Ok(u64::from(first & 0x7f) | u64::from(second) << 7);
            }
        }
        self.long_varint()
    }

    /// A number of any length, or at the end of the data.
    fn long_varint(&mut self) -> Result<u64, WireError> {
        if let Some(&word) = self.data.get(self.pos..).and_then(|left| left.first_chunk()) {
            let word = u64::from_le_bytes(word);
            // The first byte without the bit that says that another follows ends the number.
            let ends = !word & 0x8080_8080_8080_8080;
            if ends != 0 {
                self.pos += ends.trailing_zeros() as usize / 8 + 1;
                return Ok(join_sevens(word & (ends ^ (ends - 1))));
            }
        }
        self.longest_varint()
    }

    #[cold]
    fn longest_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for (i, &byte) in self.data[self.pos..].iter().take(10).enumerate() {
            // The tenth byte carries the 64th bit alone.
            if i == 9 && byte > 1 {
                return Err(WireError::Overlong);
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                self.pos += i + 1;
                return Ok(value);
            }
        }
        Err(WireError::End)
    }

    /// The next `len` bytes.
    pub(in crate::format) fn bytes(&mut self, len: u64) -> Result<&'a [u8], WireError> {
        let len = usize::try_from(len).map_err(|_| WireError::End)?;
        let end = self.pos.checked_add(len).ok_or(WireError::End)?;
        let bytes = self.data.get(self.pos..end).ok_or(WireError::End)?;
        self.pos = end;
        Ok(bytes)
    }
}

/// Length of a [`Window`]: five numbers, and then some.
const WINDOW_LEN: usize = 64;

/// As [`Wire`], for up to five numbers where so many bytes are left that no end has to be looked
/// for. What the fast path of the decoder reads from.
pub(in crate::format) struct Window<'a> {
    bytes: &'a [u8; WINDOW_LEN],
    pos: usize,
}

impl Window<'_> {
    /// The next number; `None` for one of more than 64 bits.
    #[inline(always)]
    pub(in crate::format) fn varint(&mut self) -> Option<u64> {
        // The mask changes nothing but spares a check: five numbers end before the window does.
        let byte = |pos: usize| u64::from(self.bytes[pos % WINDOW_LEN]);
        let (first, second) = (byte(self.pos), byte(self.pos + 1));
        if first < 0x80 {
            self.pos += 1;
            return Some(first);
        }
        if second < 0x80 {
            self.pos += 2;
            return Some(first & 0x7f | second << 7);
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut wire = Wire::at(self.bytes, self.pos);
        let number = wire.long_varint().ok();
        self.pos = wire.pos;
        number
    }
}

/// Puts the low seven bits of each byte next to each other.
fn join_sevens(word: u64) -> u64 {
    let sevens = word & 0x7f7f_7f7f_7f7f_7f7f;
    let pairs = (sevens & 0x007f_007f_007f_007f) | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = (pairs & 0x0000_3fff_0000_3fff) | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    (fours & 0x0fff_ffff) | (fours & 0x0fff_ffff_0000_0000) >> 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_reads_as_it_was_written_whatever_follows(
            value: u64, bits in 0u32..64, after in proptest::collection::vec(any::<u8>(), 0..12),
        ) {
            let value = value >> bits;
            let (mut data, mut rest) = (Vec::new(), value);
            while rest >= 0x80 {
                data.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            data.push(rest as u8);
            let len = data.len();
            data.extend(after);
            prop_assert_eq!(varint(&data), (Ok(value), len));
            data.resize(WINDOW_LEN, 0xff);
            let mut window = Wire::new(&data).window().unwrap();
            prop_assert_eq!((window.varint(), window.pos), (Some(value), len));
        }
    }

    fn varint(data: &[u8]) -> (Result<u64, WireError>, usize) {
        let mut wire = Wire::new(data);
        (wire.varint(), wire.pos())
    }

    #[test]
    fn varints_read_up_to_64_bits_and_not_one_more() {
        assert_eq!(varint(&[0]), (Ok(0), 1));
        assert_eq!(varint(&[0x7f, 9]), (Ok(127), 1));
        assert_eq!(varint(&[0x80, 1]), (Ok(128), 2));
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(varint(&max), (Ok(u64::MAX), 10));
        let mut over = max;
        over[9] = 2;
        assert_eq!(varint(&over), (Err(WireError::Overlong), 0));
        assert_eq!(varint(&[0x80; 20]), (Err(WireError::Overlong), 0));
    }

    #[test]
    fn a_number_or_text_cut_off_moves_nothing() {
        assert_eq!(varint(&[]), (Err(WireError::End), 0));
        assert_eq!(varint(&[0x80, 0x80]), (Err(WireError::End), 0));
        let mut wire = Wire::at(b"abc", 1);
        assert_eq!(wire.bytes(3), Err(WireError::End));
        assert_eq!(wire.bytes(u64::MAX), Err(WireError::End));
        assert_eq!(wire.bytes(2), Ok(&b"bc"[..]));
        assert!(wire.is_empty());
        assert_eq!(wire.byte(), Err(WireError::End));
    }
}
