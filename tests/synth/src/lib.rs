//! Hand-made execution traces and heap dumps: the encoders that test the decoders, and share nothing with
//! them.
//!
//! ```text
//! table      the event types, written down from the Go runtime's own sources
//! trace      bytes of batches and tables, from calls
//! text       the same from a text form that people write and comment
//! simulate   random executions, and one thing of them made wrong
//! parts      any trace taken apart, changed at random, and joined again
//! case       a text with a header that says what readers must make of it
//! dump       heap dumps
//! ```
//!
//! Must not know the crate `harness`: a slip in the decoder's tables is to be caught by these.

mod case;
pub mod dump;
mod parts;
mod random;
mod simulate;
mod table;
mod text;
mod trace;

pub use case::{Case, CaseError, Expected, GoVerdict};
pub use parts::Parts;
pub use random::Random;
pub use simulate::{Execution, Plan};
pub use table::{Arg, EVENTS, EventType, event_type};
pub use text::{Encoded, TextError, encode};
pub use trace::{Body, NO_THREAD, Trace, varint};
