//! The page: what the profile is, all its totals, and where most is.

use std::fmt::Write as _;

use super::text::{Text, base, time};
use crate::model::profile::{ProfileGraph, units};
use crate::report::Look;
use crate::report::terminal::text;

/// Renders the page. `files` is how the profile came about, in words.
#[must_use]
pub fn page(files: &str, shown: &Text<'_>, graph: &ProfileGraph, look: &Look) -> String {
    let facts = shown.facts;
    let mut out = format!("{}\n", look.heading(&text::clean(files)));
    let mut words = Vec::new();
    if !facts.program.is_empty() {
        words.push(format!("of {}", text::clean(base(&facts.program))));
    }
    if facts.time != 0 {
        words.push(format!("taken {}", time(facts.time)));
    }
    if facts.duration != 0 {
        words.push(format!("over {}", units::label(facts.duration, "nanoseconds", "auto")));
    }
    words.push(text::counted(facts.samples, "sample"));
    if !facts.period.is_empty() {
        words.push(format!("one per {}", text::clean(&facts.period)));
    }
    let _ = writeln!(out, "  {}\n", words.join(", "));
    let width = facts.sample_types.iter().map(|one| one.kind.chars().count()).max().unwrap_or(0);
    for (at, one) in facts.sample_types.iter().enumerate() {
        let value = text::clean(&units::label(one.sum, &one.unit, "auto"));
        let mark = if at == facts.shown { "  shown below" } else { "" };
        let _ = writeln!(out, "  {:<width$}  {value:>12}{}", text::clean(&one.kind), look.faint(mark));
    }
    for (name, expression) in shown.filters {
        let _ = writeln!(out, "  {name}={}", text::clean(expression));
    }
    let unit = shown.unit_of(graph);
    let head = format!("{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum");
    let _ = writeln!(out, "\n{}", look.faint(&head));
    shown.rows(&mut out, &graph.nodes, &unit);
    let hidden = (graph.before_count + graph.dropped).saturating_sub(graph.nodes.len());
    if hidden > 0 {
        let more =
            format!("… {} with less; --top shows more, --peek NAME who calls it", text::count(hidden as u64));
        let _ = writeln!(out, "  {}", look.faint(&more));
    }
    out
}
