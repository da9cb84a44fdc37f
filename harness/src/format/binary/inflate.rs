//! A section's bytes as they are when nothing is compressed.
//!
//! Input: a section of a program's file. Output: its bytes, or why they cannot be had. Must not reserve what a section only says
//! that it inflates to.

use std::borrow::Cow;

use object::{CompressionFormat, ObjectSection};

/// Deflate makes bytes at most so many times more; zstd in theory more, in practice less.
const MAX_INFLATION: u64 = 1040;

/// Why a section's bytes cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotInflated {
    /// It claims more than its bytes can become.
    Size,
    /// They are not there, or no compressed data.
    Damaged(object::Error),
}

/// The section's bytes, inflated if need be.
pub(super) fn inflated<'d>(section: &impl ObjectSection<'d>) -> Result<Cow<'d, [u8]>, NotInflated> {
    let data = section.compressed_data().map_err(NotInflated::Damaged)?;
    let limit = (data.data.len() as u64).saturating_mul(MAX_INFLATION);
    let is_sound = data.format == CompressionFormat::None || data.uncompressed_size <= limit;
    if is_sound { data.decompress().map_err(NotInflated::Damaged) } else { Err(NotInflated::Size) }
}
