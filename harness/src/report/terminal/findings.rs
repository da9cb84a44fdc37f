//! Findings with their evidence.

use std::fmt::Write;

use super::{Look, ages, retained, text};
use crate::baseline::{AcceptedFinding, Reproduction, Standing};
use crate::model::{Bytes, Confidence, Evidence, Finding, Frame, LeakKind, ModuleTable, Owner};
use crate::report::{Report, ReportedFinding};

/// Points of a series that are shown.
const SERIES: usize = 8;
/// Runs from which on it is told how many of them showed a leak, even if all did.
const MANY_RUNS: u32 = 5;
/// Frames of a stack that are shown.
const FRAMES: usize = 6;

pub(super) fn write(out: &mut String, report: &Report, look: &Look) {
    for index in 0..report.findings.len() {
        let _ = writeln!(out);
        write_one(out, report, index, look);
    }
    fixed(out, report, look);
}

pub(super) fn write_one(out: &mut String, report: &Report, index: usize, look: &Look) {
    let Some(finding) = report.findings.get(index) else { return };
    let modules = report.variants.iter().find_map(|variant| Some(variant.build.as_ref()?.modules.clone()));
    let modules = modules.unwrap_or_default();
    headline(out, finding, report, look);
    let _ = writeln!(out, "  {}", text::clean(&finding.group.finding.sentence));
    by_variant(out, finding);
    reproduced(out, finding, report);
    decided(out, finding);
    for evidence in &finding.group.finding.evidence {
        self::evidence(out, evidence, &modules, look);
    }
    confidence(out, &finding.group.finding, look);
    let print = format!("fingerprint {}", finding.group.finding.fingerprint);
    let _ = writeln!(out, "    {}", look.faint(&text::clean(&print)));
}

/// What somebody decided about a finding.
pub(in crate::report) fn decided(out: &mut String, finding: &ReportedFinding) {
    let compared = &finding.compared;
    let mut lines = Vec::new();
    if let Some(accepted) = compared.accepted.as_ref() {
        let words = match (&accepted.note, accepted.expires) {
            (Some(note), Some(day)) => Some(format!("accepted until {day}: {note}")),
            (Some(note), None) => Some(format!("accepted: {note}")),
            (None, Some(day)) => Some(format!("accepted until {day}")),
            (None, None) => None,
        };
        lines.extend(words);
    }
    if let Some(rejected) = &compared.rejected {
        let note = rejected.note.as_deref().unwrap_or("it has to be mended");
        lines.push(format!("rejected: {note}"));
    }
    lines.extend(compared.why.as_ref().map(|why| format!("does not judge: {why}")));
    for line in lines {
        let _ = writeln!(out, "    {}", text::clean(&line));
    }
}

fn fixed(out: &mut String, report: &Report, look: &Look) {
    for fixed in &report.fixed {
        let words = format!("fixed  {} leak at {} {}", fixed.kind.word(), fixed.site, fixed.place);
        let _ = writeln!(out, "\n{}", look.heading(&text::clean(&words)));
        let _ = writeln!(
            out,
            "  accepted before, not found in the variants that were run; `harness baseline accept --prune` drops it"
        );
    }
}

fn headline(out: &mut String, reported: &ReportedFinding, report: &Report, look: &Look) {
    let finding = &reported.group.finding;
    let growth = growth(finding);
    let since = finding.since_cycle.map(|cycle| format!("  since GC cycle {cycle}")).unwrap_or_default();
    let known = !finding.file.is_empty();
    let place = if known { format!("  {}:{}", finding.file, finding.site.line) } else { String::new() };
    let site = format!("{}  {}{place}", finding.kind.word(), text::short(&finding.site.function));
    let (site, standing) = (look.heading(&text::clean(&site)), standing(reported, report.has_baseline));
    let (seen, all) = (reported.group.variants.len(), report.variants.len());
    let seen = match &finding.test {
        Some(test) => format!("  [{}]", text::clean(test)),
        None if report.inputs.is_empty() => format!("  [{seen}/{all} variants]"),
        None => String::new(),
    };
    let _ = writeln!(out, "{site}  {growth}{since}  {standing}{seen}");
}

/// `+256 B/op  +1 objects/op`
pub(in crate::report) fn growth(finding: &Finding) -> String {
    let growth = &finding.growth;
    let words = match finding.kind {
        LeakKind::Heap => {
            let objects = text::rate(growth.objects_per_op);
            format!("{}  +{objects} objects/op", text::bytes_per_op(growth.bytes_per_op))
        }
        LeakKind::Goroutine if growth.objects_per_op == 0.0 && proved(finding) > 0 => {
            return format!("{} goroutines", proved(finding));
        }
        _ => per_op(finding.kind, growth.bytes_per_op, growth.objects_per_op),
    };
    words.replace("/op", &format!("/{}", growth.per.unit()))
}

/// Goroutines that the runtime proved to be blocked for good.
fn proved(finding: &Finding) -> u64 {
    let count = |evidence: &Evidence| match evidence {
        Evidence::Blocked { proved: true, count, .. } => *count,
        _ => 0,
    };
    finding.evidence.iter().map(count).sum()
}

/// What makes a leak large or small: bytes, or what its class counts.
pub(in crate::report) fn per_op(kind: LeakKind, bytes: f64, objects: f64) -> String {
    if kind.is_bytes() {
        text::bytes_per_op(bytes)
    } else {
        format!("+{} {}/op", text::rate(objects), kind.unit())
    }
}

pub(in crate::report) fn standing(reported: &ReportedFinding, has_baseline: bool) -> String {
    let was = |known: &AcceptedFinding| per_op(known.kind, known.bytes_per_op, known.objects_per_op);
    let was = reported.compared.accepted.as_ref().map(was).unwrap_or_default();
    match (reported.compared.standing, reported.expected) {
        (Standing::ThirdParty, _) => "third-party".to_owned(),
        (Standing::Suppressed, _) => "suppressed".to_owned(),
        (Standing::Expired, _) => "EXPIRED".to_owned(),
        (Standing::New, true) => "expected".to_owned(),
        (Standing::New, false) if has_baseline => "NEW".to_owned(),
        (Standing::New, false) => "UNEXPECTED".to_owned(),
        (Standing::Known, _) => "known".to_owned(),
        (Standing::Better, _) => format!("known, slower than {was}"),
        (Standing::Worse, _) => format!("WORSE than {was}"),
    }
}

/// Growth in each variant, where they differ.
pub(in crate::report) fn by_variant(out: &mut String, reported: &ReportedFinding) {
    let kind = reported.group.finding.kind;
    let mut shown: Vec<(String, Vec<&str>)> = Vec::new();
    for one in &reported.group.by_variant {
        let rate = per_op(kind, one.growth.bytes_per_op, one.growth.objects_per_op);
        match shown.iter_mut().find(|(words, _)| *words == rate) {
            Some((_, variants)) => variants.push(&one.variant),
            None => shown.push((rate, vec![&one.variant])),
        }
    }
    if shown.len() > 1 {
        let words: Vec<String> =
            shown.iter().map(|(rate, variants)| format!("{rate} in {}", variants.join(", "))).collect();
        let _ = writeln!(out, "    {}", text::clean(&words.join("; ")));
    }
}

/// How often it was seen, where there were many runs or not all of them showed it.
pub(in crate::report) fn reproduced(out: &mut String, reported: &ReportedFinding, report: &Report) {
    let finding = &reported.group.finding;
    let of_finding =
        |one: &&Reproduction| (one.kind, &one.fingerprint) == (finding.kind, &finding.fingerprint);
    let mut shown: Vec<(String, Vec<&str>)> = Vec::new();
    for one in report.reproductions.iter().filter(of_finding) {
        if one.runs < MANY_RUNS && one.seen == one.runs {
            continue;
        }
        let words = one.words();
        match shown.iter_mut().find(|(known, _)| *known == words) {
            Some((_, variants)) => variants.push(&one.variant),
            None => shown.push((words, vec![&one.variant])),
        }
    }
    for (words, variants) in shown {
        let all = variants.len() == report.variants.len();
        let of = if all { String::new() } else { format!(" [{}]", variants.join(", ")) };
        let _ = writeln!(out, "    reproduced in {words}{}", text::clean(&of));
    }
}

fn evidence(out: &mut String, evidence: &Evidence, modules: &ModuleTable, look: &Look) {
    let title = title(evidence);
    match evidence {
        Evidence::Allocation { stack, inuse_space, .. } => {
            let _ = writeln!(out, "    {title}; bytes: {}", series(inuse_space));
            frames(out, stack, modules, look);
        }
        Evidence::Goroutines { created_by: stack, alive: values, .. }
        | Evidence::Calls { stack, calls: values } => {
            let _ = writeln!(out, "    {title}: {}", series(values));
            frames(out, stack, modules, look);
        }
        Evidence::Blocked { stack, .. } => {
            let _ = writeln!(out, "    {title}");
            frames(out, stack, modules, look);
        }
        Evidence::Figures { unit, values, stack, .. } => {
            let text: Vec<String> = shown(values).map(|value| figure(*value, unit)).collect();
            let _ = writeln!(out, "    {title}: {}", text.join(" -> "));
            frames(out, stack, modules, look);
        }
        Evidence::Lost { stack, .. } => {
            let _ = writeln!(out, "    {title}, allocated by");
            native_frames(out, stack, look);
        }
        Evidence::Retained(retained) => retained::write(out, retained, look),
        Evidence::Ages(_) | Evidence::Note { .. } => {
            let _ = writeln!(out, "    {title}");
        }
    }
}

/// What a piece of evidence says, without its values over checkpoints and its stack.
pub(in crate::report) fn title(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Allocation { object_size, inuse_objects, .. } => {
            let last = inuse_objects.last().copied().unwrap_or(0);
            format!("allocated in objects of {object_size} B, {last} live at the end")
        }
        Evidence::Goroutines { start, .. } => {
            format!("goroutines running {}, alive", text::clean(text::short(&start.function)))
        }
        Evidence::Blocked { wait, count, proved, .. } => {
            let proof = if *proved { "for good, says the runtime" } else { "as last seen" };
            format!("{count} blocked in {} ({proof})", text::clean(wait))
        }
        Evidence::Figures { what, .. } => text::clean(what),
        Evidence::Calls { stack, .. } => {
            let called = stack.first().map_or("", |frame| text::short(&frame.function));
            format!("calls of {}", text::clean(called))
        }
        Evidence::Lost { bytes, objects, direct, .. } => {
            let of = if *direct { "" } else { " that only such memory refers to" };
            format!("lost memory of C{of}: {} in {objects} allocations", text::bytes(*bytes))
        }
        Evidence::Retained(retained) => retained::title(retained),
        Evidence::Ages(found) => ages::found(found),
        Evidence::Note { text } => text::clean(text),
    }
}

/// `10 -> 20 -> … -> 90`
fn series(values: &[u64]) -> String {
    shown(values).map(u64::to_string).collect::<Vec<_>>().join(" -> ")
}

/// As many values as a line has room for, the last one among them.
fn shown<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let step = values.len().div_ceil(SERIES).max(1);
    let last = values.len().saturating_sub(1);
    let kept = values.iter().enumerate().filter(move |(index, _)| (last - index).is_multiple_of(step));
    kept.map(|(_, value)| value)
}

/// `-1.8 MiB`, or a number.
fn figure(value: i64, unit: &str) -> String {
    if unit != "B" {
        return value.to_string();
    }
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", text::bytes(Bytes(value.unsigned_abs())))
}

/// The user's frames, and the first of a library's above them; all of them when verbose.
fn frames(out: &mut String, stack: &[Frame], modules: &ModuleTable, look: &Look) {
    let own = |frame: &&Frame| {
        look.verbose || matches!(modules.owner(&frame.function), Owner::MainModule | Owner::Dependency)
    };
    let shown: Vec<&Frame> = stack.iter().filter(own).collect();
    let most = if look.verbose { shown.len() } else { FRAMES };
    for frame in shown.iter().take(most) {
        let _ = writeln!(out, "      {}", look.faint(&text::frame(frame)));
    }
    if shown.len() > most {
        let _ =
            writeln!(out, "      {}", look.faint(&format!("… {} more, -v shows them", shown.len() - most)));
    }
}

/// Frames of C, without the allocator's own and what cgo puts around a call; all of them when verbose.
fn native_frames(out: &mut String, stack: &[Frame], look: &Look) {
    let is_own = |frame: &&Frame| {
        look.verbose
            || !["__interceptor_", "_cgo_", "runtime."].iter().any(|own| frame.function.starts_with(own))
    };
    let mut shown: Vec<&Frame> = stack.iter().filter(is_own).take(FRAMES).collect();
    if shown.is_empty() {
        shown = stack.iter().collect(); // `C.malloc` itself
    }
    for frame in shown {
        let _ = writeln!(out, "      {}", look.faint(&text::frame(frame)));
    }
}

fn confidence(out: &mut String, finding: &Finding, look: &Look) {
    let word = match finding.confidence {
        Confidence::High => return,
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let missing: Vec<String> =
        finding.missing.iter().map(|missing| format!("{}: {}", missing.source, missing.why)).collect();
    let why = if missing.is_empty() { String::new() } else { format!(" ({})", missing.join("; ")) };
    let _ = writeln!(out, "    {}", look.faint(&text::clean(&format!("confidence {word}{why}"))));
}
