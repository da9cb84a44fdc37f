//! One cause, one finding: memory that leaked goroutines hold goes to the goroutines' finding.
//!
//! A site's growth is laid at a goroutine leak when both hold:
//! - it is allocated in the function that creates the goroutines (the closure, the channel, the
//!   subscriber made for them), or by the goroutines themselves (the stack's outermost function is
//!   the one they start in);
//! - its objects grow by a whole number for each goroutine.
//!
//! A heap dump decides without either: what is reached from those goroutines, all but [`KEPT`] percent
//! of it, is freed with them, whoever allocated it and however much each one holds.
//!
//! Callees of the creating function stay findings of their own: a request handler that starts a
//! goroutine and fills a cache leaks twice. Where the two happen in one function at one rate, only
//! the path that retains the memory could tell; then one finding is reported, and after its fix
//! the other one is left.

use super::draft::{Draft, RunGrowth, SiteGrowth};
use super::holders;
use super::identity::normal;
use crate::model::{Evidence, LeakKind, SiteClass};

/// How far the number of objects per goroutine may be from a whole one, relative to it: checkpoints
/// catch goroutines and memory at slightly different moments.
const TOLERANCE: f64 = 0.05;

/// Part of a draft's bytes, in percent, that the dump must show under the goroutines: less, and another
/// holder is at fault, too. The last goroutines may have been caught at work.
const KEPT: f64 = 95.0;

/// Moves sites of heap drafts into the goroutine drafts they belong to.
pub(super) fn by_cause(drafts: Vec<Draft>) -> Vec<Draft> {
    let (mut goroutines, mut heap): (Vec<Draft>, Vec<Draft>) =
        drafts.into_iter().partition(|draft| draft.kind == LeakKind::Goroutine);
    for cause in &mut goroutines {
        let starts = starts(cause);
        for draft in heap.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
            take(cause, draft, &starts);
        }
    }
    heap.retain(|draft| !draft.runs.is_empty());
    goroutines.append(&mut heap);
    goroutines
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

fn take(goroutines: &mut Draft, heap: &mut Draft, starts: &[String]) {
    let same_function = heap.cause.same_function(&goroutines.cause);
    let kept = is_kept(goroutines, heap, starts);
    let mut taken: Vec<SiteGrowth> = Vec::new();
    for run in &mut heap.runs {
        let Some(leak) = goroutines.runs.iter().find(|leak| leak.repeat == run.repeat) else { continue };
        let is_first = goroutines.first().is_some_and(|first| first.repeat == run.repeat);
        let belongs = |site: &SiteGrowth| {
            let own = site.stack.last().is_some_and(|root| starts.contains(&normal(&root.function)));
            kept || site.class == SiteClass::User && (same_function || own) && commensurate(site, leak)
        };
        let (theirs, rest) = std::mem::take(&mut run.sites).into_iter().partition(belongs);
        run.sites = rest;
        if is_first {
            taken = theirs;
        }
    }
    heap.runs.retain(|run| !run.sites.is_empty());
    attach(goroutines, taken);
}

/// Whether the dump shows the goroutines of the leak as the holder of what grows.
fn is_kept(goroutines: &Draft, heap: &Draft, starts: &[String]) -> bool {
    heap.further.iter().any(|evidence| match evidence {
        Evidence::Retained(kept) => {
            kept.share >= KEPT && holders::is_of_draft(goroutines, starts, &kept.path.root)
        }
        _ => false,
    })
}

/// A whole number of objects for each goroutine.
fn commensurate(site: &SiteGrowth, leak: &RunGrowth) -> bool {
    let goroutines = leak.gained_objects();
    if goroutines <= 0 || site.gained_objects <= 0 {
        return false;
    }
    let each = site.gained_objects as f64 / goroutines as f64;
    let whole = each.round();
    whole >= 1.0 && (each - whole).abs() <= TOLERANCE * whole
}

/// Memory of the first run becomes evidence of the goroutine finding.
fn attach(goroutines: &mut Draft, mut taken: Vec<SiteGrowth>) {
    taken.sort_by_key(|site| std::cmp::Reverse(site.trend.gained));
    let count = goroutines.first().map_or(0, RunGrowth::gained_objects).max(1);
    for site in taken {
        goroutines.held += site.trend.gained as f64 / count as f64;
        goroutines.further.push(Evidence::Allocation {
            stack: site.stack.to_vec(),
            object_size: site.object_size,
            inuse_space: site.values,
            inuse_objects: site.objects,
        });
    }
}
