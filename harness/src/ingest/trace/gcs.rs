//! GC cycles of a trace: begin, end, stop-the-world time, heap figures.

use super::cycle_count::CycleCount;
use crate::format::exectrace::{Event, EventKind, Reader, StringId};
use crate::model::{Bytes, TraceGc, TraceTime};

/// Stop-the-world reasons of a cycle, as the runtime names them.
const SWEEP_TERMINATION: &str = "GC sweep termination";
const MARK_TERMINATION: &str = "GC mark termination";

/// Cycles so far and what is open.
#[derive(Debug, Default)]
pub(super) struct Gcs {
    count: CycleCount,
    cycles: Vec<TraceGc>,
    stopped: Option<(TraceTime, Phase)>,
    heap_alloc: Option<Bytes>,
    goal: Option<Bytes>,
}

/// What the world was stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    SweepTermination,
    MarkTermination,
    Other,
}

impl Gcs {
    /// Looks at one event; `alive` is the number of goroutines now.
    pub(super) fn event(&mut self, event: &Event, reader: &Reader<'_>, alive: u64) {
        match event.kind() {
            EventKind::StwBegin { kind } => self.world_stops(event.time, phase(reader, kind)),
            EventKind::StwEnd { .. } => self.world_runs(event.time),
            EventKind::GcActive { seq } => self.active(seq),
            EventKind::GcBegin { seq } => self.begin(seq, event.time),
            EventKind::GcEnd { seq } => self.end(seq, event.time, alive),
            EventKind::HeapAlloc { live } => self.heap_alloc = Some(live),
            EventKind::HeapGoal { goal } => self.goal = Some(goal),
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Vec<TraceGc> {
        self.cycles
    }

    /// A cycle that was running when tracing, or a generation, began.
    fn active(&mut self, seq: u64) {
        if let Some(index) = self.count.active(seq) {
            self.cycles.push(TraceGc { goal: self.goal, ..cycle(index) });
        }
    }

    fn begin(&mut self, seq: u64, time: TraceTime) {
        let index = self.count.begin(seq);
        self.cycles.push(TraceGc { begin: Some(time), goal: self.goal, ..cycle(index) });
    }

    /// `GCBegin` comes first, then the runtime starts its mark workers, which can take milliseconds on a busy machine,
    /// then it reads the clock for gctrace's `@T` and stops the world (`gcStart` in runtime/mgc.go, Go 1.22-1.27).
    fn world_stops(&mut self, time: TraceTime, phase: Phase) {
        self.stopped = Some((time, phase));
        let open = self.cycles.last_mut().filter(|last| last.end.is_none() && last.begin.is_some());
        if let Some(open) = open.filter(|_| phase == Phase::SweepTermination) {
            open.stw_begin.get_or_insert(time);
        }
    }

    fn end(&mut self, seq: u64, time: TraceTime, alive: u64) {
        let (heap_alloc, index) = (self.heap_alloc, self.count.end(seq));
        if let Some(open) = self.cycles.last_mut().filter(|last| last.index == index) {
            open.end = Some(time);
            open.heap_alloc = heap_alloc;
            open.goroutines = Some(alive);
        }
    }

    /// Both stops of a cycle end while that cycle is the latest: the first after its begin, the
    /// second just after its end.
    fn world_runs(&mut self, time: TraceTime) {
        let Some((begin, phase)) = self.stopped.take() else { return };
        if phase != Phase::Other
            && let Some(latest) = self.cycles.last_mut()
        {
            latest.stw.0 = latest.stw.0.saturating_add(time.since(begin).0);
        }
    }
}

fn phase(reader: &Reader<'_>, kind: StringId) -> Phase {
    match reader.string(kind) {
        Some(name) if name.contains(SWEEP_TERMINATION) => Phase::SweepTermination,
        Some(name) if name.contains(MARK_TERMINATION) => Phase::MarkTermination,
        _ => Phase::Other,
    }
}

fn cycle(index: u64) -> TraceGc {
    TraceGc {
        index,
        begin: None,
        stw_begin: None,
        end: None,
        stw: Default::default(),
        heap_alloc: None,
        goal: None,
        goroutines: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::ingest::Watch;

    /// Both were running a cycle when one of their generations began.
    #[test]
    fn a_cycle_that_spans_two_generations_is_one_and_the_next_has_the_next_number() {
        for name in ["mixed-go1.22.12.trace", "mixed-go1.26.8.trace"] {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/traces/").to_owned() + name;
            let bytes = std::fs::read(path).unwrap();
            let gcs = super::super::fold((name, &bytes), &[], &Default::default(), Watch::NONE).unwrap().gcs;
            let numbers: Vec<u64> = gcs.iter().map(|gc| gc.index).collect();
            let last = gcs.len() as u64;
            assert_eq!(numbers, (1..=last).collect::<Vec<u64>>(), "{name}");
            assert!(gcs[1..].iter().all(|gc| gc.begin.is_some()), "{name}: {gcs:?}");
            assert!(gcs[..gcs.len() - 1].iter().all(|gc| gc.end.is_some()), "{name}: {gcs:?}");
        }
    }
}
