//! From typed memory along its pointers to objects, level by level.
//!
//! Each level is read in the order of the file, so that reading stays sequential where a level is large.

use std::collections::HashSet;

use rustc_hash::FxHashMap;

use super::Objects;
use super::pages::Pages;
use super::program::{Loaded, OtherProgram, Program};
use super::seeds::{self, Boxed, Seeds};
use super::special::Special;
use super::typing::{Form, Typing};
use crate::format::Input;
use crate::format::binary::{Shape, TypeId};
use crate::format::heapdump::Reader;
use crate::model::Address;

/// Bytes of an object that are looked at together.
const PIECE: u64 = 1 << 20;

/// Types that stand for many: those of the runtime for any map or channel (maps of Go 1.24 and later, older ones,
/// channels), and the compiler's for a closure, which does not tell of which function.
const GENERIC: [&str; 4] =
    ["internal/runtime/maps.", "runtime.hmap", "runtime.hchan", "noalg.struct { F uintptr"];

/// Objects, and the types that they were allocated as.
type Told = Vec<(u32, TypeId)>;

/// Static memory that is looked at, so often at most: it refers to itself in circles.
const MAX_STATIC: usize = 1 << 20;

/// An object and its type's descriptor, as allocation events of the trace have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Anywhere in the object.
    pub object: Address,
    /// Of the type's descriptor in memory.
    pub descriptor: Address,
}

/// How many objects took their type from where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sources {
    /// From allocation events and headers.
    pub known: u64,
    /// From typed memory that refers to them.
    pub references: u64,
    /// From slices into them that do not fill them.
    pub parts: u64,
}

/// Finds types for the objects of a dump. `known` are types from elsewhere. The dump is read from its
/// beginning, twice, and then in places.
pub fn find<'a>(
    dump: &mut Reader<'_>,
    objects: &(impl Objects + Sync),
    program: Program<'a>,
    known: &[Known],
) -> Result<(Typing<'a>, Sources), OtherProgram> {
    let mut loaded = Loaded::new(program);
    let seeds = seeds::read(dump, objects, &mut loaded)?;
    let typing = Typing::new(program, objects.len(), seeds.layout.pointer_size);
    let pages = Pages::new(dump.input());
    let mut spread = Spread {
        input: dump.input(),
        pages,
        objects,
        loaded,
        seeds,
        typing,
        next: Vec::new(),
        statics: Vec::new(),
        seen: HashSet::default(),
        parts: Vec::new(),
        sources: Sources::default(),
        buffer: Vec::new(),
    };
    spread.run(known);
    Ok((spread.typing, spread.sources))
}

struct Spread<'s, 'a, O> {
    input: &'s Input<'s>,
    pages: Pages,
    objects: &'s O,
    loaded: Loaded<'a>,
    seeds: Seeds,
    typing: Typing<'a>,
    /// Objects that were typed and not yet looked into.
    next: Vec<u32>,
    /// Static memory, likewise: address, type, number of values.
    statics: Vec<(u64, TypeId, u64)>,
    seen: HashSet<(u64, TypeId), rustc_hash::FxBuildHasher>,
    /// Objects that a slice of these elements is a part of.
    parts: Vec<(u32, TypeId)>,
    sources: Sources,
    buffer: Vec<u8>,
}

/// A value on its way to be looked at.
#[derive(Debug, Clone, Copy)]
struct Value {
    /// Where its bytes stand in the file.
    file_offset: u64,
    /// How many of them there are.
    len: u64,
}

impl<O: Objects> Spread<'_, '_, O> {
    fn run(&mut self, known: &[Known]) {
        let (generic, told) = self.told(known);
        for (object, of) in told {
            self.sources.known += u64::from(self.fill(object, of));
        }
        self.globals();
        for boxed in std::mem::take(&mut self.seeds.boxed) {
            self.boxed(boxed);
        }
        self.levels();
        for (object, of) in generic {
            self.sources.known += u64::from(self.fill(object, of));
        }
        self.untyped();
        self.levels();
        for (object, of) in std::mem::take(&mut self.parts) {
            self.sources.parts += u64::from(self.typed(object, of, Form::Array));
        }
        self.levels();
        self.untyped();
        self.levels();
    }

    /// Types that allocations had. Those that stand for many are apart: what refers to a map knows of which keys and
    /// elements it is, what refers to a closure that it is one, and has to be asked first.
    fn told(&mut self, known: &[Known]) -> (Told, Told) {
        let known = known.iter().filter_map(|Known { object, descriptor }| {
            Some((self.objects.find(object.0)?, self.loaded.descriptor(descriptor.0)?))
        });
        let known: Told = known.collect();
        let headed = std::mem::take(&mut self.seeds.headed);
        let table = self.loaded.program.table;
        let mut generic: FxHashMap<TypeId, bool> = FxHashMap::default();
        let is_generic = |&(_, of): &(u32, TypeId)| {
            *generic.entry(of).or_insert_with(|| {
                let name = table.name(of).trim_start_matches('*');
                GENERIC.iter().any(|generic| name.starts_with(generic))
            })
        };
        known.into_iter().chain(headed).partition(is_generic)
    }

    fn globals(&mut self) {
        for global in &self.loaded.program.table.globals {
            if let Some(address) = self.loaded.in_memory(global.address) {
                self.statics.push((address.0, global.of, 1));
            }
        }
    }

    /// Looks into everything that was typed, and what that types, to the end.
    fn levels(&mut self) {
        while !self.next.is_empty() || !self.statics.is_empty() {
            for (address, of, n) in std::mem::take(&mut self.statics) {
                self.look_into_static(address, of, n);
            }
            let placed = self.next.drain(..).map(|object| (self.seeds.file_offset(object), object));
            let mut level: Vec<(u64, u32)> = placed.collect();
            level.sort_unstable();
            for (_, object) in level {
                self.look_into(object);
            }
        }
    }

    fn look_into_static(&mut self, address: u64, of: TypeId, n: u64) {
        let Some((file_offset, left)) = self.seeds.in_static(address) else { return };
        if self.seen.len() < MAX_STATIC && self.seen.insert((address, of)) {
            let len = self.loaded.program.table.size(of).saturating_mul(n).min(left);
            self.values(Value { file_offset, len }, of);
        }
    }

    fn look_into(&mut self, object: u32) {
        let Some((of, form)) = self.typing.get(object) else { return };
        let header = self.header(object);
        let file_offset = self.seeds.file_offset(object);
        if file_offset == 0 || self.seeds.is_pointer_free(object) {
            return;
        }
        let size = self.objects.size(object) - header;
        let value = Value { file_offset: file_offset + header, len: size };
        match form {
            Form::One => {
                let len = self.loaded.program.table.size(of).min(size);
                self.values(Value { len, ..value }, of);
            }
            Form::Array => self.values(value, of),
            Form::Text => {}
            Form::Closure => self.scan(value),
        }
    }

    /// Looks into one value after the other.
    fn values(&mut self, all: Value, of: TypeId) {
        let table = self.loaded.program.table;
        let size = table.size(of);
        if size == 0 || !table.has_pointers(of) {
            return;
        }
        let step = (PIECE / size).max(1) * size;
        let mut at = 0;
        while at < all.len {
            let len = step.min(all.len - at).min(PIECE.max(size).min(16 * PIECE));
            let mut buffer = std::mem::take(&mut self.buffer);
            if let Ok(bytes) = self.pages.read(self.input, all.file_offset + at, len, &mut buffer) {
                for value in bytes.chunks(size as usize) {
                    self.value(value, of);
                }
            }
            self.buffer = buffer;
            at += step;
        }
    }

    fn value(&mut self, bytes: &[u8], of: TypeId) {
        let table = self.loaded.program.table;
        if let Some(special) = self.typing.specials().of.get(&of).copied() {
            self.special(bytes, of, special);
        }
        table.pointers(of, bytes.len() as u64, &mut |at, of| self.pointer(bytes, at, of));
    }

    fn word(&self, bytes: &[u8], at: u64) -> Option<u64> {
        self.seeds.layout.pointer(bytes, at).map(|Address(word)| word)
    }

    /// One pointer of a value, or a value that begins with one.
    fn pointer(&mut self, bytes: &[u8], at: u64, of: TypeId) {
        let word = u64::from(self.seeds.layout.pointer_size);
        let Some(value) = self.word(bytes, at).filter(|&value| value != 0) else { return };
        let behind = |n| self.word(bytes, at + n * word);
        match self.loaded.program.table.shape(of) {
            Shape::Pointer(Some(to)) => self.refer(value, to, 1),
            Shape::Map(_, _, Some(to)) => self.refer(value, to, 1),
            Shape::Chan(_, Some(to)) => self.refer_to_chan(value, to),
            Shape::Slice(elem) => {
                if let Some(cap) = behind(2).filter(|&cap| cap > 0) {
                    self.refer_to_elements(value, elem, cap);
                }
            }
            Shape::String => self.refer_to_text(value),
            Shape::Func => self.refer_to_closure(value),
            Shape::Interface | Shape::EmptyInterface => {
                if let (Some(of), Some(data)) = (self.loaded.interface(value), behind(1)) {
                    self.boxed(Boxed { of, data });
                }
            }
            _ => {}
        }
    }

    fn special(&mut self, bytes: &[u8], of: TypeId, special: Special) {
        let table = self.loaded.program.table;
        match special {
            Special::Arrays(places) => {
                for at in places.into_iter().flatten() {
                    let FieldTarget(Some(to)) = FieldTarget::of(table, of, at) else { continue };
                    if let Some(value) = self.word(bytes, at) {
                        self.refer_to_room(value, to);
                    }
                }
            }
            Special::Directory { at, len_at, group } => {
                let (Some(value), Some(len)) = (self.word(bytes, at), self.word(bytes, len_at)) else {
                    return;
                };
                match len {
                    0 => self.refer(value, group, 1),
                    _ => {
                        if let FieldTarget(Some(to)) = FieldTarget::of(table, of, at) {
                            self.refer_to_elements(value, to, len);
                        }
                    }
                }
            }
            Special::Buffer { at, len_at, elem } => {
                if let (Some(value), Some(len)) = (self.word(bytes, at), self.word(bytes, len_at)) {
                    self.refer_to_elements(value, elem, len);
                }
            }
        }
    }

    /// What an interface holds.
    fn boxed(&mut self, Boxed { of, data }: Boxed) {
        if !self.loaded.is_direct(of) {
            return self.refer(data, of, 1);
        }
        let mut bytes = [0; 8];
        let size = usize::from(self.seeds.layout.pointer_size).min(8);
        match self.seeds.layout.big_endian {
            true => bytes[..size].copy_from_slice(&data.to_be_bytes()[8 - size..]),
            false => bytes.copy_from_slice(&data.to_le_bytes()),
        }
        self.value(&bytes[..size], of);
    }

    /// The object at `value` and where its value begins, if `value` points to that.
    fn target(&mut self, value: u64, of: TypeId, n: u64) -> Option<(u32, u64)> {
        let Some(object) = self.objects.find(value) else {
            if self.seeds.in_static(value).is_some() {
                self.statics.push((value, of, n));
            }
            return None;
        };
        let header = self.header(object);
        let offset = value - self.objects.address(object);
        (offset == header).then(|| (object, self.objects.size(object) - header))
    }

    fn header(&self, object: u32) -> u64 {
        let has =
            self.typing.headers.applies(self.objects.size(object)) && !self.seeds.is_pointer_free(object);
        if has { self.typing.header } else { 0 }
    }

    fn refer(&mut self, value: u64, to: TypeId, n: u64) {
        let len = self.loaded.program.table.size(to).saturating_mul(n);
        if let Some((object, room)) = self.target(value, to, n)
            && fills(len, room)
        {
            self.sources.references += u64::from(self.typed(object, to, Form::One));
        }
    }

    fn refer_to_elements(&mut self, value: u64, elem: TypeId, n: u64) {
        let len = self.loaded.program.table.size(elem).saturating_mul(n);
        let whole = self.target(value, elem, n).filter(|&(_, room)| fills(len, room));
        match whole {
            Some((object, _)) => {
                self.sources.references += u64::from(self.typed(object, elem, Form::Array));
            }
            None => {
                let part = self.objects.find(value).filter(|&object| !self.typing.is_typed(object));
                let has_size = self.loaded.program.table.size(elem) > 0;
                self.parts.extend(part.filter(|_| has_size).map(|object| (object, elem)));
            }
        }
    }

    /// As many as there is room for.
    fn refer_to_room(&mut self, value: u64, to: TypeId) {
        let size = self.loaded.program.table.size(to);
        if let Some((object, room)) = self.target(value, to, 1)
            && size > 0
            && room >= size
        {
            self.sources.references += u64::from(self.typed(object, to, Form::Array));
        }
    }

    /// A channel of elements without pointers has its buffer behind itself.
    fn refer_to_chan(&mut self, value: u64, to: TypeId) {
        let size = self.loaded.program.table.size(to);
        if let Some((object, room)) = self.target(value, to, 1)
            && room >= size
        {
            self.sources.references += u64::from(self.typed(object, to, Form::One));
        }
    }

    fn refer_to_text(&mut self, value: u64) {
        let Some(object) = self.objects.find(value) else { return };
        if self.seeds.is_pointer_free(object) {
            self.sources.references += u64::from(self.typed(object, TypeId(0), Form::Text));
        }
    }

    fn refer_to_closure(&mut self, value: u64) {
        let Some(object) = self.objects.find(value).filter(|&object| !self.typing.is_typed(object)) else {
            return;
        };
        let at = self.seeds.file_offset(object) + self.header(object);
        let size = u64::from(self.seeds.layout.pointer_size);
        let mut buffer = Vec::new();
        let code = self.pages.read(self.input, at, size, &mut buffer).ok().map(<[u8]>::to_vec);
        let code = code.and_then(|bytes| self.word(&bytes, 0));
        if let Some(function) = code.and_then(|code| self.loaded.function(code)) {
            self.sources.references += u64::from(self.typed(object, TypeId(function), Form::Closure));
        }
    }

    /// Takes the type that an allocation had: of the object, or of its elements.
    fn fill(&mut self, object: u32, of: TypeId) -> bool {
        let size = self.loaded.program.table.size(of);
        let room = self.objects.size(object) - self.header(object);
        if size == 0 || size > room {
            return false;
        }
        self.typed(object, of, if fills(size, room) { Form::One } else { Form::Array })
    }

    fn typed(&mut self, object: u32, of: TypeId, form: Form) -> bool {
        let new = self.typing.set(object, of, form);
        if new {
            self.next.push(object);
        }
        new
    }

    /// Looks for interface values in objects that have no type.
    fn untyped(&mut self) {
        for object in 0..self.objects.len() {
            let file_offset = self.seeds.file_offset(object);
            if file_offset > 0 && !self.seeds.is_pointer_free(object) && !self.typing.is_typed(object) {
                self.scan(Value { file_offset, len: self.objects.size(object).min(PIECE) });
            }
        }
    }

    fn scan(&mut self, value: Value) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let word = u64::from(self.seeds.layout.pointer_size);
        let mut found = Vec::new();
        if let Ok(bytes) = self.pages.read(self.input, value.file_offset, value.len, &mut buffer) {
            let offsets = (1..bytes.len() as u64 / word).map(|i| i * word);
            found.extend(offsets.filter_map(|at| seeds::boxed(self.seeds.layout, &self.loaded, bytes, at)));
        }
        self.buffer = buffer;
        found.into_iter().for_each(|boxed| self.boxed(boxed));
    }
}

/// What the pointer field at an offset points to.
struct FieldTarget(Option<TypeId>);

impl FieldTarget {
    fn of(table: &crate::format::binary::TypeTable, of: TypeId, at: u64) -> Self {
        let found = table.path(of, at);
        match table.shape(found.of) {
            Shape::Pointer(to) if found.offset == 0 => Self(to),
            _ => Self(None),
        }
    }
}

/// Whether `len` bytes are what an object with so much room was made for: the allocator rounds up by less
/// than a fifth, or to the next 16 bytes, or to whole pages (runtime/sizeclasses.go).
fn fills(len: u64, room: u64) -> bool {
    const PAGE: u64 = 8192;
    let slack = if room > 32 << 10 { PAGE } else { (len / 5).max(16) };
    len > 0 && len <= room && room - len < slack
}
