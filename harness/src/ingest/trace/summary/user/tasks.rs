//! Tasks by name and parent's name. They may end in any generation, on any goroutine.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::seen::Seen;
use super::names::{UNKNOWN_NAME, UserNames};
use super::spans::Groups;
use crate::format::exectrace::TaskId;
use crate::model::TraceTime;
use crate::model::trace::TaskGroup;

/// A task that has begun and not ended.
#[derive(Debug, Clone, Copy)]
struct Open {
    name: u32,
    group: u32,
    begin: TraceTime,
}

/// Tasks so far.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    open: FxHashMap<TaskId, Open>,
    groups: Groups,
}

impl Tasks {
    pub(super) fn begin(&mut self, task: TaskId, (name, parent): (u32, TaskId), seen: &Seen<'_, '_>) {
        let group = self.groups.number((self.name_of(parent), name));
        if seen.counts() {
            self.groups.begun(group);
        }
        self.open.insert(task, Open { name, group, begin: seen.event.time });
    }

    pub(super) fn end(&mut self, task: TaskId, seen: &Seen<'_, '_>) {
        let ended = self.open.remove(&task);
        if !seen.counts() {
            return;
        }
        match ended {
            Some(Open { group, begin, .. }) => self.groups.completed(group, seen.event.time.since(begin)),
            None => {
                let unknown = self.groups.number((None, UNKNOWN_NAME));
                self.groups.ended_only(unknown);
            }
        }
    }

    /// Name of an open task: `None` for no task, unknown for one that began before the trace or has
    /// ended already.
    pub(super) fn name_of(&self, task: TaskId) -> Option<u32> {
        let open = || self.open.get(&task).map_or(UNKNOWN_NAME, |open| open.name);
        (task != TaskId::BACKGROUND).then(open)
    }

    pub(super) fn finish(mut self, names: &UserNames) -> Vec<TaskGroup> {
        self.open.values().for_each(|open| self.groups.open(open.group));
        let row = |((parent, name), row): (_, super::spans::Spans)| TaskGroup {
            name: names.text(name),
            parent: Option::map(parent, |parent| names.text(parent)),
            begun: row.begun,
            open: row.open,
            complete: row.complete.durations(),
            ended_only: row.ended_only,
        };
        let mut groups: Vec<_> = self.groups.into_rows().map(row).collect();
        groups.sort_by_key(|group| Reverse((group.complete.total, group.begun)));
        groups
    }
}
