//! The first line of a heap dump, and why a file is not read at all.

use thiserror::Error;

/// The same since Go 1.7.
pub(super) const HEADER: &[u8] = b"go1.7 heap dump\n";

/// Why a file is not read at all. Damage further on is a [`Problem`](crate::format::Problem).
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The first bytes are no dump's.
    #[error(
        "`{file}` is not a Go heap dump (no `go1.7 heap dump` line)\nhint: write one with `debug.WriteHeapDump`; a heap profile is read by `harness inspect heap`"
    )]
    NotADump {
        /// Name given to the reader.
        file: String,
    },
    /// The header is cut off; nothing was dumped.
    #[error("`{file}` ends inside its first line, after {len} bytes: nothing was dumped")]
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
}

impl OpenError {
    pub(super) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        Self::Unreadable { file: file.to_owned(), error: error.to_string() }
    }
}

/// Checks the first bytes, as many as a header has or the file gives.
pub(super) fn check_header(file: &str, head: &[u8]) -> Result<(), OpenError> {
    let file = file.to_owned();
    match HEADER.starts_with(head) {
        true if head.len() == HEADER.len() => Ok(()),
        true if !head.is_empty() => Err(OpenError::Truncated { file, len: head.len() }),
        _ => Err(OpenError::NotADump { file }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_ends_in_its_header_is_truncated_and_anything_else_is_no_dump() {
        assert_eq!(check_header("t", HEADER), Ok(()));
        for len in 1..HEADER.len() {
            let error = check_header("t", &HEADER[..len]);
            assert_eq!(error, Err(OpenError::Truncated { file: "t".into(), len }));
        }
        for other in [&b""[..], b"go1.5 heap dump\n", b"\x1f\x8b\x08\0", b"go 1.26 trace\0\0\0"] {
            assert_eq!(check_header("t", other), Err(OpenError::NotADump { file: "t".into() }));
        }
    }
}
