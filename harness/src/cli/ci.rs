//! Forms for continuous integration: where the sources lie in the repository, and what GitHub's runner wants beside the log.

use std::fs::OpenOptions;
use std::io::Write as _;

use camino::Utf8Path;

use super::Context;
use super::error::CliError;
use super::files::unwritable;
use super::pipeline::Analysis;
use crate::report::Look;
use crate::report::ci::{self, Ci};

type Rendered = Result<Vec<u8>, CliError>;

/// Set to `true` by GitHub's runner.
const ACTIONS: &str = "GITHUB_ACTIONS";
/// The file that a step's summary is appended to.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// What that file may have (docs of GitHub's workflow commands), bytes.
const MOST_SUMMARY: u64 = 1 << 20;

/// The run is a step of GitHub's.
pub(super) fn is_github(context: &Context) -> bool {
    context.environment.get(ACTIONS).is_some_and(|value| value == "true")
}

/// The path of a directory within its repository: below the directory with a `.git`, which is a file in a work tree.
fn prefix(module_dir: &Utf8Path) -> String {
    let top = module_dir.ancestors().find(|dir| dir.join(".git").exists());
    let inside = top.and_then(|top| module_dir.strip_prefix(top).ok());
    inside.map(Utf8Path::to_string).unwrap_or_default()
}

fn rendered<T>(analysis: &Analysis, render: impl FnOnce(&Ci<'_>) -> T) -> T {
    let module_dir = Utf8Path::new(&analysis.module_dir);
    let prefix = prefix(module_dir);
    render(&Ci { report: &analysis.report, module_dir: module_dir.as_str(), prefix: &prefix })
}

pub(super) fn junit(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(rendered(analysis, ci::to_junit).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn sarif(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(rendered(analysis, ci::to_sarif).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn code_scanning(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(rendered(analysis, ci::to_code_scanning).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn github(analysis: &Analysis, look: &Look) -> Rendered {
    Ok(rendered(analysis, |ci| ci::to_github(ci, look)).into_bytes())
}

pub(super) fn gitlab(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(rendered(analysis, ci::to_gitlab).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn markdown(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(rendered(analysis, ci::to_markdown).into_bytes())
}

/// Appends the report to the step's summary, if there is room: others write to it, too.
pub(super) fn summarize(analysis: &Analysis, context: &Context) -> Result<(), CliError> {
    let Some(path) = context.environment.get(SUMMARY).filter(|path| !path.is_empty()) else { return Ok(()) };
    let path = Utf8Path::new(path);
    let text = rendered(analysis, ci::to_markdown);
    let used = path.metadata().map_or(0, |metadata| metadata.len());
    if used.saturating_add(text.len() as u64) > MOST_SUMMARY {
        context.console.say("the step's summary has no room for the report");
        return Ok(());
    }
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| unwritable(path, &error))
}
