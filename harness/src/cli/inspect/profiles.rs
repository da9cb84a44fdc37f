//! Profiles of a user's: files or standard input, added up and compared.

use std::fs::File;
use std::io::{self, Read as _};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};

use super::open::{name_of, warn};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::STDIN;
use crate::format::pprof::{self, Profile};
use crate::ingest::profile::{Against, CombineError, combine, compare};

/// Enough to tell what a file is.
const HEAD: u64 = 64;
/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What was read.
#[derive(Debug)]
pub(in crate::cli) struct Loaded {
    pub(in crate::cli) profile: Profile,
    /// What was added up, as the user named it.
    pub(in crate::cli) files: Vec<String>,
    /// What was subtracted.
    pub(in crate::cli) base: Vec<String>,
    /// What could not be read.
    pub(in crate::cli) problems: u64,
}

impl Loaded {
    /// `b.pb.gz against a.pb.gz`
    pub(in crate::cli) fn words(&self) -> String {
        let files = self.files.join(" + ");
        if self.base.is_empty() { files } else { format!("{files} against {}", self.base.join(" + ")) }
    }
}

/// Reads all of them and makes one profile. What could not be read is told.
pub(in crate::cli) fn load(
    files: &[Utf8PathBuf],
    base: &[Utf8PathBuf],
    against: Against,
    normalize: bool,
    context: &Context,
) -> Result<Loaded, CliError> {
    if files.iter().chain(base).filter(|path| *path == STDIN).count() > 1 {
        return Err(CliError::usage(
            "standard input can be one of the profiles only",
            "give the others as files",
        ));
    }
    let (mut profiles, mut problems) = (Vec::new(), 0);
    for read in read_all(files.iter().chain(base), context) {
        let pprof::Read { profile, problems: listed, unlisted_problems } = read?;
        warn(&listed, unlisted_problems, "what could be read is shown", context);
        problems += listed.len() as u64 + unlisted_problems;
        profiles.push(profile);
    }
    let bases = profiles.split_off(files.len().min(profiles.len()));
    let mut profile = combine(profiles).map_err(not_alike)?;
    if !bases.is_empty() {
        let base = combine(bases).map_err(not_alike)?;
        profile = compare(profile, base, against, normalize).map_err(not_alike)?;
    }
    let names = |paths: &[Utf8PathBuf]| paths.iter().map(|path| name_of(path)).collect();
    Ok(Loaded { profile, files: names(files), base: names(base), problems })
}

/// Several at once, in their order.
fn read_all<'f>(
    files: impl Iterator<Item = &'f Utf8PathBuf>,
    context: &Context,
) -> Vec<Result<pprof::Read, CliError>> {
    let files: Vec<&Utf8PathBuf> = files.collect();
    if let [file] = files.as_slice() {
        return vec![read(file, context)];
    }
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::new();
    for some in files.chunks(at_once) {
        thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|file| scope.spawn(|| read(file, context))).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            all.extend(threads.into_iter().map(join));
        });
    }
    all
}

fn read(path: &Utf8Path, context: &Context) -> Result<pprof::Read, CliError> {
    let name = name_of(path);
    let bytes = match path == STDIN {
        true => bytes(&name, io::stdin().lock()),
        false => File::open(context.environment.dir.join(path)).and_then(|file| bytes(&name, file)),
    };
    let bytes = bytes.map_err(|error| {
        let what = format!("could not read `{name}`: {error}");
        CliError::usage(what, "name a profile, or `-` for standard input")
    })?;
    Ok(Profile::read(&name, &bytes)?)
}

/// All bytes, unless the first tell that this is something else, which may be large.
fn bytes(name: &str, mut file: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    if !matches!(Profile::read(name, &bytes), Err(pprof::Error::Other { .. })) {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn not_alike(error: CombineError) -> CliError {
    CliError::usage(error.to_string(), "`harness inspect heap FILE` shows what a profile counts")
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum FileKind {
    Trace,
    Profile,
    Unknown,
}

/// Looks at a file's first bytes. Standard input is not looked at: it can be read only once.
pub(in crate::cli) fn kind_of(path: &Utf8Path, context: &Context) -> FileKind {
    let whole = context.environment.dir.join(path);
    if path == STDIN || !whole.is_file() {
        return FileKind::Unknown;
    }
    let mut head = Vec::new();
    let read = File::open(whole).and_then(|file| file.take(1 << 16).read_to_end(&mut head));
    if read.is_err() {
        return FileKind::Unknown;
    }
    if head.starts_with(&GZIP) {
        let mut plain = Vec::new();
        // What is cut off here is damaged, and its beginning is all that is wanted.
        let _ = flate2::bufread::GzDecoder::new(&*head).take(HEAD).read_to_end(&mut plain);
        head = plain;
    }
    kind_of_head(&head)
}

fn kind_of_head(head: &[u8]) -> FileKind {
    let is_text = head.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'));
    match head {
        [b'g', b'o', b' ', ..] => FileKind::Trace,
        // Any of a profile's fields can be the first; each is a number or has a length.
        [key, _, ..] if (1..=15).contains(&(key >> 3)) && matches!(key & 7, 0 | 2) && !is_text => {
            FileKind::Profile
        }
        _ => FileKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_traces_and_others_are_told_by_their_first_bytes() {
        for (head, kind) in [
            (b"\x5a\x04\x08\x01\x10\x02\x60\x80\x80\x20".as_slice(), FileKind::Profile),
            (b"\x0a\x04\x08\x01\x10\x02", FileKind::Profile),
            (b"go 1.26 trace\0\0\0", FileKind::Trace),
            (b"go1.7 heap dump\n\x06", FileKind::Unknown),
            (b"\x7fELF\x02\x01", FileKind::Unknown),
            (b"heap profile: 1: 16", FileKind::Unknown),
            (b"", FileKind::Unknown),
        ] {
            assert_eq!(kind_of_head(head), kind, "{head:?}");
        }
    }
}
