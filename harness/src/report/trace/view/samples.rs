//! Samples of the CPU profiler.

use super::super::place;
use super::super::table::Table;
use super::Page;
use crate::model::trace::SampleSummary;
use crate::report::terminal::text;

pub(super) fn write(page: &mut Page<'_>, samples: &SampleSummary) {
    page.heading("CPU samples by stack", None);
    if samples.total == 0 {
        page.line("none: they are there when a CPU profile runs beside the trace");
        return;
    }
    let mut table = Table::new(["samples", "where"]);
    for sampled in samples.stacks.iter().take(page.rows) {
        let place = match sampled.stack.first() {
            None => "(no stack)".to_owned(),
            Some(leaf) => text::frame(leaf),
        };
        let row = table.row([text::count(sampled.count)], place);
        let callers = sampled.stack.iter().skip(1);
        row.details = match page.look.verbose {
            true => callers.map(text::frame).collect(),
            false => Vec::from_iter(
                (sampled.stack.len() > 1).then(|| format!("under {}", place::place(&sampled.stack[1..]))),
            ),
        };
    }
    page.table(&table, samples.stacks.len());
}
