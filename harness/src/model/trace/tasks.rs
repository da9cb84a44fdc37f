//! User annotations (`runtime/trace`): tasks, regions, logs.
//!
//! Programs can compose names; beyond a few thousand of one sort the rest is one group, `(others)`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Durations;
use crate::model::{GoroutineId, TraceTime};

/// All annotations of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserSummary {
    /// Tasks by name and parent's name, longest total first.
    pub tasks: Vec<TaskGroup>,
    /// Regions by task's name and their own, longest total first.
    pub regions: Vec<RegionGroup>,
    /// Logs by category, most frequent first.
    pub logs: Vec<LogGroup>,
}

/// Tasks of one name under parents of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskGroup {
    /// `?` for tasks that began before the trace: it does not tell their name.
    pub name: String,
    /// Name of the parent task; `None` for none.
    pub parent: Option<String>,
    /// Tasks begun.
    pub begun: u64,
    /// Tasks that are not ended at the end.
    pub open: u64,
    /// Whole durations of those that ended. Without tasks that began before the trace.
    pub complete: Durations,
    /// Ends of tasks that began before the trace.
    pub ended_only: u64,
}

/// Regions of one name in tasks of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegionGroup {
    /// Name of the region.
    pub name: String,
    /// Name of its task; `None` for none.
    pub task: Option<String>,
    /// Regions begun.
    pub begun: u64,
    /// Regions that are not ended at the end, and whose goroutine still exists.
    pub open: u64,
    /// Whole durations of those that ended. Without regions that began before the trace.
    pub complete: Durations,
    /// Ends of regions that began before the trace.
    pub ended_only: u64,
}

/// Logs of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogGroup {
    /// May be empty.
    pub category: String,
    /// How many.
    pub count: u64,
    /// The last few, in order.
    pub last: Vec<LogExample>,
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogExample {
    /// When.
    pub at: TraceTime,
    /// Who.
    pub goroutine: Option<GoroutineId>,
    /// Name of its task; `None` for none.
    pub task: Option<String>,
    /// Its first 200 characters.
    pub message: String,
}
