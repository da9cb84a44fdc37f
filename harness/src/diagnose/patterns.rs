//! Patterns in the collector's own figures (gctrace, execution trace) of natural runs: no leak in themselves, but what
//! an engineer reads out of them by eye, in words and with the numbers.
//!
//! Input: the timelines. Output: observations, of those patterns that most runs show. The limits are written beside
//! each pattern. Step runs are left out: there every cycle is forced. Must not accuse: an observation names no site.

use super::case::{Case, Judged};
use super::slope::{Slope, slope};
use super::words;
use crate::model::{CycleRow, Nanoseconds, Observation, Pattern, stats};

/// Fewer cycles than this show no pattern.
const MIN_CYCLES: usize = 10;
/// A trend is one if it would come by chance this rarely.
const CHANCE: f64 = 0.01;
/// The live heap has to rise by this part of itself, and by this many bytes, over the cycles after warm-up.
const LIVE_RISE: (f64, f64) = (0.10, 256.0 * 1024.0);
/// Marking in the last third has to take so many times what it took in the first.
const MARK_GROWTH: f64 = 1.5;
/// The goal in the last third has to be so many times the live heap, and so many times what it was in the first. With
/// `GOGC=100` it is twice the live heap, and a little for stacks and globals.
const GOAL_OF_LIVE: (f64, f64) = (3.0, 1.5);
/// Below the smallest heap that the collector cares for (4 MiB at `GOGC=100`) a goal says nothing.
const SMALLEST_GOAL: u64 = 4 << 20;
/// Assists of this part of the time between the first and the last cycle are felt as latency.
const ASSIST_SHARE: f64 = 0.05;
/// Forced cycles: at least so many, and this part of all.
const FORCED: (usize, f64) = (5, 0.2);
/// A stop is an outlier at so many times the median, and so many nanoseconds.
const STW: (f64, f64) = (10.0, 1e6);
/// More than this part of the cycles are no outliers: the machine is busy, or all stops are long now and then.
const STW_RARE: f64 = 0.1;
/// The collector's own aim for its share while it works is 25 %; over the whole run that much is a sign of pressure.
const CPU_PERCENT: u32 = 25;
/// Cycles named one by one.
const MAX_NAMED: usize = 3;

/// Whether a run shows a pattern, in words.
type Look = fn(&Judged<'_>) -> Option<String>;

const PATTERNS: &[(Pattern, Look)] = &[
    (Pattern::LiveHeapRises, live_heap_rises),
    (Pattern::MarkTimeGrows, mark_time_grows),
    (Pattern::GoalRunsAway, goal_runs_away),
    (Pattern::AssistTime, assist_time),
    (Pattern::ForcedCycles, forced_cycles),
    (Pattern::StwOutliers, stw_outliers),
    (Pattern::GcCpuShare, gc_cpu_share),
];

/// Looks for all patterns in all natural runs.
pub(super) fn observe(case: &Case<'_>) -> Vec<Observation> {
    let able: Vec<&Judged<'_>> =
        case.natural.iter().filter(|run| run.run.timeline.rows.len() >= MIN_CYCLES).collect();
    PATTERNS.iter().filter_map(|(pattern, look)| shown(*pattern, &able, look)).collect()
}

/// A pattern that more than half of the runs show, in the words of the first.
pub(super) fn shown(
    pattern: Pattern,
    runs: &[&Judged<'_>],
    look: impl Fn(&Judged<'_>) -> Option<String>,
) -> Option<Observation> {
    let texts: Vec<String> = runs.iter().filter_map(|run| look(run)).collect();
    let seen = (count(texts.len()), count(runs.len()));
    (texts.len() * 2 > runs.len()).then(|| texts.into_iter().next()).flatten().map(|text| Observation {
        pattern,
        text,
        runs: seen,
    })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The cycles after warm-up, which is the first third.
fn later<'a>(judged: &'a Judged<'_>) -> &'a [CycleRow] {
    let rows = &judged.run.timeline.rows;
    rows.get(rows.len() / 3..).unwrap_or_default()
}

/// A figure by cycle.
fn series(rows: &[CycleRow], figure: impl Fn(&CycleRow) -> Option<f64>) -> Vec<(f64, f64)> {
    rows.iter().filter_map(|row| Some((row.cycle.0 as f64, figure(row)?))).collect()
}

/// Medians of the first and the last third.
fn thirds(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let third = (points.len() / 3).max(1);
    let of = |part: &[(f64, f64)]| stats::median(&part.iter().map(|(_, y)| *y).collect::<Vec<_>>());
    Some((of(points.get(..third)?)?, of(points.get(points.len() - third..)?)?))
}

fn rises(points: &[(f64, f64)]) -> Option<Slope> {
    slope(points).filter(|slope| points.len() >= MIN_CYCLES && slope.low > 0.0 && slope.chance < CHANCE)
}

/// The rise of the live heap, if it is one, and its medians in the first and the last third of the cycles: one cycle's
/// value may lie anywhere.
pub(super) fn rising_live_heap(judged: &Judged<'_>) -> Option<(Slope, (f64, f64))> {
    let points = series(later(judged), |row| Some(row.heap_live?.value.0 as f64));
    let slope = rises(&points)?;
    let (first, last) = (points.first()?, points.last()?);
    let gained = slope.median * (last.0 - first.0);
    let thirds = thirds(&points)?;
    (gained >= LIVE_RISE.1 && gained >= LIVE_RISE.0 * thirds.1).then_some((slope, thirds))
}

fn live_heap_rises(judged: &Judged<'_>) -> Option<String> {
    let (slope, (first, last)) = rising_live_heap(judged)?;
    Some(format!(
        "the live heap rises by {} per GC cycle (95 % interval {} to {}; Theil-Sen over {} cycles, {}), from a median \
         of {} in the first third of these cycles to {} in the last",
        words::bytes(slope.median),
        words::bytes(slope.low),
        words::bytes(slope.high),
        slope.points,
        words::chance(slope.chance),
        words::bytes(first),
        words::bytes(last),
    ))
}

fn mark_time_grows(judged: &Judged<'_>) -> Option<String> {
    let points = series(&judged.run.timeline.rows, |row| Some(row.mark?.value.0 as f64));
    let slope = rises(&points)?;
    let (first, last) = thirds(&points)?;
    (last >= MARK_GROWTH * first).then(|| {
        format!(
            "concurrent marking takes longer and longer: {} in the first third of the cycles, {} in the last ({})",
            span(first),
            span(last),
            words::chance(slope.chance),
        )
    })
}

fn goal_runs_away(judged: &Judged<'_>) -> Option<String> {
    let ratio = |row: &CycleRow| {
        let (goal, live) = (row.goal?.value.0, row.heap_live?.value.0);
        (goal > SMALLEST_GOAL && live > 0).then_some(goal as f64 / live as f64)
    };
    let points = series(&judged.run.timeline.rows, ratio);
    let (first, last) = thirds(&points).filter(|_| points.len() >= MIN_CYCLES)?;
    (last >= GOAL_OF_LIVE.0 && last >= GOAL_OF_LIVE.1 * first).then(|| {
        format!(
            "the heap goal runs away from what is live: {first:.1} times the live heap in the first third of the cycles, \
             {last:.1} times in the last"
        )
    })
}

fn assist_time(judged: &Judged<'_>) -> Option<String> {
    let cycles = &judged.run.pieces.gctrace;
    let spent: i64 = cycles.iter().map(|cycle| cycle.assist.0).sum();
    let over = cycles.last()?.at.0.checked_sub(cycles.first()?.at.0).filter(|over| *over > 0)?;
    let share = spent as f64 / over as f64;
    (share >= ASSIST_SHARE).then(|| {
        format!(
            "goroutines spent {} marking before they could allocate (assists), {:.0} % of the time between the first \
             and the last cycle",
            span(spent as f64),
            100.0 * share,
        )
    })
}

fn forced_cycles(judged: &Judged<'_>) -> Option<String> {
    let cycles = &judged.run.pieces.gctrace;
    let forced = cycles.iter().filter(|cycle| cycle.forced).count();
    (forced >= FORCED.0 && forced as f64 >= FORCED.1 * cycles.len() as f64).then(|| {
        format!(
            "{forced} of {} collections were forced by the program (`runtime.GC`, `debug.FreeOSMemory`)",
            cycles.len()
        )
    })
}

fn stw_outliers(judged: &Judged<'_>) -> Option<String> {
    let points = series(&judged.run.timeline.rows, |row| Some(row.stw?.value.0 as f64));
    let usual = stats::median(&points.iter().map(|(_, stop)| *stop).collect::<Vec<_>>())?;
    let far = |(_, stop): &&(f64, f64)| *stop >= STW.1 && *stop >= STW.0 * usual;
    let mut outliers: Vec<&(f64, f64)> = points.iter().filter(far).collect();
    if outliers.len() as f64 > STW_RARE * points.len() as f64 {
        return None;
    }
    outliers.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> = outliers
        .iter()
        .take(MAX_NAMED)
        .map(|(cycle, stop)| format!("cycle {cycle} for {}", span(*stop)))
        .collect();
    (!named.is_empty()).then(|| {
        let more = outliers.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("the world stood still far longer than usual ({}): {}{more}", span(usual), named.join(", "))
    })
}

fn gc_cpu_share(judged: &Judged<'_>) -> Option<String> {
    let last = judged.run.pieces.gctrace.last()?;
    (last.gc_cpu_percent >= CPU_PERCENT).then(|| {
        format!(
            "the collector took {} % of the processor time since the program started",
            last.gc_cpu_percent
        )
    })
}

fn span(nanoseconds: f64) -> String {
    Nanoseconds(nanoseconds as i64).to_string()
}
