//! Debugging information of a Go program (DWARF 4 and 5, cmd/link of Go 1.22 to 1.27) -> [`TypeTable`].
//!
//! Go says more than C: which kind of type it is, what a map's key and element are, and where the runtime
//! has its descriptor (`cmd/internal/dwarf`). Only types and global variables are looked at; what is
//! inside of functions, most of it all, is passed over.

use std::borrow::Cow;
use std::ops::Range;

use gimli::{
    Abbreviation, AttributeValue, DebugAddrBase, DwAt, EndianSlice, RunTimeEndian, SectionId, constants as c,
};
use object::{Object as _, ObjectSection as _};
use rustc_hash::FxHashMap;

use super::inflate::{NotInflated, inflated};
use super::problems::Problems;
use super::types::{Field, Global, Shape, Type, TypeId, TypeTable};
use crate::format::Problem;
use crate::model::Address;

/// Go's own attributes.
const GO_KIND: DwAt = DwAt(0x2900);
const GO_KEY: DwAt = DwAt(0x2901);
const GO_ELEM: DwAt = DwAt(0x2902);
const GO_RUNTIME_TYPE: DwAt = DwAt(0x2904);

/// Kinds of Go (`internal/abi.Kind`) that another shape follows from than DWARF's tag says.
mod kind {
    pub(super) const CHAN: u64 = 18;
    pub(super) const FUNC: u64 = 19;
    pub(super) const INTERFACE: u64 = 20;
    pub(super) const MAP: u64 = 21;
    pub(super) const POINTER: u64 = 22;
    pub(super) const SLICE: u64 = 23;
    pub(super) const STRING: u64 = 24;
    pub(super) const UNSAFE_POINTER: u64 = 26;
}

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;
type UnitHeader<'a> = gimli::UnitHeader<Slice<'a>>;
type Value<'a> = AttributeValue<Slice<'a>>;

impl TypeTable {
    /// Reads the types of an ELF file. `file` names it in problems. A file without debugging information
    /// gives an empty table and a problem.
    #[must_use]
    pub fn read(file: &str, data: &[u8]) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let table = match object::File::parse(data) {
            Ok(elf) => read(&elf, &mut problems),
            Err(error) => {
                problems.add(0, "binary", "an ELF file", error.to_string());
                Self::default()
            }
        };
        problems.name_file(file);
        (table, problems.listed().to_vec())
    }
}

fn read(elf: &object::File<'_>, problems: &mut Problems) -> TypeTable {
    let mut sections: Vec<(SectionId, Cow<'_, [u8]>)> = Vec::new();
    for id in [SectionId::DebugAbbrev, SectionId::DebugInfo, SectionId::DebugAddr, SectionId::DebugStr] {
        sections.push((id, section(elf, id, problems)));
    }
    let endian = if elf.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let bytes = |id| sections.iter().find(|(known, _)| *known == id).map_or(&[][..], |(_, bytes)| bytes);
    let Ok(dwarf) =
        gimli::Dwarf::load(|id| Ok::<_, std::convert::Infallible>(EndianSlice::new(bytes(id), endian)));
    if bytes(SectionId::DebugInfo).is_empty() {
        problems.add(0, "debugging information", "types", "none: the binary was linked without");
        return TypeTable::default();
    }
    let place = elf.section_by_name(SectionId::DebugInfo.name()).and_then(|section| section.file_range());
    let place = place.map_or(0, |(offset, _)| offset);
    let mut builder = Builder::new(if elf.is_64() { 8 } else { 4 });
    let mut units = dwarf.units();
    loop {
        let done = match units.next() {
            Ok(None) => break,
            Ok(Some(header)) => builder.unit(&dwarf, &header),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            problems.add(place, "debugging information", "entries of types", error.to_string());
            break;
        }
    }
    builder.finish()
}

/// A section's bytes, inflated if need be.
fn section<'d>(elf: &object::File<'d>, id: SectionId, problems: &mut Problems) -> Cow<'d, [u8]> {
    let Some(section) = elf.section_by_name(id.name()) else { return Cow::Borrowed(&[]) };
    let place = section.file_range().map_or(0, |(offset, _)| offset);
    match inflated(&section) {
        Ok(data) => return data,
        Err(NotInflated::Size) => {
            problems.add(place, id.name(), "a size that its bytes can inflate to", "a larger one");
        }
        Err(NotInflated::Damaged(error)) => problems.add(place, id.name(), "its bytes", error.to_string()),
    }
    Cow::Borrowed(&[])
}

/// A type as it was read: its references are offsets in `.debug_info` until all types are known.
#[derive(Debug, Default)]
struct Raw {
    tag: u16,
    name: Range<u32>,
    size: u64,
    kind: u64,
    of: Option<u64>,
    key: Option<u64>,
    elem: Option<u64>,
    descriptor: u64,
    count: u64,
    fields: Range<u32>,
}

#[derive(Debug)]
struct RawField {
    name: Range<u32>,
    offset: u64,
    of: Option<u64>,
}

/// Attributes of an entry that matter here.
#[derive(Debug, Default)]
struct Entry<'a> {
    name: Option<&'a [u8]>,
    size: Option<u64>,
    kind: u64,
    of: Option<u64>,
    key: Option<u64>,
    elem: Option<u64>,
    descriptor: u64,
    count: Option<u64>,
    offset: u64,
    address: Option<u64>,
    addresses: Option<DebugAddrBase>,
}

struct Builder {
    pointer_size: u64,
    raw: Vec<Raw>,
    fields: Vec<RawField>,
    globals: Vec<(String, u64, u64)>,
    text: String,
    places: FxHashMap<u64, TypeId>,
}

impl Builder {
    fn new(pointer_size: u64) -> Self {
        let (raw, fields, globals) = (Vec::new(), Vec::new(), Vec::new());
        Self { pointer_size, raw, fields, globals, text: String::new(), places: FxHashMap::default() }
    }

    /// Entries of types and globals are children of the unit, members are children of types. (The unit's own
    /// entry would lead to its line numbers if gimli read it.)
    fn unit<'a>(&mut self, dwarf: &Dwarf<'a>, header: &UnitHeader<'a>) -> gimli::Result<()> {
        let abbreviations = dwarf.abbreviations(header)?;
        let start = header.debug_info_offset().map_or(0, |offset| offset.0 as u64);
        let mut unit = Unit { dwarf, start, address_size: header.encoding().address_size, addresses: None };
        let mut entries = header.entries_raw(&abbreviations, None)?;
        let mut in_type = false;
        while !entries.is_empty() {
            let (depth, at) = (entries.next_depth(), start + entries.next_offset().0 as u64);
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            let tag = abbreviation.tag();
            let wanted = match depth {
                0 => true,
                1 => is_type(tag) || tag == c::DW_TAG_variable,
                2 => in_type && (tag == c::DW_TAG_member || tag == c::DW_TAG_subrange_type),
                _ => false,
            };
            if depth == 1 {
                in_type = is_type(tag);
            }
            if !wanted {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let entry = unit.read_entry(abbreviation, &mut entries)?;
            match depth {
                0 => unit.addresses = entry.addresses,
                _ => self.entry(tag, at, &entry),
            }
        }
        Ok(())
    }

    fn entry(&mut self, tag: gimli::DwTag, at: u64, entry: &Entry<'_>) {
        match tag {
            c::DW_TAG_member => {
                let (name, offset, of) = (self.text(entry), entry.offset, entry.of);
                self.fields.push(RawField { name, offset, of });
                if let Some(last) = self.raw.last_mut() {
                    last.fields.end = self.fields.len() as u32;
                }
            }
            c::DW_TAG_subrange_type => {
                if let Some(last) = self.raw.last_mut() {
                    last.count = entry.count.unwrap_or(0);
                }
            }
            c::DW_TAG_variable => {
                if let (Some(name), Some(address), Some(of)) = (entry.name, entry.address, entry.of) {
                    self.globals.push((String::from_utf8_lossy(name).into_owned(), address, of));
                }
            }
            _ => self.type_(tag, at, entry),
        }
    }

    fn type_(&mut self, tag: gimli::DwTag, at: u64, entry: &Entry<'_>) {
        let Ok(id) = u32::try_from(self.raw.len()) else { return };
        let n_fields = self.fields.len() as u32;
        let raw = Raw {
            tag: tag.0,
            name: self.text(entry),
            size: entry.size.unwrap_or(0),
            kind: entry.kind,
            of: entry.of,
            key: entry.key,
            elem: entry.elem,
            descriptor: entry.descriptor,
            count: 0,
            fields: n_fields..n_fields,
        };
        self.raw.push(raw);
        self.places.insert(at, TypeId(id));
    }

    fn text(&mut self, entry: &Entry<'_>) -> Range<u32> {
        let start = self.text.len() as u32;
        self.text.push_str(&String::from_utf8_lossy(entry.name.unwrap_or_default()));
        start..self.text.len() as u32
    }

    /// The type at this offset; of a name for another type, that one.
    fn resolve(&self, place: Option<u64>) -> Option<TypeId> {
        let mut id = *self.places.get(&place?)?;
        for _ in 0..8 {
            let raw = &self.raw[id.0 as usize];
            if raw.tag != c::DW_TAG_typedef.0 || self.is_own_type(raw) {
                break;
            }
            let Some(next) = raw.of.and_then(|of| self.places.get(&of)) else { break };
            id = *next;
        }
        Some(id)
    }

    /// Maps, channels and interfaces are type definitions for what the runtime has in their place.
    fn is_own_type(&self, raw: &Raw) -> bool {
        matches!(raw.kind, kind::MAP | kind::CHAN | kind::INTERFACE)
    }

    fn finish(self) -> TypeTable {
        let types: Vec<Type> = self.raw.iter().map(|raw| self.finished(raw)).collect();
        let field = |raw: &RawField| {
            let of = self.resolve(raw.of).unwrap_or(TypeId(u32::MAX));
            Field { name: raw.name.clone(), offset: raw.offset, of }
        };
        let fields = self.fields.iter().map(field).collect();
        let global = |(name, address, of): &(String, u64, u64)| {
            Some(Global { name: name.clone(), address: Address(*address), of: self.resolve(Some(*of))? })
        };
        let mut globals: Vec<Global> = self.globals.iter().filter_map(global).collect();
        globals.sort_by_key(|global| global.address);
        let described = self.raw.iter().enumerate().filter(|(_, raw)| raw.descriptor > 0);
        let by_descriptor = described.map(|(id, raw)| (raw.descriptor, TypeId(id as u32))).collect();
        let text = self.text;
        let mut table = TypeTable { types, fields, text, globals, by_descriptor, has_pointers: Vec::new() };
        table.name_atomics();
        table.find_pointers();
        table
    }

    fn finished(&self, raw: &Raw) -> Type {
        let shape = self.shape(raw);
        let size = match shape {
            Shape::Pointer(_) | Shape::Map(..) | Shape::Chan(..) | Shape::Func => self.pointer_size,
            Shape::Interface | Shape::EmptyInterface => 2 * self.pointer_size,
            _ => raw.size,
        };
        Type { name: raw.name.clone(), size, shape }
    }

    fn shape(&self, raw: &Raw) -> Shape {
        let target = || self.pointee(raw.of);
        match (raw.kind, gimli::DwTag(raw.tag)) {
            (kind::MAP, _) => match (self.resolve(raw.key), self.resolve(raw.elem)) {
                (Some(key), Some(elem)) => Shape::Map(key, elem, target()),
                _ => Shape::Pointer(target()),
            },
            (kind::CHAN, _) => match self.resolve(raw.elem) {
                Some(elem) => Shape::Chan(elem, target()),
                None => Shape::Pointer(target()),
            },
            (kind::INTERFACE, _) => {
                let of = self.resolve(raw.of).map(|id| &self.raw[id.0 as usize]);
                let is_empty = of.is_some_and(|of| self.name_of(of) == "runtime.eface");
                if is_empty { Shape::EmptyInterface } else { Shape::Interface }
            }
            (kind::STRING, _) => Shape::String,
            (kind::SLICE, _) => self.resolve(raw.elem).map_or(Shape::Plain, Shape::Slice),
            (kind::FUNC, _) | (_, c::DW_TAG_subroutine_type) => Shape::Func,
            (kind::UNSAFE_POINTER, _) => Shape::Pointer(None),
            (kind::POINTER, _) | (_, c::DW_TAG_pointer_type) => Shape::Pointer(self.resolve(raw.of)),
            (_, c::DW_TAG_structure_type) => Shape::Struct(raw.fields.start, raw.fields.end),
            (_, c::DW_TAG_array_type) => {
                self.resolve(raw.of).map_or(Shape::Plain, |elem| Shape::Array(elem, raw.count))
            }
            _ => Shape::Plain,
        }
    }

    /// What the pointer type at `place` points to.
    fn pointee(&self, place: Option<u64>) -> Option<TypeId> {
        let pointer = &self.raw[self.resolve(place)?.0 as usize];
        if pointer.tag == c::DW_TAG_pointer_type.0 { self.resolve(pointer.of) } else { None }
    }

    fn name_of(&self, raw: &Raw) -> &str {
        &self.text[raw.name.start as usize..raw.name.end as usize]
    }
}

fn is_type(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        c::DW_TAG_base_type
            | c::DW_TAG_structure_type
            | c::DW_TAG_array_type
            | c::DW_TAG_pointer_type
            | c::DW_TAG_subroutine_type
            | c::DW_TAG_typedef
            | c::DW_TAG_unspecified_type
    )
}

/// A unit's entries on their way.
struct Unit<'d, 'a> {
    dwarf: &'d Dwarf<'a>,
    /// Of the unit in `.debug_info`.
    start: u64,
    address_size: u8,
    /// Its part of the table of addresses.
    addresses: Option<DebugAddrBase>,
}

impl<'a> Unit<'_, 'a> {
    fn read_entry(
        &self,
        abbreviation: &Abbreviation,
        entries: &mut gimli::EntriesRaw<'_, Slice<'a>>,
    ) -> gimli::Result<Entry<'a>> {
        let mut entry = Entry::default();
        for &spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(spec)?;
            let value = attribute.value();
            match attribute.name() {
                c::DW_AT_name => entry.name = self.text(&value),
                c::DW_AT_byte_size => entry.size = number(&value),
                c::DW_AT_type => entry.of = self.reference(&value),
                c::DW_AT_count => entry.count = number(&value),
                c::DW_AT_data_member_location => entry.offset = member_offset(&value),
                c::DW_AT_location => entry.address = self.address(&value),
                c::DW_AT_addr_base => {
                    entry.addresses = if let Value::DebugAddrBase(base) = value { Some(base) } else { None }
                }
                GO_KIND => entry.kind = number(&value).unwrap_or(0),
                GO_KEY => entry.key = self.reference(&value),
                GO_ELEM => entry.elem = self.reference(&value),
                GO_RUNTIME_TYPE => entry.descriptor = number(&value).unwrap_or(0),
                _ => {}
            }
        }
        Ok(entry)
    }

    fn text(&self, value: &Value<'a>) -> Option<&'a [u8]> {
        match value {
            AttributeValue::String(text) => Some(text.slice()),
            AttributeValue::DebugStrRef(offset) => Some(self.dwarf.string(*offset).ok()?.slice()),
            _ => None,
        }
    }

    /// An offset in `.debug_info`.
    fn reference(&self, value: &Value<'_>) -> Option<u64> {
        match value {
            AttributeValue::UnitRef(offset) => Some(self.start + offset.0 as u64),
            AttributeValue::DebugInfoRef(offset) => Some(offset.0 as u64),
            _ => None,
        }
    }

    /// Where a global is. A variable of a function has a place in its frame, and none here.
    fn address(&self, value: &Value<'_>) -> Option<u64> {
        let AttributeValue::Exprloc(expression) = value else { return None };
        let mut bytes = expression.0;
        match gimli::DwOp(gimli::Reader::read_u8(&mut bytes).ok()?) {
            c::DW_OP_addr => gimli::Reader::read_address(&mut bytes, self.address_size).ok(),
            c::DW_OP_addrx => {
                let index = usize::try_from(gimli::Reader::read_uleb128(&mut bytes).ok()?).ok()?;
                let table = &self.dwarf.debug_addr;
                table.get_address(self.address_size, self.addresses?, gimli::DebugAddrIndex(index)).ok()
            }
            _ => None,
        }
    }
}

fn number(value: &Value<'_>) -> Option<u64> {
    match value {
        AttributeValue::Addr(number) => Some(*number),
        other => other.udata_value(),
    }
}

/// A number, or (in old releases) an expression that adds one.
fn member_offset(value: &Value<'_>) -> u64 {
    match value {
        AttributeValue::Exprloc(expression) => {
            let mut bytes = expression.0;
            let added = gimli::Reader::read_u8(&mut bytes).ok().filter(|&op| op == c::DW_OP_plus_uconst.0);
            added.and_then(|_| gimli::Reader::read_uleb128(&mut bytes).ok()).unwrap_or(0)
        }
        other => number(other).unwrap_or(0),
    }
}
