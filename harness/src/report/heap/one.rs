//! One object, one goroutine, the objects of one type or site.

use super::lists::count;
use super::path;
use super::sheet::Sheet;
use crate::model::heap::{GoroutineView, ObjectView, PathsView, Reference};
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
    references(sheet, "Referred to by", &view.referrers);
    references(sheet, "Refers to", &view.references);
}

fn references(sheet: &mut Sheet<'_>, title: &str, list: &[Reference]) {
    sheet.heading(title, "");
    if list.is_empty() {
        sheet.line("nothing");
    }
    list.iter().take(sheet.rows).for_each(|to| sheet.line(&reference(to)));
    sheet.more(list.len());
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
