//! Tests, one by one.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::grid::Grid;
use super::{Look, text};
use crate::model::TestKind;
use crate::report::{Report, TestReport, TestResult};

/// Tests up to which those that pass are shown, too.
const FEW: usize = 30;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    if report.tests.is_empty() {
        return;
    }
    let count = |result: TestResult| report.tests.iter().filter(|test| test.result == result).count();
    let words = [
        (TestResult::Leak, "leak", "leak"),
        (TestResult::Fail, "fails", "fail"),
        (TestResult::Again, "fails when run again", "fail when run again"),
        (TestResult::Skip, "is skipped", "are skipped"),
        (TestResult::Pass, "passes", "pass"),
    ];
    let told: Vec<String> = words
        .iter()
        .map(|(result, one, many)| (count(*result), if count(*result) == 1 { one } else { many }))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let benches = report.tests.iter().any(|test| test.kind == TestKind::Benchmark);
    let what = if benches { "Benchmarks" } else { "Tests" };
    let heading = look.heading(&format!("{what}: {} of {}", told.join(", "), report.tests.len()));
    let _ = writeln!(out, "\n{heading}");
    let all = look.verbose || report.tests.len() <= FEW;
    let shown: Vec<&TestReport> = report
        .tests
        .iter()
        .filter(|test| all || !matches!(test.result, TestResult::Pass | TestResult::Skip))
        .collect();
    let packages = report.tests.iter().any(|test| test.package != report.tests[0].package);
    let variants = report.tests.iter().any(|test| test.variant != report.tests[0].variant);
    let rows: Vec<Vec<String>> =
        shown.iter().map(|test| row(test, packages, variants && !packages)).collect();
    if !rows.is_empty() {
        let header = header(report);
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let grid = Grid { header: &header, rows: &rows, first: CellAlignment::Left };
        let _ = writeln!(out, "{}", grid.render(look.width));
    }
    if shown.len() < report.tests.len() {
        let _ =
            writeln!(out, "  {} more pass or are skipped (-v shows them)", report.tests.len() - shown.len());
    }
    if report.tests.iter().any(|test| test.parallel) {
        let _ = writeln!(out, "  (parallel) tests run at the same time and are judged as a group");
    }
}

/// Columns.
pub(in crate::report) fn header(report: &Report) -> Vec<String> {
    let per =
        if report.tests.iter().any(|test| test.kind == TestKind::Benchmark) { "op" } else { "iteration" };
    let per = |what: &str| format!("{what}/{per}");
    let words = ["test", "result", "iterations", "time"].map(str::to_owned);
    words.into_iter().chain(["B", "goroutines"].map(per)).collect()
}

/// Cells of a test, below [`header`].
pub(in crate::report) fn row(test: &TestReport, package: bool, variant: bool) -> Vec<String> {
    let place = if package {
        format!("{} ", test.package)
    } else if variant {
        format!("{} ", test.variant)
    } else {
        String::new()
    };
    let parallel = if test.parallel { " (parallel)" } else { "" };
    let figure = |value: f64| if value > 0.0 { text::rate(value) } else { "0".to_owned() };
    let judged = matches!(test.result, TestResult::Pass | TestResult::Leak);
    let figure = |value: f64| if judged { figure(value) } else { "-".to_owned() };
    vec![
        text::clean(&format!("{place}{}{parallel}", test.name)),
        test.result.word().to_owned(),
        test.iterations.to_string(),
        text::span(test.took),
        if judged { text::scaled(test.bytes_per_op) } else { "-".to_owned() },
        figure(test.goroutines_per_op),
    ]
}
