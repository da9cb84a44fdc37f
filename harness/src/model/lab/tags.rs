//! Which files a variant takes in, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The answer on tags.
pub type TagsAnswer = Answer<TagsFacts, TagsDifference>;

/// Files of a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagsFacts {
    /// `linux/amd64`
    pub target: String,
    /// Whether cgo is on.
    pub cgo: bool,
    /// Tags that are set.
    pub tags: Vec<String>,
    /// Of these, those that no file of the program's packages mentions.
    pub unknown: Vec<UnknownTag>,
    /// Files that are taken in, of all packages.
    pub taken: u32,
    /// Files that are left out, of all packages; tests aside.
    pub left_out: u32,
    /// Files of packages outside of the standard library on which something decides.
    pub decided: Vec<Decided>,
}

/// A tag that changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnknownTag {
    /// The tag.
    pub tag: String,
    /// One that is mentioned and looks like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
}

/// A file that is taken in or left out for a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// Import path of its package.
    pub package: String,
    /// Its name.
    pub file: String,
    /// It is of the main module.
    pub own: bool,
    /// It is taken in.
    pub taken: bool,
    /// No variant takes it in, and it is no test.
    pub nowhere: bool,
    /// Why, in words: `//go:build prod: prod is not set`.
    pub because: String,
}

/// What a variant takes in otherwise than the reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagsDifference {
    /// Files that the reference does not take in.
    pub added: Vec<Chosen>,
    /// Files that the reference alone takes in.
    pub removed: Vec<Chosen>,
    /// Packages of which the reference has no file.
    pub packages_added: Vec<String>,
    /// Packages of which the reference alone has files.
    pub packages_removed: Vec<String>,
}

/// A file and what decides on it in the variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chosen {
    /// Import path of its package.
    pub package: String,
    /// Its name.
    pub file: String,
    /// Why the variant takes it in, or not.
    pub because: String,
}
