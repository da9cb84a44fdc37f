//! Events of an execution trace, one line each: as text for people and `grep`, as JSON for programs.
//!
//! Both forms are contracts: columns, names of kinds and of fields stay. Names are those of the Go runtime
//! (`internal/trace/tracev2`). Input: an event while its generation is being read. Output: bytes appended to a buffer
//! of the caller's; an event allocates nothing.

mod fields;
mod json;
mod kinds;
mod line;
#[cfg(test)]
mod tests;

use crate::format::exectrace::{Event, EventKind, Reader};
use crate::model::TraceTime;

pub use kinds::{KINDS, about, kind_name};

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventStyle {
    /// An object of JSON per line instead of text.
    pub json: bool,
    /// Whole stacks instead of the frame that counts.
    pub stacks: bool,
    /// Time zero: the start of the trace.
    pub start: TraceTime,
}

/// Appends `event` to `out`. `kind` is the event's.
pub fn write(out: &mut Vec<u8>, event: &Event, kind: &EventKind, reader: &Reader<'_>, style: &EventStyle) {
    match style.json {
        true => json::write(out, event, kind, reader, style),
        false => line::write(out, event, kind, reader, style),
    }
}
