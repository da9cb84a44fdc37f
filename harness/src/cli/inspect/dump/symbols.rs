//! What a binary of the user's says about a dump: globals and types.

use camino::Utf8Path;

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::format::binary::{Binary, TypeTable};
use crate::ingest::heap::Symbols;
use crate::ingest::heaptypes::symbols;

/// A binary.
pub(super) struct Program {
    pub(super) symbols: Symbols,
    pub(super) binary: Binary,
    pub(super) table: TypeTable,
}

pub(super) fn read(path: &Utf8Path, context: &Context) -> Result<Program, CliError> {
    let bad = |why: String| {
        CliError::usage(format!("could not read `{path}`: {why}"), "name the program that wrote the dump")
    };
    let bytes = std::fs::read(context.environment.dir.join(path)).map_err(|error| bad(error.to_string()))?;
    let (binary, problems) = Binary::read(path.as_str(), &bytes);
    if binary.sections.is_empty() {
        return Err(bad(problems.first().map_or_else(String::new, ToString::to_string)));
    }
    let (table, more) = TypeTable::read(path.as_str(), &bytes);
    for problem in problems.iter().chain(&more) {
        context.console.say(&format!("warning: {problem}"));
    }
    let symbols = symbols(&binary, &table);
    Ok(Program { symbols, binary, table })
}
