//! Reading numbers and bytes from a slice, checked. Position moves only past what was read whole.

/// A position in a slice of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a> {
    data: &'a [u8],
    pos: usize,
}

/// Why a number could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireError {
    /// The bytes end first.
    End,
    /// A varint of more than 64 bits.
    Overlong,
}

impl WireError {
    /// In the words of a `Problem`'s `found`.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::End => "the end of the data",
            Self::Overlong => "a number of more than 64 bits",
        }
    }
}

impl<'a> Wire<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, pos: 0 }
    }

    /// Continues at `pos`; past the end reads as the end.
    pub(super) fn at(data: &'a [u8], pos: usize) -> Self {
        Self { data, pos: pos.min(data.len()) }
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pos >= self.data.len()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, WireError> {
        let byte = *self.data.get(self.pos).ok_or(WireError::End)?;
        self.pos += 1;
        Ok(byte)
    }

    /// An unsigned LEB128 number. Most in a trace have one byte.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, WireError> {
        match self.data.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
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
    pub(super) fn bytes(&mut self, len: u64) -> Result<&'a [u8], WireError> {
        let len = usize::try_from(len).map_err(|_| WireError::End)?;
        let end = self.pos.checked_add(len).ok_or(WireError::End)?;
        let bytes = self.data.get(self.pos..end).ok_or(WireError::End)?;
        self.pos = end;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
