//! The document: what was asked of a profile, in exact figures.
//!
//! Its JSON form is a contract, described by `harness schema profile`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::profile::{
    ListedFunction, ProfileFacts, ProfileGraph, ProfileSite, ProfileTag, ProfileTrace,
};

/// Version of the document.
pub const PROFILE_FORMAT: u32 = 1;

/// What is known of a profile. Parts that were not asked for are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileReport {
    /// [`PROFILE_FORMAT`].
    pub format: u32,
    /// Version of the harness that read it.
    pub harness: String,
    /// The profiles that were added up, as the user named them.
    pub files: Vec<String>,
    /// Those that were subtracted.
    pub base: Vec<String>,
    /// The whole, whatever filters are set.
    pub facts: ProfileFacts,
    /// Filters that are set, by name.
    pub filters: Vec<(String, String)>,
    /// Places with their values in the unit of the sample type; with `--tree` and `--peek` the calls between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<ProfileGraph>,
    /// `--list-sites`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<ProfileSite>>,
    /// `--list`: functions line by line, with the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing: Option<Vec<ListedFunction>>,
    /// `--tags`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<ProfileTag>>,
    /// `--traces`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<Vec<ProfileTrace>>,
    /// What could not be read of the files.
    pub problems: u64,
}

impl ProfileReport {
    /// An empty one of this version.
    #[must_use]
    pub fn new() -> Self {
        Self { format: PROFILE_FORMAT, harness: env!("CARGO_PKG_VERSION").to_owned(), ..Self::default() }
    }

    /// As JSON, with a newline at its end.
    ///
    /// # Errors
    /// Only if a value has no JSON form, which would be a bug.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        crate::report::json::document(self)
    }
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ProfileReport).to_value()
}
