//! Groups of things that begin and end: what tasks and regions have in common.

use super::super::sketch::Sketch;
use super::super::table::Table;
use super::names::{MAX, OTHERS_NAME};
use crate::model::Nanoseconds;

/// Name of what surrounds (a parent task, a region's task), if anything, and the own name.
pub(super) type Key = (Option<u32>, u32);

/// What is counted of a group.
#[derive(Debug, Default)]
pub(super) struct Spans {
    pub(super) begun: u64,
    pub(super) open: u64,
    pub(super) complete: Sketch,
    pub(super) ended_only: u64,
}

/// All groups of one sort.
#[derive(Debug, Default)]
pub(super) struct Groups(Table<Key, Spans>);

impl Groups {
    /// Number of a group.
    pub(super) fn number(&mut self, key: Key) -> u32 {
        self.0.number_within(key, MAX, (None, OTHERS_NAME))
    }

    pub(super) fn begun(&mut self, group: u32) {
        self.0.row(group).into_iter().for_each(|row| row.begun += 1);
    }

    pub(super) fn open(&mut self, group: u32) {
        self.0.row(group).into_iter().for_each(|row| row.open += 1);
    }

    pub(super) fn completed(&mut self, group: u32, duration: Nanoseconds) {
        self.0.row(group).into_iter().for_each(|row| row.complete.add(duration));
    }

    pub(super) fn ended_only(&mut self, group: u32) {
        self.0.row(group).into_iter().for_each(|row| row.ended_only += 1);
    }

    /// Groups of which something was counted.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (Key, Spans)> {
        self.0.into_rows().filter(|(_, row)| {
            row.begun + row.open + row.ended_only > 0 || row.complete.durations().count > 0
        })
    }
}
