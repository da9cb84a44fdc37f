//! Rule, when there is no step run: a site's share of a sampled profile drifts upwards over the
//! checkpoints of natural runs.
//!
//! A sampled figure of a site jumps by whole samples, so growth at every checkpoint can't be asked
//! for. Asked for is a slope over all points above the threshold and a last third that lies above
//! all of the first third after warm-up. That is weak evidence and is said to be (`confidence`).

use super::case::{Case, Judged};
use super::draft::{self, Draft};
use super::heap::{self, Series};
use super::outside::drift;
use super::points::Points;
use super::trend::Trend;
use crate::model::{Confidence, LeakKind, SiteClass};

/// Finds drifting sites in all natural runs.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| sampled_points(judged).are_enough();
    let head = (LeakKind::Heap, draft::repeats(&case.natural, enough), Confidence::Low);
    for judged in &case.natural {
        let points = sampled_points(judged);
        let grown = heap::grown(case, judged, &points, judge);
        draft::collect(drafts, head, judged.run.id.repeat, grown);
    }
}

/// The points of a natural run that have a snapshot.
pub(super) fn sampled_points(judged: &Judged<'_>) -> Points {
    judged.points.with_snapshot(judged.run.pieces, false)
}

fn judge(_class: SiteClass, series: &Series, operations: &[u64]) -> Option<Trend> {
    drift(&series.space, operations)
}
