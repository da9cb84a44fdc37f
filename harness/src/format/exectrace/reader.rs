//! The loop: generation by generation, event by event.

use super::event::Event;
use super::ids::{StackId, StringId, TypeId};
use super::stack::StackView;
use super::version::{OpenError, Version};
use crate::format::Problem;

/// Reads one trace. Made from all its bytes (mapped or read by the caller).
#[derive(Debug)]
pub struct Reader<'a> {
    version: Version,
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks the header. `file` names the trace in problems.
    pub fn new(file: &str, data: &'a [u8]) -> Result<Self, OpenError> {
        Ok(Self { version: Version::from_header(file, data)?, data })
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The next event, `None` at the end of the trace or of what could be read of it.
    pub fn next_event(&mut self) -> Option<Event> {
        let _ = self.data;
        None
    }

    /// The stack with this id; `None` if the event has none, if its generation is over, or if the
    /// file lost it.
    #[must_use]
    pub fn stack(&self, id: StackId) -> Option<StackView<'_>> {
        let _ = id.wire_in(0);
        None
    }

    /// The string with this id, likewise.
    #[must_use]
    pub fn string(&self, id: StringId) -> Option<&str> {
        let _ = id.wire_in(0);
        None
    }

    /// The Go type with this id, likewise.
    #[must_use]
    pub fn alloc_type(&self, id: TypeId) -> Option<AllocType<'_>> {
        let _ = id.wire_in(0);
        None
    }

    /// How to turn the AllocFree experiment's ids into addresses, once the trace has said so.
    #[must_use]
    pub fn alloc_info(&self) -> Option<AllocInfo> {
        None
    }

    /// What could not be read so far, in the order it was met.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &[]
    }
}

/// A Go type of the AllocFree experiment's table.
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

/// Scale of the AllocFree experiment's ids.
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
