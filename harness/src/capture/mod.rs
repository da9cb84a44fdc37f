//! Captures: runs the built program under observation into a directory that can be analysed
//! anywhere, and reads such a directory back.
//!
//! The manifest is the one hand-over between what happens on this machine and what is computed
//! from files.

mod manifest;

pub use manifest::{
    BuildOutcome, BuildRecord, CaptureStatus, End, FileRecord, MANIFEST_FORMAT, Machine, Manifest, RunRecord,
};
