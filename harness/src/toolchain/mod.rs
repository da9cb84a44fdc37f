//! The Go toolchain: finds it, builds a variant with the probe in an overlay and without, reads
//! back what was really built. Starts processes; never through a shell.

mod built;
mod captured;
pub mod process;

pub use built::{BinaryFacts, BuildFacts, BuildFailure, Built, GoInfo};
