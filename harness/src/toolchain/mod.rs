//! The Go toolchain: finds it, builds a variant with the probe in an overlay and without, reads
//! back what was really built. Starts processes; never through a shell.

mod asan;
mod build;
mod built;
mod captured;
mod cgo;
mod compiler;
mod cover;
mod debugging;
mod doctor;
mod emulator;
mod environment;
mod error;
mod escape;
mod failure;
mod find;
mod flags;
mod go;
mod helper;
mod history;
mod inputs;
mod job;
mod kept;
pub mod lab;
mod overlay;
mod package;
pub mod process;
mod readback;
mod release;
mod revision;
mod select;
mod sources;
mod split;
mod survey;
mod symbols;
#[cfg(test)]
mod tests;

pub use build::{BuildDirs, Toolchain};
pub use built::{BinaryFacts, BuildFacts, BuildFailure, Built, GoInfo, SectionFacts};
pub use debugging::{debuggable, delve, limits};
pub use doctor::{Check, CheckState, doctor};
pub use emulator::{Emulator, PATIENCE_FACTOR, Runner, cross_compiler};
pub use environment::Environment;
pub use error::BuildError;
pub use go::Go;
pub use history::{Commit, Repository};
pub use inputs::{Part, PartKind, digest as input_digest, probe as probe_digest};
pub use process::Interrupt;
pub use release::Release;
pub use revision::module_at;
pub use survey::{Candidate, Listening, Proposal, Protocol, SizeFlag, Survey, Surveyed, propose, survey};
