//! Durations as a scenario writes them: `500ms`, `60s`, `2m`, `1h`, whole numbers with one unit.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `format` of a duration in the JSON schema, by which the check knows one.
pub(super) const FORMAT: &str = "harness-duration";

/// A duration in milliseconds, written with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Milliseconds(pub u64);

impl JsonSchema for Milliseconds {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": "^[0-9]+(ms|s|m|h)$",
            "examples": ["500ms", "60s", "2m", "1h"],
        })
    }
}

impl TryFrom<String> for Milliseconds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse(&text).map(Self).ok_or_else(|| format!("`{text}` is not a duration"))
    }
}

impl From<Milliseconds> for String {
    fn from(Milliseconds(ms): Milliseconds) -> Self {
        format!("{ms}ms")
    }
}

/// Milliseconds of `text`, `None` when it is not a duration or does not fit.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let factor: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn unit_is_required_and_overflow_refused() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("60s", Some(60_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("60", None),
            ("s", None),
            ("", None),
            ("1.5s", None),
            ("-1s", None),
            ("1d", None),
            ("18446744073709551615h", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
