//! `harness baseline`

use camino::Utf8Path;

use super::args::BaselineCommand;
use super::error::CliError;
use super::{Context, pipeline, run, scenarios};
use crate::baseline::{self, Acceptance, Baseline, Cause};
use crate::capture::{self, BuildOutcome, CaptureStatus, Manifest};
use crate::model::{LeakKind, Outcome};
use crate::report::clean_lines;

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
    context.console.print(&(clean_lines(&shown(path, &baseline)) + "\n"))?;
    Ok(Outcome::Pass)
}

fn shown(path: &Utf8Path, baseline: &Baseline) -> String {
    let conditions = &baseline.conditions;
    let mut text = format!(
        "{path}\nmeasured with {} {}/{} on {} processors\n",
        conditions.go, conditions.goos, conditions.goarch, conditions.cpus
    );
    for finding in &baseline.findings {
        let (bytes, objects) = (finding.bytes_per_op, finding.objects_per_op);
        let kind = finding.kind.word();
        let rate = match finding.kind {
            LeakKind::Heap => format!("+{bytes} B/op  +{objects} objects/op"),
            kind if kind.is_bytes() => format!("+{bytes} {}/op", kind.unit()),
            kind => format!("+{objects} {}/op", kind.unit()),
        };
        let variants = finding.variants.join(", ");
        text.push_str(&format!("{kind}  {}  {}  {rate}  [{variants}]\n", finding.site, finding.place));
        text.extend(finding.note.iter().map(|note| format!("  note: {note}\n")));
    }
    if baseline.findings.is_empty() {
        text.push_str("no leak is accepted\n");
    }
    for metric in &baseline.metrics {
        let mark = if metric.exact { "exact" } else { "noisy" };
        let (name, value, unit) = (&metric.name, metric.value, &metric.unit);
        text.push_str(&format!("{mark}  {name} of {}: {value} {unit}\n", metric.variant));
    }
    text
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
    if let Some(why) = not_whole(manifest) {
        return Err(CliError::usage(format!("`{root}` is not whole: {why}"), format!("harness run {word}")));
    }
    let old = baseline::load(&scenario.baseline)?;
    let analysis = pipeline::analyse(&dir, old.as_ref(), context)?;
    let was_run = |name: &String| analysis.diagnoses.iter().any(|diagnosis| diagnosis.variant == *name);
    let names = scenario.variants.iter().map(|variant| variant.name.clone());
    let absent: Vec<String> = names.filter(|name| !was_run(name)).collect();
    let acceptance = Acceptance {
        groups: &analysis.groups,
        diagnoses: &analysis.diagnoses,
        conditions: &analysis.conditions,
        absent: &absent,
        note,
    };
    let new = baseline::accept(&acceptance, old.as_ref())
        .map_err(|why| CliError::usage(why, format!("run all variants: harness run {word}")))?;
    baseline::save(&scenario.baseline, &scenario.name, &new)?;
    for doubt in analysis.report.verdict.reasons.iter().filter(|reason| reason.cause == Cause::Doubt) {
        context.console.say(&format!("note: this run is inconclusive: {}", doubt.text));
    }
    context.console.say(&format!("accepted {root}"));
    context.console.print(&accepted(&scenario.baseline, old.as_ref(), &new))?;
    Ok(Outcome::Pass)
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
fn accepted(path: &Utf8Path, old: Option<&Baseline>, new: &Baseline) -> String {
    let changes = baseline::changes(old, new);
    let lines = match changes.is_empty() {
        true => "  nothing changes\n".to_owned(),
        false => changes.iter().map(|line| format!("  {line}\n")).collect(),
    };
    let leaks = match new.findings.len() {
        1 => "1 leak".to_owned(),
        n => format!("{n} leaks"),
    };
    let figures = new.metrics.len();
    clean_lines(&format!("{path}: {leaks} and {figures} figures accepted\n{lines}")) + "\n"
}
