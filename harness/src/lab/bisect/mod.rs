//! Which change did it: flags between two variants, or commits between two revisions.
//!
//! Input: what differs, and what each trial came to. Output: what to try next, and the answer. Pure: builds and runs are
//! the caller's.

mod atoms;
mod commits;
mod minimal;
mod rule;

pub use atoms::{Atom, apply, atoms};
pub use commits::{Candidate, History, Next, steps_left};
pub use minimal::{Judged, Minimal, minimal};
pub use rule::{Limit, Rule, Seen, SeenFinding, Undecided};
