//! Files that a user asks for: whole or not there, and said.
//!
//! A link stays one: what it leads to is written anew. What is no file (a pipe, a terminal, `/dev/null`) is written to and
//! never replaced.

use std::fs::{File, Permissions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::error::CliError;
use crate::model::Bytes;
use crate::report::bytes_text;

/// A file in the making: nobody sees it before it is whole.
pub(super) struct Draft {
    made: Made,
    out: Utf8PathBuf,
    path: Utf8PathBuf,
}

/// Where it is meanwhile.
enum Made {
    /// Beside its place, which it takes.
    Beside(tempfile::NamedTempFile),
    /// Nowhere that has a name: it is poured into what there is.
    Apart(File),
}

impl Draft {
    /// Begins a file; directories that lack are made.
    pub(super) fn begin(out: &Utf8Path, context: &Context) -> Result<Self, CliError> {
        check(out, context)?;
        Self::at(out, context.environment.dir.join(out)).map_err(|error| unwritable(out, &error))
    }

    fn at(out: &Utf8Path, path: Utf8PathBuf) -> io::Result<Self> {
        let out = out.to_owned();
        if is_stream(&path) {
            return Ok(Self { made: Made::Apart(tempfile::tempfile()?), out, path });
        }
        let path = path.canonicalize_utf8().unwrap_or(path);
        let dir = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(dir)?;
        let like_any_file = Permissions::from_mode(0o666); // less the umask; temporary files are private otherwise
        let file = tempfile::Builder::new().permissions(like_any_file).tempfile_in(dir)?;
        Ok(Self { made: Made::Beside(file), out, path })
    }

    /// Where to write.
    pub(super) fn file(&mut self) -> &mut File {
        match &mut self.made {
            Made::Beside(file) => file.as_file_mut(),
            Made::Apart(file) => file,
        }
    }

    /// It is whole.
    pub(super) fn finish(self) -> Result<(), CliError> {
        let Self { made, out, path } = self;
        let done = match made {
            Made::Beside(file) => file.persist(&path).map(drop).map_err(|error| error.error),
            Made::Apart(file) => pour(file, &path),
        };
        done.map_err(|error| unwritable(&out, &error))
    }
}

/// Names of what is open already. It may be a file, but what else is written there must not be lost.
const OPEN: [&str; 3] = ["/dev/stdout", "/dev/stderr", "/dev/fd"];

/// Whether a path leads to something that takes bytes and is no file of its own.
fn is_stream(path: &Utf8Path) -> bool {
    path.metadata().is_ok_and(|there| !there.is_file()) || OPEN.iter().any(|open| path.starts_with(open))
}

fn pour(mut file: File, path: &Utf8Path) -> io::Result<()> {
    file.rewind()?;
    let mut to = File::options().append(true).open(path)?;
    io::copy(&mut file, &mut to)?;
    to.flush()
}

/// Refuses what cannot be written to.
pub(super) fn check(out: &Utf8Path, context: &Context) -> Result<(), CliError> {
    match context.environment.dir.join(out).is_dir() {
        true => Err(unwritable(out, &io::Error::from(io::ErrorKind::IsADirectory))),
        false => Ok(()),
    }
}

/// Writes a file.
pub(super) fn keep(out: &Utf8Path, bytes: &[u8], context: &Context) -> Result<(), CliError> {
    let mut draft = Draft::begin(out, context)?;
    draft.file().write_all(bytes).map_err(|error| unwritable(out, &error))?;
    draft.finish()
}

/// Writes a file and says so.
pub(super) fn save(out: &Utf8Path, bytes: &[u8], context: &Context) -> Result<(), CliError> {
    keep(out, bytes, context)?;
    let size = bytes_text(Bytes(bytes.len() as u64));
    context.console.say(&format!("wrote {out} ({size})"));
    Ok(())
}

/// What to do about a file that cannot be written.
pub(super) fn unwritable(out: &Utf8Path, error: &io::Error) -> CliError {
    CliError::usage(
        format!("could not write `{out}`: {error}"),
        "name a file in a directory you may write to",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(path: &Utf8Path) {
        let mut draft = Draft::at(path, path.to_owned()).expect("begun");
        draft.file().write_all(b"new").expect("written");
        draft.finish().expect("finished");
    }

    #[test]
    fn a_link_stays_one_and_a_pipe_is_written_to() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = Utf8Path::from_path(dir.path()).expect("UTF-8");
        fs::write(dir.join("file"), "old").expect("written");
        std::os::unix::fs::symlink("file", dir.join("link")).expect("linked");
        written(&dir.join("link"));
        assert!(dir.join("link").is_symlink());
        assert_eq!(fs::read_to_string(dir.join("file")).expect("read"), "new");
        let pipe = dir.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, pipe.as_std_path(), rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .expect("a pipe");
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe)
        });
        written(&pipe);
        assert_eq!(reader.join().expect("joined").expect("read"), "new");
        assert!(!pipe.is_file(), "a file has taken its place");
    }

    #[test]
    fn nothing_is_seen_of_a_file_that_is_given_up() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = Utf8Path::from_path(dir.path()).expect("UTF-8").join("new/report.json");
        let mut draft = Draft::at(&path, path.clone()).expect("begun");
        draft.file().write_all(b"half").expect("written");
        drop(draft);
        assert_eq!(fs::read_dir(path.parent().expect("a parent")).expect("listed").count(), 0);
    }
}
