//! A flame graph as a page: click to zoom, search by a regular expression, hover for figures. One file, no network.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::color::color;
use super::layout::layout;
use super::svg::{legend, value};
use super::{Flame, escaped};

const PAGE: &str = include_str!("page.html");

/// Frames narrower than this part of all are left out: zooming in on their caller would show nothing either.
const NARROWEST: f64 = 1e-5;
/// Most frames of a page.
const MAX_FRAMES: usize = 60_000;

/// Renders the page.
#[must_use]
pub fn html(flame: &Flame<'_>) -> String {
    let total = flame.tree.nodes.first().map_or(0, |root| root.width);
    let mut narrowest = (total as f64 * NARROWEST) as u64;
    let mut slots = layout(flame.tree, narrowest);
    while slots.len() > MAX_FRAMES {
        narrowest = narrowest.saturating_mul(2).max(1);
        slots = layout(flame.tree, narrowest);
    }
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut list: Vec<&str> = Vec::new();
    let mut frames = String::new();
    for slot in &slots {
        let node = &flame.tree.nodes[slot.node];
        let name = *names.entry(&node.name).or_insert_with(|| {
            list.push(&node.name);
            list.len() - 1
        });
        let (red, green, blue) = color(flame, node);
        let sign = if flame.is_diff { node.value.signum() } else { 0 };
        // Numbers beyond 2^53 would lose digits there: columns are parts of the whole, values are texts.
        let place = |units: u64| 1e6 * units as f64 / total.max(1) as f64;
        let _ = write!(
            frames,
            "[{},{:.2},{:.2},{name},\"{}\",\"{red:02x}{green:02x}{blue:02x}\",{sign}],",
            slot.depth,
            place(slot.left),
            place(slot.width),
            value(flame, node),
        );
    }
    let list: Vec<String> = list.iter().map(|name| crate::report::terminal::text::clean(name)).collect();
    // `<` and the line ends of JavaScript could end the script or a string in it.
    let json = serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned());
    let json = json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    let frames = frames.trim_end_matches(',');
    fill(&[
        ("title", &escaped(flame.title)),
        ("legend", &escaped(&legend(flame))),
        ("names", &json),
        ("frames", &format!("[{frames}]")),
    ])
}

/// Fills the page's `{{words}}`, each once, without looking at what was filled in.
fn fill(words: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (word, after) = after.split_once("}}").unwrap_or((after, ""));
        let text = words.iter().find(|(name, _)| *name == word).map_or("", |(_, text)| text);
        out.push_str(text);
        rest = after;
    }
    out + rest
}
