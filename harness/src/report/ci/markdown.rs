//! A comment on a pull request, or a step's summary: verdict, leaks against the baseline, figures that changed, evidence to unfold.
//!
//! Whatever comes from the program stands in code, where nothing is a link, a mention or HTML.

use std::borrow::Cow;
use std::fmt::Write;

use super::super::ReportedFinding;
use super::super::terminal::text;
use super::{Ci, Level, standing};
use crate::baseline::{MetricComparison, MetricStanding, Reason};
use crate::report::debug::{DebugPart, write_part};
use crate::report::{Look, finding_to_terminal};

/// Bytes of a comment: GitHub takes 65,536 letters.
const MOST: usize = 60_000;
/// Rows of a table, or of a list.
const ROWS: usize = 50;
/// Bytes up to which a table or a list takes another row.
const MOST_ROWS: usize = 40_000;
/// Letters of a name, and of a sentence.
const NAME: usize = 200;
const SENTENCE: usize = 500;
const LOOK: Look = Look { width: 100, color: false, verbose: false };

/// The text.
#[must_use]
pub fn to_markdown(ci: &Ci<'_>) -> String {
    let report = ci.report;
    let verdict = &report.verdict;
    let mut out = mark(&report.scenario);
    let _ = writeln!(
        out,
        "### {} {}: {}\n",
        verdict.outcome.word(),
        code(&report.scenario),
        prose(clipped(&verdict.headline, SENTENCE))
    );
    leaks(&mut out, ci);
    figures(&mut out, ci);
    failures(&mut out, ci);
    builds(&mut out, ci);
    let digest = report
        .inputs_digest
        .as_deref()
        .map_or_else(String::new, |digest| format!(" · inputs {}", code(digest)));
    let conditions = &report.conditions;
    // Of a build that failed nothing is known.
    let built = match conditions.go.is_empty() {
        true => String::new(),
        false => prose(format!("{} {}/{} · ", conditions.go, conditions.goos, conditions.goarch)),
    };
    let footer = format!(
        "<sub>exit code {} · {built}harness {}{digest}</sub>\n",
        verdict.exit_code,
        prose(&report.harness),
    );
    evidence(&mut out, ci, MOST.saturating_sub(footer.len()));
    out + &footer
}

fn leaks(out: &mut String, ci: &Ci<'_>) {
    let report = ci.report;
    if report.findings.is_empty() && report.fixed.is_empty() {
        return;
    }
    let _ = writeln!(out, "| leak | where | growth | since | against the baseline | variants |");
    let _ = writeln!(out, "|---|---|---|---|---|---|");
    let fixed = report.fixed.iter().map(|fixed| {
        let site = cell(&format!("{} {}", clipped(text::short(&fixed.site), NAME), fixed.place));
        format!("| {} | {site} |  |  | fixed |  |", fixed.kind.word())
    });
    rows(out, report.findings.iter().map(|finding| row(ci, finding)).chain(fixed));
}

/// As many rows as there is room for, how many more there are, and what ends a table.
fn rows(out: &mut String, all: impl Iterator<Item = String>) {
    let mut more = 0usize;
    for (index, row) in all.enumerate() {
        if more == 0 && index < ROWS && out.len() + row.len() <= MOST_ROWS {
            let _ = writeln!(out, "{row}");
        } else {
            more += 1;
        }
    }
    if more > 0 {
        let _ = writeln!(out, "\n{more} more are in the report.");
    }
    out.push('\n');
}

fn row(ci: &Ci<'_>, finding: &ReportedFinding) -> String {
    let of = &finding.group.finding;
    let unit = of.growth.per.unit();
    let growth = if of.kind.is_bytes() {
        text::bytes_per_op(of.growth.bytes_per_op).replace("/op", &format!("/{unit}"))
    } else {
        format!("+{} {}/{unit}", text::rate(of.growth.objects_per_op), of.kind.unit())
    };
    let place = ci.place(finding).map(|(path, line)| format!(" {path}:{line}")).unwrap_or_default();
    let since = of.since_cycle.map(|cycle| format!("GC cycle {cycle}")).unwrap_or_default();
    let standing = standing(finding, ci.report.has_baseline);
    let standing =
        if ci.level(finding) == Level::Error { format!("**{standing}**") } else { standing.to_owned() };
    let seen = format!("{} of {}", finding.group.variants.len(), ci.report.variants.len().max(1));
    let site = cell(&format!("{}{place}", clipped(text::short(&of.site.function), NAME)));
    format!("| {} | {site} | {growth} | {since} | {standing} | {seen} |", of.kind.word())
}

fn figures(out: &mut String, ci: &Ci<'_>) {
    let is_told = |one: &&MetricComparison| {
        matches!(one.standing, MetricStanding::Worse | MetricStanding::Better | MetricStanding::Undecided)
    };
    let changed: Vec<&MetricComparison> = ci.report.metrics.iter().filter(is_told).collect();
    if changed.is_empty() {
        return;
    }
    let _ = writeln!(out, "| variant | figure | accepted | now | |\n|---|---|---:|---:|---|");
    let row = |one: &&MetricComparison| {
        let word = match one.standing {
            MetricStanding::Worse => "**worse**",
            MetricStanding::Better => "better",
            _ => "undecided: too few repeats",
        };
        let accepted = one.accepted.map_or_else(String::new, text::count);
        let now = one.metric.median().map_or_else(String::new, text::count);
        let name = prose(&one.metric.name);
        format!("| {} | {name} | {accepted} | {now} | {word} |", cell(&one.variant))
    };
    rows(out, changed.iter().map(row));
}

/// What kept it from being judged.
fn failures(out: &mut String, ci: &Ci<'_>) {
    let first = |reason: &Reason| {
        let line = reason.text.lines().next().unwrap_or_default();
        format!("- {}", code(clipped(line, SENTENCE)))
    };
    rows(out, ci.report.verdict.reasons.iter().map(first));
}

/// What was asked of the builds; what does not hold is among the reasons.
fn builds(out: &mut String, ci: &Ci<'_>) {
    let Some(answers) = &ci.report.lab else { return };
    let _ = writeln!(out, "**Builds**\n");
    for answer in answers.all(&LOOK) {
        let fails = answer.expected.iter().filter(|line| !line.holds).count();
        let held = match (fails, answer.expected.len()) {
            (_, 0) => String::new(),
            (0, n) => format!(" ({n} expectations hold)"),
            (fails, n) => format!(" (**{fails} of {n} expectations do not hold**)"),
        };
        let _ = writeln!(out, "- {}: {}{held}", answer.topic.word(), prose(answer.headline));
    }
    out.push('\n');
}

/// As much as there is room for.
fn evidence(out: &mut String, ci: &Ci<'_>, room: usize) {
    let mut left = 0usize;
    for (index, finding) in ci.report.findings.iter().enumerate() {
        let shown = finding_to_terminal(ci.report, index, &LOOK);
        let of = &finding.group.finding;
        let block =
            fold(&format!("{} {}", of.kind.word(), clipped(text::short(&of.site.function), NAME)), &shown);
        if out.len() + block.len() > room {
            left += 1;
        } else {
            out.push_str(&block);
        }
    }
    if let Some((title, shown)) = ci.report.debug.as_ref().and_then(debugged) {
        let block = fold(&title, &shown);
        let block = if out.len() + block.len() > room { format!("{}\n\n", prose(&title)) } else { block };
        out.push_str(&block);
    }
    if left > 0 {
        let _ = writeln!(out, "The evidence of {left} more is in the report.\n");
    }
}

/// The repeat under the debugger: a line, and what was seen.
fn debugged(part: &DebugPart) -> Option<(String, String)> {
    let mut shown = String::new();
    write_part(&mut shown, part, &LOOK);
    let shown = shown.trim().to_owned();
    let title = match &part.session {
        Some(session) => format!("under Delve: {}", session.headline()),
        None => shown.lines().next()?.to_owned(),
    };
    Some((title, shown))
}

/// A text that unfolds below its title.
fn fold(title: &str, shown: &str) -> String {
    let fence = "`".repeat(longest_run(shown).max(2) + 1);
    let (title, shown) = (prose(clipped(title, SENTENCE)), shown.trim());
    format!("<details><summary>{title}</summary>\n\n{fence}text\n{shown}\n{fence}\n\n</details>\n\n")
}

/// Text that is code, whatever is in it.
fn code(text: impl AsRef<str>) -> String {
    let text = text::clean(text.as_ref());
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.as_str() {
        "" => String::new(),
        text if text.contains('`') => format!("{fence} {text} {fence}"),
        text => format!("{fence}{text}{fence}"),
    }
}

/// The same in a table, where a bar ends the cell even in code.
fn cell(text: &str) -> String {
    code(clipped(text, SENTENCE)).replace('|', "\\|")
}

/// No more than so many letters: a program names things as long as it likes.
fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// Text in which nothing is markup, a mention or a link: what means something is a character reference; `@`, `#` and `:` would
/// still be taken for a mention, an issue or an address, but for an invisible letter behind them.
fn prose(text: impl AsRef<str>) -> String {
    let mut out = String::new();
    for letter in text::clean(text.as_ref()).chars() {
        match letter {
            '@' | '#' => {
                out.push(letter);
                out.push('\u{2060}');
            }
            ':' => out.push_str(":\u{2060}"),
            letter
                if letter.is_ascii_punctuation()
                    && !matches!(letter, ',' | '.' | '%' | '/' | ';' | '\'' | '-') =>
            {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}

/// The first line, by which whoever keeps one comment for each scenario (`action.yml`) finds it again. It may stand in a
/// comment of HTML and in a quoted string of any language.
fn mark(scenario: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._/ ".contains(letter);
    let parts: Vec<&str> =
        scenario.split(|letter| !is_plain(letter)).filter(|part| !part.is_empty()).collect();
    format!("<!-- harness: {} -->\n", parts.join("-"))
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_one_line_that_ends_no_comment_and_no_string() {
        assert_eq!(mark("leak-repro"), "<!-- harness: leak-repro -->\n");
        assert_eq!(mark("a--> \"b\"\n\\c"), "<!-- harness: a- -b-c -->\n");
    }

    #[test]
    fn nothing_leaves_its_code() {
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(cell("a|b"), "`a\\|b`");
        let prose = prose("<img src=x> @all #1 https://e.example [a](b) *c*");
        for mark in ['<', '>', '[', ']', '(', ')', '*'] {
            assert!(!prose.contains(mark), "{prose}");
        }
        assert!(!prose.contains("@a") && !prose.contains("#1") && !prose.contains("://"), "{prose}");
    }
}
