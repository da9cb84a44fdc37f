//! `harness baseline`

use camino::Utf8Path;

use super::args::BaselineCommand;
use super::error::CliError;
use super::{Context, pipeline, run, scenarios};
use crate::baseline;
use crate::capture::{self, CaptureStatus};
use crate::model::Outcome;

pub(super) fn command(command: &BaselineCommand, context: &Context) -> Result<Outcome, CliError> {
    match command {
        BaselineCommand::Show { scenario } => show(scenario, context),
        BaselineCommand::Accept { scenario, from, note } => {
            accept(scenario, from.as_deref(), note.as_deref(), context)
        }
    }
}

fn show(word: &str, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(word, &context.environment.dir)?;
    let path = &scenario.baseline;
    let Some(baseline) = baseline::load(path)? else {
        let hint = format!("harness run {word} && harness baseline accept {word}");
        return Err(CliError::usage(format!("nothing was accepted: there is no `{path}`"), hint));
    };
    let mut text = format!("{path}\n");
    let conditions = &baseline.conditions;
    text.push_str(&format!("measured with {} {}/{}\n", conditions.go, conditions.goos, conditions.goarch));
    for finding in &baseline.findings {
        let kind = format!("{:?}", finding.kind).to_lowercase();
        let note = finding.note.as_ref().map(|note| format!("\n  note: {note}")).unwrap_or_default();
        text.push_str(&format!(
            "{kind}  {}  {}  +{} B/op  +{} objects/op  [{}]{note}\n",
            finding.site,
            finding.place,
            finding.bytes_per_op,
            finding.objects_per_op,
            finding.variants.join(", ")
        ));
    }
    if baseline.findings.is_empty() {
        text.push_str("no leak is accepted\n");
    }
    text.push_str(&format!("{} figures\n", baseline.metrics.len()));
    context.console.print(&text)?;
    Ok(Outcome::Pass)
}

/// Accepts a capture. Only whole ones: what an interrupted or failed run did not show must not pass for accepted.
fn accept(
    word: &str,
    from: Option<&Utf8Path>,
    note: Option<&str>,
    context: &Context,
) -> Result<Outcome, CliError> {
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
    if manifest.status != CaptureStatus::Complete || manifest.runs.iter().any(|run| !run.ok) {
        let what = format!("`{root}` is not whole: a run failed or was interrupted");
        return Err(CliError::usage(what, format!("harness run {word}")));
    }
    let old = baseline::load(&scenario.baseline)?;
    let analysis = pipeline::analyse(&dir, old.as_ref())?;
    let new =
        baseline::accept(&analysis.groups, &analysis.diagnoses, analysis.conditions, old.as_ref(), note);
    baseline::save(&scenario.baseline, &scenario.name, &new)?;
    context.console.say(&format!(
        "accepted {} leaks and {} figures of {root}",
        new.findings.len(),
        new.metrics.len()
    ));
    context.console.print(&format!("{}\n", scenario.baseline))?;
    Ok(Outcome::Pass)
}
