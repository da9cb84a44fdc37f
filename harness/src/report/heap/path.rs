//! A path, one reference per line: how many objects, of which size and type, allocated where.

use super::sheet::Sheet;
use crate::model::heap::{HeapRoot, PathStep, RetainingPath, RootKind};
use crate::model::{Bytes, readable_type};
use crate::report::terminal::text;

/// A root in a few words.
pub(super) fn root(root: &HeapRoot) -> String {
    let type_name =
        root.type_name.as_ref().map(|name| format!(" ({})", readable_type(name))).unwrap_or_default();
    let words = match (root.kind, &root.goroutine) {
        (_, Some(goroutine)) => {
            let wait = match goroutine.wait_reason.as_str() {
                "" => String::new(),
                reason => format!(" [{reason}]"),
            };
            let which = match goroutine.alike {
                0 | 1 => format!("goroutine {}", goroutine.id),
                n => format!("{} goroutines such as {}", text::count(n), goroutine.id),
            };
            let within = match goroutine.function == root.name {
                true => String::new(),
                false => format!(", in {}", text::short(&goroutine.function)),
            };
            let how = if root.kind == RootKind::Stack { " (by a word on its stack)" } else { "" };
            format!("{which}{wait} {}{within}{how}", text::short(&root.name))
        }
        (RootKind::Global, None) => format!("global {}{type_name}", root.name),
        (RootKind::Runtime, None) => format!("runtime's {}{type_name}", root.name),
        _ => root.name.clone(),
    };
    text::clean(&words)
}

/// What an object is: type, or size, and where it was allocated.
pub(super) fn object(step: &PathStep) -> String {
    let what = step.type_name.as_ref().map_or_else(|| "?".to_owned(), |name| readable_type(name));
    let site = step.site.as_ref().map(|site| format!("  {}", text::frame(site))).unwrap_or_default();
    format!("{}{site}", text::clean(&what))
}

/// The path, below what it explains. `point` is the step to mark.
pub(super) fn write(sheet: &mut Sheet<'_>, path: &RetainingPath, point: Option<u32>) {
    sheet.raw(&format!("      {}", root(&path.root)));
    let figures: Vec<(String, String)> = path.steps.iter().map(figures).collect();
    let widest = |pick: fn(&(String, String)) -> &String| {
        figures.iter().map(|figure| pick(figure).chars().count()).max().unwrap_or(0)
    };
    let (counts, sizes) = (widest(|figure| &figure.0), widest(|figure| &figure.1));
    for (number, (step, (count, size))) in path.steps.iter().zip(&figures).enumerate() {
        let field = step.reference().map(|field| format!("{} ", text::clean(&field))).unwrap_or_default();
        let mark = if point == Some(number as u32) { "  <- accumulates here" } else { "" };
        let chain = if step.chain { "  (chain)" } else { "" };
        let what = object(step);
        sheet.raw(&format!("       -> {count:>counts$}  {size:>sizes$}  {field}{what}{chain}{mark}"));
    }
}

fn figures(step: &PathStep) -> (String, String) {
    let count = if step.count == 1 { String::new() } else { format!("×{}", text::count(step.count)) };
    (count, bytes(step.object_size))
}

pub(super) fn bytes(size: Bytes) -> String {
    text::bytes(size)
}
