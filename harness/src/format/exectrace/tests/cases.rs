//! The cases of `fixtures/traces/cases`: what their headers say that we make of them. That Go's
//! own reader makes the same of them is an end-to-end test.

use harness_synth::{Case, Encoded};

use super::read_all;
use crate::format::Problem;
use crate::format::exectrace::{Event, EventKind};

/// All cases by name.
fn cases() -> Vec<(String, Case)> {
    let directory = format!("{}/../fixtures/traces/cases", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut names: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    names.sort();
    let case = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let case =
            Case::parse(&text).unwrap_or_else(|error| panic!("{name}:{}: {}", error.line, error.message));
        (name, case)
    };
    names.into_iter().map(case).collect()
}

/// Thread, name of the kind, and the id that it is about: `10 GoCreate 7`.
fn short(event: &Event) -> String {
    use EventKind::*;
    let kind = event.kind();
    let debug = format!("{kind:?}");
    let name = debug.split([' ', '{', '(']).next().unwrap_or_default();
    let tail = match kind {
        Sync(sync) => format!(" {}", sync.number),
        ProcStart { proc } | ProcSteal { proc, .. } | GcSweepActive { proc } => format!(" {}", proc.0),
        ProcStatus { proc, before, state } => format!(" {} {before:?} {state:?}", proc.0),
        GoCreate { created: g, .. } | GoCreateBlocked { created: g, .. } | GoCreateSyscall { created: g } => {
            format!(" {}", g.0)
        }
        GoStart { started: g } | GoUnblock { unblocked: g } | GcMarkAssistActive { goroutine: g } => {
            format!(" {}", g.0)
        }
        GoSwitch { next } | GoSwitchDestroy { next } => format!(" {}", next.0),
        GoStatus { about, before, state, .. } => format!(" {} {before:?} {state:?}", about.0),
        GcActive { seq } | GcBegin { seq } | GcEnd { seq } => format!(" {seq}"),
        HeapAlloc { live } => format!(" {}", live.0),
        HeapGoal { goal } => format!(" {}", goal.0),
        ProcsChange { procs } => format!(" {procs}"),
        UserTaskBegin { task, .. } | UserTaskEnd { task, .. } => format!(" {}", task.0),
        UserRegionBegin { task, .. } | UserRegionEnd { task, .. } => format!(" {}", task.0),
        UserLog { task, .. } => format!(" {}", task.0),
        _ => String::new(),
    };
    let thread = event.thread().map_or_else(|| "-".to_owned(), |thread| thread.0.to_string());
    format!("{thread} {name}{tail}")
}

fn is_told_only_among_all(event: &Event) -> bool {
    matches!(event.kind(), EventKind::Sync(_) | EventKind::GoStatus { .. } | EventKind::ProcStatus { .. })
}

fn check_problem(case: &Case, encoded: &Encoded, problems: &[Problem]) -> Result<(), String> {
    let Some((label, part)) = &case.ours.problem else {
        return if problems.is_empty() { Ok(()) } else { Err(format!("no problem expected: {problems:#?}")) };
    };
    let offset = encoded.labels.get(label).ok_or_else(|| format!("no label @{label}"))?;
    let Some(first) = problems.first() else { return Err("no problem".to_owned()) };
    let text = format!("{}: expected {}, found {}", first.structure, first.expected, first.found);
    if first.offset != *offset || !text.contains(part) {
        return Err(format!("problem at {} instead of {offset}: {text}\nall: {problems:#?}", first.offset));
    }
    Ok(())
}

fn check(case: &Case, minor: u32) -> Result<(), String> {
    let encoded = case.encode(minor).map_err(|error| format!("line {}: {}", error.line, error.message))?;
    let (events, problems) = read_all(&encoded.bytes);
    check_problem(case, &encoded, &problems)?;
    let told = events.iter().filter(|event| case.ours.all_events || !is_told_only_among_all(event));
    let told: Vec<_> = told.map(short).collect();
    if told == case.ours.events { Ok(()) } else { Err(format!("events:\n  {}", told.join("\n  "))) }
}

#[test]
fn every_case_is_read_as_its_header_says() {
    let cases = cases();
    assert!(cases.len() > 5, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (name, case) in &cases {
        for &minor in &case.versions {
            if let Err(error) = check(case, minor) {
                wrong.push(format!("{name}, 1.{minor}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n\n"));
}
