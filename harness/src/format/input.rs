//! A file as a decoder wants it: bytes at any place, without all of it in memory.
//!
//! Read by position, not mapped: mapped pages count as the process's own memory, and a file that
//! shrinks under a map kills the process. What can only be read once (standard input) or only from
//! its beginning (gzip) goes through a temporary file that has no name and ends with the process.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The name that means standard input.
pub const STDIN: &str = "-";

/// Where bytes come from.
#[derive(Debug)]
pub enum Input<'a> {
    /// All of them in memory.
    Bytes(&'a [u8]),
    /// A file that can be read at any position.
    File {
        /// Open for reading.
        file: File,
        /// Its length when it was opened: what is written later is not read.
        len: u64,
        /// Why it ends there, if it was unpacked from a stream that is damaged.
        damage: Option<String>,
    },
}

impl Input<'static> {
    /// Opens the file at `path`, or standard input for [`STDIN`]; unpacks gzip, whatever the name.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new(STDIN) {
            return Self::from_stream(io::stdin().lock());
        }
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        let mut start = [0; GZIP.len()];
        let is_gzip = meta.is_file() && file.read_at(&mut start, 0)? == start.len() && start == GZIP;
        match meta.is_file() && !is_gzip {
            true => Ok(Self::File { file, len: meta.len(), damage: None }),
            false => Self::from_stream(file),
        }
    }

    /// Takes all of a stream, unpacked if it is gzip, into a temporary file.
    pub fn from_stream(mut stream: impl Read) -> io::Result<Self> {
        let mut start = Vec::new();
        stream.by_ref().take(GZIP.len() as u64).read_to_end(&mut start)?;
        let is_gzip = start == GZIP;
        let whole = io::Cursor::new(start).chain(stream);
        if is_gzip { spool(flate2::read::MultiGzDecoder::new(whole)) } else { spool(whole) }
    }
}

impl Input<'_> {
    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    /// Why it ends where it does, if what follows is known to be lost.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        match self {
            Self::Bytes(_) => None,
            Self::File { damage, .. } => damage.as_deref(),
        }
    }

    /// The same once more, for another thread. `None` if the system has no handle left for it.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        Some(match self {
            Self::Bytes(bytes) => Self::Bytes(bytes),
            Self::File { file, len, damage } => {
                Self::File { file: file.try_clone().ok()?, len: *len, damage: damage.clone() }
            }
        })
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `len` bytes from `start`, fewer where the file ends. `buffer` holds them if they have to
    /// be copied; what it held before is gone.
    pub fn read<'s>(&'s self, start: u64, len: usize, buffer: &'s mut Vec<u8>) -> io::Result<&'s [u8]> {
        let len = usize::try_from(self.len().saturating_sub(start)).unwrap_or(usize::MAX).min(len);
        match self {
            Self::Bytes(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
                Ok(&bytes[start..start + len])
            }
            Self::File { file, .. } => {
                buffer.resize(len, 0);
                let read = read_fully(file, buffer, start)?;
                buffer.truncate(read);
                Ok(buffer)
            }
        }
    }
}

/// Fills `buffer` from `start`; returns how much of it, less only at the end of the file.
fn read_fully(file: &File, buffer: &mut [u8], start: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], start + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Copies a stream to a temporary file. A damaged gzip stream gives what precedes the damage: the
/// decoder that reads it will say what is missing.
fn spool(mut stream: impl Read) -> io::Result<Input<'static>> {
    let mut file = tempfile::tempfile()?;
    let mut buffer = vec![0; 256 << 10];
    let damage = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break None,
            Ok(n) => file.write_all(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_damage(&error) => break Some(format!("a damaged gzip stream ({error})")),
            Err(error) => return Err(error),
        }
    };
    let len = file.stream_position()?;
    Ok(Input::File { file, len, damage })
}

fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn all(input: &Input<'_>) -> Vec<u8> {
        input.read(0, usize::MAX, &mut Vec::new()).unwrap().to_vec()
    }

    #[test]
    fn bytes_and_a_file_read_alike_and_end_where_they_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"hello world").unwrap();
        for input in [Input::Bytes(b"hello world"), Input::open(&path).unwrap()] {
            let mut buffer = Vec::new();
            assert_eq!(input.len(), 11);
            assert_eq!(input.read(6, 3, &mut buffer).unwrap(), b"wor");
            assert_eq!(input.read(6, 99, &mut buffer).unwrap(), b"world");
            assert_eq!(input.read(11, 1, &mut buffer).unwrap(), b"");
            assert_eq!(input.read(u64::MAX, 1, &mut buffer).unwrap(), b"");
        }
    }

    #[test]
    fn gzip_is_unpacked_whatever_its_name_and_from_a_stream_too() {
        let text = b"a trace ".repeat(100_000);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("no-suffix");
        std::fs::write(&path, gzip(&text)).unwrap();
        assert_eq!(all(&Input::open(&path).unwrap()), text);
        assert_eq!(all(&Input::from_stream(gzip(&text).as_slice()).unwrap()), text);
        assert_eq!(all(&Input::from_stream(&text[..]).unwrap()), text);
        assert!(Input::from_stream(&b""[..]).unwrap().is_empty());
    }

    #[test]
    fn a_gzip_file_cut_off_gives_what_precedes_the_cut() {
        let text: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        let packed = gzip(&text);
        let cut = Input::from_stream(&packed[..packed.len() / 2]).unwrap();
        assert!(cut.damage().is_some());
        let read = all(&cut);
        assert!(read.len() > text.len() / 4 && text.starts_with(&read), "{} of {}", read.len(), text.len());
    }

    #[test]
    fn a_directory_is_no_input() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Input::open(dir.path()).is_err());
    }
}
