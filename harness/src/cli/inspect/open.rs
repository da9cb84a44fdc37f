//! A file of a user's: on disk, standard input, either of them compressed; and what is said of one that is damaged.

use camino::Utf8Path;

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::exectrace::Reader;
use crate::format::{Input, Problem, STDIN};
use crate::report::count_text;

/// A trace that can be read as often as needed, in bounded memory.
#[derive(Debug)]
pub(in crate::cli) struct TraceFile {
    /// What to call it in messages.
    pub(in crate::cli) name: String,
    input: Input<'static>,
}

impl TraceFile {
    /// Opens the trace at `path`.
    pub(in crate::cli) fn open(path: &Utf8Path, context: &Context) -> Result<Self, CliError> {
        let (name, input) = open_input(path, "name a trace file, or `-` for standard input", context)?;
        Ok(Self { name, input })
    }

    /// Begins to read it.
    pub(in crate::cli) fn reader(&self) -> Result<Reader<'static>, CliError> {
        let input = again(&self.input).map_err(anyhow::Error::from)?;
        Ok(Reader::from_input(&self.name, input)?)
    }
}

/// What to call a file or standard input.
pub(super) fn name_of(path: &Utf8Path) -> String {
    if path == STDIN { "standard input".to_owned() } else { path.to_string() }
}

/// Bytes of a file or of standard input, unpacked, and what to call them. `hint` is for who named something else.
pub(super) fn open_input(
    path: &Utf8Path,
    hint: &str,
    context: &Context,
) -> Result<(String, Input<'static>), CliError> {
    let name = name_of(path);
    let whole = context.environment.dir.join(path);
    let input = Input::open(if path == STDIN { path.as_std_path() } else { whole.as_std_path() });
    let input = input.map_err(|error| CliError::usage(format!("could not read `{name}`: {error}"), hint))?;
    Ok((name, input))
}

/// Says that a file is not whole: what there is of it stands. `hint` tells what can be done.
pub(super) fn warn(problems: &[Problem], unlisted: u64, hint: &str, context: &Context) {
    let Some(first) = problems.first() else { return };
    context.console.say(&format!("warning: {first}"));
    let n = (problems.len() as u64 - 1).saturating_add(unlisted);
    if n > 0 {
        let more = if n == 1 { "problem" } else { "problems" };
        context.console.say(&format!("warning: {} more {more} in it", count_text(n)));
    }
    context.console.say(&format!("hint: {hint}"));
}

/// The same bytes for another reader. Files are read by position, so that the readers do not disturb each other.
fn again(input: &Input<'static>) -> std::io::Result<Input<'static>> {
    Ok(match input {
        Input::Bytes(bytes) => Input::Bytes(bytes),
        Input::File { file, len, damage } => {
            Input::File { file: file.try_clone()?, len: *len, damage: damage.clone() }
        }
    })
}
