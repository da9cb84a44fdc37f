//! Why there is no scenario.

use std::io;

use camino::Utf8PathBuf;

use super::diagnostic::Rejected;

/// Why a scenario could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("could not read scenario `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file's content is refused.
    #[error("{0}")]
    Invalid(Box<Rejected>),
    /// No file of that name.
    #[error("there is no scenario `{name}`{}{}\nhint: {}", looked_lines(.looked), near_lines(.near), hint(.near))]
    NotFound {
        /// The name asked for.
        name: String,
        /// The files that would have been it.
        looked: Vec<Utf8PathBuf>,
        /// Names that are there and look like it.
        near: Vec<String>,
    },
}

fn looked_lines(files: &[Utf8PathBuf]) -> String {
    files.iter().map(|file| format!("\n  looked for `{file}`")).collect()
}

fn near_lines(names: &[String]) -> String {
    names.iter().map(|name| format!("\n  did you mean `{name}`?")).collect()
}

fn hint(near: &[String]) -> String {
    near.first().map_or_else(
        || "`harness list` shows the scenarios it can see, and a path to a file works too".to_owned(),
        |name| format!("harness run {name}"),
    )
}
