//! A flame graph as a page: click to zoom, search by a regular expression, hover for figures. One file, no network.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::color::color;
use super::layout::layout;
use super::svg::{legend, value};
use super::{Flame, escaped};
use crate::report::html::page::{fill, script_safe};

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
    let json = script_safe(serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned()));
    let frames = frames.trim_end_matches(',');
    fill(
        PAGE,
        &[
            ("title", &escaped(flame.title)),
            ("legend", &escaped(&legend(flame))),
            ("names", &json),
            ("frames", &format!("[{frames}]")),
        ],
    )
}
