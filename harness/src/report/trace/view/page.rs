//! The page: what a newcomer to a trace should see first, each part with the option that shows more.

use super::super::place::{self, never_ended};
use super::{Page, blocking, gc, goroutines, scheduler, span, types};
use crate::model::trace::SyscallSite;
use crate::report::terminal::text;

pub(super) fn write(page: &mut Page<'_>) {
    let report = page.report;
    if let Some(goroutines) = &report.goroutines {
        page.heading("Goroutines", Some("--goroutines"));
        goroutines::write_counts(page, goroutines);
        let sites = never_ended(&goroutines.groups);
        goroutines::write_never_ended(page, &sites);
    }
    if let Some(gc) = &report.gc {
        page.heading("Garbage collection", Some("--gc, --stw"));
        gc::write_counts(page, gc);
        gc::stops_line(page, &gc.stops);
        gc::write_heap(page, &gc.heap);
    }
    if let Some(heap) = &report.types {
        page.heading("Heap objects by type", Some("--types"));
        types::write_types(page, heap);
        page.faint(types::AGES);
    }
    if let Some(sites) = report.blocking.as_ref().filter(|sites| !sites.is_empty()) {
        page.heading("Longest waits", Some("--blocking"));
        blocking::blocking_table(page, sites);
    }
    if let Some(scheduler) = report.scheduler.as_ref().filter(|of| of.latency.all.count > 0) {
        page.heading("Waiting for a processor", Some("--latency"));
        scheduler::write_latency_line(page, &scheduler.latency);
        scheduler::write_use(page, &scheduler.procs);
    }
    syscalls(page);
    others(page);
    page.out.push('\n');
    page.faint(
        "--window A..B shows a part, --events the events, --json all of this for programs; see --help",
    );
}

fn syscalls(page: &mut Page<'_>) {
    let Some(sites) = &page.report.syscalls else { return };
    let shown: Vec<&SyscallSite> = sites.iter().filter(|site| !place::is_runtimes(&site.stack)).collect();
    let Some(first) = shown.first() else { return };
    page.heading("System calls", Some("--syscalls"));
    let count: u64 = shown.iter().map(|site| site.count).sum();
    let blocked = match shown.iter().map(|site| site.blocked).sum() {
        0 => "none".to_owned(),
        n => text::count(n),
    };
    page.line(&format!(
        "{}, {blocked} of them long enough to lose the processor",
        text::counted(count, "call")
    ));
    page.line(&format!("most time ({}) in {}", span(first.total), place::call(&first.stack)));
}

/// What only some traces have, a line each.
fn others(page: &mut Page<'_>) {
    let report = page.report;
    let mut lines = Vec::new();
    if let Some(user) = &report.user {
        let tasks: u64 = user.tasks.iter().map(|group| group.begun).sum();
        let regions: u64 = user.regions.iter().map(|group| group.begun).sum();
        if tasks + regions > 0 {
            lines.push(format!(
                "{}, {}: --tasks",
                text::counted(tasks, "task"),
                text::counted(regions, "region")
            ));
        }
    }
    if let Some(samples) = report.samples.as_ref().filter(|samples| samples.total > 0) {
        lines.push(format!("{} of the CPU profiler: --samples", text::counted(samples.total, "sample")));
    }
    if !lines.is_empty() {
        page.heading("Also in it", None);
        lines.iter().for_each(|line| page.line(line));
    }
}
