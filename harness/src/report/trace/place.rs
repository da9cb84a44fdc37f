//! Places in a program as people look for them: their own line first, and what it called.

use crate::model::trace::{CreationSite, StartGroup};
use crate::model::{Frame, ModuleTable, Owner};
use crate::report::terminal::text;

/// The line of a stack that says most to its author, with what the library called in it:
/// `main.serve  main.go:12`, `main.serve  main.go:12 (in net/http.(*Server).Serve)`.
pub(super) fn place(stack: &[Frame]) -> String {
    let modules = ModuleTable::default();
    let own = modules.user_frame(stack);
    let not_runtimes = || stack.iter().find(|frame| !is_runtimes_package(&frame.function));
    let Some(shown) = own.or_else(not_runtimes).or(stack.first()) else { return "(unknown)".to_owned() };
    match stack.iter().find(|frame| !is_runtimes_package(&frame.function)) {
        Some(inner) if inner != shown => {
            format!("{} (in {})", text::frame(shown), text::clean(text::short(&inner.function)))
        }
        _ => text::frame(shown),
    }
}

/// A system call or call to C: the function called, and the user's line.
pub(super) fn call(stack: &[Frame]) -> String {
    let Some(call) = stack.first() else { return "(made before the trace began, or by C)".to_owned() };
    let (place, name) = (place(stack), function(&call.function));
    if place.starts_with(&name) { place } else { format!("{name} by {place}") }
}

/// Lines for all frames of a stack.
pub(super) fn frames(stack: &[Frame]) -> Vec<String> {
    stack.iter().map(text::frame).collect()
}

/// Name of a function without the directories of its package.
pub(super) fn function(name: &str) -> String {
    text::clean(text::short(name))
}

/// A goroutine of the runtime (its collector, its tracer) or of the probe, by its start function.
pub(super) fn is_own(start: &str) -> bool {
    let main = start == "runtime.main";
    !main && matches!(ModuleTable::default().owner(start), Owner::Runtime | Owner::Probe)
}

/// All of a stack is the runtime's.
pub(super) fn is_runtimes(stack: &[Frame]) -> bool {
    let modules = ModuleTable::default();
    let runtimes = |frame: &Frame| {
        matches!(modules.owner(&frame.function), Owner::Runtime | Owner::Probe)
            && &*frame.function != "runtime.main"
    };
    !stack.is_empty() && stack.iter().all(runtimes)
}

fn is_runtimes_package(function: &str) -> bool {
    let modules = ModuleTable::default();
    function.is_empty()
        || modules.owner(function) == Owner::Runtime
        || ["sync.", "internal/sync.", "internal/poll."].iter().any(|package| function.starts_with(package))
}

/// Sites at which goroutines were made that had not ended at the end: where a leak would be. Those with most of them
/// first; without the runtime's own goroutines.
pub(super) fn never_ended(groups: &[StartGroup]) -> Vec<&CreationSite> {
    let of_user = groups.iter().filter(|group| !is_own(&group.start));
    let mut sites: Vec<&CreationSite> =
        of_user.flat_map(|group| &group.sites).filter(|site| site.lives.created_alive > 0).collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.lives.created_alive));
    sites
}
