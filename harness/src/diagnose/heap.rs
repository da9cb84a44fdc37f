//! Rule: live bytes of a site grow over the checkpoints of step runs, where they are exact.
//!
//! Sites are compared by stack alone, since an array that is appended to changes its size class at
//! every move. Memory of the user class has to grow at every checkpoint after warm-up, or in steps
//! while its objects stay as many (one array, growing); that of the map class, whose tables are
//! doubled or split, steadily or in steps. Every other class is noise.

use std::collections::BTreeMap;

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::handover::Losses;
use super::holders;
use super::points::Points;
use super::trend::{Pattern, Trend, gained, steady, stepwise};
use crate::model::{Bytes, Confidence, HeapSnapshot, LeakKind, SiteClass, Stack};

/// Finds growing sites in all step runs.
pub(super) fn run(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let enough = |judged: &Judged<'_>| exact_points(judged).are_enough();
    let head = (LeakKind::Heap, draft::repeats(&case.step, enough), Confidence::High);
    for judged in &case.step {
        let points = exact_points(judged);
        let grown = grown(case, judged, &points, judge);
        draft::collect(drafts, head, judged.run.id.repeat, grown);
    }
    for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
        weigh(draft, case);
    }
}

/// The points of a step run whose snapshots are of a known cycle.
pub(super) fn exact_points(judged: &Judged<'_>) -> Points {
    judged.points.with_snapshot(judged.run.pieces, true)
}

/// Bytes and objects of one stack at each point.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub space: Vec<u64>,
    pub objects: Vec<u64>,
    /// Size of the objects that make up most of the last point's bytes.
    object_size: Bytes,
    most: u64,
}

impl Series {
    pub fn object_size(&self) -> Bytes {
        self.object_size
    }

    /// Adds another stack's, over the same points.
    pub fn add(&mut self, other: &Self) {
        let add = |sums: &mut Vec<u64>, values: &[u64]| {
            sums.resize(values.len(), 0);
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.saturating_add(*value));
        };
        add(&mut self.space, &other.space);
        add(&mut self.objects, &other.objects);
        if other.most >= self.most {
            (self.most, self.object_size) = (other.most, other.object_size);
        }
    }
}

/// Sites of comparable classes that `judge` sees grow, with whom they are laid at.
pub(super) fn grown(
    case: &Case<'_>,
    judged: &Judged<'_>,
    points: &Points,
    judge: fn(SiteClass, &Series, &[u64]) -> Option<Trend>,
) -> Vec<(super::identity::Cause, SiteGrowth)> {
    let operations = points.operations();
    let (mut grown, mut losses) = (Vec::new(), Losses::default());
    for ((class, stack), series) in by_stack(judged, points) {
        let trend = judge(class, &series, &operations);
        if trend.is_none() && gained(&series.space) >= 0 {
            continue;
        }
        let Some((cause, blamed, library)) = draft::blame(case, &stack) else { continue };
        let Some(trend) = trend else {
            losses.add(cause, &series.space);
            continue;
        };
        let site = SiteGrowth {
            class,
            stack,
            blamed,
            library,
            object_size: series.object_size,
            start: None,
            values: series.space,
            gained_objects: gained(&series.objects),
            objects: series.objects,
            since_cycle: draft::dated(points, &trend),
            trend,
        };
        grown.push((cause, site));
    }
    losses.keep_real(&mut grown);
    grown
}

pub(super) fn by_stack(judged: &Judged<'_>, points: &Points) -> BTreeMap<(SiteClass, Stack), Series> {
    let mut all: BTreeMap<(SiteClass, Stack), Series> = BTreeMap::new();
    let snapshots = points.0.iter().filter_map(|point| judged.run.pieces.snapshots.get(point.snapshot?));
    for (nth, snapshot) in snapshots.enumerate() {
        add(&mut all, nth, snapshot);
    }
    for series in all.values_mut() {
        series.space.resize(points.0.len(), 0);
        series.objects.resize(points.0.len(), 0);
    }
    all
}

fn add(all: &mut BTreeMap<(SiteClass, Stack), Series>, nth: usize, snapshot: &HeapSnapshot) {
    for (site, figures) in &snapshot.sites {
        if !matches!(site.class, SiteClass::User | SiteClass::Map) {
            continue;
        }
        let series = all.entry((site.class, site.stack.clone())).or_default();
        if series.space.len() <= nth {
            series.space.resize(nth + 1, 0);
            series.objects.resize(nth + 1, 0);
            series.most = 0;
        }
        series.space[nth] = series.space[nth].saturating_add(figures.inuse_space.0);
        series.objects[nth] = series.objects[nth].saturating_add(figures.inuse_objects.0);
        if figures.inuse_space.0 > series.most {
            (series.most, series.object_size) = (figures.inuse_space.0, site.object_size);
        }
    }
}

fn judge(class: SiteClass, series: &Series, operations: &[u64]) -> Option<Trend> {
    let steps = || stepwise(&series.space, operations);
    steady(&series.space, operations).or_else(|| match class {
        SiteClass::Map => steps(),
        _ => steps().filter(|_| gained(&series.objects) == 0),
    })
}

/// What speaks against being sure.
fn weigh(draft: &mut Draft, case: &Case<'_>) {
    let sites = || draft.runs.iter().flat_map(|run| &run.sites);
    let only_maps = sites().all(|site| site.class == SiteClass::Map);
    let only_steps = sites().all(|site| site.trend.pattern == Pattern::Stepwise);
    if only_maps {
        let why = "the memory is a map's own tables, whose size depends on the map's seed";
        draft.limit(Confidence::Medium, "memprofile", why);
    } else if only_steps {
        draft.limit(Confidence::Medium, "memprofile", "the memory grows in steps, not at every checkpoint");
    }
    for judged in &case.step {
        let pieces = judged.run.pieces;
        if pieces.memprofile_rate != 1 || pieces.memprofile_rate_changed {
            let why = "the program sets runtime.MemProfileRate, so not every allocation was counted";
            draft.limit(Confidence::Medium, "memprofile", why);
        }
        let contradicts = judged.run.timeline.conservation.as_ref().is_some_and(|gate| !gate.holds);
        if contradicts && !holders::accounts_for_all(judged) {
            let why = "the profile's sites and the runtime's live heap do not differ by a constant";
            draft.limit(Confidence::Medium, "memprofile", why);
        }
    }
}
