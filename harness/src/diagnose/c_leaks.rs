//! Rule: memory of C that LeakSanitizer proves to be lost.
//!
//! LeakSanitizer has the stack of the allocation from C's side, up to the function that cgo makes for each C function that
//! Go calls (`_cgo_HASH_Cfunc_sign`); the trace has the stack of Go's call of it (`main._Cfunc_sign`). The name joins the
//! two, since no unwinder crosses from C's stack to a goroutine's.
//!
//! What that does to the finding that resident memory makes (`off_heap`): when at least [`PART`] of its growth is
//! proved to be lost, it is laid at the Go call with the most lost memory, and the doubt about who allocates is gone.
//! What is lost without such a finding is one of its own, if it happens again and again: as many allocations as
//! there are comparable checkpoints. A library that never frees what it sets up once is no leak.

use std::collections::BTreeSet;

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::outside::{calls, growth};
use super::trend::{Pattern, Trend, gained};
use super::words::bytes;
use crate::model::{CLeak, CLeaks, CallEffect, CallSite, Confidence, Evidence, Frame, LeakKind};

/// How a finding names this source.
pub(super) const SOURCE: &str = "-asan";
/// The part of a growth that has to be lost, as a divisor.
const PART: u64 = 2;
/// Stacks that are shown.
const MAX_STACKS: usize = 5;
/// Functions that stand before the one that asks for memory.
const ALLOCATORS: [&str; 6] = ["__interceptor_", "operator new", "malloc", "calloc", "realloc", "strdup"];
/// What cgo puts before the name of a C function, on C's side and on Go's.
const ENTRIES: [&str; 2] = ["_Cfunc_", "_C2func_"];

/// Whether there is an answer.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    matches!(case.build.c_leaks, CLeaks::Found(_)) && first(case).is_some()
}

/// Whether anybody asked.
pub(super) fn is_asked(case: &Case<'_>) -> bool {
    *case.build.c_leaks != CLeaks::NotAsked
}

/// Why there is no answer.
pub(super) fn why_not(case: &Case<'_>) -> String {
    match case.build.c_leaks {
        CLeaks::NotRun(why) => why.clone(),
        _ => "no run tells how many operations there were".to_owned(),
    }
}

/// Lost memory that was asked for through one C function.
pub(super) struct Lost<'c> {
    leaks: Vec<&'c CLeak>,
    /// Go's calls of that function, those with most calls first; none without a trace that has them.
    callers: Vec<(&'c CallSite, Vec<u64>)>,
}

impl Lost<'_> {
    fn bytes(&self) -> u64 {
        self.leaks.iter().fold(0, |sum, leak| sum.saturating_add(leak.bytes.0))
    }

    fn objects(&self) -> u64 {
        self.leaks.iter().fold(0, |sum, leak| sum.saturating_add(leak.objects.0))
    }

    /// Go's calls, for who lays a finding at them.
    pub fn sites(&self) -> Vec<(CallSite, Vec<u64>)> {
        self.callers.iter().map(|(site, calls)| ((*site).clone(), calls.clone())).collect()
    }

    fn allocating(&self) -> Option<&Frame> {
        self.leaks.iter().find_map(|leak| allocating(leak))
    }

    /// `, allocated in C by sign main.go:12 and lost (8.4 MiB in 2000 allocations, says LeakSanitizer)`
    pub fn detail(&self) -> String {
        let by = match self.allocating() {
            Some(frame) if frame.file.is_empty() => format!(" by {}", frame.function),
            Some(frame) => format!(" by {frame}"),
            None => String::new(),
        };
        let (bytes, objects) = (bytes(self.bytes() as f64), self.objects());
        format!(", allocated in C{by} and lost ({bytes} in {objects} allocations, says LeakSanitizer)")
    }

    /// Its stacks, those with most bytes first.
    pub fn evidence(&self) -> Vec<Evidence> {
        let one = |leak: &&CLeak| Evidence::Lost {
            stack: leak.stack.to_vec(),
            bytes: leak.bytes,
            objects: leak.objects,
            direct: leak.direct,
        };
        self.leaks.iter().take(MAX_STACKS).map(one).collect()
    }

    /// What remains open, with its source.
    pub fn doubt(&self) -> Option<(&'static str, String)> {
        let is_bare = self.leaks.iter().all(|leak| leak.stack.iter().all(|frame| frame.file.is_empty()));
        let lines: BTreeSet<_> = self.callers.iter().filter_map(|(site, _)| calling(site)).collect();
        match lines.len() {
            _ if is_bare => Some((
                SOURCE,
                "it names no lines: the sanitizer found no symbolizer (put `llvm-symbolizer` on PATH)"
                    .to_owned(),
            )),
            0 => Some((
                "trace",
                "it has no call of that C function, so that no line of Go is known".to_owned(),
            )),
            1 => None,
            n => Some((
                "trace",
                format!("{n} lines of Go call that C function: the one with most calls is named"),
            )),
        }
    }
}

/// The line of Go that calls, behind what cgo generates.
fn calling(site: &CallSite) -> Option<&Frame> {
    site.stack.iter().find(|frame| entry(&frame.function).is_none() && !frame.function.contains("._cgo_"))
}

/// The function that asked the allocator.
fn allocating(leak: &CLeak) -> Option<&Frame> {
    let is_own = |frame: &&Frame| !ALLOCATORS.iter().any(|name| frame.function.starts_with(name));
    leak.stack.iter().find(is_own).filter(|frame| entry(&frame.function).is_none())
}

/// `sign` of `_cgo_fa4b3a3cffd5_Cfunc_sign` and of `main._Cfunc_sign`. What cgo calls malloc is spelt in two ways.
fn entry(function: &str) -> Option<&str> {
    ENTRIES.iter().find_map(|prefix| Some(function.split_once(prefix)?.1))
}

fn first<'c>(case: &'c Case<'_>) -> Option<&'c Judged<'c>> {
    case.best().iter().find(|judged| judged.points.are_enough())
}

/// All that is lost, by the C function that Go called, most first.
fn lost<'c>(case: &'c Case<'_>, judged: &'c Judged<'_>) -> Vec<Lost<'c>> {
    let CLeaks::Found(leaks) = case.build.c_leaks else { return Vec::new() };
    let mut by_entry: Vec<(Option<&str>, Lost<'_>)> = Vec::new();
    let called = calls(judged, &judged.points, &[CallEffect::CallsC, CallEffect::Allocates]);
    for leak in leaks {
        let name = leak.stack.iter().find_map(|frame| entry(&frame.function));
        // What does not come from Go is one for each function.
        let key = name.or_else(|| allocating(leak).map(|frame| &*frame.function));
        if let Some((_, lost)) = by_entry.iter_mut().find(|(known, _)| *known == key) {
            lost.leaks.push(leak);
            continue;
        }
        let is_caller = |site: &CallSite| {
            let called = site.stack.first().and_then(|frame| entry(&frame.function));
            called.zip(name).is_some_and(|(called, name)| called.eq_ignore_ascii_case(name))
        };
        let mut callers: Vec<_> = called.iter().filter(|(site, _)| is_caller(site)).cloned().collect();
        callers.sort_by_key(|(_, calls)| std::cmp::Reverse(gained(calls)));
        by_entry.push((key, Lost { leaks: vec![leak], callers }));
    }
    let mut all: Vec<Lost<'_>> = by_entry.into_iter().map(|(_, lost)| lost).collect();
    all.sort_by_key(|lost| std::cmp::Reverse(lost.bytes()));
    all
}

/// The lost memory that accounts for a growth of `grown` bytes: the greatest of what Go's calls lose, if all together is
/// enough of it.
pub(super) fn accounts<'c>(case: &'c Case<'_>, judged: &'c Judged<'_>, grown: i64) -> Option<Lost<'c>> {
    let mut lost = lost(case, judged);
    let all = lost.iter().fold(0_u64, |sum, one| sum.saturating_add(one.bytes()));
    let is_enough = all >= u64::try_from(grown).ok()?.div_ceil(PART);
    let greatest = lost.iter().position(|one| !one.callers.is_empty()).filter(|_| is_enough)?;
    Some(lost.swap_remove(greatest))
}

/// What the finding of resident memory does not have yet.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let Some(judged) = first(case) else { return };
    let all = lost(case, judged);
    let first_new = drafts.len();
    for one in &all {
        let (cause, site) = site(case, judged, one);
        let of_cause = |draft: &Draft| draft.kind == LeakKind::OffHeap && draft.cause == cause;
        let known = drafts.iter().position(of_cause);
        match known.and_then(|place| Some((place, drafts.get_mut(place)?))) {
            Some((place, draft)) if place < first_new => show(draft, one),
            known => {
                if one.objects() < judged.points.0.len() as u64 {
                    continue;
                }
                let is_new = known.is_none();
                let head = (LeakKind::OffHeap, 1, Confidence::High);
                draft::collect(drafts, head, judged.run.id.repeat, vec![(cause.clone(), site)]);
                let draft =
                    drafts.iter_mut().find(|draft| draft.kind == LeakKind::OffHeap && draft.cause == cause);
                draft.into_iter().for_each(|draft| tell(draft, one, is_new));
            }
        }
    }
    if all.is_empty() {
        let none = "LeakSanitizer found nothing lost at the end: what grows is still referred to (dead memory of Go counts, too), or is mapped";
        for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::OffHeap) {
            draft.further.push(Evidence::Note { text: none.to_owned() });
        }
    }
}

/// Shows the stacks, unless they are shown already.
fn show(draft: &mut Draft, lost: &Lost<'_>) {
    let new: Vec<Evidence> = lost.evidence().into_iter().filter(|one| !draft.further.contains(one)).collect();
    draft.further.extend(new);
}

/// A function of Go may lose memory through several of C: the one with most gives the words.
fn tell(draft: &mut Draft, lost: &Lost<'_>, is_new: bool) {
    show(draft, lost);
    if is_new {
        draft.detail = lost.detail();
    }
    if let Some((source, why)) = lost.doubt() {
        draft.limit(Confidence::Medium, source, &why);
    }
}

/// Growth that is known by its end alone.
fn site(case: &Case<'_>, judged: &Judged<'_>, lost: &Lost<'_>) -> (Cause, SiteGrowth) {
    let checkpoints = &judged.run.pieces.checkpoints;
    let operations = checkpoints.last().map_or(0, |checkpoint| checkpoint.operations.0);
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let trend = Trend {
        pattern: Pattern::Steady,
        gained: signed(lost.bytes()),
        operations,
        last: lost.bytes(),
        since: checkpoints.len(),
    };
    let stack = lost.callers.first().map(|(site, _)| &*site.stack);
    let (cause, mut site) = growth(case, stack, vec![lost.bytes()], (&judged.points, trend));
    site.gained_objects = signed(lost.objects());
    (cause, site)
}
