//! What came out: a type for most objects, and names for places in them.

use rustc_hash::FxHashMap;

use crate::format::binary::{Shape, TypeId, TypeTable};
use crate::model::Address;

use super::program::Program;
use super::special::{BUCKET_KEYS, Inside, Specials};
use crate::ingest::heap::MapPlaces;

/// No type.
const NONE: u32 = u32::MAX;

/// How an object is of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// It is one value.
    One,
    /// It is the memory of a slice, or of the like.
    Array,
    /// It is the bytes of strings.
    Text,
    /// It is a closure; the type is the place of a function among the program's.
    Closure,
}

const FORMS: [Form; 4] = [Form::One, Form::Array, Form::Text, Form::Closure];

/// Types of objects.
#[derive(Debug)]
pub struct Typing<'a> {
    program: Program<'a>,
    specials: Specials,
    /// By object: type and form, or [`NONE`].
    of: Vec<u32>,
    /// Of objects that have a header.
    pub(super) header: u64,
    pub(super) headers: HeaderRule,
}

/// Which objects have a header before their value: small ones with pointers that are larger than this
/// (`heapBitsInSpan` in runtime/mbitmap.go, Go 1.22 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeaderRule {
    pub(super) above: u64,
    pub(super) up_to: u64,
}

impl HeaderRule {
    pub(super) fn new(pointer_size: u8) -> Self {
        let word = u64::from(pointer_size);
        Self { above: word * word * 8, up_to: 32 << 10 }
    }

    #[inline]
    pub(super) fn applies(self, size: u64) -> bool {
        size > self.above && size <= self.up_to
    }
}

impl<'a> Typing<'a> {
    pub(super) fn new(program: Program<'a>, n_objects: u32, pointer_size: u8) -> Self {
        let specials = Specials::new(program.table);
        let of = vec![NONE; n_objects as usize];
        Self { program, specials, of, header: 8, headers: HeaderRule::new(pointer_size) }
    }

    pub(super) fn specials(&self) -> &Specials {
        &self.specials
    }

    fn table(&self) -> &'a TypeTable {
        self.program.table
    }

    /// Gives an object a type if it has none. False if it has one.
    #[inline]
    pub(super) fn set(&mut self, object: u32, of: TypeId, form: Form) -> bool {
        let Some(slot) = self.of.get_mut(object as usize) else { return false };
        if *slot != NONE || of.0 >= NONE >> 2 {
            return false;
        }
        *slot = of.0 << 2 | form as u32;
        true
    }

    #[inline]
    pub(super) fn get(&self, object: u32) -> Option<(TypeId, Form)> {
        let packed = self.of.get(object as usize).copied().filter(|&packed| packed != NONE)?;
        Some((TypeId(packed >> 2), FORMS[packed as usize % 4]))
    }

    /// Whether it has a type.
    #[inline]
    #[must_use]
    pub fn is_typed(&self, object: u32) -> bool {
        self.of.get(object as usize).is_some_and(|&packed| packed != NONE)
    }

    /// A number for its type: objects with the same number have the same name.
    #[must_use]
    pub fn class(&self, object: u32) -> Option<u32> {
        self.of.get(object as usize).copied().filter(|&packed| packed != NONE)
    }

    /// Types of all objects as places in a list of names, each of which stands there once; `u32::MAX` for
    /// those that have none.
    #[must_use]
    pub fn names(&self) -> (Vec<u32>, Vec<String>) {
        let (mut names, mut by_class, mut by_name) =
            (Vec::new(), FxHashMap::<u32, u32>::default(), FxHashMap::<String, u32>::default());
        let mut place = |object: u32, class: u32| {
            *by_class.entry(class).or_insert_with(|| {
                let name = self.name(object).unwrap_or_default();
                *by_name.entry(name).or_insert_with_key(|name| {
                    names.push(name.clone());
                    names.len() as u32 - 1
                })
            })
        };
        let of = (0u32..).zip(&self.of);
        let of = of.map(|(object, &class)| if class == NONE { NONE } else { place(object, class) }).collect();
        (of, names)
    }

    /// Names as objects: the one at each place has the type of the first object that has this name. `of` are the places
    /// of the objects' names among `n_names`, as [`Typing::names`] gives them.
    pub(super) fn by_name(self, of: &[u32], n_names: usize) -> Self {
        let mut by_name = vec![NONE; n_names];
        for (&name, &class) in of.iter().zip(&self.of) {
            if let Some(slot) = by_name.get_mut(name as usize).filter(|slot| **slot == NONE) {
                *slot = class;
            }
        }
        Self { of: by_name, ..self }
    }

    /// The name of an object's type: `main.entry`; `[]main.entry` for a slice's memory; `string` for the
    /// bytes of one; `func main.main.func1` for a closure.
    #[must_use]
    pub fn name(&self, object: u32) -> Option<String> {
        let (of, form) = self.get(object)?;
        Some(match form {
            Form::One => self.table().name(of).to_owned(),
            Form::Array => format!("[]{}", self.table().name(of)),
            Form::Text => "string".to_owned(),
            Form::Closure => {
                let function = self.program.binary.functions.get(of.0 as usize);
                format!("func {}", function.map_or("", |function| &function.name))
            }
        })
    }

    /// How an object of so many bytes leads on from `offset` in it: `.next`, `[].key`; `[]` and `[key]` for
    /// what a map holds, nothing for its insides.
    #[must_use]
    pub fn field(&self, object: u32, size: u64, offset: u64) -> Option<String> {
        let (of, form) = self.get(object)?;
        let has_header = self.headers.applies(size) && self.table().has_pointers(of);
        let offset = if has_header { offset.checked_sub(self.header)? } else { offset };
        match form {
            Form::One => Some(self.path(of, offset)),
            Form::Array => {
                let inside = offset.checked_rem(self.table().size(of))?;
                match self.specials.inside.get(&of) {
                    Some(_) => Some(self.path(of, inside)),
                    None => Some(format!("[]{}", self.path(of, inside))),
                }
            }
            Form::Text | Form::Closure => None,
        }
    }

    /// Where a map's places are in an object of so many bytes, if it has any: each group of eight begins with their
    /// control bytes, of which those in use have no high bit (`ctrlGroup` in internal/runtime/maps, Go 1.24 and later), or
    /// with hashes, of which the least are marks (`minTopHash` in runtime/map.go before).
    #[must_use]
    pub fn map_places(&self, object: u32, size: u64) -> Option<MapPlaces> {
        let (of, _) = self.get(object)?;
        let Some(Inside::Entries(key)) = self.specials.inside.get(&of) else { return None };
        let has_header = self.headers.applies(size) && self.table().has_pointers(of);
        let from = if has_header { self.header } else { 0 };
        let is_used = if *key == BUCKET_KEYS { |hash| hash >= 5 } else { |control| control & 0x80 == 0 };
        Some(MapPlaces { from, stride: self.table().size(of), is_used })
    }

    /// What is `offset` bytes into the global of this name: `.entries`. Behind it: into the memory that it, a pointer or a
    /// slice, refers to.
    #[must_use]
    pub fn in_global(&self, name: &str, offset: u64, is_behind: bool) -> Option<String> {
        let table = self.table();
        let of = table.globals.iter().find(|global| global.name == name)?.of;
        match table.shape(of) {
            _ if !is_behind => Some(self.path(of, offset)),
            Shape::Pointer(Some(to)) if offset < table.size(to) => Some(self.path(to, offset)),
            Shape::Slice(elem) => {
                let inside = offset.checked_rem(table.size(elem))?;
                Some(format!("[]{}", self.path(elem, inside)))
            }
            _ => None,
        }
    }

    fn path(&self, of: TypeId, offset: u64) -> String {
        let path = self.table().path(of, offset).path;
        match self.specials.inside.get(&of) {
            None => path,
            Some(Inside::Way) => String::new(),
            Some(Inside::Entries(key)) => {
                let mut fields = path.split(['.', '[']);
                let is_way = path.starts_with(".overflow");
                match fields.any(|field| field == *key) {
                    _ if is_way => String::new(),
                    true => "[key]".to_owned(),
                    false => format!("[]{}", within_element(&path)),
                }
            }
        }
    }

    /// The global that a place in the file belongs to, and what of it: `main.state.entries`.
    #[must_use]
    pub fn global(&self, address: Address) -> Option<String> {
        let globals = &self.table().globals;
        let before = globals.partition_point(|global| global.address <= address);
        let global = globals[..before].last()?;
        let offset = address.offset_from(global.address)?;
        (offset < self.table().size(global.of)).then(|| {
            let path = self.table().path(global.of, offset).path;
            format!("{}{path}", global.name)
        })
    }
}

/// What follows an element of a map: `.slots[3].elem.name` -> `.name`, `.values[3].name` -> `.name`.
fn within_element(path: &str) -> &str {
    let after = path.split_once(']').map_or("", |(_, after)| after);
    after.strip_prefix(".elem").unwrap_or(after)
}
