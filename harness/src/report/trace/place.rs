//! Places in a program as people look for them: their own line first, and what it called.

use crate::model::trace::{CreationSite, StartGroup};
use crate::model::{Frame, ModuleTable, Owner};
use crate::report::terminal::text;

/// Where a goroutine is, by the line that says most to its author: the innermost one of the program, else the
/// outermost of the library. With what was called there: `main.serve  main.go:12 (in net/http.(*Server).Serve)`.
pub(in crate::report) fn place(stack: &[Frame]) -> String {
    let outermost = stack.iter().rev().find(|frame| !is_low(&frame.function));
    words(stack, ModuleTable::default().user_frame(stack).or(outermost))
}

/// Where a goroutine was made: the same, but of a library the line that has the `go`.
pub(super) fn creation(stack: &[Frame]) -> String {
    words(stack, ModuleTable::default().user_frame(stack))
}

fn words(stack: &[Frame], shown: Option<&Frame>) -> String {
    let inner = stack.iter().find(|frame| !is_low(&frame.function)).or(stack.first());
    match (shown.or(inner), inner) {
        (Some(shown), Some(inner)) if shown != inner => {
            format!("{} (in {})", text::frame(shown), function(&inner.function))
        }
        (Some(shown), _) => text::frame(shown),
        (None, _) => "(no stack)".to_owned(),
    }
}

/// A system call or call to C: the function called, and where.
pub(super) fn call(stack: &[Frame]) -> String {
    let Some(call) = stack.first() else { return "(since before the trace began, or by C)".to_owned() };
    let (place, name) = (place(stack), function(&call.function));
    if place.starts_with(&name) { place } else { format!("{name} by {place}") }
}

/// A wait: the runtime's word for its reason, and where.
pub(super) fn wait(reason: &str, stack: &[Frame]) -> String {
    match (reason, stack.is_empty()) {
        ("unknown", true) => "(since before the trace began)".to_owned(),
        ("unknown", false) => format!("(since before the trace began): {}", place(stack)),
        _ => format!("{}: {}", text::clean(reason), place(stack)),
    }
}

/// Lines for all frames of a stack.
pub(super) fn frames(stack: &[Frame]) -> Vec<String> {
    stack.iter().map(text::frame).collect()
}

/// Name of a function without the directories of its package.
pub(super) fn function(name: &str) -> String {
    // What the trace shows of the main goroutine: under package initialisers, and later.
    match matches!(name, "runtime.main" | "runtime.doInit1") {
        true => "the main goroutine".to_owned(),
        false => text::clean(text::short(name)),
    }
}

/// A goroutine of the runtime (its collector, its tracer), of package os/signal or of the probe, by its start
/// function: there in every program, and no work of its author.
pub(super) fn is_own(start: &str) -> bool {
    match start {
        "runtime.main" | "runtime.doInit1" => false,
        "os/signal.loop" => true,
        _ => matches!(ModuleTable::default().owner(start), Owner::Runtime | Owner::Probe),
    }
}

/// All of a stack is the runtime's, or it is the probe's doing.
pub(super) fn is_runtimes(stack: &[Frame]) -> bool {
    let modules = ModuleTable::default();
    let owner = |frame: &Frame| modules.owner(&frame.function);
    let of_main = |frame: &Frame| matches!(&*frame.function, "runtime.main" | "runtime.doInit1");
    let runtimes = |frame: &Frame| owner(frame) == Owner::Runtime && !of_main(frame);
    let signals = |frame: &Frame| &*frame.function == "os/signal.loop";
    stack.iter().any(|frame| owner(frame) == Owner::Probe || signals(frame))
        || (!stack.is_empty() && stack.iter().all(runtimes))
}

/// Called by everything that waits or calls the system: says little about where.
fn is_low(function: &str) -> bool {
    let packages = ["sync.", "internal/sync.", "internal/poll.", "syscall.", "internal/syscall/"];
    function.is_empty()
        || ModuleTable::default().owner(function) == Owner::Runtime
        || packages.iter().any(|package| function.starts_with(package))
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
