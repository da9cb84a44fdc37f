//! Collects the problems of one file, the first hundred in words and the rest as a number.

use crate::format::Problem;

const MAX_PROBLEMS: usize = 100;

/// Problems so far.
#[derive(Debug)]
pub(super) struct Problems {
    file: String,
    list: Vec<Problem>,
    more: u64,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new(), more: 0 }
    }

    /// Adds one.
    pub(super) fn add(&mut self, offset: u64, structure: &str, expected: &str, found: String) {
        if self.list.len() >= MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        self.list.push(Problem {
            file: self.file.clone(),
            offset,
            structure: structure.to_owned(),
            expected: expected.to_owned(),
            found,
        });
    }

    /// The list, ending in one that counts those left out.
    pub(super) fn finish(self) -> Vec<Problem> {
        let Self { file, mut list, more } = self;
        if let (1.., Some(last)) = (more, list.last()) {
            let (offset, found) = (last.offset, format!("{more} more problems"));
            list.push(Problem {
                file,
                offset,
                structure: "profile".to_owned(),
                expected: "no more".to_owned(),
                found,
            });
        }
        list
    }
}
