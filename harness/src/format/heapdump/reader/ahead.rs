//! A second reader of a dump, further ahead, for another processor.
//!
//! Nothing marks where a record begins. Here a place is guessed from which on a row of objects can be read, which by
//! chance is as good as impossible; but what one object holds may look like objects, too (the bytes of another dump).
//! So whoever reads ahead keeps what it read only if the first reader comes to that very place.

use super::super::parse::Parser;
use super::super::problems::Problems;
use super::super::record::Record;
use super::super::window::{WINDOW_LEN, Window};
use super::Reader;

/// Objects that have to follow each other.
const ROW: u32 = 32;

/// Tag of an object.
const OBJECT: u8 = 1;

impl<'a> Reader<'a> {
    /// A reader of the same dump that stands at `position` or less than a window behind it, where objects seem to
    /// begin. `None` if there are none, or the dump's parameters were not read yet.
    #[must_use]
    pub fn ahead(&self, position: u64) -> Option<Self> {
        let Parser { params, layout, .. } = &self.parser;
        let parser = Parser { params: Some(params.clone()?), layout: *layout, ..Parser::default() };
        let mut ahead = Self {
            file: self.file.clone(),
            input: self.input.again()?,
            window: Window::new(WINDOW_LEN),
            parser,
            at: position,
            ended: false,
            problems: Problems::default(),
        };
        let mut buffer = Vec::new();
        let bytes = self.input.read(position, WINDOW_LEN, &mut buffer).ok()?;
        let tags = (position..).zip(bytes).filter(|(_, byte)| **byte == OBJECT);
        let start = tags.map(|(at, _)| at).find(|at| ahead.is_row(*at))?;
        ahead.seek(start);
        Some(ahead)
    }

    fn is_row(&mut self, at: u64) -> bool {
        self.seek(at);
        let is_row = (0..ROW).all(|_| matches!(self.next_record(), Some(Record::Object(_))));
        self.problems = Problems::default();
        is_row
    }
}
