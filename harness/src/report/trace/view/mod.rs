//! Views of a summary for a terminal: a page with what matters most, or sections in full.
//!
//! Plain text with optional colour; no meaning is carried by colour alone.

mod blocking;
mod gc;
mod goroutines;
mod header;
mod lines;
mod page;
mod samples;
mod scheduler;
#[cfg(test)]
mod tests;
pub(super) mod types;
mod user;

use std::fmt::Write as _;

use super::document::{Section, TraceReport};
use super::table::Table;
use crate::model::Nanoseconds;
use crate::report::Look;
use crate::report::terminal::text;

/// Rows of each list on the page, and in a view.
const PAGE_ROWS: usize = 6;
const VIEW_ROWS: usize = 30;

/// How much of each section is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'s> {
    /// A page of the most important facts.
    Page,
    /// These sections, in full.
    Views(&'s [Section]),
}

/// Renders the report. `top` is the number of rows of each list.
#[must_use]
pub fn to_terminal(report: &TraceReport, form: Form<'_>, top: Option<usize>, look: &Look) -> String {
    let rows = top.unwrap_or(if form == Form::Page { PAGE_ROWS } else { VIEW_ROWS });
    let mut page = Page { out: String::new(), look: *look, rows, report };
    header::write(&mut page);
    match form {
        Form::Page => page::write(&mut page),
        Form::Views(sections) => views(&mut page, sections),
    }
    header::write_problems(&mut page);
    page.out
}

fn views(page: &mut Page<'_>, sections: &[Section]) {
    let report = page.report;
    if let Some(goroutines) = &report.goroutines {
        goroutines::write(page, goroutines);
    }
    if let Some(gc) = &report.gc {
        gc::write(page, gc);
    }
    if let Some(stops) = &report.stw {
        gc::write_stops(page, stops);
    }
    if sections.contains(&Section::Types) {
        types::write(page, report.types.as_ref());
    }
    if let Some(sites) = &report.blocking {
        blocking::write_blocking(page, sites);
    }
    if let Some(sites) = &report.syscalls {
        blocking::write_syscalls(page, sites);
    }
    if let Some(scheduler) = &report.scheduler {
        scheduler::write(page, scheduler);
    }
    if let Some(user) = &report.user {
        user::write(page, user);
    }
    if let Some(samples) = &report.samples {
        samples::write(page, samples);
    }
}

/// The text as it grows.
struct Page<'r> {
    out: String,
    look: Look,
    /// Rows of each list.
    rows: usize,
    report: &'r TraceReport,
}

impl Page<'_> {
    /// A blank line and a heading; `flag` is the option that shows more of it.
    fn heading(&mut self, title: &str, flag: Option<&str>) {
        let verb = if flag.is_some_and(|flag| flag.contains(',')) { "show" } else { "shows" };
        let hint = flag.map(|flag| format!("  {}", self.look.faint(&format!("({flag} {verb} more)"))));
        let _ = writeln!(self.out, "\n{}{}", self.look.heading(title), hint.unwrap_or_default());
    }

    fn line(&mut self, line: &str) {
        for line in self.wrapped(line) {
            let _ = writeln!(self.out, "  {line}");
        }
    }

    fn faint(&mut self, line: &str) {
        for line in self.wrapped(line) {
            let _ = writeln!(self.out, "  {}", self.look.faint(&line));
        }
    }

    /// Part of the time summarised, for what happens at most once at a time.
    fn share(&self, time: Nanoseconds) -> String {
        percent(time, self.report.facts.duration())
    }

    fn wrapped(&self, line: &str) -> Vec<String> {
        text::wrap(line, usize::from(self.look.width).saturating_sub(2))
    }

    /// The list, and how many rows of `total` it does not show.
    fn table(&mut self, table: &Table, total: usize) {
        table.write(&mut self.out, &self.look);
        if total > self.rows {
            self.faint(&format!("… {} more, --top N shows N of {total}", total - self.rows));
        }
    }
}

/// `12.5 %`; nothing of nothing is `0 %`.
fn percent(part: Nanoseconds, whole: Nanoseconds) -> String {
    if whole.0 <= 0 || part.0 <= 0 {
        return "0%".to_owned();
    }
    let share = part.0 as f64 / whole.0 as f64 * 100.0;
    if share < 0.1 { "<0.1%".to_owned() } else { format!("{share:.1}%") }
}

fn span(time: Nanoseconds) -> String {
    text::span(time)
}
