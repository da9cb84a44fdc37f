//! Rule: resident memory grows that is not the Go runtime's.
//!
//! Resident set size minus what the runtime has mapped and not given back. That difference also grows when Go's heap is
//! touched: free spans, and large objects that fill up late, are the runtime's before they are resident (20 MiB were seen
//! in healthy programs). So how much is asked for depends on who is known to take memory:
//! - calls of `mmap` or of C's `malloc` that are not undone: growth of more than [`LEAST`] beside all free spans;
//! - C functions whose effect is not known: anonymous memory that comes to exceed what the runtime could have touched;
//! - nobody: anonymous memory that comes to exceed all that the runtime ever mapped.
//!
//! A mapping that nobody touches is no resident memory: it shows in the size of all mappings.

use super::c_leaks;
use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::outside::{at_points, called, calls, drift, figures, growth, have, sum, trend_of};
use super::points::warm_up;
use super::trend::{gained, steady};
use crate::model::{CallEffect, CallSite, Checkpoint, Confidence, Evidence, LeakKind};

/// Growth below this is what the kernel's own counting (in batches per processor) makes.
const LEAST: i64 = 512 << 10;
/// What a thread may take of memory that is not the runtime's: the touched part of its C stack.
const PER_THREAD: i64 = 64 << 10;
/// Call sites that are shown.
const MAX_SITES: usize = 5;

/// Whether any run tells of resident memory and the runtime's own.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(case.best(), memory)
}

/// Finds growth in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| {
        judged.points.are_enough() && at_points(judged, &judged.points, memory).is_some()
    };
    let head = (LeakKind::OffHeap, draft::repeats(case.best(), enough), Confidence::High);
    let first_new = drafts.len();
    for judged in case.best() {
        let Some(found) = grown(case, judged) else { continue };
        let cause = found.site.0.clone();
        draft::collect(drafts, head, judged.run.id.repeat, vec![found.site]);
        let new = drafts.get_mut(first_new..).unwrap_or_default();
        for draft in new.iter_mut().filter(|draft| draft.cause == cause && draft.runs.len() == 1) {
            draft.detail.clone_from(&found.culprit.detail);
            draft.further.clone_from(&found.evidence);
            if let Some((source, why)) = &found.culprit.doubt {
                draft.limit(Confidence::Medium, source, why);
            }
        }
    }
}

/// Memory at a checkpoint, in bytes.
#[derive(Debug, Clone, Copy)]
struct Memory {
    resident: i64,
    /// Of that, what no file stands for.
    anonymous: i64,
    /// What the runtime mapped, with and without what it gave back.
    mapped: i64,
    own: i64,
    /// Free spans of the runtime, which may not have been touched.
    free: i64,
    threads: i64,
}

fn memory(checkpoint: &Checkpoint) -> Option<Memory> {
    let (process, runtime) = (checkpoint.process?, checkpoint.runtime?);
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    (runtime.mapped.0 > 0).then_some(Memory {
        resident: signed(process.rss.0),
        anonymous: signed(process.anonymous?.0),
        mapped: signed(runtime.mapped.0),
        own: signed(runtime.mapped.0.saturating_sub(runtime.released.0)),
        free: signed(runtime.heap_free.0),
        threads: signed(process.threads),
    })
}

struct Found {
    site: (Cause, SiteGrowth),
    culprit: Culprit,
    evidence: Vec<Evidence>,
}

/// Who takes the memory.
struct Culprit {
    taker: Taker,
    sites: Vec<(CallSite, Vec<u64>)>,
    detail: String,
    doubt: Option<(&'static str, String)>,
    /// What shows that, beside calls.
    proof: Vec<Evidence>,
}

impl Culprit {
    fn sure(taker: Taker, sites: Vec<(CallSite, Vec<u64>)>, detail: &str) -> Self {
        Self { taker, sites, detail: detail.to_owned(), doubt: None, proof: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taker {
    Maps,
    Allocates,
    CallsC,
    Nobody,
}

fn grown(case: &Case<'_>, judged: &Judged<'_>) -> Option<Found> {
    let operations = judged.points.operations();
    let memory = at_points(judged, &judged.points, memory).filter(|_| judged.points.are_enough())?;
    let mut culprit = culprit(case, judged);
    let resident = resident_growth(&memory, culprit.taker, &operations);
    let untouched = || mapped_growth(judged, &operations).filter(|_| culprit.taker == Taker::Maps);
    let values = resident.or_else(untouched)?;
    if let Some(lost) = c_leaks::accounts(case, judged, gained(&values)) {
        culprit.sites = lost.sites();
        (culprit.detail, culprit.doubt, culprit.proof) = (lost.detail(), lost.doubt(), lost.evidence());
    }
    let trend = trend_of(&values, &operations);
    let mut evidence = vec![
        Evidence::Figures {
            what: "resident memory less the runtime's own, at each checkpoint".to_owned(),
            unit: "B".to_owned(),
            values: memory.iter().map(|one| one.resident.saturating_sub(one.own)).collect(),
            stack: Vec::new(),
        },
        figures("resident memory, by the system", "B", memory.iter().map(|one| one.resident.unsigned_abs())),
    ];
    evidence.append(&mut culprit.proof);
    evidence.extend(culprit.sites.iter().take(MAX_SITES).map(|(site, calls)| called(site, calls.clone())));
    let stack = culprit.sites.first().map(|(site, _)| &*site.stack);
    let site = growth(case, stack, values, (&judged.points, trend));
    Some(Found { site, culprit, evidence })
}

/// The difference at each point above its least, if that grows by enough.
fn resident_growth(memory: &[Memory], taker: Taker, operations: &[u64]) -> Option<Vec<u64>> {
    let difference: Vec<i64> = memory.iter().map(|one| one.resident.saturating_sub(one.own)).collect();
    let least = difference.iter().min().copied()?;
    let values: Vec<u64> = difference.iter().map(|value| value.abs_diff(least)).collect();
    drift(&values, operations)?;
    let base = memory.get(warm_up(memory.len()))?;
    let threads = memory.last()?.threads.saturating_sub(base.threads).max(0).saturating_mul(PER_THREAD);
    let real = match taker {
        Taker::Maps | Taker::Allocates => gained(&values).saturating_sub(base.free),
        Taker::CallsC => exceeded(memory, |one| one.anonymous.saturating_sub(one.own))?,
        Taker::Nobody => exceeded(memory, |one| one.anonymous.saturating_sub(one.mapped))?,
    };
    (real.saturating_sub(threads) >= LEAST).then_some(values)
}

/// By how much all of the last third lies above all of the first third after warm-up, and above zero.
fn exceeded(memory: &[Memory], of: impl Fn(&Memory) -> i64) -> Option<i64> {
    let after = memory.get(warm_up(memory.len())..)?;
    let third = (after.len() / 3).max(1);
    let early = after.get(..third)?.iter().map(&of).max()?;
    let late = after.get(after.len() - third..)?.iter().map(&of).min()?;
    Some(late.saturating_sub(early.max(0)))
}

/// The size of all mappings, if it grows by enough.
fn mapped_growth(judged: &Judged<'_>, operations: &[u64]) -> Option<Vec<u64>> {
    let values = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.process?.mapped?.0))?;
    drift(&values, operations)?;
    (gained(&values) >= LEAST).then_some(values)
}

/// Who maps more than is unmapped, or allocates in C more than is freed, or calls C at all.
fn culprit(case: &Case<'_>, judged: &Judged<'_>) -> Culprit {
    if let Some(sites) = unbalanced(judged, CallEffect::Maps, CallEffect::Unmaps) {
        return Culprit::sure(Taker::Maps, sites, ", mapped and not unmapped");
    }
    if let Some(sites) = unbalanced(judged, CallEffect::Allocates, CallEffect::Frees) {
        return Culprit::sure(Taker::Allocates, sites, ", allocated in C and not freed");
    }
    let mut sites = owned(calls(judged, &judged.points, &[CallEffect::CallsC]));
    sites.sort_by_key(|(_, calls)| std::cmp::Reverse(gained(calls)));
    let doubt = match (sites.len(), judged.run.pieces.calls.is_some()) {
        (0, true) => ("trace", "no call of `mmap` or of C is in it"),
        (0, false) => ("trace", "there is none, so that nobody is known to have asked for the memory"),
        _ if c_leaks::is_asked(case) => {
            ("trace", "it does not tell whether a C function allocates: the line is that of most calls")
        }
        _ => (
            "trace",
            "it does not tell whether a C function allocates: the line is that of most calls (`asan = true` in `[capture]` would tell)",
        ),
    };
    let taker = if sites.is_empty() { Taker::Nobody } else { Taker::CallsC };
    let detail = if sites.is_empty() { "" } else { ", taken by C functions called" };
    let doubt = Some((doubt.0, doubt.1.to_owned()));
    Culprit { taker, sites, detail: detail.to_owned(), doubt, proof: Vec::new() }
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
