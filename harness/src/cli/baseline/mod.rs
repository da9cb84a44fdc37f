//! `harness baseline`: showing what was accepted, and deciding on what a capture found.
//!
//! Input: a scenario, one of its captures, decisions by command or (`review`) by key. Output: the baseline's file and what
//! of it changed. Only whole captures are decided on: what an interrupted or failed run did not show must not pass for
//! accepted.

mod review;
mod show;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{BaselineCommand, Decision};
use super::error::CliError;
use super::{Context, pipeline, run, scenarios};
use crate::baseline::{self, Acceptance, Baseline, Cause, Choice, ComparedFinding};
use crate::capture::{self, BuildOutcome, CaptureStatus, Manifest};
use crate::model::Outcome;
use crate::report::{clean_lines, counted_text};
use crate::scenario::Scenario;

/// Digits of a fingerprint that somebody has to type at least.
const MIN_PREFIX: usize = 4;

pub(super) fn command(command: &BaselineCommand, context: &Context) -> Result<Outcome, CliError> {
    match command {
        BaselineCommand::Show { scenario } => show::command(scenario, context),
        BaselineCommand::Accept { decision, expires, prune } => accept(decision, *expires, *prune, context),
        BaselineCommand::Reject { decision } => reject(decision, context),
        BaselineCommand::Review { scenario, from } => review::command(scenario, from.as_deref(), context),
    }
}

/// A capture, analysed, beside what was accepted.
struct Found {
    scenario: Scenario,
    root: Utf8PathBuf,
    old: Option<Baseline>,
    analysis: pipeline::Analysis,
    compared: Vec<ComparedFinding>,
    /// Variants that were not run.
    absent: Vec<String>,
}

impl Found {
    fn of(word: &str, from: Option<&Utf8Path>, context: &Context) -> Result<Self, CliError> {
        let scenario = scenarios::resolve(word, &context.environment.dir)?;
        let root = match from {
            Some(from) => context.environment.dir.join(from),
            None => run::latest(&scenario, context)?,
        };
        let dir = capture::open(&root)?;
        let manifest = dir.manifest();
        if manifest.scenario.name != scenario.name {
            let what =
                format!("`{root}` is a capture of `{}`, not of `{}`", manifest.scenario.name, scenario.name);
            return Err(CliError::usage(what, "name the right one with --from"));
        }
        if let Some(why) = not_whole(manifest) {
            let what = format!("`{root}` is not whole: {why}");
            return Err(CliError::usage(what, format!("harness run {word}")));
        }
        let old = baseline::load(&scenario.baseline)?;
        let analysis = pipeline::analyse(&dir, old.as_ref(), context)?;
        let compared = analysis.report.findings.iter().map(|one| one.compared.clone()).collect();
        let was_run = |name: &String| analysis.diagnoses.iter().any(|diagnosis| diagnosis.variant == *name);
        let names = scenario.variants.iter().map(|variant| variant.name.clone());
        let absent: Vec<String> = names.filter(|name| !was_run(name)).collect();
        Ok(Self { scenario, root, old, analysis, compared, absent })
    }

    fn acceptance<'a>(&'a self, choice: Choice<'a>) -> Acceptance<'a> {
        Acceptance {
            groups: &self.analysis.groups,
            compared: &self.compared,
            diagnoses: &self.analysis.diagnoses,
            conditions: &self.analysis.conditions,
            absent: &self.absent,
            thresholds: &self.analysis.thresholds,
            choice,
        }
    }

    /// The findings that are meant, by the beginnings of their fingerprints.
    fn named(&self, only: &[String]) -> Result<Vec<String>, CliError> {
        only.iter().map(|prefix| self.one_named(prefix)).collect()
    }

    fn one_named(&self, prefix: &str) -> Result<String, CliError> {
        let prints = self.analysis.groups.iter().map(|group| &group.finding.fingerprint);
        let mut fits: Vec<&String> = prints.clone().filter(|print| print.starts_with(prefix)).collect();
        fits.dedup();
        match fits[..] {
            [one] if prefix.len() >= MIN_PREFIX => Ok(one.clone()),
            _ => {
                let known: Vec<&str> = prints.map(String::as_str).collect();
                let hint = match known.is_empty() {
                    true => format!("`{}` has no finding at all", self.root),
                    false => format!("the capture has {}", known.join(", ")),
                };
                let how = if fits.is_empty() { "no finding has" } else { "more than one finding may have" };
                Err(CliError::usage(format!("{how} the fingerprint `{prefix}`"), hint))
            }
        }
    }

    fn save(&self, new: &Baseline) -> Result<(), CliError> {
        Ok(baseline::save(&self.scenario.baseline, &self.scenario.name, new)?)
    }
}

fn accept(
    decision: &Decision,
    expires: Option<baseline::Day>,
    prune: bool,
    context: &Context,
) -> Result<Outcome, CliError> {
    let word = &decision.scenario;
    let found = Found::of(word, decision.from.as_deref(), context)?;
    if let Some(day) = expires.filter(|day| *day < super::today()) {
        return Err(CliError::usage(format!("{day} is past"), "name a day to come, or none"));
    }
    let only = found.named(&decision.only)?;
    let choice = Choice { only: &only, note: decision.note.as_deref(), expires, prune };
    let new = baseline::accept(&found.acceptance(choice), found.old.as_ref())
        .map_err(|why| CliError::usage(why, format!("run all variants: harness run {word}")))?;
    found.save(&new)?;
    tell(&found, context);
    context.console.say(&format!("accepted {}", found.root));
    let text = summary(&found.scenario.baseline, found.old.as_ref(), &new);
    context.console.print(&context.console.fitted(text))?;
    Ok(Outcome::Pass)
}

fn reject(decision: &Decision, context: &Context) -> Result<Outcome, CliError> {
    if decision.only.is_empty() {
        let hint = format!("name it with --only; harness baseline review {} lists them", decision.scenario);
        return Err(CliError::usage("which leak is meant", hint));
    }
    let found = Found::of(&decision.scenario, decision.from.as_deref(), context)?;
    let only = found.named(&decision.only)?;
    let choice = Choice { only: &only, note: decision.note.as_deref(), ..Choice::default() };
    let new = baseline::reject(&found.acceptance(choice), found.old.as_ref());
    found.save(&new)?;
    let text = summary(&found.scenario.baseline, found.old.as_ref(), &new);
    context.console.print(&context.console.fitted(text))?;
    Ok(Outcome::Pass)
}

/// What speaks against accepting.
fn tell(found: &Found, context: &Context) {
    let reasons = found.analysis.report.verdict.reasons.iter();
    for doubt in reasons.filter(|reason| reason.cause == Cause::Doubt) {
        context.console.say(&format!("note: this run is inconclusive: {}", doubt.text));
    }
}

fn not_whole(manifest: &Manifest) -> Option<&'static str> {
    if manifest.status != CaptureStatus::Complete {
        return Some("it was interrupted");
    }
    if manifest.builds.iter().any(|build| matches!(build.outcome, BuildOutcome::Failed(_))) {
        return Some("a build failed");
    }
    manifest.runs.iter().any(|run| !run.ok).then_some("a run failed")
}

/// What is accepted now that was not before, for a person to see.
fn summary(path: &Utf8Path, old: Option<&Baseline>, new: &Baseline) -> String {
    let changes = baseline::changes(old, new);
    let lines = match changes.is_empty() {
        true => "  nothing changes\n".to_owned(),
        false => changes.iter().map(|line| format!("  {line}\n")).collect(),
    };
    let leaks = counted_text(new.findings.len() as u64, "leak");
    let figures = counted_text(new.metrics.len() as u64, "figure");
    let rejected = match new.rejected.len() {
        0 => String::new(),
        n => format!(", {n} rejected"),
    };
    clean_lines(&format!("{path}: {leaks} and {figures} accepted{rejected}\n{lines}")) + "\n"
}
