//! Code, for a terminal.

use std::fmt::Write;

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::OfVariant;
use crate::model::lab::code::{
    AssemblyRow, CodeAnswer, CodeDifference, CodeFacts, FunctionDifference, Instruction, ProfileFacts,
};

/// Functions that are shown of each difference.
const SHOWN: usize = 8;
/// Instructions that are shown.
const SHOWN_ROWS: usize = 24;

pub(super) fn body(answer: &CodeAnswer, look: &Look) -> String {
    let rows: Vec<Vec<String>> = answer.variants.iter().map(row).collect();
    let header = [
        "variant",
        "functions",
        "inlinable",
        "inlined calls",
        "direct calls",
        "on the heap",
        "bounds checks",
        "nil checks",
        "code",
    ];
    let mut out = Grid { header: &header, rows: &rows, first: CellAlignment::Left }.render(look.width);
    out.push('\n');
    for difference in &answer.differences {
        differences(&mut out, difference, look);
    }
    for facts in &answer.variants {
        if let Some(profile) = &facts.of.profile {
            hot(&mut out, &facts.variant, profile, look);
        }
    }
    assembly(&mut out, answer, look);
    out
}

fn row(OfVariant { variant, of }: &OfVariant<CodeFacts>) -> Vec<String> {
    let totals = of.totals;
    let counts = [
        totals.functions,
        totals.inlinable,
        totals.inlined_calls,
        totals.devirtualized,
        totals.escapes,
        totals.bounds_checks,
        totals.nil_checks,
    ];
    let mut row = vec![text::clean(variant)];
    row.extend(counts.map(text::count));
    row.push(text::bytes(totals.code));
    row
}

fn differences(out: &mut String, OfVariant { variant, of }: &OfVariant<CodeDifference>, look: &Look) {
    let n_shown = if look.verbose { usize::MAX } else { SHOWN };
    let whole = if of.words.is_empty() { String::new() } else { format!(" {}", of.words.join("; ")) };
    paragraph(out, "  ", &format!("{variant}:{whole}"), look);
    for function in of.functions.iter().take(n_shown) {
        let FunctionDifference { name, file, line, words, .. } = function;
        let told = format!("`{}` {}:{line}: {}", text::short(name), last(file), words.join("; "));
        paragraph(out, "    ", &told, look);
    }
    more(out, of.functions.len().saturating_sub(n_shown));
}

fn hot(out: &mut String, variant: &str, profile: &ProfileFacts, look: &Look) {
    let n_shown = if look.verbose { usize::MAX } else { SHOWN };
    let from =
        profile.hot_from.map_or_else(String::new, |from| format!(" (from {from:.1} % of all samples on)"));
    paragraph(out, "  ", &format!("{variant}: calls that the profile has hot{from}:"), look);
    for call in profile.hot_calls.iter().take(n_shown) {
        let inlined = if call.inlined { "inlined" } else { "not inlined" };
        let (caller, callee) = (text::short(&call.caller), text::short(&call.callee));
        let told = format!(
            "{caller} -> {callee} at {}:{}, cost {}: {inlined}",
            last(&call.file),
            call.line,
            call.cost
        );
        paragraph(out, "    ", &told, look);
    }
    more(out, profile.hot_calls.len().saturating_sub(n_shown));
}

/// Machine code side by side, what is different of it unless all is wanted.
fn assembly(out: &mut String, answer: &CodeAnswer, look: &Look) {
    for OfVariant { variant, of } in &answer.variants {
        let Some(assembly) = &of.assembly else { continue };
        let name = text::short(&assembly.function);
        let twin = if assembly.from_twin { ", read from the same program linked with symbols" } else { "" };
        let told = match assembly.instructions.len() as u64 {
            0 => "no code of its own: inlined wherever it is used, or not used".to_owned(),
            n => format!("{}{twin}", text::counted(n, "instruction")),
        };
        paragraph(out, "  ", &format!("{variant}: `{name}`: {told}"), look);
    }
    let with_code = |variant: &str| {
        answer
            .of(variant)
            .and_then(|facts| facts.assembly.as_ref())
            .is_some_and(|code| !code.instructions.is_empty())
    };
    for OfVariant { variant, of } in &answer.differences {
        if let Some(rows) = of.assembly.as_ref().filter(|_| with_code(variant)) {
            beside(out, variant, rows, look);
        }
    }
    if let [OfVariant { of: CodeFacts { assembly: Some(assembly), .. }, .. }] = answer.variants.as_slice() {
        alone(out, &assembly.instructions, look);
    }
}

fn beside(out: &mut String, variant: &str, rows: &[AssemblyRow], look: &Look) {
    let differ = rows.iter().filter(|row| row.base != row.other).count();
    if differ == 0 {
        let _ = writeln!(out, "  {variant}: the same instructions as the reference's, line by line");
        return;
    }
    let n_shown = if look.verbose { usize::MAX } else { SHOWN_ROWS };
    let shown = rows.iter().filter(|row| look.verbose || row.base != row.other).take(n_shown);
    let width = (usize::from(look.width).saturating_sub(24) / 2).max(24);
    let _ = writeln!(out, "  {:<18}{:<width$}  {}", "line", "reference", text::clean(variant));
    for row in shown {
        let mark = if row.base == row.other { ' ' } else { '|' };
        let side = |text: &Option<String>| text.as_deref().map(text::clean).unwrap_or_default();
        let place = format!("{}:{}", row.file, row.line);
        let (base, other) = (side(&row.base), side(&row.other));
        let _ = writeln!(out, "  {:<18}{base:<width$}{mark} {other}", text::clean(&place));
    }
    more(out, if look.verbose { 0 } else { differ.saturating_sub(n_shown) });
}

fn alone(out: &mut String, instructions: &[Instruction], look: &Look) {
    let n_shown = if look.verbose { usize::MAX } else { SHOWN_ROWS };
    for one in instructions.iter().take(n_shown) {
        let place = format!("{}:{}", one.file, one.line);
        let _ = writeln!(out, "  {:<18}{}", text::clean(&place), text::clean(&one.text));
    }
    more(out, instructions.len().saturating_sub(n_shown));
}

fn more(out: &mut String, n_left: usize) {
    if n_left > 0 {
        let _ = writeln!(out, "    {n_left} more: --verbose");
    }
}

/// Text at a margin, broken between words.
fn paragraph(out: &mut String, margin: &str, words: &str, look: &Look) {
    let width = usize::from(look.width).saturating_sub(margin.len() + 2).max(40);
    for (index, line) in text::wrap(&text::clean(words), width).iter().enumerate() {
        let hanging = if index == 0 { "" } else { "  " };
        let _ = writeln!(out, "{margin}{hanging}{line}");
    }
}

fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}
