//! Rule: the memory of stacks grows, and not because there are more goroutines.
//!
//! A stack is doubled when it is full, so the sum grows in steps; it is made smaller only if less than a quarter of it
//! is used. The goroutine at fault is the one whose stack is deep at the end, and its line is where it was created.

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::identity::Cause;
use super::outside::{at_points, figures, growth, have};
use super::threads::creation;
use super::trend::{Trend, gained, steady, stepwise};
use crate::model::{Confidence, Evidence, FinalGoroutines, LeakKind};

/// What the sum moves by when nothing grows: spans of stacks that wait to be used again.
const NOISE: u64 = 128 << 10;
/// A goroutine with an ordinary stack, counted generously.
const ORDINARY_STACK: i64 = 16 << 10;
/// What a thread's own stacks take where they are not C's (`malg(16384)` and `malg(32768)` in runtime/proc.go and
/// os_linux.go, Go 1.22-1.27).
const OF_THREAD: i64 = 64 << 10;
/// Fewer frames are no deep stack: the runtime prints that many.
const DEEP: u64 = 64;
/// Growth without a deep stack, of large frames, has to be this much.
const WITHOUT_DEPTH: i64 = 1 << 20;

/// Whether any run tells of stacks.
pub(super) fn is_told(case: &Case<'_>) -> bool {
    have(case.best(), |checkpoint| Some(checkpoint.runtime?.stacks))
}

/// Finds growth in the runs that tell most.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| stacks(judged).is_some();
    let head = (LeakKind::Stacks, draft::repeats(case.best(), enough), Confidence::High);
    let first_new = drafts.len();
    for judged in case.best() {
        let Some((site, deepest)) = grown(case, judged) else { continue };
        let cause = site.0.clone();
        draft::collect(drafts, head, judged.run.id.repeat, vec![site]);
        let new = drafts.get_mut(first_new..).unwrap_or_default();
        for draft in new.iter_mut().filter(|draft| draft.cause == cause && draft.runs.len() == 1) {
            describe(draft, judged, deepest);
        }
    }
}

fn stacks(judged: &Judged<'_>) -> Option<Vec<u64>> {
    at_points(judged, &judged.points, |checkpoint| Some(checkpoint.runtime?.stacks.0))
        .filter(|_| judged.points.are_enough())
}

type Grown<'c> = ((Cause, SiteGrowth), Option<&'c FinalGoroutines>);

fn grown<'c>(case: &Case<'_>, judged: &'c Judged<'_>) -> Option<Grown<'c>> {
    let values = stacks(judged)?;
    let trend = trend(&values, &judged.points.operations())?;
    let explained = explained(judged)?;
    let deepest = deepest(case, judged);
    let least = if deepest.is_some() { i64::try_from(NOISE).unwrap_or(0) } else { WITHOUT_DEPTH };
    if trend.gained.saturating_sub(explained) < least || trend.gained < explained.saturating_mul(2) {
        return None;
    }
    let stack = deepest.map(|group| creation(case, group));
    Some((growth(case, stack.as_deref(), values, (&judged.points, trend)), deepest))
}

/// What more threads account for. `None` if there are ever more goroutines: then theirs is the leak, and their stacks are
/// among what they hold.
fn explained(judged: &Judged<'_>) -> Option<i64> {
    let operations = judged.points.operations();
    let goroutines = at_points(judged, &judged.points, |checkpoint| Some(checkpoint.goroutines))?;
    let threads = at_points(judged, &judged.points, |checkpoint| {
        Some(checkpoint.process.map_or(0, |one| one.threads))
    })?;
    let more = gained(&goroutines).max(0).saturating_mul(ORDINARY_STACK);
    let of_threads = gained(&threads).max(0).saturating_mul(OF_THREAD);
    steady(&goroutines, &operations).is_none().then(|| more.saturating_add(of_threads))
}

/// Growth of the sum without its noise, in the sum's own figures.
fn trend(values: &[u64], operations: &[u64]) -> Option<Trend> {
    let coarse: Vec<u64> = values.iter().map(|value| value / NOISE * NOISE).collect();
    let trend = steady(&coarse, operations).or_else(|| stepwise(&coarse, operations))?;
    Some(Trend { gained: gained(values), last: values.last().copied().unwrap_or(0), ..trend })
}

fn deepest<'c>(case: &Case<'_>, judged: &'c Judged<'_>) -> Option<&'c FinalGoroutines> {
    let all = judged.run.pieces.final_goroutines.as_deref().unwrap_or_default();
    let known = |group: &&FinalGoroutines| draft::blame(case, &creation(case, group)).is_some();
    all.iter().filter(|group| group.depth >= DEEP).filter(known).max_by_key(|group| group.depth)
}

fn describe(draft: &mut Draft, judged: &Judged<'_>, deepest: Option<&FinalGoroutines>) {
    let values = stacks(judged).unwrap_or_default();
    draft.further.push(figures("memory of stacks at each checkpoint, by the runtime", "B", values));
    let Some(group) = deepest else {
        draft.limit(Confidence::Low, "goroutines", "none of them is deep at the end of the run");
        return;
    };
    let own = group.stack.iter().next().map_or("?", |frame| &*frame.function);
    draft.detail = format!(": a goroutine is {} calls deep at the end, in {own}, created", group.depth);
    draft.further.push(Evidence::Blocked {
        wait: format!("{}, {} calls deep", group.state, group.depth),
        stack: group.stack.iter().take(8).cloned().collect(),
        count: group.ids.len() as u64,
        proved: false,
    });
}
