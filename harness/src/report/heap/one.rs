//! One object, one goroutine, the objects of one type or site.

use super::lists::count;
use super::path;
use super::sheet::Sheet;
use crate::model::heap::{GoroutineView, ObjectView, PathStep, PathsView, Reference};
use crate::report::terminal::text;

pub(super) fn object(sheet: &mut Sheet<'_>, view: &ObjectView) {
    sheet.heading(&format!("Object {}", view.address), "");
    sheet.line(&format!(
        "{} of {}, retains {}",
        path::object(&view.object),
        text::bytes(view.object.object_size),
        text::bytes(view.retained)
    ));
    if !view.reachable {
        sheet.line("no root leads to it: garbage, or a free slot");
    }
    if !view.stack.is_empty() {
        sheet.heading("Allocated at", "");
        view.stack.iter().for_each(|frame| sheet.line(&text::frame(frame)));
    }
    if let Some(held) = &view.path {
        sheet.heading("A shortest path to it", "");
        path::write(sheet, held, None);
    }
    if let Some(dominator) = &view.dominator {
        sheet.heading("It goes when this goes", "");
        sheet.line(&reference(dominator));
    }
    references(sheet, ("Referred to by", "in"), &view.referrers, view.n_referrers);
    references(sheet, ("Refers to", "by"), &view.references, view.n_references);
}

/// `place` is the word before the field: `in` the other's, or `by` its own. The list has the first of `n` at least.
fn references(sheet: &mut Sheet<'_>, (title, place): (&str, &str), list: &[Reference], n: u64) {
    sheet.heading(title, "");
    if list.is_empty() {
        sheet.line("nothing");
    }
    for to in list.iter().take(sheet.rows) {
        let field = match to {
            Reference::Object { object, .. } => field(object),
            Reference::Root(_) => None,
        };
        let field = field.map(|field| format!(", {place} {field}")).unwrap_or_default();
        sheet.line(&format!("{}{field}", reference(to)));
    }
    sheet.more(list.len());
    let listed = list.len() as u64;
    if n > listed {
        sheet.faint(&format!("the first {} of {}: more are not listed", text::count(listed), text::count(n)));
    }
}

/// The field, or the offset where there is no type.
fn field(step: &PathStep) -> Option<String> {
    let offset = || step.offset.map(|offset| format!("offset {offset}"));
    step.field.as_deref().map(text::clean).or_else(offset)
}

fn reference(reference: &Reference) -> String {
    match reference {
        Reference::Root(root) => path::root(root),
        Reference::Object { address, object, retained } => format!(
            "{address}  {}  {}, retains {}",
            text::bytes(object.object_size),
            path::object(object),
            text::bytes(*retained)
        ),
    }
}

pub(super) fn goroutine(sheet: &mut Sheet<'_>, view: &GoroutineView) {
    sheet.heading(&path::root(&view.root), "");
    sheet.line(&format!("holds {} that nothing else does", count(view.retained)));
    if let Some(goroutine) = &view.root.goroutine {
        sheet.heading("Stack", "");
        goroutine.stack.iter().for_each(|function| sheet.line(function));
    }
    sheet.heading("What its frames refer to", "");
    if view.references.is_empty() {
        sheet.line("nothing on the heap");
    }
    for (function, to) in view.references.iter().take(sheet.rows) {
        sheet.line(&format!("{}: {}", text::short(function), reference(to)));
    }
    sheet.more(view.references.len());
}

pub(super) fn paths(sheet: &mut Sheet<'_>, view: &PathsView) {
    sheet.heading(
        &text::clean(&format!("Objects of types and sites with `{}` in their name", view.pattern)),
        "",
    );
    if view.matches.is_empty() {
        sheet.line("none; types and sites are listed by --types and --sites");
        return;
    }
    sheet.line(&format!(
        "{}: {}",
        count(view.held),
        view.matches.iter().take(sheet.rows).cloned().collect::<Vec<_>>().join("; ")
    ));
    for held in view.paths.iter().take(sheet.rows) {
        sheet.line("");
        sheet.line(&format!("{} held by", count(held.held)));
        path::write(sheet, held, None);
    }
    sheet.more(view.paths.len());
}
