//! Growth by stack: sums up a run's snapshots over the checkpoints that the rules compare, and keeps the stacks that moved
//! most.
//!
//! Input: what was read of runs. Output: [`Growth`], bounded whatever a program allocates. Judges nothing.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::points::comparable;
use crate::model::growth::{
    GROWTH_FORMAT, Growth, GrowthFrame, GrowthPoint, GrowthSeries, GrowthStack, RunGrowth,
};
use crate::model::{
    Bytes, HeapSnapshot, Mode, ModuleTable, Objects, Origin, RunId, RunPieces, SiteClass, Stack,
};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Stacks of a run.
    pub stacks: usize,
    /// Bytes that the frames of a run's stacks take where they are written down, each once.
    pub frames: usize,
    /// Points of a run.
    pub points: usize,
    /// Repeats of a variant, or of a test in it.
    pub repeats: usize,
    /// Runs at all.
    pub runs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stacks: 500, frames: 1 << 20, points: 40, repeats: 5, runs: 60 }
    }
}

/// A run that went well.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Which.
    pub id: &'a RunId,
    /// What was read of it.
    pub pieces: &'a RunPieces,
}

impl Growth {
    /// The document over the runs of a capture that went well.
    #[must_use]
    pub fn of(scenario: &str, program: &str, runs: &[Observed<'_>], limits: Limits) -> Self {
        let has_step =
            |variant: &str| runs.iter().any(|run| run.id.mode == Mode::Step && *run.id.variant == *variant);
        let wanted = |run: &Observed<'_>| match run.id.mode {
            Mode::Step => true,
            Mode::Natural => !has_step(&run.id.variant),
            Mode::Plain => false,
        };
        let mut taken: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
        let mut growth = Self { format: GROWTH_FORMAT, scenario: scenario.to_owned(), runs: Vec::new() };
        for run in runs.iter().filter(|run| wanted(run)) {
            let n = taken.entry((&run.id.variant, run.id.test.as_deref())).or_default();
            if *n < limits.repeats
                && growth.runs.len() < limits.runs
                && let Some(of_run) = of_run(run, program, limits)
            {
                *n += 1;
                growth.runs.push(of_run);
            }
        }
        growth
    }
}

/// Growth in a run; none without a checkpoint that has a snapshot.
#[must_use]
pub fn of_run(run: &Observed<'_>, program: &str, limits: Limits) -> Option<RunGrowth> {
    let pieces = run.pieces;
    let points = comparable(pieces, run.id.mode == Mode::Step);
    let kept = spread(points.places.len(), limits.points.max(2));
    let of_points: Vec<(GrowthPoint, &HeapSnapshot)> =
        kept.iter().filter_map(|nth| point(pieces, *points.places.get(*nth)?)).collect();
    if of_points.is_empty() {
        return None;
    }
    let snapshots: Vec<&HeapSnapshot> = of_points.iter().map(|(_, snapshot)| *snapshot).collect();
    let sums = Sums::over(&snapshots);
    let mut table = FrameTable::new(&pieces.modules, limits.frames);
    let mut stacks = Vec::new();
    let (mut other, mut n_other) = (GrowthSeries::zeroes(snapshots.len()), 0);
    for ((class, stack), series) in sums.stacks {
        let has_room = n_other == 0 && stacks.len() < limits.stacks;
        if let Some(frames) = has_room.then(|| table.stack(&stack, pieces)).flatten() {
            stacks.push(GrowthStack { class, frames, series });
        } else {
            other.add(&series);
            n_other += 1;
        }
    }
    Some(RunGrowth {
        run: run.id.clone(),
        program: program.to_owned(),
        per: pieces.per,
        exact: pieces.origin == Origin::Harness
            && pieces.memprofile_rate == 1
            && !pieces.memprofile_rate_changed,
        points: of_points.iter().map(|(point, _)| *point).collect(),
        left_out_points: points.places.len() - of_points.len(),
        warm_up: kept.iter().filter(|nth| **nth < points.warm_up).count(),
        frames: table.frames,
        stacks,
        other,
        n_other,
        probe: sums.probe,
    })
}

/// At most `most` of `n` indices, the first and the last among them.
fn spread(n: usize, most: usize) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    (0..most).map(|nth| nth * (n - 1) / (most - 1)).collect()
}

fn point(pieces: &RunPieces, (checkpoint, snapshot): (usize, usize)) -> Option<(GrowthPoint, &HeapSnapshot)> {
    let (checkpoint, snapshot) = (pieces.checkpoints.get(checkpoint)?, pieces.snapshots.get(snapshot)?);
    let point = GrowthPoint {
        checkpoint: checkpoint.index,
        operations: checkpoint.operations,
        cycle: snapshot.cycle,
        at: checkpoint.at,
    };
    Some((point, snapshot))
}

/// All stacks over all points, those that moved most first.
struct Sums {
    stacks: Vec<((SiteClass, Stack), GrowthSeries)>,
    probe: GrowthSeries,
}

impl Sums {
    fn over(snapshots: &[&HeapSnapshot]) -> Self {
        let n = snapshots.len();
        let mut probe = GrowthSeries::zeroes(n);
        let mut by_stack: BTreeMap<(SiteClass, Stack), GrowthSeries> = BTreeMap::new();
        for (nth, snapshot) in snapshots.iter().enumerate() {
            for (site, used) in &snapshot.sites {
                let series = match site.class {
                    SiteClass::Probe => &mut probe,
                    class => by_stack
                        .entry((class, Arc::clone(&site.stack)))
                        .or_insert_with(|| GrowthSeries::zeroes(n)),
                };
                series.put(nth, used.inuse_space, used.inuse_objects);
            }
        }
        let mut stacks: Vec<_> = by_stack.into_iter().filter(|(_, series)| !series.is_empty()).collect();
        // Of equals the one whose name comes first: the same in every run.
        stacks.sort_by_cached_key(|(_, series)| std::cmp::Reverse(series.moved()));
        Self { stacks, probe }
    }
}

impl GrowthSeries {
    fn zeroes(n: usize) -> Self {
        Self { space: vec![Bytes(0); n], objects: vec![Objects(0); n] }
    }

    fn put(&mut self, nth: usize, space: Bytes, objects: Objects) {
        if let (Some(bytes), Some(count)) = (self.space.get_mut(nth), self.objects.get_mut(nth)) {
            *bytes += space;
            *count += objects;
        }
    }

    fn add(&mut self, more: &Self) {
        let both = more.space.iter().zip(&more.objects).enumerate();
        both.for_each(|(nth, (space, objects))| self.put(nth, *space, *objects));
    }

    /// Nothing was ever in use at any of the points.
    fn is_empty(&self) -> bool {
        self.space.iter().all(|space| space.0 == 0)
    }

    /// By how much it rose or fell between any two points, then how much there is of it.
    fn moved(&self) -> (u64, Bytes) {
        let most = self.space.iter().copied().max().unwrap_or_default();
        let least = self.space.iter().copied().min().unwrap_or_default();
        (most.0 - least.0, most)
    }
}

/// Frames, each once.
struct FrameTable<'a> {
    modules: &'a ModuleTable,
    frames: Vec<GrowthFrame>,
    places: HashMap<GrowthFrame, u32>,
    /// Bytes that are left.
    room: usize,
}

impl<'a> FrameTable<'a> {
    fn new(modules: &'a ModuleTable, room: usize) -> Self {
        Self { modules, frames: Vec::new(), places: HashMap::new(), room }
    }

    /// None, and the table is as it was, if there is no room for the stack's frames.
    fn stack(&mut self, stack: &Stack, pieces: &RunPieces) -> Option<Vec<u32>> {
        let inlined = pieces.inlined.get(stack);
        let frames = stack.iter().enumerate().map(|(nth, frame)| GrowthFrame {
            function: Arc::clone(&frame.function),
            file: Arc::clone(&frame.file),
            line: frame.line,
            inlined: inlined.is_some_and(|marks| marks.contains(&nth)),
            owner: self.modules.owner(&frame.function),
        });
        let frames: Vec<GrowthFrame> = frames.collect();
        let new = frames.iter().filter(|frame| !self.places.contains_key(frame));
        let taken: usize = new.map(GrowthFrame::written).sum();
        self.room = self.room.checked_sub(taken)?;
        Some(frames.into_iter().map(|frame| self.place(frame)).collect())
    }

    fn place(&mut self, frame: GrowthFrame) -> u32 {
        let next = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        *self.places.entry(frame).or_insert_with_key(|frame| {
            self.frames.push(frame.clone());
            next
        })
    }
}

impl GrowthFrame {
    /// Bytes that it takes in a document: its names, and those of its fields.
    fn written(&self) -> usize {
        80 + self.function.len() + self.file.len()
    }
}
