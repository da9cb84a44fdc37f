//! How many actions are at work at a time.

use crate::format::buildtime::Action;
use crate::model::Nanoseconds;

/// Parts that the time of a build is cut into.
const SLICES: i64 = 10;

/// Time that actions were ready and waited, added up.
pub(super) fn waited(actions: &[Action]) -> Nanoseconds {
    let waits = actions.iter().filter_map(|action| Some(action.start?.since(action.ready?).0.max(0)));
    Nanoseconds(waits.fold(0, i64::saturating_add))
}

/// Actions at a time, on average, while there were any.
pub(super) fn parallelism(actions: &[Action]) -> f64 {
    let Some((begin, end)) = extent(actions) else { return 0.0 };
    at_work(actions, begin, end)
}

/// The same of each part of that time.
pub(super) fn over_time(actions: &[Action]) -> Vec<f64> {
    let Some((begin, end)) = extent(actions) else { return Vec::new() };
    let at = |slice: i64| begin + (i128::from(end - begin) * i128::from(slice) / i128::from(SLICES)) as i64;
    (0..SLICES).map(|slice| at_work(actions, at(slice), at(slice + 1))).collect()
}

fn spans(actions: &[Action]) -> impl Iterator<Item = (i64, i64)> {
    let span = |action: &Action| Some((action.start?.0, action.done?.0));
    actions.iter().filter_map(span).filter(|(start, done)| done > start)
}

/// From the first action to the last.
fn extent(actions: &[Action]) -> Option<(i64, i64)> {
    Some((spans(actions).map(|span| span.0).min()?, spans(actions).map(|span| span.1).max()?))
}

fn at_work(actions: &[Action], begin: i64, end: i64) -> f64 {
    let inside = spans(actions).map(|(start, done)| (done.min(end) - start.max(begin)).max(0) as f64);
    let all: f64 = inside.sum();
    if end > begin { all / (end - begin) as f64 } else { 0.0 }
}
