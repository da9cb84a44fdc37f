//! Where goroutines waited, and where they called the system.

use super::super::place;
use super::super::table::Table;
use super::lines::{Line, merged};
use super::{Page, span};
use crate::model::trace::{BlockingSite, SyscallSite};
use crate::report::terminal::text;

/// All sites.
pub(super) fn write_blocking(page: &mut Page<'_>, sites: &[BlockingSite]) {
    page.heading("Waits by reason and place", None);
    if sites.is_empty() {
        page.line("no goroutine waited");
        return;
    }
    blocking_table(page, sites);
    hidden(page, sites.iter().filter(|site| place::is_runtimes(&site.stack)).count());
}

/// The sites as a list, without the runtime's own.
pub(super) fn blocking_table(page: &mut Page<'_>, sites: &[BlockingSite]) {
    let lines = sites.iter().map(|site| Line {
        words: place::wait(&site.reason, &site.stack),
        total: site.total,
        max: site.max,
        count: site.count.saturating_add(site.carried),
        special: site.open,
        stack: site.stack.clone(),
    });
    table(page, ["total", "longest", "waits", "open", "where"], lines);
}

/// All system calls.
pub(super) fn write_syscalls(page: &mut Page<'_>, sites: &[SyscallSite]) {
    page.heading("System calls and calls to C by place", None);
    if sites.is_empty() {
        page.line("none");
        return;
    }
    let lines = sites.iter().map(|site| Line {
        words: place::call(&site.stack),
        total: site.total,
        max: site.max,
        count: site.count.saturating_add(site.carried),
        special: site.blocked,
        stack: site.stack.clone(),
    });
    table(page, ["total", "longest", "calls", "blocked", "where"], lines);
    hidden(page, sites.iter().filter(|site| place::is_runtimes(&site.stack)).count());
}

fn table(page: &mut Page<'_>, header: [&'static str; 5], lines: impl Iterator<Item = Line>) {
    let lines = match page.look.verbose {
        true => lines.collect(),
        false => merged(lines.filter(|line| !place::is_runtimes(&line.stack))),
    };
    let mut table = Table::new(header);
    for line in lines.iter().take(page.rows) {
        let figures = [span(line.total), span(line.max), text::count(line.count), text::count(line.special)];
        let row = table.row(figures, line.words.clone());
        if page.look.verbose {
            row.details = place::frames(&line.stack);
        }
    }
    page.table(&table, lines.len());
}

fn hidden(page: &mut Page<'_>, places: usize) {
    if places > 0 && !page.look.verbose {
        let places = text::counted(places as u64, "place");
        page.faint(&format!("{places} of the runtime's own left out, -v shows them and whole stacks"));
    }
}
