//! What a user sees of an execution trace: its events one by one, and the views of its summary.
//!
//! Input: events while a trace is read, or what the folds made of them. Output: text or JSON. Nothing here decides,
//! counts over events, or keeps one.

pub mod diff;
mod document;
pub mod events;
pub(super) mod place;
pub(super) mod table;
mod validation;
mod view;

pub use document::{Section, TRACE_FORMAT, TraceReport, schema};
pub use validation::Validation;
pub use view::{Form, to_terminal};
