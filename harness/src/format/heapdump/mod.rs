//! Heap dumps of `runtime/debug.WriteHeapDump` (Go 1.7 and later, checked with 1.22 to 1.27): bytes
//! of a dump in, one record after the other out.
//!
//! ```text
//! open       is it a dump
//! window     the part of the file that is in memory
//! layout     pointer size and byte order of the program that wrote it
//! parse      one record of any kind, checked, from a window
//! memory     contents of an object, frame or segment, and its pointer slots
//! names      function and file names, each kept once
//! record     what a caller gets
//! reader     record after record
//! ```
//!
//! ```no_run
//! # use harness::format::heapdump::{Reader, Record};
//! # fn f(bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let mut dump = Reader::new("heap.dump", bytes)?;
//! while let Some(record) = dump.next_record() {
//!     if let Record::Object(object) = record {
//!         for slot in object.memory.slots() {
//!             println!("{} + {}: {}", object.address, slot.offset, slot.value);
//!         }
//!     }
//! }
//! let problems = dump.problems();
//! # Ok(()) }
//! ```
//!
//! The format (`runtime/heapdump.go`) has no lengths around its records and no marks between them: after
//! damage nothing can be found again, so the first thing that cannot be ends the reading. What precedes
//! it stands.
//!
//! What must not happen here: building a graph (`ingest` does), keeping objects, keeping more of the
//! file in memory than a window.

mod layout;
mod memory;
mod names;
mod open;
mod parse;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod window;

use super::{problems, wire};

pub use layout::Layout;
pub use memory::{Memory, Slot, Slots};
pub use open::OpenError;
pub use reader::Reader;
pub use record::{
    Bucket, Defer, Finalizer, Frame, Goroutine, GoroutineStatus, Itab, MemStats, Object, OsThread, OtherRoot,
    Panic, Params, Record, Sample, Segment, SegmentKind, Type,
};
