//! `[delve]`: what is looked at under the debugger.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stops of a breakpoint that are recorded if nothing is said.
const MAX: usize = 10;

/// What is looked at in a repeat under the debugger, see `harness debug`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Delve {
    /// The variant that is debugged. By default the first one, compiled without optimisation (`-N -l`), so that all
    /// variables can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Where it is stopped, and what is looked at there.
    #[serde(rename = "break", skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<DelveBreak>,
}

/// A breakpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelveBreak {
    /// A function (`main.handle`, `cache.(*Cache).Put`) or a line (`internal/cache/cache.go:44`).
    pub at: String,
    /// A condition in Go (`q.ID == 1001`). One that is false costs about two milliseconds each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// A condition on the number of times that the place was reached (`== 1001`, `>= 10`, `% 100`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hits: Option<String>,
    /// Expressions whose values are shown; the function's arguments by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
    /// Frames of the stack that are shown; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<u32>,
    /// Makes it a log point: a line of text with the values of expressions in braces (`request {q.ID}`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Stops that are recorded before the breakpoint is taken away; 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max: Option<u32>,
}

impl DelveBreak {
    /// Stops that are recorded.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max.map_or(MAX, |max| usize::try_from(max).unwrap_or(MAX))
    }

    /// What is evaluated at a stop.
    #[must_use]
    pub fn expressions(&self) -> Vec<String> {
        let Some(log) = &self.log else { return self.show.clone() };
        let parts = log.split('{').skip(1);
        parts.filter_map(|part| part.split_once('}')).map(|(expression, _)| expression.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_point_evaluates_what_stands_in_its_braces() {
        let log = DelveBreak { log: Some("id {q.ID}, {len(m)} in all".to_owned()), ..DelveBreak::default() };
        assert_eq!(log.expressions(), ["q.ID", "len(m)"]);
        let plain = DelveBreak { show: vec!["q".to_owned()], ..DelveBreak::default() };
        assert_eq!(plain.expressions(), ["q"]);
    }
}
