//! Targets, for a terminal.

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::cross::{CrossAnswer, CrossDifference, CrossFacts};

pub(super) fn body(answer: &CrossAnswer, look: &Look) -> String {
    let rows: Vec<Vec<String>> = answer
        .variants
        .iter()
        .map(|facts| {
            let difference = answer.differences.iter().find(|one| one.variant == facts.variant);
            row(&facts.variant, &facts.of, difference.map(|one| &one.of))
        })
        .collect();
    let header = ["variant", "target", "size", "run", "leaks", "against the reference"];
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width) + "\n";
    for facts in &answer.variants {
        let words = facts.of.failure.as_ref().or(facts.of.not_run.as_ref()).or(facts.of.failed.as_ref());
        if let Some(words) = words {
            out.push_str(&text::clean(&format!("  {}: {words}", facts.variant)));
            out.push('\n');
        }
    }
    out
}

fn row(variant: &str, facts: &CrossFacts, difference: Option<&CrossDifference>) -> Vec<String> {
    let run = match (&facts.failure, &facts.not_run, &facts.failed, &facts.emulator, &facts.leaks) {
        (Some(_), ..) => "not built",
        (_, Some(_), ..) => "not run",
        (_, _, Some(_), ..) => "FAILED",
        (_, _, _, Some(emulator), _) => emulator.as_str(),
        (.., Some(_)) => "as it is",
        (.., None) => "not run",
    };
    let against = difference.map_or_else(|| "-".to_owned(), CrossDifference::words);
    vec![
        text::clean(variant),
        text::clean(&facts.target),
        facts.size.map_or_else(|| "-".to_owned(), text::bytes),
        text::clean(run),
        facts.leaks.as_ref().map_or_else(|| "-".to_owned(), |leaks| leaks.len().to_string()),
        text::clean(&against),
    ]
}
