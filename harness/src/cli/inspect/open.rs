//! A trace of a user's: a file, standard input, either of them compressed.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::exectrace::Reader;

/// The name that means standard input.
const STDIN: &str = "-";
/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A trace that can be read as often as needed.
#[derive(Debug)]
pub(in crate::cli) struct TraceFile {
    /// What to call it in messages.
    pub(in crate::cli) name: String,
    bytes: Vec<u8>,
}

impl TraceFile {
    /// Takes in the trace at `path`.
    pub(in crate::cli) fn open(path: &Utf8Path, context: &Context) -> Result<Self, CliError> {
        let (name, bytes) = match path == STDIN {
            true => ("standard input".to_owned(), unpacked(io::stdin().lock())),
            false => (path.to_string(), File::open(context.environment.dir.join(path)).and_then(unpacked)),
        };
        let bytes = bytes.map_err(|error| {
            let what = format!("could not read `{name}`: {error}");
            CliError::usage(what, "name a trace file, or `-` for standard input")
        })?;
        Ok(Self { name, bytes })
    }

    /// Begins to read it.
    pub(in crate::cli) fn reader(&self) -> Result<Reader<'_>, CliError> {
        Ok(Reader::new(&self.name, &self.bytes)?)
    }
}

/// All of a stream. Of a damaged gzip stream what precedes the damage: the trace's reader says what is missing.
fn unpacked(mut stream: impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    stream.by_ref().take(GZIP.len() as u64).read_to_end(&mut start)?;
    let is_gzip = start == GZIP;
    let mut whole = io::Cursor::new(start).chain(stream);
    let mut bytes = Vec::new();
    let done = match is_gzip {
        true => flate2::read::MultiGzDecoder::new(whole).read_to_end(&mut bytes),
        false => whole.read_to_end(&mut bytes),
    };
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match done {
        Err(error) if !matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) => Err(error),
        _ => Ok(bytes),
    }
}
