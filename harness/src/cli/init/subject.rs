//! Which package a scenario is for: the one that is named, or the only one that it can be.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::Context;
use super::super::args;
use super::super::error::CliError;
use crate::toolchain::{Survey, Surveyed, Toolchain, survey};

/// Most packages that are listed to choose from.
const MAX_LISTED: usize = 20;

/// What a scenario is for.
pub(super) struct Subject {
    /// Directory of the module.
    pub module: Utf8PathBuf,
    /// The package, as `go build` takes it there.
    pub package: String,
    /// Import path, or the module's for all its tests.
    pub import_path: String,
    /// Name of the program, or what stands for it.
    pub name: String,
    /// Its tests are what runs.
    pub is_tests: bool,
}

/// The subject of `args`.
pub(super) fn choose(
    args: &args::Init,
    toolchain: &Toolchain,
    context: &Context,
) -> Result<Subject, CliError> {
    let here = &context.environment.dir;
    let (dir, pattern) = match &args.package {
        Some(word) => place(here, word),
        None => (here.clone(), None),
    };
    let found = survey(toolchain, &dir, pattern.as_deref(), &context.interrupt)?;
    match (found.packages.as_slice(), &args.package) {
        ([package], Some(_)) => one(package, args, &found.module),
        _ => of_several(found, args, here),
    }
}

/// Directory to ask in, and the package there.
fn place(here: &Utf8Path, word: &str) -> (Utf8PathBuf, Option<String>) {
    let path = here.join(word);
    if path.is_dir() {
        return (path.canonicalize_utf8().unwrap_or(path), Some(".".to_owned()));
    }
    let is_source = path.extension() == Some("go") && path.is_file();
    match path.parent().filter(|_| is_source) {
        Some(dir) => (dir.to_owned(), Some(".".to_owned())),
        None => (here.to_owned(), Some(word.to_owned())),
    }
}

/// The package that is named.
fn one(package: &Surveyed, args: &args::Init, module: &Utf8Path) -> Result<Subject, CliError> {
    let is_tests = args.tests || !package.program;
    if is_tests && package.test_files == 0 {
        let what = format!(
            "package `{}` has no tests{}",
            package.import_path,
            match package.program {
                true => "",
                false => ", and is not a program",
            }
        );
        return Err(CliError::usage(
            what,
            "name a directory with `package main`, or with tests; `harness init` alone shows which there are",
        ));
    }
    let name = last_name(&package.import_path);
    Ok(Subject {
        module: module.to_owned(),
        package: package.word.clone(),
        import_path: package.import_path.clone(),
        name: if is_tests { format!("{name}-tests") } else { name },
        is_tests,
    })
}

/// The only program of several packages, or all their tests when there is none.
fn of_several(found: Survey, args: &args::Init, here: &Utf8Path) -> Result<Subject, CliError> {
    let programs: Vec<&Surveyed> =
        found.packages.iter().filter(|package| package.program && !args.tests).collect();
    let tested: Vec<&Surveyed> = found.packages.iter().filter(|package| package.test_files > 0).collect();
    match (programs.as_slice(), tested.as_slice()) {
        ([program], _) => one(program, args, &found.module),
        ([], [tests]) => one(tests, args, &found.module),
        ([], []) => Err(CliError::usage(
            format!("there is neither a program nor a test in the module of `{}`", found.module),
            "name a package of another module: harness init ../other/cmd/server",
        )),
        ([], _) => Ok(Subject {
            name: format!("{}-tests", last_name(&found.path)),
            package: "./...".to_owned(),
            import_path: found.path,
            module: found.module,
            is_tests: true,
        }),
        (several, _) => Err(which(several, &found.path, found.module == *here)),
    }
}

/// Lists what there is to choose from, as commands.
fn which(programs: &[&Surveyed], module: &str, is_here: bool) -> CliError {
    let mut what = format!("module `{module}` has {} programs; which one?", programs.len());
    for program in programs.iter().take(MAX_LISTED) {
        let word = if is_here { &program.word } else { &program.import_path };
        what.push_str(&format!("\n  harness init {word}"));
    }
    if let Some(more) = programs.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        what.push_str(&format!("\n  and {more} more"));
    }
    CliError::usage(what, "each can have a scenario of its own; `--tests` makes one of the module's tests")
}

/// Last element of an import path that is no major version, in letters that a file's name may have.
fn last_name(import_path: &str) -> String {
    let is_major = |part: &&str| {
        part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    let name = import_path.rsplit('/').find(|part| !is_major(part)).unwrap_or("program");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_paths_last_element_that_is_no_version() {
        for (path, name) in [
            ("example.com/m/cmd/server", "server"),
            ("example.com/m/v2", "m"),
            ("gopkg.in/yaml.v3", "yaml-v3"),
            ("v2", "program"),
        ] {
            assert_eq!(last_name(path), name, "{path}");
        }
    }
}
