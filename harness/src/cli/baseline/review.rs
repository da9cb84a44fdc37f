//! `harness baseline review`: each finding that nobody has decided on is shown whole, and a key decides.
//!
//! Every decision is written at once, so that whoever leaves keeps what was decided. Without a terminal the findings
//! are listed with the commands that decide on them.

use std::io::IsTerminal;

use camino::Utf8Path;
use console::{Key, Term};

use super::{Found, summary, tell};
use crate::baseline::{self, Baseline, Choice, Day};
use crate::cli::error::CliError;
use crate::cli::{Context, today};
use crate::model::Outcome;
use crate::report;

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Reject,
    Skip,
    Quit,
}

/// Keys, answers, and what they do.
const KEYS: &[(char, Answer, &str)] = &[
    ('a', Answer::Accept, "accept  it is known, and only fails again when it grows faster"),
    ('r', Answer::Reject, "reject  it has to be mended: it goes on failing, and nobody is asked again"),
    ('s', Answer::Skip, "skip    decide another time"),
    ('q', Answer::Quit, "quit"),
];

pub(super) fn command(word: &str, from: Option<&Utf8Path>, context: &Context) -> Result<Outcome, CliError> {
    let found = Found::of(word, from, context)?;
    let findings = found.analysis.report.findings.iter().enumerate();
    let pending: Vec<usize> = findings.filter(|(_, one)| one.is_pending()).map(|(index, _)| index).collect();
    tell(&found, context);
    gone(&found, word, context);
    if pending.is_empty() {
        context.console.print("nothing to decide\n")?;
        return Ok(Outcome::Pass);
    }
    let terminal = Term::stdout();
    if terminal.is_term() && std::io::stdin().is_terminal() {
        return ask(found, &pending, &terminal, context);
    }
    list(&found, &pending, word, context)
}

/// Accepted leaks that are gone are no question, but whoever reviews wants to know.
fn gone(found: &Found, word: &str, context: &Context) {
    for fixed in &found.analysis.report.fixed {
        let words = format!("fixed: {} {}", fixed.site, fixed.place);
        context.console.say(&report::clean_lines(&words));
    }
    if !found.analysis.report.fixed.is_empty() {
        context.console.say(&format!("hint: harness baseline accept {word} --prune"));
    }
}

fn list(found: &Found, pending: &[usize], word: &str, context: &Context) -> Result<Outcome, CliError> {
    let look = context.console.look();
    for index in pending {
        let print = &found.analysis.groups[*index].finding.fingerprint;
        let text = report::finding_to_terminal(&found.analysis.report, *index, &look);
        let commands = format!(
            "    harness baseline accept {word} --only {print} --note TEXT\n    harness baseline reject {word} --only {print} --note TEXT\n"
        );
        context.console.print(&format!("{}{commands}\n", context.console.fitted(text)))?;
    }
    Ok(Outcome::Pass)
}

fn ask(mut found: Found, pending: &[usize], terminal: &Term, context: &Context) -> Result<Outcome, CliError> {
    let first = found.old.clone();
    for (nth, index) in pending.iter().enumerate() {
        let text = report::finding_to_terminal(&found.analysis.report, *index, &context.console.look());
        let head = format!("\n{} of {} to decide\n\n", nth + 1, pending.len());
        let keys: String = KEYS.iter().map(|(key, _, words)| format!("  {key}  {words}\n")).collect();
        context.console.print(&context.console.fitted(format!("{head}{text}\n{keys}")))?;
        let Some(answer) = key(terminal, context)? else { return Err(CliError::Interrupted) };
        let new = match answer {
            Answer::Skip => continue,
            Answer::Quit => break,
            Answer::Accept => accepted(&found, *index, terminal)?,
            Answer::Reject => rejected(&found, *index, terminal)?,
        };
        found.save(&new)?;
        found.old = Some(new);
    }
    let nothing = Baseline::default();
    let new = found.old.as_ref().unwrap_or(&nothing);
    let text = summary(&found.scenario.baseline, first.as_ref(), new);
    context.console.print(&context.console.fitted(format!("\n{text}")))?;
    Ok(Outcome::Pass)
}

/// The next key that means something; `None` if the user interrupts.
fn key(terminal: &Term, context: &Context) -> Result<Option<Answer>, CliError> {
    loop {
        let key = match terminal.read_key() {
            Ok(key) => key,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(anyhow::Error::from(error).into()),
        };
        if context.interrupt.is_set() || key == Key::CtrlC {
            return Ok(None);
        }
        let answer = match key {
            Key::Char(letter) => KEYS.iter().find(|(key, ..)| *key == letter.to_ascii_lowercase()),
            Key::Escape => KEYS.iter().find(|(_, answer, _)| *answer == Answer::Quit),
            _ => None,
        };
        if let Some((_, answer, _)) = answer {
            return Ok(Some(*answer));
        }
    }
}

fn accepted(found: &Found, index: usize, terminal: &Term) -> Result<Baseline, CliError> {
    let note = line(terminal, "why it is acceptable (Enter: no note)")?;
    let expires = day(terminal)?;
    let only = [found.analysis.groups[index].finding.fingerprint.clone()];
    let choice = Choice { only: &only, note: note.as_deref(), expires, prune: false };
    let accepted = baseline::accept(&found.acceptance(choice), found.old.as_ref());
    accepted.map_err(|why| CliError::usage(why, "run all variants"))
}

fn rejected(found: &Found, index: usize, terminal: &Term) -> Result<Baseline, CliError> {
    let note = line(terminal, "what is to be done (Enter: no note)")?;
    let only = [found.analysis.groups[index].finding.fingerprint.clone()];
    let choice = Choice { only: &only, note: note.as_deref(), ..Choice::default() };
    Ok(baseline::reject(&found.acceptance(choice), found.old.as_ref()))
}

/// A line that the user types; `None` for an empty one.
fn line(terminal: &Term, question: &str) -> Result<Option<String>, CliError> {
    terminal.write_str(&format!("{question}: ")).map_err(CliError::Output)?;
    let text = terminal.read_line().map_err(anyhow::Error::from)?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn day(terminal: &Term) -> Result<Option<Day>, CliError> {
    loop {
        let Some(text) = line(terminal, "until when, as 2027-03-01 (Enter: for good)")? else {
            return Ok(None);
        };
        match text.parse::<Day>() {
            Ok(day) if day >= today() => return Ok(Some(day)),
            Ok(day) => terminal.write_line(&format!("{day} is past")).map_err(CliError::Output)?,
            Err(why) => terminal.write_line(&why).map_err(CliError::Output)?,
        }
    }
}
