//! Facts of the trace: times, versions, counts, threads, GOMAXPROCS.

use rustc_hash::FxHashSet;

use super::clip::Clip;
use super::kinds;
use super::seen::Seen;
use crate::format::exectrace::{EventKind, Reader, Sync};
use crate::model::trace::{GomaxprocsRange, KindCount, TraceFacts};
use crate::model::{TraceTime, WallTime};

/// Threads that are recognised without a look into the set.
const RECENT: usize = 64;

/// Facts so far.
#[derive(Debug)]
pub(super) struct Facts {
    clip: Clip,
    counts: [u64; kinds::NAMES.len()],
    threads: FxHashSet<u64>,
    recent: [Option<u64>; RECENT],
    gomaxprocs: Option<GomaxprocsRange>,
    wall_start: Option<WallTime>,
    generations: u64,
}

impl Facts {
    pub(super) fn new(clip: Clip) -> Self {
        Self {
            clip,
            counts: [0; kinds::NAMES.len()],
            threads: FxHashSet::default(),
            recent: [None; RECENT],
            gomaxprocs: None,
            wall_start: None,
            generations: 0,
        }
    }

    pub(super) fn event(&mut self, seen: &Seen<'_, '_>) {
        match *seen.kind {
            EventKind::Sync(sync) => self.sync(sync),
            EventKind::ProcsChange { procs } => self.procs_change(procs, seen.counts()),
            _ => {}
        }
        if seen.counts() {
            self.counts[kinds::number(seen.kind)] += 1;
            seen.event.thread().into_iter().for_each(|thread| self.thread(thread.0));
        }
    }

    fn sync(&mut self, sync: Sync) {
        self.generations = sync.number;
        if let Some(clocks) = sync.clocks {
            let start = || clocks.wall.plus(self.clip.first.since(clocks.trace));
            self.wall_start.get_or_insert_with(start);
        }
    }

    /// The value when the window begins is its first.
    fn procs_change(&mut self, procs: u64, counts: bool) {
        let known = self.gomaxprocs.filter(|_| counts);
        let before = known.unwrap_or(GomaxprocsRange { first: procs, last: procs, max: procs });
        self.gomaxprocs = Some(GomaxprocsRange { last: procs, max: before.max.max(procs), ..before });
    }

    fn thread(&mut self, thread: u64) {
        let recent = &mut self.recent[(thread % RECENT as u64) as usize];
        if *recent != Some(thread) {
            *recent = Some(thread);
            self.threads.insert(thread);
        }
    }

    /// The facts. `ended`: the last sync event was the one that ends the trace.
    pub(super) fn finish(self, end: TraceTime, ended: bool, reader: &Reader<'_>) -> TraceFacts {
        let counted = kinds::NAMES.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        let mut events_by_kind: Vec<_> =
            counted.map(|(kind, count)| KindCount { kind: (*kind).to_owned(), count }).collect();
        events_by_kind.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
        TraceFacts {
            first: self.clip.first,
            begin: self.clip.begin.min(end),
            end,
            wall_start: self.wall_start,
            generations: self.generations.saturating_sub(u64::from(ended)),
            events: self.counts.iter().sum(),
            events_by_kind,
            gomaxprocs: self.gomaxprocs,
            threads: self.threads.len() as u64,
            ..of_reader(reader)
        }
    }
}

/// What the reader itself knows.
pub(super) fn of_reader(reader: &Reader<'_>) -> TraceFacts {
    TraceFacts {
        format: format!("1.{}", reader.version().minor()),
        problems: reader.problems().iter().map(ToString::to_string).collect(),
        unlisted_problems: reader.unlisted_problems(),
        ..TraceFacts::default()
    }
}
