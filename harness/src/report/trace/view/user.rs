//! The program's own annotations: tasks, regions, logs of `runtime/trace`.

use super::super::table::Table;
use super::{Page, span};
use crate::model::trace::{LogGroup, RegionGroup, TaskGroup, UserSummary};
use crate::report::terminal::text;

pub(super) fn write(page: &mut Page<'_>, user: &UserSummary) {
    page.heading("Tasks, regions and logs of runtime/trace", None);
    if user.tasks.is_empty() && user.regions.is_empty() && user.logs.is_empty() {
        page.line("the program makes none");
        return;
    }
    tasks(page, &user.tasks);
    regions(page, &user.regions);
    logs(page, &user.logs);
}

fn tasks(page: &mut Page<'_>, tasks: &[TaskGroup]) {
    let mut table = Table::new(["begun", "open", "median", "longest", "total", "task"]);
    for group in tasks.iter().take(page.rows) {
        let of = &group.complete;
        let figures = [
            text::count(group.begun),
            text::count(group.open),
            span(of.median),
            span(of.max),
            span(of.total),
        ];
        table.row(figures, within(&group.name, group.parent.as_deref()));
    }
    page.table(&table, tasks.len());
}

fn regions(page: &mut Page<'_>, regions: &[RegionGroup]) {
    let mut table = Table::new(["begun", "open", "median", "longest", "total", "region"]);
    for group in regions.iter().take(page.rows) {
        let of = &group.complete;
        let figures = [
            text::count(group.begun),
            text::count(group.open),
            span(of.median),
            span(of.max),
            span(of.total),
        ];
        table.row(figures, within(&group.name, group.task.as_deref()));
    }
    if !table.is_empty() {
        page.out.push('\n');
    }
    page.table(&table, regions.len());
}

fn within(name: &str, parent: Option<&str>) -> String {
    match parent {
        Some(parent) => text::clean(&format!("{name} (in {parent})")),
        None => text::clean(name),
    }
}

fn logs(page: &mut Page<'_>, logs: &[LogGroup]) {
    let first = page.report.facts.first;
    let mut table = Table::new(["logs", "category"]);
    for group in logs.iter().take(page.rows) {
        let name = if group.category.is_empty() { "(none)" } else { &group.category };
        let row = table.row([text::count(group.count)], text::clean(name));
        for log in &group.last {
            let goroutine = log.goroutine.map(|id| format!(" goroutine {id}")).unwrap_or_default();
            let words = format!("{}{goroutine}: {}", span(log.at.since(first)), log.message);
            row.details.push(text::clean(&words));
        }
    }
    if !table.is_empty() {
        page.out.push('\n');
    }
    page.table(&table, logs.len());
}
