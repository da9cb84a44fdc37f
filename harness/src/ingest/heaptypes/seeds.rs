//! One pass over the dump, by two threads where that can be: where contents stand, what headers say, and interface values in untyped memory.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::program::{Loaded, OtherProgram};
use super::typing::HeaderRule;
use super::{Objects, Places};
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
    /// By object.
    contents: Vec<Contents>,
    pub(super) segments: Vec<Place>,
    /// Objects whose header names a type.
    pub(super) headed: Headed,
    /// Interface values in frames.
    pub(super) boxed: Vec<Boxed>,
}

type Headed = Vec<(u32, TypeId)>;

/// Where the contents of an object stand in the file, times two, and whether there are pointers in them; 0 if the dump
/// ends before it. Two threads write, each of them other objects.
#[derive(Debug, Default)]
struct Contents(AtomicU64);

/// Reads the dump from its beginning.
pub(super) fn read(
    dump: &mut Reader<'_>,
    objects: &(impl Objects + Sync),
    loaded: &mut Loaded<'_>,
) -> Result<Seeds, OtherProgram> {
    let contents = (0..objects.len()).map(|_| Contents::default()).collect();
    let mut seeds = Seeds { contents, ..Seeds::default() };
    place(dump, objects.places(), loaded, &mut seeds)?;
    dump.rewind();
    // The parameters, which a second reader needs.
    dump.next_record();
    let second = objects.places().and_then(|places| Some((dump.ahead(places.middle)?, places)));
    match second.filter(|(second, places)| second.position() == places.middle) {
        Some(second) => seeds.read_both(dump, second, objects, loaded),
        None => {
            let (headed, boxed) = seeds.pass(dump, u64::MAX, objects, loaded);
            (seeds.headed, seeds.boxed) = (headed, boxed);
        }
    }
    Ok(seeds)
}

/// Method tables come first in a dump and segments late: what words mean has to be known before frames are
/// looked at.
fn place(
    dump: &mut Reader<'_>,
    places: Option<Places>,
    loaded: &mut Loaded<'_>,
    seeds: &mut Seeds,
) -> Result<(), OtherProgram> {
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
            Record::Object(_) => {
                if let Some(places) = places.filter(|places| dump.position() < places.past) {
                    dump.seek(places.past);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Seeds {
    /// Objects of the first half here, of the second in a thread of its own, and what follows on them here again.
    fn read_both(
        &mut self,
        dump: &mut Reader<'_>,
        (mut second, places): (Reader<'_>, Places),
        objects: &(impl Objects + Sync),
        loaded: &Loaded<'_>,
    ) {
        let seeds = &*self;
        let (mut headed, boxed) = std::thread::scope(|scope| {
            let other = scope.spawn(move || seeds.pass(&mut second, places.past, objects, loaded).0);
            let (mut headed, _) = seeds.pass(dump, places.middle, objects, loaded);
            match other.join() {
                Ok(others) => headed.extend(others),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            dump.seek(places.past);
            let (others, boxed) = seeds.pass(dump, u64::MAX, objects, loaded);
            headed.extend(others);
            (headed, boxed)
        });
        headed.shrink_to_fit();
        (self.headed, self.boxed) = (headed, boxed);
    }

    /// Reads the records that begin before `until`.
    fn pass(
        &self,
        dump: &mut Reader<'_>,
        until: u64,
        objects: &impl Objects,
        loaded: &Loaded<'_>,
    ) -> (Headed, Vec<Boxed>) {
        let headers = HeaderRule::new(self.layout.pointer_size);
        let (mut headed, mut boxed) = (Vec::new(), Vec::new());
        while dump.position() < until {
            match dump.next_record() {
                Some(Record::Object(object)) => {
                    let Some(number) = objects.find(object.address.0) else { continue };
                    let is_pointer_free = object.memory.is_pointer_free();
                    self.contents[number as usize].set(object.memory.file_offset(), is_pointer_free);
                    if headers.applies(object.memory.size()) && !is_pointer_free {
                        let named = self.word(&object.memory, 0).and_then(|word| loaded.descriptor(word));
                        headed.extend(named.map(|of| (number, of)));
                    }
                }
                Some(Record::Frame(frame)) => self.scan(&frame.memory, loaded, &mut boxed),
                Some(_) => {}
                None => break,
            }
        }
        (headed, boxed)
    }

    /// Where the contents of an object stand in the file; 0 if the dump ends before it.
    #[inline]
    pub(super) fn file_offset(&self, object: u32) -> u64 {
        self.contents[object as usize].0.load(Relaxed) >> 1
    }

    /// Whether an object has no pointers.
    #[inline]
    pub(super) fn is_pointer_free(&self, object: u32) -> bool {
        self.contents[object as usize].0.load(Relaxed) & 1 == 0
    }

    fn word(&self, memory: &Memory<'_>, offset: u64) -> Option<u64> {
        self.layout.pointer(memory.contents()?, offset).map(|Address(word)| word)
    }

    /// Looks for interface values: a pointer behind a word that names a type.
    fn scan(&self, memory: &Memory<'_>, loaded: &Loaded<'_>, found: &mut Vec<Boxed>) {
        let Some(contents) = memory.contents() else { return };
        for slot in memory.slots() {
            found.extend(boxed(self.layout, loaded, contents, slot.offset));
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

impl Contents {
    #[inline]
    fn set(&self, file_offset: u64, is_pointer_free: bool) {
        self.0.store(file_offset << 1 | u64::from(!is_pointer_free), Relaxed);
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
