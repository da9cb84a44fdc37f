//! What a mode puts into the environment of the program. One table: the probe's side of it is
//! `go/probe/doc.go`.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::model::{Mode, RunId};
use crate::scenario::{CaptureSpec, CheckpointSpec, HeapDump, Scenario};
use crate::toolchain::BuildFacts;

/// Marks every process of a run, whatever it does to its process group.
pub(super) const RUN_MARK: &str = "HARNESS_RUN_ID";

/// Variables added for a run, beside the harness's own environment.
pub(super) fn environment(
    scenario: &Scenario,
    facts: &BuildFacts,
    id: &RunId,
    directory: &Utf8Path,
    inherited_godebug: Option<&str>,
) -> BTreeMap<String, String> {
    let mut env = scenario.workload.env.clone();
    let mark = format!("{directory}");
    env.insert(RUN_MARK.to_owned(), mark);
    if id.mode == Mode::Plain {
        return env;
    }
    let capture = &scenario.capture;
    let theirs = env.get("GODEBUG").map(String::as_str).or(inherited_godebug);
    env.insert("GODEBUG".to_owned(), godebug(theirs, capture, id.mode));
    if id.mode == Mode::Step {
        env.insert("GOGC".to_owned(), "off".to_owned());
        env.insert("GOMAXPROCS".to_owned(), "1".to_owned());
    }
    env.insert("HARNESS_DIR".to_owned(), directory.to_string());
    env.insert("HARNESS_MODE".to_owned(), if id.mode == Mode::Step { "step" } else { "natural" }.to_owned());
    env.insert("HARNESS_TRACE".to_owned(), flag(capture.trace));
    env.insert("HARNESS_GOROUTINELEAK".to_owned(), flag(capture.goroutine_leak && facts.goroutine_leak));
    env.insert("HARNESS_HEAPDUMP".to_owned(), heap_dump(capture, facts, id.mode).to_owned());
    env.extend(checkpoint(&scenario.workload.checkpoint));
    env
}

fn flag(on: bool) -> String {
    if on { "1" } else { "0" }.to_owned()
}

/// Dumps show the heap of the exact mode; one of a natural run would stop a program that is being timed.
fn heap_dump(capture: &CaptureSpec, facts: &BuildFacts, mode: Mode) -> &'static str {
    match capture.heap_dump {
        _ if mode != Mode::Step || !facts.heap_dump => "off",
        HeapDump::Off => "off",
        HeapDump::Last => "last",
        HeapDump::FirstLast => "first-last",
    }
}

/// The runtime takes the last of two settings of the same name, so theirs come first.
fn godebug(theirs: Option<&str>, capture: &CaptureSpec, mode: Mode) -> String {
    let rate = if mode == Mode::Step { 1 } else { capture.memprofile_rate };
    let mut settings: Vec<String> =
        theirs.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect();
    settings.push("gctrace=1".to_owned());
    settings.push(format!("memprofilerate={rate}"));
    if capture.trace && capture.trace_alloc_free {
        settings.push("traceallocfree=1".to_owned());
    }
    if mode == Mode::Step {
        settings.push("asyncpreemptoff=1".to_owned());
    }
    settings.join(",")
}

fn checkpoint(spec: &CheckpointSpec) -> Vec<(String, String)> {
    let cause = |name: &str| ("HARNESS_CHECKPOINT".to_owned(), name.to_owned());
    match spec {
        CheckpointSpec::Call { every, .. } => {
            vec![cause("call"), ("HARNESS_EVERY".to_owned(), every.to_string())]
        }
        CheckpointSpec::Signal => vec![cause("signal")],
        CheckpointSpec::Round => vec![cause("round")],
        CheckpointSpec::Interval { every_ms } => {
            vec![cause("interval"), ("HARNESS_INTERVAL_MS".to_owned(), every_ms.to_string())]
        }
        CheckpointSpec::Gc => vec![cause("gc")],
        CheckpointSpec::Exit => vec![cause("exit")],
    }
}
