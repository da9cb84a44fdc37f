//! The program that wrote a dump, as the user names it.

use camino::Utf8Path;

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::ingest::heaptypes::ProgramFile;

/// Reads it. What could not be read of it is told.
pub(super) fn read(path: &Utf8Path, context: &Context) -> Result<ProgramFile, CliError> {
    let bad = |why: String| {
        CliError::usage(format!("could not read `{path}`: {why}"), "name the program that wrote the dump")
    };
    let bytes = std::fs::read(context.environment.dir.join(path)).map_err(|error| bad(error.to_string()))?;
    let (program, problems) = ProgramFile::read(path.as_str(), &bytes);
    if !program.has_sections() {
        return Err(bad(problems.first().map_or_else(String::new, ToString::to_string)));
    }
    for problem in &problems {
        context.console.say(&format!("warning: {problem}"));
    }
    Ok(program)
}
