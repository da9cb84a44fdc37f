//! Heap objects by type.

use super::super::table::Table;
use super::Page;
use crate::model::trace::{HeapSummary, TypeFigures, TypeSummary};
use crate::model::{Bytes, Objects};
use crate::report::terminal::text;

/// Why there may be nothing to show.
const NONE: &str = "the trace has none: run the program with GODEBUG=traceallocfree=1 (Go 1.23 or later)";
/// What the column of ages means.
pub(super) const AGES: &str = "ages: in how many different cycles the living objects were made. Many, when some of every cycle \
                    stay, as in a leak; few, when they were made at once";

pub(super) fn write(page: &mut Page<'_>, heap: Option<&HeapSummary>) {
    page.heading("Heap objects by type", None);
    let Some(heap) = heap else {
        page.line(NONE);
        return;
    };
    write_types(page, heap);
    page.faint(AGES);
    notes(page, heap);
}

/// The totals and the list.
pub(super) fn write_types(page: &mut Page<'_>, heap: &HeapSummary) {
    let TypeFigures { live, live_bytes, allocated, allocated_bytes, freed, older, .. } = &heap.total;
    page.line(&format!(
        "alive at the end: {} in {} ({} older than the trace); allocated {} in {}, freed {}",
        text::bytes(*live_bytes),
        objects(*live),
        text::count(older.0),
        text::bytes(*allocated_bytes),
        objects(*allocated),
        objects(*freed),
    ));
    let mut table = Table::new(["alive", "objects", "ages", "allocated", "objects", "freed", "type"]);
    for of in heap.types.iter().take(page.rows) {
        let figures = &of.figures;
        let ages = match figures.live == figures.older {
            true => "-".to_owned(),
            false => text::count(figures.distinct_ages),
        };
        let cells = [
            text::bytes(figures.live_bytes),
            text::count(figures.live.0),
            ages,
            text::bytes(figures.allocated_bytes),
            text::count(figures.allocated.0),
            text::count(figures.freed.0),
        ];
        let row = table.row(cells, name(of));
        if page.look.verbose {
            row.details = history(of);
        }
    }
    page.table(&table, heap.types.len());
}

fn objects(number: Objects) -> String {
    text::counted(number.0, "object")
}

/// The type, and that it stands for several values.
pub(in crate::report::trace) fn name(of: &TypeSummary) -> String {
    let name = text::clean(&of.name);
    if of.array { format!("[] of {name}") } else { name }
}

/// Alive objects by age, and after each cycle.
fn history(of: &TypeSummary) -> Vec<String> {
    let ages: Vec<String> = of
        .figures
        .ages
        .iter()
        .map(|bucket| format!("{}+: {}", bucket.from, text::count(bucket.objects.0)))
        .collect();
    let live: Vec<String> = of.history.iter().map(|row| text::count(row.live.0)).collect();
    let mut lines = Vec::new();
    if !ages.is_empty() {
        lines.push(format!("alive, by age in cycles: {}", ages.join(", ")));
    }
    if !live.is_empty() {
        lines.push(format!("alive, after each cycle: {}", live.join(" -> ")));
    }
    lines
}

fn notes(page: &mut Page<'_>, heap: &HeapSummary) {
    if heap.stack_bytes > Bytes(0) {
        let stacks = text::counted(heap.stacks, "goroutine stack");
        page.line(&format!("besides: {} of {stacks}", text::bytes(heap.stack_bytes)));
    }
    if heap.untracked > 0 {
        let n = text::counted(heap.untracked, "object");
        page.line(&format!("not counted: {n}, too many at once to remember"));
    }
}
