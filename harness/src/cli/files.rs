//! Files that a user asks for: whole or not there, and said.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::error::CliError;
use crate::model::Bytes;
use crate::report::bytes_text;

/// A file in the making: nobody sees it before it is whole.
pub(super) struct Draft {
    file: tempfile::NamedTempFile,
    out: Utf8PathBuf,
    path: Utf8PathBuf,
}

impl Draft {
    /// Begins a file; directories that lack are made.
    pub(super) fn begin(out: &Utf8Path, context: &Context) -> Result<Self, CliError> {
        check(out, context)?;
        let path = context.environment.dir.join(out);
        let dir = path.parent().unwrap_or(&context.environment.dir);
        let like_any_file = Permissions::from_mode(0o666); // less the umask; temporary files are private otherwise
        let begin = || {
            std::fs::create_dir_all(dir)?;
            tempfile::Builder::new().permissions(like_any_file).tempfile_in(dir)
        };
        let file = begin().map_err(|error| unwritable(out, &error))?;
        Ok(Self { file, out: out.to_owned(), path })
    }

    /// Where to write.
    pub(super) fn file(&mut self) -> &mut std::fs::File {
        self.file.as_file_mut()
    }

    /// It is whole.
    pub(super) fn finish(self) -> Result<(), CliError> {
        let Self { file, out, path } = self;
        file.persist(&path).map(drop).map_err(|error| unwritable(&out, &error.error))
    }
}

/// Refuses what cannot be written to.
pub(super) fn check(out: &Utf8Path, context: &Context) -> Result<(), CliError> {
    match context.environment.dir.join(out).is_dir() {
        true => Err(unwritable(out, &io::Error::from(io::ErrorKind::IsADirectory))),
        false => Ok(()),
    }
}

/// Writes a file and says so.
pub(super) fn save(out: &Utf8Path, bytes: &[u8], context: &Context) -> Result<(), CliError> {
    let mut draft = Draft::begin(out, context)?;
    draft.file().write_all(bytes).map_err(|error| unwritable(out, &error))?;
    draft.finish()?;
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
