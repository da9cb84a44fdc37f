//! Figures of one set of objects: all of a type, or all.

use super::ages::{Buckets, RowAges};
use super::history::{Histories, History, Since};
use super::objects;
use crate::model::Bytes;
use crate::model::trace::{TypeCycle, TypeFigures};

/// Figures so far.
#[derive(Debug, Default)]
pub(super) struct Figures {
    live: u64,
    live_bytes: u64,
    allocated: u64,
    allocated_bytes: u64,
    freed: u64,
    freed_bytes: u64,
    freed_ages: Buckets,
    since: Since,
    /// Something happened since the history was written last.
    pub(super) changed: bool,
    pub(super) history: History,
}

impl Figures {
    #[inline]
    pub(super) fn born(&mut self, bytes: u64, counts: bool) {
        self.live += 1;
        self.live_bytes = self.live_bytes.saturating_add(bytes);
        if counts {
            self.allocated += 1;
            self.allocated_bytes = self.allocated_bytes.saturating_add(bytes);
            self.since.allocated += 1;
            self.since.allocated_bytes = self.since.allocated_bytes.saturating_add(bytes);
        }
    }

    /// `age` is `None` for what is older than the trace.
    #[inline]
    pub(super) fn died(&mut self, bytes: u64, (age, counts): (Option<u32>, bool)) {
        self.live = self.live.saturating_sub(1);
        self.live_bytes = self.live_bytes.saturating_sub(bytes);
        if counts {
            self.freed += 1;
            self.freed_bytes = self.freed_bytes.saturating_add(bytes);
            self.since.freed += 1;
            if let Some(age) = age {
                self.freed_ages.add(age, 1);
            }
        }
    }

    /// Whether there is anything to tell.
    pub(super) fn met(&self) -> bool {
        self.live + self.allocated + self.freed > 0
    }

    /// What happened since the last time.
    pub(super) fn since_cut(&mut self, cycle: u32) -> TypeCycle {
        let Since { allocated, allocated_bytes, freed } = std::mem::take(&mut self.since);
        TypeCycle {
            after: u64::from(cycle),
            allocated: objects(allocated),
            freed: objects(freed),
            // What came meanwhile can't be found dead before the next cycle.
            survived: objects(self.live.saturating_sub(allocated)),
            survived_bytes: Bytes(self.live_bytes.saturating_sub(allocated_bytes)),
            live: objects(self.live),
            live_bytes: Bytes(self.live_bytes),
        }
    }

    /// Writes what happened since the last time into the history.
    pub(super) fn cut(&mut self, histories: &Histories) {
        self.changed = false;
        let row = self.since_cut(histories.cycle());
        self.history.push(row, histories.stride());
    }

    pub(super) fn finish(&self, ages: RowAges<'_>, cycle: u32) -> TypeFigures {
        let at_begin =
            |live: u64, freed: u64, allocated: u64| live.saturating_add(freed).saturating_sub(allocated);
        TypeFigures {
            live: objects(self.live),
            live_bytes: Bytes(self.live_bytes),
            older: objects(ages.older()),
            carried: objects(at_begin(self.live, self.freed, self.allocated)),
            carried_bytes: Bytes(at_begin(self.live_bytes, self.freed_bytes, self.allocated_bytes)),
            allocated: objects(self.allocated),
            allocated_bytes: Bytes(self.allocated_bytes),
            freed: objects(self.freed),
            freed_bytes: Bytes(self.freed_bytes),
            distinct_ages: ages.distinct(),
            ages: ages.buckets(cycle).finish(),
            freed_ages: self.freed_ages.finish(),
        }
    }
}
