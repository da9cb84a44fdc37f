//! What a binary's bytes are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::Bytes;

/// The answer on size.
pub type SizeAnswer = Answer<SizeFacts, SizeDifference>;

/// What a binary is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeFacts {
    /// The file.
    pub total: Bytes,
    /// Its sections, largest first.
    pub sections: Vec<SectionSize>,
}

/// A section of a binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionSize {
    /// `.text`
    pub name: String,
    /// In the file.
    pub size: Bytes,
}

/// What is different from the reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeDifference {
    /// Bytes of the file more (or, negative, fewer).
    pub total: i64,
}
