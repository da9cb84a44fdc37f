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
            let ends = !word & CONTINUES;
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

/// As [`Wire`], for the few bytes of one event in one register: reading a number touches no memory
/// and looks for no end. Whether the numbers were all there turns out afterwards.
pub(in crate::format) struct Word {
    rest: u64,
    n_read: u32,
}

impl Word {
    /// Bytes it holds.
    pub(in crate::format) const LEN: usize = size_of::<u64>();

    #[inline(always)]
    pub(in crate::format) fn new(bytes: [u8; Self::LEN]) -> Self {
        Self { rest: u64::from_le_bytes(bytes), n_read: 0 }
    }

    /// The next number; nonsense if it does not end in here.
    #[inline(always)]
    pub(in crate::format) fn varint(&mut self) -> u64 {
        let word = self.rest;
        if word & 0x80 == 0 {
            self.rest = word >> 8;
            self.n_read += 1;
            return word & 0x7f;
        }
        // No branch for each length: lengths of ids and stacks are as good as random. Four bytes
        // are enough for nearly all, and half the work of eight.
        let low = word as u32;
        let ends = !low & CONTINUES as u32;
        let (value, n_before) = match ends {
            0 => long_number(word),
            _ => (join_four_sevens(low & (ends ^ (ends - 1))), ends.trailing_zeros() & !7),
        };
        self.rest = word.unbounded_shr(n_before) >> 8;
        self.n_read += n_before / 8 + 1;
        value
    }

    /// Bytes that were read; `None` if some of them are not in here.
    #[inline(always)]
    pub(in crate::format) fn n_read(&self) -> Option<usize> {
        let n_read = self.n_read as usize;
        (n_read <= Self::LEN).then_some(n_read)
    }
}

/// The number that a word begins with, and the bits in front of its last byte: 64 if that is not
/// in the word, so that its length comes out as more than there is.
#[inline(never)]
fn long_number(word: u64) -> (u64, u32) {
    let ends = !word & CONTINUES;
    (join_sevens(word & (ends ^ ends.wrapping_sub(1))), ends.trailing_zeros() & !7)
}

/// The bits that say that another byte follows.
const CONTINUES: u64 = 0x8080_8080_8080_8080;

/// Puts the low seven bits of each byte next to each other.
fn join_four_sevens(word: u32) -> u64 {
    let pairs = (word & 0x007f_007f) | (word & 0x7f00_7f00) >> 1;
    u64::from((pairs & 0x3fff) | (pairs & 0x3fff_0000) >> 2)
}

/// Likewise, of eight bytes.
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
            data.resize(data.len().max(Word::LEN), 0xff);
            let mut word = Word::new(*data.first_chunk().unwrap());
            let read = word.varint();
            match word.n_read() {
                Some(n_read) => prop_assert_eq!((read, n_read), (value, len)),
                None => prop_assert!(len > Word::LEN),
            }
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
