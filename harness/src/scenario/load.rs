//! One scenario file -> [`Scenario`], or everything that is wrong with it.

use std::fs;
use std::io::{self, Read};

use camino::Utf8Path;
use toml::de::DeTable;

use super::diagnostic::{Diagnostic, Rejected};
use super::document::Document;
use super::error::ScenarioError;
use super::file::ScenarioFile;
use super::resolve::{Base, resolve};
use super::resolved::Scenario;
use super::{check, rules, schema, variants};

/// Largest scenario file, bytes: anything above is another kind of file.
const MAX_SIZE: u64 = 1 << 20;

/// Reads, checks and resolves the scenario at `path`.
///
/// # Errors
/// When it cannot be read, or is refused: then with every mistake found, each at its place.
pub fn load(path: &Utf8Path) -> Result<Scenario, ScenarioError> {
    let read = |source| ScenarioError::Read { path: path.to_owned(), source };
    let text = read_text(path).map_err(read)?;
    let full = path.canonicalize_utf8().map_err(read)?;
    parse(&text, path, &full)
        .map_err(|found| ScenarioError::Invalid(Box::new(Rejected::new(path, text, found))))
}

/// The scenario that `text` would be, were it at `path`.
///
/// # Errors
/// When it is refused.
pub fn of_text(text: String, path: &Utf8Path) -> Result<Scenario, ScenarioError> {
    parse(&text, path, path)
        .map_err(|found| ScenarioError::Invalid(Box::new(Rejected::new(path, text, found))))
}

fn read_text(path: &Utf8Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a scenario has at most 1 MiB"));
    }
    Ok(text)
}

/// Text -> scenario; `full` is the file's absolute path.
fn parse(text: &str, path: &Utf8Path, full: &Utf8Path) -> Result<Scenario, Vec<Diagnostic>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(syntax).collect());
    }
    let found = check::check(&schema::json_schema(), &tree);
    if !found.is_empty() {
        return Err(found);
    }
    // The check has passed what serde takes; an error here is a rule that only serde knows.
    let file: ScenarioFile = toml::from_str(text).map_err(|error| vec![syntax(&error)])?;
    let document = Document::new(&tree);
    let (drafts, mut found) = variants::expand(&file, &document);
    found.extend(rules::check(&file, &drafts, &document));
    let dir = full.parent().unwrap_or(path);
    let scenario = resolve(file, drafts, &Base { path: full, dir }, &document, &mut found);
    if found.is_empty() { Ok(scenario) } else { Err(found) }
}

fn syntax(error: &toml::de::Error) -> Diagnostic {
    Diagnostic::new(error.span().unwrap_or(0..0), error.message().lines().collect::<Vec<_>>().join(", "))
}
