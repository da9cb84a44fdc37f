//! `[lab]`: what is asked of a scenario's builds, and what has to hold of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::byte_size::ByteSize;
use super::glibc::GlibcLimit;
use crate::model::lab::Topic;

/// What is asked of the builds. The file form is the resolved form: nothing in it has a path or a default to fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lab {
    /// What `harness build` shows if `--show` does not say; an overview alone by default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<Topic>,
    /// Also ask what needs a build cache of its own: all packages are compiled anew, the standard library included.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cold: bool,
    /// What has to hold of every variant; what does not is exit code 1.
    pub expect: LabExpect,
}

/// What has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabExpect {
    /// The program needs no dynamic loader and no library.
    #[serde(rename = "static", skip_serializing_if = "Option::is_none")]
    pub is_static: Option<bool>,
    /// The most that the program's file may have (`12MB`, `900KiB`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<ByteSize>,
    /// The newest version of glibc that the program may need (`2.31`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_glibc: Option<GlibcLimit>,
    /// Every tag that is set is mentioned by a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_tags: Option<bool>,
    /// `vendor/` is what `go mod vendor` would write, in every file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorExpect>,
    /// It builds without a network and without a module cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<bool>,
    /// No version of a module of the program was taken back by its authors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_retracted: Option<bool>,
    /// Built again, in other circumstances, every variant has the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproducible: Option<bool>,
    /// No directory of the machine that builds is in the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_leaked_paths: Option<bool>,
    /// What `-X` sets is in the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_values: Option<bool>,
}

/// What `vendor/` has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VendorExpect {
    /// What `go mod vendor` would write.
    InSync,
}

impl LabExpect {
    /// The topics that something has to hold of: they are asked although nobody wants to see them.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        let linkage = self.is_static.is_some() || self.max_glibc.is_some();
        let modules = self.vendor.is_some() || self.offline.is_some() || self.no_retracted == Some(true);
        let reproducible = [self.reproducible, self.no_leaked_paths, self.linked_values];
        let asked = [
            (self.max_size.is_some(), Topic::Size),
            (linkage, Topic::Linkage),
            (reproducible.contains(&Some(true)), Topic::Reproducible),
            (self.known_tags == Some(true), Topic::Tags),
            (modules, Topic::Modules),
        ];
        asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, topic)| topic).collect()
    }
}
