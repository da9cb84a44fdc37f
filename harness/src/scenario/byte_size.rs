//! Sizes as a scenario writes them: `12MB`, `900KiB`, whole numbers with one unit.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `format` of a size in the JSON schema, by which the check knows one.
pub(super) const FORMAT: &str = "harness-size";

/// Units: of 1000 as disks have them, of 1024 as memory has.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// A number of bytes, written with its unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ByteSize {
    text: String,
    bytes: u64,
}

impl ByteSize {
    /// How many.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$",
            "examples": ["12MB", "900KiB"],
        })
    }
}

impl TryFrom<String> for ByteSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = parse(&text).ok_or_else(|| format!("`{text}` is not a size"))?;
        Ok(Self { text, bytes })
    }
}

impl From<ByteSize> for String {
    fn from(size: ByteSize) -> Self {
        size.text
    }
}

/// Bytes of `text`, `None` when it is not a size or does not fit.
pub(super) fn parse(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_of_a_thousand_or_of_1024_and_needed() {
        let sizes =
            ["12MB", "900KiB", "0B", "12", "MB", "1.5MB", "12 MB", "99999999999GiB", "12mb"].map(parse);
        let [mb, kib, zero, rest @ ..] = sizes;
        assert_eq!((mb, kib, zero), (Some(12_000_000), Some(921_600), Some(0)));
        assert_eq!(rest, [None, None, None, Some(12_000_000), None, None]);
    }
}
