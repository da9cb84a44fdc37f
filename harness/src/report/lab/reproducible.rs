//! Reproducibility, for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::reproducible::{Attempt, Circumstance, ReproducibleAnswer, ReproducibleFacts};

/// Circumstances with the head of their column.
const COLUMNS: [(Circumstance, &str); 4] = [
    (Circumstance::Again, "again"),
    (Circumstance::Elsewhere, "elsewhere"),
    (Circumstance::Environment, "other environment"),
    (Circumstance::Cold, "empty cache"),
];

pub(super) fn body(answer: &ReproducibleAnswer, look: &Look) -> String {
    let rows: Vec<Vec<String>> = answer.variants.iter().map(row).collect();
    let mut header = vec!["variant"];
    header.extend(COLUMNS.map(|(_, head)| head));
    header.extend(["paths in it", "in stack traces", "-X"]);
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width);
    out.push('\n');
    for facts in &answer.variants {
        details(&mut out, facts, look);
    }
    for difference in &answer.differences {
        let words = format!("changed in {}: {}", difference.variant, difference.of.join(", "));
        lines(&mut out, &words, 2, look);
    }
    out
}

fn row(facts: &OfVariant<ReproducibleFacts>) -> Vec<String> {
    let of = &facts.of;
    let mut row = vec![text::clean(&facts.variant)];
    row.extend(COLUMNS.map(|(circumstance, _)| {
        let attempt = of.attempts.iter().find(|attempt| attempt.circumstance == circumstance);
        match attempt.map(|attempt| attempt.difference.is_none()) {
            Some(true) => "same".to_owned(),
            Some(false) => "DIFFERS".to_owned(),
            None => "-".to_owned(),
        }
    }));
    let paths: u64 = of.leaked.iter().map(|path| path.count).sum();
    row.push(if paths == 0 { "none".to_owned() } else { text::count(paths) });
    row.push(of.in_traces.as_deref().map_or("-".to_owned(), text::clean));
    let right = of.values.iter().filter(|value| value.why.is_none()).count();
    row.push(if of.values.is_empty() { "-".to_owned() } else { format!("{right} of {}", of.values.len()) });
    row
}

fn details(out: &mut String, facts: &OfVariant<ReproducibleFacts>, look: &Look) {
    let of = &facts.of;
    let mut words: Vec<String> = Vec::new();
    of.attempts.iter().for_each(|attempt| words.extend(differs(attempt, look)));
    for path in &of.leaked {
        let mut means: BTreeMap<&str, u64> = BTreeMap::new();
        path.places.iter().for_each(|place| *means.entry(&place.means).or_default() += place.count);
        let places = means.iter().map(|(means, count)| format!("{} in {means}", text::count(*count)));
        let places = places.collect::<Vec<_>>().join(", ");
        words.push(format!(
            "{} is in it: {} {} times ({places}), as in {}",
            path.what, path.path, path.count, path.example
        ));
    }
    for value in &of.values {
        let why = value.why.as_ref().map(|why| format!("-X {}={}: {why}", value.name, value.wanted));
        words.extend(why);
    }
    words.extend(of.warnings.iter().cloned());
    if look.verbose {
        words.push(format!("BLAKE3 {}", of.hash));
        words.extend(of.attempts.iter().map(|attempt| {
            format!(
                "built {}: {} packages compiled, the others from the build cache",
                attempt.how, attempt.compiled
            )
        }));
        words.extend(of.metadata.iter().map(|(key, value)| format!("go version -m: {key}={value}")));
    }
    if words.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {}:", text::clean(&facts.variant));
    words.iter().for_each(|words| lines(out, words, 4, look));
}

fn differs(attempt: &Attempt, look: &Look) -> Vec<String> {
    let Some(difference) = &attempt.difference else { return Vec::new() };
    let all: Vec<String> = difference
        .sections
        .iter()
        .take(if look.verbose { usize::MAX } else { 4 })
        .map(|section| format!("{} ({} of {} bytes)", section.name, section.bytes, section.size))
        .collect();
    let more = difference.sections.len() - all.len();
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    let mut words = vec![format!(
        "not the same when built {}: first {} at {}; likely {}",
        attempt.how, difference.section, difference.offset, difference.cause
    )];
    if let Some(shown) = &difference.shown {
        words.push(format!("  {}: {:?}", shown.section, shown.before));
        words.push(format!("  in the other: {:?}", shown.after));
    }
    words.push(format!("  sections that differ: {}{more}", all.join(", ")));
    words.push(format!("  to mend it: {}", difference.remedy));
    words
}

/// A line, as many as the terminal needs.
fn lines(out: &mut String, words: &str, indent: usize, look: &Look) {
    let width = usize::from(look.width).saturating_sub(indent + 2).max(30);
    let deeper = words.len() - words.trim_start().len();
    for part in text::wrap(&text::clean(words.trim_start()), width) {
        let _ = writeln!(out, "{:indent$}{part}", "", indent = indent + deeper);
    }
}
