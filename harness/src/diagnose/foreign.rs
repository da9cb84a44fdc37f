//! Rules for what somebody took in production: profiles of a running server, now and then, sampled.
//!
//! Input: a few profiles in order of time. Output: drafts of what grew between them, and why an absence of drafts would
//! mean nothing. There are no operations: growth is told per second, or per profile where no time is known. Figures are
//! of a server under a load that comes and goes, so that asked for is growth
//!
//! - beyond what sampling makes of a level series,
//! - to a multiple of what there was,
//! - that does not slow down, where there are profiles enough to tell.
//!
//! Two profiles cannot tell a leak from a start-up phase: what grew between them is of low confidence, unless gctrace's
//! live heap rises to the end. Must not name a site out of gctrace.

use std::collections::BTreeMap;

use super::case::{Case, Judged};
use super::draft::{self, Draft, SiteGrowth};
use super::goroutines::creation;
use super::heap::{Series, by_stack};
use super::identity::Cause;
use super::natural::live_heap;
use super::points::Points;
use super::slope::slope;
use super::trend::{Pattern, Trend};
use super::words;
use crate::model::{Bytes, Confidence, GoroutineGroup, LeakKind, Per, SiteClass, Stack};

/// What the inputs are called.
pub(super) const HEAP_PROFILES: &str = "heap profiles";
/// See [`HEAP_PROFILES`].
pub(super) const GOROUTINES: &str = "goroutine profiles";

/// Fewer profiles than this show growth, but not whether it lasts.
const LASTING: usize = 3;
/// Growth has to be this many standard deviations of the number of samples above nothing. There are hundreds of sites:
/// three would accuse one of them by chance now and then.
const SIGMA: f64 = 4.0;
/// And to this many times what there was first.
const FACTOR: f64 = 1.5;
/// The last interval's pace has to be this part of the whole's.
const PACE: f64 = 0.5;
/// A fall between two profiles by more than this part of what there is, is no growth.
const DIP: f64 = 0.10;
/// Fewer goroutines than this are taken for a pool that fills.
const GOROUTINES_GAINED: i64 = 10;
/// Of goroutines that a trace saw begin, at most this part may have ended.
const ENDED: f64 = 0.05;
/// GC cycles from which on gctrace alone says something about the live heap.
pub(super) const MIN_CYCLES: usize = 20;
/// The live heap rises if it gains this part of itself over the cycles after warm-up, and this many bytes: gctrace
/// prints whole MiB.
const LIVE_RISE: (f64, f64) = (0.10, 2.0 * 1024.0 * 1024.0);

/// Heap: what grew between the profiles, by cause.
pub(super) fn heap(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    for judged in case.natural.iter().filter(|judged| !judged.run.pieces.snapshots.is_empty()) {
        let points = judged.points.with_snapshot(judged.run.pieces, false);
        let sampled = judged.run.pieces.memprofile_rate;
        let grown = grown(case, judged, &points, |series| {
            lasting(&series.space, &points) && beyond_sampling(series, sampled)
        });
        let head = (LeakKind::Heap, 1, Confidence::Medium);
        draft::collect(drafts, head, judged.run.id.repeat, grown);
        for draft in drafts.iter_mut().filter(|draft| draft.kind == LeakKind::Heap) {
            draft.per = judged.run.pieces.per;
            weigh(draft, case, points.0.len(), HEAP_PROFILES);
            let why =
                format!("one allocation in {} is sampled: bytes are estimates", words::bytes(sampled as f64));
            draft.limit(Confidence::Medium, HEAP_PROFILES, &why);
        }
    }
}

/// Stacks of all causes whose sum grows.
fn grown(
    case: &Case<'_>,
    judged: &Judged<'_>,
    points: &Points,
    grows: impl Fn(&Series) -> bool,
) -> Vec<(Cause, SiteGrowth)> {
    let mut causes: BTreeMap<Cause, (Series, Vec<SiteGrowth>)> = BTreeMap::new();
    for ((class, stack), series) in by_stack(judged, points) {
        let Some((cause, blamed, library)) = draft::blame(case, &stack) else { continue };
        let (sum, sites) = causes.entry(cause).or_default();
        sum.add(&series);
        sites.push(site(points, (class, stack), series, (blamed, library)));
    }
    let grown = causes.into_iter().filter(|(_, (sum, _))| grows(sum));
    let gained = |site: &SiteGrowth| site.trend.gained > 0;
    grown
        .flat_map(|(cause, (_, sites))| {
            sites.into_iter().filter(gained).map(move |site| (cause.clone(), site))
        })
        .collect()
}

fn site(
    points: &Points,
    (class, stack): (SiteClass, Stack),
    series: Series,
    (blamed, library): (crate::model::Frame, Option<crate::model::Frame>),
) -> SiteGrowth {
    SiteGrowth {
        class,
        stack,
        blamed,
        library,
        object_size: series.object_size(),
        start: None,
        gained_objects: between(&series.objects),
        trend: trend(&series.space, points),
        values: series.space,
        objects: series.objects,
        since_cycle: None,
    }
}

/// From the first to the last: a server's first profile is not its start.
fn between(values: &[u64]) -> i64 {
    let ends = values.first().copied().zip(values.last().copied()).unwrap_or_default();
    let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    whole(ends.1).saturating_sub(whole(ends.0))
}

fn trend(values: &[u64], points: &Points) -> Trend {
    Trend {
        pattern: Pattern::Steady,
        gained: between(values),
        operations: u64::try_from(between(&points.operations())).unwrap_or(0),
        last: values.last().copied().unwrap_or(0),
        since: 0,
    }
}

/// Grows to a multiple, at no point falls by much, and goes on growing.
fn lasting(values: &[u64], points: &Points) -> bool {
    let times = points.operations();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return false };
    let grows = values.len() >= 2 && (*last as f64) >= FACTOR * *first as f64 && last > first;
    let falls = values.windows(2).any(|pair| (pair[1] as f64) < (1.0 - DIP) * pair[0] as f64);
    grows && !falls && (values.len() < LASTING || keeps_pace(values, &times))
}

/// Whether the last part of the time, an interval or a third of all, has its share of the growth.
fn keeps_pace(values: &[u64], times: &[u64]) -> bool {
    let from = values.len() - 1 - (values.len() / 3).max(1).min(values.len() - 1);
    let part = |series: &[u64]| between(series.get(from..).unwrap_or_default()) as f64;
    let (gained, passed) = (between(values) as f64, between(times) as f64);
    passed > 0.0 && part(values) / gained >= PACE * part(times) / passed
}

/// More samples than chance brings: the number of samples of a level series varies like its root.
fn beyond_sampling(series: &Series, rate: u64) -> bool {
    let (Some(first), Some(last)) = (series.space.first(), series.space.last()) else { return false };
    // A sample stands for `rate` bytes, or for the object if that is larger.
    let each = rate.max(series.object_size().0).max(1) as f64;
    let (before, after) = (*first as f64 / each, *last as f64 / each);
    after - before >= SIGMA * (after + before).sqrt()
}

/// Goroutines: what grew between the profiles, or over a trace.
pub(super) fn goroutines(case: &Case<'_>, drafts: &mut Vec<Draft>) {
    let first_new = drafts.len();
    for judged in case.natural.iter().filter(|judged| has_goroutines(judged)) {
        let groups = &judged.run.pieces.goroutines.groups;
        let grown = groups.iter().filter_map(|group| more_goroutines(case, group, &judged.points)).collect();
        draft::collect(drafts, (LeakKind::Goroutine, 1, Confidence::Medium), judged.run.id.repeat, grown);
        for draft in drafts.iter_mut().skip(first_new) {
            draft.per = judged.run.pieces.per;
            weigh(draft, case, judged.points.0.len(), GOROUTINES);
            draft.further = super::goroutines::waits(case, draft, judged.run.pieces);
        }
    }
}

fn has_goroutines(judged: &Judged<'_>) -> bool {
    judged.points.0.len() >= 2 && !judged.run.pieces.goroutines.groups.is_empty()
}

fn more_goroutines(case: &Case<'_>, group: &GoroutineGroup, points: &Points) -> Option<(Cause, SiteGrowth)> {
    let alive: Option<Vec<u64>> =
        points.0.iter().map(|point| group.alive_at.get(point.place).copied()).collect();
    let alive = alive.filter(|alive| alive.len() >= 2)?;
    // Exact counts of a load that comes in bursts: more at most moments, fewer at none.
    let rising = alive.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let rises = alive.is_sorted() && rising * 2 > alive.len() - 1;
    let few_ended = group.ended as f64 <= ENDED * group.created as f64;
    if !rises || !few_ended || between(&alive) < GOROUTINES_GAINED || !lasting(&alive, points) {
        return None;
    }
    let stack = creation(case, group);
    let (cause, blamed, library) = draft::blame(case, &stack)?;
    let trend = trend(&alive, points);
    let site = SiteGrowth {
        class: SiteClass::User,
        stack,
        blamed,
        library,
        object_size: Bytes(0),
        start: Some(group.start.clone()),
        values: alive.clone(),
        objects: alive,
        gained_objects: trend.gained,
        since_cycle: None,
        trend,
    };
    Some((cause, site))
}

/// What few profiles cost, and what makes up for it.
fn weigh(draft: &mut Draft, case: &Case<'_>, n: usize, source: &str) {
    let rises = case.natural.iter().any(|judged| matches!(live_heap_of(judged), Some(Live::Rises(_))));
    if n < LASTING && !(rises && draft.kind == LeakKind::Heap) {
        let why = "two of them cannot tell a leak from a start-up phase: a third, as long after, would";
        draft.limit(Confidence::Low, source, why);
    }
    if draft.per == Per::Profile {
        draft.limit(Confidence::Medium, source, "nothing tells how much time lies between them");
    }
}

/// How the live heap moves over the cycles.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Live {
    /// In words, by how much.
    Rises(String),
    Level,
}

/// `None` with too few cycles.
pub(super) fn live_heap_of(judged: &Judged<'_>) -> Option<Live> {
    let all = live_heap(judged);
    let points = all.get(all.len() / 3..).filter(|_| all.len() >= MIN_CYCLES)?;
    let slope = slope(points)?;
    let (first, last) = (points.first()?, points.last()?);
    let gained = slope.median * (last.0 - first.0);
    let rises = slope.low > 0.0 && gained >= LIVE_RISE.1 && gained >= LIVE_RISE.0 * last.1;
    Some(if rises {
        let (slope, n) = (words::bytes(slope.median), points.len());
        Live::Rises(format!(
            "the live heap rises by {slope} per GC cycle over the last {n} cycles, from {} to {}",
            words::bytes(first.1),
            words::bytes(last.1)
        ))
    } else {
        Live::Level
    })
}

/// Why no finding would not mean no leak.
pub(super) fn inconclusive(case: &Case<'_>, drafts: &[Draft]) -> Vec<String> {
    let mut reasons = Vec::new();
    let profiles = |judged: &Judged<'_>| judged.run.pieces.snapshots.len();
    let most = case.natural.iter().map(profiles).max().unwrap_or(0);
    let live = case.natural.iter().find_map(live_heap_of);
    let has_heap = drafts.iter().any(|draft| draft.kind == LeakKind::Heap);
    match live {
        Some(Live::Rises(words)) if !has_heap => {
            let where_to_look = "nothing tells where: heap profiles, some time apart, would";
            let where_to_look = if most >= 2 { "no site in the heap profiles shows it" } else { where_to_look };
            reasons.push(format!("{words}; {where_to_look}"));
        }
        Some(_) => {}
        None if most < LASTING && !has_heap => reasons.push(format!(
            "the heap could not be judged: {LASTING} heap profiles some time apart, or {MIN_CYCLES} GC cycles in lines of \
             gctrace or in a trace, are needed; there are {most} and {}",
            case.natural.iter().map(|judged| live_heap(judged).len()).max().unwrap_or(0)
        )),
        None => {}
    }
    reasons.extend(held(case).filter(|_| !has_heap && !reasons.is_empty()));
    reasons
}

/// What the heap dumps show, when nothing else tells what grows. Two cannot tell a leak from a start-up phase either.
fn held(case: &Case<'_>) -> Option<String> {
    let heap = case.natural.iter().find_map(|judged| judged.run.pieces.heap.as_ref())?;
    let suspect = heap.summary.suspects.first()?;
    let (retained, root) = (suspect.retained, &suspect.path.root);
    let passed = heap.operations.0 as f64 / heap.per.steps();
    let (told, grown) = match suspect.growth.filter(|_| heap.since.is_some()) {
        None => ("one heap dump tells who holds what, not what grows: most suspect", String::new()),
        Some(gained) => {
            let (objects, bytes) = (gained.objects, words::bytes(gained.bytes.max(0) as f64));
            let grown =
                format!(", {objects} of them and {bytes} more than {} s before", words::number(passed));
            ("two heap dumps do not tell a leak from a start-up phase: what grew most between them", grown)
        }
    };
    Some(format!(
        "{told} is {}, of which {} objects with {} hang{grown} (`harness inspect dump` shows the way)",
        super::holders::name(root),
        retained.objects,
        words::bytes(retained.bytes.0 as f64),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::points::Point;
    use super::*;

    fn points(times: &[u64]) -> Points {
        let point = |(place, operations): (usize, &u64)| Point {
            place,
            operations: *operations,
            cycle: None,
            snapshot: None,
        };
        Points(times.iter().enumerate().map(point).collect())
    }

    #[test]
    fn growth_that_lasts_is_told_from_what_fills_or_falls() {
        for (values, lasts) in [
            (&[10, 20, 30, 40][..], true),
            (&[10, 30], true),
            (&[0, 5, 11], true),
            (&[10, 11, 12, 13], false), // too little
            (&[10, 38, 40, 40], false), // slows down
            (&[10, 40, 20, 50], false), // falls
            (&[10], false),
            (&[], false),
        ] {
            let times: Vec<u64> = (0..values.len() as u64).map(|nth| nth * 1000).collect();
            assert_eq!(lasting(values, &points(&times)), lasts, "{values:?}");
        }
    }

    #[test]
    fn pace_is_of_the_time_that_passed_and_not_of_the_number_of_profiles() {
        // The last two were taken a minute apart, the others an hour.
        assert!(lasting(&[100, 200, 300, 302], &points(&[0, 3_600_000, 7_200_000, 7_260_000])));
        assert!(!lasting(&[100, 200, 300, 302], &points(&[0, 3_600_000, 7_200_000, 10_800_000])));
    }

    #[test]
    fn more_samples_than_chance_brings_are_asked_for() {
        let series = |space: [u64; 2]| {
            let mut series = Series::default();
            series.space.extend(space);
            series
        };
        let rate = 512 << 10;
        assert!(beyond_sampling(&series([10 * rate, 40 * rate]), rate));
        assert!(!beyond_sampling(&series([10 * rate, 20 * rate]), rate));
        assert!(!beyond_sampling(&series([0, 10 * rate]), rate));
    }
}
