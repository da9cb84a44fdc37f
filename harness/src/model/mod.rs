//! The vocabulary that the stages share: quantities, clocks, stacks, pieces, timelines, findings.
//!
//! Plain data with serde derives. No module here knows a stage, a file or a process.

mod clock;
mod stack;
mod units;

pub use clock::{MonotonicTime, Nanoseconds, RuntimeTime, TraceTime, WallTime};
pub use stack::{Frame, Stack};
pub use units::{Bytes, GcCycle, GoroutineId, Objects, Operations};
