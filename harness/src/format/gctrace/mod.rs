//! Decodes the text of `GODEBUG=gctrace=1`, as it lies in a file that other writers share.
//!
//! Input: the bytes of a file that was the program's fd 2. Output: [`Record`]s in file order — GC
//! cycles, scavenger and pacer lines, the 2-minute timer's notice — and everything else as
//! [`Record::Text`] (a panic message, C code's stderr), besides the [`Anomalies`] counted and the
//! [`Problem`](super::Problem)s met. The records tile the file: each byte belongs to exactly one.
//!
//! The runtime writes a line with about 38 write(2) calls, so another thread's text can land inside.
//! A line torn like that is reported, never mended: a number next to foreign digits can't be trusted.
//! This module joins and judges nothing.

mod anomaly;
mod grammar;
mod reader;
mod record;
#[cfg(test)]
mod tests;

pub use anomaly::{Anomalies, AnomalyKind};
pub use reader::Reader;
pub use record::{ClockPhases, CpuPhases, CycleLine, Record, ScavengeCause, ScavengeLine, WholeMib};
