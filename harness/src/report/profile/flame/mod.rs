//! Flame graphs: a picture of who calls whom, as wide as what was counted there.
//!
//! Input: the tree of calls. Output: an SVG picture, or an HTML page that can be zoomed and searched; both need nothing
//! else. Frames too narrow to be seen are left out, so that a large profile makes no large file. In a difference the
//! width is how much changed, and the colour (orange for growth, blue for shrinking, told apart by the colour-blind)
//! and a sign say which way.

mod color;
mod html;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

pub use html::html;
pub use svg::svg;

use crate::model::profile::FlameTree;

/// A picture to be made.
#[derive(Debug, Clone, Copy)]
pub struct Flame<'a> {
    /// The calls.
    pub tree: &'a FlameTree,
    /// What stands above it.
    pub title: &'a str,
    /// The sample type and its unit.
    pub sample_type: (&'a str, &'a str),
    /// It shows the difference of two profiles.
    pub is_diff: bool,
}

/// Text within XML or HTML, attribute values included. Characters that XML does not allow become visible.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::report::terminal::text::clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
