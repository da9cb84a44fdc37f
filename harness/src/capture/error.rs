//! What can go wrong with a capture directory.

use std::io;

use camino::Utf8PathBuf;

/// A capture cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// A file or directory could not be used.
    #[error("could not {what} `{path}`")]
    Io {
        /// What was being done: `read`, `write`, `create`.
        what: &'static str,
        /// Where.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another harness works on the same scenario or directory.
    #[error("`{path}` is in use by another harness")]
    Busy {
        /// The lock.
        path: Utf8PathBuf,
    },
    /// `--out` names a directory with other things in it.
    #[error("`{path}` is not empty and holds no capture")]
    Foreign {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// It is something else.
    #[error("`{path}` is no capture: {why}")]
    NoCapture {
        /// What was named.
        path: Utf8PathBuf,
        /// How that can be told.
        why: &'static str,
        /// What to name instead.
        hint: String,
    },
    /// The manifest cannot be understood.
    #[error("`{path}`: {message}")]
    Manifest {
        /// The manifest.
        path: Utf8PathBuf,
        /// Why, and at which line and column if it is not JSON.
        message: String,
    },
    /// A newer harness wrote it.
    #[error("`{path}` has format {found}, this harness reads {expected} and older")]
    Format {
        /// The manifest.
        path: Utf8PathBuf,
        /// As read.
        found: u32,
        /// As known.
        expected: u32,
    },
    /// A file is not what the manifest says.
    #[error("`{path}`: expected {expected}, found {found}")]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
        /// Size and hash as recorded.
        expected: String,
        /// Size and hash as they are.
        found: String,
    },
}

impl CaptureError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Io { source, .. } => return no_room(source).map(str::to_owned),
            Self::Busy { .. } => "wait until it has ended".to_owned(),
            Self::Foreign { .. } => "name a new directory, or one with an older capture".to_owned(),
            Self::NoCapture { hint, .. } => hint.clone(),
            Self::Format { .. } => "use the newer harness that wrote it".to_owned(),
            Self::Manifest { .. } | Self::Damaged { .. } => {
                "the capture was cut off or changed after it was made: run the scenario again".to_owned()
            }
        })
    }

    /// Whether the data is at fault, and not the way it was asked for.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        let is_no_room = matches!(self, Self::Io { source, .. } if no_room(source).is_some());
        !is_no_room && !matches!(self, Self::Busy { .. } | Self::Foreign { .. } | Self::NoCapture { .. })
    }
}

/// What to do where a file cannot be written for want of a place.
fn no_room(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "make room: older captures lie in `.harness/runs`, `--keep N` keeps fewer, `--out DIR` puts one elsewhere",
        ),
        io::ErrorKind::ReadOnlyFilesystem => Some("`--out DIR` puts the capture where it can be written"),
        io::ErrorKind::FileTooLarge => {
            Some("a limit of this shell or user on the size of files (`ulimit -f`) is too low")
        }
        _ => None,
    }
}

/// Adds what was being done, and where, to an I/O error.
pub(super) fn io(
    what: &'static str,
    path: &camino::Utf8Path,
) -> impl FnOnce(io::Error) -> CaptureError + use<> {
    let path = path.to_owned();
    move |source| CaptureError::Io { what, path, source }
}
