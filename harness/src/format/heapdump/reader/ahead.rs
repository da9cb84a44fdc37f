//! A second reader of a dump, further ahead, for another processor.
//!
//! Nothing marks where a record begins. Here a place is guessed from which on a row of objects can be read, which by
//! chance is as good as impossible; but what one object holds may look like objects, too (the bytes of another dump).
//! So whoever reads ahead keeps what it read only if the first reader comes to that very place.

use super::super::parse::{Head, Parsed, Parser};
use super::super::problems::Problems;
use super::super::window::{WINDOW_LEN, Window};
use super::super::wire::Wire;
use super::Reader;

/// Objects that have to follow each other.
const ROW: u32 = 32;

/// Places that are tried. Hardly any place begins like an object (with an address in the heap) and is none, unless
/// somebody made the file so: then each place costs up to a window.
const TRIES: usize = 64;

/// Tag of an object.
const OBJECT: u8 = 1;

impl<'a> Reader<'a> {
    /// A reader of the same dump that stands at `position` or less than a window behind it, where objects seem to
    /// begin. `None` if there are none, or the dump's parameters were not read yet.
    #[must_use]
    pub fn ahead(&self, position: u64) -> Option<Self> {
        let Parser { params, layout, .. } = &self.parser;
        let mut parser = Parser { params: Some(params.clone()?), layout: *layout, ..Parser::default() };
        let mut buffer = Vec::new();
        let bytes = self.input.read(position, WINDOW_LEN, &mut buffer).ok()?;
        let seem =
            (0..bytes.len()).filter(|&from| bytes.get(from..).is_some_and(|rest| parser.seems_object(rest)));
        let tried: Vec<usize> = seem.take(TRIES).collect();
        let is_row = |from: &usize| bytes.get(*from..).is_some_and(|rest| is_row(&mut parser, rest));
        let start = tried.into_iter().find(is_row)?;
        Some(Self {
            file: self.file.clone(),
            input: self.input.again()?,
            window: Window::new(WINDOW_LEN),
            parser,
            at: position + start as u64,
            ended: false,
            problems: Problems::default(),
        })
    }
}

impl Parser {
    /// Whether `bytes` begin like an object of this heap.
    fn seems_object(&self, bytes: &[u8]) -> bool {
        let mut wire = Wire::new(bytes.get(1..).unwrap_or_default());
        bytes.first() == Some(&OBJECT) && self.before_contents(OBJECT.into(), &mut wire).is_ok()
    }
}

/// Whether a row of objects stands at the start of `bytes`.
fn is_row(parser: &mut Parser, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    (0..ROW).all(|_| match parser.parse(rest, 0) {
        Ok((Parsed::Memory(Head::Object(_), _), len)) => {
            rest = usize::try_from(len).ok().and_then(|len| rest.get(len..)).unwrap_or_default();
            true
        }
        _ => false,
    })
}
