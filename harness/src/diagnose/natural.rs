//! Rule: how the live heap moved over the GC cycles of natural runs. It names no site, so it makes
//! no finding: it stands beside those of the other rules.

use super::case::{Case, Judged};
use super::draft::Draft;
use super::slope::slope;
use super::words;
use crate::model::{CycleRow, Evidence, LeakKind, Timeline};

/// Notes the slope in every heap draft.
pub(super) fn run(case: &Case<'_>, drafts: &mut [Draft]) {
    let notes: Vec<Evidence> =
        case.natural.iter().filter_map(note).map(|text| Evidence::Note { text }).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
        draft.further.extend(notes.iter().cloned());
    }
}

/// Live bytes by cycle number; of a trace whose cycles nothing numbers, by its own count.
pub(super) fn live_heap(judged: &Judged<'_>) -> Vec<(f64, f64)> {
    let Timeline { rows, unplaced, .. } = judged.run.timeline;
    let live = |row: &CycleRow| Some(row.heap_live?.value.0 as f64);
    let numbered: Vec<(f64, f64)> =
        rows.iter().filter_map(|row| Some((row.cycle.0 as f64, live(row)?))).collect();
    if !numbered.is_empty() {
        return numbered;
    }
    unplaced.iter().filter_map(|row| Some((row.trace_index? as f64, live(row)?))).collect()
}

fn note(judged: &Judged<'_>) -> Option<String> {
    let points = live_heap(judged);
    let slope = slope(&points)?;
    let (first, last) = (points.first()?.1, points.last()?.1);
    // A slope whose interval has both signs is none.
    let moved = match slope {
        slope if slope.low > 0.0 => format!("grows by {} per GC cycle", words::bytes(slope.median)),
        slope if slope.high < 0.0 => format!("shrinks by {} per GC cycle", words::bytes(-slope.median)),
        _ => "stays level".to_owned(),
    };
    Some(format!(
        "in natural run {} the live heap {moved} (Theil-Sen over {} cycles, 95 % interval {} to {}; Mann-Kendall {}), \
         from {} to {}",
        judged.run.id.repeat,
        slope.points,
        words::bytes(slope.low),
        words::bytes(slope.high),
        words::chance(slope.chance),
        words::bytes(first),
        words::bytes(last),
    ))
}
