//! The types of a Go program, compactly: what a value of each looks like in memory.

use std::fmt::Write as _;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::model::Address;

/// How deep values may lie in each other, if what describes them is to be believed.
const MAX_DEPTH: u32 = 32;

/// A type's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// What a value looks like in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A number, or nothing that is known.
    Plain,
    /// A pointer; `None` for `unsafe.Pointer`.
    Pointer(Option<TypeId>),
    /// Fields: places in the table.
    Struct(u32, u32),
    /// Elements and how many of them.
    Array(TypeId, u64),
    /// Pointer to bytes, length.
    String,
    /// Pointer to elements, length, capacity.
    Slice(TypeId),
    /// Key, element, and what the value (a pointer) points to.
    Map(TypeId, TypeId, Option<TypeId>),
    /// Element, and what the value (a pointer) points to.
    Chan(TypeId, Option<TypeId>),
    /// A pointer to a closure, whose first word is its code.
    Func,
    /// Method table, pointer to the value or the value itself if it is a pointer.
    Interface,
    /// Type descriptor, and likewise.
    EmptyInterface,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    pub(super) name: Range<u32>,
    /// Bytes of a value.
    pub size: u64,
    /// What it looks like.
    pub shape: Shape,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(super) name: Range<u32>,
    /// Bytes from the start of the struct.
    pub offset: u64,
    /// Its type.
    pub of: TypeId,
}

/// A global variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Full name, `main.cache`.
    pub name: String,
    /// Where the file has it.
    pub address: Address,
    /// Its type.
    pub of: TypeId,
}

/// Fields on the way to a place in a value, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// `.entries[].key`; empty for the value itself.
    pub path: String,
    /// The innermost type that the place is in.
    pub of: TypeId,
    /// Bytes into that.
    pub offset: u64,
}

/// All types of a program.
#[derive(Debug, Clone, Default)]
pub struct TypeTable {
    pub(super) types: Vec<Type>,
    pub(super) fields: Vec<Field>,
    pub(super) text: String,
    /// Variables by address.
    pub globals: Vec<Global>,
    /// By offset of the runtime's descriptor from the start of all.
    pub(super) by_descriptor: FxHashMap<u64, TypeId>,
    /// Whether a value can hold a pointer.
    pub(super) has_pointers: Vec<bool>,
}

impl TypeTable {
    /// Number of types.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The type.
    #[inline]
    #[must_use]
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0 as usize)
    }

    /// Go's name for it, `map[string]*main.entry`, package paths in full.
    #[must_use]
    pub fn name(&self, id: TypeId) -> &str {
        self.get(id).map_or("", |of| self.text_at(&of.name))
    }

    /// Bytes of a value; 0 if nothing is known.
    #[inline]
    #[must_use]
    pub fn size(&self, id: TypeId) -> u64 {
        self.get(id).map_or(0, |of| of.size)
    }

    /// What a value looks like.
    #[inline]
    #[must_use]
    pub fn shape(&self, id: TypeId) -> Shape {
        self.get(id).map_or(Shape::Plain, |of| of.shape)
    }

    /// Whether a value can hold a pointer.
    #[inline]
    #[must_use]
    pub fn has_pointers(&self, id: TypeId) -> bool {
        self.has_pointers.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Fields of a struct by offset; none of other types.
    #[must_use]
    pub fn fields(&self, id: TypeId) -> &[Field] {
        match self.shape(id) {
            Shape::Struct(start, end) => self.fields.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// A field's name.
    #[must_use]
    pub fn field_name(&self, field: &Field) -> &str {
        self.text_at(&field.name)
    }

    /// The field with this name.
    #[must_use]
    pub fn field(&self, of: TypeId, name: &str) -> Option<&Field> {
        self.fields(of).iter().find(|field| self.field_name(field) == name)
    }

    fn text_at(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The type whose descriptor is so many bytes from the start of all descriptors (`runtime.types`).
    #[inline]
    #[must_use]
    pub fn by_descriptor(&self, offset: u64) -> Option<TypeId> {
        self.by_descriptor.get(&offset).copied()
    }

    /// Types with this name: none, one, or those of one name in several packages of the same path.
    pub fn by_name<'t>(&'t self, name: &'t str) -> impl Iterator<Item = TypeId> + 't {
        let ids = (0..self.types.len() as u32).map(TypeId);
        ids.filter(move |&id| self.name(id) == name)
    }

    /// What is `offset` bytes into a value: which field of which field.
    #[must_use]
    pub fn path(&self, of: TypeId, offset: u64) -> FieldPath {
        let mut found = FieldPath { path: String::new(), of, offset };
        for _ in 0..MAX_DEPTH {
            if !self.step(&mut found) {
                break;
            }
        }
        found
    }

    /// One step further in, if there is one.
    fn step(&self, at: &mut FieldPath) -> bool {
        match self.shape(at.of) {
            Shape::Struct(..) => {
                let fields = self.fields(at.of);
                let inside = |field: &&Field| {
                    field.offset <= at.offset && at.offset - field.offset < self.size(field.of).max(1)
                };
                let Some(field) = fields.iter().rev().find(inside) else { return false };
                let _ = write!(at.path, ".{}", self.field_name(field));
                (at.of, at.offset) = (field.of, at.offset - field.offset);
                true
            }
            Shape::Array(elem, n) if self.size(elem) > 0 && at.offset / self.size(elem) < n => {
                let _ = write!(at.path, "[{}]", at.offset / self.size(elem));
                (at.of, at.offset) = (elem, at.offset % self.size(elem));
                true
            }
            _ => false,
        }
    }

    /// Calls `each` with offset and type of every value in this one that is a pointer or begins with one
    /// (strings, slices, interfaces), by offset. `len` bytes of it are there.
    pub fn pointers(&self, of: TypeId, len: u64, each: &mut dyn FnMut(u64, TypeId)) {
        self.pointers_at((0, of), len, MAX_DEPTH, each);
    }

    fn pointers_at(&self, (at, of): (u64, TypeId), len: u64, depth: u32, each: &mut dyn FnMut(u64, TypeId)) {
        if depth == 0 || at >= len || !self.has_pointers(of) {
            return;
        }
        match self.shape(of) {
            Shape::Struct(..) => {
                for field in self.fields(of) {
                    self.pointers_at((at.saturating_add(field.offset), field.of), len, depth - 1, each);
                }
            }
            Shape::Array(elem, n) => {
                let size = self.size(elem);
                if size == 0 {
                    return;
                }
                let starts = (0..n).map(|i| at.saturating_add(i.saturating_mul(size)));
                for at in starts.take_while(|&at| at < len) {
                    self.pointers_at((at, elem), len, depth - 1, each);
                }
            }
            Shape::Plain => {}
            _ => each(at, of),
        }
    }

    /// `atomic.Pointer[T]` has an `unsafe.Pointer`, and an array of no `*T` that says what it points to.
    pub(super) fn name_atomics(&mut self) {
        for id in 0..self.types.len() as u32 {
            let Shape::Struct(start, end) = self.shape(TypeId(id)) else { continue };
            let told = self.fields(TypeId(id)).iter().find_map(|field| match self.shape(field.of) {
                Shape::Array(pointer, 0) => Some(pointer),
                _ => None,
            });
            let is_untyped = |field: &Field| self.shape(field.of) == Shape::Pointer(None);
            let place = self.fields(TypeId(id)).iter().position(is_untyped);
            if let (Some(pointer), Some(place)) = (told, place)
                && matches!(self.shape(pointer), Shape::Pointer(Some(_)))
                && (start..end).len() > place
            {
                self.fields[start as usize + place].of = pointer;
            }
        }
    }

    /// Finds out which types have pointers. Types that lie in themselves, which damage alone makes, have none.
    pub(super) fn find_pointers(&mut self) {
        let mut known: Vec<Option<bool>> = vec![None; self.types.len()];
        for id in 0..self.types.len() as u32 {
            self.find_pointers_of(TypeId(id), MAX_DEPTH, &mut known);
        }
        self.has_pointers = known.into_iter().map(Option::unwrap_or_default).collect();
    }

    fn find_pointers_of(&self, id: TypeId, depth: u32, known: &mut Vec<Option<bool>>) -> bool {
        let Some(slot) = known.get_mut(id.0 as usize) else { return false };
        if let Some(known) = *slot {
            return known;
        }
        *slot = Some(false);
        let has = match self.shape(id) {
            _ if depth == 0 => false,
            Shape::Plain => false,
            Shape::Struct(..) => {
                let mut of = self.fields(id).iter().map(|field| field.of);
                of.any(|of| self.find_pointers_of(of, depth - 1, known))
            }
            Shape::Array(elem, n) => n > 0 && self.find_pointers_of(elem, depth - 1, known),
            _ => true,
        };
        known[id.0 as usize] = Some(has);
        has
    }
}
