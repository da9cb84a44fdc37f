//! What was asked of the builds, for the page: each question with its answer, what had to hold, and its tables as text.

use serde::Serialize;

use crate::report::lab::not_run_words;
use crate::report::{Look, Report};

/// Tables as wide as a page of paper takes; all of it is what `harness build` shows.
const LOOK: Look = Look { width: 110, color: false, verbose: false };

/// The answers, if the scenario asked (`[lab]`). Facts of the builds themselves are in a table of the page, whether it asked or not.
#[derive(Debug, Serialize)]
pub(super) struct BuildsView {
    answers: Vec<AnswerView>,
    /// The command that shows more.
    more: String,
}

#[derive(Debug, Serialize)]
struct AnswerView {
    topic: &'static str,
    headline: String,
    expected: Vec<ExpectedView>,
    not_run: Vec<String>,
    /// Lines of text, in columns.
    body: String,
}

#[derive(Debug, Serialize)]
struct ExpectedView {
    holds: bool,
    variant: String,
    expected: String,
    found: String,
}

pub(super) fn view(report: &Report) -> Option<BuildsView> {
    let all = report.lab.as_ref()?.all(&LOOK);
    let words: Vec<&str> = all.iter().map(|one| one.topic.word()).collect();
    let more = format!("harness build {} --show {}", report.scenario, words.join(","));
    let answers = all.into_iter().map(|one| AnswerView {
        topic: one.topic.word(),
        headline: one.headline.to_owned(),
        expected: one.expected.iter().map(expected).collect(),
        not_run: one.not_run.iter().map(not_run_words).collect(),
        body: one.body,
    });
    Some(BuildsView { answers: answers.collect(), more })
}

fn expected(line: &crate::model::lab::Expected) -> ExpectedView {
    ExpectedView {
        holds: line.holds,
        variant: line.variant.clone(),
        expected: line.expected.clone(),
        found: line.found.clone(),
    }
}
