//! Files and tags, for a terminal.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::tags::{Chosen, Decided, TagsAnswer, TagsDifference};

/// Files that are shown of a difference.
const SHOWN: usize = 8;

pub(super) fn body(answer: &TagsAnswer, look: &Look) -> String {
    let rows: Vec<Vec<String>> = answer
        .variants
        .iter()
        .map(|facts| {
            let tags = if facts.of.tags.is_empty() { "-".to_owned() } else { facts.of.tags.join(",") };
            let cgo = if facts.of.cgo { "on" } else { "off" };
            vec![
                text::clean(&facts.variant),
                text::clean(&tags),
                text::clean(&facts.of.target),
                cgo.to_owned(),
                text::count(u64::from(facts.of.taken)),
                text::count(u64::from(facts.of.left_out)),
            ]
        })
        .collect();
    let header = ["variant", "tags", "target", "cgo", "files taken in", "left out"];
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width) + "\n";
    for difference in &answer.differences {
        against(&mut out, difference, look);
    }
    decided(&mut out, answer, look);
    out
}

fn against(out: &mut String, difference: &OfVariant<TagsDifference>, look: &Look) {
    let name = text::clean(&difference.variant);
    let of = &difference.of;
    for (what, files) in [("takes in", &of.added), ("leaves out", &of.removed)] {
        if files.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n  {name} {what}, unlike the reference:");
        let shown = if look.verbose { usize::MAX } else { SHOWN };
        for Chosen { package, file, because } in files.iter().take(shown) {
            let _ = writeln!(out, "    {}", text::clean(&format!("{package}/{file}  {because}")));
        }
        if files.len() > shown {
            let _ = writeln!(out, "    {} more: --verbose", files.len() - shown);
        }
    }
    for (what, packages) in [("has", &of.packages_added), ("lacks", &of.packages_removed)] {
        if !packages.is_empty() {
            let names = text::clean(&packages.join(", "));
            let n = text::counted(packages.len() as u64, "package");
            let _ = writeln!(out, "\n  {name} {what}, unlike the reference, {n}: {names}");
        }
    }
}

/// The main module's files on which something decides: with `--verbose` in every variant and of every module, else those that
/// are nowhere.
fn decided(out: &mut String, answer: &TagsAnswer, look: &Look) {
    let line = |file: &Decided| text::clean(&format!("{}/{}  {}", file.package, file.file, file.because));
    // Where a file is in no variant, the first one's reason stands for all.
    let mut nowhere: Vec<&Decided> = Vec::new();
    for file in answer.variants.iter().flat_map(|facts| &facts.of.decided) {
        let is_told = |told: &&Decided| (&told.package, &told.file) == (&file.package, &file.file);
        if file.nowhere && file.own && !nowhere.iter().any(is_told) {
            nowhere.push(file);
        }
    }
    if !nowhere.is_empty() {
        let _ = writeln!(out, "\n  files of the module that no variant takes in:");
        for file in nowhere {
            let _ = writeln!(out, "    {}", line(file));
        }
    }
    for facts in answer.variants.iter().filter(|_| look.verbose) {
        let _ = writeln!(out, "\n  {}: files on which something decides:", text::clean(&facts.variant));
        for file in &facts.of.decided {
            let word = if file.taken { "in " } else { "out" };
            let _ = writeln!(out, "    {word} {}", line(file));
        }
    }
}
