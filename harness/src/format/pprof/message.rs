//! Fields of protobuf messages, and the few kinds of message that a profile is made of.
//!
//! Input: a message's bytes. Output: its numbers as they stand there, looked up nowhere. Numbers that name strings are
//! indices into the string table; ids are arbitrary, except that 0 means "none". Fields of a later version are
//! skipped.

use crate::format::wire::{Wire, WireError};

/// Why a message could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsound {
    /// It ends within a field, or a number is too long.
    Number(WireError),
    /// A field of no known wire type.
    Type(u64),
}

impl Unsound {
    pub(super) fn describe(self) -> String {
        match self {
            Self::Number(error) => error.describe().to_owned(),
            Self::Type(kind) => format!("a field of wire type {kind}"),
        }
    }
}

impl From<WireError> for Unsound {
    fn from(error: WireError) -> Self {
        Self::Number(error)
    }
}

/// A field's content by wire type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// Reads the content of a field whose key was read.
pub(super) fn field<'a>(wire: &mut Wire<'a>, key: u64) -> Result<Field<'a>, Unsound> {
    Ok(match key & 7 {
        0 => Field::Varint(wire.varint()?),
        1 => wire.bytes(8).map(|_| Field::Fixed)?,
        2 => {
            let len = wire.varint()?;
            Field::Bytes(wire.bytes(len)?)
        }
        5 => wire.bytes(4).map(|_| Field::Fixed)?,
        other => return Err(Unsound::Type(other)),
    })
}

/// The numbers of fields 1 to `N` of a message that has nothing else; 0 where a field is absent.
pub(super) fn numbers<const N: usize>(bytes: &[u8]) -> Result<[u64; N], Unsound> {
    let mut numbers = [0; N];
    let mut wire = Wire::new(bytes);
    while !wire.is_empty() {
        let key = wire.varint()?;
        let content = field(&mut wire, key)?;
        let place = usize::try_from(key >> 3).ok().and_then(|number| number.checked_sub(1));
        if let (Field::Varint(value), Some(slot)) = (content, place.and_then(|place| numbers.get_mut(place)))
        {
            *slot = value;
        }
    }
    Ok(numbers)
}

/// `Location`: id, mapping id, address, folded; `line` gets each `Line` (function id, line, column).
pub(super) fn location(bytes: &[u8], mut line: impl FnMut([u64; 3])) -> Result<[u64; 5], Unsound> {
    let mut numbers_of_it = [0; 5];
    let mut wire = Wire::new(bytes);
    while !wire.is_empty() {
        let key = wire.varint()?;
        match (key >> 3, field(&mut wire, key)?) {
            (4, Field::Bytes(message)) => line(numbers(message)?),
            (number @ (1..=3 | 5), Field::Varint(value)) => numbers_of_it[number as usize - 1] = value,
            _ => {}
        }
    }
    Ok(numbers_of_it)
}

/// What a sample consists of, as it is met.
pub(super) trait SampleParts {
    fn location(&mut self, id: u64);
    fn value(&mut self, value: i64);
    /// Key, text, number and its unit.
    fn label(&mut self, label: [u64; 4]);
}

/// `Sample`. Most of a file is this, so that its fields have their keys spelled out.
#[inline]
pub(super) fn sample(bytes: &[u8], parts: &mut impl SampleParts) -> Result<(), Unsound> {
    const LOCATION: u64 = 1 << 3;
    const LOCATIONS: u64 = 1 << 3 | 2;
    const VALUE: u64 = 2 << 3;
    const VALUES: u64 = 2 << 3 | 2;
    const LABEL: u64 = 3 << 3 | 2;
    let mut wire = Wire::new(bytes);
    while !wire.is_empty() {
        match wire.varint()? {
            LOCATIONS => {
                let len = wire.varint()?;
                let mut ids = Wire::new(wire.bytes(len)?);
                while !ids.is_empty() {
                    parts.location(ids.varint()?);
                }
            }
            VALUES => {
                let len = wire.varint()?;
                let mut values = Wire::new(wire.bytes(len)?);
                while !values.is_empty() {
                    parts.value(values.varint()?.cast_signed());
                }
            }
            LABEL => {
                let len = wire.varint()?;
                parts.label(numbers(wire.bytes(len)?)?);
            }
            LOCATION => parts.location(wire.varint()?),
            VALUE => parts.value(wire.varint()?.cast_signed()),
            other => {
                field(&mut wire, other)?;
            }
        }
    }
    Ok(())
}
