//! The runs of a capture as Go's benchmark text: `benchstat -col /variant -row /mode FILE` compares the variants.

use std::fmt::Write;

use super::{RunCycles, harmless};
use crate::model::Mode;
use crate::model::lab::runs::{FIGURES, Figure};
use crate::report::lab::{Header, benchmark_name};
use crate::report::{Report, RunReport};

/// The text: a line for each run that went well.
#[must_use]
pub fn benchstat(report: &Report, runs: &[RunCycles]) -> String {
    let mut out = String::new();
    let conditions = &report.conditions;
    for (key, value) in [("goos", &conditions.goos), ("goarch", &conditions.goarch)] {
        if !value.is_empty() && !value.contains(' ') {
            let _ = writeln!(out, "{key}: {value}");
        }
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
