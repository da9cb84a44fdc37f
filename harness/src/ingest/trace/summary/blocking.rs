//! Waits by reason and place, system calls by place.

use rustc_hash::FxHashMap;

use super::clip::{Stayed, add};
use super::seen::Seen;
use super::table::Table;
use super::texts::{EMPTY, Texts};
use crate::format::exectrace::{StackId, StringId};
use crate::model::Nanoseconds;
use crate::model::trace::{BlockingSite, SyscallSite};

/// Reason of a wait that began before the trace did: a status event does not tell it.
const UNKNOWN: &str = "unknown";
/// Reason of a coroutine that waits for its turn: the runtime gives none.
const COROUTINE: &str = "coroutine";

/// Stays in one state at one place.
#[derive(Debug, Default, Clone, Copy)]
struct Stays {
    count: u64,
    carried: u64,
    open: u64,
    /// Ended with the processor gone.
    blocked: u64,
    total: Nanoseconds,
    max: Nanoseconds,
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Plain,
    /// Of a system call: without the processor it began with.
    Blocked,
    /// The window, or the trace, ended first.
    Open,
}

impl Stays {
    fn add(&mut self, stayed: Stayed, end: End) {
        self.count += u64::from(stayed.begun);
        self.carried += u64::from(!stayed.begun);
        self.open += u64::from(end == End::Open);
        self.blocked += u64::from(end == End::Blocked);
        add(&mut self.total, stayed.time);
        self.max = self.max.max(stayed.time);
    }
}

/// Reason and place, as numbers of [`Texts`].
type WaitKey = (u32, u32);

/// All waits by reason and place, and all system calls by place.
#[derive(Debug, Default)]
pub(super) struct Blocking {
    waits: Table<WaitKey, Stays>,
    /// Of this generation.
    known_waits: FxHashMap<(StringId, StackId), u32>,
    /// By number of the stack.
    syscalls: Table<u32, Stays>,
}

impl Blocking {
    pub(super) fn new_generation(&mut self) {
        self.known_waits.clear();
    }

    /// Number of the site at which the event's goroutine blocks for `reason`.
    #[inline]
    pub(super) fn wait_site(&mut self, reason: StringId, seen: &mut Seen<'_, '_>) -> u32 {
        let key = (reason, seen.event.stack());
        if let Some(&known) = self.known_waits.get(&key) {
            return known;
        }
        let site = match reason.is_none() {
            true => self.coroutine_site(seen.texts),
            false => {
                let reason = seen.texts.string(reason, seen.reader);
                self.waits.number((reason, seen.stack()))
            }
        };
        self.known_waits.insert(key, site);
        site
    }

    /// Number of the site of all coroutines that wait for their turn.
    pub(super) fn coroutine_site(&mut self, texts: &mut Texts) -> u32 {
        self.waits.number((texts.text(COROUTINE), EMPTY))
    }

    /// Number of the site of a wait that began before the trace.
    pub(super) fn unknown_site(&mut self, seen: &mut Seen<'_, '_>) -> u32 {
        let reason = seen.texts.text(UNKNOWN);
        self.waits.number((reason, seen.stack()))
    }

    /// Number of the site of a system call at the event's stack.
    #[inline]
    pub(super) fn syscall_site(&mut self, seen: &mut Seen<'_, '_>) -> u32 {
        self.syscalls.number(seen.stack())
    }

    /// Adds a wait; returns its reason.
    #[inline]
    pub(super) fn waited(&mut self, site: u32, stayed: Stayed, end: End) -> u32 {
        self.waits.row(site).into_iter().for_each(|stays| stays.add(stayed, end));
        self.waits.key(site).map_or(EMPTY, |key| key.0)
    }

    /// Adds a system call.
    #[inline]
    pub(super) fn called(&mut self, site: u32, stayed: Stayed, end: End) {
        self.syscalls.row(site).into_iter().for_each(|stays| stays.add(stayed, end));
    }

    /// Reason and place of a site.
    pub(super) fn wait_key(&self, site: u32) -> WaitKey {
        self.waits.key(site).copied().unwrap_or((EMPTY, EMPTY))
    }

    /// Both lists, longest first.
    pub(super) fn finish(self, texts: &Texts) -> (Vec<BlockingSite>, Vec<SyscallSite>) {
        let met = |stays: &Stays| stays.count + stays.carried > 0;
        let waits = self.waits.into_rows().filter(|(_, stays)| met(stays));
        let mut waits: Vec<_> = waits.map(|(key, stays)| blocking_site(key, stays, texts)).collect();
        waits.sort_by_key(|site| std::cmp::Reverse((site.total, site.count)));
        let syscalls = self.syscalls.into_rows().filter(|(_, stays)| met(stays));
        let mut syscalls: Vec<_> = syscalls.map(|(stack, stays)| syscall_site(stack, stays, texts)).collect();
        syscalls.sort_by_key(|site| std::cmp::Reverse((site.total, site.count)));
        (waits, syscalls)
    }
}

fn blocking_site((reason, stack): WaitKey, stays: Stays, texts: &Texts) -> BlockingSite {
    let Stays { count, carried, open, total, max, .. } = stays;
    let reason = texts.text_at(reason).to_owned();
    BlockingSite { reason, stack: texts.stack_at(stack), count, carried, open, total, max }
}

fn syscall_site(stack: u32, stays: Stays, texts: &Texts) -> SyscallSite {
    let Stays { count, carried, open, blocked, total, max } = stays;
    SyscallSite { stack: texts.stack_at(stack), count, carried, open, blocked, total, max }
}
