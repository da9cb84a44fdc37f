//! The matrix as text or JSON.
//!
//! Input: tallies. Output: text. Must not judge: what is right was decided before.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::judge::{Accusation, Tally};

/// Sums over all runs of all scenarios.
#[derive(Debug, Default, Serialize)]
struct Totals {
    scenarios: usize,
    runs: u32,
    /// Leaks found at the right function, by run.
    true_positives: u32,
    /// Leaks missed or laid elsewhere, by run.
    false_negatives: u32,
    /// Findings that are no leak or not at its line, by run.
    false_positives: u32,
    /// Runs of programs without a leak that found none.
    true_negatives: u32,
    /// False positives in programs without any leak.
    healthy_accused: u32,
}

#[derive(Serialize)]
struct Document<'t> {
    totals: Totals,
    seconds: f64,
    scenarios: &'t [Tally],
}

fn totals(tallies: &[Tally]) -> Totals {
    let mut totals = Totals { scenarios: tallies.len(), ..Totals::default() };
    for tally in tallies {
        let accused: u32 = tally.accusations.iter().map(|accusation| accusation.runs).sum();
        totals.runs += tally.runs;
        totals.false_positives += accused;
        for truth in &tally.truths {
            totals.true_positives += truth.right_site;
            totals.false_negatives += tally.runs - truth.right_site;
        }
        if tally.truths.is_empty() {
            totals.true_negatives += tally.silent;
            totals.healthy_accused += accused;
        }
    }
    totals
}

/// The whole matrix for programs.
pub(super) fn json(tallies: &[Tally], took: Duration) -> Result<String> {
    let document = Document { totals: totals(tallies), seconds: took.as_secs_f64(), scenarios: tallies };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The whole matrix for people, in Markdown.
pub(super) fn text(tallies: &[Tally], took: Duration) -> String {
    let mut text =
        "| Scenario | Expected | Found | Right line | Accused wrongly |\n|---|---|--:|--:|---|\n".to_owned();
    for tally in tallies {
        text += &rows(tally);
    }
    let Totals {
        scenarios,
        runs,
        true_positives,
        false_negatives,
        false_positives,
        true_negatives,
        healthy_accused,
    } = totals(tallies);
    text + &format!(
        "\n{scenarios} scenarios, {runs} runs in {:.0} s.\n\n\
         - leaks found at their line: {true_positives} of {} (true positives)\n\
         - leaks missed, or laid at another line: {false_negatives} (false negatives)\n\
         - findings that are no leak or not at its line: {false_positives} (false positives), {healthy_accused} of them in programs without a leak\n\
         - programs without a leak, silent: {true_negatives} runs (true negatives)\n",
        took.as_secs_f64(),
        true_positives + false_negatives,
    )
}

fn rows(tally: &Tally) -> String {
    let Tally { scenario, runs, .. } = tally;
    let mut accused: Vec<String> =
        tally.accusations.iter().map(|accusation| accused(accusation, *runs)).collect();
    accused.extend(tally.doubts.iter().cloned());
    let accused = accused.join("; ");
    if tally.truths.is_empty() {
        return format!("| {scenario} | nothing | | | {accused} |\n");
    }
    let row = |(index, truth): (usize, &super::judge::Truth)| {
        let (scenario, accused) = if index == 0 { (scenario.as_str(), accused.as_str()) } else { ("", "") };
        let gap = if truth.known_gap { ", known gap" } else { "" };
        let (found, right) = (truth.found, truth.right_site);
        format!(
            "| {scenario} | {}{gap} | {found}/{runs} | {right}/{runs} | {accused} |\n",
            truth.leak.words()
        )
    };
    tally.truths.iter().enumerate().map(row).collect()
}

fn accused(accusation: &Accusation, runs: u32) -> String {
    let gap = if accusation.known_gap { ", known gap" } else { "" };
    format!("{} at {} {}/{runs}{gap}", accusation.kind, accusation.function, accusation.runs)
}

/// Prints it.
#[expect(clippy::print_stdout, reason = "the matrix is the chore's output")]
pub(super) fn print(text: &str) {
    print!("{text}");
}

#[cfg(test)]
mod tests {
    use super::super::cases::Leak;
    use super::super::judge::Truth;
    use super::*;

    fn tally(truths: Vec<Truth>, accusations: Vec<Accusation>, silent: u32) -> Tally {
        Tally {
            scenario: "zoo/x".into(),
            runs: 3,
            truths,
            accusations,
            silent,
            doubts: Vec::new(),
            captures: Vec::new(),
            complaints: Vec::new(),
            took: Duration::ZERO,
        }
    }

    #[test]
    fn each_run_counts_once_for_each_leak_that_is_there() {
        let leak = Leak { kind: "heap".into(), site: "main.f".into() };
        let truth = Truth { leak, found: 3, right_site: 2, known_gap: false };
        let accusation =
            Accusation { kind: "heap".into(), function: "main.g".into(), runs: 1, known_gap: false };
        let sums = totals(&[
            tally(vec![truth], vec![accusation.clone()], 0),
            tally(Vec::new(), vec![accusation], 2),
        ]);
        assert_eq!((sums.true_positives, sums.false_negatives), (2, 1));
        assert_eq!((sums.false_positives, sums.healthy_accused, sums.true_negatives), (2, 1, 2));
    }
}
