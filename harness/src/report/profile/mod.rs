//! What a user sees of a profile: lists in pprof's own layout, a page of ours, JSON, and flame graphs.
//!
//! Input: the decided figures of `model::profile`. Output: text. The lists have the layout of `go tool pprof`, to the
//! letter, so that whoever (or whatever script) can read one can read the other; times are in UTC.

mod document;
pub mod flame;
mod page;
#[cfg(test)]
mod tests;
mod text;

pub use document::{PROFILE_FORMAT, ProfileReport, schema};
pub use page::page;
pub use text::Text;
