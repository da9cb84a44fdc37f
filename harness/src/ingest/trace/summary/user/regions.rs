//! Regions by task's name and their own. They nest within a goroutine.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::seen::Seen;
use super::names::UserNames;
use super::spans::{Groups, Key};
use crate::model::trace::RegionGroup;
use crate::model::{GoroutineId, TraceTime};

/// A region that has begun and not ended.
#[derive(Debug, Clone, Copy)]
struct Open {
    group: u32,
    begin: TraceTime,
}

/// Regions so far.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// Innermost last.
    open: FxHashMap<u64, Vec<Open>>,
    groups: Groups,
}

impl Regions {
    pub(super) fn begin(&mut self, key: Key, seen: &Seen<'_, '_>) {
        let Some(goroutine) = seen.event.goroutine() else { return };
        let group = self.groups.number(key);
        if seen.counts() {
            self.groups.begun(group);
        }
        self.open.entry(goroutine.0).or_default().push(Open { group, begin: seen.event.time });
    }

    /// The innermost one ends: the runtime gives no other.
    pub(super) fn end(&mut self, key: Key, seen: &Seen<'_, '_>) {
        let Some(goroutine) = seen.event.goroutine() else { return };
        let ended = self.open.get_mut(&goroutine.0).and_then(Vec::pop);
        if !seen.counts() {
            return;
        }
        match ended {
            Some(Open { group, begin }) => self.groups.completed(group, seen.event.time.since(begin)),
            None => {
                let group = self.groups.number(key);
                self.groups.ended_only(group);
            }
        }
    }

    /// The goroutine is gone, and its regions with it.
    #[inline]
    pub(super) fn drop_of(&mut self, goroutine: GoroutineId) {
        if !self.open.is_empty() {
            self.open.remove(&goroutine.0);
        }
    }

    pub(super) fn finish(mut self, names: &UserNames) -> Vec<RegionGroup> {
        self.open.values().flatten().for_each(|open| self.groups.open(open.group));
        let row = |((task, name), row): (_, super::spans::Spans)| RegionGroup {
            name: names.text(name),
            task: Option::map(task, |task| names.text(task)),
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
