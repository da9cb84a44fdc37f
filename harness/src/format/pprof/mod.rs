//! Reads and writes pprof's protobuf profiles (proto/profile.proto of github.com/google/pprof).
//!
//! Input: the bytes of a profile, gzipped or plain. Output: a [`Profile`] whose samples carry their
//! stacks, values and labels in full, and the [`Problem`](super::Problem)s met. [`write()`] is the way
//! back: a gzipped profile that `go tool pprof` opens.
//!
//! Two layers: the wire form (indices, ids) stays in here, the resolved form has no table to look
//! anything up in. Addresses, columns and the limits of inlining are not kept; flat and cumulative
//! values by function and line are. Nothing is merged, scaled or judged here.

mod inflate;
mod problems;
mod profile;
mod resolve;
mod scan;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use profile::{Binary, Error, Label, LabelValue, Limits, Profile, Read, Sample, UNKNOWN, ValueType};
pub use write::write;
