//! Which scenario a user means: a name, a file, or a package.

use camino::{Utf8Path, Utf8PathBuf};

use super::args::Variants;
use super::error::CliError;
use crate::scenario::{self, Kind, Scenario};

/// The scenario that `word` stands for, seen from `from`.
pub(super) fn resolve(word: &str, from: &Utf8Path) -> Result<Scenario, CliError> {
    resolve_as(word, None, from)
}

/// As [`resolve`]; a package's tests or benchmarks instead of its program, if `kind` says so.
pub(super) fn resolve_as(word: &str, kind: Option<Kind>, from: &Utf8Path) -> Result<Scenario, CliError> {
    let scenario = named(word, from)?;
    match kind {
        None => Ok(scenario),
        Some(kind) if scenario.workload.kind == kind => Ok(scenario),
        Some(kind) if scenario.path.as_str().is_empty() => Ok(scenario::of_tests(scenario, kind)),
        Some(_) => Err(CliError::usage(
            format!("scenario `{}` is of another kind of workload", scenario.name),
            "`--test` and `--bench` are for packages; a scenario says `kind = \"test\"` in [workload]",
        )),
    }
}

fn named(word: &str, from: &Utf8Path) -> Result<Scenario, CliError> {
    // A pattern stands for the packages below a directory.
    let path = from.join(word.strip_suffix("...").unwrap_or(word));
    if word.ends_with(".toml") {
        return Ok(scenario::load(&path)?);
    }
    if word.starts_with("./") || word.starts_with("../") || word == "." || word.starts_with('/') {
        if !path.is_dir() {
            let what = format!("`{word}` is neither a scenario file nor a directory with a Go package");
            return Err(CliError::usage(
                what,
                "`harness list` shows the scenarios that can be seen from here",
            ));
        }
        let package = if word.starts_with('/') {
            word.to_owned()
        } else {
            format!("./{}", word.trim_start_matches("./"))
        };
        return Ok(scenario::for_package(from, &package));
    }
    Ok(scenario::load(&scenario::find(word, from)?)?)
}

/// Leaves only the variants that were asked for.
pub(super) fn select(scenario: &mut Scenario, wanted: &Variants) -> Result<(), CliError> {
    if let Some(unknown) =
        wanted.variants.iter().find(|name| !scenario.variants.iter().any(|v| v.name == **name))
    {
        let known: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
        let what = format!("scenario `{}` has no variant `{unknown}`", scenario.name);
        return Err(CliError::usage(what, format!("it has {}", known.join(", "))));
    }
    if !wanted.variants.is_empty() {
        scenario.variants.retain(|variant| wanted.variants.contains(&variant.name));
    }
    Ok(())
}

/// Where `.harness` belongs: beside the directory of scenarios, or where the user works.
pub(super) fn root(scenario: &Scenario, from: &Utf8Path) -> Utf8PathBuf {
    let directory = scenario.path.parent().filter(|parent| parent.file_name() == Some("scenarios"));
    directory.and_then(Utf8Path::parent).unwrap_or(from).to_owned()
}
