//! The tables of one generation: strings, stacks, Go types; read from their batches.
//!
//! An entry that cannot be read ends its batch with a problem; what precedes it stands.

use std::borrow::Cow;

use super::allocfree::{self, AllocInfo, AllocType, TypeEntry};
use super::batch::Batch;
use super::ids::{StackId, StringId, TypeId};
use super::problems::Problems;
use super::spec::{self, References};
use super::stack::{EncodedStack, MAX_FRAMES, StackView, read_frame};
use super::table::Table;
use super::wire::{Wire, WireError};

/// Longest string the runtime writes; it cuts longer ones.
const MAX_STRING_LEN: u64 = 1 << 10;

/// Tables of one generation. Text is borrowed from the file.
#[derive(Debug, Default)]
pub(super) struct Tables<'a> {
    /// Tells ids of this generation from those of others: counts generations from 1.
    pub(super) tag: u32,
    pub(super) strings: Table<Cow<'a, str>>,
    pub(super) stacks: Table<EncodedStack<'a>>,
    pub(super) types: Table<TypeEntry<'a>>,
    /// Survives generations: written once, when tracing starts.
    pub(super) alloc_info: Option<AllocInfo>,
}

/// An entry that could not be read.
#[derive(Debug)]
pub(super) struct BadEntry {
    pub(super) pos: usize,
    pub(super) expected: &'static str,
    pub(super) found: String,
}

impl BadEntry {
    pub(super) fn number(pos: usize, error: WireError) -> Self {
        Self { pos, expected: "a number", found: error.describe().to_owned() }
    }
}

impl<'a> Tables<'a> {
    /// Empties the tables for the next generation.
    pub(super) fn begin_generation(&mut self) {
        self.tag = self.tag.wrapping_add(1).max(1);
        self.strings.clear();
        self.stacks.clear();
        self.types.clear();
    }

    /// Reads a batch that begins with [`spec::STRINGS`].
    pub(super) fn read_strings(&mut self, data: &'a [u8], batch: &Batch) -> Result<(), BadEntry> {
        let mut wire = body_after_mark(data, batch);
        while !wire.is_empty() {
            let pos = wire.pos();
            expect_type(&mut wire, spec::STRING)?;
            let id = wire.varint().map_err(|e| BadEntry::number(pos, e))?;
            let len = wire.varint().map_err(|e| BadEntry::number(pos, e))?;
            if len > MAX_STRING_LEN {
                let found = format!("{len}");
                return Err(BadEntry { pos, expected: "a string of at most 1024 bytes", found });
            }
            let text = wire.bytes(len).map_err(|e| BadEntry::number(pos, e))?;
            self.strings.push(id, String::from_utf8_lossy(text));
        }
        Ok(())
    }

    /// Reads a batch that begins with [`spec::STACKS`].
    pub(super) fn read_stacks(&mut self, data: &'a [u8], batch: &Batch) -> Result<(), BadEntry> {
        let mut wire = body_after_mark(data, batch);
        while !wire.is_empty() {
            let pos = wire.pos();
            expect_type(&mut wire, spec::STACK)?;
            let id = wire.varint().map_err(|e| BadEntry::number(pos, e))?;
            let n_frames = wire.varint().map_err(|e| BadEntry::number(pos, e))?;
            let n_frames =
                u32::try_from(n_frames).ok().filter(|&n| u64::from(n) <= MAX_FRAMES).ok_or_else(|| {
                    BadEntry { pos, expected: "a stack of at most 128 frames", found: format!("{n_frames}") }
                })?;
            let start = wire.pos();
            for _ in 0..n_frames {
                let cut = || BadEntry::number(pos, WireError::End);
                read_frame(&mut wire).ok_or_else(cut)?;
            }
            let frames = data.get(start..wire.pos()).unwrap_or_default();
            self.stacks.push(id, EncodedStack { n_frames, frames });
        }
        Ok(())
    }

    /// Reads a batch of the AllocFree experiment.
    pub(super) fn read_alloc_free(&mut self, data: &'a [u8], batch: &Batch) -> Result<(), BadEntry> {
        let mut wire = Wire::at(data.get(..batch.end).unwrap_or_default(), batch.start);
        allocfree::read_batch(&mut wire, &mut self.types, &mut self.alloc_info)
    }

    /// Ends filling. In a generation that is there in full, what refers to nothing is a problem.
    pub(super) fn seal(&mut self, offset: usize, complete: bool, problems: &mut Problems) {
        let twice = [
            ("string table", self.strings.seal()),
            ("stack table", self.stacks.seal()),
            ("type table", self.types.seal()),
        ];
        for (structure, id) in twice {
            if let Some(id) = id {
                problems.add(offset, structure, "each id once", format!("id {id} twice"));
            }
        }
        if complete && let Some((stack, string)) = self.dangling_frame() {
            let found = format!("string {string} in stack {stack}, which the string table does not have");
            problems.add(offset, "stack table", "strings of the string table", found);
        }
    }

    /// A stack with a frame whose function or file is not in the string table.
    fn dangling_frame(&self) -> Option<(u64, u64)> {
        self.stacks.iter().find_map(|&(id, stack)| {
            let mut wire = Wire::new(stack.frames);
            let mut frames = std::iter::from_fn(|| read_frame(&mut wire));
            let missing = |&string: &u64| !self.has_string(string);
            let string =
                frames.find_map(|[_, function, file, _]| [function, file].into_iter().find(missing))?;
            Some((id, string))
        })
    }

    /// Whether one of an event's arguments refers to an entry that no table has.
    #[inline]
    pub(super) fn dangles(&self, args: &[u64], references: References) -> bool {
        let refers = |bits: u8, i: usize| bits & (1 << i) != 0;
        references != References::default()
            && args.iter().enumerate().any(|(i, &id)| {
                (refers(references.stacks, i) && !self.has_stack(id))
                    || (refers(references.strings, i) && !self.has_string(id))
            })
    }

    /// Whether the id is 0, "none", or in the table.
    pub(super) fn has_string(&self, wire: u64) -> bool {
        wire == 0 || self.strings.get(wire).is_some()
    }

    /// Likewise for stacks.
    pub(super) fn has_stack(&self, wire: u64) -> bool {
        wire == 0 || self.stacks.get(wire).is_some()
    }

    pub(super) fn string(&self, id: StringId) -> Option<&str> {
        self.strings.get(id.wire_in(self.tag)?).map(AsRef::as_ref)
    }

    pub(super) fn stack(&self, id: StackId) -> Option<StackView<'_>> {
        let encoded = *self.stacks.get(id.wire_in(self.tag)?)?;
        Some(StackView { encoded, strings: &self.strings })
    }

    pub(super) fn alloc_type(&self, id: TypeId) -> Option<AllocType<'_>> {
        self.types.get(id.wire_in(self.tag)?).map(TypeEntry::view)
    }
}

/// The body of a batch after the byte that told what it holds. Positions are file offsets.
pub(super) fn body_after_mark<'a>(data: &'a [u8], batch: &Batch) -> Wire<'a> {
    Wire::at(data.get(..batch.end).unwrap_or_default(), batch.start.saturating_add(1))
}

/// Reads the type of a table entry.
pub(super) fn expect_type(wire: &mut Wire<'_>, number: u8) -> Result<(), BadEntry> {
    let pos = wire.pos();
    match wire.byte() {
        Ok(found) if found == number => Ok(()),
        Ok(found) => {
            let found = format!("event type {found} ({})", spec::name(found));
            Err(BadEntry { pos, expected: spec::name(number), found })
        }
        Err(error) => Err(BadEntry::number(pos, error)),
    }
}
