//! Captures: runs the built program under observation into a directory that can be analysed
//! anywhere, and reads such a directory back.
//!
//! The manifest is the one hand-over between what happens on this machine and what is computed
//! from files. What the program does, good or bad, is a record; only what keeps the harness from
//! writing or reading the directory is an error.

mod child;
mod crash;
pub mod delve;
mod driver;
mod error;
mod gotest;
mod inputs;
mod launch;
mod machine;
mod manifest;
mod map;
mod measure;
mod mode;
mod open;
mod peak;
mod raw;
mod ready;
mod session;
mod store;
mod tail;
#[cfg(test)]
mod tests;

pub use error::CaptureError;
pub use inputs::{Difference, Inputs, machine_differences};
pub use machine::facts as machine;
pub use manifest::{
    AsanRecord, BuildOutcome, BuildRecord, CaptureStatus, CoverRecord, DebugRun, End, FileRecord,
    MANIFEST_FORMAT, Machine, Manifest, Replay, RunRecord,
};
pub use map::FileBytes;
pub use measure::measure;
pub use mode::debugged as debug_environment;
pub use open::{COVER_PROFILE, CaptureDir, is_capture, open, open_named};
pub use session::{Session, plan};
pub use store::{HARNESS_DIR, Lock, Store};
pub use tail::failure_text;
