//! The collector: cycles, assists, sweeping, stops of the world, and the heap over time.

use comfy_table::CellAlignment;

use super::super::place;
use super::super::table::Table;
use super::lines::{Line, merged};
use super::{Page, span};
use crate::model::trace::{Durations, GcCycleTimes, GcSummary, HeapCurve, RangeSummary, WorldStop};
use crate::model::{Bytes, Nanoseconds};
use crate::report::terminal::grid::Grid;
use crate::report::terminal::text;

/// Columns of the curve.
const CURVE: usize = 60;
/// Heights of a column of the curve.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// All of it but the stops of the world.
pub(super) fn write(page: &mut Page<'_>, gc: &GcSummary) {
    page.heading("Garbage collection", None);
    write_counts(page, gc);
    write_heap(page, &gc.heap);
    cycles(page, gc);
    ranges(page, "Mark assists: goroutines that had to help before they got memory", &gc.assists);
    ranges(page, "Sweeping", &gc.sweeps);
}

/// How many cycles, and what they cost.
pub(super) fn write_counts(page: &mut Page<'_>, gc: &GcSummary) {
    if gc.begun == 0 && gc.cycles.is_empty() {
        page.line("no cycle ran");
        return;
    }
    let marking = sum(gc.cycles.iter().map(|cycle| cycle.mark));
    let cycles = text::counted(gc.begun, "cycle");
    let share = page.share(marking);
    let each = match gc.mark.count {
        0 => String::new(),
        _ => format!(", half within {}, the longest {}", span(gc.mark.median), span(gc.mark.max)),
    };
    page.line(&format!("{cycles} begun; marking went on for {share} of the time{each}"));
    let workers = [gc.workers.dedicated, gc.workers.fractional, gc.workers.idle];
    let assists = match gc.assists.count.saturating_add(gc.assists.carried) {
        0 => "none in mark assists".to_owned(),
        n => format!("{} in {}", span(gc.assists.total), text::counted(n, "mark assist")),
    };
    let (workers, sweeping) = (span(sum(workers.into_iter())), span(gc.sweeps.total));
    page.line(&format!("work: {workers} in mark workers, {assists}, {sweeping} in sweeping"));
}

fn sum(times: impl Iterator<Item = Nanoseconds>) -> Nanoseconds {
    Nanoseconds(times.fold(0i64, |all, time| all.saturating_add(time.0)))
}

/// The largest heap, and its curve.
pub(super) fn write_heap(page: &mut Page<'_>, heap: &HeapCurve) {
    let Some(peak) = heap.peak else { return };
    let at = peak.at.since(page.report.facts.first);
    let last = heap.points.iter().rev().find_map(|point| point.live);
    let end = last.map_or(String::new(), |live| format!(", {} at the end", text::bytes(live.last)));
    page.line(&format!("live heap: at most {}, at {}{end}", text::bytes(peak.live), span(at)));
    let width = usize::from(page.look.width).saturating_sub(4).min(CURVE);
    let curve = curve(heap, page.report.facts.begin.0, page.report.facts.end.0, width);
    if !curve.is_empty() {
        page.line(&curve);
    }
}

/// The largest live heap of each column's part of the time, from zero up to the peak.
fn curve(heap: &HeapCurve, begin: i64, end: i64, width: usize) -> String {
    let length = i128::from(end) - i128::from(begin);
    let peak = heap.peak.map_or(0, |peak| peak.live.0);
    if length <= 0 || peak == 0 || width == 0 || heap.points.len() < 2 {
        return String::new();
    }
    let mut columns: Vec<Option<u64>> = vec![None; width];
    for point in &heap.points {
        let Some(live) = point.live else { continue };
        let place = (i128::from(point.at.0) - i128::from(begin)) * width as i128 / length;
        if let Some(column) = usize::try_from(place).ok().and_then(|place| columns.get_mut(place)) {
            *column = Some(column.unwrap_or(0).max(live.max.0));
        }
    }
    let mut before = None;
    let heights = columns.into_iter().map(|column| {
        before = column.or(before);
        let level = u128::from(before.unwrap_or(0)) * (HEIGHTS.len() as u128 - 1) / u128::from(peak);
        let height = usize::try_from(level).unwrap_or(0).min(HEIGHTS.len() - 1);
        before.map_or(' ', |_| HEIGHTS[height])
    });
    heights.collect::<String>().trim_end().to_owned()
}

fn cycles(page: &mut Page<'_>, gc: &GcSummary) {
    if gc.cycles.is_empty() {
        return;
    }
    let header =
        ["cycle", "at", "mark", "stops", "workers", "assists", "sweep", "heap", "goal", "marked", "freed"];
    let rows: Vec<Vec<String>> = sample(page, &gc.cycles).into_iter().map(|cycle| row(page, cycle)).collect();
    let grid = Grid { header: &header, rows: &rows, first: CellAlignment::Right };
    let text = grid.render(page.look.width.saturating_sub(1));
    page.out.push('\n');
    for line in text.lines() {
        page.out.push_str(format!(" {line}").trim_end());
        page.out.push('\n');
    }
    let total = (gc.cycles.len() as u64).saturating_add(gc.unlisted_cycles);
    if total > rows.len() as u64 {
        let (shown, total) = (rows.len(), text::count(total));
        page.faint(&format!("{shown} of {total} cycles, spread evenly; --top N shows N"));
    }
}

/// As many as there are rows, first and last included.
fn sample<'c>(page: &Page<'_>, cycles: &'c [GcCycleTimes]) -> Vec<&'c GcCycleTimes> {
    if cycles.len() <= page.rows {
        return cycles.iter().collect();
    }
    let steps = page.rows.saturating_sub(1).max(1);
    (0..page.rows).map(|n| &cycles[n * (cycles.len() - 1) / steps]).collect()
}

fn row(page: &Page<'_>, cycle: &GcCycleTimes) -> Vec<String> {
    let stops = sum([cycle.sweep_termination, cycle.mark_termination].into_iter());
    let workers = sum([cycle.workers.dedicated, cycle.workers.fractional, cycle.workers.idle].into_iter());
    let at = cycle.begin.map(|begin| span(begin.since(page.report.facts.first)));
    vec![
        format!("gc{}", cycle.index),
        at.unwrap_or_else(|| "before".to_owned()),
        span(cycle.mark) + if cycle.end.is_none() { "+" } else { "" },
        span(stops),
        span(workers),
        span(cycle.assist),
        span(cycle.sweep),
        size(cycle.heap_at_begin),
        goal(cycle.goal),
        size(cycle.marked),
        text::bytes(cycle.reclaimed),
    ]
}

fn size(bytes: Option<Bytes>) -> String {
    bytes.map_or("-".to_owned(), text::bytes)
}

/// With GOGC=off the runtime says the largest number there is.
fn goal(bytes: Option<Bytes>) -> String {
    bytes.map_or(
        "-".to_owned(),
        |bytes| if bytes.0 >= 1 << 62 { "off".to_owned() } else { text::bytes(bytes) },
    )
}

fn ranges(page: &mut Page<'_>, title: &str, ranges: &RangeSummary) {
    if ranges.sites.is_empty() {
        return;
    }
    page.heading(title, None);
    let lines = merged(ranges.sites.iter().map(|site| Line {
        words: place::place(&site.stack),
        total: site.total,
        max: site.max,
        count: site.count,
        special: 0,
        stack: site.stack.clone(),
    }));
    let mut table = Table::new(["total", "longest", "times", "where"]);
    for line in lines.iter().take(page.rows) {
        table.row([span(line.total), span(line.max), text::count(line.count)], line.words.clone());
    }
    page.table(&table, lines.len());
}

/// Stops of the world, by reason.
pub(super) fn write_stops(page: &mut Page<'_>, stops: &[WorldStop]) {
    page.heading("Stops of the world, by reason", None);
    if stops.is_empty() {
        page.line("the world was not stopped");
        return;
    }
    stops_line(page, stops);
    let mut table = Table::new(["total", "longest", "99%", "median", "times", "reason"]);
    for stop in stops.iter().take(page.rows) {
        let Durations { count, total, median, p99, max, .. } = stop.stopped;
        let figures = [span(total), span(max), span(p99), span(median), text::count(count)];
        let open = if stop.open { " (and stopped for it at the end)" } else { "" };
        table.row(figures, format!("{}{open}", text::clean(&stop.reason)));
    }
    page.table(&table, stops.len());
}

/// All stops in a sentence.
pub(super) fn stops_line(page: &mut Page<'_>, stops: &[WorldStop]) {
    let count: u64 = stops.iter().map(|stop| stop.stopped.count).sum();
    let Some(longest) = stops.iter().max_by_key(|stop| stop.stopped.max).filter(|_| count > 0) else {
        return;
    };
    let total = sum(stops.iter().map(|stop| stop.stopped.total));
    page.line(&format!(
        "the world was stopped {} for {} in all ({}), the longest {} ({})",
        if count == 1 { "once".to_owned() } else { format!("{} times", text::count(count)) },
        span(total),
        page.share(total),
        span(longest.stopped.max),
        text::clean(&longest.reason),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TraceTime;
    use crate::model::trace::{HeapPeak, HeapPoint, HeapRange};

    fn heap(points: &[(i64, u64)]) -> HeapCurve {
        let range = |live| HeapRange { min: Bytes(live), max: Bytes(live), last: Bytes(live) };
        let point =
            |&(at, live): &(i64, u64)| HeapPoint { at: TraceTime(at), live: Some(range(live)), goal: None };
        let peak = points.iter().max_by_key(|point| point.1);
        HeapCurve {
            step: Nanoseconds(1),
            points: points.iter().map(point).collect(),
            peak: peak.map(|&(at, live)| HeapPeak { at: TraceTime(at), live: Bytes(live) }),
        }
    }

    #[test]
    fn the_curve_rises_to_its_peak_and_holds_a_value_until_the_next() {
        assert_eq!(curve(&heap(&[(0, 100), (50, 800)]), 0, 100, 10), "▁▁▁▁▁█████");
        assert_eq!(curve(&heap(&[(20, 800), (40, 800)]), 0, 100, 5), " ████");
    }

    #[test]
    fn a_curve_of_nothing_is_nothing() {
        assert_eq!(curve(&heap(&[]), 0, 100, 10), "");
        assert_eq!(curve(&heap(&[(0, 5), (1, 6)]), 7, 7, 10), "");
        assert_eq!(curve(&heap(&[(0, 0), (1, 0)]), 0, 10, 10), "");
        // A point outside of what is shown, as damage could make it.
        assert_eq!(curve(&heap(&[(-500, 8), (i64::MAX, 8)]), 0, 10, 4), "");
    }

    #[test]
    fn a_goal_without_end_is_a_collector_that_is_off() {
        assert_eq!(goal(Some(Bytes(u64::MAX))), "off");
        assert_eq!(goal(Some(Bytes(4 << 20))), "4.0 MiB");
    }
}
