//! Where two sources of one figure say different things: the trace against gctrace, the profile against the runtime's
//! live heap, the natural run against the step run. A disagreement is an observation of its own, and lowers confidence
//! (`confidence`).
//!
//! Must not choose who is right: both figures are named.

use super::case::{Case, Judged};
use super::draft::Draft;
use super::patterns::{rising_live_heap, shown};
use super::points::MIN_POINTS;
use super::words;
use crate::model::{Alignment, GctraceCycle, LeakKind, Observation, Pattern, RunPieces, TraceGc};

const MIB: u64 = 1 << 20;
/// gctrace rounds to whole MiB, and the trace's figure can be of an instant later.
const LIVE_SLACK: u64 = 2 * MIB;
/// More than this part of the cycles has to disagree.
const PART: f64 = 0.1;

/// All disagreements.
pub(super) fn observe(case: &Case<'_>, drafts: &[Draft]) -> Vec<Observation> {
    let all: Vec<&Judged<'_>> = case.natural.iter().chain(&case.step).collect();
    let natural: Vec<&Judged<'_>> = case.natural.iter().collect();
    let step: Vec<&Judged<'_>> = case.step.iter().collect();
    let heap_grows = drafts.iter().any(|draft| draft.kind == LeakKind::Heap);
    let unexplained = |run: &Judged<'_>| rises_alone(run).filter(|_| !heap_grows && !case.step.is_empty());
    [
        shown(Pattern::SourcesDisagree, &all, live_heaps),
        shown(Pattern::SourcesDisagree, &all, goals),
        shown(Pattern::SourcesDisagree, &step, profile_and_live_heap),
        shown(Pattern::SourcesDisagree, &natural, unexplained),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Cycles that both have, by the one shift that fits.
fn matched<'a>(judged: &'a Judged<'_>) -> Vec<(&'a GctraceCycle, &'a TraceGc)> {
    let Alignment::Unique { shift, .. } = judged.run.timeline.alignment else { return Vec::new() };
    let RunPieces { gctrace, trace_gcs, .. } = judged.run.pieces;
    let of = |gc: &'a TraceGc| {
        let number = gc.index.checked_add_signed(shift)?;
        Some((gctrace.iter().find(|cycle| cycle.cycle.0 == number)?, gc))
    };
    trace_gcs.iter().filter_map(of).collect()
}

fn live_heaps(judged: &Judged<'_>) -> Option<String> {
    let figures = matched(judged).into_iter().filter_map(|(cycle, gc)| {
        let traced = gc.heap_alloc.filter(|_| gc.end.is_some())?;
        Some((cycle, traced.0))
    });
    let figures: Vec<(&GctraceCycle, u64)> = figures.collect();
    let apart = |(cycle, traced): &&(&GctraceCycle, u64)| cycle.heap_marked.0.abs_diff(*traced) > LIVE_SLACK;
    let (cycle, traced) =
        figures.iter().filter(apart).max_by_key(|(cycle, traced)| cycle.heap_marked.0.abs_diff(*traced))?;
    let n = figures.iter().filter(apart).count();
    (n as f64 > PART * figures.len() as f64).then(|| {
        format!(
            "gctrace and the execution trace disagree on the live heap in {n} of {} cycles, most in cycle {}: {} and {}",
            figures.len(),
            cycle.cycle,
            words::bytes(cycle.heap_marked.0 as f64),
            words::bytes(*traced as f64),
        )
    })
}

fn goals(judged: &Judged<'_>) -> Option<String> {
    let Alignment::Unique { matched, goals_equal, .. } = judged.run.timeline.alignment else { return None };
    let apart = matched.checked_sub(goals_equal)?;
    (f64::from(apart) > PART * f64::from(matched)).then(|| {
        format!("gctrace and the execution trace disagree on the heap goal in {apart} of {matched} cycles")
    })
}

fn profile_and_live_heap(judged: &Judged<'_>) -> Option<String> {
    let gate = judged.run.timeline.conservation.as_ref().filter(|gate| !gate.holds)?;
    let (least, most) = (gate.differences.iter().min()?, gate.differences.iter().max()?);
    Some(format!(
        "the runtime's live heap and the sum of the memory profile's sites drift apart by {} over {} checkpoints",
        words::bytes(most.abs_diff(*least) as f64),
        gate.differences.len(),
    ))
}

fn rises_alone(judged: &Judged<'_>) -> Option<String> {
    let (slope, _) = rising_live_heap(judged).filter(|_| judged.run.timeline.rows.len() >= MIN_POINTS)?;
    Some(format!(
        "in natural runs the live heap rises by {} per GC cycle, and no site grows in step runs: what grows may be \
         outside of the operations, or may be freed late",
        words::bytes(slope.median),
    ))
}
