//! How long goroutines that could run waited, and what the processors did meanwhile.

use super::super::document::Scheduler;
use super::super::place;
use super::super::table::Table;
use super::{Page, percent, span};
use crate::model::Nanoseconds;
use crate::model::trace::{
    Durations, HistogramBucket, LatencySummary, ProcSummary, ProcTimes, RunnableCause,
};
use crate::report::terminal::text;

/// Longest bar of the histogram.
const BAR: u64 = 40;

/// Everything about it.
pub(super) fn write(page: &mut Page<'_>, scheduler: &Scheduler) {
    let latency = &scheduler.latency;
    page.heading("Scheduler latency: from \"can run\" to \"runs\"", None);
    if latency.all.count == 0 {
        page.line("no goroutine was started");
    } else {
        write_latency_line(page, latency);
        causes(page, latency);
        histogram(page, &latency.histogram);
        worst(page, latency);
    }
    stops(page, scheduler);
    procs(page, &scheduler.procs);
}

/// Median, 99th percentile, longest.
pub(super) fn write_latency_line(page: &mut Page<'_>, latency: &LatencySummary) {
    let Durations { count, median, p99, max, .. } = latency.all;
    page.line(&format!(
        "{}: half within {}, 99 of 100 within {}, the longest {}",
        text::counted(count, "start"),
        span(median),
        span(p99),
        span(max),
    ));
}

/// How busy the processors were.
pub(super) fn write_use(page: &mut Page<'_>, procs: &ProcSummary) {
    let ProcTimes { running, idle, syscall, .. } = procs.total;
    let all = Nanoseconds(running.0.saturating_add(idle.0).saturating_add(syscall.0));
    if all.0 > 0 {
        page.line(&format!("processors: {} busy, {} idle", percent(running, all), percent(idle, all)));
    }
}

fn causes(page: &mut Page<'_>, latency: &LatencySummary) {
    let mut table = Table::new(["starts", "median", "99%", "longest", "total", "after"]);
    for of in &latency.by_cause {
        let Durations { count, total, median, p99, max, .. } = of.latency;
        let figures = [text::count(count), span(median), span(p99), span(max), span(total)];
        table.row(figures, cause(of.cause).to_owned());
    }
    table.write(&mut page.out, &page.look);
    if latency.coroutine_switches > 0 {
        let switches = text::count(latency.coroutine_switches);
        page.faint(&format!("{switches} hand-overs between coroutines (iter.Pull) are not counted"));
    }
}

fn cause(cause: RunnableCause) -> &'static str {
    match cause {
        RunnableCause::Created => "being made",
        RunnableCause::Unblocked => "the end of a wait",
        RunnableCause::Preempted => "preemption",
        RunnableCause::Yielded => "giving way",
        RunnableCause::Syscall => "a system call",
        RunnableCause::Unknown => "what was before the trace",
    }
}

fn histogram(page: &mut Page<'_>, buckets: &[HistogramBucket]) {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1);
    let mut table = Table::new(["from", "starts", ""]);
    for bucket in buckets {
        // Rounded up: what is there is seen.
        let length = (u128::from(bucket.count) * u128::from(BAR)).div_ceil(u128::from(most));
        let bar = "#".repeat(usize::try_from(length).unwrap_or(0));
        table.row([span(bucket.from), text::count(bucket.count)], bar);
    }
    page.out.push('\n');
    table.write(&mut page.out, &page.look);
}

fn worst(page: &mut Page<'_>, latency: &LatencySummary) {
    if latency.worst.is_empty() {
        return;
    }
    page.out.push('\n');
    let first = page.report.facts.first;
    let mut table = Table::new(["waited", "at", "goroutine", "which"]);
    for slow in latency.worst.iter().take(page.rows) {
        let figures = [span(slow.waited), span(slow.at.since(first)), slow.goroutine.to_string()];
        table.row(figures, format!("{}, after {}", place::function(&slow.start), cause(slow.cause)));
    }
    table.write(&mut page.out, &page.look);
}

fn stops(page: &mut Page<'_>, scheduler: &Scheduler) {
    if scheduler.stops.is_empty() {
        return;
    }
    page.heading("Why running goroutines gave way", None);
    let mut table = Table::new(["times", "reason"]);
    for stop in scheduler.stops.iter().take(page.rows) {
        table.row([text::count(stop.count)], text::clean(&stop.reason));
    }
    page.table(&table, scheduler.stops.len());
}

fn procs(page: &mut Page<'_>, procs: &ProcSummary) {
    page.heading("Processors", None);
    write_use(page, procs);
    let mut table = Table::new(["busy", "idle", "syscall", "starts", "stolen", "processor"]);
    for (number, of) in procs.procs.iter().take(page.rows) {
        let figures = [
            span(of.running),
            span(of.idle),
            span(of.syscall),
            text::count(of.starts),
            text::count(of.steals),
        ];
        table.row(figures, format!("P{number}"));
    }
    page.table(&table, procs.procs.len());
}
