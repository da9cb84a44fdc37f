//! The comparison for a terminal: what matters first, then each topic.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::table::Table;
use super::change::{Change, Unit, largest};
use super::{Per, Side, Topic, TraceDiff};
use crate::model::{Bytes, Nanoseconds};
use crate::report::Look;
use crate::report::terminal::text;

/// Rows of each topic.
const ROWS: usize = 8;
/// Changes named at the top.
const MATTERS: usize = 8;

/// Renders the comparison. `top` is the number of rows of each list.
#[must_use]
pub fn to_terminal(diff: &TraceDiff, top: Option<usize>, look: &Look) -> String {
    let mut out = String::new();
    side(&mut out, "A", &diff.a, diff.per, look);
    side(&mut out, "B", &diff.b, diff.per, look);
    if diff.per == Per::Second {
        let hint =
            "figures are per second; --ops N makes them per operation of the workload, which compares better";
        for line in text::wrap(hint, usize::from(look.width).saturating_sub(2)) {
            let _ = writeln!(out, "  {}", look.faint(&line));
        }
    }
    matters(&mut out, diff, look);
    for one in &diff.topics {
        topic(&mut out, one, diff.per, top.unwrap_or(ROWS), look);
    }
    out
}

fn side(out: &mut String, name: &str, side: &Side, per: Per, look: &Look) {
    let mut line = format!(
        "{} {}: {}, {}",
        look.heading(name),
        text::clean(&side.file),
        text::span(side.duration),
        text::counted(side.events, "event")
    );
    if per == Per::Operation {
        let _ = write!(line, ", {:.0} operations", side.divisor);
    }
    if side.problems > 0 {
        let _ = write!(line, "; not whole, {}", text::counted(side.problems, "problem"));
    }
    let _ = writeln!(out, "{line}");
}

fn matters(out: &mut String, diff: &TraceDiff, look: &Look) {
    let all: Vec<(&Topic, &Change)> = diff.that_matter().collect();
    if all.is_empty() {
        let _ = writeln!(out, "\n{}", look.heading("Nothing grew that matters"));
        return;
    }
    let _ = writeln!(out, "\n{}", look.heading("What grew and matters"));
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    for (topic, change) in all.iter().take(MATTERS) {
        let growth = look.paint(style, &signed(change, diff.per));
        let factor = factor(change);
        let _ =
            writeln!(out, "  {growth} ({factor})  {}:\n      {}", lower_first(&topic.title), change.subject);
    }
    if all.len() > MATTERS {
        let _ = writeln!(out, "  … {} more, marked with * below", all.len() - MATTERS);
    }
}

fn lower_first(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map(|first| first.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn topic(out: &mut String, topic: &Topic, per: Per, rows: usize, look: &Look) {
    let _ = writeln!(out, "\n{}", look.heading(&topic.title));
    let mut table = Table::new(["", "A", "B", "growth", "", "of"]);
    for change in largest(&topic.changes, rows) {
        let mark = if change.matters { "*" } else { "" };
        let figures = [
            mark.to_owned(),
            figure(change.rate_a, change.unit, per),
            figure(change.rate_b, change.unit, per),
            signed(change, per),
            factor(change),
        ];
        table.row(figures, change.subject.clone()).details = change.details.clone();
    }
    table.write(out, look);
    let hidden = topic.changes.len().saturating_sub(rows);
    if hidden > 0 {
        let _ = writeln!(out, "  {}", look.faint(&format!("… {hidden} that changed less, --top N shows N")));
    }
}

fn signed(change: &Change, per: Per) -> String {
    if change.growth == 0.0 {
        return "same".to_owned();
    }
    let sign = if change.growth < 0.0 { "-" } else { "+" };
    format!("{sign}{}", figure(change.growth.abs(), change.unit, per))
}

fn factor(change: &Change) -> String {
    match change.factor {
        None => "new".to_owned(),
        Some(0.0) => "gone".to_owned(),
        Some(1.0) => String::new(),
        Some(factor) if factor >= 10.0 => format!("x{factor:.0}"),
        Some(factor) => format!("x{factor:.2}"),
    }
}

/// With as many digits as say something: `4,609`, `2.3`, `0.058`.
fn rate(value: f64) -> String {
    match value {
        100.0.. => text::count(value.round() as u64),
        10.0.. => format!("{value:.1}"),
        _ => text::rate(value),
    }
}

/// A figure with its unit.
fn figure(value: f64, unit: Unit, per: Per) -> String {
    let per = match per {
        Per::Operation => "/op",
        Per::Second => "/s",
    };
    // Casts saturate; digits below the unit mean nothing for times of this size.
    match unit {
        Unit::Left | Unit::Count => format!("{}{per}", rate(value)),
        Unit::Time => format!("{}{per}", text::span(Nanoseconds(value.round() as i64))),
        Unit::Bytes => format!("{}{per}", text::bytes(Bytes(value.round() as u64))),
        Unit::Duration => text::span(Nanoseconds(value.round() as i64)),
        Unit::Size => text::bytes(Bytes(value.round() as u64)),
    }
}
