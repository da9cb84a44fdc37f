//! A flame graph as a picture. Names that do not fit are shortened in it and whole in the tooltip.

use std::fmt::Write as _;

use super::color::color;
use super::layout::{Slot, layout};
use super::{Flame, escaped};
use crate::model::profile::{FlameNode, units};
use crate::report::terminal::text;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 10.0;
const ROW: f64 = 18.0;
const TOP: f64 = 44.0;
/// Of a letter, on average, in the font below.
const LETTER: f64 = 6.7;
/// Frames narrower than this cannot be seen.
const NARROWEST: f64 = 0.3;

/// Renders the picture: callers above what they call.
#[must_use]
pub fn svg(flame: &Flame<'_>) -> String {
    let total = flame.tree.nodes.first().map_or(0, |root| root.width);
    let scale = (WIDTH - 2.0 * MARGIN) / total.max(1) as f64;
    let slots = layout(flame.tree, (NARROWEST / scale).ceil() as u64);
    let depth = slots.iter().map(|slot| slot.depth).max().unwrap_or(0);
    let height = TOP + ROW * f64::from(depth + 1) + MARGIN;
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" \
         height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"ui-monospace, Menlo, Consolas, \
         'DejaVu Sans Mono', monospace\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"18\" font-size=\"14\">{}</text>\n<text x=\"{MARGIN}\" y=\"34\" fill=\"#555555\">{}</text>\n",
        escaped(flame.title),
        escaped(&legend(flame)),
    );
    for slot in &slots {
        frame(&mut out, flame, slot, scale, total);
    }
    out.push_str("</svg>\n");
    out
}

/// What widths and colours mean.
pub(super) fn legend(flame: &Flame<'_>) -> String {
    let root = flame.tree.nodes.first().cloned().unwrap_or_default();
    let (kind, _) = flame.sample_type;
    match flame.is_diff {
        true => format!(
            "{kind}: {}. Width: how much changed. Orange (+) grew, blue (-) shrank.",
            value(flame, &root)
        ),
        false => format!("{kind}: {}", value(flame, &root)),
    }
}

/// A frame's value with its sign, if signs mean something.
pub(super) fn value(flame: &Flame<'_>, node: &FlameNode) -> String {
    let sign = if flame.is_diff && node.value > 0 { "+" } else { "" };
    format!("{sign}{}", units::label(node.value, flame.sample_type.1, "auto"))
}

fn frame(out: &mut String, flame: &Flame<'_>, slot: &Slot, scale: f64, total: u64) {
    let node = &flame.tree.nodes[slot.node];
    let (x, y) = (MARGIN + slot.left as f64 * scale, TOP + ROW * f64::from(slot.depth));
    let width = slot.width as f64 * scale;
    let (red, green, blue) = color(flame, node);
    let part = 100.0 * slot.width as f64 / total.max(1) as f64;
    let _ = write!(
        out,
        "<g><title>{}: {} ({part:.2}%)</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{}\" \
         fill=\"#{red:02x}{green:02x}{blue:02x}\" rx=\"1\"/>",
        escaped(&node.name),
        escaped(&value(flame, node)),
        (width - 0.4).max(0.2),
        ROW - 1.0,
    );
    let mark = match (flame.is_diff, node.value.signum()) {
        (true, 1) => "+ ",
        (true, -1) => "- ",
        _ => "",
    };
    if let Some(name) = fitting(&format!("{mark}{}", text::short(&node.name)), (width - 6.0) / LETTER) {
        let _ = write!(out, "<text x=\"{:.2}\" y=\"{}\">{}</text>", x + 3.0, y + 12.5, escaped(&name));
    }
    out.push_str("</g>\n");
}

/// As much of a name as fits; none if that would say nothing.
fn fitting(name: &str, letters: f64) -> Option<String> {
    // Saturates at 0 for what is too narrow.
    let letters = letters as usize;
    if name.chars().count() <= letters {
        return Some(name.to_owned());
    }
    (letters >= 4).then(|| name.chars().take(letters - 1).chain(['…']).collect())
}
