//! The comparison for a terminal: what matters first, then each topic.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::table::Table;
use super::change::{Change, Unit, largest};
use super::{Per, Side, Topic, TraceDiff};
use crate::model::Nanoseconds;
use crate::report::Look;
use crate::report::terminal::text;

/// Rows of each topic.
const ROWS: usize = 8;
/// Changes below this part of all of their topic are left out.
const NEGLIGIBLE: f64 = 0.01;
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
    let (changed, unchanged): (Vec<&Topic>, Vec<&Topic>) =
        diff.topics.iter().partition(|topic| !telling(topic).is_empty());
    for one in changed {
        topic(&mut out, one, diff.per, top.unwrap_or(ROWS), look);
    }
    if !unchanged.is_empty() {
        let titles: Vec<String> = unchanged.iter().map(|topic| lower_first(&topic.title)).collect();
        let _ = writeln!(out, "\n{}", look.heading("Hardly changed"));
        for line in text::wrap(&titles.join("; "), usize::from(look.width).saturating_sub(2)) {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// Changes that are worth a row: not those of less than a hundredth of the topic. What should be gone in the end is
/// shown even if it did not change.
fn telling(topic: &Topic) -> Vec<Change> {
    let all: f64 = topic.changes.iter().map(|change| change.rate_a.max(change.rate_b)).sum();
    let is_telling = |change: &&Change| {
        change.matters
            || change.unit == Unit::Left
            || change.growth.abs() >= NEGLIGIBLE * all && change.growth != 0.0
    };
    topic.changes.iter().filter(is_telling).cloned().collect()
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
    let telling = telling(topic);
    for change in largest(&telling, rows) {
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
    let hidden = telling.len().saturating_sub(rows);
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

/// With as many digits as say something: `4,609`, `2.3`, `0.058`, `0.00088`.
fn rate(value: f64) -> String {
    match value {
        100.0.. => text::count(value.round() as u64),
        10.0.. => format!("{value:.1}"),
        0.01.. => text::rate(value),
        0.0 => "0".to_owned(),
        // Two digits after the zeros.
        _ => format!("{value:.*}", (1.0 - value.log10().floor()).clamp(0.0, 9.0) as usize),
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
        Unit::Bytes => format!("{}{per}", text::scaled(value)),
        Unit::Duration => text::span(Nanoseconds(value.round() as i64)),
        Unit::Size => text::scaled(value),
    }
}
