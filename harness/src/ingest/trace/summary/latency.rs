//! From "can run" to "runs", by what made the goroutine runnable; and why running ones gave way.

use rustc_hash::FxHashMap;

use super::seen::Seen;
use super::sketch::Sketch;
use super::table::Table;
use super::texts::Texts;
use crate::format::exectrace::StringId;
use crate::model::trace::{LatencySummary, RunnableCause, RunnableLatency, SlowStart, StopReason};
use crate::model::{GoroutineId, Nanoseconds, TraceTime};

/// Slow starts kept.
const MAX_WORST: usize = 10;

/// The runtime's word for an end of the time slice.
const PREEMPTED: &str = "preempted";

/// Causes, in the order of [`RunnableCause`].
const CAUSES: [RunnableCause; 6] = [
    RunnableCause::Created,
    RunnableCause::Unblocked,
    RunnableCause::Preempted,
    RunnableCause::Yielded,
    RunnableCause::Syscall,
    RunnableCause::Unknown,
];

/// Why a goroutine is runnable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runnable {
    /// The scheduler has to find it a processor.
    Queued(RunnableCause),
    /// Another coroutine hands its thread over to it.
    HandedOver,
}

/// A goroutine that began to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    pub(super) goroutine: GoroutineId,
    /// Number of its creation site.
    pub(super) site: u32,
    pub(super) at: TraceTime,
    pub(super) waited: Nanoseconds,
}

/// Latencies so far.
#[derive(Debug, Default)]
pub(super) struct Latency {
    by_cause: [Sketch; CAUSES.len()],
    handed_over: u64,
    /// Slowest first.
    worst: Vec<(Started, RunnableCause)>,
}

impl Latency {
    #[inline]
    pub(super) fn started(&mut self, started: Started, why: Runnable) {
        let Runnable::Queued(cause) = why else {
            self.handed_over += 1;
            return;
        };
        self.by_cause[cause as usize].add(started.waited);
        let full = self.worst.len() >= MAX_WORST;
        if !full || self.worst.last().is_some_and(|(least, _)| least.waited < started.waited) {
            self.keep(started, cause);
        }
    }

    #[cold]
    fn keep(&mut self, started: Started, cause: RunnableCause) {
        self.worst.truncate(MAX_WORST - 1);
        let place = self.worst.partition_point(|(other, _)| other.waited >= started.waited);
        self.worst.insert(place, (started, cause));
    }

    /// A goroutine whose creation the trace does not show turns out to be of this site.
    pub(super) fn named(&mut self, goroutine: GoroutineId, site: u32) {
        let of_it = self.worst.iter_mut().filter(|(slow, _)| slow.goroutine == goroutine);
        of_it.for_each(|(slow, _)| slow.site = site);
    }

    /// `start_of` names the function in which goroutines of a site start.
    pub(super) fn finish(self, start_of: impl Fn(u32) -> String) -> LatencySummary {
        let mut all = Sketch::default();
        self.by_cause.iter().for_each(|sketch| all.merge(sketch));
        let by_cause = CAUSES.iter().zip(&self.by_cause);
        let mut by_cause: Vec<_> = by_cause
            .map(|(&cause, sketch)| RunnableLatency { cause, latency: sketch.durations() })
            .filter(|row| row.latency.count > 0)
            .collect();
        by_cause.sort_by_key(|row| std::cmp::Reverse(row.latency.total));
        let slow_start = |(slow, cause): (Started, RunnableCause)| {
            let Started { goroutine, site, at, waited } = slow;
            SlowStart { goroutine, start: start_of(site), cause, at, waited }
        };
        LatencySummary {
            all: all.durations(),
            histogram: all.histogram(),
            by_cause,
            worst: self.worst.into_iter().map(slow_start).collect(),
            coroutine_switches: self.handed_over,
        }
    }
}

/// Reasons of `GoStop`.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// By number of the text.
    reasons: Table<u32, u64>,
    /// Of this generation: number of the reason, and what it makes of the goroutine.
    known: FxHashMap<StringId, (u32, RunnableCause)>,
}

impl Stops {
    pub(super) fn new_generation(&mut self) {
        self.known.clear();
    }

    /// Counts a stop; returns what made the goroutine runnable by that.
    pub(super) fn stopped(&mut self, reason: StringId, seen: &mut Seen<'_, '_>) -> RunnableCause {
        let (number, cause) = match self.known.get(&reason) {
            Some(known) => *known,
            None => {
                let text = seen.texts.string(reason, seen.reader);
                let preempted = seen.texts.text_at(text) == PREEMPTED;
                let cause = if preempted { RunnableCause::Preempted } else { RunnableCause::Yielded };
                let known = (self.reasons.number(text), cause);
                self.known.insert(reason, known);
                known
            }
        };
        if seen.counts() {
            self.reasons.row(number).into_iter().for_each(|count| *count += 1);
        }
        cause
    }

    /// Most frequent first.
    pub(super) fn finish(self, texts: &Texts) -> Vec<StopReason> {
        let met = self.reasons.into_rows().filter(|(_, count)| *count > 0);
        let mut reasons: Vec<_> =
            met.map(|(text, count)| StopReason { reason: texts.text_at(text).to_owned(), count }).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }
}
