//! GitHub's annotations of a step, after the report for people: workflow commands on lines of their own.
//!
//! The report is between `stop-commands` and its token, so that no name of the program's is taken for a command. A value has `%` and
//! line ends escaped, a property `:` and `,`, too (`actions/toolkit`, `packages/core/src/command.ts`).

use std::fmt::Write;

use super::super::terminal::{Look, text, to_terminal};
use super::{Ci, Level, standing, title};
use crate::baseline::Cause;

/// A step shows so many annotations of each level (docs of GitHub's annotations), the last of which says how many more there are.
const MOST: usize = 10;
/// Letters of a message: more is not shown.
const MESSAGE: usize = 4000;
/// Letters of a title: a check run's annotation has 255 at most.
const TITLE: usize = 255;

/// An annotation.
struct Annotation {
    level: &'static str,
    place: Option<(String, u32)>,
    title: String,
    message: String,
}

/// The report and its annotations.
#[must_use]
pub fn to_github(ci: &Ci<'_>, look: &Look) -> String {
    let shown = to_terminal(ci.report, look);
    let token = format!("harness-{}", &blake3::hash(shown.as_bytes()).to_hex()[..32]);
    let mut out = format!("::stop-commands::{token}\n{}\n::{token}::\n", shown.trim_end());
    let all = annotations(ci);
    for level in ["error", "warning", "notice"] {
        let of: Vec<&Annotation> = all.iter().filter(|one| one.level == level).collect();
        let (told, more) = match of.len() {
            n if n <= MOST => (n, 0),
            n => (MOST - 1, n - (MOST - 1)),
        };
        of.iter().take(told).for_each(|one| write(&mut out, one));
        if more > 0 {
            let message = format!("{more} more are in the report");
            write(&mut out, &Annotation { level, place: None, title: format!("{more} more"), message });
        }
    }
    out
}

fn annotations(ci: &Ci<'_>) -> Vec<Annotation> {
    let report = ci.report;
    let leak = |finding: &super::ReportedFinding| Annotation {
        level: if ci.level(finding) == Level::Error { "error" } else { "notice" },
        place: ci.place(finding),
        title: format!("{} ({})", title(finding), standing(finding, report.has_baseline)),
        message: finding.group.finding.sentence.clone(),
    };
    // A leak that nobody accepted has an annotation at its line; the other reasons have none yet.
    let is_told = |cause: Cause| matches!(cause, Cause::UnexpectedLeak | Cause::WorseLeak);
    let reasons = report.verdict.reasons.iter().filter(|reason| !is_told(reason.cause));
    let reason = |reason: &crate::baseline::Reason| Annotation {
        level: if reason.cause == Cause::Doubt { "warning" } else { "error" },
        place: None,
        title: format!("{} {}", reason.outcome.word(), report.scenario),
        message: reason.text.clone(),
    };
    // What kept it from being judged is rare, and not to be hidden by many leaks.
    reasons.map(reason).chain(report.findings.iter().map(leak)).collect()
}

fn write(out: &mut String, one: &Annotation) {
    let mut properties = Vec::new();
    if let Some((path, line)) = &one.place {
        properties.push(format!("file={}", property(path)));
        properties.push(format!("line={line}"));
    }
    let title: String = text::clean(&one.title).chars().take(TITLE).collect();
    properties.push(format!("title={}", property(&title)));
    let message: String = text::clean_lines(&one.message).chars().take(MESSAGE).collect();
    let _ = writeln!(out, "::{} {}::{}", one.level, properties.join(","), value(&message));
}

fn value(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    value(&text::clean(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_the_command() {
        assert_eq!(value("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
