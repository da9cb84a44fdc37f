//! The bytes of a captured file: mapped when large, read when small.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;

use camino::Utf8Path;

/// Files up to this size are read; a mapping pays for larger ones.
const READ_UP_TO: u64 = 1 << 20;

/// Bytes of a file.
#[derive(Debug)]
pub enum FileBytes {
    /// A copy.
    Read(Vec<u8>),
    /// The file itself.
    Mapped(memmap2::Mmap),
}

impl FileBytes {
    /// Opens `path`.
    ///
    /// # Errors
    /// When it cannot be opened, read or mapped.
    pub fn open(path: &Utf8Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() <= READ_UP_TO {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            return Ok(Self::Read(bytes));
        }
        map(&file).map(Self::Mapped)
    }
}

/// SAFETY: a mapping must not change while it is used. The file belongs to a finished capture, which
/// nobody writes to; whoever truncates it meanwhile ends this process with SIGBUS, as with any mapping
/// tool, and damages no one else.
#[allow(unsafe_code, reason = "mapping a file has no safe form; this is the only place")]
fn map(file: &File) -> io::Result<memmap2::Mmap> {
    unsafe { memmap2::Mmap::map(file) }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
