//! What users of the decoder hold: a dump's records one by one.

mod ahead;

use std::path::Path;

use super::layout::Layout;
use super::memory::Memory;
use super::open::{HEADER, OpenError, check_header};
use super::parse::{BucketHead, Fault, FieldCheck, Head, Parsed, Parser, structure};
use super::problems::Problems;
use super::record::{Bucket, Frame, Object, Params, Record, Segment};
use super::window::{WINDOW_LEN, Window};
use super::wire::Wire;
use crate::format::{Input, Problem};

/// Reads one dump.
#[derive(Debug)]
pub struct Reader<'a> {
    file: String,
    input: Input<'a>,
    window: Window,
    parser: Parser,
    /// Where the next record stands in the file.
    at: u64,
    ended: bool,
    problems: Problems,
}

impl<'a> Reader<'a> {
    /// Reads a dump that is in memory. `file` names it in problems.
    pub fn new(file: &str, data: &'a [u8]) -> Result<Self, OpenError> {
        Self::from_input(file, Input::Bytes(data))
    }

    /// Opens a dump (`-` for standard input, gzip or not) and reads it in pieces: memory does not grow
    /// with its length.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = path.display().to_string();
        let input = Input::open(path).map_err(|error| OpenError::unreadable(&file, &error))?;
        Self::from_input(&file, input)
    }

    /// Reads a dump from where its bytes come from. `file` names it in problems.
    pub fn from_input(file: &str, input: Input<'a>) -> Result<Self, OpenError> {
        Self::with_window(file, input, WINDOW_LEN)
    }

    /// Likewise, with at most `max_len` bytes of a file in memory at a time. A record that holds no memory of
    /// the program may not be longer than that.
    pub fn with_window(file: &str, input: Input<'a>, max_len: usize) -> Result<Self, OpenError> {
        let mut head = Vec::new();
        let head =
            input.read(0, HEADER.len(), &mut head).map_err(|error| OpenError::unreadable(file, &error))?;
        check_header(file, head)?;
        let at = HEADER.len() as u64;
        let window = Window::new(max_len);
        let (parser, problems) = (Parser::default(), Problems::default());
        Ok(Self { file: file.to_owned(), input, window, parser, at, ended: false, problems })
    }

    /// Begins again with the first record. Names stay shared with those of the first reading.
    pub fn rewind(&mut self) {
        self.at = HEADER.len() as u64;
        self.ended = false;
        self.problems = Problems::default();
        self.parser.params = None;
        self.parser.layout = Layout::default();
    }

    /// Goes on with the record at `position`, which [`Reader::position`] was before that record. What the dump
    /// said before, its parameters among it, stays known.
    pub fn seek(&mut self, position: u64) {
        self.at = position.max(HEADER.len() as u64);
        self.ended = false;
    }

    /// The next record; `None` at the end of the dump or at the first thing in it that cannot be.
    #[inline]
    pub fn next_record(&mut self) -> Option<Record<'_>> {
        if self.ended {
            return None;
        }
        let bytes = self.window.rest(&self.input, self.at);
        let parsed = match self.parser.parse(bytes, self.at) {
            Ok((parsed, len)) => {
                self.at += len;
                Some(parsed)
            }
            Err(fault) => self.after_fault(fault),
        };
        self.present(parsed?)
    }

    fn present(&mut self, parsed: Parsed) -> Option<Record<'_>> {
        Some(match parsed {
            Parsed::Memory(head, extent) => {
                let memory = Memory::new(extent, self.parser.layout, &self.input, &self.window);
                with_memory(head, memory)
            }
            Parsed::Whole(record) => record,
            Parsed::Bucket(BucketHead { id, size, allocs, frees }) => {
                Record::Bucket(Bucket { id, size, stack: &self.parser.stack, allocs, frees })
            }
            Parsed::End => {
                self.end();
                return None;
            }
        })
    }

    /// Brings more of the file into memory if that is what was missing.
    #[cold]
    fn after_fault(&mut self, fault: Fault) -> Option<Parsed> {
        let mut fault = fault;
        if fault == Fault::End && self.window.can_grow(&self.input, self.at) {
            fault = match self.parse_at() {
                Ok(parsed) => return Some(parsed),
                Err(fault) => fault,
            };
        }
        if fault == Fault::End {
            fault = match self.parse_far() {
                Ok(parsed) => return Some(parsed),
                Err(fault) => fault,
            };
        }
        self.fail(fault);
        None
    }

    fn parse_at(&mut self) -> Result<Parsed, Fault> {
        self.move_to(self.at)?;
        let bytes = self.window.rest(&self.input, self.at);
        let (parsed, len) = self.parser.parse(bytes, self.at)?;
        self.at += len;
        Ok(parsed)
    }

    /// A record with memory that is longer than the window: its contents are passed over.
    fn parse_far(&mut self) -> Result<Parsed, Fault> {
        let mut wire = Wire::new(self.window.rest(&self.input, self.at));
        let tag = wire.varint()?;
        if !Head::holds_memory(tag) {
            return Err(Fault::End);
        }
        let (mut head, size) = self.parser.before_contents(tag, &mut wire)?;
        let contents_at = self.at + wire.pos() as u64;
        let left = self.input.len().saturating_sub(contents_at);
        if size > left {
            return Err(Fault::wrong(format!("contents of {size} bytes"), self.end_after(left)));
        }
        let after = contents_at + size;
        self.move_to(after)?;
        let mut wire = Wire::new(self.window.rest(&self.input, after));
        self.parser.after_contents(&mut head, &mut wire)?;
        let fields_at = after + wire.pos() as u64;
        let end = self.pass_fields(FieldCheck::new(&head, self.parser.layout, size), fields_at)?;
        self.at = end;
        Ok(Parsed::memory(head, contents_at, size, fields_at..end))
    }

    /// Where the list of fields that begins at `at` ends.
    fn pass_fields(&mut self, mut fields: FieldCheck, mut at: u64) -> Result<u64, Fault> {
        loop {
            let mut wire = Wire::new(self.window.rest(&self.input, at));
            let done = fields.go_on(&mut wire);
            at += wire.pos() as u64;
            match done {
                Ok(()) => return Ok(at),
                Err(Fault::End) if self.window.can_grow(&self.input, at) => self.move_to(at)?,
                Err(fault) => return Err(fault),
            }
        }
    }

    fn move_to(&mut self, at: u64) -> Result<(), Fault> {
        let moved = self.window.move_to(&self.input, at);
        moved.map_err(|error| Fault::wrong("bytes", format!("that they cannot be read: {error}")))
    }

    #[cold]
    fn end(&mut self) {
        self.ended = true;
        let left = self.input.len().saturating_sub(self.at);
        if left > 0 {
            self.problem(self.at, "dump", "the end of the file", format!("{left} more bytes"));
        }
    }

    #[cold]
    fn fail(&mut self, fault: Fault) {
        self.ended = true;
        let structure = structure(self.window.rest(&self.input, self.at));
        let left = self.input.len().saturating_sub(self.at);
        match fault {
            Fault::Wrong { expected, found } => {
                let found = format!("{found}; the last {left} bytes of the file are not read");
                self.problem(self.at, structure, &expected, found);
            }
            Fault::End if left > self.window.max_len() => {
                let expected = format!("at most {} bytes", self.window.max_len());
                let found = format!("more; the last {left} bytes of the file are not read");
                self.problem(self.at, structure, &expected, found);
            }
            Fault::End => self.problem(self.at, structure, "a whole record", self.end_after(left)),
        }
    }

    /// The file's end, in the words of a `Problem`'s `found`.
    fn end_after(&self, left: u64) -> String {
        let why = self.input.damage().map(|damage| format!(": {damage}")).unwrap_or_default();
        format!("the end of the file after {left} bytes{why}")
    }

    fn problem(&mut self, offset: u64, structure: &str, expected: &str, found: String) {
        self.problems.add(offset, structure, expected, found);
        self.problems.name_file(&self.file);
    }

    /// The dump's parameters, once they were read.
    #[must_use]
    pub fn params(&self) -> Option<&Params> {
        self.parser.params.as_ref()
    }

    /// What could not be read: at most one thing in what was read so far.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.problems.listed()
    }

    /// The file, to read the contents of an object again by [`Memory::file_offset`].
    #[must_use]
    pub fn input(&self) -> &Input<'a> {
        &self.input
    }

    /// Length of the dump in bytes, unpacked.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.input.len()
    }

    /// Whether there is nothing in it; a dump has a header at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Bytes that were read so far, to show progress by.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at.min(self.len())
    }
}

#[inline]
fn with_memory(head: Head, memory: Memory<'_>) -> Record<'_> {
    match head {
        Head::Object(address) => Record::Object(Object { address, memory }),
        Head::Segment(kind, address) => Record::Segment(Segment { kind, address, memory }),
        Head::Frame(frame) => Record::Frame(Frame {
            sp: frame.sp,
            depth: frame.depth,
            child_sp: frame.child_sp,
            memory,
            entry: frame.entry,
            pc: frame.pc,
            continpc: frame.continpc,
            function: frame.function,
        }),
    }
}
