//! What a decoder says about bytes it could not read: where, in which structure, what it wanted.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Damage, truncation or an unknown version met by a decoder. A value, not an `Err`: everything
/// before it (and often after it) was read and stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Name of the file within the capture, or the path the user gave.
    pub file: String,
    /// Byte offset from the start of the file where the structure begins.
    pub offset: u64,
    /// The structure that was being read, in the words of its format ("batch header").
    pub structure: String,
    /// What a sound file has there.
    pub expected: String,
    /// What this file has there.
    pub found: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, structure, expected, found } = self;
        write!(f, "`{file}`: {structure} at offset {offset:#x}: expected {expected}, found {found}")
    }
}
