//! Makes the panels of runs, within the room there is.

use super::origin::Axis;
use super::{Durations, Named, PointInTime, RunPanels, Series, cycles, thin};
use crate::model::growth::RunGrowth;
use crate::model::{Checkpoint, Counted, CycleRow, Mode, Point, RunId, RunPieces, Stretch};

/// Bytes that all runs together take, about; the names of frames take as much as half of that beside it.
const ALL: usize = 3 << 20;
/// Bytes that a run takes at most, about, but for the names of frames.
const MOST: usize = 400 << 10;
/// Runs that are drawn at most: those of early repeats.
const RUNS: usize = 48;
/// Groups of goroutines that are told one by one.
const GROUPS: usize = 8;
/// What the others are called.
const OTHERS: &str = "(others)";

/// A run.
#[derive(Debug, Clone)]
pub struct Drawn<'a> {
    /// Which.
    pub id: &'a RunId,
    /// It went well.
    pub ok: bool,
    /// What was read of it.
    pub pieces: &'a RunPieces,
    /// Its cycles.
    pub rows: &'a [CycleRow],
    /// Cycles that are none of these, since nothing joins them with the others.
    pub unjoined: usize,
    /// What stacks held at its checkpoints.
    pub growth: Option<RunGrowth>,
}

/// What a run may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Points of a series.
    pub points: usize,
    /// Stretches of durations.
    pub stretches: usize,
    /// Cycles.
    pub cycles: usize,
    /// Stacks of growth.
    pub stacks: usize,
    /// Bytes of the frames of these.
    pub frames: usize,
    /// Checkpoints of growth.
    pub growth_points: usize,
}

impl Room {
    /// For each of so many runs. A point is some 16 bytes of the page and there are up to 14 series; a stretch is some
    /// 45, in 3 lists; a cycle some 70; a stack as many numbers as there are checkpoints, twice, and as it has frames.
    #[must_use]
    pub fn of(runs: usize) -> Self {
        let each = (ALL / runs.max(1)).min(MOST);
        let points = if each >= MOST / 4 { 40 } else { 16 };
        Self {
            points: (each * 3 / 10 / (16 * 14)).max(24),
            stretches: (each / 10 / (45 * 3)).clamp(24, 100),
            cycles: (each / 5 / 70).max(48),
            stacks: (each * 4 / 10 / (points * 16 + 300)).clamp(16, 200),
            frames: each / 2,
            growth_points: points,
        }
    }
}

/// Which of the runs are drawn, in their order: those that something looked into, of early repeats if they are many.
#[must_use]
pub fn chosen(runs: &[&RunId]) -> Vec<usize> {
    let observed: Vec<usize> =
        (0..runs.len()).filter(|nth| runs.get(*nth).is_some_and(|run| run.mode != Mode::Plain)).collect();
    let mut by_repeat = observed.clone();
    by_repeat.sort_by_key(|nth| runs.get(*nth).map(|run| run.repeat));
    by_repeat.truncate(RUNS);
    by_repeat.sort_unstable();
    by_repeat
}

impl RunPanels {
    /// Of one run.
    #[must_use]
    pub fn of(run: Drawn<'_>, room: Room) -> Self {
        let Drawn { id, ok, pieces, rows, unjoined, growth } = run;
        let axis = Axis::of(pieces, rows);
        let course = pieces.course.clone().unwrap_or_default();
        let series = |points: Vec<Point>| series(points, &axis, room);
        let named = |of: Counted| Named { name: of.name, series: series(of.points) };
        let durations = |all: &[Stretch]| durations(all, &axis, room);
        let growth_times = growth.iter().flat_map(|growth| &growth.points).map(|point| axis.at(point.at));
        Self {
            run: id.clone(),
            ok,
            length: axis.end(pieces, rows),
            unjoined,
            cycles_are_guessed: rows.iter().all(|row| row.begin.is_none()),
            cycles: cycles::cycles(rows, &axis, room.cycles),
            checkpoints: checkpoints(&pieces.checkpoints, &axis, room),
            heap_alloc: series(course.heap_alloc),
            heap_goal: series(course.heap_goal),
            states: course.states.into_iter().map(named).collect(),
            groups: few(course.groups).into_iter().map(named).collect(),
            stops: durations(&course.stops),
            assists: durations(&course.assists),
            latency: durations(&course.latency),
            growth_times: growth_times.collect(),
            growth,
        }
    }
}

/// The groups that were largest, and the sum of the others.
fn few(mut groups: Vec<Counted>) -> Vec<Counted> {
    let rest = groups.split_off(GROUPS.min(groups.len()));
    let mut changes: Vec<Point> = rest.iter().flat_map(|group| steps(&group.points)).collect();
    changes.sort_by_key(|(at, _)| *at);
    let mut all = 0i64;
    let points: Vec<Point> = changes
        .into_iter()
        .map(|(at, change)| {
            all = all.saturating_add(change);
            (at, all)
        })
        .collect();
    if !points.is_empty() {
        groups.push(Counted { name: OTHERS.to_owned(), points });
    }
    groups
}

/// By how much a value changes at each of its points.
fn steps(points: &[Point]) -> impl Iterator<Item = Point> {
    let before = std::iter::once(0).chain(points.iter().map(|point| point.1));
    points.iter().zip(before).map(|(&(at, value), before)| (at, value.saturating_sub(before)))
}

fn series(points: Vec<Point>, axis: &Axis, room: Room) -> Series {
    let placed = points.into_iter().map(|(at, value)| (axis.of_trace(at), value)).collect();
    let (t, v) = thin::points(placed, room.points).into_iter().unzip();
    Series { t, v }
}

fn durations(all: &[Stretch], axis: &Axis, room: Room) -> Durations {
    let mut out = Durations::default();
    for stretch in thin::stretches(all, room.stretches) {
        out.t.push(axis.of_trace(stretch.at));
        out.count.push(stretch.count);
        out.total.push(stretch.total.0);
        out.p99.push(stretch.p99.0);
        out.max.push(stretch.max.0);
    }
    out
}

/// Of very many some, evenly, and the last.
fn checkpoints(all: &[Checkpoint], axis: &Axis, room: Room) -> Vec<PointInTime> {
    let step = all.len().div_ceil(room.points.max(1)).max(1);
    let last = all.len().saturating_sub(1);
    let kept = all.iter().enumerate().filter(|(nth, _)| (last - nth).is_multiple_of(step));
    let point = |checkpoint: &Checkpoint| PointInTime {
        at: axis.at(checkpoint.at),
        checkpoint: checkpoint.index,
        operations: checkpoint.operations,
        goroutines: checkpoint.goroutines,
        rss: checkpoint.process.map(|process| process.rss.0),
        heap_live: checkpoint.heap_live.map(|live| live.0),
    };
    kept.map(|(_, checkpoint)| point(checkpoint)).collect()
}
