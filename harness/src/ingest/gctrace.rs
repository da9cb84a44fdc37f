//! Cycles from gctrace's text.

use crate::format::Problem;
use crate::format::gctrace::{CycleLine, Reader, Record};
use crate::model::GctraceCycle;

/// Reads `bytes`: the cycles in the order printed, and what could not be read.
pub(super) fn fold(file: &str, bytes: &[u8]) -> (Vec<GctraceCycle>, Vec<Problem>) {
    let mut reader = Reader::new(file, bytes);
    let cycle = |record: Record<'_>| match record {
        Record::Cycle(line) => Some(cycle(&line)),
        _ => None,
    };
    let cycles = reader.by_ref().filter_map(cycle).collect();
    (cycles, reader.problems().to_vec())
}

fn cycle(line: &CycleLine) -> GctraceCycle {
    GctraceCycle {
        cycle: line.n,
        at: line.at,
        gc_cpu_percent: line.gc_cpu_percent,
        stw_sweep_termination: line.clock.sweep_termination,
        mark: line.clock.mark,
        stw_mark_termination: line.clock.mark_termination,
        assist: line.cpu.assist,
        heap_start: line.heap_start.floor(),
        heap_end: line.heap_end.floor(),
        heap_marked: line.heap_marked.floor(),
        goal: line.goal.floor(),
        forced: line.forced,
    }
}
