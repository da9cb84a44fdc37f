//! What the compiler says of the main module's packages, in its own words.
//!
//! Input: how the user's binary was built. Output: [`CompilerWords`], undecoded. The module's packages are compiled once more, for
//! their diagnostics and remarks alone; those of others come from the cache. A directory of a name that nobody had before
//! is among the flags, so that the cache has none of the module's and all of them speak. What cannot be had is said,
//! never an error.

use std::fs;
use std::io::Read;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::BuildError;
use super::flags;
use super::go::Go;
use super::job::BUILD_SECONDS;
use super::process::{Ended, Interrupt, Limits, run};
use crate::scenario::BuildSpec;

/// Bytes of one diagnostics file that are read.
const MAX_FILE: u64 = 64 << 20;
/// Bytes of remarks that are kept: the compiler makes some 100 per function at most.
const MAX_REMARKS: usize = 64 << 20;
/// How deep below the directory of diagnostics files are looked for.
const MAX_DEPTH: u32 = 4;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) go: &'a Go,
    pub(super) spec: &'a BuildSpec,
    /// Path of the main module.
    pub(super) module: &'a str,
    /// The package that is built, and where.
    pub(super) package: &'a str,
    pub(super) dir: &'a Utf8Path,
    pub(super) interrupt: &'a Interrupt,
}

/// What it said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompilerWords {
    /// Files of diagnostics, one per source file (`-json=0`).
    pub files: Vec<String>,
    /// Remarks of all packages (`-m=1`).
    pub remarks: String,
}

/// Asks it; or says why it cannot be asked.
///
/// # Errors
/// When the user interrupts.
pub(super) fn ask(question: &Question<'_>) -> Result<Result<CompilerWords, String>, BuildError> {
    if question.module.is_empty() {
        return Ok(Err("the program is in no module".to_owned()));
    }
    let directory = tempfile::tempdir().map_err(BuildError::file("create", Utf8Path::new("a directory")))?;
    let Some(target) = directory.path().to_str().filter(|path| is_plain(path)) else {
        return Ok(Err(
            "the directory for temporary files has a name that the compiler cannot take".to_owned()
        ));
    };
    let mut words = vec!["list".to_owned(), "-export".to_owned(), "-deps".to_owned(), "-f=".to_owned()];
    words.extend(flags::compiler_words(question.spec, question.module, target)?);
    words.push(question.package.to_owned());
    let command = question.go.command(words, question.dir);
    let deadline = Duration::from_secs(BUILD_SECONDS);
    let limits = Limits { output: MAX_REMARKS, ..Limits::within(deadline) };
    let done = run(&command, &limits, question.interrupt)?;
    let remarks = done.stderr.text();
    match done.end {
        Ended::Exited(0) => {}
        Ended::Interrupted => return Err(BuildError::Interrupted),
        _ => return Ok(Err(remarks.lines().next().unwrap_or("the go command failed").to_owned())),
    }
    let mut files = Vec::new();
    find(Utf8Path::new(target), MAX_DEPTH, &mut files);
    // A directory has its files in any order; which are the first must not depend on it.
    files.sort();
    let files = files.iter().filter_map(|file| read(file)).collect();
    Ok(Ok(CompilerWords { files, remarks }))
}

/// It needs no quotes, neither in a URL nor in a list of flags.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

/// Files of diagnostics.
fn find(dir: &Utf8Path, depth: u32, files: &mut Vec<Utf8PathBuf>) {
    let Ok(entries) = dir.read_dir_utf8() else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if depth > 0 => find(path, depth - 1, files),
            false if path.extension() == Some("json") => files.push(path.to_owned()),
            _ => {}
        }
    }
}

fn read(file: &Utf8Path) -> Option<String> {
    let mut text = Vec::new();
    fs::File::open(file).ok()?.take(MAX_FILE).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_need_quotes_are_not_given_to_the_compiler() {
        assert!(is_plain("/tmp/.tmpAb_1-2") && !is_plain("/tmp/a b") && !is_plain("/tmp/a%20b"));
    }
}
