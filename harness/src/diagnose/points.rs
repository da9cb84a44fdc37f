//! Which checkpoints of a run can be compared with each other.
//!
//! Live memory is compared at equal phases of the work: all points have the same cause, and each has
//! more operations behind it than the one before. The checkpoint at exit is none of them (unless
//! there is no other): after `main` has returned its locals are garbage, and a leak that they hold
//! is gone.

use std::collections::BTreeMap;

use crate::model::{GcCycle, RunPieces};

/// Fewer points than this show no growth: one is warm-up, and three rises are the least to believe.
pub(super) const MIN_POINTS: usize = 5;

/// A checkpoint that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    /// Its place in `RunPieces::checkpoints`.
    pub place: usize,
    /// Operations completed.
    pub operations: u64,
    /// The last completed cycle, where it was the same before and after.
    pub cycle: Option<GcCycle>,
    /// The place of its snapshot in `RunPieces::snapshots`.
    pub snapshot: Option<usize>,
}

/// The comparable checkpoints of a run, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Points(pub Vec<Point>);

impl Points {
    pub fn of(pieces: &RunPieces) -> Self {
        let Some(cause) = main_cause(pieces) else { return Self::default() };
        let snapshots: BTreeMap<u32, usize> = (0..)
            .zip(&pieces.snapshots)
            .filter_map(|(place, snapshot)| Some((snapshot.checkpoint?, place)))
            .collect();
        let mut points: Vec<Point> = Vec::new();
        for (place, checkpoint) in pieces.checkpoints.iter().enumerate() {
            let operations = checkpoint.operations.0;
            let goes_on = points.last().is_none_or(|last| last.operations < operations);
            if checkpoint.cause == cause && goes_on {
                let cycle = (checkpoint.gc.0 == checkpoint.gc.1).then_some(checkpoint.gc.0);
                let snapshot = snapshots.get(&checkpoint.index).copied();
                points.push(Point { place, operations, cycle, snapshot });
            }
        }
        Self(points)
    }

    /// Those with a snapshot whose cycle is known: a step run's. A sampled profile shows an older
    /// state anyway, so there `exact` is false and any snapshot will do.
    pub fn with_snapshot(&self, pieces: &RunPieces, exact: bool) -> Self {
        let sound = |place: usize| !exact || pieces.snapshots[place].cycle.is_some();
        Self(self.0.iter().copied().filter(|point| point.snapshot.is_some_and(sound)).collect())
    }

    pub fn operations(&self) -> Vec<u64> {
        self.0.iter().map(|point| point.operations).collect()
    }

    /// Enough to compare at all.
    pub fn are_two(&self) -> bool {
        self.0.len() >= 2
    }

    pub fn are_enough(&self) -> bool {
        self.0.len() >= MIN_POINTS
    }
}

/// Checkpoints that can be compared, for whoever shows what the rules looked at.
pub(super) struct Comparable {
    /// Places of checkpoints and of their snapshots in [`RunPieces`], in order.
    pub places: Vec<(usize, usize)>,
    /// How many of the first are warm-up.
    pub warm_up: usize,
}

/// The comparable checkpoints of a run that have a snapshot; `exact` asks for one whose cycle is known.
pub(super) fn comparable(pieces: &RunPieces, exact: bool) -> Comparable {
    let points = Points::of(pieces).with_snapshot(pieces, exact);
    let places: Vec<(usize, usize)> =
        points.0.iter().filter_map(|point| Some((point.place, point.snapshot?))).collect();
    let warm_up = if places.is_empty() { 0 } else { warm_up(places.len()) };
    Comparable { places, warm_up }
}

/// The cause of most checkpoints; `exit` only if all have it.
fn main_cause(pieces: &RunPieces) -> Option<&str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for checkpoint in &pieces.checkpoints {
        *counts.entry(&checkpoint.cause).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(cause, count)| (*cause != "exit", *count)).map(|(cause, _)| cause)
}

/// How many of `n` points are warm-up: caches, pools and start-up phases were seen to grow for the
/// first 30 % of the operations of healthy programs.
pub(super) fn warm_up(n: usize) -> usize {
    (n * 3 / 10).max(1)
}
