//! Collects what could not be read, without growing with the damage.

use crate::format::Problem;

/// Listed problems; damage that goes on and on is only counted from here.
const MAX_LISTED: usize = 100;

/// Problems of one trace.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    listed: Vec<Problem>,
    unlisted: u64,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), listed: Vec::new(), unlisted: 0 }
    }

    /// Notes one. `offset` is where `structure` begins.
    pub(super) fn add(&mut self, offset: usize, structure: &str, expected: &str, found: impl Into<String>) {
        if self.listed.len() >= MAX_LISTED {
            self.unlisted = self.unlisted.saturating_add(1);
            return;
        }
        self.listed.push(Problem {
            file: self.file.clone(),
            offset: offset as u64,
            structure: structure.to_owned(),
            expected: expected.to_owned(),
            found: found.into(),
        });
    }

    pub(super) fn listed(&self) -> &[Problem] {
        &self.listed
    }

    pub(super) fn unlisted(&self) -> u64 {
        self.unlisted
    }
}
