//! Rule, when there is no step run: a site's share of a sampled profile drifts upwards over the
//! checkpoints of natural runs.
//!
//! A sampled figure of a site jumps by whole samples, so growth at every checkpoint can't be asked
//! for. Asked for is a slope over all points above the threshold and a last third that lies above
//! all of the first third after warm-up. That is weak evidence and is said to be.

use super::case::{Case, Judged};
use super::draft::{self, Draft};
use super::heap::{self, Series};
use super::points::{MIN_POINTS, Points, warm_up};
use super::slope::theil_sen;
use super::trend::{Pattern, Trend, gained};
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
    for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
        draft.limit(
            Confidence::Low,
            "step run",
            "there is none: bytes are estimated from a sampled profile of a run that collects as it likes",
        );
    }
}

/// The points of a natural run that have a snapshot.
pub(super) fn sampled_points(judged: &Judged<'_>) -> Points {
    judged.points.with_snapshot(judged.run.pieces, false)
}

fn judge(_class: SiteClass, series: &Series, operations: &[u64]) -> Option<Trend> {
    let values = &series.space;
    let base = warm_up(values.len());
    let after = values.get(base..).filter(|_| values.len() >= MIN_POINTS)?;
    let third = after.len() / 3;
    let highest_early = after.get(..third.max(1))?.iter().max()?;
    let lowest_late = after.get(after.len() - third.max(1)..)?.iter().min()?;
    let points: Vec<(f64, f64)> =
        operations.iter().zip(values).skip(base).map(|(n, value)| (*n as f64, *value as f64)).collect();
    if lowest_late <= highest_early || theil_sen(&points)? <= 0.0 {
        return None;
    }
    Some(Trend {
        pattern: Pattern::Steady,
        gained: gained(values),
        operations: u64::try_from(gained(operations)).unwrap_or(0),
        last: values.last().copied().unwrap_or(0),
        since: values.windows(2).rposition(|pair| pair[0] > pair[1]).map_or(0, |fall| fall + 1),
    })
}
