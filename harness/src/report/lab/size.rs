//! Size, for a terminal: what the bytes are for in each variant, the largest packages, and what changed.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::Bytes;
use crate::model::lab::OfVariant;
use crate::model::lab::size::{Change, NameSource, SizeAnswer, SizeClass, SizeDifference, SizeFacts};

/// Classes with less than this part of a thousand of the file are summed up.
const LEAST_SHARE: u64 = 3;
/// Packages of the reference that are shown.
const PACKAGES: usize = 8;
/// Changes that are shown of each kind.
const CHANGES: usize = 4;

pub(super) fn body(answer: &SizeAnswer, look: &Look) -> String {
    let mut out = String::new();
    let Some(base) = reference(answer) else { return out };
    let _ = writeln!(out, "{}", classes(answer, base, look));
    let _ = writeln!(
        out,
        "\n  largest packages of {}:\n{}",
        text::clean(&base.variant),
        packages(&base.of, look)
    );
    for difference in &answer.differences {
        changes(&mut out, difference, look);
    }
    notes(&mut out, &answer.variants);
    if look.verbose {
        for facts in &answer.variants {
            details(&mut out, facts, look.width);
        }
    }
    out
}

/// The variant that is compared with: the one without a difference.
fn reference(answer: &SizeAnswer) -> Option<&OfVariant<SizeFacts>> {
    let is_other = |name: &str| answer.differences.iter().any(|difference| difference.variant == name);
    answer.variants.iter().find(|facts| !is_other(&facts.variant))
}

/// A row a class, a column a variant.
fn classes(answer: &SizeAnswer, base: &OfVariant<SizeFacts>, look: &Look) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut rest = false;
    for facts in std::iter::once(base).chain(&answer.variants) {
        let least = if look.verbose { 0 } else { facts.of.total.0.saturating_mul(LEAST_SHARE) / 1000 };
        for class in &facts.of.classes {
            let words = class.words();
            let is_small = class.size.0 < least && class.class != SizeClass::Main;
            rest |= is_small;
            if !is_small && !names.contains(&words) {
                names.push(words);
            }
        }
    }
    let mut rows: Vec<Vec<String>> =
        names.iter().map(|name| row(answer, base, name, &|name| vec![name.to_owned()])).collect();
    if rest {
        let others = |facts: &SizeFacts| {
            let words = facts.classes.iter().map(|class| class.words());
            words.filter(|words| !names.contains(words)).collect()
        };
        let row = sums(answer, base, "all others", &others);
        if row.iter().skip(1).step_by(2).any(|size| size != "-") {
            rows.push(row);
        }
    }
    rows.push(sums(answer, base, "total", &|facts| {
        facts.classes.iter().map(|class| class.words()).collect()
    }));
    let mut header = vec!["bytes for"];
    for facts in ordered(answer, base) {
        header.push(&facts.variant);
        header.push(if facts.variant == base.variant { "share" } else { "change" });
    }
    Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width)
}

/// The reference, then the others.
fn ordered<'a>(
    answer: &'a SizeAnswer,
    base: &'a OfVariant<SizeFacts>,
) -> impl Iterator<Item = &'a OfVariant<SizeFacts>> {
    std::iter::once(base).chain(answer.variants.iter().filter(|facts| facts.variant != base.variant))
}

fn row(
    answer: &SizeAnswer,
    base: &OfVariant<SizeFacts>,
    name: &str,
    of: &dyn Fn(&str) -> Vec<String>,
) -> Vec<String> {
    sums(answer, base, name, &|_| of(name))
}

/// Sums of some classes in each variant, with the share of the reference and the others' change.
fn sums(
    answer: &SizeAnswer,
    base: &OfVariant<SizeFacts>,
    title: &str,
    of: &dyn Fn(&SizeFacts) -> Vec<String>,
) -> Vec<String> {
    let size = |facts: &SizeFacts| -> Bytes {
        let names = of(facts);
        facts.classes.iter().filter(|class| names.contains(&class.words())).map(|class| class.size).sum()
    };
    let reference = size(&base.of);
    let mut row = vec![text::clean(title)];
    for facts in ordered(answer, base) {
        let here = size(&facts.of);
        row.push(if here.0 == 0 { "-".to_owned() } else { text::bytes(here) });
        row.push(if facts.variant == base.variant {
            format!("{:.1} %", here.0 as f64 / base.of.total.0.max(1) as f64 * 100.0)
        } else {
            signed(here.since(reference))
        });
    }
    row
}

fn signed(by: i64) -> String {
    match by {
        0 => "=".to_owned(),
        by => format!("{}{}", if by < 0 { "-" } else { "+" }, text::bytes(Bytes(by.unsigned_abs()))),
    }
}

fn packages(facts: &SizeFacts, look: &Look) -> String {
    let shown = if look.verbose { usize::MAX } else { PACKAGES };
    let row = |package: &crate::model::lab::size::PackageSize| {
        vec![
            text::clean(&package.package),
            text::bytes(package.own()),
            text::bytes(package.code),
            text::bytes(package.data),
            text::bytes(package.tables),
            package.class.words().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = facts.packages.iter().take(shown).map(row).collect();
    let header = ["package", "size", "code", "data", "function tables", "of"];
    let mut table = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width);
    let more = facts.packages.len().saturating_sub(shown);
    if more > 0 {
        let _ = write!(table, "\n {more} more: --verbose");
    }
    table
}

fn changes(out: &mut String, difference: &OfVariant<SizeDifference>, look: &Look) {
    let of = &difference.of;
    let name = text::clean(&difference.variant);
    if of.total == 0 && of.symbols.is_empty() {
        let _ = writeln!(out, "\n  {name}: no byte more or less, and nothing is larger or smaller");
        return;
    }
    let _ = writeln!(out, "\n  what changed in {name}: {} in all", signed(of.total));
    let kinds =
        [("sections", &of.sections), ("packages", &of.packages), ("functions and variables", &of.symbols)];
    for (what, changes) in kinds {
        list(out, what, changes, look);
    }
    if of.code_only && !of.packages.is_empty() {
        let _ = writeln!(out, "    packages by their code alone: one of the two has no names for variables");
    }
}

fn list(out: &mut String, what: &str, changes: &[Change], look: &Look) {
    if changes.is_empty() {
        return;
    }
    let shown = if look.verbose { usize::MAX } else { CHANGES };
    let one = |change: &Change| {
        let state = match (change.reference, change.variant) {
            (None, _) => " (new)",
            (_, None) => " (gone)",
            _ => "",
        };
        format!("{} {}{state}", text::clean(&change.name), signed(change.by()))
    };
    let words: Vec<String> = changes.iter().take(shown).map(one).collect();
    let more = changes.len().saturating_sub(shown);
    let more = if more > 0 { format!(", {} more", text::count(more as u64)) } else { String::new() };
    let line = format!("{what}: {}{more}", words.join(", "));
    for line in text::wrap(&line, usize::from(look.width).saturating_sub(6).max(30)) {
        let _ = writeln!(out, "    {line}");
    }
}

fn notes(out: &mut String, variants: &[OfVariant<SizeFacts>]) {
    for facts in variants {
        let words = match facts.of.names {
            NameSource::File => continue,
            NameSource::Twin => {
                "it has no symbol table: functions are named by its function table, variables by the same program linked with symbols"
            }
            NameSource::FunctionTable => {
                "it has no symbol table: functions are named by its function table; variables have no names and are in `headers, rest`"
            }
            NameSource::None => "nothing in it has a name: sections alone",
        };
        let _ = writeln!(out, "  {}: {words}", text::clean(&facts.variant));
    }
}

/// All of one variant.
fn details(out: &mut String, facts: &OfVariant<SizeFacts>, width: u16) {
    let mut rows = Vec::new();
    for class in &facts.of.classes {
        for part in &class.parts {
            rows.push(vec![text::clean(&class.words()), text::clean(&part.name), text::count(part.size.0)]);
        }
    }
    table(out, &facts.variant, ["for", "part", "bytes"], &rows, width);
    let section = |section: &crate::model::lab::size::SectionSize| {
        let inflated = section.inflated.map_or_else(|| "-".to_owned(), |size| text::count(size.0));
        vec![text::clean(&section.name), text::count(section.size.0), inflated]
    };
    let rows: Vec<Vec<String>> = facts.of.sections.iter().map(section).collect();
    table(out, &facts.variant, ["section", "bytes", "not compressed"], &rows, width);
    let symbol = |symbol: &crate::model::lab::size::SymbolSize| {
        let kind = if symbol.code { "function" } else { "variable" };
        vec![text::clean(&symbol.name), text::count(symbol.size.0), kind.to_owned()]
    };
    let rows: Vec<Vec<String>> = facts.of.symbols.iter().map(symbol).collect();
    table(out, &facts.variant, ["symbol", "bytes", "kind"], &rows, width);
}

fn table(out: &mut String, variant: &str, header: [&str; 3], rows: &[Vec<String>], width: u16) {
    let grid = Grid { header: &header, rows, first: CellAlignment::Left };
    let _ = writeln!(out, "\n  {}, by {}:\n{}", text::clean(variant), header[0], grid.render(width));
}
