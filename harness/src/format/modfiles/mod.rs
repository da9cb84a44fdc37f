//! Files and answers that say which modules a program takes: go.mod (as `go mod edit -json` tells it), `go mod graph`,
//! `vendor/modules.txt`, go.sum.
//!
//! Input: text. Output: records; a line that is none is a [`Problem`](super::Problem) or left out where the go command leaves it out.

mod graph;
mod required;
mod vendored;

use std::fmt;

pub use graph::{Requirement, requirements};
pub use required::{GoMod, GoModReplace, GoModRequire, Named};
pub use vendored::{Vendored, VendoredModule, vendored};

/// A module and a version; one of them may be empty, for a main module or a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module {
    /// Its path, or a directory.
    pub path: String,
    /// Its version.
    pub version: String,
}

impl Module {
    /// A module.
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Self {
        Self { path: path.into(), version: version.into() }
    }

    /// Two words, or one: `PATH VERSION`.
    fn words(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (path, version) = (words.next()?, words.next().unwrap_or_default());
        words.next().is_none().then(|| Self::new(path, version))
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}", self.path, self.version)
    }
}

/// Lines of a go.sum without repeats, in order; empty ones are left out.
#[must_use]
pub fn sums(text: &str) -> std::collections::BTreeSet<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}
