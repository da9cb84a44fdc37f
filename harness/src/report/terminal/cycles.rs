//! The cycle table, and how well its clocks were joined.

use std::fmt::Write;

use super::grid::{Grid, known};
use super::sparkline::sparkline;
use super::{Look, text};
use crate::model::{Alignment, Bytes, Cell, CycleRow};
use crate::report::{CycleTable, Report, RunAlignment};

/// Rows shown of a long run, spread evenly.
const ROWS: usize = 12;

/// Fewer cycles than this show no course.
const MIN_VALUES: usize = 5;
/// Columns of a line that are not blocks or the name, at most.
const FIGURES: usize = 32;
/// Blocks in a line, at most.
const MAX_BLOCKS: usize = 60;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    let Some(table) = report.cycles.first().filter(|table| !table.rows.is_empty()) else { return };
    let (variant, mode) = (&table.run.variant, table.run.mode.word());
    let test = table.run.test.as_ref().map_or_else(String::new, |test| format!(" of {test}"));
    let title = format!("GC cycles of {variant}, {mode} run{test}: {}", table.total);
    let _ = writeln!(out, "\n{}", look.heading(&text::clean(&title)));
    if let Some(aligned) = report.alignments.iter().find(|aligned| aligned.run == table.run) {
        let _ = writeln!(out, "  {}", alignment(aligned));
    }
    heaps(out, report, look);
    let _ = writeln!(out, "{}", grid(table, look));
}

/// The live heap over the cycles of each variant, all to one scale.
fn heaps(out: &mut String, report: &Report, look: &Look) {
    let live = |table: &CycleTable| -> Vec<u64> {
        table.rows.iter().filter_map(|row| Some(row.heap_live?.value.0)).collect()
    };
    let all: Vec<(&CycleTable, Vec<u64>)> = report.cycles.iter().map(|table| (table, live(table))).collect();
    let shown = || all.iter().filter(|(_, values)| values.len() >= MIN_VALUES);
    let Some(top) = shown().flat_map(|(_, values)| values).max().copied() else { return };
    let name_of = |table: &CycleTable| text::clean(&table.run.variant);
    let columns = shown().map(|(table, _)| name_of(table).chars().count()).max().unwrap_or(0);
    let width = usize::from(look.width).saturating_sub(columns + FIGURES).clamp(8, MAX_BLOCKS);
    let most = shown().map(|(_, values)| values.len().min(width)).max().unwrap_or(0);
    let _ = writeln!(out, "  live heap after each cycle, from 0 to {}:", text::bytes(Bytes(top)));
    for (table, values) in shown() {
        let (first, last) = (values.first().copied().unwrap_or(0), values.last().copied().unwrap_or(0));
        let blocks = match table.rows.len() < table.total {
            true => {
                // Of a long run the middle is not in the report.
                let (begin, end) = values.split_at(values.len() / 2);
                let half = |values: &[u64]| sparkline(values, top, width.saturating_sub(3) / 2);
                format!("{}...{}", half(begin), half(end))
            }
            false => sparkline(values, top, width),
        };
        let name = name_of(table);
        let (first, last) = (text::bytes(Bytes(first)), text::bytes(Bytes(last)));
        let _ = writeln!(out, "    {name:columns$}  {blocks:most$}  {first} -> {last}");
    }
}

/// How well a run's clocks were joined.
pub(in crate::report) fn alignment(aligned: &RunAlignment) -> String {
    match &aligned.alignment {
        Alignment::NotNeeded => "one source only: nothing to align".to_owned(),
        Alignment::Unique { matched, goals_equal, residual_median, residual_max, .. } => format!(
            "gctrace and trace aligned: {matched} cycles matched, {goals_equal} equal goals, residual {} median, {} max",
            text::span(*residual_median),
            text::span(*residual_max),
        ),
        Alignment::Ambiguous { shifts, cycles } => ambiguous(shifts.len(), (*cycles).into()),
        Alignment::Contradictory { best_spread, cycles } => format!(
            "gctrace and trace contradict each other over {cycles} cycles (by {})",
            text::span(*best_spread)
        ),
    }
}

/// Why the trace's cycles are not joined with gctrace's. One shift that fits hardly any cycles is no choice among
/// several, but nothing that chance could not do.
fn ambiguous(n_shifts: usize, cycles: u64) -> String {
    let cycles = text::counted(cycles, "GC cycle");
    match n_shifts {
        0 => "the trace has no whole GC cycle: nothing to align".to_owned(),
        1 => format!("gctrace and trace not aligned: {cycles} in both, which is too few to be sure"),
        n => {
            format!("gctrace and trace not aligned: there are {n} ways to do so that fit ({cycles} compared)")
        }
    }
}

fn grid(table: &CycleTable, look: &Look) -> String {
    let header = ["cycle", "begin", "STW", "mark", "heap", "live", "goal", "in use", "goroutines"];
    let first = table.rows.iter().find_map(|row| row.begin).map(|cell| cell.value);
    let cells = |row: &CycleRow| {
        let begin = row.begin.zip(first).map(|(begin, first)| begin.value.since(first));
        vec![
            format!("{}{}", row.cycle, if row.forced { " forced" } else { "" }),
            begin.map_or("-".to_owned(), |begin| format!("+{}", text::span(begin))),
            row.stw.map_or("-".to_owned(), |stw| text::span(stw.value)),
            row.mark.map_or("-".to_owned(), |mark| text::span(mark.value)),
            size(row.heap_start),
            size(row.heap_live),
            size(row.goal),
            size(row.inuse_space),
            row.goroutines.map_or("-".to_owned(), |count| count.value.to_string()),
        ]
    };
    let rows: Vec<Vec<String>> = sample(&table.rows, look).into_iter().map(cells).collect();
    let (header, rows) = known(&header, &rows);
    Grid { header: &header, rows: &rows, first: comfy_table::CellAlignment::Right }.render(look.width)
}

fn size(cell: Option<Cell<Bytes>>) -> String {
    cell.map_or("-".to_owned(), |cell| text::bytes(cell.value))
}

/// Rows spread over the run, first and last included.
fn sample<'a>(rows: &'a [CycleRow], look: &Look) -> Vec<&'a CycleRow> {
    if look.verbose || rows.len() <= ROWS {
        return rows.iter().collect();
    }
    (0..ROWS).map(|n| &rows[n * (rows.len() - 1) / (ROWS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_aligned_says_why() {
        assert_eq!(
            [ambiguous(0, 0), ambiguous(1, 1), ambiguous(3, 2)],
            [
                "the trace has no whole GC cycle: nothing to align",
                "gctrace and trace not aligned: 1 GC cycle in both, which is too few to be sure",
                "gctrace and trace not aligned: there are 3 ways to do so that fit (2 GC cycles compared)",
            ]
        );
    }
}
