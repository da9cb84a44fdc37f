//! The execution trace of the run that wrote a dump, as the user names it.

use camino::Utf8Path;

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::inspect::open::open_input;
use crate::cli::inspect::trace::warn;
use crate::format::exectrace::Reader;
use crate::ingest::living::AtDumps;

/// What it has alive whenever a dump was written.
pub(super) fn read(path: &Utf8Path, context: &Context) -> Result<AtDumps, CliError> {
    let (name, input) = open_input(path, "name an execution trace", context)?;
    let mut reader = Reader::from_input(&name, input)?;
    let activity = context.console.activity("read the trace");
    let living = AtDumps::read(&mut reader);
    drop(activity);
    warn(&reader, context);
    Ok(living)
}

/// The trace does not go with the dump at `path`.
pub(super) fn is_not_of(path: &Utf8Path, why: &str) -> CliError {
    CliError::usage(
        format!("nothing in the trace belongs to `{path}`: {why}"),
        "`--trace` wants the trace of the very run, which began before the dump and ended after it",
    )
}
