//! LeakSanitizer's report: text on standard error at the end of a program built with `go build -asan`.
//!
//! Input: text, in which a report may stand anywhere (the program writes there, too). Output: a [`Report`]. Written by LLVM's
//! compiler-rt (`lsan_common.cpp`, `sanitizer_stacktrace_printer.cpp`), which gcc's libsanitizer is a copy of. Must not
//! guess: a header that cannot be read is a problem, and a report whose parts do not add up to its summary says so.

mod line;
#[cfg(test)]
mod tests;

use line::{Header, frame, header, summary};

use super::Problem;
use super::problems::Problems;

/// What was read.
#[derive(Debug, Default)]
pub struct Report<'t> {
    /// Lost memory, as listed.
    pub leaks: Vec<Leak<'t>>,
    /// The sanitizer stopped the program, or itself, for another reason; in its words.
    pub failed: Option<&'t str>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Memory that was allocated over one stack and is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak<'t> {
    /// Nothing refers to it; otherwise other lost memory does.
    pub direct: bool,
    /// All of it.
    pub bytes: u64,
    /// Allocations.
    pub objects: u64,
    /// Innermost first.
    pub frames: Vec<NativeFrame<'t>>,
}

/// A frame, as far as it was symbolized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NativeFrame<'t> {
    /// Its name; `/lib/x.so+0x1234` without a symbolizer.
    pub function: &'t str,
    /// Empty if unknown.
    pub file: &'t str,
    /// 0 if unknown.
    pub line: u32,
}

/// What other errors begin with. Leaks have a line of their own kind.
const ERRORS: [&str; 3] = [
    "ERROR: AddressSanitizer: ",
    "LeakSanitizer has encountered a fatal error",
    "AddressSanitizer:DEADLYSIGNAL",
];

/// Reads a text.
#[must_use]
pub fn read<'t>(file: &str, text: &'t str) -> Report<'t> {
    let mut state = State::default();
    let mut offset = 0_u64;
    for whole in text.split_inclusive('\n') {
        state.line(offset, whole.trim_end_matches(['\n', '\r']));
        offset = offset.saturating_add(whole.len() as u64);
    }
    state.finish(file, offset)
}

/// Reading goes on line by line.
#[derive(Default)]
struct State<'t> {
    report: Report<'t>,
    /// Lines that look like frames belong to the last leak.
    in_leak: bool,
    problems: Problems,
    summed: bool,
}

impl<'t> State<'t> {
    fn line(&mut self, offset: u64, line: &'t str) {
        if let Some(at) = ERRORS.iter().find_map(|error| line.find(error)) {
            self.report.failed.get_or_insert(&line[at..]);
            return;
        }
        match header(line) {
            Header::Leak { direct, bytes, objects } => {
                self.report.leaks.push(Leak { direct, bytes, objects, frames: Vec::new() });
                self.in_leak = true;
            }
            Header::Broken => {
                let expected = "`Direct leak of N byte(s) in N object(s) allocated from:`";
                self.problems.add(offset, "header of a leak", expected, excerpt(line));
                self.in_leak = false;
            }
            Header::None => self.other(offset, line),
        }
    }

    fn other(&mut self, offset: u64, line: &'t str) {
        if let Some(found) = summary(line) {
            self.in_leak = false;
            self.summed = true;
            return self.add_up(offset, found);
        }
        match (frame(line), self.report.leaks.last_mut().filter(|_| self.in_leak)) {
            (Some(frame), Some(leak)) => leak.frames.push(frame),
            (None, _) => self.in_leak = false,
            (Some(_), None) => {}
        }
    }

    fn add_up(&mut self, offset: u64, (bytes, objects): (u64, u64)) {
        let sum = |of: fn(&Leak<'_>) -> u64| {
            self.report.leaks.iter().fold(0_u64, |sum, leak| sum.saturating_add(of(leak)))
        };
        let read = (sum(|leak| leak.bytes), sum(|leak| leak.objects));
        if read != (bytes, objects) {
            let expected = format!("leaks of {bytes} bytes in {objects} allocations before it");
            let found = format!("{} bytes in {}", read.0, read.1);
            self.problems.add(offset, "summary of leaks", &expected, found);
        }
    }

    fn finish(mut self, file: &str, end: u64) -> Report<'t> {
        if !self.summed && !self.report.leaks.is_empty() {
            self.problems.add(end, "summary of leaks", "one behind the last leak", "the end of the text");
        }
        self.problems.name_file(file);
        self.report.problems = self.problems.listed().to_vec();
        self.report
    }
}

/// The beginning of a line, which may be of any length.
fn excerpt(line: &str) -> String {
    line.chars().take(80).collect()
}
