//! Size, for a terminal.

use comfy_table::CellAlignment;

use super::super::Look;
use super::super::terminal::{grid::Grid, text};
use crate::model::lab::size::SizeAnswer;

/// Sections that are shown of each variant.
const SHOWN: usize = 5;

pub(super) fn body(answer: &SizeAnswer, look: &Look) -> String {
    let shown = if look.verbose { usize::MAX } else { SHOWN };
    let mut rows = Vec::new();
    for facts in &answer.variants {
        for section in facts.of.sections.iter().take(shown) {
            rows.push(vec![
                text::clean(&facts.variant),
                text::clean(&section.name),
                text::bytes(section.size),
            ]);
        }
    }
    Grid { header: &["variant", "section", "size"], rows: &rows, first: CellAlignment::Left }
        .render(look.width)
}
