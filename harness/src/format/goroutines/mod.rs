//! The text of goroutine stacks: `runtime.Stack(all)`, `goroutine?debug=2`, `goroutineleak?debug=2`
//! and panics. Bytes in, one [`Goroutine`] after another out.
//!
//! ```text
//! goroutine 18 [chan receive (leaked), 3 minutes, locked to thread]:
//! main.(*Hub).deliver(0xc000012180, {0x50a3c8, 0xc000010000})
//!         /src/hub.go:42 +0x1d
//! created by main.subscribe in goroutine 1
//!         /src/hub.go:30 +0x5c
//! ```
//!
//! The form is `runtime/traceback.go`'s (Go 1.19-1.27; `in goroutine N` since 1.21, `(leaked)` since 1.26). Lines that
//! fit nowhere are passed over and counted; nothing here groups or judges.

mod counts;
mod line;
#[cfg(test)]
mod tests;

use crate::format::Problem;
use crate::model::GoroutineId;

pub use counts::counts;

use line::Header;

/// Frames kept of one goroutine; the runtime itself elides all but 100.
const MAX_FRAMES: usize = 256;

/// A call, as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextFrame<'a> {
    /// Full Go symbol, without arguments.
    pub function: &'a str,
    /// Source file; empty if its line was lost.
    pub file: &'a str,
    /// Line, 0 when unknown.
    pub line: u32,
}

/// One goroutine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goroutine<'a> {
    /// Its id.
    pub id: GoroutineId,
    /// Status or wait reason: `running`, `chan receive`, `select (no cases)`.
    pub state: &'a str,
    /// The runtime's leak detection marked it.
    pub leaked: bool,
    /// Minutes it has waited, if at least one.
    pub minutes: u64,
    /// `runtime.LockOSThread` gave it a thread of its own.
    pub locked: bool,
    /// Frames that the runtime left out in the middle.
    pub elided: u64,
    /// Calls, innermost first.
    pub frames: Vec<TextFrame<'a>>,
    /// The `go` statement, and the goroutine that ran it.
    pub created_by: Option<(TextFrame<'a>, Option<GoroutineId>)>,
}

/// Reads goroutines off a text.
#[derive(Debug)]
pub struct Reader<'a> {
    file: String,
    text: &'a str,
    at: usize,
    lost: Option<(usize, u64)>,
}

impl<'a> Reader<'a> {
    /// Reads `text`, which problems will call `file`.
    #[must_use]
    pub fn new(file: &str, text: &'a str) -> Self {
        Self { file: file.to_owned(), text, at: 0, lost: None }
    }

    /// What could not be read: lines that belong to no goroutine, as one problem.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |(offset, count): (usize, u64)| Problem {
            file: self.file.clone(),
            offset: offset as u64,
            structure: "goroutine text".to_owned(),
            expected: "a frame or the header of a goroutine".to_owned(),
            found: format!("something else ({count} such lines)"),
        };
        self.lost.map(problem).into_iter().collect()
    }

    /// The line at the reading position, without moving it.
    fn peek(&self) -> Option<&'a str> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        rest.split_inclusive('\n').next()
    }

    fn skip(&mut self, line: &str) {
        self.at += line.len();
    }

    fn lose(&mut self) {
        let (_, count) = self.lost.get_or_insert((self.at, 0));
        *count += 1;
    }

    /// Moves to the next header and takes it.
    fn header(&mut self) -> Option<Header<'a>> {
        loop {
            let line = self.peek()?;
            let header = line::header(line.trim_end());
            if header.is_none() && !line.trim().is_empty() {
                self.lose();
            }
            self.skip(line);
            if header.is_some() {
                return header;
            }
        }
    }

    /// Takes the line with a call's file, if it is there.
    fn place(&mut self, function: &'a str) -> TextFrame<'a> {
        let place = self.peek().and_then(|line| Some((line, line::place(line.trim_end())?)));
        let Some((line, (file, number))) = place else { return TextFrame { function, file: "", line: 0 } };
        self.skip(line);
        TextFrame { function, file, line: number }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Goroutine<'a>;

    fn next(&mut self) -> Option<Goroutine<'a>> {
        let Header { id, state, leaked, minutes, locked } = self.header()?;
        let mut goroutine =
            Goroutine { id, state, leaked, minutes, locked, elided: 0, frames: Vec::new(), created_by: None };
        while let Some(line) = self.peek() {
            let text = line.trim_end();
            if text.is_empty() || line::header(text).is_some() {
                break;
            }
            if let Some((function, creator)) = line::creation(text) {
                self.skip(line);
                goroutine.created_by = Some((self.place(function), creator));
            } else if let Some(function) = line::call(text) {
                self.skip(line);
                let frame = self.place(function);
                if goroutine.frames.len() < MAX_FRAMES {
                    goroutine.frames.push(frame);
                }
            } else {
                goroutine.elided = goroutine.elided.saturating_add(line::elided(text).unwrap_or(0));
                if !line::is_remark(text) {
                    self.lose();
                }
                self.skip(line);
            }
        }
        Some(goroutine)
    }
}
