//! Variants side by side.

use std::fmt::Write;

use super::grid::{Grid, known};
use super::{Look, text};
use crate::model::{Bytes, Mode, Nanoseconds};
use crate::report::{Report, ReportedInput, VariantReport};

/// Columns.
pub(in crate::report) const HEADER: [&str; 10] =
    ["variant", "size", "build", "plain", "natural", "step", "GCs", "peak heap", "peak RSS", "findings"];

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    if !report.inputs.is_empty() {
        return inputs(out, report, look);
    }
    let _ = writeln!(out, "\n{}", look.heading("Variants"));
    let rows: Vec<Vec<String>> = report.variants.iter().map(row).collect();
    let (header, rows) = known(&HEADER, &rows);
    let grid = Grid { header: &header, rows: &rows, first: comfy_table::CellAlignment::Left };
    let _ = writeln!(out, "{}", grid.render(look.width));
}

/// Files that somebody took in production, instead of variants.
fn inputs(out: &mut String, report: &Report, look: &Look) {
    let _ = writeln!(out, "\n{}", look.heading("Files"));
    let row = |input: &ReportedInput| {
        [&input.file, &input.kind, &input.contents].map(|text| text::clean(text)).to_vec()
    };
    let rows: Vec<Vec<String>> = report.inputs.iter().map(row).collect();
    let grid = Grid { header: &["file", "is", "has"], rows: &rows, first: comfy_table::CellAlignment::Left };
    let _ = writeln!(out, "{}", grid.render(look.width));
}

/// Cells of a variant, below [`HEADER`].
pub(in crate::report) fn row(variant: &VariantReport) -> Vec<String> {
    let dash = || "-".to_owned();
    let wall = |mode| median(variant, mode, |run| run.wall.0).map(Nanoseconds);
    let plain = wall(Mode::Plain);
    let factor = |mode| match (wall(mode), plain) {
        (Some(time), Some(plain)) if plain.0 > 0 => {
            format!("{} ({:.1}x)", text::span(time), time.0 as f64 / plain.0 as f64)
        }
        (Some(time), _) => text::span(time),
        _ => dash(),
    };
    let build = variant.build.as_ref();
    let emulator = build.and_then(|build| build.runner.emulator());
    let rss = median(variant, Mode::Plain, |run| i64::try_from(run.peak_rss.0).unwrap_or(i64::MAX));
    vec![
        match emulator {
            Some(emulator) => format!("{} ({})", text::clean(&variant.name), emulator.name),
            None => text::clean(&variant.name),
        },
        build.map_or_else(dash, |build| text::bytes(build.plain.size)),
        build.map_or("FAILED".to_owned(), |build| millis(build.build_ms.0.saturating_add(build.build_ms.1))),
        plain.map_or_else(dash, text::span),
        factor(Mode::Natural),
        factor(Mode::Step),
        variant.natural.map_or_else(dash, |natural| natural.gc_cycles.to_string()),
        variant.natural.and_then(|natural| natural.peak_heap).map_or_else(dash, text::bytes),
        rss.filter(|_| emulator.is_none()).map_or_else(dash, |rss| text::bytes(Bytes(rss.unsigned_abs()))),
        if variant.runs.is_empty() { "not run".to_owned() } else { variant.n_findings.to_string() },
    ]
}

fn millis(ms: u64) -> String {
    text::span(Nanoseconds(i64::try_from(ms.saturating_mul(1_000_000)).unwrap_or(i64::MAX)))
}

fn median(variant: &VariantReport, mode: Mode, figure: fn(&crate::report::RunReport) -> i64) -> Option<i64> {
    let mut values: Vec<i64> = variant.runs.iter().filter(|run| run.run.mode == mode).map(figure).collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
