//! Two traces side by side: what grew per operation, or per second, and whether that matters.
//!
//! Input: two summaries and what a unit of work is. Output: [`TraceDiff`], a document with a form for terminals and
//! one in JSON (`harness schema trace-diff`). Places are matched by the names of their functions, so that a line that
//! moved between two versions of a program is the same place.

mod build;
mod change;
mod collect;
mod terminal;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Nanoseconds;

pub use build::{Input, diff};
pub use change::{Change, Unit};
pub use terminal::to_terminal;

/// Version of the document.
pub const DIFF_FORMAT: u32 = 1;

/// What figures are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Operations of the workload, as the user counts them.
    Operation,
    /// Seconds of the trace.
    Second,
}

/// One of the two traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// As the user named it.
    pub file: String,
    /// Version of its format.
    pub format: String,
    /// How long it is.
    pub duration: Nanoseconds,
    /// Operations or seconds in it.
    pub divisor: f64,
    /// Events.
    pub events: u64,
    /// Problems: it may not be whole.
    pub problems: u64,
}

/// The comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceDiff {
    /// [`DIFF_FORMAT`].
    pub format: u32,
    /// Version of the harness that compared.
    pub harness: String,
    /// What figures are divided by.
    pub per: Per,
    /// The first trace.
    pub a: Side,
    /// The second trace.
    pub b: Side,
    /// What is compared, each sorted by growth, most first.
    pub topics: Vec<Topic>,
}

/// One thing that is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// A stable name: `goroutines-left`, `state-time`, `blocking`.
    pub name: String,
    /// The same for people.
    pub title: String,
    /// The figures.
    pub changes: Vec<Change>,
}

impl TraceDiff {
    /// Changes that matter, with their topic; those that grew most by factor first.
    pub fn that_matter(&self) -> impl Iterator<Item = (&Topic, &Change)> {
        let all =
            self.topics.iter().flat_map(|topic| topic.changes.iter().map(move |change| (topic, change)));
        all.filter(|(_, change)| change.matters)
    }

    /// Keeps `top` changes of every topic, those that changed most.
    pub fn shorten(&mut self, top: usize) {
        for topic in &mut self.topics {
            topic.changes = change::largest(&topic.changes, top).into_iter().cloned().collect();
        }
    }

    /// As JSON, with a newline at its end.
    ///
    /// # Errors
    /// Only if a value has no JSON form, which would be a bug.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        crate::report::json::document(self)
    }
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(TraceDiff).to_value()
}
