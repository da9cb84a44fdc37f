//! Rule: resident memory grows that is not the Go runtime's.
//!
//! Resident set size minus what the runtime has mapped and not given back. Both sides of the difference move with Go's
//! heap alike: what the runtime took and has not touched yet makes the difference smaller by what it later grows by, and
//! the reserve is small at a checkpoint (measured on healthy programs: it stays within 0.4 MiB). So the growth has to be
//! at least [`LEAST`], of resident memory itself, and not what more threads take. A mapping that nobody touches is no
//! resident memory: it shows in the size of all mappings, and in more calls of `mmap` than of `munmap`.

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::outside::{at_points, called, calls, drift, figures, growth, have, sum, trend_of};
use super::trend::{gained, steady};
use crate::model::{CallEffect, CallSite, Checkpoint, Confidence, Evidence, LeakKind};

/// Growth below this is what the kernel's own counting (in batches per processor) and the runtime's reserve make.
const LEAST: i64 = 512 << 10;
/// What a thread may take of memory that is not the runtime's: the touched part of its C stack.
const PER_THREAD: i64 = 64 << 10;

/// Whether any run tells of resident memory and the runtime's own.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(case.best(), outside)
}

/// Finds growth in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| {
        judged.points.are_enough() && at_points(judged, &judged.points, outside).is_some()
    };
    let head = (LeakKind::OffHeap, draft::repeats(case.best(), enough), Confidence::High);
    let first_new = drafts.len();
    for judged in case.best() {
        let Some(found) = grown(case, judged) else { continue };
        let cause = found.site.0.clone();
        draft::collect(drafts, head, judged.run.id.repeat, vec![found.site]);
        let new = drafts.get_mut(first_new..).unwrap_or_default();
        for draft in new.iter_mut().filter(|draft| draft.cause == cause && draft.runs.len() == 1) {
            draft.detail = found.culprit.detail.to_owned();
            draft.further.clone_from(&found.evidence);
            if let Some((source, why)) = found.culprit.doubt {
                draft.limit(Confidence::Medium, source, why);
            }
        }
    }
}

/// Resident memory minus the runtime's.
fn outside(checkpoint: &Checkpoint) -> Option<i64> {
    let (process, runtime) = (checkpoint.process?, checkpoint.runtime?);
    let rss = i64::try_from(process.rss.0).ok()?;
    let own = i64::try_from(runtime.mapped.0.saturating_sub(runtime.released.0)).ok()?;
    (runtime.mapped.0 > 0).then(|| rss.saturating_sub(own))
}

struct Found {
    site: (Cause, SiteGrowth),
    culprit: Culprit,
    evidence: Vec<Evidence>,
}

/// Who takes the memory.
struct Culprit {
    sites: Vec<(CallSite, Vec<u64>)>,
    detail: &'static str,
    doubt: Option<(&'static str, &'static str)>,
}

fn grown(case: &Case<'_>, judged: &Judged<'_>) -> Option<Found> {
    let operations = judged.points.operations();
    let difference = at_points(judged, &judged.points, outside).filter(|_| judged.points.are_enough())?;
    let culprit = culprit(judged);
    let resident = resident_growth(judged, &difference, &operations);
    let untouched = || mapped_growth(judged, &operations).filter(|_| culprit.detail == MAPPED);
    let values = resident.or_else(untouched)?;
    let trend = trend_of(&values, &operations);
    let rss = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.rss.0))?;
    let mut evidence = vec![
        Evidence::Figures {
            what: "resident memory less the runtime's own, at each checkpoint".to_owned(),
            unit: "B".to_owned(),
            values: difference,
            stack: Vec::new(),
        },
        figures("resident memory, by the system", "B", rss),
    ];
    evidence.extend(culprit.sites.iter().map(|(site, calls)| called(site, calls.clone())));
    let stack = culprit.sites.first().map(|(site, _)| &*site.stack);
    let site = growth(case, stack, values, (&judged.points, trend));
    Some(Found { site, culprit, evidence })
}

/// The difference at each point above its least, if it grows by enough.
fn resident_growth(judged: &Judged<'_>, difference: &[i64], operations: &[u64]) -> Option<Vec<u64>> {
    let least = difference.iter().min().copied()?;
    let values: Vec<u64> = difference.iter().map(|value| value.abs_diff(least)).collect();
    drift(&values, operations)?;
    let rss = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.rss.0))?;
    let threads = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.threads))?;
    let of_threads = gained(&threads).max(0).saturating_mul(PER_THREAD);
    let real = gained(&values).saturating_sub(of_threads);
    (real >= LEAST && gained(&rss) >= gained(&values) / 2).then_some(values)
}

/// The size of all mappings, if it grows by enough.
fn mapped_growth(judged: &Judged<'_>, operations: &[u64]) -> Option<Vec<u64>> {
    let values = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.mapped?.0))?;
    drift(&values, operations)?;
    (gained(&values) >= LEAST).then_some(values)
}

const MAPPED: &str = ", mapped and not unmapped";

/// Who maps more than is unmapped, or allocates in C more than is freed, or calls C at all.
fn culprit(judged: &Judged<'_>) -> Culprit {
    if let Some(sites) = unbalanced(judged, CallEffect::Maps, CallEffect::Unmaps) {
        return Culprit { sites, detail: MAPPED, doubt: None };
    }
    if let Some(sites) = unbalanced(judged, CallEffect::Allocates, CallEffect::Frees) {
        return Culprit { sites, detail: ", allocated in C and not freed", doubt: None };
    }
    let mut sites = owned(calls(judged, &judged.points, &[CallEffect::CallsC]));
    sites.sort_by_key(|(_, calls)| std::cmp::Reverse(gained(calls)));
    let doubt = match (sites.len(), judged.run.pieces.calls.is_some()) {
        (0, true) => ("trace", "no call of `mmap` or of C is in it"),
        (0, false) => ("trace", "there is none, so that nobody is known to have asked for the memory"),
        _ => ("trace", "that a C function allocates is not in it: the line is that of as many calls of one"),
    };
    let detail = if sites.is_empty() { "" } else { ", taken by C functions called" };
    Culprit { sites, detail, doubt: Some(doubt) }
}

/// Stacks that take, if all of them together take more often than `gives` back, those first that account for it.
fn unbalanced(
    judged: &Judged<'_>,
    takes: CallEffect,
    gives: CallEffect,
) -> Option<Vec<(CallSite, Vec<u64>)>> {
    let (taken, given) = (calls(judged, &judged.points, &[takes]), calls(judged, &judged.points, &[gives]));
    let n = judged.points.0.len();
    let back = sum(given.iter().map(|(_, calls)| calls), n);
    let all = sum(taken.iter().map(|(_, calls)| calls), n);
    let kept: Vec<u64> = all.iter().zip(back).map(|(taken, given)| taken.saturating_sub(given)).collect();
    steady(&kept, &judged.points.operations())?;
    let net = gained(&kept);
    let mut sites = owned(taken);
    sites.sort_by_key(|(_, calls)| (gained(calls) - net).abs());
    Some(sites)
}

fn owned(sites: Vec<(&CallSite, Vec<u64>)>) -> Vec<(CallSite, Vec<u64>)> {
    sites.into_iter().map(|(site, calls)| (site.clone(), calls)).collect()
}
