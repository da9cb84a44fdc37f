//! Scenarios by name: `scenarios/NAME.toml` in a directory or above it, the nearest first.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::diagnostic::nearest;
use super::error::ScenarioError;
use super::gotest::Kind;
use super::load::load;
use super::resolve;
use super::resolved::Scenario;

/// Directory that scenarios are kept in.
const DIRECTORY: &str = "scenarios";

/// Names told that have the given one in them.
const MAX_NEAR: usize = 3;

/// The file of the scenario called `name`, from `from` upward.
///
/// # Errors
/// [`ScenarioError::NotFound`] with the places looked at and the names that are near.
pub fn find(name: &str, from: &Utf8Path) -> Result<Utf8PathBuf, ScenarioError> {
    let looked: Vec<Utf8PathBuf> =
        directories(from).into_iter().map(|dir| dir.join(format!("{name}.toml"))).collect();
    if let Some(path) = looked.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let files = files(from);
    let names: Vec<&str> = files.iter().filter_map(|path| path.file_stem()).collect();
    let near = near(name, &names);
    // Directories without scenarios are told only when there are none with.
    let mut places: Vec<Utf8PathBuf> =
        looked.iter().filter(|path| path.parent().is_some_and(Utf8Path::is_dir)).cloned().collect();
    if places.is_empty() {
        places = looked;
    }
    Err(ScenarioError::NotFound { name: name.to_owned(), looked: places, near })
}

/// Names that may be meant: a slip of the pen, or those of which it is a part (`server` of `server-tests`).
fn near(name: &str, names: &[&str]) -> Vec<String> {
    let slip = nearest(name, names.iter().copied()).map(str::to_owned);
    let parts = names.iter().filter(|known| !name.is_empty() && known.contains(name)).take(MAX_NEAR);
    slip.map_or_else(|| parts.map(|known| (*known).to_owned()).collect(), |slip| vec![slip])
}

/// Every scenario that [`find`] can see from `from`, by name, each loaded.
#[must_use]
pub fn list(from: &Utf8Path) -> Vec<(Utf8PathBuf, Result<Scenario, ScenarioError>)> {
    files(from).into_iter().map(|path| (path.clone(), load(&path))).collect()
}

/// A scenario with defaults for a package of the module that `dir` is in: one build, the three
/// modes, a checkpoint every 250 ms (a service need not end, and a short program still has its
/// last checkpoint at its end), no contract.
#[must_use]
pub fn for_package(dir: &Utf8Path, package: &str) -> Scenario {
    resolve::made_up(dir, package)
}

/// The same of the package's tests, or benchmarks.
#[must_use]
pub fn of_tests(scenario: Scenario, kind: Kind) -> Scenario {
    resolve::of_tests(scenario, kind)
}

fn directories(from: &Utf8Path) -> Vec<Utf8PathBuf> {
    let from = from.canonicalize_utf8().unwrap_or_else(|_| from.to_owned());
    from.ancestors().map(|dir| dir.join(DIRECTORY)).collect()
}

/// Scenario files by name; a nearer one hides a farther one of the same name.
fn files(from: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut seen = BTreeSet::new();
    let mut files: Vec<Utf8PathBuf> = directories(from)
        .iter()
        .flat_map(|dir| scenarios_in(dir))
        .filter(|path| seen.insert(path.file_stem().map(str::to_owned)))
        .collect();
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    files
}

fn scenarios_in(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = dir.read_dir_utf8() else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path().to_owned()))
        .filter(|path| path.extension() == Some("toml"))
        .filter(|path| path.file_name().is_some_and(|name| !name.ends_with(".baseline.toml")))
        .collect()
}
