//! Noisy figures of several repeats: medians with intervals, and how they differ from the first variant and from what
//! was accepted.

use std::fmt::Write;

use super::grid::Grid;
use super::{Look, text};
use crate::baseline::{MetricComparison, Shift};
use crate::model::stats::{self, Interval};
use crate::model::{Bytes, Nanoseconds};
use crate::report::Report;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    let all: Vec<(&MetricComparison, Interval)> =
        report.metrics.iter().filter_map(|metric| Some((metric, metric.interval?))).collect();
    let first = report.variants.first().map_or("", |variant| variant.name.as_str());
    let shown: Vec<&(&MetricComparison, Interval)> =
        all.iter().filter(|(metric, _)| look.verbose || is_telling(metric, first)).collect();
    if shown.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", look.heading("Figures that vary"));
    let against = format!("against {}", text::clean(first));
    let header = ["figure", "variant", "n", "median", "from", "to", "sure", &against, "against baseline"];
    let rows: Vec<Vec<String>> = shown.iter().map(|(metric, interval)| row(metric, interval)).collect();
    let grid = Grid { header: &header, rows: &rows, first: comfy_table::CellAlignment::Left };
    let _ = writeln!(out, "{}", grid.render(look.width));
    notes(out, &all, all.len() - shown.len(), look);
}

/// A figure of the first variant, or one that differs from it or from what was accepted.
fn is_telling(metric: &MetricComparison, first: &str) -> bool {
    let real = |shift: &Option<Shift>| shift.as_ref().is_some_and(Shift::is_real);
    let usual = !metric.metric.name.starts_with("step.");
    usual && (metric.variant == first || real(&metric.from_first)) || real(&metric.from_accepted)
}

/// Cells of a figure.
pub(in crate::report) fn row(metric: &MetricComparison, interval: &Interval) -> Vec<String> {
    let values: Vec<f64> = metric.metric.values.iter().map(|value| *value as f64).collect();
    let amount = |value: f64| amount(value, &metric.metric.unit);
    let difference = |shift: &Option<Shift>| shift.as_ref().map_or_else(|| "-".to_owned(), words);
    vec![
        text::clean(&metric.metric.name),
        text::clean(&metric.variant),
        values.len().to_string(),
        stats::median(&values).map_or_else(|| "-".to_owned(), amount),
        amount(interval.low),
        amount(interval.high),
        format!("{:.0} %", (interval.coverage * 100.0).floor()),
        difference(&metric.from_first),
        difference(&metric.from_accepted),
    ]
}

pub(in crate::report) fn amount(value: f64, unit: &str) -> String {
    let whole = value.round();
    match unit {
        "B" => text::bytes(Bytes(whole as u64)),
        "ns" => text::span(Nanoseconds(whole as i64)),
        _ => format!("{whole}"),
    }
}

/// `+12.3 % (p 0.029)`, `-0.2 % (chance)`, `+8.1 % (4 needed)`
fn words(shift: &Shift) -> String {
    let judgement = match shift.needed {
        _ if shift.is_real() => format!("p {:.3}", shift.p),
        Some(needed) => format!("{needed} needed"),
        None => "chance".to_owned(),
    };
    format!("{:+.1} % ({judgement})", shift.percent)
}

fn notes(out: &mut String, all: &[(&MetricComparison, Interval)], hidden: usize, look: &Look) {
    let needed = |pick: fn(&MetricComparison) -> Option<Shift>| {
        all.iter().filter_map(|(metric, _)| pick(metric)?.needed).max()
    };
    let mut lines = Vec::new();
    if let Some(needed) = needed(|metric| metric.from_first) {
        lines.push(format!(
            "variants: more repeats needed, {needed} of each, to tell a difference from chance"
        ));
    }
    if let Some(needed) = needed(|metric| metric.from_accepted) {
        lines.push(format!(
            "baseline: more repeats needed, {needed}, to tell a difference to either side from chance"
        ));
    }
    if hidden > 0 {
        lines.push(format!("{hidden} more that do not differ, or of step runs; -v shows them"));
    }
    for line in lines {
        let _ = writeln!(out, "  {}", look.faint(&line));
    }
}
