//! Stacks and strings out of their generations: numbers that hold for the whole trace.
//!
//! Each id is resolved once in a generation; from then on an event costs one look-up of a number.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::table::Table;
use crate::format::exectrace::{Names, Reader, StackId, StringId};
use crate::model::Stack;

/// Number of the empty stack, and of the empty string.
pub(super) const EMPTY: u32 = 0;

/// Text of a string that the file lost.
const LOST: &str = "?";

/// All stacks and strings met so far.
#[derive(Debug)]
pub(super) struct Texts {
    names: Names,
    stacks: Table<Stack, ()>,
    strings: Table<Arc<str>, ()>,
    /// Of this generation.
    known_stacks: FxHashMap<StackId, u32>,
    /// Of this generation.
    known_strings: FxHashMap<StringId, u32>,
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Self {
            names: Names::default(),
            stacks: Table::default(),
            strings: Table::default(),
            known_stacks: FxHashMap::default(),
            known_strings: FxHashMap::default(),
        };
        texts.stacks.number(Stack::from([]));
        texts.text("");
        texts
    }
}

impl Texts {
    /// Ids are about to mean something else.
    pub(super) fn new_generation(&mut self) {
        self.known_stacks.clear();
        self.known_strings.clear();
    }

    /// Number of the stack with this id; [`EMPTY`] for none and for one that the file lost.
    pub(super) fn stack(&mut self, id: StackId, reader: &Reader<'_>) -> u32 {
        if id.is_none() {
            return EMPTY;
        }
        if let Some(&known) = self.known_stacks.get(&id) {
            return known;
        }
        let stack = self.names.stack(reader.stack(id));
        let number = self.stacks.number(stack);
        self.known_stacks.insert(id, number);
        number
    }

    /// Number of the string with this id; [`EMPTY`] for none.
    pub(super) fn string(&mut self, id: StringId, reader: &Reader<'_>) -> u32 {
        if id.is_none() {
            return EMPTY;
        }
        if let Some(&known) = self.known_strings.get(&id) {
            return known;
        }
        let number = self.text(reader.string(id).unwrap_or(LOST));
        self.known_strings.insert(id, number);
        number
    }

    /// Number of a text.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        let text = self.names.intern(text);
        self.strings.number(text)
    }

    /// The stack with this number.
    pub(super) fn stack_at(&self, number: u32) -> Stack {
        self.stacks.key(number).cloned().unwrap_or_else(|| Stack::from([]))
    }

    /// The text with this number.
    pub(super) fn text_at(&self, number: u32) -> &str {
        self.strings.key(number).map_or(LOST, |text| text.as_ref())
    }
}
