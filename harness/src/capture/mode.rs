//! What a mode puts into the environment of the program. One table: the probe's side of it is
//! `go/probe/doc.go`.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::gotest;
use crate::model::{Mode, RunId};
use crate::scenario::{AllocFree, CaptureSpec, CheckpointSpec, HeapDump, Kind, Scenario};
use crate::toolchain::BuildFacts;

/// Marks every process of a run, whatever it does to its process group.
pub(super) const RUN_MARK: &str = "HARNESS_RUN_ID";

/// The settings of the collector that a step run is made under, whatever the user has set: with a limit on memory the
/// runtime would collect on its own account in spite of `GOGC=off`.
const STEP: [(&str, &str); 3] = [("GOGC", "off"), ("GOMEMLIMIT", "off"), ("GOMAXPROCS", "1")];

/// Of tests it is not known how much they allocate, and all of it is garbage until the checkpoint after them: beyond this
/// the collector helps out.
const TESTS_LIMIT: (&str, &str) = ("GOMEMLIMIT", "2GiB");

fn step(scenario: &Scenario) -> [(&'static str, &'static str); 3] {
    let tests = scenario.workload.kind != Kind::Binary;
    STEP.map(|setting| if tests && setting.0 == TESTS_LIMIT.0 { TESTS_LIMIT } else { setting })
}

/// Variables added for a run, beside the harness's own environment, which is `inherited`; and in words, which of the
/// user's settings gave way to them.
pub(super) fn environment(
    scenario: &Scenario,
    facts: &BuildFacts,
    id: &RunId,
    directory: &Utf8Path,
    inherited: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let given = scenario.workload.env.iter();
    let mut env: BTreeMap<String, String> =
        given.map(|(name, value)| (name.clone(), scenario.workload.filled(value))).collect();
    env.insert(RUN_MARK.to_owned(), directory.to_string());
    let mut notes = Vec::new();
    if id.mode == Mode::Plain {
        return (env, notes);
    }
    let theirs = |name: &str| scenario.workload.env.get(name).or_else(|| inherited.get(name));
    let observed = observed(scenario, id);
    let capture = &observed;
    let dump = heap_dump(capture, facts, id);
    let ours = godebug(capture, id.mode, dump != NO_DUMP);
    let godebug = theirs("GODEBUG").map_or("", String::as_str);
    notes.extend(overruled(godebug, &ours));
    env.insert("GODEBUG".to_owned(), merged(godebug, &ours));
    for (name, value) in step(scenario).iter().filter(|_| id.mode == Mode::Step) {
        if let Some(theirs) = theirs(name).filter(|theirs| !theirs.is_empty() && *theirs != value) {
            notes.push(format!("`{name}={theirs}` gives way to `{name}={value}` in step mode"));
        }
        env.insert((*name).to_owned(), (*value).to_owned());
    }
    env.insert("HARNESS_DIR".to_owned(), directory.to_string());
    env.insert("HARNESS_MODE".to_owned(), if id.mode == Mode::Step { "step" } else { "natural" }.to_owned());
    env.insert("HARNESS_TRACE".to_owned(), flag(capture.trace));
    env.insert("HARNESS_GOROUTINELEAK".to_owned(), flag(capture.goroutine_leak && facts.goroutine_leak));
    env.insert("HARNESS_HEAPDUMP".to_owned(), dump.to_owned());
    if capture.plant > 0 {
        env.insert("HARNESS_PLANT".to_owned(), capture.plant.to_string());
    }
    env.extend(checkpoint(&scenario.workload.checkpoint));
    env.extend(gotest::settings(&scenario.workload, id));
    (env, notes)
}

/// How a run is observed. A survey of tests looks at what its probe compares, and at nothing else.
fn observed(scenario: &Scenario, id: &RunId) -> CaptureSpec {
    let asked = scenario.capture.clone();
    if !gotest::is_survey(&scenario.workload, id) {
        return asked;
    }
    CaptureSpec { trace: false, goroutine_leak: false, heap_dump: HeapDump::Off, ..asked }
}

/// The whole environment of a program under the debugger: with a directory for the probe it looks for leaked goroutines at the
/// end, and does nothing else.
#[must_use]
pub fn debugged(
    scenario: &Scenario,
    directory: Option<&Utf8Path>,
    inherited: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env = inherited.clone();
    let given = scenario.workload.env.iter();
    env.extend(given.map(|(name, value)| (name.clone(), scenario.workload.filled(value))));
    if let Some(directory) = directory {
        let probe = [
            ("HARNESS_DIR", directory.as_str()),
            ("HARNESS_MODE", "natural"),
            ("HARNESS_CHECKPOINT", "exit"),
            ("HARNESS_TRACE", "0"),
            ("HARNESS_HEAPDUMP", NO_DUMP),
            ("HARNESS_GOROUTINELEAK", "1"),
        ];
        env.extend(probe.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    env
}

/// How AddressSanitizer is told what to do.
const ASAN_OPTIONS: &str = "ASAN_OPTIONS";

/// What a run under AddressSanitizer is told before what the user has to say: stacks are unwound by their tables, since C
/// that is optimised keeps no frame pointers and its stacks would end at the first function.
const ASAN_FIRST: &str = "fast_unwind_on_malloc=0";

/// What it is told whatever the user says: to look for leaks, and to say so on standard error, where it is looked for.
const ASAN_LAST: &str = "detect_leaks=1:log_path=stderr:color=never";

/// Go's heap counts as referring to memory of C even where it is dead, until it is collected and used again (Go 1.25-1.27).
/// So it is collected often: 50,000 strings of `C.CString` that were all lost, of which nothing was found, were found in part.
const ASAN_GOGC: &str = "10";

/// Has AddressSanitizer look for leaks. Of two settings of a name it takes the last.
pub(super) fn sanitize(env: &mut BTreeMap<String, String>, inherited: &BTreeMap<String, String>) {
    let theirs = env.get(ASAN_OPTIONS).or_else(|| inherited.get(ASAN_OPTIONS));
    let theirs = theirs.filter(|theirs| !theirs.is_empty()).cloned();
    let all: Vec<String> =
        [Some(ASAN_FIRST.to_owned()), theirs, Some(ASAN_LAST.to_owned())].into_iter().flatten().collect();
    env.insert(ASAN_OPTIONS.to_owned(), all.join(":"));
    env.insert("GOGC".to_owned(), ASAN_GOGC.to_owned());
}

/// What a run whose code is counted is not asked for: its checkpoints are there for the counters.
const NOT_COUNTED: [(&str, &str); 3] =
    [("HARNESS_TRACE", "0"), ("HARNESS_GOROUTINELEAK", "0"), ("HARNESS_HEAPDUMP", NO_DUMP)];

/// Has a program that is built with `-cover` save its counters beside the probe's records.
pub(super) fn count(env: &mut BTreeMap<String, String>, directory: &Utf8Path) {
    if env.contains_key("HARNESS_DIR") {
        env.extend(NOT_COUNTED.map(|(name, value)| (name.to_owned(), value.to_owned())));
        env.remove("HARNESS_PLANT");
    }
    env.insert("GOCOVERDIR".to_owned(), directory.to_string());
}

/// Has the runtime tell of its collector on standard error, beside what the user has it tell.
pub(super) fn trace_gc(env: &mut BTreeMap<String, String>, inherited: &BTreeMap<String, String>) {
    let theirs = env.get("GODEBUG").or_else(|| inherited.get("GODEBUG")).map_or("", String::as_str);
    let all = merged(theirs, &[("gctrace", "1".to_owned())]);
    env.insert("GODEBUG".to_owned(), all);
}

fn flag(on: bool) -> String {
    if on { "1" } else { "0" }.to_owned()
}

/// What the probe calls it.
const NO_DUMP: &str = "off";

/// Dumps show the heap of the exact mode; one of a natural run would stop a program that is being timed. Repeats of a
/// step run are equal, so one of them is dumped.
fn heap_dump(capture: &CaptureSpec, facts: &BuildFacts, id: &RunId) -> &'static str {
    match capture.heap_dump {
        _ if id.mode != Mode::Step || id.repeat != 1 || !facts.heap_dump => NO_DUMP,
        HeapDump::Off => NO_DUMP,
        HeapDump::Last => "last",
        HeapDump::FirstLast => "first-last",
    }
}

/// Settings of GODEBUG that a mode needs.
fn godebug(capture: &CaptureSpec, mode: Mode, is_dumped: bool) -> Vec<(&'static str, String)> {
    let rate = if mode == Mode::Step { 1 } else { capture.memprofile_rate };
    let on = || "1".to_owned();
    let mut settings = vec![("gctrace", on()), ("memprofilerate", rate.to_string())];
    let alloc_free = match capture.alloc_free {
        AllocFree::Off => false,
        AllocFree::Dumped => is_dumped,
        AllocFree::On => true,
    };
    if capture.trace && alloc_free {
        settings.push(("traceallocfree", on()));
    }
    if mode == Mode::Step {
        settings.push(("asyncpreemptoff", on()));
    }
    settings
}

/// Theirs, then ours: of two settings of the same name the runtime takes the last.
fn merged(theirs: &str, ours: &[(&str, String)]) -> String {
    let theirs = (!theirs.is_empty()).then(|| theirs.to_owned());
    let ours = ours.iter().map(|(name, value)| format!("{name}={value}"));
    theirs.into_iter().chain(ours).collect::<Vec<_>>().join(",")
}

/// Settings of theirs that ours change.
fn overruled(theirs: &str, ours: &[(&str, String)]) -> Vec<String> {
    let mut words = Vec::new();
    for (name, value) in theirs.split(',').filter_map(|setting| setting.split_once('=')) {
        if let Some((_, wins)) = ours.iter().find(|(ours, wins)| *ours == name && wins != value) {
            words.push(format!("`GODEBUG={name}={value}` gives way to `{name}={wins}`"));
        }
    }
    words
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
        CheckpointSpec::Test => vec![cause("test")],
    }
}
