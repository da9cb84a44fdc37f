//! Reads and writes pprof's protobuf profiles (proto/profile.proto of github.com/google/pprof).
//!
//! Input: the bytes of a profile, gzipped or plain. Output: a [`Profile`], whose tables are those of the file with
//! every reference checked, and the [`Problem`](super::Problem)s met. [`write()`] is the way back: a gzipped profile
//! that `go tool pprof` opens. [`Builder`] makes a profile from stacks.
//!
//! A large profile has some ten million numbers, most of them in stacks: they are read while the rest is still being
//! decompressed on another thread, and no sample has an allocation of its own. Nothing is merged, scaled, cut or
//! judged here.

mod build;
mod ids;
mod inflate;
mod message;
mod profile;
mod resolve;
mod samples;
mod scan;
mod strings;
#[cfg(test)]
mod tests;
mod write;

pub use build::{Builder, Call, Interner, Labelled};
pub use profile::{
    Error, Function, FunctionId, Header, Label, LabelValue, Limits, Line, Location, LocationId, Mapping,
    Profile, Read, Sample, UNKNOWN, ValueType,
};
pub use samples::{Samples, StackId};
pub use strings::{StringId, Strings};
pub use write::{write, write_plain};
