//! Rule: a memory limit (`GOMEMLIMIT`) that leaves the heap no room, in natural runs.
//!
//! The runtime lowers the heap's goal until all that it has mapped fits the limit. If that cannot be, the goal is the
//! live heap itself: a cycle follows the other, and the limit is passed all the same (until the runtime's own limiter holds
//! the collector back). That is the case when the goal is within [`ROOM`] of the live heap and the limit is reached at most
//! checkpoints after warm-up. The limit does not count what is not Go's: memory of C and mappings. Where the anonymous
//! resident memory passes it for that reason, which is what a container counts, that is said instead. Why is told by the figures: the live heap grows; or it alone is above the limit; or
//! fragments, free spans, stacks and the runtime's own take what it would have needed.

use super::case::{Case, Judged};
use super::draft::{self, Draft};
use super::outside::{at_points, figures, growth, have, trend_of};
use super::points::warm_up;
use super::words::{bytes, number};
use crate::model::{Bytes, Checkpoint, Confidence, Evidence, LeakKind, RuntimeFigures, stats};

/// A goal this near to the live heap is none: without a limit it is twice as far away at `GOGC=100`.
const ROOM: f64 = 1.05;
/// The limit is reached from here on: the runtime keeps a few percent below it.
const REACHED: f64 = 0.95;
/// A live heap that gains this much from the first third to the last grows.
const GROWTH: f64 = 1.2;

/// Whether any natural run tells what the runtime made of its limit.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(&case.natural, |checkpoint| checkpoint.runtime)
}

/// Looks at all natural runs.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| told(judged).is_some();
    let head = (LeakKind::Limit, draft::repeats(&case.natural, enough), Confidence::High);
    let first_new = drafts.len();
    for judged in &case.natural {
        let Some(figures) = told(judged) else { continue };
        let found = tight(&figures).map(Found::Tight).or_else(|| beside(judged, &figures).map(Found::Beside));
        let Some(found) = found else { continue };
        let Some(cycles) = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.gc.0.0)) else {
            continue;
        };
        let trend = trend_of(&cycles, &judged.points.operations());
        let site = growth(case, None, cycles.clone(), (&judged.points, trend));
        draft::collect(drafts, head, judged.run.id.repeat, vec![site]);
        for draft in drafts.iter_mut().skip(first_new).filter(|draft| draft.runs.len() == 1) {
            let rate = super::trend::per_operation(trend.gained, trend.operations);
            draft.detail = found.sentence(rate);
            draft.further = evidence(judged, cycles.clone());
            draft.further.extend(found.evidence(judged));
        }
    }
}

/// The runtime's figures at the points.
fn told(judged: &Judged<'_>) -> Option<Vec<RuntimeFigures>> {
    at_points(judged, &judged.points, |checkpoint| checkpoint.runtime).filter(|_| judged.points.are_enough())
}

/// What is said of a limit.
enum Found {
    Tight(Tight),
    Beside(Beside),
}

impl Found {
    fn sentence(&self, cycles_per_op: f64) -> String {
        match self {
            Self::Tight(tight) => tight.sentence(cycles_per_op),
            Self::Beside(beside) => beside.sentence(),
        }
    }

    fn evidence(&self, judged: &Judged<'_>) -> Option<Evidence> {
        let Self::Beside(_) = self else { return None };
        let values = at_points(judged, &judged.points, anonymous)?;
        Some(figures("resident memory that no file stands for, by the system", "B", values))
    }
}

/// A limit that is passed by what it does not count.
#[derive(Debug, Clone, Copy)]
struct Beside {
    limit: Bytes,
    /// Medians of the last third.
    resident: f64,
    own: f64,
}

fn anonymous(checkpoint: &Checkpoint) -> Option<u64> {
    Some(checkpoint.process?.anonymous?.0)
}

/// Anonymous memory passes the limit at all of the last third of the checkpoints, and what Go has does not reach it at any.
fn beside(judged: &Judged<'_>, figures: &[RuntimeFigures]) -> Option<Beside> {
    let limit = figures.last()?.memory_limit?;
    let resident = at_points(judged, &judged.points, anonymous)?;
    let after = warm_up(figures.len());
    let third = (figures.len().saturating_sub(after) / 3).max(1);
    let (resident, own) = (
        resident.get(resident.len().checked_sub(third)?..)?,
        figures.get(figures.len().checked_sub(third)?..)?,
    );
    let is_passed = resident.iter().all(|one| *one > limit.0);
    let is_reached = own.iter().any(|one| used(one) >= REACHED * limit.0 as f64);
    let resident: Vec<f64> = resident.iter().map(|one| *one as f64).collect();
    let own: Vec<f64> = own.iter().map(used).collect();
    let (resident, own) = (stats::median(&resident)?, stats::median(&own)?);
    (is_passed && !is_reached).then_some(Beside { limit, resident, own })
}

impl Beside {
    fn sentence(&self) -> String {
        format!(
            "GOMEMLIMIT of {} is passed by memory that it does not count: {} are resident, of which Go has {} and C or mappings at least {}",
            bytes(self.limit.0 as f64),
            bytes(self.resident),
            bytes(self.own),
            bytes(self.resident - self.own),
        )
    }
}

/// What leaves no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Growth,
    LiveHeap,
    Fragments,
    Rest,
}

/// A limit that is too near.
#[derive(Debug, Clone, Copy)]
struct Tight {
    reason: Reason,
    limit: Bytes,
    live: (f64, f64),
    /// What the runtime has beside the live heap.
    rest: f64,
    fragments: f64,
    /// Share of the processors' time that the collector took.
    gc_share: f64,
    limiter: bool,
}

/// Judges the figures of a run.
fn tight(figures: &[RuntimeFigures]) -> Option<Tight> {
    let after = figures.get(warm_up(figures.len())..)?;
    let (first, last) = (after.first()?, after.last()?);
    let limit = last.memory_limit?;
    let is_tight = |one: &&RuntimeFigures| {
        let (live, goal) = (one.heap_live.0 as f64, one.heap_goal.0 as f64);
        live > 0.0 && goal <= live * ROOM && used(one) >= REACHED * limit.0 as f64
    };
    let n = after.iter().filter(is_tight).count();
    if n * 2 <= after.len() && last.limiter_last == 0 {
        return None;
    }
    let third = (after.len() / 3).max(1);
    let mid = |part: &[RuntimeFigures], of: fn(&RuntimeFigures) -> f64| {
        stats::median(&part.iter().map(of).collect::<Vec<_>>())
    };
    let live = |one: &RuntimeFigures| one.heap_live.0 as f64;
    let (early, late) = (after.get(..third)?, after.get(after.len() - third..)?);
    let live = (mid(early, live)?, mid(late, live)?);
    let rest = mid(late, |one| used(one) - one.heap_live.0 as f64)?;
    let fragments = mid(late, |one| one.heap_free.0.saturating_add(one.heap_unused.0) as f64)?;
    let reason = match () {
        () if live.1 > live.0 * GROWTH => Reason::Growth,
        () if live.1 >= limit.0 as f64 => Reason::LiveHeap,
        () if fragments * 2.0 > rest => Reason::Fragments,
        () => Reason::Rest,
    };
    let cpu = (last.gc_cpu - first.gc_cpu, last.total_cpu - first.total_cpu);
    let gc_share = if cpu.1 > 0.0 { cpu.0 / cpu.1 } else { 0.0 };
    Some(Tight { reason, limit, live, rest, fragments, gc_share, limiter: last.limiter_last > 0 })
}

/// What counts against the limit.
fn used(one: &RuntimeFigures) -> f64 {
    one.mapped.0.saturating_sub(one.released.0) as f64
}

impl Tight {
    fn sentence(&self, cycles_per_op: f64) -> String {
        let (limit, live, rest) = (bytes(self.limit.0 as f64), bytes(self.live.1), bytes(self.rest));
        let why = match self.reason {
            Reason::Growth => format!(
                "GOMEMLIMIT of {limit} is reached by a heap that leaks: {} were live after warm-up, {live} at the end",
                bytes(self.live.0)
            ),
            Reason::LiveHeap => format!("GOMEMLIMIT of {limit} is too low: the live heap alone is {live}"),
            Reason::Fragments => format!(
                "GOMEMLIMIT of {limit} is used up by fragmentation: {} in free or half used spans beside a live heap of {live}",
                bytes(self.fragments)
            ),
            Reason::Rest => format!(
                "GOMEMLIMIT of {limit} leaves the heap no room: {live} are live, and stacks and the runtime's own take {rest}"
            ),
        };
        let limiter = if self.limiter { ", and had to be held back by its limiter" } else { "" };
        format!(
            "{why}; each GC cycle starts with no room to grow, {} per operation, with {} % of the CPU{limiter}",
            number(cycles_per_op),
            number(self.gc_share * 100.0),
        )
    }
}

fn evidence(judged: &Judged<'_>, cycles: Vec<u64>) -> Vec<Evidence> {
    let row = |what: &str, of: fn(&RuntimeFigures) -> Bytes| {
        let values = at_points(judged, &judged.points, |checkpoint: &Checkpoint| {
            Some(of(checkpoint.runtime.as_ref()?).0)
        });
        figures(what, "B", values.unwrap_or_default())
    };
    vec![
        row("counted against the limit, at each checkpoint", |one| {
            Bytes(one.mapped.0.saturating_sub(one.released.0))
        }),
        row("live heap", |one| one.heap_live),
        row("heap goal", |one| one.heap_goal),
        row("free and half used spans", |one| Bytes(one.heap_free.0.saturating_add(one.heap_unused.0))),
        figures("GC cycles", "cycles", cycles),
    ]
}
