//! A suspect in one sentence.

use super::views::{Pinned, Slots};
use crate::model::heap::{Accumulated, HeapCount, HeapGrowth, HeapRoot, PathStep, RootKind, SuspectKind};
use crate::model::{Bytes, Frame, binary_units, is_inside_of_map};

/// What a sentence is made of.
pub(super) struct Words<'a> {
    pub(super) kind: SuspectKind,
    pub(super) root: &'a HeapRoot,
    /// Not one root alone has it: the path is one of several ways to it.
    pub(super) shared: bool,
    pub(super) point: Option<PathStep>,
    /// By which field the point, or the global if there is none, leads on.
    pub(super) field: Option<&'a str>,
    pub(super) children: &'a Accumulated,
    pub(super) child_site: Option<Frame>,
    pub(super) retained: HeapCount,
    pub(super) growth: Option<HeapGrowth>,
    pub(super) pinned: Pinned,
    pub(super) slots: Slots,
}

/// Who holds how much, and what.
pub(super) fn sentence(words: &Words<'_>) -> String {
    let root = who(words.root, words.field.filter(|_| words.point.is_none()).unwrap_or_default());
    let who = match words.shared {
        true => format!("several roots together, among them {root}, hold"),
        false => format!("{root} {}", if is_plural(words.root) { "hold" } else { "holds" }),
    };
    let how_much = how_much(words);
    let children = children(words);
    let through = through(words);
    match words.kind {
        SuspectKind::Container => format!("{who} {how_much}: {children}{through}"),
        SuspectKind::List => format!("{who} {how_much}: a chain of {children}{through}"),
        SuspectKind::LargeObject => format!("{who} {how_much}, most of it in one object: {children}"),
        SuspectKind::SparseMap => {
            let Slots { all, set } = words.slots;
            format!(
                "{who} {how_much} in a map that is nearly empty ({} of {} places in its tables are in use; deleting does not shrink a map): {children}",
                count(set),
                count(all)
            )
        }
        SuspectKind::PinnedBlock => {
            let Pinned { blocks, bytes, viewed } = words.pinned;
            format!(
                "{who} {how_much}: {} of {} in all {} pinned by sub-slices or substrings that see about {} of them{}",
                counted(blocks, "block"),
                binary_units(bytes as f64),
                if blocks == 1 { "is" } else { "are" },
                binary_units(viewed as f64),
                site(words),
            )
        }
        SuspectKind::Timers => format!("timers that were not stopped hold {how_much}: {children}"),
        SuspectKind::FinalizerCycle => format!(
            "objects with finalizers that refer to each other (they are never freed) hold {how_much}: {children}"
        ),
        SuspectKind::BlockedGoroutines => format!("{who} {how_much}: {children}{through}"),
    }
}

fn is_plural(root: &HeapRoot) -> bool {
    let several = root.goroutine.as_ref().is_some_and(|goroutine| goroutine.alike > 1);
    several
        || matches!(
            (root.kind, &root.goroutine),
            (RootKind::Finalizer | RootKind::Timer | RootKind::Stack | RootKind::Other, None)
        )
}

fn who(root: &HeapRoot, field: &str) -> String {
    match (root.kind, &root.goroutine) {
        (_, Some(goroutine)) => {
            let wait = match goroutine.wait_reason.as_str() {
                "" => String::new(),
                reason => format!(" [{reason}]"),
            };
            match goroutine.alike {
                0 | 1 => format!("goroutine {}{wait} in `{}`", goroutine.id, goroutine.function),
                n => format!("{}{wait} in `{}`", counted(n, "goroutine"), goroutine.function),
            }
        }
        (RootKind::Global, None) => format!("global `{}{field}`", root.name),
        (RootKind::Runtime, None) => format!("the runtime's `{}`", root.name),
        (_, None) => root.name.clone(),
    }
}

fn how_much(words: &Words<'_>) -> String {
    let HeapCount { objects, bytes } = words.retained;
    let grown = match words.growth {
        Some(HeapGrowth { bytes, .. }) if bytes >= 0 => format!(" (+{})", binary_units(bytes as f64)),
        Some(HeapGrowth { bytes, .. }) => format!(" (-{})", binary_units(bytes.unsigned_abs() as f64)),
        None => String::new(),
    };
    format!("{}, {}{grown}", counted(objects.0, "object"), text(bytes))
}

fn children(words: &Words<'_>) -> String {
    let Accumulated { type_name, object_size, held, .. } = words.children;
    let what = match type_name {
        Some(name) => format!("`{name}`"),
        None if held.objects.0 == 1 => format!("one of {}", text(*object_size)),
        None => format!("objects of {}", text(*object_size)),
    };
    let n = if held.objects.0 == 1 { String::new() } else { format!("{} ", count(held.objects.0)) };
    format!("{n}{what}{}", site(words))
}

fn site(words: &Words<'_>) -> String {
    match &words.child_site {
        Some(frame) => format!(" allocated at {frame}"),
        None => String::new(),
    }
}

fn through(words: &Words<'_>) -> String {
    let type_name = words.point.as_ref().and_then(|point| point.type_name.as_ref());
    // A map's insides say nothing that the map does not.
    let type_name = type_name.filter(|name| !is_inside_of_map(name));
    let field = words.field.map_or_else(String::new, |field| format!("`{field}` of "));
    type_name.map_or_else(String::new, |name| format!(", through {field}`{name}`"))
}

fn text(bytes: Bytes) -> String {
    binary_units(bytes.0 as f64)
}

fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}
