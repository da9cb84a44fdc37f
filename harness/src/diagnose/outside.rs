//! What the rules about things outside of Go's heap share: figures at the comparable checkpoints, and how a stack or
//! the process as a whole becomes a growing site.

use super::case::{Case, Judged};
use super::draft::{self, SiteGrowth};
use super::identity::Cause;
use super::points::{MIN_POINTS, Points, warm_up};
use super::slope::slope;
use super::trend::{Pattern, Trend, gained};
use crate::model::{
    Bytes, CallEffect, CallSite, Checkpoint, Evidence, Frame, ModuleTable, Owner, SiteClass, Stack,
};

/// How a finding without a line names its place.
const PROCESS: &str = "(process)";

/// A figure at each of the points; `None` if a checkpoint lacks it.
pub(super) fn at_points<T>(
    judged: &Judged<'_>,
    points: &Points,
    figure: impl Fn(&Checkpoint) -> Option<T>,
) -> Option<Vec<T>> {
    let checkpoints = &judged.run.pieces.checkpoints;
    points.0.iter().map(|point| figure(checkpoints.get(point.place)?)).collect()
}

/// Whether any run of the best has the figure at enough points.
pub(super) fn have<T>(runs: &[Judged<'_>], figure: impl Fn(&Checkpoint) -> Option<T>) -> bool {
    let has = |judged: &Judged<'_>| {
        judged.points.are_enough() && at_points(judged, &judged.points, &figure).is_some()
    };
    runs.iter().any(has)
}

/// Growth of a figure that is not exact: a slope over all points, and a last third that lies above all of the first
/// third after warm-up.
pub(super) fn drift(values: &[u64], operations: &[u64]) -> Option<Trend> {
    let base = warm_up(values.len());
    let after = values.get(base..).filter(|_| values.len() >= MIN_POINTS)?;
    let third = (after.len() / 3).max(1);
    let highest_early = after.get(..third)?.iter().max()?;
    let lowest_late = after.get(after.len() - third..)?.iter().min()?;
    let points: Vec<(f64, f64)> =
        operations.iter().zip(values).skip(base).map(|(n, value)| (*n as f64, *value as f64)).collect();
    let rises = lowest_late > highest_early && slope(&points)?.median > 0.0;
    rises.then(|| trend_of(values, operations))
}

/// Growth of `values`, which somebody else found to be one.
pub(super) fn trend_of(values: &[u64], operations: &[u64]) -> Trend {
    Trend {
        pattern: Pattern::Steady,
        gained: gained(values),
        operations: u64::try_from(gained(operations)).unwrap_or(0),
        last: values.last().copied().unwrap_or(0),
        since: values.windows(2).rposition(|pair| pair[0] > pair[1]).map_or(0, |fall| fall + 1),
    }
}

/// Growth of `values` laid at `stack`, or at the process if there is none.
pub(super) fn growth(
    case: &Case<'_>,
    stack: Option<&[Frame]>,
    values: Vec<u64>,
    (points, trend): (&Points, Trend),
) -> (Cause, SiteGrowth) {
    let stack = stack.unwrap_or_default();
    let (cause, blamed, library) = draft::blame(case, stack).unwrap_or_else(|| {
        let place = Frame { function: PROCESS.into(), file: "".into(), line: 0 };
        (Cause::of_program(case.build), place, None)
    });
    let site = SiteGrowth {
        class: SiteClass::User,
        stack: stack.into(),
        blamed,
        library,
        object_size: Bytes(0),
        start: None,
        objects: values.clone(),
        values,
        gained_objects: trend.gained,
        since_cycle: draft::dated(points, &trend),
        trend,
    };
    (cause, site)
}

/// Calls with one of `effects`, at the points, of stacks that call at all after warm-up.
pub(super) fn calls<'c>(
    judged: &'c Judged<'_>,
    points: &Points,
    effects: &[CallEffect],
) -> Vec<(&'c CallSite, Vec<u64>)> {
    let all = judged.run.pieces.calls.as_deref().unwrap_or_default();
    let at = |site: &CallSite| -> Option<Vec<u64>> {
        points.0.iter().map(|point| site.calls_at.get(point.place).copied()).collect()
    };
    all.iter()
        .filter(|site| effects.contains(&site.effect) && !is_probes(&site.stack, case_modules(judged)))
        .filter_map(|site| Some((site, at(site)?)))
        .filter(|(_, values)| gained(values) > 0)
        .collect()
}

fn case_modules<'c>(judged: &'c Judged<'_>) -> &'c ModuleTable {
    &judged.run.pieces.modules
}

fn is_probes(stack: &Stack, modules: &ModuleTable) -> bool {
    stack.iter().any(|frame| modules.owner(&frame.function) == Owner::Probe)
}

/// The sum of several series.
pub(super) fn sum<'v>(series: impl Iterator<Item = &'v Vec<u64>>, n: usize) -> Vec<u64> {
    let mut sum = vec![0_u64; n];
    for values in series {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum = sum.saturating_add(*value);
        }
    }
    sum
}

/// A figure of the process as evidence.
pub(super) fn figures(what: &str, unit: &str, values: impl IntoIterator<Item = u64>) -> Evidence {
    let values = values.into_iter().map(|value| i64::try_from(value).unwrap_or(i64::MAX)).collect();
    Evidence::Figures { what: what.to_owned(), unit: unit.to_owned(), values, stack: Vec::new() }
}

/// Calls as evidence.
pub(super) fn called(site: &CallSite, calls: Vec<u64>) -> Evidence {
    Evidence::Calls { stack: site.stack.to_vec(), calls }
}
