//! The goroutines that exist, found by id.

use rustc_hash::FxHashMap;

use super::latency::Runnable;
use super::lives::Waits;
use crate::model::trace::StateTimes;
use crate::model::{GoroutineId, TraceTime};

/// What a goroutine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Running,
    Runnable(Runnable),
    /// Blocked, at this wait site.
    Waiting(u32),
    /// In a system call, at this site.
    Syscall(u32),
}

/// A goroutine that exists.
#[derive(Debug)]
pub(super) struct Living {
    pub(super) id: GoroutineId,
    /// Number of its creation site.
    pub(super) site: u32,
    pub(super) doing: Doing,
    /// Since when it is doing that.
    pub(super) since: TraceTime,
    /// When it was made, or when the trace began.
    pub(super) begin: TraceTime,
    /// Whether the trace shows how it was made.
    pub(super) born: bool,
    /// Time in each state, inside the window.
    pub(super) time: StateTimes,
    pub(super) waits: Waits,
    /// The wait site where it blocked last.
    pub(super) last_wait: Option<u32>,
}

/// Ids looked up together: as many as a processor takes at a time (`newproc1` in runtime/proc.go),
/// so that goroutines that were made together are found in one line of the cache.
const PAGE: usize = 16;

/// In a page: nobody.
const NOBODY: u32 = u32::MAX;

/// All of them. Places are used again.
#[derive(Debug, Default)]
pub(super) struct Register {
    /// Places of the ids from `number * PAGE` on.
    pages: FxHashMap<u64, [u32; PAGE]>,
    slots: Vec<Option<Living>>,
    free: Vec<u32>,
}

/// Number of the page of an id, and where it is there.
#[inline]
fn page(id: GoroutineId) -> (u64, usize) {
    (id.0 / PAGE as u64, (id.0 % PAGE as u64) as usize)
}

impl Register {
    #[inline]
    pub(super) fn get(&mut self, id: GoroutineId) -> Option<&mut Living> {
        let (number, at) = page(id);
        let place = self.pages.get(&number)?[at];
        self.slots.get_mut(place as usize)?.as_mut()
    }

    /// Adds one, unless its id is in use.
    pub(super) fn insert(&mut self, living: Living) -> bool {
        let (number, at) = page(living.id);
        let place = &mut self.pages.entry(number).or_insert([NOBODY; PAGE])[at];
        if *place != NOBODY {
            return false;
        }
        *place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(NOBODY)
        });
        if let Some(slot) = self.slots.get_mut(*place as usize) {
            *slot = Some(living);
        }
        true
    }

    pub(super) fn remove(&mut self, id: GoroutineId) -> Option<Living> {
        let (number, at) = page(id);
        let places = self.pages.get_mut(&number)?;
        let place = std::mem::replace(&mut places[at], NOBODY);
        if places.iter().all(|place| *place == NOBODY) {
            self.pages.remove(&number);
        }
        let gone = self.slots.get_mut(place as usize)?.take();
        self.free.push(place);
        gone
    }

    /// All, by id.
    pub(super) fn drain(&mut self) -> Vec<Living> {
        let mut all: Vec<_> = std::mem::take(&mut self.slots).into_iter().flatten().collect();
        all.sort_by_key(|living| living.id);
        *self = Self::default();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goroutine(id: u64) -> Living {
        let begin = TraceTime(0);
        let (doing, time, waits) = (Doing::Running, StateTimes::default(), Waits::default());
        let id = GoroutineId(id);
        Living { id, site: 0, doing, since: begin, begin, born: true, time, waits, last_wait: None }
    }

    #[test]
    fn what_is_removed_is_gone_and_its_space_is_used_again() {
        let mut register = Register::default();
        for id in [1, 15, 16, u64::MAX] {
            assert!(register.insert(goroutine(id)));
            assert!(!register.insert(goroutine(id)), "{id} is there already");
        }
        assert_eq!(register.remove(GoroutineId(16)).map(|gone| gone.id), Some(GoroutineId(16)));
        assert!(register.remove(GoroutineId(16)).is_none() && register.get(GoroutineId(16)).is_none());
        assert_eq!(register.pages.len(), 2, "an empty page goes");
        assert!(register.insert(goroutine(33)));
        assert_eq!(register.slots.len(), 4);
        let ids: Vec<u64> = register.drain().iter().map(|living| living.id.0).collect();
        assert_eq!(ids, [1, 15, 33, u64::MAX]);
        assert!(register.get(GoroutineId(1)).is_none());
    }
}
