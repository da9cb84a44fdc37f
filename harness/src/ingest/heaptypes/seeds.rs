//! One pass over the dump: where contents stand, what headers say, and interface values in untyped memory.

use super::Objects;
use super::program::{Loaded, OtherProgram};
use super::typing::HeaderRule;
use crate::format::binary::TypeId;
use crate::format::heapdump::{Layout, Memory, Reader, Record};
use crate::model::Address;

/// Static memory, and where its contents stand in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) address: u64,
    pub(super) size: u64,
    pub(super) file_offset: u64,
}

/// An interface's type and data word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Boxed {
    pub(super) of: TypeId,
    pub(super) data: u64,
}

/// What the pass finds.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    pub(super) layout: Layout,
    /// By object: where its contents stand in the file; 0 if the dump ends before it.
    pub(super) file_offsets: Vec<u64>,
    /// By object: whether it has no pointers.
    pub(super) pointer_free: Vec<bool>,
    pub(super) segments: Vec<Place>,
    /// Objects whose header names a type.
    pub(super) headed: Vec<(u32, TypeId)>,
    /// Interface values in frames.
    pub(super) boxed: Vec<Boxed>,
}

/// Reads the dump from its beginning.
pub(super) fn read(
    dump: &mut Reader<'_>,
    objects: &impl Objects,
    loaded: &mut Loaded<'_>,
) -> Result<Seeds, OtherProgram> {
    let n = objects.len() as usize;
    let mut seeds = Seeds { file_offsets: vec![0; n], pointer_free: vec![true; n], ..Seeds::default() };
    place(dump, loaded, &mut seeds)?;
    let headers = HeaderRule::new(seeds.layout.pointer_size);
    dump.rewind();
    while let Some(record) = dump.next_record() {
        match record {
            Record::Object(object) => {
                let Some(number) = objects.find(object.address.0) else { continue };
                seeds.file_offsets[number as usize] = object.memory.file_offset();
                seeds.pointer_free[number as usize] = object.memory.is_pointer_free();
                if headers.applies(object.memory.size()) && !object.memory.is_pointer_free() {
                    let named = seeds.word(&object.memory, 0).and_then(|word| loaded.descriptor(word));
                    seeds.headed.extend(named.map(|of| (number, of)));
                }
            }
            Record::Frame(frame) => seeds.scan(&frame.memory, loaded),
            _ => {}
        }
    }
    Ok(seeds)
}

/// Method tables come first in a dump and segments late: what words mean has to be known before frames are
/// looked at.
fn place(dump: &mut Reader<'_>, loaded: &mut Loaded<'_>, seeds: &mut Seeds) -> Result<(), OtherProgram> {
    dump.rewind();
    while let Some(record) = dump.next_record() {
        match record {
            Record::Params(params) => seeds.layout = params.layout,
            Record::Itab(itab) => drop(loaded.itabs.insert(itab.address.0, itab.of.0)),
            Record::Segment(segment) => {
                let (size, file_offset) = (segment.memory.size(), segment.memory.file_offset());
                loaded.segment(segment.kind, segment.address, size)?;
                seeds.segments.push(Place { address: segment.address.0, size, file_offset });
            }
            _ => {}
        }
    }
    Ok(())
}

impl Seeds {
    fn word(&self, memory: &Memory<'_>, offset: u64) -> Option<u64> {
        self.layout.pointer(memory.contents()?, offset).map(|Address(word)| word)
    }

    /// Looks for interface values: a pointer behind a word that names a type.
    fn scan(&mut self, memory: &Memory<'_>, loaded: &Loaded<'_>) {
        let Some(contents) = memory.contents() else { return };
        for slot in memory.slots() {
            self.boxed.extend(boxed(self.layout, loaded, contents, slot.offset));
        }
    }

    /// The place in the file of static memory at `address`, and how much of it follows.
    pub(super) fn in_static(&self, address: u64) -> Option<(u64, u64)> {
        let inside = |place: &&Place| address.checked_sub(place.address).is_some_and(|at| at < place.size);
        let place = self.segments.iter().find(inside)?;
        let at = address - place.address;
        Some((place.file_offset + at, place.size - at))
    }
}

/// The interface value whose data word is at `offset`, if it looks like one.
pub(super) fn boxed(layout: Layout, loaded: &Loaded<'_>, contents: &[u8], offset: u64) -> Option<Boxed> {
    let first = layout.pointer(contents, offset.checked_sub(layout.pointer_size.into())?)?;
    let data = layout.pointer(contents, offset)?;
    if data.is_nil() {
        return None;
    }
    Some(Boxed { of: loaded.interface(first.0)?, data: data.0 })
}
