//! The garbage collector: cycles with all that belongs to them, stops of the world, heap over time.
//!
//! What goroutines and processors do for the collector is measured by the parts here and added to
//! the cycle it was done for: marking to the one that runs, sweeping to the one that ended last.

mod curve;
mod cycles;
mod ranges;
mod stops;
#[cfg(test)]
mod tests;
mod workers;

use self::curve::Curve;
use self::cycles::Cycles;
use self::ranges::Ranges;
use self::stops::{Phase, Stopped, Stops};
use self::workers::Workers;
use super::clip::Clip;
use super::seen::Seen;
use super::texts::Texts;
use crate::format::exectrace::EventKind;
use crate::model::trace::GcSummary;
use crate::model::{Bytes, TraceTime};

/// The collector so far.
#[derive(Debug)]
pub(super) struct Gc {
    cycles: Cycles,
    stops: Stops,
    /// By goroutine.
    assists: Ranges,
    /// By processor.
    sweeps: Ranges,
    swept: Bytes,
    reclaimed: Bytes,
    workers: Workers,
    curve: Curve,
    clip: Clip,
    /// When this generation began.
    generation_begin: TraceTime,
}

impl Gc {
    pub(super) fn new(clip: Clip) -> Self {
        Self {
            cycles: Cycles::new(clip),
            stops: Stops::default(),
            assists: Ranges::new(clip),
            sweeps: Ranges::new(clip),
            swept: Bytes(0),
            reclaimed: Bytes(0),
            workers: Workers::new(clip),
            curve: Curve::default(),
            clip,
            generation_begin: clip.first,
        }
    }

    /// Takes one event. Most are none of the collector's.
    #[inline]
    pub(super) fn event(&mut self, seen: &mut Seen<'_, '_>) {
        match *seen.kind {
            EventKind::GoBlock { .. } | EventKind::GoStop { .. } | EventKind::GoDestroy => self.off(seen),
            EventKind::GoLabel { label } => self.workers.label(label, seen),
            EventKind::HeapAlloc { live } => self.heap_alloc(live, seen),
            EventKind::HeapGoal { goal } => self.heap_goal(goal, seen),
            EventKind::GcMarkAssistBegin => self.assist_begins(seen),
            EventKind::GcMarkAssistEnd => self.assist_ends(seen),
            EventKind::GcSweepBegin => self.sweep_begins(seen),
            EventKind::GcSweepEnd { swept, reclaimed } => self.sweep_ends((swept, reclaimed), seen),
            EventKind::GcMarkAssistActive { goroutine } => {
                self.assists.active(goroutine.0, self.generation_begin);
            }
            EventKind::GcSweepActive { proc } => self.sweeps.active(proc.0, self.generation_begin),
            EventKind::GcActive { seq } => self.cycles.active(seq, self.generation_begin),
            EventKind::GcBegin { seq } => self.cycles.begin(seq, seen.event.time),
            EventKind::GcEnd { seq } => self.cycles.end(seq, seen.event.time),
            EventKind::StwBegin { kind } => {
                let phase = self.stops.begin(kind, seen);
                self.cycles.world_stops(phase, seen.event.time);
            }
            EventKind::StwEnd { .. } => self.world_runs(seen),
            EventKind::Sync(_) => self.new_generation(seen.event.time),
            _ => {}
        }
    }

    fn new_generation(&mut self, at: TraceTime) {
        self.generation_begin = at;
        self.workers.new_generation();
    }

    /// A goroutine stops running: if it was marking, its time goes to the cycle.
    #[inline]
    fn off(&mut self, seen: &Seen<'_, '_>) {
        if let Some(worked) = self.workers.off(seen) {
            self.cycles.worked(worked);
        }
    }

    fn heap_alloc(&mut self, live: Bytes, seen: &Seen<'_, '_>) {
        self.cycles.heap_alloc(live);
        self.curve.live(live, (seen.event.time, self.clip));
    }

    fn heap_goal(&mut self, goal: Bytes, seen: &Seen<'_, '_>) {
        self.cycles.heap_goal(goal);
        self.curve.goal(goal, (seen.event.time, self.clip));
    }

    fn assist_begins(&mut self, seen: &mut Seen<'_, '_>) {
        let Some(goroutine) = seen.event.goroutine() else { return };
        self.assists.begin(goroutine.0, seen);
        if seen.counts() {
            self.cycles.assist_begun();
        }
    }

    fn assist_ends(&mut self, seen: &Seen<'_, '_>) {
        let Some(goroutine) = seen.event.goroutine() else { return };
        if let Some(stayed) = self.assists.end(goroutine.0, seen.event.time) {
            self.cycles.assisted(stayed.time);
        }
    }

    fn sweep_begins(&mut self, seen: &mut Seen<'_, '_>) {
        if let Some(proc) = seen.event.proc() {
            self.sweeps.begin(proc.0, seen);
        }
    }

    fn sweep_ends(&mut self, (swept, reclaimed): (Bytes, Bytes), seen: &Seen<'_, '_>) {
        let stayed = seen.event.proc().and_then(|proc| self.sweeps.end(proc.0, seen.event.time));
        if let Some(stayed) = stayed {
            self.cycles.sweep_took(stayed.time);
        }
        if seen.counts() {
            self.swept += swept;
            self.reclaimed += reclaimed;
            self.cycles.swept(swept, reclaimed);
        }
    }

    fn world_runs(&mut self, seen: &Seen<'_, '_>) {
        let Some(Stopped { phase, time }) = self.stops.end(seen) else { return };
        if phase != Phase::Other {
            self.cycles.world_runs((phase, time), seen);
        }
    }

    pub(super) fn finish(mut self, end: TraceTime, texts: &Texts) -> GcSummary {
        self.workers.finish(end).into_iter().for_each(|worked| self.cycles.worked(worked));
        self.assists.close(end).into_iter().for_each(|stayed| self.cycles.assisted(stayed.time));
        self.sweeps.close(end).into_iter().for_each(|stayed| self.cycles.sweep_took(stayed.time));
        let summary = GcSummary {
            stops: self.stops.finish(texts),
            assists: self.assists.finish(texts),
            sweeps: self.sweeps.finish(texts),
            swept: self.swept,
            reclaimed: self.reclaimed,
            heap: self.curve.finish(),
            ..GcSummary::default()
        };
        self.cycles.finish(end, summary)
    }
}
