//! What a user sees of a heap dump: the page, views in full, and answers about one object, goroutine, type or site.
//!
//! Input: a [`HeapSummary`](crate::model::heap::HeapSummary) and views. Output: text or JSON. Nothing here decides.

mod document;
mod lists;
mod one;
mod path;
mod sheet;
#[cfg(test)]
mod tests;

use crate::report::Look;
use sheet::Sheet;

pub use document::{HEAP_FORMAT, HeapReport, Section, schema};

/// Rows of each list on the page, and in a view.
const PAGE_ROWS: usize = 8;
const VIEW_ROWS: usize = 30;

/// Renders the report. `top` is the number of rows of each list.
#[must_use]
pub fn to_terminal(report: &HeapReport, is_page: bool, top: Option<usize>, look: &Look) -> String {
    let rows = top.unwrap_or(if is_page { PAGE_ROWS } else { VIEW_ROWS });
    let mut sheet = Sheet::new(look, rows, is_page);
    lists::header(&mut sheet, report);
    if let Some(suspects) = &report.suspects {
        lists::suspects(&mut sheet, suspects, report.totals.reachable);
    }
    if let Some(holders) = &report.holders {
        lists::holders(&mut sheet, holders);
    }
    if let Some(goroutines) = &report.goroutines {
        lists::goroutines(&mut sheet, goroutines);
    }
    if let Some(types) = &report.types {
        lists::types(&mut sheet, types);
    }
    if let Some(sites) = &report.sites {
        lists::sites(&mut sheet, sites);
    }
    if let Some(object) = &report.object {
        one::object(&mut sheet, object);
    }
    if let Some(goroutine) = &report.goroutine {
        one::goroutine(&mut sheet, goroutine);
    }
    if let Some(paths) = &report.paths {
        one::paths(&mut sheet, paths);
    }
    lists::missing(&mut sheet, &report.missing);
    if is_page {
        sheet.line("");
        sheet.faint("--object ADDR and --goroutine N show one thing, --paths NAME who holds a type or site; --json is for programs, see --help");
    }
    sheet.finish()
}
