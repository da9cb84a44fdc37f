//! What else a reader should know: failed builds and runs, the baseline, what was missing, what the observation
//! changed, where the capture lies.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Look, text};
use crate::baseline::{MetricComparison, MetricStanding, TooFew};
use crate::model::{MissingInput, Pattern};
use crate::report::Report;

/// Figures shown that are not as accepted.
const FIGURES: usize = 12;
/// Problems shown.
const PROBLEMS: usize = 5;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    failures(out, report, look);
    baseline(out, report, look);
    let unused = "Suppressions that nothing needed";
    list(out, look, unused, report.unused_suppressions.clone());
    list(out, look, "What the collector shows", observations(report));
    list(out, look, "Not judged, or with less confidence", doubts(report));
    list(out, look, "What the observed build changes", differences(report));
    problems(out, report, look);
    if !report.inputs.is_empty() {
        return; // whoever named the files knows where they are
    }
    let capture = text::clean(report.capture.as_str());
    let _ = writeln!(out, "\ncapture  {capture}");
    let _ = writeln!(out, "again    harness analyze {capture}");
    for trace in traces(report, look) {
        let _ = writeln!(out, "trace    go tool trace {}", text::clean(report.capture.join(trace).as_str()));
    }
    if let Some(digest) = &report.inputs_digest {
        let _ = writeln!(out, "repeat   harness run --replay {capture}");
        let _ = writeln!(out, "inputs   {}", text::clean(digest));
    }
    let pending = report.findings.iter().filter(|one| one.is_pending()).count();
    if pending > 0 && report.inputs.is_empty() {
        let scenario = text::clean(&report.scenario);
        let findings = if pending == 1 { "finding" } else { "findings" };
        let _ =
            writeln!(out, "decide   harness baseline review {scenario}    ({pending} pending {findings})");
    }
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
    }
}

fn baseline(out: &mut String, report: &Report, look: &Look) {
    let mut lines = report.idle_thresholds.clone();
    if !report.has_baseline {
        list(out, look, "Thresholds", lines);
        return;
    }
    lines.extend(report.not_comparable.clone());
    let figures = figures(report, look);
    let most = if look.verbose { figures.len() } else { FIGURES };
    let more = figures.len().saturating_sub(most);
    lines.extend(figures.into_iter().take(most));
    if more > 0 {
        lines.push(format!("… {more} more, -v shows them"));
    }
    let slight = report.metrics.iter().filter(|metric| is_slight(metric)).count();
    if slight > 0 && !look.verbose {
        let figures = if slight == 1 { "exact figure differs" } else { "exact figures differ" };
        lines.push(format!("{slight} {figures} slightly, as another directory's name can do; -v shows them"));
    }
    let same = report.metrics.iter().filter(|metric| metric.standing == MetricStanding::Same).count();
    if same > 0 {
        lines.push(format!("{same} {} as accepted", if same == 1 { "figure" } else { "figures" }));
    }
    lines.extend(too_few(report));
    list(out, look, "Against the baseline", lines);
}

/// Figures that no value of these repeats could fail; those first that the scenario has a threshold for.
pub(in crate::report) fn too_few(report: &Report) -> Vec<String> {
    let mut by_repeats: BTreeMap<(bool, TooFew), Vec<&str>> = BTreeMap::new();
    for compared in &report.metrics {
        let Some(few) = compared.too_few else { continue };
        let names = by_repeats.entry((!compared.has_threshold, few)).or_default();
        if !names.contains(&compared.metric.name.as_str()) {
            names.push(&compared.metric.name);
        }
    }
    let line = |((by_default, few), names): ((bool, TooFew), Vec<&str>)| {
        let which = if by_default { "" } else { ", in spite of the scenario's threshold" };
        format!("cannot fail{which}: {}: {}", names.join(", "), few.words())
    };
    by_repeats.into_iter().map(line).collect()
}

/// An exact figure that is not as accepted, but within its threshold.
fn is_slight(compared: &MetricComparison) -> bool {
    compared.standing == MetricStanding::Changed && compared.metric.exact
}

/// Figures that are not as accepted, worse ones first.
pub(in crate::report) fn figures(report: &Report, look: &Look) -> Vec<String> {
    let mut by_words: Vec<(u8, String, Vec<&str>)> = Vec::new();
    for compared in report.metrics.iter().filter(|compared| look.verbose || !is_slight(compared)) {
        let (rank, word) = match compared.standing {
            MetricStanding::Worse => (0, "worse"),
            MetricStanding::Undecided => (1, "beyond its threshold, perhaps by chance"),
            MetricStanding::Better => (2, "better"),
            MetricStanding::Changed => (3, "changed"),
            _ => continue,
        };
        let now = compared.metric.median().unwrap_or(0);
        let old = compared.accepted.unwrap_or(0);
        let words = format!("{word}: {}: {}", compared.metric.name, compared.metric.change(old, now, " -> "));
        match by_words.iter_mut().find(|(_, known, _)| *known == words) {
            Some((.., variants)) => variants.push(&compared.variant),
            None => by_words.push((rank, words, vec![&compared.variant])),
        }
    }
    by_words.sort_by_key(|(rank, ..)| *rank);
    by_words.into_iter().map(|(_, words, of)| with_variants(words, &of, report)).collect()
}

/// Each pattern once, in the words of the first variant that shows it.
pub(in crate::report) fn observations(report: &Report) -> Vec<String> {
    let mut by_pattern: Vec<(Pattern, String, Vec<&str>)> = Vec::new();
    for variant in &report.variants {
        for (nth, seen) in variant.observations.iter().enumerate() {
            // Sources can disagree about several things, each in words of its own.
            let same = |known: &&mut (Pattern, String, Vec<&str>)| {
                known.0 == seen.pattern && (seen.pattern != Pattern::SourcesDisagree || known.1 == seen.text)
            };
            let first_here = variant.observations.iter().take(nth).all(|other| other.pattern != seen.pattern);
            match by_pattern.iter_mut().find(same).filter(|_| first_here) {
                Some((.., variants)) => variants.push(&variant.name),
                None => by_pattern.push((seen.pattern, seen.text.clone(), vec![&variant.name])),
            }
        }
    }
    let one = |(pattern, words, of): (Pattern, String, Vec<&str>)| {
        // Those that share a pattern have figures of their own.
        let words = match of.first().filter(|_| of.len() > 1 && pattern != Pattern::SourcesDisagree) {
            Some(first) => format!("{words} (figures of {first})"),
            None => words,
        };
        with_variants(words, &of, report)
    };
    by_pattern.into_iter().map(one).collect()
}

/// Each rule that could not run once, with the variants that share it. Doubts about a variant as a whole are reasons of
/// the verdict.
pub(in crate::report) fn doubts(report: &Report) -> Vec<String> {
    let mut by_words = not_run(report);
    for variant in &report.variants {
        for limit in &variant.limits {
            let MissingInput { source, why } = &limit.missing;
            let words = format!("confidence is {} at most: {source}: {why}", limit.most.word());
            by_words.entry(words).or_default().push(&variant.name);
        }
    }
    for (variant, build) in report.variants.iter().filter_map(|one| Some((one, one.build.as_ref()?))) {
        if let Some(why) = build.refusal() {
            by_words.entry(why).or_default().push(&variant.name);
        }
        if let Some(emulator) = build.runner.emulator() {
            let words =
                format!("run under {}: times are the emulator's ({})", emulator.name, emulator.version);
            by_words.entry(words).or_default().push(&variant.name);
        }
    }
    let mut lines: Vec<String> =
        by_words.into_iter().map(|(words, of)| with_variants(words, &of, report)).collect();
    lines.extend(report.missing.iter().map(|missing| format!("{}: {}", missing.source, missing.why)));
    lines
}

/// Rules that did not run; those that lack the same are told in a line.
fn not_run(report: &Report) -> BTreeMap<String, Vec<&str>> {
    let mut variants: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for note in &report.not_run {
        variants.entry((&note.missing.source, &note.missing.why)).or_default().push(&note.variant);
    }
    let mut rules: BTreeMap<(&str, &str, Vec<&str>), Vec<&str>> = BTreeMap::new();
    for ((source, why), of) in variants {
        let (rule, lack) = why.split_once(": ").unwrap_or(("", why));
        rules.entry((source, lack, of)).or_default().push(rule);
    }
    let mut by_words = BTreeMap::new();
    for ((source, lack, of), rules) in rules {
        let rules: Vec<&str> = rules.into_iter().filter(|rule| !rule.is_empty()).collect();
        let rules = if rules.is_empty() { String::new() } else { format!("{}: ", rules.join(", ")) };
        by_words.insert(format!("not run: {source}: {rules}{lack}"), of);
    }
    by_words
}

fn with_variants(words: String, of: &[&str], report: &Report) -> String {
    if of.len() == report.variants.len() || !report.inputs.is_empty() {
        words
    } else {
        format!("{words} [{}]", of.join(", "))
    }
}

pub(in crate::report) fn differences(report: &Report) -> Vec<String> {
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
    let n = report.problems.len().saturating_add(report.unlisted_problems);
    let mut lines: Vec<String> = report.problems.iter().take(PROBLEMS).map(ToString::to_string).collect();
    if n > PROBLEMS {
        lines.push(format!("{} more, `--format json` lists them", n - PROBLEMS));
    }
    list(out, look, "What could not be read", lines);
}

/// The trace of the run whose cycles are shown; of every run, if everything is to be shown.
fn traces<'r>(report: &'r Report, look: &Look) -> Vec<&'r camino::Utf8Path> {
    let shown = report.cycles.first().map(|table| &table.run);
    let runs = report.variants.iter().flat_map(|variant| &variant.runs);
    let wanted = runs.filter(|run| look.verbose || shown == Some(&run.run));
    wanted.filter_map(|run| run.trace.as_deref()).collect()
}
