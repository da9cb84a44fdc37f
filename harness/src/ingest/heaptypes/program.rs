//! What addresses in a dump mean, by the file of the program that wrote it.

use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::format::binary::{Binary, Moves, Shape, TypeId, TypeTable};
use crate::format::heapdump::SegmentKind;
use crate::model::Address;

/// A program, or its twin that was linked with symbols.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Symbols.
    pub binary: &'a Binary,
    /// Types.
    pub table: &'a TypeTable,
    /// From `binary` to the file that ran, if it is another.
    pub moves: Option<&'a Moves>,
}

/// The file is not the program that wrote the dump: its names and types would be wrong.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error(
    "the binary is not the program that wrote the dump: its `{name}` has {expected} bytes, the dump's {found}"
)]
pub struct OtherProgram {
    /// The section.
    name: &'static str,
    expected: u64,
    found: u64,
}

/// The program as it was loaded.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) program: Program<'a>,
    /// Addresses in memory less those in the file.
    bias: u64,
    /// Where the type descriptors begin, in memory.
    types: Option<u64>,
    /// Descriptor's address by method table.
    pub(super) itabs: FxHashMap<u64, u64>,
}

impl<'a> Loaded<'a> {
    pub(super) fn new(program: Program<'a>) -> Self {
        let mut loaded = Self { program, bias: 0, types: None, itabs: FxHashMap::default() };
        loaded.place_types();
        loaded
    }

    /// Learns from a segment how far from its place the program was loaded, and whether it is that program.
    pub(super) fn segment(
        &mut self,
        kind: SegmentKind,
        address: Address,
        size: u64,
    ) -> Result<(), OtherProgram> {
        let name = match kind {
            SegmentKind::Data => ".data",
            SegmentKind::Bss => ".bss",
        };
        let section = self.program.binary.section(name);
        let expected = section.map_or(0, |section| section.size);
        let Some(placed) =
            section.filter(|_| size == expected).and_then(|section| self.moved(section.address))
        else {
            return Err(OtherProgram { name, expected, found: size });
        };
        self.bias = address.0.wrapping_sub(placed.0);
        self.place_types();
        Ok(())
    }

    fn place_types(&mut self) {
        let start = self.program.binary.types.as_ref().map(|types| Address(types.start));
        self.types = start.and_then(|start| self.in_memory(start)).map(|address| address.0);
    }

    fn moved(&self, address: Address) -> Option<Address> {
        match self.program.moves {
            Some(moves) => moves.address(address),
            None => Some(address),
        }
    }

    /// Where what the file has at `address` is in memory.
    pub(super) fn in_memory(&self, address: Address) -> Option<Address> {
        Some(Address(self.moved(address)?.0.wrapping_add(self.bias)))
    }

    /// The type whose descriptor is there.
    #[inline]
    pub(super) fn descriptor(&self, address: u64) -> Option<TypeId> {
        self.program.table.by_descriptor(address.checked_sub(self.types?)?)
    }

    /// The type of what an interface with this first word holds.
    #[inline]
    pub(super) fn interface(&self, word: u64) -> Option<TypeId> {
        self.descriptor(word).or_else(|| self.descriptor(*self.itabs.get(&word)?))
    }

    /// The function that begins there.
    pub(super) fn function(&self, address: u64) -> Option<u32> {
        let functions = &self.program.binary.functions;
        let at = |symbol: &crate::format::binary::Symbol| self.in_memory(symbol.address).map(|at| at.0);
        let place = functions.partition_point(|symbol| at(symbol).is_some_and(|at| at < address));
        let found = functions.get(place).and_then(at) == Some(address);
        if found { u32::try_from(place).ok() } else { None }
    }

    /// Whether an interface holds the value itself and not a pointer to it.
    pub(super) fn is_direct(&self, of: TypeId) -> bool {
        let table = self.program.table;
        match table.shape(of) {
            Shape::Pointer(_) | Shape::Map(..) | Shape::Chan(..) | Shape::Func => true,
            Shape::Struct(..) => match table.fields(of) {
                [only] => table.size(of) == table.size(only.of) && self.is_direct_inside(only.of),
                _ => false,
            },
            Shape::Array(elem, 1) => self.is_direct_inside(elem),
            _ => false,
        }
    }

    /// Values of one pointer alone lie in each other a few times at most.
    fn is_direct_inside(&self, of: TypeId) -> bool {
        let table = self.program.table;
        let mut of = of;
        for _ in 0..8 {
            match table.shape(of) {
                Shape::Pointer(_) | Shape::Map(..) | Shape::Chan(..) | Shape::Func => return true,
                Shape::Struct(..) => match table.fields(of) {
                    [only] => of = only.of,
                    _ => return false,
                },
                Shape::Array(elem, 1) => of = elem,
                _ => return false,
            }
        }
        false
    }
}
