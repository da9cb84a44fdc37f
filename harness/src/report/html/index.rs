//! The page that links the pages of several captures.

use super::page::{fill, policy, text};
use crate::model::Outcome;
use crate::report::Report;
use crate::report::terminal;

const INDEX: &str = include_str!("../../../assets/report/index.html");
const STYLE: &str = include_str!("../../../assets/report/style.css");

/// A capture in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// File of its page, beside the index.
    pub page: String,
    scenario: String,
    outcome: Outcome,
    headline: String,
    variants: usize,
    findings: Vec<String>,
}

impl Entry {
    /// A report whose page lies there.
    #[must_use]
    pub fn of(report: &Report, page: String) -> Self {
        let finding = |one: &crate::report::ReportedFinding| {
            let finding = &one.group.finding;
            let site = terminal::text::short(&finding.site.function);
            let standing = terminal::findings::standing(one, report.has_baseline);
            format!("{} {site} {} ({standing})", finding.kind.word(), terminal::findings::growth(finding))
        };
        Self {
            page,
            scenario: report.scenario.clone(),
            outcome: report.verdict.outcome,
            headline: report.verdict.headline.clone(),
            variants: report.variants.len(),
            findings: report.findings.iter().map(finding).collect(),
        }
    }

    /// What is not as expected comes first, then by name.
    #[must_use]
    pub fn rank(&self) -> (bool, String, String) {
        (self.outcome == Outcome::Pass, self.scenario.clone(), self.page.clone())
    }
}

/// Renders the page, the gravest first as they are given.
#[must_use]
pub fn index(entries: &[Entry]) -> String {
    let mut rows = String::new();
    for entry in entries {
        let tone = if entry.outcome == Outcome::Pass { "good" } else { "bad" };
        let findings: Vec<String> =
            entry.findings.iter().map(|line| format!("<li>{}</li>", text(line))).collect();
        rows.push_str(&format!(
            "<tr><td><span class=\"badge {tone}\">{}</span></td><th scope=\"row\"><a href=\"{}\">{}</a></th><td>{}</td><td class=\"num\">{}</td><td><ul>{}</ul></td></tr>\n",
            text(entry.outcome.word()),
            text(&entry.page),
            text(&entry.scenario),
            text(&entry.headline),
            entry.variants,
            findings.join(""),
        ));
    }
    let passed = entries.iter().filter(|entry| entry.outcome == Outcome::Pass).count();
    let summary = format!("{passed} of {} as expected", entries.len());
    fill(INDEX, &[("policy", &policy("", STYLE)), ("style", STYLE), ("summary", &summary), ("rows", &rows)])
}
