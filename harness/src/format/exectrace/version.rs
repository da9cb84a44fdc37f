//! The header of a trace file, `go 1.NN trace\0\0\0`, and which releases write which format.
//!
//! The number is the format's, not the program's: Go 1.24 writes 1.23, Go 1.27 writes 1.26.

use thiserror::Error;

/// Bytes of the header when the release has two digits, as all of format v2 have.
pub(super) const HEADER_LEN: usize = 16;

/// Version of the wire format, named after the Go release that introduced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// First release of format v2.
    Go122,
    /// Coroutines, status with stack, experimental batches; also written by Go 1.24.
    Go123,
    /// Sync batches with a clock snapshot.
    Go125,
    /// Explicit end of a generation; also written by Go 1.27.
    Go126,
}

/// Why a file is not read at all. Damage further on is a [`Problem`](crate::format::Problem).
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The first bytes are no trace header.
    #[error(
        "`{file}` is not a Go execution trace (no `go 1.N trace` header)\nhint: record one with `runtime/trace` or `go test -trace`"
    )]
    NotATrace {
        /// Name given to the reader.
        file: String,
    },
    /// The header is cut off; nothing was recorded.
    #[error(
        "`{file}` ends inside its {HEADER_LEN}-byte header: {len} bytes; tracing never started or nothing was flushed"
    )]
    Truncated {
        /// Name given to the reader.
        file: String,
        /// Bytes in the file.
        len: usize,
    },
    /// The operating system does not give its bytes.
    #[error("cannot read `{file}`: {error}")]
    Unreadable {
        /// Name given to the reader.
        file: String,
        /// Its reason.
        error: String,
    },
    /// Format v1 (Go 1.5 to 1.21).
    #[error(
        "`{file}` is a trace in the format of go 1.{minor}, which differs from that of go 1.22 and later\nhint: build the program with go 1.22 or later and record it again, or read this file with `go tool trace`"
    )]
    TooOld {
        /// Name given to the reader.
        file: String,
        /// The release in the header.
        minor: u32,
    },
    /// A release that this reader does not know.
    #[error(
        "`{file}` is a trace in the format of go 1.{minor}; known are 1.22, 1.23, 1.25 and 1.26\nhint: look for a newer harness, or read this file with `go tool trace`"
    )]
    Unknown {
        /// Name given to the reader.
        file: String,
        /// The release in the header.
        minor: u32,
    },
}

impl OpenError {
    pub(super) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        Self::Unreadable { file: file.to_owned(), error: error.to_string() }
    }
}

impl Version {
    /// Reads the header of `data`.
    pub(super) fn from_header(file: &str, data: &[u8]) -> Result<Self, OpenError> {
        let file = file.to_owned();
        let Some(minor) = header_minor(data) else {
            return Err(match is_header_prefix(data) {
                true => OpenError::Truncated { file, len: data.len() },
                false => OpenError::NotATrace { file },
            });
        };
        match minor {
            0..22 => Err(OpenError::TooOld { file, minor }),
            22 => Ok(Self::Go122),
            23 => Ok(Self::Go123),
            25 => Ok(Self::Go125),
            26 => Ok(Self::Go126),
            _ => Err(OpenError::Unknown { file, minor }),
        }
    }

    /// The release's minor number.
    #[must_use]
    pub fn minor(self) -> u32 {
        match self {
            Self::Go122 => 22,
            Self::Go123 => 23,
            Self::Go125 => 25,
            Self::Go126 => 26,
        }
    }
}

/// The number in a complete header. One digit (Go 1.5 to 1.9) makes a header of the same length
/// with a fourth zero byte.
fn header_minor(data: &[u8]) -> Option<u32> {
    let text = data.get(..HEADER_LEN)?.strip_prefix(b"go 1.")?;
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = text.get(digits..)?.strip_prefix(b" trace")?;
    if !(1..=2).contains(&digits) || rest.iter().any(|&b| b != 0) {
        return None;
    }
    text.get(..digits)?.iter().try_fold(0u32, |n, b| Some(n * 10 + u32::from(b - b'0')))
}

/// Whether `data` is shorter than a header and could be the beginning of one.
fn is_header_prefix(data: &[u8]) -> bool {
    let pattern = b"go 1.## trace\0\0\0";
    data.len() < HEADER_LEN
        && !data.is_empty()
        && data.iter().zip(pattern).all(|(&b, &p)| b == p || (p == b'#' && b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(header: &[u8]) -> Result<Version, OpenError> {
        Version::from_header("t", header)
    }

    #[test]
    fn every_format_of_v2_is_known_by_its_header() {
        assert_eq!(open(b"go 1.22 trace\0\0\0"), Ok(Version::Go122));
        assert_eq!(open(b"go 1.23 trace\0\0\0rest"), Ok(Version::Go123));
        assert_eq!(open(b"go 1.25 trace\0\0\0"), Ok(Version::Go125));
        assert_eq!(open(b"go 1.26 trace\0\0\0"), Ok(Version::Go126));
    }

    #[test]
    fn v1_traces_are_refused_with_their_version_and_a_way_out() {
        for (header, minor) in
            [(&b"go 1.11 trace\0\0\0"[..], 11), (b"go 1.21 trace\0\0\0", 21), (b"go 1.5 trace\0\0\0\0", 5)]
        {
            let err = open(header).unwrap_err();
            assert_eq!(err, OpenError::TooOld { file: "t".into(), minor });
            assert!(err.to_string().contains(&format!("go 1.{minor}")), "{err}");
            assert!(err.to_string().contains("hint: build the program with go 1.22"), "{err}");
        }
    }

    #[test]
    fn formats_that_no_known_release_writes_are_refused_by_number() {
        for minor in [24, 27, 99] {
            let header = format!("go 1.{minor} trace\0\0\0");
            assert_eq!(open(header.as_bytes()), Err(OpenError::Unknown { file: "t".into(), minor }));
        }
    }

    #[test]
    fn a_file_that_ends_in_its_header_is_truncated_and_anything_else_is_no_trace() {
        for len in 1..HEADER_LEN {
            let err = open(&b"go 1.26 trace\0\0\0"[..len]).unwrap_err();
            assert_eq!(err, OpenError::Truncated { file: "t".into(), len });
        }
        let garbage: [&[u8]; 6] = [
            b"",
            b"\x7fELF",
            b"go 1.26 trace\0\0x",
            b"go 2.26 trace\0\0\0",
            b"go 1.x6 trace\0\0\0",
            b"go 1.126 trace\0\0",
        ];
        for data in garbage {
            assert_eq!(open(data), Err(OpenError::NotATrace { file: "t".into() }), "{data:?}");
        }
    }
}
