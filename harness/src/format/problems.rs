//! Collects what could not be read, without growing with the damage.

use crate::format::Problem;

/// Listed problems; damage that goes on and on is only counted from here.
const MAX_LISTED: usize = 100;

/// Problems of one file, or of a part of it on its way to the whole.
#[derive(Debug, Default)]
pub(in crate::format) struct Problems {
    listed: Vec<Problem>,
    unlisted: u64,
}

impl Problems {
    /// Notes one. `offset` is where `structure` begins.
    pub(in crate::format) fn add(
        &mut self,
        offset: u64,
        structure: &str,
        expected: &str,
        found: impl Into<String>,
    ) {
        if self.listed.len() >= MAX_LISTED {
            self.unlisted = self.unlisted.saturating_add(1);
            return;
        }
        self.listed.push(Problem {
            file: String::new(),
            offset,
            structure: structure.to_owned(),
            expected: expected.to_owned(),
            found: found.into(),
        });
    }

    /// Moves all of `part` to the end.
    pub(in crate::format) fn append(&mut self, part: &mut Self) {
        if part.listed.is_empty() {
            return;
        }
        let room = MAX_LISTED - self.listed.len().min(MAX_LISTED);
        let n_listed = part.listed.len().min(room);
        let left_out = (part.listed.len() - n_listed) as u64;
        self.listed.extend(part.listed.drain(..).take(n_listed));
        self.unlisted = self.unlisted.saturating_add(left_out).saturating_add(part.unlisted);
        part.unlisted = 0;
    }

    /// Names the file in all of them.
    pub(in crate::format) fn name_file(&mut self, file: &str) {
        self.listed.iter_mut().filter(|problem| problem.file.is_empty()).for_each(|problem| {
            file.clone_into(&mut problem.file);
        });
    }

    pub(in crate::format) fn listed(&self) -> &[Problem] {
        &self.listed
    }

    pub(in crate::format) fn unlisted(&self) -> u64 {
        self.unlisted
    }
}
