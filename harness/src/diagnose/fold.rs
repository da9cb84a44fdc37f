//! One cause, one finding: memory that leaked goroutines hold goes to the goroutines' finding.
//!
//! Whose it is, a heap dump tells (`keepers`): what leaked goroutines alone keep is theirs, whoever allocated it. Of
//! what the dump does not have, and without one, a site's growth is laid at a goroutine leak when both hold:
//! - it is allocated in the function that creates the goroutines (the closure, the channel, the
//!   subscriber made for them), or by the goroutines themselves (the stack's outermost function is
//!   the one they start in);
//! - its objects grow by a whole number for each goroutine.
//!
//! Callees of the creating function stay findings of their own: a request handler that starts a
//! goroutine and fills a cache leaks twice. Where the two happen in one function at one rate, only
//! the path that retains the memory could tell; then one finding is reported, and after its fix
//! the other one is left.

use super::case::Case;
use super::contents;
use super::draft::{Draft, MAX_LINES, RunGrowth, SiteGrowth};
use super::identity::normal;
use super::keepers::{Keepers, Kept};
use crate::model::{Evidence, LeakKind, SiteClass};

/// How far the number of objects per goroutine may be from a whole one, relative to it: checkpoints
/// catch goroutines and memory at slightly different moments.
const TOLERANCE: f64 = 0.05;

/// Moves sites of heap drafts into the goroutine drafts they belong to.
pub(super) fn by_cause(case: &Case<'_>, drafts: Vec<Draft>) -> Vec<Draft> {
    let is_goroutines = |draft: &Draft| draft.kind == LeakKind::Goroutine && draft.is_reproduced();
    let (mut goroutines, mut heap): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(is_goroutines);
    let is_heap = |draft: &&mut Draft| draft.kind == LeakKind::Heap;
    let keepers = Keepers::new(case, &heap);
    let mut taken: Vec<Vec<SiteGrowth>> = goroutines.iter().map(|_| Vec::new()).collect();
    for draft in heap.iter_mut().filter(is_heap) {
        take_kept(&goroutines, draft, &keepers, &mut taken);
    }
    for (cause, taken) in goroutines.iter_mut().zip(&mut taken) {
        let starts = starts(cause);
        for draft in heap.iter_mut().filter(is_heap) {
            taken.append(&mut take(cause, draft, &starts, &keepers));
        }
        attach(cause, std::mem::take(taken));
    }
    heap.retain(|draft| !draft.runs.is_empty());
    goroutines.append(&mut contents::fold(case, heap));
    goroutines
}

/// Takes what the dump says that leaked goroutines keep, by draft of them.
fn take_kept(leaking: &[Draft], heap: &mut Draft, keepers: &Keepers<'_>, taken: &mut [Vec<SiteGrowth>]) {
    let first = heap.first().map(|run| run.repeat);
    for run in &mut heap.runs {
        let kept = whose(&run.sites, leaking, keepers);
        let sites = std::mem::take(&mut run.sites);
        for (site, kept) in sites.into_iter().zip(kept) {
            match kept {
                Kept::By(place) if first == Some(run.repeat) => taken[place].push(site),
                Kept::By(_) => {} // the first run stands for the others
                _ => run.sites.push(site),
            }
        }
    }
    heap.runs.retain(|run| !run.sites.is_empty());
}

/// Who keeps each of a draft's sites. A map's tables go where all of the user's own memory beside them goes if the dump
/// does not have them, or if a library makes the map: in its register of what is leaked.
fn whose(sites: &[SiteGrowth], leaking: &[Draft], keepers: &Keepers<'_>) -> Vec<Kept> {
    let kept: Vec<Kept> = sites.iter().map(|site| keepers.of(site, leaking)).collect();
    let users = || sites.iter().zip(&kept).filter(|(site, _)| site.class == SiteClass::User);
    let all_are = users().all(|(_, kept)| matches!(kept, Kept::By(_)));
    let with = users().next().map(|(_, kept)| *kept).filter(|_| all_are);
    let goes_along = |site: &SiteGrowth, kept: Kept| {
        let below = site.stack.first().is_some_and(|frame| *frame != site.blamed);
        site.class == SiteClass::Map && (kept == Kept::NotSeen || (kept == Kept::ByOthers && below))
    };
    let settled = |(site, kept): (&SiteGrowth, &Kept)| match with {
        Some(with) if goes_along(site, *kept) => with,
        _ => *kept,
    };
    sites.iter().zip(&kept).map(settled).collect()
}

/// Functions that the goroutines start in. The stack they wait on names the function behind a
/// wrapper that the compiler made for the `go` statement.
pub(super) fn starts(draft: &Draft) -> Vec<String> {
    let sites = draft.runs.iter().flat_map(|run| &run.sites);
    let named = sites.filter_map(|site| site.start.as_ref());
    let waiting = draft.further.iter().filter_map(|evidence| match evidence {
        Evidence::Blocked { stack, .. } => stack.last(),
        _ => None,
    });
    named.chain(waiting).map(|frame| normal(&frame.function)).collect()
}

/// Takes what stacks and rates say is the goroutines'.
fn take(goroutines: &Draft, heap: &mut Draft, starts: &[String], keepers: &Keepers<'_>) -> Vec<SiteGrowth> {
    let same_function = heap.cause.same_function(&goroutines.cause);
    let mut taken: Vec<SiteGrowth> = Vec::new();
    for run in &mut heap.runs {
        let Some(leak) = goroutines.runs.iter().find(|leak| leak.repeat == run.repeat) else { continue };
        let is_first = goroutines.first().is_some_and(|first| first.repeat == run.repeat);
        let belongs = |site: &SiteGrowth| {
            let own = site.stack.last().is_some_and(|root| starts.contains(&normal(&root.function)));
            let at_their_rate =
                (same_function || own) && commensurate(site.gained_objects, leak.gained_objects());
            // Nothing in the dump reaches it, and yet it lives: it is on the stack of who allocated it.
            let on_stack = || own && keepers.of(site, &[]) == Kept::NotSeen;
            (site.class == SiteClass::User && at_their_rate) || on_stack()
        };
        let (mut theirs, rest) = std::mem::take(&mut run.sites).into_iter().partition(belongs);
        run.sites = rest;
        if is_first {
            taken.append(&mut theirs);
        }
    }
    heap.runs.retain(|run| !run.sites.is_empty());
    taken
}

/// A whole number of objects for each of what they come with.
pub(super) fn commensurate(objects: i64, with: i64) -> bool {
    if with <= 0 || objects <= 0 {
        return false;
    }
    let each = objects as f64 / with as f64;
    let whole = each.round();
    whole >= 1.0 && (each - whole).abs() <= TOLERANCE * whole
}

/// Memory of the first run becomes evidence of the goroutine finding.
fn attach(goroutines: &mut Draft, mut taken: Vec<SiteGrowth>) {
    taken.sort_by_key(|site| std::cmp::Reverse(site.trend.gained));
    let count = goroutines.first().map_or(0, RunGrowth::gained_objects).max(1);
    let gained: i64 = taken.iter().map(|site| site.trend.gained).sum();
    goroutines.held += gained as f64 / count as f64;
    for site in taken.into_iter().take(MAX_LINES) {
        goroutines.further.push(Evidence::Allocation {
            stack: site.stack.to_vec(),
            object_size: site.object_size,
            inuse_space: site.values,
            inuse_objects: site.objects,
        });
    }
}
