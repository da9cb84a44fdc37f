//! Puts what different sources saw of one run on one axis: the runtime's GC cycle numbers.
//!
//! Input: [`RunPieces`], each source in its own clock. Output: a [`Timeline`], one row per cycle,
//! every cell with its source and confidence. gctrace prints cycle numbers but only whole
//! milliseconds; the execution trace has exact times but counts from its own start. `shift` looks
//! for the one number between the two counts. Memory-profile snapshots carry the runtime's number
//! and need no search.
//!
//! What must not happen here: a join on look-alike numbers, a guess between shifts that both fit,
//! reading a file, judging a leak.

mod conservation;
mod marks;
mod place;
mod rows;
mod shift;
#[cfg(test)]
mod tests;

pub use place::{Placement, place};

use crate::model::{Alignment, GctraceCycle, MissingInput, RunPieces, Timeline};

/// Processes whose cycles are tried.
const MAX_TRIED: usize = 100;

/// Joins the pieces of one run.
#[must_use]
pub fn align(pieces: &RunPieces) -> Timeline {
    let alignment = shift::find(pieces);
    let (rows, unplaced) = rows::join(pieces, &alignment);
    let mut missing = pieces.missing.clone();
    missing.extend(not_joined(&alignment));
    Timeline { alignment, rows, unplaced, conservation: conservation::check(pieces), missing }
}

/// The same where nothing tells which process wrote gctrace's lines: if the trace's cycles are not those of `pieces`, of the
/// first among `others` whose cycles they are. These are then those of `pieces`.
#[must_use]
pub fn align_one_of(pieces: &mut RunPieces, others: Vec<Vec<GctraceCycle>>) -> Timeline {
    let first = align(pieces);
    let fits = |timeline: &Timeline| matches!(timeline.alignment, Alignment::Unique { .. });
    if pieces.trace_gcs.is_empty() || fits(&first) {
        return first;
    }
    for other in others.into_iter().take(MAX_TRIED) {
        let before = std::mem::replace(&mut pieces.gctrace, other);
        let timeline = align(pieces);
        if fits(&timeline) {
            return timeline;
        }
        pieces.gctrace = before;
    }
    first
}

/// Says in words why the trace's cycles have no number.
fn not_joined(alignment: &Alignment) -> Option<MissingInput> {
    let why = match alignment {
        Alignment::NotNeeded | Alignment::Unique { .. } => return None,
        // One that fits a cycle or two may do so by chance.
        Alignment::Ambiguous { shifts, cycles } if shifts.len() < 2 => format!(
            "{} in both gctrace and the trace, too few to be sure which of gctrace's the trace's are: its times stand apart",
            count(*cycles as usize, "GC cycle is", "GC cycles are"),
        ),
        Alignment::Ambiguous { shifts, cycles } => format!(
            "{} assignments of gctrace's cycle numbers fit the {} that can be compared, so the trace's times stand apart",
            shifts.len(),
            count(*cycles as usize, "cycle", "cycles"),
        ),
        Alignment::Contradictory { best_spread, cycles } => format!(
            "no assignment of gctrace's cycle numbers fits the {cycles} cycles that can be compared \
             (the best is off by {:.1} ms), so the trace's times stand apart",
            best_spread.0 as f64 / 1e6,
        ),
    };
    Some(MissingInput { source: "trace".into(), why })
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
