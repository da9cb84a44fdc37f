//! Coverage data as programs built with `go build -cover` write it (`internal/coverage`, Go 1.20-1.27).
//!
//! ```text
//! covmeta.HASH                  which blocks there are: header, packages' places and lengths, a table of strings, then a
//!                               package after another: its header, its functions' places, its own table of strings, its functions
//! covcounters.HASH.PID.TIME     how often each of them ran: header, then segments of counters by function, each with a footer
//! ```
//!
//! Input: a file's bytes. Output: what is in it, and [`Problem`](super::Problem)s: what stands before a damage is read and stands. Both are
//! little-endian; counts are LEB128 numbers, counters may be plain words, too. Nothing takes more memory than the file
//! has bytes, times a small constant: functions are read where the one before ends, whatever their table of places says, and
//! strings are shared. Must not join the two, nor know what a block is worth.

mod counters;
mod meta;
mod strings;
#[cfg(test)]
mod tests;

pub use counters::{Counters, FunctionCounters, counters};
pub use meta::{CounterMode, Meta, MetaFunction, MetaPackage, Unit, meta};

use super::wire::{Wire, WireError};

/// Identity of a program's blocks: counters belong to the meta-data with the same.
pub type MetaHash = [u8; 16];

/// Names of the files of the first kind begin so.
pub const META_PREFIX: &str = "covmeta.";
/// And of the second.
pub const COUNTERS_PREFIX: &str = "covcounters.";

fn word(wire: &mut Wire<'_>) -> Result<u32, WireError> {
    let bytes = wire.bytes(4)?;
    Ok(bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)))
}

fn long(wire: &mut Wire<'_>) -> Result<u64, WireError> {
    let bytes = wire.bytes(8)?;
    Ok(bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}

fn hash(wire: &mut Wire<'_>) -> Result<MetaHash, WireError> {
    let bytes = wire.bytes(16)?;
    Ok(bytes.first_chunk().copied().unwrap_or_default())
}

/// A number that has to fit 32 bits, as lines, columns and indices do.
fn small(wire: &mut Wire<'_>) -> Result<u32, WireError> {
    u32::try_from(wire.varint()?).map_err(|_| WireError::Overlong)
}
