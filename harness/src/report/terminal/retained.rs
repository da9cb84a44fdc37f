//! Who holds what grows: the way from a root, one reference per line, and what would be freed.

use std::fmt::Write;

use super::{Look, text};
use crate::model::heap::{HeapCount, HeapRoot, PathStep, RootKind, SuspectKind};
use crate::model::{Nanoseconds, Per, Retained, RetainedGrowth, is_inside_of_map, readable_type};

/// Steps that are shown of each end of a path.
const STEPS: usize = 6;

pub(super) fn write(out: &mut String, retained: &Retained, look: &Look) {
    let _ = writeln!(out, "    {}", title(retained));
    let told = |step: &&PathStep| look.verbose || !step.type_name.as_deref().is_some_and(is_inside_of_map);
    let steps: Vec<&PathStep> = retained.path.steps.iter().filter(told).collect();
    let most = if look.verbose { steps.len() } else { STEPS };
    let skipped = steps.len().saturating_sub(2 * most);
    for (place, step) in steps.iter().enumerate() {
        if skipped > 0 && place == most {
            let words = format!("… {skipped} more, -v shows them");
            let _ = writeln!(out, "      {}", look.faint(&words));
        }
        if skipped == 0 || place < most || place >= most + skipped {
            let _ = writeln!(out, "      {}", look.faint(&text::clean(&self::step(step))));
        }
    }
    let cut = retained.retained.map(|count| freed(count, retained.looks_like));
    let grown = retained.growth.map(growth);
    let words: Vec<String> = cut.into_iter().chain(grown).collect();
    if !words.is_empty() {
        let _ = writeln!(out, "      {}", words.join("; "));
    }
    for other in &retained.others {
        let line = format!("also from {}: {}", other.name, count(other.held));
        let _ = writeln!(out, "      {}", look.faint(&text::clean(&line)));
    }
}

/// `held by global main.cache (cache.Cache): 450.0 KiB in 1,800 objects`
pub(in crate::report) fn title(retained: &Retained) -> String {
    let holder = root(&retained.path.root);
    let share =
        if retained.share < 99.95 { format!(" ({:.0}% of it)", retained.share) } else { String::new() };
    text::clean(&format!("held by {holder}: {}{share}", count(retained.held)))
}

pub(in crate::report) fn root(root: &HeapRoot) -> String {
    let typed =
        root.type_name.as_ref().map_or_else(String::new, |name| format!(" ({})", readable_type(name)));
    match (&root.kind, &root.goroutine) {
        (RootKind::Global, _) => format!("global {}{typed}", root.name),
        (_, Some(goroutine)) => {
            let who = match goroutine.alike {
                0 | 1 => format!("goroutine {}", goroutine.id),
                alike => format!("{alike} goroutines"),
            };
            let waits = match goroutine.wait_reason.as_str() {
                "" => String::new(),
                reason => format!(", {reason}"),
            };
            let (place, frame) = match root.kind {
                RootKind::Stack => ("by what looks like a pointer on the stack, in", &goroutine.function),
                _ => ("in a variable of", &goroutine.function),
            };
            format!("{who} of {}{waits}, {place} {}", text::short(&root.name), text::short(frame))
        }
        (RootKind::Goroutine, None) => format!("goroutine {}", root.name),
        (RootKind::Finalizer | RootKind::Timer | RootKind::Stack, _) => root.name.clone(),
        (RootKind::Runtime, _) => format!("the runtime: {}{typed}", root.name),
        (RootKind::Other, _) => root.name.clone(),
    }
}

/// `.entries  1,800 x *cache.entry, 256 B each  cache.go:44`
pub(in crate::report) fn step(step: &PathStep) -> String {
    let field = step.reference().unwrap_or_default();
    let what = step.type_name.as_ref().map(|name| readable_type(name));
    let what = what.unwrap_or_else(|| format!("{} B", step.object_size));
    let many = match step.count {
        0 | 1 => String::new(),
        n => format!("{} x ", text::count(n)),
    };
    let chain = if step.chain { ", each refers to the next" } else { "" };
    let site = step.site.as_ref().map_or_else(String::new, |frame| {
        let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
        format!("  made at {file}:{}", frame.line)
    });
    format!("{field}{}-> {many}{what}{chain}{site}", if field.is_empty() { "" } else { " " })
}

pub(in crate::report) fn freed(freed: HeapCount, looks_like: Option<SuspectKind>) -> String {
    let what = looks_like.map_or("without it", |kind| match kind {
        SuspectKind::Container => "a container that only grows; without it",
        SuspectKind::List => "a list that only grows; without it",
        SuspectKind::LargeObject => "one large object; without it",
        SuspectKind::SparseMap => "maps that are nearly empty and do not shrink; without them",
        SuspectKind::PinnedBlock => "small parts of large blocks, which keep the whole; without them",
        SuspectKind::Timers => "timers that were not stopped; without them",
        SuspectKind::FinalizerCycle => "a circle through a finalizer is never freed; without it",
        SuspectKind::BlockedGoroutines => "only blocked goroutines hold it; without them",
    });
    format!("{what} {} would be freed", count(freed))
}

pub(in crate::report) fn growth(growth: RetainedGrowth) -> String {
    let RetainedGrowth { gained, operations: (first, last), per } = growth;
    let passed = last.0.saturating_sub(first.0).max(1);
    let rate = text::bytes_per_op(gained.bytes as f64 / (passed as f64 / per.steps()));
    let rate = rate.replace("/op", &format!("/{}", per.unit()));
    match per {
        Per::Operation => format!("all that it keeps grew by {rate} between operations {first} and {last}"),
        Per::Iteration => format!("all that it keeps grew by {rate} between iterations {first} and {last}"),
        Per::Second | Per::Profile => {
            let apart = Nanoseconds(i64::try_from(passed).unwrap_or(i64::MAX).saturating_mul(1_000_000));
            format!("all that it keeps grew by {rate} between dumps that are {apart} apart")
        }
    }
}

pub(in crate::report) fn count(count: HeapCount) -> String {
    let noun = if count.objects.0 == 1 { "object" } else { "objects" };
    format!("{} in {} {noun}", text::bytes(count.bytes), text::count(count.objects.0))
}
