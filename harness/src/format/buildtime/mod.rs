//! What `go build` writes about its own work: the graph of actions, the trace, and the keys of its cache.
//!
//! Input: bytes. Output: typed records, and problems. The forms are the go command's own (`cmd/go/internal/work/action.go`,
//! `internal/trace/trace.go`, `internal/cache/hash.go`, Go 1.23-1.27) and promised to nobody: a field that is not there is
//! nothing, and what is damaged ends the list, not the reading.

mod elements;
mod graph;
mod keys;
mod spans;
#[cfg(test)]
mod tests;

pub use graph::{Action, Graph, read as read_graph};
pub use keys::{Key, read as read_keys};
pub use spans::{Span, Spans, read as read_spans};
