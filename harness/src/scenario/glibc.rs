//! Versions of glibc as a scenario writes them: `2.31`, compared number by number.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `format` of a version in the JSON schema, by which the check knows one.
pub(super) const FORMAT: &str = "harness-glibc";

/// The newest version of glibc that a program may need, as its symbols have versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GlibcLimit {
    text: String,
    numbers: Vec<u32>,
}

impl GlibcLimit {
    /// Its numbers, the most telling first.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

impl fmt::Display for GlibcLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for GlibcLimit {
    fn schema_name() -> Cow<'static, str> {
        "GlibcLimit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$",
            "examples": ["2.31"],
        })
    }
}

impl TryFrom<String> for GlibcLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let numbers = parse(&text).ok_or_else(|| format!("`{text}` is not a version of glibc"))?;
        Ok(Self { text, numbers })
    }
}

impl From<GlibcLimit> for String {
    fn from(version: GlibcLimit) -> Self {
        version.text
    }
}

/// Two or three numbers with points between them.
pub(super) fn parse(text: &str) -> Option<Vec<u32>> {
    // A sign is a number's to Rust.
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
    let numbers: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    (2..=3).contains(&numbers.len()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_or_three_numbers_and_is_ordered_by_them() {
        assert_eq!(parse("2.2.5"), Some(vec![2, 2, 5]));
        assert!(parse("2.9") < parse("2.31"));
        for none in ["", "2", "2.", "2.x", "GLIBC_2.31", "2.31-13", "+2.31", "2.3.4.5", "2.99999999999"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
