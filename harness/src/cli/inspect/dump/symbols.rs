//! Globals of a binary of the user's.

use camino::Utf8Path;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

use crate::cli::Context;
use crate::cli::error::CliError;
use crate::ingest::heap::{Symbols, Variable};

pub(super) fn read(path: &Utf8Path, context: &Context) -> Result<Symbols, CliError> {
    let bad = |why: String| {
        CliError::usage(format!("could not read `{path}`: {why}"), "name the program that wrote the dump")
    };
    let bytes = std::fs::read(context.environment.dir.join(path)).map_err(|error| bad(error.to_string()))?;
    let file = object::File::parse(&*bytes).map_err(|error| bad(error.to_string()))?;
    let section = |name: &str| file.section_by_name(name).map(|section| (section.address(), section.size()));
    let symbols = file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Data);
    let variables = symbols.filter_map(|symbol| {
        let (name, address, size) = (symbol.name().ok()?.into(), symbol.address(), symbol.size());
        Some(Variable { name, address, size, type_name: None })
    });
    Ok(Symbols { data: section(".data"), bss: section(".bss"), variables: variables.collect() })
}
