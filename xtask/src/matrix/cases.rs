//! Which scenarios the matrix is made of, and what is true of them.
//!
//! Input: the scenario files. Output: name, path and contract of each. A scenario without a contract is left out
//! unless it is in the zoo, where a leak may have no word in the contract yet; so are those about builds, which
//! compile the standard library again and again.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::command::root;
use crate::source::files;

/// A leak: what it is of, and the function it is laid at (none for a limit that is too low). A contract may ask for
/// more, which `harness check` and the verdict look after.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Leak {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) site: String,
}

impl Leak {
    /// Names this kind, and this function exactly (with or without the directories of its import path), or with a
    /// `*` at its end all functions that begin so.
    pub(super) fn is(&self, kind: &str, function: &str) -> bool {
        let short = function.rsplit('/').next().unwrap_or(function);
        let named = match self.site.strip_suffix('*') {
            Some(beginning) => function.starts_with(beginning),
            None => self.site.is_empty() || self.site == function || self.site == short,
        };
        self.kind == kind && named
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        if self.site.is_empty() { self.kind.clone() } else { format!("{} at {}", self.kind, self.site) }
    }
}

/// A scenario and its contract.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// `zoo/grpc`: the path below `scenarios`, without `.toml`.
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) leaks: Vec<Leak>,
}

#[derive(Deserialize)]
struct Scenario {
    expect: Option<Expect>,
}

#[derive(Deserialize)]
struct Expect {
    leaks: Vec<Leak>,
}

/// All cases whose name contains one of `only`, or simply all.
pub(super) fn all(only: &[String]) -> Result<Vec<Case>> {
    let directory = root().join("scenarios");
    let mut cases = Vec::new();
    for file in files(&directory, ".toml") {
        let inside = file.strip_prefix(&directory).unwrap_or(&file).with_extension("");
        let name = inside.display().to_string();
        let wanted = only.is_empty() || only.iter().any(|part| name.contains(part.as_str()));
        if name.ends_with(".baseline") || name.starts_with("build-") || !wanted {
            continue;
        }
        cases.extend(case(name, file)?);
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn case(name: String, file: PathBuf) -> Result<Option<Case>> {
    let scenario = contract(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let in_zoo = name.starts_with("zoo/");
    Ok(match scenario.expect {
        Some(Expect { leaks }) => Some(Case { name, file, leaks }),
        None if in_zoo => Some(Case { name, file, leaks: Vec::new() }),
        None => None,
    })
}

fn contract(file: &Path) -> Result<Scenario> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_that_leaks_has_a_twin_that_does_not() {
        let cases = all(&["zoo/".to_owned()]).unwrap();
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        let gaps = super::super::gaps::read().unwrap();
        for case in &cases {
            let leaks = !case.leaks.is_empty()
                || gaps.iter().any(|gap| gap.scenario == case.name && gap.misses.is_some());
            let twin = format!("{}-fixed", case.name);
            assert!(!leaks || names.contains(&twin.as_str()), "{} has no twin", case.name);
        }
        assert!(names.len() >= 90, "{}", names.len());
    }

    #[test]
    fn a_site_is_named_exactly() {
        let leak = Leak { kind: "heap".into(), site: "cache.(*Cache).Put".into() };
        assert!(leak.is("heap", "example.com/a/cache.(*Cache).Put"));
        assert!(!leak.is("heap", "example.com/a/cache.(*Cache).Put.func1"));
        assert!(!leak.is("goroutine", "cache.(*Cache).Put"));
        let library = Leak { kind: "heap".into(), site: "example.com/a/*".into() };
        assert!(library.is("heap", "example.com/a/cache.New"));
        assert!(!library.is("heap", "example.com/b.New"));
    }
}
