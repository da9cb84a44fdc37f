//! Figures that a baseline can hold the program to.

use super::case::{Case, Judged};
use super::heap;
use crate::model::{Bytes, HeapSnapshot, Metric, Mode, SiteClass};

/// A figure of one run.
type Figure = fn(&Judged<'_>) -> Option<u64>;

/// Name, unit, whether it is equal in every run of a build, and where it is from. The number of goroutines is not: those on
/// their way out are counted, and how many these are is the scheduler's choice (721 or 722 over ten runs of
/// `goroutine-leak`).
const STEP: &[(&str, &str, bool, Figure)] = &[
    ("step.user_inuse_space", "B", true, |run| last_user(run, |bytes, _| bytes)),
    ("step.user_inuse_objects", "objects", true, |run| last_user(run, |_, objects| objects)),
    ("step.goroutines", "goroutines", false, last_goroutines),
    ("step.gc_cycles", "cycles", true, last_cycle),
];

/// Likewise of natural runs.
const NATURAL: &[(&str, &str, bool, Figure)] = &[
    ("natural.gc_cycles", "cycles", false, |run| run.run.timeline.rows.iter().map(|row| row.cycle.0).max()),
    ("natural.peak_heap", "B", false, peak_heap),
];

/// All metrics that any run of the variant has.
pub(super) fn all(case: &Case<'_>) -> Vec<Metric> {
    let table = |rows: &[(&str, &str, bool, Figure)], runs: &[Judged<'_>]| -> Vec<Metric> {
        rows.iter()
            .map(|(name, unit, exact, figure)| metric(name, unit, *exact, runs.iter().filter_map(figure)))
            .collect()
    };
    let mut metrics = table(STEP, &case.step);
    metrics.extend(table(NATURAL, &case.natural));
    for (mode, name) in [(Mode::Plain, "plain"), (Mode::Natural, "natural"), (Mode::Step, "step")] {
        let runs = || case.runs.iter().filter(move |run| run.id.mode == mode);
        let wall = runs().map(|run| u64::try_from(run.wall.0).unwrap_or(0));
        metrics.push(metric(&format!("{name}.wall"), "ns", false, wall));
        if mode != Mode::Step {
            let rss = runs().map(|run| run.peak_rss.0).filter(|rss| *rss > 0); // 0: an emulator's is not told
            metrics.push(metric(&format!("{name}.peak_rss"), "B", false, rss));
        }
    }
    metrics.push(metric("build.size", "B", false, std::iter::once(case.build.size.0)));
    metrics.retain(|metric| !metric.values.is_empty());
    metrics
}

fn metric(name: &str, unit: &str, exact: bool, values: impl Iterator<Item = u64>) -> Metric {
    Metric { name: name.to_owned(), unit: unit.to_owned(), exact, values: values.collect() }
}

/// Bytes and objects of the user class at the last comparable checkpoint.
fn last_user(judged: &Judged<'_>, choose: fn(u64, u64) -> u64) -> Option<u64> {
    let pieces = judged.run.pieces;
    if pieces.memprofile_rate != 1 || pieces.memprofile_rate_changed {
        return None;
    }
    let last = heap::exact_points(judged).0.last().copied()?;
    let snapshot: &HeapSnapshot = pieces.snapshots.get(last.snapshot?)?;
    let user = || snapshot.sites.iter().filter(|(site, _)| site.class == SiteClass::User);
    let space: Bytes = user().map(|(_, figures)| figures.inuse_space).sum();
    let objects: u64 = user().fold(0, |sum, (_, figures)| sum.saturating_add(figures.inuse_objects.0));
    Some(choose(space.0, objects))
}

fn last_goroutines(judged: &Judged<'_>) -> Option<u64> {
    let last = judged.points.0.last()?;
    judged.run.pieces.checkpoints.get(last.place).map(|checkpoint| checkpoint.goroutines)
}

fn last_cycle(judged: &Judged<'_>) -> Option<u64> {
    judged.points.0.last()?.cycle.map(|cycle| cycle.0)
}

/// Largest heap at a cycle's begin or end, from gctrace: whole MiB.
fn peak_heap(judged: &Judged<'_>) -> Option<u64> {
    judged.run.pieces.gctrace.iter().map(|cycle| cycle.heap_start.0.max(cycle.heap_end.0)).max()
}
