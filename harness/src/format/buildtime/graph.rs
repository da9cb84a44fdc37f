//! `-debug-actiongraph`: a JSON list of actions.

use serde::Deserialize;

use super::elements::each;
use crate::format::Problem;
use crate::format::problems::Problems;
use crate::model::{Nanoseconds, WallTime};

/// All actions of a build.
#[derive(Debug, Default)]
pub struct Graph {
    /// In the file's order.
    pub actions: Vec<Action>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A piece of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Action {
    /// Its number, which others name it by.
    pub id: u64,
    /// `build`, `link`, `build check cache`, `cgo run`, ….
    pub mode: String,
    /// Import path; empty for actions of no package.
    pub package: String,
    /// Numbers of actions that it waits for.
    pub deps: Vec<u64>,
    /// When it could have begun; `None` if it never ran, as for the two below.
    pub ready: Option<WallTime>,
    /// When it began.
    pub start: Option<WallTime>,
    /// When it had ended.
    pub done: Option<WallTime>,
    /// Commands that it ran; none for what came from the cache.
    pub n_commands: u32,
    /// Their time.
    pub real: Nanoseconds,
    /// Their processor time, the system's included.
    pub cpu: Nanoseconds,
    /// It failed.
    pub failed: bool,
}

/// An action as it is written. A list may be `null`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    #[serde(rename = "ID")]
    id: u64,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    package: String,
    #[serde(default)]
    deps: Option<Vec<u64>>,
    #[serde(default)]
    time_ready: Option<String>,
    #[serde(default)]
    time_start: Option<String>,
    #[serde(default)]
    time_done: Option<String>,
    #[serde(default)]
    cmd: Option<Vec<String>>,
    #[serde(default)]
    cmd_real: i64,
    #[serde(default)]
    cmd_user: i64,
    #[serde(default)]
    cmd_sys: i64,
    #[serde(default)]
    failed: bool,
}

/// Reads a file.
#[must_use]
pub fn read(file: &str, bytes: &[u8]) -> Graph {
    let (mut actions, mut problems) = (Vec::new(), Problems::default());
    each(bytes, "action graph", &mut problems, |n, value, problems| match serde_json::from_value(value) {
        Ok(wire) => actions.push(action(wire)),
        Err(error) => problems.add(0, &format!("action {n}"), "an object with an ID", error.to_string()),
    });
    problems.name_file(file);
    Graph { actions, problems: problems.listed().to_vec() }
}

fn action(wire: Wire) -> Action {
    Action {
        id: wire.id,
        mode: wire.mode,
        package: wire.package,
        deps: wire.deps.unwrap_or_default(),
        ready: moment(wire.time_ready),
        start: moment(wire.time_start),
        done: moment(wire.time_done),
        n_commands: wire.cmd.map_or(0, |list| u32::try_from(list.len()).unwrap_or(u32::MAX)),
        real: Nanoseconds(wire.cmd_real.max(0)),
        cpu: Nanoseconds(wire.cmd_user.max(0).saturating_add(wire.cmd_sys.max(0))),
        failed: wire.failed,
    }
}

/// Go's zero time, of what never happened, is before any build.
fn moment(text: Option<String>) -> Option<WallTime> {
    let time: jiff::Timestamp = text?.parse().ok()?;
    let nanoseconds = i64::try_from(time.as_nanosecond()).ok()?;
    (nanoseconds > 0).then_some(WallTime(nanoseconds))
}
