//! LeakSanitizer's report: what is lost, with stacks in the vocabulary.
//!
//! Input: what the program wrote to standard error. Output: leaks, most first, those over one stack put together. Must not
//! say that nothing leaks: whether the program lived to be looked at is not in this text.

use std::collections::BTreeMap;

use crate::format::exectrace::Names;
use crate::format::{Problem, lsan};
use crate::model::{Bytes, CLeak, Frame, Objects, Stack};

/// The report is the last that a program writes; before it there may be anything.
const LAST: usize = 16 << 20;

/// What was read.
#[derive(Debug, Default)]
pub struct CReport {
    /// Lost memory, most first.
    pub leaks: Vec<CLeak>,
    /// The sanitizer gave up for another reason.
    pub failed: Option<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads the text of `file`.
#[must_use]
pub fn c_leaks(file: &str, bytes: &[u8]) -> CReport {
    let bytes = bytes.get(bytes.len().saturating_sub(LAST)..).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let report = lsan::read(file, &text);
    let mut names = Names::default();
    let mut by_stack: BTreeMap<(bool, Stack), (u64, u64)> = BTreeMap::new();
    for leak in &report.leaks {
        let frames = leak.frames.iter().map(|frame| Frame {
            function: names.intern(frame.function),
            file: names.intern(frame.file),
            line: frame.line,
        });
        let sum = by_stack.entry((leak.direct, frames.collect())).or_default();
        *sum = (sum.0.saturating_add(leak.bytes), sum.1.saturating_add(leak.objects));
    }
    let leak = |((direct, stack), (bytes, objects))| CLeak {
        direct,
        bytes: Bytes(bytes),
        objects: Objects(objects),
        stack,
    };
    let mut leaks: Vec<CLeak> = by_stack.into_iter().map(leak).collect();
    leaks.sort_by_key(|leak| std::cmp::Reverse(leak.bytes));
    CReport { leaks, failed: report.failed.map(str::to_owned), problems: report.problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_over_one_stack_are_one_and_the_largest_comes_first() {
        let one = |bytes: u32| {
            format!(
                "Direct leak of {bytes} byte(s) in 1 object(s) allocated from:\n    #0 0x1 in f /c.c:3\n\n"
            )
        };
        let other = "Indirect leak of 9 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in f /c.c:3\n\n";
        let text =
            [other, &one(4), &one(6), "SUMMARY: AddressSanitizer: 19 byte(s) leaked in 3 allocation(s).\n"];
        let report = c_leaks("x", &[b"\xff\n", text.concat().as_bytes()].concat());
        let found: Vec<_> =
            report.leaks.iter().map(|leak| (leak.direct, leak.bytes.0, leak.objects.0)).collect();
        assert_eq!(found, [(true, 10, 2), (false, 9, 1)]);
        assert_eq!((report.failed, report.problems), (None, Vec::new()));
    }
}
