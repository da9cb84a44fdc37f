//! `harness baseline show`: what was accepted, for people.

use camino::Utf8Path;

use crate::baseline::{self, AcceptedFinding, AcceptedMetric, Baseline, Day};
use crate::cli::error::CliError;
use crate::cli::{Context, scenarios, today};
use crate::model::{Bytes, LeakKind, Nanoseconds, Outcome};
use crate::report::{self, bytes_text, clean_lines, count_text, counted_text};

pub(super) fn command(word: &str, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(word, &context.environment.dir)?;
    let path = &scenario.baseline;
    let Some(baseline) = baseline::load(path)? else {
        let hint = format!("harness run {word} && harness baseline accept {word}");
        return Err(CliError::usage(format!("nothing was accepted: there is no `{path}`"), hint));
    };
    let text = shown(path, &baseline, today()) + &figures(&baseline, context.console.look().width);
    context.console.print(&context.console.fitted(text))?;
    Ok(Outcome::Pass)
}

fn shown(path: &Utf8Path, baseline: &Baseline, today: Day) -> String {
    let conditions = &baseline.conditions;
    let mut text = format!(
        "{path}\nmeasured with {} {}/{} on {}\n",
        conditions.go,
        conditions.goos,
        conditions.goarch,
        counted_text(conditions.cpus.into(), "processor")
    );
    text.extend(baseline.findings.iter().map(|finding| leak(finding, today)));
    if baseline.findings.is_empty() {
        text.push_str("\nno leak is accepted\n");
    }
    for rejected in &baseline.rejected {
        let note = rejected.note.as_deref().unwrap_or("it has to be mended");
        let (site, place, print) = (&rejected.site, &rejected.place, &rejected.fingerprint);
        text.push_str(&format!("\nrejected  {site}  {place}\n  {print}  note: {note}\n"));
    }
    clean_lines(&text) + "\n"
}

/// A row for each figure, a column for each variant.
fn figures(baseline: &Baseline, width: u16) -> String {
    let mut variants: Vec<&str> = Vec::new();
    let mut names: Vec<(&str, bool)> = Vec::new();
    for metric in &baseline.metrics {
        let (variant, name) = (metric.variant.as_str(), (metric.name.as_str(), metric.exact));
        variants.extend((!variants.contains(&variant)).then_some(variant));
        names.extend((!names.contains(&name)).then_some(name));
    }
    if names.is_empty() {
        return String::new();
    }
    let cell = |name: &str, variant: &str| {
        let of = |metric: &&AcceptedMetric| metric.name == name && metric.variant == variant;
        baseline.metrics.iter().find(of).map_or_else(|| "-".to_owned(), value)
    };
    let row = |(name, exact): &(&str, bool)| {
        let head = [clean_lines(name), if *exact { "exact" } else { "varies" }.to_owned()];
        head.into_iter().chain(variants.iter().map(|variant| cell(name, variant))).collect()
    };
    let rows: Vec<Vec<String>> = names.iter().map(row).collect();
    let header: Vec<String> =
        ["figure", "is"].into_iter().chain(variants.iter().copied()).map(clean_lines).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    format!("\n{}\n", report::table_text(&header, &rows, width))
}

/// Every digit of what is exact: each has a meaning.
fn value(metric: &AcceptedMetric) -> String {
    match (metric.unit.as_str(), metric.exact) {
        ("B", true) => format!("{} B", count_text(metric.value)),
        ("B", false) => bytes_text(Bytes(metric.value)),
        ("ns", _) => Nanoseconds(i64::try_from(metric.value).unwrap_or(i64::MAX)).to_string(),
        _ => count_text(metric.value),
    }
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
    let mut text =
        format!("\n{kind}  {}  {}  {rate}\n  {print}  in {variants}\n", finding.site, finding.place);
    text.extend(finding.note.iter().map(|note| format!("  note: {note}\n")));
    text.extend(finding.expires.map(|day| match day < today {
        true => format!("  EXPIRED on {day}\n"),
        false => format!("  expires: {day}\n"),
    }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric((name, variant): (&str, &str), value: u64, unit: &str, exact: bool) -> AcceptedMetric {
        AcceptedMetric {
            variant: variant.to_owned(),
            name: name.to_owned(),
            unit: unit.to_owned(),
            exact,
            value,
            values: Vec::new(),
        }
    }

    #[test]
    fn figures_have_a_row_each_and_variants_a_column() {
        let metrics = vec![
            metric(("step.space", "default"), 874_040, "B", true),
            metric(("natural.rss", "default"), 13 << 20, "B", false),
            metric(("natural.gc_cycles", "default"), 1_064, "cycles", false),
            metric(("step.space", "stripped"), 874_104, "B", true),
        ];
        let baseline = Baseline { metrics, ..Baseline::default() };
        let expected = "
 figure             is        default   stripped
 step.space         exact   874,040 B  874,104 B
 natural.rss        varies   13.0 MiB          -
 natural.gc_cycles  varies      1,064          -
";
        assert_eq!(figures(&baseline, 80), expected);
        assert!(figures(&baseline, 40).lines().all(|line| line.chars().count() <= 40));
        assert_eq!(figures(&Baseline::default(), 80), "");
    }
}
