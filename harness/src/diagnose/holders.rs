//! Rule: who holds what grows, from the heap dumps of the first step run that has any.
//!
//! A dump's objects are joined with a draft by the allocation site, which both have with its whole stack. Of the roots
//! that the objects are reached from, the one with most bytes is the holder. Goroutines that leak are their own
//! holders: what they alone keep is added to their finding.
//!
//! Confidence, in the order of the table below: nothing here makes a leak surer, and what is not known about its
//! holder makes it less sure than one of which everything is known.

use super::case::{Case, Judged};
use super::draft::{Draft, Holding, SiteGrowth};
use super::identity::normal;
use crate::model::heap::{
    HeapCount, HeapRoot, HeapSummary, HeldSite, Holder, RetainingPath, RootKind, Suspect,
};
use crate::model::{
    Bytes, Confidence, Evidence, Frame, LeakKind, Objects, OtherHolder, Retained, RetainedGrowth, RunHeap,
    SiteClass, is_inside_of_map, readable_type,
};

/// What the input is called.
pub(super) const SOURCE: &str = "heap dump";

/// A holder of less than this part of the bytes, in percent, is not *the* holder.
const MOST: f64 = 50.0;
/// Part of a dump's objects that have a site when every allocation was profiled.
const NEARLY_ALL: f64 = 0.95;
/// Other holders that are listed.
const MAX_OTHERS: usize = 3;

/// What is not known, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// None of the growing objects are in the dump: it lacks samples, or its end.
    NotSeen,
    /// No root holds most of them.
    Divided,
    /// What holds them is on a stack, and may be no pointer.
    Guessed,
    /// The dump was cut off: what its rest would have held is not known.
    Partial,
}

/// The written rule.
const DOUBTS: &[(Doubt, Confidence, &str)] = &[
    (
        Doubt::NotSeen,
        Confidence::Medium,
        "the growing objects are not in it, so nothing tells who holds them",
    ),
    (Doubt::Divided, Confidence::Medium, "several hold a part of what grows, and none of them most"),
    (
        Doubt::Guessed,
        Confidence::Medium,
        "only words on a stack that may be no pointers lead to the growing objects",
    ),
    (Doubt::Partial, Confidence::Medium, "it was cut off: another holder may be in what is missing"),
];

/// Adds holders to the drafts.
pub(super) fn run(case: &Case<'_>, drafts: &mut [Draft]) {
    let with_dump = |judged: &&Judged<'_>| judged.run.pieces.heap.is_some();
    let Some(judged) = case.best().iter().find(with_dump) else { return };
    let Some(heap) = &judged.run.pieces.heap else { return };
    for draft in drafts {
        match draft.kind {
            LeakKind::Heap => {
                hold(draft, heap);
                super::ages::add(draft, judged, heap, &sites_of(draft, &heap.summary));
            }
            LeakKind::Goroutine => hold_by_goroutines(draft, heap),
            _ => continue,
        }
        if heap.summary.totals.agreement.is_none() {
            doubt(draft, Doubt::Partial);
        }
    }
}

/// Notes of runs that should have a dump and have none.
pub(super) fn missing(case: &Case<'_>, drafts: &mut [Draft]) {
    for given in case.missing(case.best(), &[SOURCE]) {
        for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
            draft.limit(Confidence::Medium, SOURCE, &given.why);
        }
    }
}

fn doubt(draft: &mut Draft, doubt: Doubt) {
    for (_, confidence, why) in DOUBTS.iter().filter(|(about, ..)| *about == doubt) {
        draft.limit(*confidence, SOURCE, why);
    }
}

/// Kind and name of a root, as findings and contracts have it. The program's first goroutine is one of the user's,
/// though the runtime starts it.
pub(super) fn name(root: &HeapRoot) -> String {
    let kind = match root.kind {
        _ if root.goroutine.is_some() => "goroutine",
        RootKind::Global => "global",
        RootKind::Goroutine => "goroutine",
        RootKind::Finalizer => "finalizer",
        RootKind::Timer => "timer",
        RootKind::Runtime => "runtime",
        RootKind::Stack => "stack",
        RootKind::Other => "other",
    };
    if root.name.starts_with(kind) { root.name.clone() } else { format!("{kind} {}", root.name) }
}

/// Whether the dump has every live object and nearly all of them have a site: then nothing can grow that no site
/// shows, whatever the runtime's live heap says. (It counts an object twice that has a finalizer and is reached, too:
/// `markrootSpans` and `greyobject`, Go 1.22-1.27.)
pub(super) fn accounts_for_all(judged: &Judged<'_>) -> bool {
    judged.run.pieces.heap.as_ref().is_some_and(|heap| {
        let totals = &heap.summary.totals;
        let with_site = totals.sampled.0 as f64 >= NEARLY_ALL * totals.found.objects.0 as f64;
        with_site && totals.agreement.is_some_and(|agreement| agreement.holds)
    })
}

/// Objects of a draft that are reached from one root first.
struct Share<'a> {
    root: &'a HeapRoot,
    held: HeapCount,
    /// The path with most of them.
    path: &'a RetainingPath,
}

fn hold(draft: &mut Draft, heap: &RunHeap) {
    let held = sites_of(draft, &heap.summary);
    let shares = shares(&held);
    let total: u64 = held.iter().map(|site| site.held.bytes.0).fold(0, u64::saturating_add);
    let Some(most) = shares.first().filter(|_| total > 0) else { return doubt(draft, Doubt::NotSeen) };
    let share = most.held.bytes.0 as f64 * 100.0 / total as f64;
    if share < MOST {
        doubt(draft, Doubt::Divided);
    } else {
        draft.holder = Some(Holding { name: name(most.root), through: through(most.path), each: None });
    }
    if most.root.kind == RootKind::Stack {
        doubt(draft, Doubt::Guessed);
    }
    let suspect = heap.summary.suspects.iter().find(|suspect| is_of(suspect, most, &held));
    let others = shares.iter().skip(1).take(MAX_OTHERS);
    let others = others.map(|other| OtherHolder { name: name(other.root), held: other.held }).collect();
    let mut evidence = retained(most.root, most.path, heap, suspect);
    (evidence.held, evidence.share, evidence.others) = (most.held, share, others);
    draft.further.insert(0, Evidence::Retained(Box::new(evidence)));
}

/// The dump's sites that a draft's growth is at. A map's tables are held by what the map is in, and stand aside where
/// there is memory of the user's own.
pub(super) fn sites_of<'a>(draft: &Draft, summary: &'a HeapSummary) -> Vec<&'a HeldSite> {
    let sites = || draft.runs.first().map_or(&[][..], |run| &run.sites).iter();
    let user = sites().any(|site| site.class == SiteClass::User);
    let counts = |site: &&SiteGrowth| !user || site.class == SiteClass::User;
    let wanted: Vec<&SiteGrowth> = sites().filter(counts).collect();
    let mut found: Vec<&HeldSite> = Vec::new();
    for held in wanted.into_iter().flat_map(|site| at(site, summary)) {
        if !found.iter().any(|known| std::ptr::eq(*known, held)) {
            found.push(held);
        }
    }
    found
}

/// A dump's objects that were allocated where a site's were.
pub(super) fn at<'a>(site: &SiteGrowth, summary: &'a HeapSummary) -> Vec<&'a HeldSite> {
    let at: Vec<&HeldSite> =
        summary.sites.iter().filter(|held| same_stack(&held.stack, &site.stack)).collect();
    let alike = at.iter().any(|held| held.class == site.class);
    at.into_iter().filter(|held| held.class == site.class || !alike).collect()
}

/// A dump has the place of every frame, but names an inlined function after the one it was inlined into (`funcname` in
/// runtime/heapdump.go, Go 1.22-1.27). So places are compared, and the class, which rests on names, decides only where
/// it can. Leading frames that were taken for the runtime's own by name may be there still.
fn same_stack(dump: &[Frame], profile: &[Frame]) -> bool {
    let same = |(a, b): (&Frame, &Frame)| a.line == b.line && a.file == b.file;
    let (long, short) = if dump.len() < profile.len() { (profile, dump) } else { (dump, profile) };
    let excess = long.len() - short.len();
    !short.is_empty()
        && long.iter().take(excess).all(is_runtimes)
        && long.iter().skip(excess).zip(short).all(same)
}

/// A file of the runtime, with and without `-trimpath`.
fn is_runtimes(frame: &Frame) -> bool {
    ["runtime/", "internal/runtime/"].iter().any(|dir| frame.file.starts_with(dir))
        || ["/src/runtime/", "/src/internal/runtime/"].iter().any(|dir| frame.file.contains(dir))
}

/// By root, most bytes first.
fn shares<'a>(held: &[&'a HeldSite]) -> Vec<Share<'a>> {
    let mut shares: Vec<Share<'a>> = Vec::new();
    for path in held.iter().flat_map(|site| &site.paths) {
        let same =
            |share: &&mut Share<'_>| share.root.kind == path.root.kind && share.root.name == path.root.name;
        match shares.iter_mut().find(same) {
            None => shares.push(Share { root: &path.root, held: path.held, path }),
            Some(share) => {
                share.held = sum(share.held, path.held);
                if path.held.bytes > share.path.held.bytes {
                    share.path = path;
                }
            }
        }
    }
    shares.sort_by_key(|share| std::cmp::Reverse(share.held.bytes));
    shares
}

fn sum(a: HeapCount, b: HeapCount) -> HeapCount {
    HeapCount {
        objects: Objects(a.objects.0.saturating_add(b.objects.0)),
        bytes: Bytes(a.bytes.0.saturating_add(b.bytes.0)),
    }
}

/// A suspect about the same objects under the same root.
fn is_of(suspect: &Suspect, most: &Share<'_>, held: &[&HeldSite]) -> bool {
    let root = &suspect.path.root;
    (root.kind, &root.name) == (most.root.kind, &most.root.name)
        && held.iter().any(|site| !site.stack.is_empty() && site.stack == suspect.children.stack)
}

/// What a root keeps: a suspect's container if there is one, else all that the root alone holds.
fn retained(root: &HeapRoot, path: &RetainingPath, heap: &RunHeap, suspect: Option<&Suspect>) -> Retained {
    let holder = heap.summary.holders.iter().find(|holder| holder.root.signature() == root.signature());
    let holder = holder.or_else(|| by_name(heap, root));
    let (retained, gained) = match (suspect, holder) {
        (Some(suspect), _) => (Some(suspect.retained), suspect.growth),
        (None, Some(holder)) => (Some(holder.retained), holder.growth),
        (None, None) => (None, None),
    };
    // What hangs on several roots is not freed with one of them.
    let retained = retained.filter(|retained| retained.bytes >= path.held.bytes);
    let growth = gained.filter(|_| retained.is_some()).zip(heap.since);
    Retained {
        path: path.clone(),
        held: path.held,
        share: 100.0,
        looks_like: suspect.map(|suspect| suspect.kind),
        retained,
        growth: growth.map(|(gained, since)| RetainedGrowth {
            gained,
            operations: (since, heap.operations),
            per: heap.per,
        }),
        others: Vec::new(),
    }
}

fn by_name<'a>(heap: &'a RunHeap, root: &HeapRoot) -> Option<&'a Holder> {
    heap.summary.holders.iter().find(|holder| holder.root.kind == root.kind && holder.root.name == root.name)
}

/// The container that the objects at the end are in: the last map, slice or array on the way. Without one, the type
/// of the global.
fn through(path: &RetainingPath) -> Option<String> {
    let before_last = path.steps.len().saturating_sub(1);
    let steps = path.steps.iter().take(before_last).map(|step| step.type_name.as_deref());
    let names: Vec<&str> = std::iter::once(path.root.type_name.as_deref()).chain(steps).flatten().collect();
    let is_container = |name: &&&str| {
        !is_inside_of_map(name)
            && ["map", "["].iter().any(|start| name.trim_start_matches('*').starts_with(start))
    };
    let found = names.iter().rev().find(is_container).copied();
    found.or(path.root.type_name.as_deref()).map(readable_type)
}

/// What leaked goroutines alone keep.
fn hold_by_goroutines(draft: &mut Draft, heap: &RunHeap) {
    let starts = super::fold::starts(draft);
    let is_theirs =
        |holder: &&Holder| holder.root.kind != RootKind::Stack && is_of_draft(draft, &starts, &holder.root);
    let holders: Vec<&Holder> = heap.summary.holders.iter().filter(is_theirs).collect();
    let Some(most) = holders.iter().max_by_key(|holder| holder.retained.bytes) else { return };
    let goroutines = holders.iter().filter_map(|holder| holder.root.goroutine.as_ref());
    let count: u64 = goroutines.map(|goroutine| goroutine.alike).sum();
    let held = holders.iter().map(|holder| holder.retained).fold(HeapCount::default(), sum);
    let each = held.bytes.0 as f64 / count.max(1) as f64;
    let start = start(draft).map_or_else(|| name(&most.root), |function| format!("goroutine {function}"));
    draft.holder = Some(Holding { name: start, through: None, each: Some(each).filter(|each| *each > 0.0) });
    let same_root = |suspect: &&Suspect| suspect.path.root.signature() == most.root.signature();
    let suspect = heap.summary.suspects.iter().filter(same_root).find(|suspect| !is_descriptors(suspect));
    let path = suspect.map_or_else(
        || RetainingPath { root: most.root.clone(), steps: Vec::new(), held: most.retained },
        |suspect| suspect.path.clone(),
    );
    if held.bytes.0 > 0 {
        let mut evidence = retained(&most.root, &path, heap, suspect);
        (evidence.held, evidence.retained) = (held, Some(held));
        draft.further.push(Evidence::Retained(Box::new(evidence)));
    }
}

/// A goroutine's descriptor is a part of what it costs, but tells nothing about the program.
fn is_descriptors(suspect: &Suspect) -> bool {
    suspect.path.steps.last().and_then(|step| step.site.as_ref()).is_some_and(is_runtimes)
}

/// The function that the goroutines run, as the user wrote it if a wait tells.
fn start(draft: &Draft) -> Option<&str> {
    let waits = draft.further.iter().find_map(|evidence| match evidence {
        Evidence::Blocked { stack, .. } => stack.last(),
        _ => None,
    });
    let site = || draft.main_site()?.start.as_ref();
    waits.or_else(site).map(|frame| &*frame.function)
}

/// Whether a goroutine of the dump is one of those that leak: one of its functions is theirs, or its first function is
/// the wrapper that the compiler made where they are created (and into which theirs may be inlined).
pub(super) fn is_of_draft(draft: &Draft, starts: &[String], root: &HeapRoot) -> bool {
    let Some(goroutine) = &root.goroutine else { return false };
    let functions = goroutine.stack.iter().chain([&root.name]);
    let creators = || draft.runs.iter().flat_map(|run| &run.sites).flat_map(|site| site.stack.iter());
    let wrapped = root.name.rsplit_once(".gowrap").map(|(creator, _)| creator);
    functions.into_iter().any(|function| starts.contains(&normal(function)))
        || wrapped.is_some_and(|creator| creators().any(|frame| *frame.function == *creator))
}
