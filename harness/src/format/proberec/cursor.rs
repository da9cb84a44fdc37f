//! Reads the fields of one frame's payload. A failed read names the field and what was there.

use std::borrow::Cow;

/// Why a field could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldError {
    /// Byte of the payload at which the field begins.
    pub at: usize,
    /// What a sound payload has there.
    pub expected: String,
    /// What this one has.
    pub found: String,
}

/// Unread rest of a payload.
pub(super) struct Cursor<'a> {
    payload: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(payload: &'a [u8]) -> Self {
        Self { payload, at: 0 }
    }

    /// Bytes not yet read: no list can have more elements than this.
    pub(super) fn remaining(&self) -> usize {
        self.payload.len() - self.at
    }

    /// An error about `field`, which begins `back` bytes before the cursor.
    pub(super) fn error(
        &self,
        back: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> FieldError {
        FieldError { at: self.at.saturating_sub(back), expected: expected.into(), found: found.into() }
    }

    /// An unsigned varint (little-endian base 128).
    pub(super) fn unsigned(&mut self, field: &str) -> Result<u64, FieldError> {
        let mut value = 0u64;
        for (n, &byte) in self.payload[self.at..].iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if n == 9 && bits > 1 {
                return Err(self.error(0, format!("{field}: a varint of 64 bits"), "a longer one"));
            }
            value |= bits << (7 * n);
            if byte & 0x80 == 0 {
                self.at += n + 1;
                return Ok(value);
            }
        }
        Err(self.error(
            0,
            format!("{field}: a varint"),
            format!("{} bytes without its end", self.remaining()),
        ))
    }

    /// A signed varint, zigzag-coded.
    pub(super) fn signed(&mut self, field: &str) -> Result<i64, FieldError> {
        let coded = self.unsigned(field)?;
        Ok((coded >> 1).cast_signed() ^ -(coded & 1).cast_signed())
    }

    /// An unsigned varint that fits 32 bits.
    pub(super) fn unsigned32(&mut self, field: &str) -> Result<u32, FieldError> {
        let start = self.at;
        let value = self.unsigned(field)?;
        u32::try_from(value).map_err(|_| FieldError {
            at: start,
            expected: format!("{field}: at most 32 bits"),
            found: value.to_string(),
        })
    }

    /// A varint that is 0 or 1.
    pub(super) fn flag(&mut self, field: &str) -> Result<bool, FieldError> {
        self.choice(field, &[false, true])
    }

    /// A varint that is an index into `choices`.
    pub(super) fn choice<T: Copy>(&mut self, field: &str, choices: &[T]) -> Result<T, FieldError> {
        let start = self.at;
        let value = self.unsigned(field)?;
        usize::try_from(value).ok().and_then(|n| choices.get(n)).copied().ok_or_else(|| FieldError {
            at: start,
            expected: format!("{field}: below {}", choices.len()),
            found: value.to_string(),
        })
    }

    /// A 64-bit float, little-endian.
    pub(super) fn float(&mut self, field: &str) -> Result<f64, FieldError> {
        let Some((bytes, _)) = self.payload[self.at..].split_first_chunk::<8>() else {
            return Err(self.error(0, format!("{field}: 8 bytes"), format!("{} bytes", self.remaining())));
        };
        self.at += 8;
        Ok(f64::from_le_bytes(*bytes))
    }

    /// A string: its length in bytes, then the bytes.
    pub(super) fn text(&mut self, field: &str) -> Result<Cow<'a, str>, FieldError> {
        self.bytes(field).map(String::from_utf8_lossy)
    }

    /// The bytes of a string.
    pub(super) fn bytes(&mut self, field: &str) -> Result<&'a [u8], FieldError> {
        let start = self.at;
        let len = self.unsigned(field)?;
        let rest = &self.payload[self.at..];
        let Some(bytes) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
            return Err(FieldError {
                at: start,
                expected: format!("{field}: a string of {len} bytes"),
                found: format!("{} bytes", rest.len()),
            });
        };
        self.at += bytes.len();
        Ok(bytes)
    }

    /// A list: the number of its elements, then each, of at least `min_size` bytes.
    pub(super) fn list<T>(
        &mut self,
        field: &str,
        min_size: usize,
        mut element: impl FnMut(&mut Self) -> Result<T, FieldError>,
    ) -> Result<Vec<T>, FieldError> {
        let start = self.at;
        let len = self.unsigned(field)?;
        let room = self.remaining() / min_size.max(1);
        let Some(len) = usize::try_from(len).ok().filter(|&len| len <= room) else {
            return Err(FieldError {
                at: start,
                expected: format!("{field}: at most {room} elements in {} bytes", self.remaining()),
                found: len.to_string(),
            });
        };
        (0..len).map(|_| element(self)).collect()
    }
}
