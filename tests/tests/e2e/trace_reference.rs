//! Traces recorded on the spot, read by Go's own reader and by ours: the same events in the same
//! order, and the same time of every goroutine in every state.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness::format::exectrace::Reader;
use harness::ingest::trace::summary::{Options, summarize};
use harness::model::trace::{GoroutineExample, StateTimes};

use crate::trace_cases::describe::describe;
use crate::trace_cases::go;

/// A recording: workload, `GODEBUG`, and options of `tracegen`.
struct Recording {
    name: &'static str,
    work: &'static str,
    debug: &'static str,
    options: &'static [&'static str],
    /// Kinds of which there are to be some, lest it shows nothing.
    shows: &'static [&'static str],
}

/// A new generation so often that few events lie between.
const MANY_GENERATIONS: &str = "traceadvanceperiod=10000000";

const RECORDINGS: [Recording; 13] = [
    recording("mixed", "mixed", MANY_GENERATIONS, &[], &["Log", "TaskEnd", "RangeEnd"]),
    recording("objects", "alloc", "traceallocfree=1", &[], &["Experimental"]),
    recording("samples", "cpu", "", &[], &["StackSample"]),
    recording("cgo", "cgo", "", &[], &["StateTransition"]),
    recording("cgo in many generations", "cgo", "traceadvanceperiod=2000000", &[], &["StateTransition"]),
    recording("channels", "channels", MANY_GENERATIONS, &["-for=100ms"], &["StateTransition"]),
    recording("coroutines", "coroutines", MANY_GENERATIONS, &["-for=60ms"], &["StateTransition"]),
    recording("system calls", "syscalls", MANY_GENERATIONS, &["-for=150ms"], &["StateTransition"]),
    recording("many processors", "procs", "", &["-for=150ms", "-procs=16"], &["Metric", "RangeEnd"]),
    recording("gc", "gc", MANY_GENERATIONS, &["-for=150ms", "-procs=6"], &["RangeActive", "Metric"]),
    recording("gc with objects", "gc", "traceallocfree=1", &["-for=1ms", "-procs=4"], &["Experimental"]),
    recording(
        "tasks over two seconds",
        "generations",
        "",
        &["-for=2200ms"],
        &["TaskEnd", "RegionEnd", "Log"],
    ),
    recording("tasks in many generations", "generations", MANY_GENERATIONS, &["-for=300ms"], &["TaskEnd"]),
];

const fn recording(
    name: &'static str,
    work: &'static str,
    debug: &'static str,
    options: &'static [&'static str],
    shows: &'static [&'static str],
) -> Recording {
    Recording { name, work, debug, options, shows }
}

/// What both readers are to agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    counts: BTreeMap<String, u64>,
    /// Of one line for each event, in their order.
    digest: String,
    /// Nanoseconds running, runnable, waiting, in system calls.
    goroutines: BTreeMap<u64, [i64; 4]>,
}

impl Figures {
    /// Says the first thing that differs.
    fn same(&self, other: &Self) -> Result<()> {
        ensure!(self.counts == other.counts, "counts\n  Go:   {:?}\n  ours: {:?}", self.counts, other.counts);
        ensure!(self.digest == other.digest, "an event's line, or the order");
        let (ours, theirs) = (other.goroutines.len(), self.goroutines.len());
        for (id, times) in &self.goroutines {
            let found = other.goroutines.get(id);
            ensure!(found == Some(times), "goroutine {id}\n  Go:   {times:?}\n  ours: {found:?}");
        }
        ensure!(ours == theirs, "{theirs} goroutines are {ours} in ours");
        Ok(())
    }
}

/// Go's figures, from a line of its program.
fn parse(line: &str) -> Result<Figures> {
    let read: serde_json::Value = serde_json::from_str(line)?;
    ensure!(read.get("error").is_none(), "Go's reader fails: {line:.300}");
    let object = |key: &str| read.get(key).and_then(|value| value.as_object()).context(key.to_owned());
    let mut figures =
        Figures { digest: read["digest"].as_str().context("digest")?.into(), ..Default::default() };
    for (kind, count) in object("counts")? {
        figures.counts.insert(kind.clone(), count.as_u64().context("count")?);
    }
    for (id, times) in object("goroutines")? {
        let time = |state: &str| times[state].as_i64().context("a time in a state");
        let times = [time("running")?, time("runnable")?, time("waiting")?, time("syscall")?];
        figures.goroutines.insert(id.parse()?, times);
    }
    Ok(figures)
}

/// Ours. `open` opens the trace anew: events and goroutines take a reading each.
fn ours<'a>(mut open: impl FnMut() -> Result<Reader<'a>>) -> Result<Figures> {
    let mut figures = Figures::default();
    let mut reader = open()?;
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    while let Some(event) = reader.next_event() {
        let (kind, line) = describe(&event, &reader);
        digest = line.bytes().chain([b'\n']).fold(digest, fnv_1a);
        *figures.counts.entry(kind.to_owned()).or_default() += 1;
    }
    ensure!(reader.problems().is_empty(), "{:?}", reader.problems());
    figures.digest = format!("{digest:016x}");
    let mut add = |life: &GoroutineExample| {
        let StateTimes { running, runnable, waiting, syscall } = life.time;
        // One that C's callbacks run on lives several times.
        let times = figures.goroutines.entry(life.id.0).or_default();
        for (sum, more) in times.iter_mut().zip([running, runnable, waiting, syscall]) {
            *sum += more.0;
        }
    };
    summarize(&mut open()?, Options { lives: Some(&mut add), ..Options::default() });
    Ok(figures)
}

fn fnv_1a(digest: u64, byte: u8) -> u64 {
    (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
}

/// Records all of it. Returns the paths.
fn record_all(directory: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let program = directory.join("tracegen");
    let source = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/tracegen");
    let built = Command::new("go")
        .args(["build", "-trimpath", "-o", program.as_str(), "."])
        .current_dir(&source)
        .env("CGO_ENABLED", "1")
        .status()
        .context("cannot start `go`")?;
    ensure!(built.success(), "{source} does not build ({built}): it needs a C compiler");
    let record = |(i, recording): (usize, &Recording)| {
        let path = directory.join(format!("{i}.trace"));
        let status = Command::new(&program)
            .args(["-work", recording.work, "-out", path.as_str()])
            .args(recording.options)
            .env("GODEBUG", recording.debug)
            .status()?;
        ensure!(status.success(), "{}: tracegen ended with {status}", recording.name);
        Ok(path)
    };
    RECORDINGS.iter().enumerate().map(record).collect()
}

/// Compares one recording, read in memory and from the file.
fn compare(recording: &Recording, path: &Utf8Path, line: &str) -> Result<()> {
    let go = parse(line)?;
    for kind in recording.shows {
        ensure!(go.counts.contains_key(*kind), "nothing of {kind} in it: {:?}", go.counts);
    }
    let bytes = std::fs::read(path)?;
    go.same(&ours(|| Ok(Reader::new("trace", &bytes)?))?).context("in memory")?;
    go.same(&ours(|| Ok(Reader::open(path.as_std_path())?))?).context("from the file")
}

#[test]
fn live_traces_have_the_same_events_and_goroutine_times_as_in_gos_own_reader() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let directory =
        Utf8Path::from_path(directory.path()).context("a temporary directory with an odd name")?;
    let paths = record_all(directory)?;
    let names: String = paths.iter().map(|path| format!("{path}\n")).collect();
    let said = go::ask(&go::build(directory)?, "-references", names)?;
    ensure!(said.lines().count() == paths.len(), "{} answers of Go's reader", said.lines().count());
    let mut wrong = Vec::new();
    for ((recording, path), line) in RECORDINGS.iter().zip(&paths).zip(said.lines()) {
        if let Err(error) = compare(recording, path, line) {
            let kept = format!("{}/reference-{}.trace", env!("CARGO_TARGET_TMPDIR"), wrong.len());
            std::fs::copy(path, &kept)?;
            wrong.push(format!("{}, {kept}: {error:#}", recording.name));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), paths.len(), wrong.join("\n"));
    Ok(())
}
