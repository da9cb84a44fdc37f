//! A JSON list, element by element, as far as it goes.

use std::fmt;

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::Value;

use crate::format::problems::Problems;

/// Hands each element to `take`, in order and with its number, until the text ends or is no JSON any more.
pub(super) fn each(
    bytes: &[u8],
    structure: &str,
    problems: &mut Problems,
    mut take: impl FnMut(usize, Value, &mut Problems),
) {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut n = 0;
    let mut taken = |value| {
        take(n, value, problems);
        n += 1;
    };
    let Err(error) = json.deserialize_seq(List(&mut taken)) else { return };
    let offset = offset(bytes, error.line(), error.column());
    problems.add(offset, structure, "a JSON list", error.to_string());
}

/// Where a line and a column (both from 1, a column in bytes) are.
fn offset(bytes: &[u8], line: usize, column: usize) -> u64 {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len()) as u64
}

struct List<'a, F>(&'a mut F);

impl<'de, F: FnMut(Value)> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            (self.0)(value);
        }
        Ok(())
    }
}
