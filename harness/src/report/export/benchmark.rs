//! The runs of a capture as Go's benchmark text: `benchstat -col /variant -row /mode FILE` compares the variants.

use std::fmt::Write;

use super::{RunCycles, harmless};
use crate::model::Mode;
use crate::model::lab::runs::{FIGURES, Figure};
use crate::report::lab::{Header, benchmark_name};
use crate::report::{Report, RunReport};

/// The text: a line for each run that went well.
/// Of benchmarks it has what they measured, and what stays after each operation; of anything else a line for each run that
/// went well.
#[must_use]
pub fn benchstat(report: &Report, runs: &[RunCycles]) -> String {
    let mut out = String::new();
    let conditions = &report.conditions;
    for (key, value) in [("goos", &conditions.goos), ("goarch", &conditions.goarch)] {
        if !value.is_empty() && !value.contains(' ') {
            let _ = writeln!(out, "{key}: {value}");
        }
    }
    if report.tests.iter().any(|test| !test.measured.is_empty()) {
        benchmarks(&mut out, report);
        return out;
    }
    let _ = write!(out, "{}", Header);
    for run in report.variants.iter().flat_map(|variant| &variant.runs).filter(|run| run.ok) {
        let mut keys = vec![("variant", &*run.run.variant), ("mode", run.run.mode.word())];
        // A subtest's name has slashes, which would be further keys.
        let test = run.run.test.as_deref().map(|test| harmless(test).replace(['/', ' '], "_"));
        keys.extend(test.as_deref().map(|test| ("test", test)));
        let name = benchmark_name(&report.scenario, &keys, conditions.cpus);
        let cycles = runs.iter().find(|cycles| cycles.run == run.run);
        let values = FIGURES
            .iter()
            .filter_map(|row| Some(format!(" {} {}", figure(row.figure, run, cycles)?, row.bench)));
        let _ = writeln!(out, "{name} 1{}", values.collect::<String>());
    }
    out
}

/// Benchmarks as package testing prints them. The variant is a key of the name if there are several.
fn benchmarks(out: &mut String, report: &Report) {
    let _ = writeln!(out, "Unit live-B/op better=lower\nUnit live-goroutines/op better=lower");
    let several = report.variants.len() > 1;
    let mut package = "";
    for test in report.tests.iter().filter(|test| !test.measured.is_empty()) {
        if test.package != package {
            package = &test.package;
            let _ = writeln!(out, "pkg: {}", harmless(package));
        }
        let variant = match several {
            true => format!("/variant={}", harmless(&test.variant)),
            false => String::new(),
        };
        for one in &test.measured {
            let (name, procs) = with_processors(&one.name);
            let values = one.values.iter().map(|(value, unit)| format!(" {value} {unit}"));
            let values = values.collect::<String>();
            let live =
                format!(" {} live-B/op {} live-goroutines/op", test.bytes_per_op, test.goroutines_per_op);
            let _ = writeln!(out, "{name}{variant}{procs} {}{values}{live}", one.operations);
        }
    }
}

/// A benchmark's name, and the number of processors behind it.
fn with_processors(name: &str) -> (&str, &str) {
    let at = name.rfind('-').filter(|at| name[at + 1..].chars().all(|c| c.is_ascii_digit()));
    name.split_at(at.unwrap_or(name.len()))
}

/// A run's figure; what gctrace alone tells is not known of a run that nothing looked into.
fn figure(figure: Figure, run: &RunReport, cycles: Option<&RunCycles>) -> Option<u64> {
    let whole = |time: i64| u64::try_from(time).unwrap_or(0);
    let seen = cycles.filter(|_| run.run.mode != Mode::Plain);
    let pauses =
        || seen?.rows.iter().map(|row| row.stw.map(|stw| whole(stw.value.0))).collect::<Option<Vec<u64>>>();
    match figure {
        Figure::Wall => Some(whole(run.wall.0)),
        Figure::Cpu => Some(whole(run.cpu.0)),
        Figure::PeakRss => Some(run.peak_rss.0).filter(|size| *size > 0),
        Figure::GcCount => seen.map(|cycles| cycles.rows.len() as u64),
        Figure::PeakHeap => Some(seen?.peak_heap()?.0),
        Figure::Pauses => Some(pauses()?.iter().sum()),
        // Both stops of a cycle are one cell.
        Figure::LongestPause => None,
    }
}
