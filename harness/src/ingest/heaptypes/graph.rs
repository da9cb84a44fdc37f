//! The objects of a graph, for types to be found, and types as a graph takes them.

use super::program::{OtherProgram, Program};
use super::spread::find;
use super::{Known, Objects};
use crate::format::heapdump::Reader;
use crate::ingest::heap::{Loaded, Types};

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
}

/// Types of the objects of the graph of `dump`. `known` are types from elsewhere.
pub fn types_of(
    dump: &mut Reader<'_>,
    loaded: &Loaded,
    program: Program<'_>,
    known: &[Known],
) -> Result<Types, OtherProgram> {
    let (typing, _) = find(dump, loaded, program, known)?;
    let (of, names) = typing.names();
    Ok(Types { of, names })
}
