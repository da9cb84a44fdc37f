//! What a search for the change that did it came to, as a document, for a terminal, and as JSON. Pure.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::CellAlignment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Look;
use super::terminal::{grid::Grid, text};
use crate::model::Outcome;
use crate::toolchain::Commit;

/// Version of the document.
const BISECT_FORMAT: u32 = 1;

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BisectReport {
    /// Version of this form.
    pub format: u32,
    /// Version of the harness.
    pub harness: String,
    /// The scenario.
    pub scenario: String,
    /// What was asked: `finding`, `verdict`, `size`, `gc-count`, …
    pub question: String,
    /// The good end: a variant, or a revision.
    pub good: String,
    /// The bad end.
    pub bad: String,
    /// Whether it was found.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// The answer in a sentence.
    pub headline: String,
    /// What did it.
    pub culprit: Culprit,
    /// The leaks that came with it.
    pub findings: Vec<BroughtFinding>,
    /// Every trial, in the order they were made; the ends first.
    pub trials: Vec<Trial>,
    /// What else is to be known of the answer.
    pub notes: Vec<String>,
}

/// What did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Culprit {
    /// These changes of the build, all of them together.
    Flags(Vec<String>),
    /// This commit.
    Commit(Commit),
    /// One of these commits: those between could not be judged.
    OneOf(Vec<Commit>),
}

/// A leak that came with the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BroughtFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// It, in a sentence.
    pub sentence: String,
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// The flags, or the commit.
    pub what: String,
    /// What it came to.
    pub seen: String,
    /// What that makes it.
    pub judged: TrialJudged,
}

/// What a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrialJudged {
    /// As the good end.
    Good,
    /// As the bad end.
    Bad,
    /// It could not be told.
    Skipped,
}

impl TrialJudged {
    /// `good`, `bad`, `skipped`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Skipped => "skipped",
        }
    }
}

/// The JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(BisectReport).to_value()
}

/// Between which ends, and about what.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The scenario.
    pub scenario: String,
    /// What was asked.
    pub question: String,
    /// The good end.
    pub good: String,
    /// The bad end.
    pub bad: String,
}

impl BisectReport {
    /// From the trials and the answer.
    #[must_use]
    pub fn new(asked: Asked, culprit: Culprit, trials: Vec<Trial>, findings: Vec<BroughtFinding>) -> Self {
        let outcome = match culprit {
            Culprit::OneOf(_) => Outcome::Inconclusive,
            Culprit::Flags(_) | Culprit::Commit(_) => Outcome::Pass,
        };
        let headline = headline(&asked, &culprit, &trials, &findings);
        Self {
            format: BISECT_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: asked.scenario,
            question: asked.question,
            good: asked.good,
            bad: asked.bad,
            outcome,
            exit_code: outcome.exit_code(),
            headline,
            culprit,
            findings,
            trials,
            notes: Vec::new(),
        }
    }

    /// For programs, see `harness schema bisect`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        crate::report::json::document(self)
    }

    /// For people.
    #[must_use]
    pub fn to_terminal(&self, look: &Look) -> String {
        let (color, word) = match self.outcome {
            Outcome::Pass => (AnsiColor::Green, "FOUND"),
            _ => (AnsiColor::Red, self.outcome.word()),
        };
        let word = look.paint(Style::new().bold().fg_color(Some(color.into())), word);
        let mut out = String::new();
        let _ = writeln!(out, "{word} {}: {}", text::clean(&self.scenario), text::clean(&self.headline));
        match &self.culprit {
            Culprit::Flags(_) => {}
            Culprit::Commit(one) => commit(&mut out, one),
            Culprit::OneOf(all) => all.iter().for_each(|one| commit(&mut out, one)),
        }
        for finding in &self.findings {
            let words = format!("  {}  [{}]", finding.sentence, finding.fingerprint);
            let _ = writeln!(out, "{}", text::clean(&words));
        }
        for note in &self.notes {
            let _ = writeln!(out, "  note: {}", text::clean(note));
        }
        let rows: Vec<Vec<String>> = self
            .trials
            .iter()
            .map(|trial| [&trial.what, trial.judged.word(), &trial.seen].map(text::clean).to_vec())
            .collect();
        let what = if matches!(self.culprit, Culprit::Flags(_)) { "changes" } else { "commit" };
        let grid = Grid { header: &[what, "", &self.question], rows: &rows, first: CellAlignment::Left };
        let _ = writeln!(out, "\n{}", grid.render(look.width));
        out
    }
}

fn commit(out: &mut String, one: &Commit) {
    let merge = if one.is_merge { "  (a merge)" } else { "" };
    let words = format!(
        "  commit {}{merge}\n  author {}\n  date   {}\n  {}",
        one.hash, one.author, one.date, one.subject
    );
    let _ = writeln!(out, "{}", text::clean_lines(&words));
}

fn headline(asked: &Asked, culprit: &Culprit, trials: &[Trial], findings: &[BroughtFinding]) -> String {
    let seen = |at: usize| trials.get(at).map_or("", |trial| trial.seen.as_str());
    let what = match findings {
        [] => format!("{}: {} -> {}", asked.question, seen(0), seen(1)),
        [_] => "this leak".to_owned(),
        all => format!("these {} leaks", all.len()),
    };
    match culprit {
        Culprit::Flags(flags) => {
            let quoted: Vec<String> = flags.iter().map(|flag| format!("`{flag}`")).collect();
            match quoted.as_slice() {
                [one] => format!("{one} did it: {what}"),
                [one, two] => format!("{one} and {two} did it, neither of them alone: {what}"),
                all => format!("{} did it, none without the others: {what}", all.join(", ")),
            }
        }
        Culprit::Commit(one) => {
            let brought = match findings {
                [] => what,
                [_] => "it brought this leak".to_owned(),
                all => format!("it brought these {} leaks", all.len()),
            };
            format!("{} \u{201c}{}\u{201d} is the first bad commit: {brought}", one.short(), one.subject)
        }
        Culprit::OneOf(all) => {
            format!("one of {} commits did it, those between could not be judged: {what}", all.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(what: &str, seen: &str, judged: TrialJudged) -> Trial {
        Trial { what: what.to_owned(), seen: seen.to_owned(), judged }
    }

    fn report(culprit: Culprit, findings: Vec<BroughtFinding>) -> BisectReport {
        let asked = Asked {
            scenario: "s".to_owned(),
            question: "size".to_owned(),
            good: "a".to_owned(),
            bad: "b".to_owned(),
        };
        let trials = vec![
            trial("a", "2.0 MiB", TrialJudged::Good),
            trial("b", "1.0 MiB", TrialJudged::Bad),
            trial("ldflags -w", "1.9 MiB", TrialJudged::Skipped),
        ];
        BisectReport::new(asked, culprit, trials, findings)
    }

    #[test]
    fn one_flag_and_two_that_need_each_other_are_told_apart() {
        let flags = |all: &[&str]| Culprit::Flags(all.iter().map(|one| (*one).to_owned()).collect());
        let one = report(flags(&["ldflags -s"]), Vec::new());
        assert_eq!(one.headline, "`ldflags -s` did it: size: 2.0 MiB -> 1.0 MiB");
        let two = report(flags(&["tags a", "tags b"]), Vec::new());
        assert_eq!(
            two.headline,
            "`tags a` and `tags b` did it, neither of them alone: size: 2.0 MiB -> 1.0 MiB"
        );
        let shown = two.to_terminal(&Look { width: 100, color: false, verbose: false });
        assert!(shown.starts_with("FOUND s: `tags a` and"), "{shown}");
        assert!(
            shown.lines().any(|line| line.starts_with(" ldflags -w") && line.contains("skipped")),
            "{shown}"
        );
    }

    #[test]
    fn a_commit_is_told_with_its_author_and_what_it_brought_and_doubt_is_an_outcome() {
        let commit = Commit {
            hash: "0123456789abcdef".to_owned(),
            author: "A. Author".to_owned(),
            date: "2026-11-20".to_owned(),
            subject: "Cache\u{1b}[2J quotes".to_owned(),
            is_merge: true,
        };
        let brought = BroughtFinding { fingerprint: "ff".to_owned(), sentence: "it leaks".to_owned() };
        let found = report(Culprit::Commit(commit.clone()), vec![brought]);
        let expected =
            "0123456789 \u{201c}Cache\u{1b}[2J quotes\u{201d} is the first bad commit: it brought this leak";
        assert_eq!(found.headline, expected);
        let shown = found.to_terminal(&Look { width: 100, color: false, verbose: false });
        for words in
            ["commit 0123456789abcdef  (a merge)", "A. Author", "Cache\\u{1b}[2J quotes", "it leaks  [ff]"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let unsure = report(Culprit::OneOf(vec![commit.clone(), commit]), Vec::new());
        assert_eq!((unsure.outcome, unsure.exit_code), (Outcome::Inconclusive, 6));
    }
}
