//! One row per GC cycle out of all sources, each cell with where it is from and how far to trust it.

use std::collections::BTreeMap;

use super::shift;
use crate::model::{
    Alignment, Bytes, Cell, Checkpoint, ClockMap, Confidence, CycleRow, GcCycle, GctraceCycle, HeapSnapshot,
    RunPieces, RuntimeTime, Source, TraceGc,
};

/// A goal from here on means that there is none.
const NO_GOAL: u64 = 1 << 60;

/// The rows by cycle, and the trace's rows apart when nothing numbers them.
pub(super) fn join(pieces: &RunPieces, alignment: &Alignment) -> (Vec<CycleRow>, Vec<CycleRow>) {
    let mut table = Table { clock: ClockMap::new(&pieces.clock_pairs), rows: BTreeMap::new() };
    for cycle in &pieces.gctrace {
        table.gctrace(cycle);
    }
    let mut unplaced = Vec::new();
    for gc in &pieces.trace_gcs {
        match numbered(gc, alignment) {
            Some((cycle, offset)) => table.trace(gc, cycle, offset, pieces),
            None => unplaced.push(table.trace_row(gc, pieces)),
        }
    }
    for checkpoint in &pieces.checkpoints {
        table.checkpoint(checkpoint);
    }
    for snapshot in &pieces.snapshots {
        table.snapshot(snapshot, pieces);
    }
    (table.rows.into_values().collect(), unplaced)
}

/// The runtime's number of a cycle in the trace, and the offset interval, if there is a unique shift.
fn numbered(gc: &TraceGc, alignment: &Alignment) -> Option<(GcCycle, (i64, i64))> {
    let Alignment::Unique { shift, offset, .. } = alignment else { return None };
    Some((GcCycle(gc.index.checked_add_signed(*shift)?), *offset))
}

struct Table {
    clock: ClockMap,
    rows: BTreeMap<GcCycle, CycleRow>,
}

fn cell<T>(value: T, source: Source, confidence: Confidence) -> Option<Cell<T>> {
    Some(Cell { value, source, confidence })
}

impl Table {
    fn row(&mut self, cycle: GcCycle) -> &mut CycleRow {
        self.rows.entry(cycle).or_insert_with(|| CycleRow { cycle, ..CycleRow::default() })
    }

    /// Sizes are whole MiB and durations have three digits: rounded by the runtime.
    fn gctrace(&mut self, line: &GctraceCycle) {
        let rounded = |bytes: Bytes| cell(bytes, Source::Gctrace, Confidence::Medium);
        let span = |span| cell(span, Source::Gctrace, Confidence::Medium);
        let stw = line.stw_sweep_termination.0.saturating_add(line.stw_mark_termination.0);
        let row = self.row(line.cycle);
        row.forced = line.forced;
        row.runtime_begin = cell(line.at, Source::Gctrace, Confidence::Medium);
        row.stw = span(crate::model::Nanoseconds(stw));
        row.mark = span(line.mark);
        row.assist = span(line.assist);
        row.heap_start = rounded(line.heap_start);
        row.heap_live = rounded(line.heap_marked);
        row.goal = rounded(line.goal).filter(|goal| goal.value.0 < NO_GOAL);
    }

    /// What the trace says of a cycle: exact, and so in place of gctrace's rounded values.
    fn trace(&mut self, gc: &TraceGc, cycle: GcCycle, offset: (i64, i64), pieces: &RunPieces) {
        let seen = self.trace_row(gc, pieces);
        let row = self.row(cycle);
        row.trace_index = seen.trace_index;
        row.begin = seen.begin;
        row.end = seen.end;
        row.stw = seen.stw.or(row.stw);
        row.heap_live = seen.heap_live.or(row.heap_live);
        row.goal = seen.goal.or(row.goal);
        row.goroutines = seen.goroutines;
        let printed: Option<RuntimeTime> = row.runtime_begin.map(|at| at.value);
        let begin = gc.stw_begin.or(gc.begin);
        row.residual = begin.zip(printed).map(|(begin, at)| shift::residual(offset, begin.0, at.0));
    }

    /// A row with the trace's cells alone. The last `HeapAlloc` before a cycle's end is what mark
    /// termination sets to the bytes marked (`gcControllerState.resetLive`): the live heap.
    fn trace_row(&self, gc: &TraceGc, pieces: &RunPieces) -> CycleRow {
        let census = if pieces.goroutines.complete { Confidence::High } else { Confidence::Medium };
        let whole = gc.begin.is_some() && gc.end.is_some();
        let time = |at| cell(self.clock.monotonic(at), Source::Trace, Confidence::High);
        CycleRow {
            trace_index: Some(gc.index),
            begin: gc.stw_begin.or(gc.begin).and_then(time),
            end: gc.end.and_then(time),
            stw: cell(gc.stw, Source::Trace, Confidence::High).filter(|_| whole),
            heap_live: gc.heap_alloc.filter(|_| gc.end.is_some()).and_then(exact),
            goal: gc.goal.filter(|goal| goal.0 != 0 && goal.0 < NO_GOAL).and_then(exact),
            goroutines: gc.goroutines.and_then(|n| cell(n, Source::Trace, census)),
            ..CycleRow::default()
        }
    }

    /// A checkpoint speaks for the cycle that was the last one before and after it.
    fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        let (before, after) = checkpoint.gc;
        if before != after || before.0 == 0 {
            return;
        }
        let row = self.row(before);
        row.goroutines = cell(checkpoint.goroutines, Source::Probe, Confidence::High);
        if let Some(live) = checkpoint.heap_live {
            row.heap_live = cell(live, Source::Probe, Confidence::High);
        }
    }

    /// A snapshot without a cycle of its own is left out: which state it shows is not known.
    fn snapshot(&mut self, snapshot: &HeapSnapshot, pieces: &RunPieces) {
        let Some(cycle) = snapshot.cycle.filter(|cycle| cycle.0 > 0) else { return };
        let confidence = match pieces.memprofile_rate {
            1 if !pieces.memprofile_rate_changed => Confidence::High,
            1 => Confidence::Medium,
            _ => Confidence::Low,
        };
        let space = snapshot.sites.values().map(|site| site.inuse_space).sum();
        let objects = snapshot.sites.values().map(|site| site.inuse_objects).sum();
        let row = self.row(cycle);
        row.inuse_space = cell(space, Source::Memprofile, confidence);
        row.inuse_objects = cell(objects, Source::Memprofile, confidence);
    }
}

fn exact(bytes: Bytes) -> Option<Cell<Bytes>> {
    cell(bytes, Source::Trace, Confidence::High)
}
