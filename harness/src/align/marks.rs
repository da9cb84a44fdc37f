//! The cycles of gctrace and of the trace, reduced to what the search compares: number, time, goal.
//!
//! gctrace lines can be torn or doubled (other writers on the same descriptor, a child process that
//! inherited it), so lines that contradict others are left out of the search, not repaired.

use std::collections::BTreeMap;

use crate::model::{Bytes, GctraceCycle, TraceGc};

/// Numbers up to this many per line read, and [`HEADROOM`] more, are believed: one number garbled
/// into a huge one must not widen the search.
const NUMBERS_PER_LINE: u64 = 4;
/// See [`NUMBERS_PER_LINE`].
const HEADROOM: u64 = 1000;
/// A goal from here on means that there is none (`GOGC=off` counts in `2^64 - 1` bytes).
const NO_GOAL: u64 = 1 << 60;

/// A cycle as one of the sources saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// gctrace's number, or the trace's index.
    pub number: u64,
    /// `@T` in whole milliseconds, or the trace's time of the same moment; nanoseconds.
    pub at: i64,
    /// Heap goal in whole MiB.
    pub goal: Goal,
}

/// A heap goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Whole MiB.
    Mebibytes(u64),
    /// Collection by heap size is off.
    Off,
    /// The source does not say.
    Unknown,
}

impl Goal {
    /// Whether two sources name the same goal, `None` when that can't be said: with `GOGC=off` the
    /// trace says 0 whatever gctrace makes of it.
    pub fn agrees(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => None,
            (Self::Off, Self::Mebibytes(_)) | (Self::Mebibytes(_), Self::Off) => None,
            (a, b) => Some(a == b),
        }
    }
}

/// gctrace's cycles by number, without those that contradict others.
pub(super) fn of_gctrace(cycles: &[GctraceCycle]) -> Vec<Mark> {
    let believed = NUMBERS_PER_LINE.saturating_mul(cycles.len() as u64).saturating_add(HEADROOM);
    let mut by_number: BTreeMap<u64, Option<Mark>> = BTreeMap::new();
    for cycle in cycles.iter().filter(|cycle| (1..=believed).contains(&cycle.cycle.0)) {
        let mark = Mark { number: cycle.cycle.0, at: cycle.at.0, goal: gctrace_goal(cycle.goal) };
        by_number
            .entry(mark.number)
            .and_modify(|known| *known = known.filter(|known| *known == mark))
            .or_insert(Some(mark));
    }
    let marks: Vec<Mark> = by_number.into_values().flatten().collect();
    longest_rising(&marks)
}

/// The trace's cycles whose begin it saw.
pub(super) fn of_trace(cycles: &[TraceGc]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = cycles
        .iter()
        .filter_map(|gc| {
            let at = gc.stw_begin.or(gc.begin)?;
            Some(Mark { number: gc.index, at: at.0, goal: trace_goal(gc.goal) })
        })
        .collect();
    marks.sort_unstable_by_key(|mark| mark.number);
    marks.dedup_by_key(|mark| mark.number);
    marks
}

fn gctrace_goal(goal: Bytes) -> Goal {
    if goal.0 >= NO_GOAL { Goal::Off } else { Goal::Mebibytes(goal.0 >> 20) }
}

fn trace_goal(goal: Option<Bytes>) -> Goal {
    match goal {
        None => Goal::Unknown,
        Some(Bytes(0)) => Goal::Off,
        Some(Bytes(goal)) if goal >= NO_GOAL => Goal::Off,
        Some(Bytes(goal)) => Goal::Mebibytes(goal >> 20),
    }
}

/// The longest subsequence whose times do not fall: later cycles begin later, so what breaks that is
/// a garbled line.
fn longest_rising(marks: &[Mark]) -> Vec<Mark> {
    let mut ends: Vec<usize> = Vec::new(); // ends[n]: last of the best subsequence of n + 1 marks
    let mut before: Vec<Option<usize>> = vec![None; marks.len()];
    for (i, mark) in marks.iter().enumerate() {
        let place = ends.partition_point(|&end| marks[end].at <= mark.at);
        before[i] = place.checked_sub(1).map(|previous| ends[previous]);
        if place == ends.len() {
            ends.push(i);
        } else {
            ends[place] = i;
        }
    }
    let mut chain: Vec<Mark> =
        std::iter::successors(ends.last().copied(), |&i| before[i]).map(|i| marks[i]).collect();
    chain.reverse();
    chain
}
