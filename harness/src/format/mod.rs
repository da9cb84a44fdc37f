//! Decoders: bytes of one file in, typed records and a list of problems out.
//!
//! Each decoder is a directory of its own and knows one wire format. It never panics, sizes no
//! allocation by an unchecked number from the file, and reads on after damage where the format
//! lets it. Wire types stay in here: `ingest` turns them into `model` pieces.

pub mod binary;
pub mod buildtime;
pub mod compiler;
pub mod covdata;
pub mod disassembly;
pub mod exectrace;
pub mod gctrace;
pub mod golist;
pub mod goroutines;
pub mod heapdump;
mod input;
pub mod lsan;
pub mod modfiles;
pub mod pprof;
pub mod proberec;
mod problem;
mod problems;
mod wire;

pub use input::{Input, STDIN};
pub use problem::Problem;
