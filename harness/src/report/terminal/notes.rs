//! What else a reader should know: failed builds and runs, the baseline, what was missing, what the observation
//! changed, where the capture lies.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Look, text};
use crate::baseline::MetricStanding;
use crate::report::Report;

/// Problems shown.
const PROBLEMS: usize = 5;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    failures(out, report, look);
    baseline(out, report, look);
    list(out, look, "Not judged, or with less confidence", doubts(report));
    list(out, look, "What the observed build changes", differences(report));
    problems(out, report, look);
    let _ = writeln!(out, "\ncapture  {}", report.capture);
    let _ = writeln!(out, "again    harness analyze {}", report.capture);
}

fn list(out: &mut String, look: &Look, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", look.heading(title));
    for line in lines {
        let _ = writeln!(out, "  - {}", text::clean(&line));
    }
}

fn failures(out: &mut String, report: &Report, look: &Look) {
    for variant in &report.variants {
        if let Some(failure) = &variant.failure {
            let _ = writeln!(
                out,
                "\n{}",
                look.heading(&format!("Build of {} failed", text::clean(&variant.name)))
            );
            let _ = writeln!(out, "{}", text::clean_lines(failure.output.trim_end()));
            if let Some(hint) = &failure.hint {
                let _ = writeln!(out, "hint: {}", text::clean(hint));
            }
        }
        for run in variant.runs.iter().filter(|run| !run.ok) {
            let mode = super::cycles::mode(run.run.mode);
            let words = format!("{}, {mode} run {}: {}", variant.name, run.run.repeat, run.end);
            let _ = writeln!(out, "\n{}", text::clean_lines(&words));
        }
    }
}

fn baseline(out: &mut String, report: &Report, look: &Look) {
    if !report.has_baseline {
        return;
    }
    let mut lines = Vec::new();
    lines.extend(report.not_comparable.as_ref().map(|why| format!("figures not compared: {why}")));
    let mut counts: BTreeMap<MetricStanding, usize> = BTreeMap::new();
    for metric in &report.metrics {
        *counts.entry(metric.standing).or_default() += 1;
        let word = match metric.standing {
            MetricStanding::Better => "better",
            MetricStanding::Worse => "worse",
            MetricStanding::Changed => "changed",
            _ => continue,
        };
        let now = metric.metric.median().unwrap_or(0);
        let (old, unit) = (metric.accepted.unwrap_or(0), &metric.metric.unit);
        lines.push(format!("{word}: {} of {}: {old} -> {now} {unit}", metric.metric.name, metric.variant));
    }
    let same = counts.get(&MetricStanding::Same).copied().unwrap_or(0);
    if same > 0 {
        lines.push(format!("{same} figures as accepted"));
    }
    list(out, look, "Against the baseline", lines);
}

/// Each doubt once, with the variants that share it.
fn doubts(report: &Report) -> Vec<String> {
    let mut by_words: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for note in &report.not_run {
        let words = format!("not run: {}: {}", note.missing.source, note.missing.why);
        by_words.entry(words).or_default().push(&note.variant);
    }
    for variant in &report.variants {
        for why in &variant.inconclusive {
            by_words.entry(why.clone()).or_default().push(&variant.name);
        }
    }
    let mut lines: Vec<String> =
        by_words.into_iter().map(|(words, of)| with_variants(words, &of, report)).collect();
    lines.extend(report.missing.iter().map(|missing| format!("{}: {}", missing.source, missing.why)));
    lines
}

fn with_variants(words: String, of: &[&str], report: &Report) -> String {
    if of.len() == report.variants.len() { words } else { format!("{words} [{}]", of.join(", ")) }
}

fn differences(report: &Report) -> Vec<String> {
    let mut by_words: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for variant in &report.variants {
        let Some(build) = &variant.build else { continue };
        for words in build.differences.iter().chain(&build.notes) {
            by_words.entry(words.clone()).or_default().push(&variant.name);
        }
    }
    by_words.into_iter().map(|(words, of)| with_variants(words, &of, report)).collect()
}

fn problems(out: &mut String, report: &Report, look: &Look) {
    let n = report.problems.len();
    let mut lines: Vec<String> = report.problems.iter().take(PROBLEMS).map(ToString::to_string).collect();
    if n > PROBLEMS {
        lines.push(format!("{} more, `--format json` lists them", n - PROBLEMS));
    }
    list(out, look, "What could not be read", lines);
}
