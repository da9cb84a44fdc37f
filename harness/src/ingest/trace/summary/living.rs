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

/// All of them. Places are used again.
#[derive(Debug, Default)]
pub(super) struct Register {
    places: FxHashMap<u64, u32>,
    slots: Vec<Option<Living>>,
    free: Vec<u32>,
}

impl Register {
    #[inline]
    pub(super) fn get(&mut self, id: GoroutineId) -> Option<&mut Living> {
        let place = *self.places.get(&id.0)?;
        self.slots.get_mut(place as usize)?.as_mut()
    }

    /// Adds one whose id is not in use.
    pub(super) fn insert(&mut self, living: Living) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let id = living.id.0;
        if let Some(slot) = self.slots.get_mut(place as usize) {
            *slot = Some(living);
            self.places.insert(id, place);
        }
    }

    pub(super) fn remove(&mut self, id: GoroutineId) -> Option<Living> {
        let place = self.places.remove(&id.0)?;
        self.free.push(place);
        self.slots.get_mut(place as usize)?.take()
    }

    /// All, by id.
    pub(super) fn drain(&mut self) -> Vec<Living> {
        let mut all: Vec<_> = std::mem::take(&mut self.slots).into_iter().flatten().collect();
        all.sort_by_key(|living| living.id);
        *self = Self::default();
        all
    }
}
