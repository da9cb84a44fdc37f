//! Logs by category, with the last few of each.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::super::table::Table;
use super::names::UserNames;
use crate::format::exectrace::Event;
use crate::model::trace::{LogExample, LogGroup};
use crate::model::{GoroutineId, TraceTime};

/// Logs kept of each category.
const MAX_EXAMPLES: usize = 5;

/// Characters kept of each message.
const MAX_MESSAGE: usize = 200;

/// A log with its task's name as a number.
#[derive(Debug)]
struct Kept {
    at: TraceTime,
    goroutine: Option<GoroutineId>,
    task: Option<u32>,
    message: String,
}

#[derive(Debug, Default)]
struct Group {
    count: u64,
    last: VecDeque<Kept>,
}

/// Logs so far, by category.
#[derive(Debug, Default)]
pub(super) struct Logs(Table<u32, Group>);

impl Logs {
    /// Adds one. The text of the one it displaces gives its space.
    pub(super) fn add(&mut self, category: u32, (task, text): (Option<u32>, &str), event: &Event) {
        let number = self.0.number(category);
        let Some(group) = self.0.row(number) else { return };
        group.count += 1;
        let displaced = if group.last.len() < MAX_EXAMPLES { None } else { group.last.pop_front() };
        let mut message = displaced.map(|kept| kept.message).unwrap_or_default();
        message.clear();
        let end = text.char_indices().nth(MAX_MESSAGE).map_or(text.len(), |(end, _)| end);
        message.push_str(&text[..end]);
        group.last.push_back(Kept { at: event.time, goroutine: event.goroutine(), task, message });
    }

    pub(super) fn finish(self, names: &UserNames) -> Vec<LogGroup> {
        let example = |Kept { at, goroutine, task, message }| LogExample {
            at,
            goroutine,
            task: Option::map(task, |task| names.text(task)),
            message,
        };
        let group = |(category, group): (u32, Group)| LogGroup {
            category: names.text(category),
            count: group.count,
            last: group.last.into_iter().map(example).collect(),
        };
        let mut groups: Vec<_> = self.0.into_rows().map(group).collect();
        groups.sort_by_key(|group| Reverse(group.count));
        groups
    }
}
