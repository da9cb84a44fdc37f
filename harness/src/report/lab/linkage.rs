//! Linkage, for a terminal.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::linkage::{LinkageAnswer, LinkageFacts};

/// Warnings that are shown of a variant.
const WARNINGS: usize = 3;

pub(super) fn body(answer: &LinkageAnswer, look: &Look) -> String {
    let rows: Vec<Vec<String>> = answer.variants.iter().map(row).collect();
    let header = ["variant", "static", "libraries", "newest glibc", "PIE", "RELRO", "stack"];
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width);
    out.push('\n');
    for facts in &answer.variants {
        details(&mut out, facts, look);
    }
    for difference in &answer.differences {
        let _ = writeln!(
            out,
            "  changed in {}: {}",
            text::clean(&difference.variant),
            text::clean(&difference.of.join(", "))
        );
    }
    out
}

fn row(facts: &OfVariant<LinkageFacts>) -> Vec<String> {
    let of = &facts.of;
    let libraries: Vec<String> = of.libraries.iter().map(|library| text::clean(&library.name)).collect();
    let or_dash = |words: String| if words.is_empty() { "-".to_owned() } else { words };
    let yes_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    vec![
        text::clean(&facts.variant),
        yes_no(of.is_static),
        or_dash(libraries.join(" ")),
        or_dash(of.glibc.first().map(|version| version.version.clone()).unwrap_or_default()),
        of.pie.map_or_else(|| "-".to_owned(), yes_no),
        or_dash(of.relro.clone().unwrap_or_default()),
        of.no_exec_stack.map_or("-", |is| if is { "not executable" } else { "EXECUTABLE" }).to_owned(),
    ]
}

fn details(out: &mut String, facts: &OfVariant<LinkageFacts>, look: &Look) {
    let (name, of) = (text::clean(&facts.variant), &facts.of);
    let mut lines = Vec::new();
    for library in &of.libraries {
        for through in &library.through {
            lines.push(format!("{} through {} ({})", library.name, through.chain.join(" -> "), through.why));
        }
    }
    if let Some(newest) = of.glibc.first() {
        let symbols = newest.symbols.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        lines.push(format!("glibc {} is needed by {symbols}", newest.version));
    }
    if !of.paths.is_empty() {
        lines.push(format!("libraries are looked for in {} first (RPATH, RUNPATH)", of.paths.join(":")));
    }
    let shown = if look.verbose { usize::MAX } else { WARNINGS };
    lines.extend(of.warnings.iter().take(shown).map(|warning| format!("the linker warns: {warning}")));
    let more = of.warnings.len().saturating_sub(shown);
    if more > 0 {
        lines.push(format!("{more} more warnings: --verbose"));
    }
    lines.extend(of.remedies.iter().map(|remedy| format!("to make it static: {remedy}")));
    if !lines.is_empty() {
        let _ = writeln!(out, "  {name}:");
    }
    for line in lines {
        for part in text::wrap(&text::clean(&line), usize::from(look.width).saturating_sub(6).max(30)) {
            let _ = writeln!(out, "    {part}");
        }
    }
}
