//! Looks for the shift: `cycle = shift + index`, index being the trace's own count of cycles.
//!
//! gctrace's `@T` is the sweep-termination stop's begin in milliseconds since the runtime's start,
//! cut to whole ones, on the clock the trace uses. So for the right shift the difference between the
//! trace's time of that begin and `@T` is one constant plus less than a millisecond, over all cycles.
//! For a wrong one it spreads by as much as the gaps between cycles differ. A shift fits when the
//! spread stays within the millisecond and some slack; one whose heap goals disagree in most cycles
//! does not fit either. Exactly one fitting shift is an alignment, anything else is said to be
//! none.
//!
//! A thread can lose its processor between reading the clock for `@T` and writing the event (seen on a
//! busy machine: once in 130 cycles, by 0.25 ms over the slack). That makes a difference too large, never too small, so a few of
//! the largest may lie outside. It can let a wrong shift fit beside the right one, which is then
//! called ambiguous; it can't take the right one's place.

use super::marks::{self, Mark};
use crate::model::{Alignment, Nanoseconds, RunPieces};

/// What truncating `@T` hides.
const WINDOW: i64 = 1_000_000;
/// What may lie between the runtime's reading of the clock for `@T` and the trace's event.
const SLACK: i64 = 200_000;
/// One cycle in so many may come late, and from this many cycles on one may in any case.
const ONE_LATE_IN: usize = 10;
/// See [`ONE_LATE_IN`].
const MAY_BE_LATE_FROM: usize = 5;
/// More are not let pass, however long the run: a wrong shift has to be given up early.
const MAX_LATE: usize = 200;
/// Fewer cycles than this can agree by chance: they need the probe's bracket to agree as well.
const MIN_CYCLES: u32 = 3;

/// Outcome of the search for a run.
pub(super) fn find(pieces: &RunPieces) -> Alignment {
    let gctrace = marks::of_gctrace(&pieces.gctrace);
    let trace = marks::of_trace(&pieces.trace_gcs);
    if pieces.gctrace.is_empty() || pieces.trace_gcs.is_empty() {
        return Alignment::NotNeeded;
    }
    let search = Search::new(&gctrace, &trace);
    let (fits, best_spread) = search.run();
    decide(pieces, &search, fits, best_spread)
}

/// A shift and how the cycles look under it.
#[derive(Debug, Clone, Copy)]
struct Fit {
    shift: i64,
    /// Cycles compared whose begin is not late.
    cycles: u32,
    /// Smallest and largest difference of trace time and `@T` over those.
    least: i64,
    most: i64,
    goals_equal: u32,
    goals_compared: u32,
}

impl Fit {
    fn spread(&self) -> i64 {
        self.most.saturating_sub(self.least)
    }

    /// Goals speak against this shift. They do not have to agree everywhere: the pacer moves the goal
    /// after the trace's event when a cycle starts late or memory is limited (`heapGoalInternal` in
    /// runtime/mgcpacer.go), so only disagreement in most cycles counts.
    fn refuted(&self) -> bool {
        u64::from(self.goals_equal) * 2 < u64::from(self.goals_compared)
    }
}

struct Search<'a> {
    trace: &'a [Mark],
    /// gctrace's marks at the place of their number.
    by_number: Vec<Option<&'a Mark>>,
    /// A shift that places fewer of the cycles than this before gctrace's last line is no candidate:
    /// at the far end anything fits.
    min_cycles: usize,
    /// How many cycles can be compared at best.
    comparable: usize,
}

impl<'a> Search<'a> {
    fn new(gctrace: &'a [Mark], trace: &'a [Mark]) -> Self {
        let last = gctrace.last().map_or(0, |mark| mark.number);
        let mut by_number = vec![None; usize::try_from(last).unwrap_or(0).saturating_add(1)];
        for mark in gctrace {
            if let Some(place) = usize::try_from(mark.number).ok().and_then(|n| by_number.get_mut(n)) {
                *place = Some(mark);
            }
        }
        let comparable = gctrace.len().min(trace.len());
        Self { trace, by_number, min_cycles: comparable.div_ceil(2).max(1), comparable }
    }

    /// The shifts that fit, and the smallest spread of any.
    fn run(&self) -> (Vec<Fit>, i64) {
        let mut fits = Vec::new();
        let mut best = i64::MAX;
        for shift in self.candidates() {
            // Most wrong shifts are left at their second or third cycle.
            let Some(fit) = self.try_shift(shift, best.max(WINDOW + SLACK)) else { continue };
            best = best.min(fit.spread());
            if fit.spread() <= WINDOW + SLACK && !fit.refuted() {
                fits.push(fit);
            }
        }
        (fits, best)
    }

    /// Cycles are numbered from 1 at the runtime's start, the trace's from 1 at its own: no shift is
    /// negative, and none leaves the trace's first cycles beyond gctrace's last.
    fn candidates(&self) -> std::ops::Range<i64> {
        let first = self.trace.first().map_or(0, |mark| mark.number);
        let last = self.by_number.len() as u64;
        0..i64::try_from(last.saturating_sub(first)).unwrap_or(0)
    }

    /// `None` if too few cycles can be compared, or they spread by more than `limit`.
    fn try_shift(&self, shift: i64, limit: i64) -> Option<Fit> {
        let late = self.may_be_late();
        let mut differences = Differences::default();
        let (mut goals_equal, mut goals_compared) = (0, 0);
        for (mark, line) in self.pairs(shift) {
            differences.add(mark.at.saturating_sub(line.at), limit);
            if differences.beyond > late {
                return None;
            }
            if let Some(equal) = mark.goal.agrees(line.goal) {
                goals_compared += 1;
                goals_equal += u32::from(equal);
            }
        }
        if differences.all.len() + self.n_lost(shift) < self.min_cycles {
            return None;
        }
        let (cycles, least, most) = differences.without_late(late);
        Some(Fit { shift, cycles, least, most, goals_equal, goals_compared })
    }

    /// The trace's cycles whose line should be there under this shift, and is lost. What can't be
    /// compared for that reason speaks neither for the shift nor against it.
    fn n_lost(&self, shift: i64) -> usize {
        let numbers = self.trace.iter().filter_map(|mark| mark.number.checked_add_signed(shift));
        let lines = numbers.filter_map(|number| self.by_number.get(usize::try_from(number).ok()?));
        lines.filter(|line| line.is_none()).count()
    }

    fn may_be_late(&self) -> usize {
        match self.comparable {
            n if n < MAY_BE_LATE_FROM => 0,
            n => (n / ONE_LATE_IN).clamp(1, MAX_LATE),
        }
    }

    /// The trace's cycles and gctrace's under a shift.
    fn pairs(&self, shift: i64) -> impl Iterator<Item = (&'a Mark, &'a Mark)> {
        self.trace.iter().filter_map(move |mark| {
            let number = mark.number.checked_add_signed(shift)?;
            let line = *self.by_number.get(usize::try_from(number).ok()?)?;
            Some((mark, line?))
        })
    }
}

/// Differences of trace time and `@T` under one shift.
#[derive(Default)]
struct Differences {
    all: Vec<i64>,
    least: Option<i64>,
    /// How many lie beyond the limit above the least.
    beyond: usize,
}

impl Differences {
    fn add(&mut self, difference: i64, limit: i64) {
        self.all.push(difference);
        let is_beyond = |least: i64, other: i64| other.saturating_sub(least) > limit;
        match self.least {
            Some(least) if difference >= least => self.beyond += usize::from(is_beyond(least, difference)),
            _ => {
                self.least = Some(difference);
                self.beyond = self.all.iter().filter(|other| is_beyond(difference, **other)).count();
            }
        }
    }

    /// How many there are, the least and the most, leaving out what is late: up to `late` of them that
    /// lie outside of the window above the least.
    fn without_late(mut self, late: usize) -> (u32, i64, i64) {
        self.all.sort_unstable();
        let least = self.all.first().copied().unwrap_or(0);
        let inside = |other: &i64| other.saturating_sub(least) <= WINDOW + SLACK;
        let in_time = self.all.partition_point(inside).max(self.all.len().saturating_sub(late));
        let most = in_time.checked_sub(1).and_then(|last| self.all.get(last)).copied().unwrap_or(least);
        (u32::try_from(in_time).unwrap_or(u32::MAX), least, most)
    }
}

fn decide(pieces: &RunPieces, search: &Search<'_>, fits: Vec<Fit>, best_spread: i64) -> Alignment {
    let comparable = u32::try_from(search.trace.len()).unwrap_or(u32::MAX);
    let (fits, bracketed) = within_bracket(pieces, fits);
    match fits.as_slice() {
        [] if search.trace.is_empty() => Alignment::Ambiguous { shifts: Vec::new(), cycles: 0 },
        [] => Alignment::Contradictory {
            best_spread: Nanoseconds(best_spread.saturating_sub(WINDOW).max(0)),
            cycles: comparable,
        },
        [fit] if fit.cycles >= MIN_CYCLES || (bracketed && fit.cycles + 1 >= MIN_CYCLES) => {
            unique(pieces, search, fit)
        }
        several => Alignment::Ambiguous {
            shifts: several.iter().map(|fit| fit.shift).collect(),
            cycles: several.iter().map(|fit| fit.cycles).max().unwrap_or(0),
        },
    }
}

/// Leaves the shifts that the probe's cycle counts around the trace's start allow. They only choose
/// among shifts that fit by themselves.
fn within_bracket(pieces: &RunPieces, fits: Vec<Fit>) -> (Vec<Fit>, bool) {
    let Some((low, high)) = pieces.trace_base else { return (fits, false) };
    let inside = |fit: &Fit| u64::try_from(fit.shift).is_ok_and(|shift| (low.0..=high.0).contains(&shift));
    (fits.into_iter().filter(inside).collect(), true)
}

fn unique(pieces: &RunPieces, search: &Search<'_>, fit: &Fit) -> Alignment {
    let (low, high) = (fit.most.saturating_sub(WINDOW), fit.least);
    let offset = (low.min(high), low.max(high));
    let mut residuals: Vec<i64> =
        search.pairs(fit.shift).map(|(mark, line)| residual(offset, mark.at, line.at).0).collect();
    residuals.sort_unstable();
    let joined = Joined::count(pieces, fit.shift);
    Alignment::Unique {
        shift: fit.shift,
        matched: joined.matched,
        unmatched_gctrace: joined.gctrace_only,
        unmatched_trace: joined.trace_only,
        goals_equal: fit.goals_equal,
        offset,
        residual_median: Nanoseconds(residuals.get(residuals.len() / 2).copied().unwrap_or(0)),
        residual_max: Nanoseconds(residuals.last().copied().unwrap_or(0)),
    }
}

/// How far the trace's begin of a cycle may lie from where gctrace's `@T` puts it.
pub(super) fn residual((low, high): (i64, i64), trace: i64, gctrace: i64) -> Nanoseconds {
    let half = high.saturating_sub(low) / 2;
    let into = trace.saturating_sub(gctrace).saturating_sub(low.saturating_add(half));
    let outside = (-into).max(into.saturating_sub(WINDOW)).max(0);
    Nanoseconds(half.saturating_add(outside))
}

/// How many cycles have which sources, over the span of the trace.
#[derive(Default)]
struct Joined {
    matched: u32,
    gctrace_only: u32,
    trace_only: u32,
}

impl Joined {
    fn count(pieces: &RunPieces, shift: i64) -> Self {
        let traced: std::collections::BTreeSet<u64> =
            pieces.trace_gcs.iter().filter_map(|gc| gc.index.checked_add_signed(shift)).collect();
        let printed: std::collections::BTreeSet<u64> =
            pieces.gctrace.iter().map(|cycle| cycle.cycle.0).collect();
        let span = traced.first().copied().unwrap_or(1)..=traced.last().copied().unwrap_or(0);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            matched: count(traced.intersection(&printed).count()),
            gctrace_only: count(printed.difference(&traced).filter(|n| span.contains(n)).count()),
            trace_only: count(traced.difference(&printed).count()),
        }
    }
}
