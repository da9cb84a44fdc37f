//! `harness baseline show`: what was accepted, for people.

use camino::Utf8Path;

use crate::baseline::{self, AcceptedFinding, Baseline, Day};
use crate::cli::error::CliError;
use crate::cli::{Context, scenarios, today};
use crate::model::{LeakKind, Outcome};
use crate::report::clean_lines;

pub(super) fn command(word: &str, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(word, &context.environment.dir)?;
    let path = &scenario.baseline;
    let Some(baseline) = baseline::load(path)? else {
        let hint = format!("harness run {word} && harness baseline accept {word}");
        return Err(CliError::usage(format!("nothing was accepted: there is no `{path}`"), hint));
    };
    context.console.print(&(clean_lines(&shown(path, &baseline, today())) + "\n"))?;
    Ok(Outcome::Pass)
}

fn shown(path: &Utf8Path, baseline: &Baseline, today: Day) -> String {
    let conditions = &baseline.conditions;
    let mut text = format!(
        "{path}\nmeasured with {} {}/{} on {} processors\n",
        conditions.go, conditions.goos, conditions.goarch, conditions.cpus
    );
    text.extend(baseline.findings.iter().map(|finding| leak(finding, today)));
    if baseline.findings.is_empty() {
        text.push_str("no leak is accepted\n");
    }
    for rejected in &baseline.rejected {
        let note = rejected.note.as_deref().unwrap_or("it has to be mended");
        let (site, place, print) = (&rejected.site, &rejected.place, &rejected.fingerprint);
        text.push_str(&format!("rejected  {site}  {place}  {print}\n  note: {note}\n"));
    }
    for metric in &baseline.metrics {
        let mark = if metric.exact { "exact" } else { "noisy" };
        let (name, value, unit) = (&metric.name, metric.value, &metric.unit);
        text.push_str(&format!("{mark}  {name} of {}: {value} {unit}\n", metric.variant));
    }
    text
}

fn leak(finding: &AcceptedFinding, today: Day) -> String {
    let (bytes, objects) = (finding.bytes_per_op, finding.objects_per_op);
    let kind = finding.kind.word();
    let rate = match finding.kind {
        LeakKind::Heap => format!("+{bytes} B/op  +{objects} objects/op"),
        kind if kind.is_bytes() => format!("+{bytes} {}/op", kind.unit()),
        kind => format!("+{objects} {}/op", kind.unit()),
    };
    let (variants, print) = (finding.variants.join(", "), &finding.fingerprint);
    let mut text = format!("{kind}  {}  {}  {rate}  {print}  [{variants}]\n", finding.site, finding.place);
    text.extend(finding.note.iter().map(|note| format!("  note: {note}\n")));
    text.extend(finding.expires.map(|day| match day < today {
        true => format!("  EXPIRED on {day}\n"),
        false => format!("  expires: {day}\n"),
    }));
    text
}
