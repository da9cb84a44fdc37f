//! Protobuf's wire format, as far as it takes to write: varints, eight fixed bytes, and lengths.

/// A message under construction.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;

impl Message {
    /// A whole number.
    pub(super) fn number(&mut self, field: u64, value: u64) {
        self.key(field, VARINT);
        varint(&mut self.0, value);
    }

    /// A signed number (`int64`: negative ones take ten bytes).
    pub(super) fn signed(&mut self, field: u64, value: i64) {
        self.number(field, value.cast_unsigned());
    }

    pub(super) fn fixed(&mut self, field: u64, value: u64) {
        self.key(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    pub(super) fn message(&mut self, field: u64, message: &Message) {
        self.bytes(field, &message.0);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, LENGTH);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn key(&mut self, field: u64, wire: u64) {
        varint(&mut self.0, field << 3 | wire);
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Forgets everything and keeps the room.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80); // the low seven bits
        value >>= 7;
    }
    out.push(value as u8);
}
