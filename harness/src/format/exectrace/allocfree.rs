//! The AllocFree experiment's batches (`GODEBUG=traceallocfree=1`): Go types, and the scale of
//! its ids. Its timed events are ordinary events.

use super::ids::ObjectId;
use super::table::Table;
use super::tables::BadEntry;
use super::wire::Wire;

/// First byte of a batch: what it holds.
const TYPES_BATCH: u8 = 0;
const INFO_BATCH: u8 = 1;

/// A Go type of the generation's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocType<'r> {
    /// Address of the type's descriptor in the program.
    pub address: u64,
    /// Size of a value in bytes.
    pub size: u64,
    /// Bytes of its prefix that can hold pointers.
    pub pointer_bytes: u64,
    /// As `reflect` prints it: `main.node`, `[]uint8`.
    pub name: &'r str,
}

/// Scale of the experiment's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocInfo {
    /// Address that ids count from.
    pub min_heap_address: u64,
    /// Bytes between two spans' ids.
    pub page_size: u64,
    /// Bytes between two objects' ids.
    pub heap_align: u64,
    /// Bytes between two goroutine stacks' ids.
    pub stack_align: u64,
}

impl AllocInfo {
    /// Address of an object; `None` if the file claims one past the address space.
    #[must_use]
    pub fn object_address(&self, object: ObjectId) -> Option<u64> {
        object.0.checked_mul(self.heap_align)?.checked_add(self.min_heap_address)
    }
}

/// A type as the table keeps it.
#[derive(Debug, Clone)]
pub(super) struct TypeEntry {
    address: u64,
    size: u64,
    pointer_bytes: u64,
    name: Box<str>,
}

impl TypeEntry {
    pub(super) fn view(&self) -> AllocType<'_> {
        let Self { address, size, pointer_bytes, ref name } = *self;
        AllocType { address, size, pointer_bytes, name }
    }
}

/// Reads one batch of the experiment.
pub(super) fn read_batch(
    wire: &mut Wire<'_>,
    types: &mut Table<TypeEntry>,
    info: &mut Option<AllocInfo>,
) -> Result<(), BadEntry> {
    let pos = wire.pos();
    match wire.byte() {
        Err(_) => Ok(()), // an empty batch says nothing
        Ok(TYPES_BATCH) => read_types(wire, types),
        Ok(INFO_BATCH) => {
            let mut next = || wire.varint().map_err(|e| BadEntry::number(pos, e));
            let (min_heap_address, page_size) = (next()?, next()?);
            let (heap_align, stack_align) = (next()?, next()?);
            *info = Some(AllocInfo { min_heap_address, page_size, heap_align, stack_align });
            Ok(())
        }
        Ok(other) => {
            let found = format!("kind {other}");
            Err(BadEntry { pos, expected: "types (0) or info (1)", found })
        }
    }
}

fn read_types(wire: &mut Wire<'_>, types: &mut Table<TypeEntry>) -> Result<(), BadEntry> {
    while !wire.is_empty() {
        let pos = wire.pos();
        let mut next = || wire.varint().map_err(|e| BadEntry::number(pos, e));
        let (id, address, size, pointer_bytes, len) = (next()?, next()?, next()?, next()?, next()?);
        let name = wire.bytes(len).map_err(|e| BadEntry::number(pos, e))?;
        let name = String::from_utf8_lossy(name).into();
        types.push(id, TypeEntry { address, size, pointer_bytes, name });
    }
    Ok(())
}
