//! The tables of one generation: strings, stacks, Go types; read from their batches.
//!
//! An entry that cannot be read ends its batch with a problem; what precedes it stands.

use super::allocfree::{self, AllocInfo, AllocType, TypeEntry};
use super::ids::{StackId, StringId, TypeId};
use super::problems::Problems;
use super::spec::{self, Layout, MAX_ARGS};
use super::stack::{EncodedStack, MAX_FRAMES, StackView, read_frame};
use super::strings::Strings;
use super::table::Table;
use super::wire::{Wire, WireError};

/// Longest string the runtime writes; it cuts longer ones.
const MAX_STRING_LEN: u64 = 1 << 10;

/// Tables of one generation.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Tells ids of this generation from those of others: counts generations from 1.
    pub(super) tag: u32,
    pub(super) strings: Strings,
    stacks: Table<EncodedStack>,
    /// The frames of all stacks, as in the file.
    frames: Vec<u8>,
    types: Table<TypeEntry>,
    /// Survives generations: written once, when tracing starts.
    pub(super) alloc_info: Option<AllocInfo>,
}

/// An entry that could not be read.
#[derive(Debug)]
pub(super) struct BadEntry {
    /// In the batch's body.
    pub(super) pos: usize,
    pub(super) expected: &'static str,
    pub(super) found: String,
}

impl BadEntry {
    pub(super) fn number(pos: usize, error: WireError) -> Self {
        Self { pos, expected: "a number", found: error.describe().to_owned() }
    }

    fn too_much(pos: usize) -> Self {
        Self { pos, expected: "less than 4 GiB of it in a generation", found: "more".to_owned() }
    }
}

impl Tables {
    /// Empty tables.
    pub(super) fn new(tag: u32, alloc_info: Option<AllocInfo>) -> Self {
        Self { tag, alloc_info, ..Self::default() }
    }

    /// Reads the body of a batch that begins with [`spec::STRINGS`].
    pub(super) fn read_strings(&mut self, body: &[u8]) -> Result<(), BadEntry> {
        let mut wire = Wire::at(body, 1);
        while !wire.is_empty() {
            let pos = wire.pos();
            expect_type(&mut wire, spec::STRING)?;
            let id = read_id(&mut wire, pos)?;
            let len = wire.varint().map_err(|e| BadEntry::number(pos, e))?;
            if len > MAX_STRING_LEN {
                let found = format!("{len}");
                return Err(BadEntry { pos, expected: "a string of at most 1024 bytes", found });
            }
            let text = wire.bytes(len).map_err(|e| BadEntry::number(pos, e))?;
            if !self.strings.push(id, text) {
                return Err(BadEntry::too_much(pos));
            }
        }
        Ok(())
    }

    /// Reads the body of a batch that begins with [`spec::STACKS`].
    pub(super) fn read_stacks(&mut self, body: &[u8]) -> Result<(), BadEntry> {
        let mut wire = Wire::at(body, 1);
        while !wire.is_empty() {
            let pos = wire.pos();
            expect_type(&mut wire, spec::STACK)?;
            let id = read_id(&mut wire, pos)?;
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
            let frames = body.get(start..wire.pos()).unwrap_or_default();
            let (from, to) = (self.frames.len(), self.frames.len() + frames.len());
            let (Ok(start), Ok(end)) = (u32::try_from(from), u32::try_from(to)) else {
                return Err(BadEntry::too_much(pos));
            };
            self.frames.extend_from_slice(frames);
            self.stacks.push(id, EncodedStack { n_frames, start, end });
        }
        Ok(())
    }

    /// Reads the body of a batch of the AllocFree experiment.
    pub(super) fn read_alloc_free(&mut self, body: &[u8]) -> Result<(), BadEntry> {
        allocfree::read_batch(&mut Wire::new(body), &mut self.types, &mut self.alloc_info)
    }

    /// Ends filling. In a generation that is there in full, what refers to nothing is a problem.
    pub(super) fn seal(&mut self, offset: u64, complete: bool, problems: &mut Problems) {
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
        self.stacks.iter().find_map(|(id, stack)| {
            let mut wire = Wire::new(self.frames_of(stack));
            let mut frames = std::iter::from_fn(|| read_frame(&mut wire));
            let missing = |&string: &u64| !self.has_string(string);
            let string =
                frames.find_map(|[_, function, file, _]| [function, file].into_iter().find(missing))?;
            Some((*id, string))
        })
    }

    /// For each argument of an event the largest number up to which none can refer to nothing.
    pub(super) fn limits(&self, layout: Layout) -> [u64; MAX_ARGS] {
        std::array::from_fn(|i| match 1 << i {
            bit if layout.stacks & bit != 0 => self.stacks.dense(),
            bit if layout.strings & bit != 0 => self.strings.dense(),
            _ => u64::MAX,
        })
    }

    /// Whether one of an event's arguments refers to an entry that no table has.
    #[cold]
    pub(super) fn dangles(&self, args: &[u64; MAX_ARGS], layout: Layout) -> bool {
        args.iter().enumerate().any(|(i, &id)| {
            (layout.stacks & (1 << i) != 0 && !self.has_stack(id))
                || (layout.strings & (1 << i) != 0 && !self.has_string(id))
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
        self.strings.get(id.wire_in(self.tag)?)
    }

    pub(super) fn stack(&self, id: StackId) -> Option<StackView<'_>> {
        let stack = self.stacks.get(id.wire_in(self.tag)?)?;
        Some(StackView { n_frames: stack.n_frames, frames: self.frames_of(stack), strings: &self.strings })
    }

    fn frames_of(&self, stack: &EncodedStack) -> &[u8] {
        self.frames.get(stack.start as usize..stack.end as usize).unwrap_or_default()
    }

    pub(super) fn alloc_type(&self, id: TypeId) -> Option<AllocType<'_>> {
        self.types.get(id.wire_in(self.tag)?).map(TypeEntry::view)
    }
}

/// Reads the id of a table entry; 0 is how events say that they refer to none.
fn read_id(wire: &mut Wire<'_>, pos: usize) -> Result<u64, BadEntry> {
    match wire.varint() {
        Ok(0) => Err(BadEntry { pos, expected: "an id from 1", found: "0".to_owned() }),
        Ok(id) => Ok(id),
        Err(error) => Err(BadEntry::number(pos, error)),
    }
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
