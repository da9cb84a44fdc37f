//! Hand-made execution traces read by Go's own reader and by ours: same verdict, same events in the
//! same order. The traces are the cases of `fixtures/traces/cases`, encoded for each version.

pub(crate) mod go;
mod random;

use std::fmt::Write as _;

use anyhow::{Context, Result, anyhow, ensure};
use camino::Utf8PathBuf;
use harness::format::exectrace::{self as api, EventKind, Reader, TaskId};
use harness_synth::{Case, GoVerdict};

use self::go::{GoReading, Said};

#[path = "../../../../harness/src/format/exectrace/tests/describe.rs"]
pub(crate) mod describe;

/// What our reader makes of a trace, in the words of the Go program.
struct Reading {
    events: Vec<String>,
    problems: Vec<String>,
}

/// Reads a trace with ours.
fn read(data: &[u8]) -> Reading {
    let mut reader = match Reader::new("trace", data) {
        Ok(reader) => reader,
        Err(error) => return Reading { events: Vec::new(), problems: vec![error.to_string()] },
    };
    let mut events = Vec::new();
    while let Some(event) = reader.next_event() {
        let (_, mut line) = describe::describe(&event, &reader);
        if let EventKind::UserTaskEnd { parent, name, .. } = event.kind() {
            let parent = if parent == TaskId::BACKGROUND { u64::MAX } else { parent.0 };
            let _ = write!(line, " of {parent} {}", reader.string(name).unwrap_or(""));
        }
        events.push(line);
    }
    let problems = reader.problems().iter().map(|problem| problem.to_string()).collect();
    Reading { events, problems }
}

/// Of an event that Go's reader let through although it names what no table has.
const UNDESCRIBED: &str = " cannot be described";

/// Whether ours read what Go's reader read and came to the same verdict.
fn same(go: &GoReading, ours: &Reading) -> Result<(), String> {
    let accepted = go.said == Said::Ok && !go.events.iter().any(|line| line.contains(UNDESCRIBED));
    let said = format!("Go says {:?}, ours finds {:#?}", go.said, ours.problems);
    if accepted != ours.problems.is_empty() {
        return Err(said);
    }
    let mut events = &go.events[..];
    // Before its error Go yields a sync event that has nothing to say.
    if let (false, Some((last, before))) = (accepted, events.split_last())
        && last.contains(" Sync ")
    {
        events = before;
    }
    let n_compared = if accepted { events.len().max(ours.events.len()) } else { events.len() };
    for i in 0..n_compared {
        let (go, ours) = (events.get(i), ours.events.get(i));
        let known = go.and_then(|go| go.split_once(UNDESCRIBED));
        let alike = known.map_or(go == ours, |(head, _)| text(ours).starts_with(head));
        if !alike {
            return Err(format!("event {i}\n  Go:   {}\n  ours: {}\n{said}", text(go), text(ours)));
        }
    }
    Ok(())
}

fn text(line: Option<&String>) -> &str {
    line.map_or("none", String::as_str)
}

/// All cases by name.
fn cases() -> Result<Vec<(String, Case)>> {
    let directory = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/cases");
    let mut paths = Vec::new();
    for file in directory.read_dir_utf8().with_context(|| format!("cannot list {directory}"))? {
        paths.push(file?.into_path());
    }
    paths.sort();
    let case = |path: Utf8PathBuf| {
        let case = Case::parse(&std::fs::read_to_string(&path)?);
        let case = case.map_err(|error| anyhow!("{path}:{}: {}", error.line, error.message))?;
        Ok((path.file_stem().unwrap_or_default().to_owned(), case))
    };
    paths.into_iter().map(case).collect()
}

fn check(case: &Case, go: &GoReading, data: &[u8]) -> Result<(), String> {
    let as_told = match (&case.go, &go.said) {
        (GoVerdict::Accepts, Said::Ok) => true,
        (GoVerdict::Rejects(part), Said::Error(text) | Said::Panic(text)) => text.contains(part),
        _ => false,
    };
    if !as_told {
        return Err(format!("its header expects that Go {:?}; Go says {:?}", case.go, go.said));
    }
    let same = same(go, &read(data));
    // What Go's reader fails at only when asked is compared as if it had refused it.
    let fails_when_asked = go.events.iter().any(|line| line.contains(UNDESCRIBED));
    match (&case.differs, same) {
        (Some(_), Ok(())) if fails_when_asked => Ok(()),
        (None, same) => same,
        (Some(_), Err(_)) => Ok(()),
        (Some(_), Ok(())) => Err("its header says that ours differs from Go's; it does not".to_owned()),
    }
}

#[test]
fn go_and_we_accept_the_same_cases_with_the_same_events_in_the_same_order() -> Result<()> {
    let mut traces = Vec::new();
    let cases = cases()?;
    for (name, case) in &cases {
        for &minor in &case.versions {
            let encoded = case.encode(minor);
            let encoded = encoded.map_err(|error| anyhow!("{name}:{}: {}", error.line, error.message))?;
            traces.push((format!("{name}, 1.{minor}"), case, encoded.bytes));
        }
    }
    let readings = go::read_all(traces.iter().map(|(_, _, bytes)| &bytes[..]))?;
    let mut wrong = Vec::new();
    for ((name, case, bytes), go) in traces.iter().zip(&readings) {
        if let Err(error) = check(case, go, bytes) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), traces.len(), wrong.join("\n\n"));
    Ok(())
}
