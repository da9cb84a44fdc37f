//! The panels of a capture's runs, within the room that a page has.

use crate::diagnose::{Limits, Observed, growth_of};
use crate::model::{CycleRow, RunId, RunPieces, Timeline};
use crate::report::panels::{Drawn, PANELS_FORMAT, Panels, Room, RunPanels, chosen};

/// A run that was read.
pub(super) struct Read<'a> {
    pub(super) id: &'a RunId,
    pub(super) ok: bool,
    pub(super) pieces: &'a RunPieces,
    pub(super) timeline: &'a Timeline,
}

/// Of all runs that are drawn.
pub(super) fn panels(program: &str, runs: &[Read<'_>]) -> Panels {
    let ids: Vec<&RunId> = runs.iter().map(|run| run.id).collect();
    let shown = chosen(&ids);
    let observed = ids.iter().filter(|id| id.mode != crate::model::Mode::Plain).count();
    let room = Room::of(shown.len());
    let drawn = shown.iter().filter_map(|nth| runs.get(*nth)).map(|run| of(program, run, room));
    Panels { format: PANELS_FORMAT, runs: drawn.collect(), left_out_runs: observed - shown.len() }
}

fn of(program: &str, run: &Read<'_>, room: Room) -> RunPanels {
    let Read { id, ok, pieces, timeline } = *run;
    let limits =
        Limits { stacks: room.stacks, frames: room.frames, points: room.growth_points, ..Limits::default() };
    let growth = growth_of(&Observed { id, pieces }, program, limits);
    // Where nothing joins the trace's cycles with gctrace's, only the trace's have a place on the axis.
    let (rows, unjoined): (&[CycleRow], usize) = match timeline.unplaced.as_slice() {
        [] => (&timeline.rows, 0),
        unplaced => (unplaced, timeline.rows.len()),
    };
    RunPanels::of(Drawn { id, ok, pieces, rows, unjoined, growth }, room)
}
