//! Where goroutines waited, and where they called the system.

use super::super::place;
use super::super::table::Table;
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
    let shown: Vec<&BlockingSite> =
        sites.iter().filter(|site| page.look.verbose || !place::is_runtimes(&site.stack)).collect();
    blocking_table(page, &shown);
    let hidden = (sites.len() - shown.len()) as u64;
    if hidden > 0 {
        page.faint(&format!(
            "{} of the runtime's own left out, -v shows them",
            text::counted(hidden, "place")
        ));
    }
}

/// The sites as a list.
pub(super) fn blocking_table(page: &mut Page<'_>, sites: &[&BlockingSite]) {
    let mut table = Table::new(["total", "longest", "waits", "open", "where"]);
    for site in sites.iter().take(page.rows) {
        let waits = text::count(site.count.saturating_add(site.carried));
        let figures = [span(site.total), span(site.max), waits, text::count(site.open)];
        let words = format!("{}: {}", text::clean(&site.reason), place::place(&site.stack));
        let row = table.row(figures, words);
        if page.look.verbose {
            row.details = place::frames(&site.stack);
        }
    }
    page.table(&table, sites.len());
}

/// All system calls.
pub(super) fn write_syscalls(page: &mut Page<'_>, sites: &[SyscallSite]) {
    page.heading("System calls and calls to C by place", None);
    if sites.is_empty() {
        page.line("none");
        return;
    }
    let mut table = Table::new(["total", "longest", "calls", "blocked", "where"]);
    for site in sites.iter().take(page.rows) {
        let calls = text::count(site.count.saturating_add(site.carried));
        let figures = [span(site.total), span(site.max), calls, text::count(site.blocked)];
        let row = table.row(figures, place::call(&site.stack));
        if page.look.verbose {
            row.details = place::frames(&site.stack);
        }
    }
    page.table(&table, sites.len());
}
