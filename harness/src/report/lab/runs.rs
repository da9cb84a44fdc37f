//! Runs, for a terminal: what is real is said in words and figures, not in colour.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::runs::{FIGURES, FigureDifference, FigureRow, RunsAnswer, RunsVerdict, Sample, Unit};
use crate::model::{Bytes, Nanoseconds};

pub(super) fn body(answer: &RunsAnswer, look: &Look) -> String {
    if answer.variants.iter().all(|facts| facts.of.n == 0) {
        return String::new();
    }
    let mut header = vec!["variant", "n"];
    header.extend(FIGURES.iter().map(|row| row.word));
    let rows: Vec<Vec<String>> = answer
        .variants
        .iter()
        .map(|facts| {
            let emulator = facts.of.emulator.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let failed =
                if facts.of.failed > 0 { format!(" ({} failed)", facts.of.failed) } else { String::new() };
            let mut cells = vec![
                format!("{}{}", text::clean(&facts.variant), text::clean(&emulator)),
                format!("{}{failed}", facts.of.n),
            ];
            cells.extend(FIGURES.iter().map(|row| {
                let sample = facts.of.sample(row.figure);
                sample.map_or_else(
                    || "-".to_owned(),
                    |sample| cell(sample, difference(answer, &facts.variant, *row)),
                )
            }));
            cells
        })
        .collect();
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width) + "\n";
    for line in legend(answer) {
        let _ = writeln!(out, "  {line}");
    }
    if look.verbose {
        let _ = writeln!(out, "\n{}", details(answer, look));
    }
    out
}

fn difference<'a>(answer: &'a RunsAnswer, variant: &str, row: FigureRow) -> Option<&'a FigureDifference> {
    let of = answer.differences.iter().find(|one| one.variant == variant)?;
    of.of.figures.iter().find(|one| one.figure == row.figure)
}

/// `12.3 ms ± 2 %  +12.4 % (p=0.008)`; of the reference the first part alone.
fn cell(sample: &Sample, difference: Option<&FigureDifference>) -> String {
    let own = format!("{}{}", value(sample.median, sample.unit), spread(sample));
    let Some(difference) = difference else { return own };
    let verdict = match difference.verdict {
        RunsVerdict::Real => format!("{} (p={})", change(difference), probability(difference.p)),
        RunsVerdict::Chance => "~".to_owned(),
        RunsVerdict::TooFew => "?".to_owned(),
        RunsVerdict::NotComparable => "emulator's".to_owned(),
    };
    format!("{own}  {verdict}")
}

fn change(difference: &FigureDifference) -> String {
    difference.change.map_or_else(|| "from 0".to_owned(), |change| format!("{:+.1} %", change * 100.0))
}

fn probability(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
        None => "?".to_owned(),
    }
}

/// How far the interval's farther end is from the median.
fn spread(sample: &Sample) -> String {
    let Some(interval) = sample.interval.filter(|_| sample.median != 0.0) else { return String::new() };
    let far = (interval.high - sample.median).max(sample.median - interval.low);
    format!(" \u{b1} {:.0} %", far / sample.median.abs() * 100.0)
}

pub(in crate::report) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => text::bytes(Bytes(value.max(0.0) as u64)),
        Unit::Nanoseconds => text::span(Nanoseconds(value as i64)),
        Unit::Count => text::rate(value),
    }
}

/// What the marks mean, of those that there are.
fn legend(answer: &RunsAnswer) -> Vec<String> {
    let has = |verdict: RunsVerdict| {
        answer.differences.iter().flat_map(|one| &one.of.figures).any(|one| one.verdict == verdict)
    };
    let samples = || answer.variants.iter().flat_map(|facts| &facts.of.figures);
    let coverage =
        samples().filter_map(|sample| sample.interval).map(|interval| interval.coverage).reduce(f64::min);
    let mut lines = Vec::new();
    lines.extend(coverage.map(|coverage| {
        format!("medians \u{b1} the farther end of their interval ({:.0} % sure); runs with GODEBUG=gctrace=1, in turns", coverage * 100.0)
    }));
    if has(RunsVerdict::Chance) {
        lines.push("~  no difference that chance alone would not give".to_owned());
    }
    if has(RunsVerdict::TooFew) {
        lines.push("?  too few runs to tell any difference from chance".to_owned());
    }
    if has(RunsVerdict::NotComparable) {
        lines.push("emulator's: of the emulator, not of the program; not compared".to_owned());
    }
    lines
}

/// Every comparison with its figures.
fn details(answer: &RunsAnswer, look: &Look) -> String {
    let mut rows = Vec::new();
    for facts in &answer.variants {
        for row in FIGURES {
            let Some(sample) = facts.of.sample(row.figure) else { continue };
            let difference = difference(answer, &facts.variant, row);
            let interval = sample.interval.map_or_else(
                || "-".to_owned(),
                |interval| format!("{} .. {}", value(interval.low, row.unit), value(interval.high, row.unit)),
            );
            let test = difference.and_then(|one| one.test);
            rows.push(vec![
                text::clean(&facts.variant),
                row.word.to_owned(),
                value(sample.median, row.unit),
                interval,
                difference.map_or_else(|| "-".to_owned(), change),
                test.map_or_else(|| "-".to_owned(), |test| probability(Some(test.p))),
                difference.map_or_else(|| "-".to_owned(), |one| probability(one.p)),
                test.map_or_else(|| "-".to_owned(), |test| format!("{:+.2}", test.delta)),
            ]);
        }
    }
    let header = ["variant", "figure", "median", "interval", "change", "p", "p corrected", "Cliff's delta"];
    Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::runs::{Figure, RunsDifference, RunsFacts};
    use crate::model::lab::{Answer, OfVariant};
    use crate::model::stats::Interval;

    fn variant(name: &str, median: f64) -> OfVariant<RunsFacts> {
        let interval = Some(Interval { low: median - 1e5, high: median + 2e5, coverage: 0.95 });
        let sample =
            Sample { figure: Figure::Wall, unit: Unit::Nanoseconds, median, interval, values: vec![median] };
        let of = RunsFacts { emulator: None, n: 10, failed: 1, figures: vec![sample] };
        OfVariant { variant: name.to_owned(), of }
    }

    fn shown(verdict: RunsVerdict) -> String {
        let wall = FigureDifference {
            figure: Figure::Wall,
            change: Some(0.124),
            test: None,
            p: Some(0.008),
            verdict,
        };
        let of = RunsDifference { figures: vec![wall] };
        let answer = Answer {
            headline: String::new(),
            variants: vec![variant("a", 1e7), variant("b", 1.124e7)],
            differences: vec![OfVariant { variant: "b".to_owned(), of }],
            expected: Vec::new(),
            not_run: Vec::new(),
        };
        body(&answer, &Look { width: 110, color: false, verbose: false })
    }

    #[test]
    fn a_difference_is_told_with_its_probability_and_chance_is_a_mark_that_is_explained() {
        let real = shown(RunsVerdict::Real);
        assert!(
            real.contains("11.2 ms \u{b1} 2 %  +12.4 % (p=0.008)") && real.contains("10.0 ms \u{b1} 2 %"),
            "{real}"
        );
        assert!(real.contains("10 (1 failed)") && !real.contains('~'), "{real}");
        let chance = shown(RunsVerdict::Chance);
        assert!(
            chance.contains("11.2 ms \u{b1} 2 %  ~") && chance.contains("~  no difference that chance"),
            "{chance}"
        );
        let few = shown(RunsVerdict::TooFew);
        assert!(few.contains("11.2 ms \u{b1} 2 %  ?") && few.contains("?  too few runs"), "{few}");
    }
}
