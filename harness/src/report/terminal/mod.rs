//! The report for a terminal: verdict first, then what it rests on.
//!
//! Plain text with optional colour; no meaning is carried by colour alone. Names come from the measured
//! program, so control characters in them are shown, never sent.

mod ages;
pub(in crate::report) mod coverage;
pub(in crate::report) mod cycles;
pub(in crate::report) mod figures;
pub(in crate::report) mod findings;
pub(super) mod grid;
pub(in crate::report) mod notes;
pub(in crate::report) mod replay;
pub(in crate::report) mod retained;
mod sparkline;
#[cfg(test)]
pub(in crate::report) mod tests;
pub(in crate::report) mod tests_table;
pub(super) mod text;
pub(in crate::report) mod variants;

pub use grid::table as table_text;
pub use sparkline::in_ascii;
pub use text::{
    bytes as bytes_text, clean_lines, count as count_text, counted as counted_text, hanging, wrapped,
};

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::Report;
use crate::model::Outcome;

/// How the text shall look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: u16,
    /// Use colour.
    pub color: bool,
    /// Show every cycle, every frame and every run.
    pub verbose: bool,
}

impl Look {
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The word of an outcome that is either well or not.
    pub(super) fn outcome(&self, outcome: Outcome) -> String {
        let color = if outcome == Outcome::Pass { AnsiColor::Green } else { AnsiColor::Red };
        self.paint(Style::new().bold().fg_color(Some(color.into())), outcome.word())
    }

    pub(super) fn heading(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(super) fn faint(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }
}

/// Renders the report.
#[must_use]
pub fn to_terminal(report: &Report, look: &Look) -> String {
    let mut out = String::new();
    verdict(&mut out, report, look);
    replay::write(&mut out, report, look);
    if let Some(words) = minimised(report) {
        let _ = writeln!(out, "  {}", text::clean(&words));
    }
    tests_table::write(&mut out, report, look);
    findings::write(&mut out, report, look);
    if let Some(part) = &report.debug {
        super::debug::write_part(&mut out, part, look);
    }
    cycles::write(&mut out, report, look);
    variants::write(&mut out, report, look);
    coverage::write(&mut out, report, look);
    figures::write(&mut out, report, look);
    if let Some(answers) = &report.lab {
        out.push_str(&answers.in_report(&report.scenario, look));
    }
    notes::write(&mut out, report, look);
    out
}

/// What the search for the fewest operations came to.
pub(in crate::report) fn minimised(report: &Report) -> Option<String> {
    let search = report.minimised.as_ref()?;
    let (unit, of, n) = (&search.unit, search.of, search.trials.len());
    Some(match search.fewest {
        Some(fewest) => format!(
            "fewest {unit} that reproduce: {fewest} of {of} (bisected in {n} runs; the figures below are of {fewest})"
        ),
        None => format!("not even {of} {unit} reproduce: nothing to make smaller"),
    })
}

/// Renders one finding, whole.
#[must_use]
pub fn finding_to_terminal(report: &Report, index: usize, look: &Look) -> String {
    let mut out = String::new();
    findings::write_one(&mut out, report, index, look);
    out
}

fn verdict(out: &mut String, report: &Report, look: &Look) {
    let verdict = &report.verdict;
    let color = match verdict.outcome {
        Outcome::Pass => AnsiColor::Green,
        Outcome::Inconclusive | Outcome::Interrupted => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    let word = look.paint(Style::new().bold().fg_color(Some(color.into())), verdict.outcome.word());
    let scenario = look.heading(&text::clean(&report.scenario));
    let _ = writeln!(out, "{word} {scenario}: {}", text::clean(&verdict.headline));
    // The headline is the reason where there is one; what it leaves out is told.
    let is_said = matches!(verdict.reasons.as_slice(), [only] if only.text == verdict.headline);
    if !is_said && (verdict.reasons.len() > 1 || verdict.outcome != Outcome::Pass) {
        for reason in &verdict.reasons {
            let _ = writeln!(out, "  - {}", text::clean_lines(&reason.text).replace('\n', "\n    "));
        }
    }
}
