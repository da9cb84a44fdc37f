//! The objects of a graph, for types to be found, and types as a graph takes them.

use super::program::{OtherProgram, Program};
use super::spread::find;
use super::{Known, Objects, Places, Typing};
use crate::format::binary::{Binary, TypeTable};
use crate::format::heapdump::Reader;
use crate::ingest::heap::{Fields, Loaded, MapPlaces, Symbols, Types, Variable};

impl Objects for Loaded {
    fn len(&self) -> u32 {
        self.n_objects()
    }

    fn find(&self, address: u64) -> Option<u32> {
        self.object_at(address)
    }

    fn address(&self, object: u32) -> u64 {
        self.slot(object).0
    }

    fn size(&self, object: u32) -> u64 {
        self.slot(object).1
    }

    fn places(&self) -> Option<Places> {
        let (middle, past) = self.object_places()?;
        Some(Places { middle, past })
    }
}

/// What a graph's globals are named by, with their types.
pub(super) fn symbols(binary: &Binary, table: &TypeTable) -> Symbols {
    let section = |name: &str| binary.section(name).map(|section| (section.address.0, section.size));
    let variables = binary.variables.iter().map(|variable| {
        let global = table.globals.binary_search_by_key(&variable.address, |global| global.address).ok();
        let name = global.and_then(|place| table.globals.get(place)).map(|global| table.name(global.of));
        Variable {
            name: variable.name.clone(),
            address: variable.address.0,
            size: variable.size,
            type_name: name.filter(|name| !name.is_empty()).map(Into::into),
        }
    });
    Symbols { data: section(".data"), bss: section(".bss"), variables: variables.collect() }
}

/// Types of the objects of the graph of `dump`, and names for the places in them. `known` are types from elsewhere.
pub(super) fn types_of<'a>(
    dump: &mut Reader<'_>,
    loaded: &Loaded,
    program: Program<'a>,
    known: &[Known],
) -> Result<(Types, Layouts<'a>), OtherProgram> {
    let (typing, _) = find(dump, loaded, program, known)?;
    let (of, names) = typing.names();
    let layouts = Layouts(typing.by_name(&of, names.len()));
    Ok((Types { of, names }, layouts))
}

/// What is where in values of the types that objects have: by place of the type's name.
#[derive(Debug)]
pub struct Layouts<'a>(Typing<'a>);

impl Fields for Layouts<'_> {
    fn field(&self, type_name: u32, size: u64, offset: u64) -> Option<String> {
        self.0.field(type_name, size, offset)
    }

    fn map_places(&self, type_name: u32, size: u64) -> Option<MapPlaces> {
        self.0.map_places(type_name, size)
    }

    fn global(&self, name: &str, offset: u64, is_behind: bool) -> Option<String> {
        self.0.in_global(name, offset, is_behind)
    }
}
