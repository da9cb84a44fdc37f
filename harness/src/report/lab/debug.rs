//! Debug information, for a terminal: a row a kind, a column a capability.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::debug::{CAPABILITIES, Capability, DebugAnswer, KindFacts, TriedResult};

pub(super) fn body(answer: &DebugAnswer, look: &Look) -> String {
    let mut header = vec!["variant", "kind", "size", "apart"];
    header.extend(CAPABILITIES.iter().map(|(_, words, _)| *words));
    let all = || {
        answer.variants.iter().flat_map(|facts| facts.of.kinds.iter().map(move |kind| (&facts.variant, kind)))
    };
    let rows: Vec<Vec<String>> = all().map(|(variant, kind)| row(variant, kind)).collect();
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width);
    out.push('\n');
    let mut needs: Vec<&str> = Vec::new();
    for (variant, kind) in all() {
        for tried in &kind.tried {
            if tried.result == TriedResult::NotRun && !needs.contains(&tried.seen.as_str()) {
                needs.push(&tried.seen);
            }
            if look.verbose {
                let what = CAPABILITIES.iter().find(|(known, ..)| *known == tried.capability);
                let what = what.map_or("", |(_, words, _)| *words);
                let words = format!("  {variant}, {}, {what}: {}", kind.kind, tried.seen);
                let _ = writeln!(out, "{}", text::clean(&words));
            }
        }
        if let Some(id) = kind.build_id.as_ref().filter(|_| kind.apart.is_some()) {
            let words = format!(
                "  {variant}, {}: debug information is found by the link beside it, or as .build-id/{}/{}.debug in /usr/lib/debug",
                kind.kind,
                id.get(..2).unwrap_or_default(),
                id.get(2..).unwrap_or_default(),
            );
            let _ = writeln!(out, "{}", text::clean(&words));
        }
    }
    let finds = |kind: &KindFacts, capability| {
        kind.tried.iter().any(|tried| tried.capability == capability && tried.result == TriedResult::Works)
    };
    let is_unread =
        |kind: &KindFacts| finds(kind, Capability::Variables) && !finds(kind, Capability::Addr2line);
    if all().any(|(_, kind)| is_unread(kind)) {
        out.push_str(
            "  addr2line finds no lines where there is debug information: binutils 2.40 cannot read DWARF 5, which Go writes \
             since 1.25;\n  `go tool addr2line` can, and `experiment = [\"nodwarf5\"]` builds with DWARF 4\n",
        );
    }
    for need in needs {
        let _ = writeln!(out, "  not run: needs {}", text::clean(need));
    }
    if !look.verbose {
        out.push_str("  what each tool printed: --verbose\n");
    }
    out
}

fn row(variant: &str, kind: &KindFacts) -> Vec<String> {
    let mut row = vec![text::clean(variant), text::clean(&kind.kind), text::bytes(kind.size)];
    row.push(kind.apart.map_or_else(|| "-".to_owned(), text::bytes));
    for (capability, _, without) in CAPABILITIES {
        let tried = kind.tried.iter().find(|tried| tried.capability == capability);
        row.push(match tried.map(|tried| tried.result) {
            Some(TriedResult::Works) => "works".to_owned(),
            Some(TriedResult::Fails) => without.to_owned(),
            Some(TriedResult::NotRun) => "not run".to_owned(),
            None => "-".to_owned(),
        });
    }
    row
}
