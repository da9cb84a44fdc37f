//! What a user sees of an execution trace: its events one by one, and the views of its summary.
//!
//! Input: events while a trace is read, or what the folds made of them. Output: text or JSON. Nothing here decides,
//! counts over events, or keeps one.

pub mod events;
mod validation;

pub use validation::Validation;
