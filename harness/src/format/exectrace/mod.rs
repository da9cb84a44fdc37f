//! Go execution traces, format v2 (Go 1.22 and later): bytes of a trace in, ordered events out.
//!
//! ```text
//! wire, spec         varints; which event types each version has and what their arguments are
//! batch              headers: generation, thread, base time, at most 64 KiB
//! generation         where the batches of one generation stand; its strings, stacks, samples, clocks, types
//! decode             the events of each thread, piece by piece
//! feed               ... now, or by a thread that is ahead
//! frontier           the threads in a heap by their next event's time
//! order              the scheduler's rules decide which of them can really be next
//! engine             the loop over all that, chunk by chunk
//! pipe               ... by a thread that is ahead
//! reader             one event after the other, and what its ids mean
//! ```
//!
//! ```no_run
//! # use harness::format::exectrace::{EventKind, Names, Reader};
//! # fn f(bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let mut names = Names::default();
//! let mut trace = Reader::new("trace.out", bytes)?;
//! while let Some(event) = trace.next_event() {
//!     if let EventKind::GoCreate { created, start } = event.kind() {
//!         let creation_site = names.stack(trace.stack(event.stack()));
//!     }
//! }
//! let problems = trace.problems();
//! # Ok(()) }
//! ```
//!
//! What must not happen here: folding events into a model (`ingest` does), holding more than one
//! generation, letting an id outlive its generation, giving up on what precedes a damage.

mod allocfree;
mod batch;
mod clock;
mod decode;
mod engine;
mod event;
mod feed;
mod frontier;
mod generation;
mod ids;
mod kind;
mod order;
mod pipe;
mod reader;
mod samples;
mod spec;
mod stack;
mod state;
mod strings;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod ties;
mod version;

use super::{problems, wire};

pub use allocfree::{AllocInfo, AllocType};
pub use event::{AllocFree, ClockSnapshot, Event, EventKind, SpanClass, StackSize, Sync};
pub use ids::{ObjectId, ProcId, SpanId, StackId, StringId, TaskId, ThreadId, TypeId};
pub use reader::Reader;
pub use stack::{FrameView, Names, StackView};
pub use state::{GoState, ProcState};
pub use version::{OpenError, Version};
