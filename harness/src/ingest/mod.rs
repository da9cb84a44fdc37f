//! Ingest: the files of one run in, [`RunPieces`] out, each source still in its own clock.
//!
//! Streams are folded here and never stored; whatever is missing or partial is named, together with
//! what that costs. Nothing is joined (that is `align`) and nothing is judged (`diagnose`). Bytes
//! come from the caller: nothing here opens a file.

mod c_leaks;
mod coverage;
mod dumps;
mod final_goroutines;
pub mod foreign;
mod gctrace;
pub mod heap;
pub mod heaptypes;
mod leaked;
pub mod living;
mod metrics;
mod probe;
pub mod profile;
mod sites;
pub mod trace;
mod watch;

pub use c_leaks::{CReport, c_leaks};
pub use coverage::{CoverageFiles, IngestedCoverage, coverage, is_counters, is_meta};
pub use watch::Watch;

use crate::format::Problem;
use crate::format::binary::Section;
use crate::format::pprof::Profile;
use crate::model::{MissingInput, Mode, ModuleTable, Per, RunPieces, TestKind, TestRun};

/// Names of the files of a run, as problems and messages call them.
pub const GCTRACE_FILE: &str = "gctrace.txt";
/// See [`GCTRACE_FILE`].
pub const TRACE_FILE: &str = "trace.out";
/// See [`GCTRACE_FILE`].
pub const PROBE_FILE: &str = "probe.rec";

/// The files of one run.
#[derive(Debug, Clone, Copy)]
pub struct RunFiles<'a> {
    /// Directory of the run within the capture, for problems; may be empty.
    pub directory: &'a str,
    /// How the run was observed.
    pub mode: Mode,
    /// `gctrace.txt`, if it is there.
    pub gctrace: Option<&'a [u8]>,
    /// `trace.out`, if it is there.
    pub trace: Option<&'a [u8]>,
    /// `probe.rec`, if it is there.
    pub probe: Option<&'a [u8]>,
    /// Heap dumps, if any were asked for.
    pub dumps: Option<Dumps<'a>>,
    /// It ran under an emulator.
    pub emulated: bool,
}

/// The heap dumps of a run.
#[derive(Debug, Clone, Copy)]
pub struct Dumps<'a> {
    /// Name and content of each file that there is.
    pub files: &'a [(&'a str, &'a [u8])],
    /// The ELF file that globals are named from, or why there is none.
    pub symbols: Result<&'a [u8], &'a str>,
    /// Where the sections of the program lie, if that ELF file is of its twin with symbols.
    pub sections: &'a [Section],
}

/// Whether a file of a run is a heap dump.
#[must_use]
pub fn is_dump(name: &str) -> bool {
    name.starts_with("heap-") && name.ends_with(".dump")
}

/// What a run's files come to.
#[derive(Debug)]
pub struct Ingested {
    /// The pieces.
    pub pieces: RunPieces,
    /// What could not be read, in any of the files.
    pub problems: Vec<Problem>,
}

/// Reads the files of one run; `modules` tells whose code a symbol is, `watch` is told how far it is.
#[must_use]
pub fn run(files: &RunFiles<'_>, modules: &ModuleTable, watch: Watch<'_>) -> Ingested {
    let mut ingested = Ingested {
        pieces: RunPieces { modules: modules.clone(), ..RunPieces::default() },
        problems: Vec::new(),
    };
    if files.mode == Mode::Plain {
        return ingested; // nothing looked into it
    }
    ingested.gctrace(files);
    let dumps = ingested.probe(files);
    let [of_trace, of_dumps] = watch.split(lengths(files));
    ingested.trace(files, of_trace);
    if files.probe.is_some() {
        dumps::fold(&mut ingested, files, &dumps, of_dumps);
    }
    let benches = |unit: &TestRun| unit.kind == TestKind::Benchmark;
    if !ingested.pieces.tests.units.is_empty() && !ingested.pieces.tests.units.iter().any(benches) {
        ingested.pieces.heap.iter_mut().for_each(|heap| heap.per = Per::Iteration);
    }
    if files.emulated {
        ingested.forget_process();
    }
    ingested
}

/// What the objects of the run's last heap dump are reached from: each chain of references as a stack of a profile,
/// `program` its mapping.
///
/// # Errors
/// Says why there is none.
pub fn reached(files: &RunFiles<'_>, modules: &ModuleTable, program: &str) -> Result<Profile, String> {
    let pieces = RunPieces { modules: modules.clone(), ..RunPieces::default() };
    let mut ingested = Ingested { pieces, problems: Vec::new() };
    let records = ingested.probe(files);
    dumps::reached(files, &ingested, &records, program)
}

impl Ingested {
    fn missing(&mut self, source: &str, why: &str) {
        self.pieces.missing.push(MissingInput { source: source.to_owned(), why: why.to_owned() });
    }

    /// What `/proc` says of an emulated program is said of the emulator: its memory, its descriptors, its threads.
    fn forget_process(&mut self) {
        self.pieces.checkpoints.iter_mut().for_each(|checkpoint| checkpoint.process = None);
        self.missing("/proc", "under an emulator it tells of the emulator: not comparable, not judged");
    }

    fn gctrace(&mut self, files: &RunFiles<'_>) {
        let Some(bytes) = files.gctrace else {
            return self.missing("gctrace", "there is no file: cycles have no heap sizes and no CPU share");
        };
        let (cycles, problems) = gctrace::fold(&path(files, GCTRACE_FILE), bytes);
        self.pieces.gctrace = cycles;
        self.problems.extend(problems);
    }

    /// Gives what the probe tells of heap dumps, for when the trace is known.
    fn probe(&mut self, files: &RunFiles<'_>) -> Vec<probe::DumpRecord> {
        let Some(bytes) = files.probe else {
            self.missing("memprofile", "there are no records of the probe: nothing is known by site");
            return Vec::new();
        };
        let name = path(files, PROBE_FILE);
        let piece = probe::fold(&name, bytes, &self.pieces.modules);
        self.problems.extend(piece.problems);
        self.pieces.missing.extend(piece.missing);
        if !piece.started {
            self.missing("memprofile", "the probe did not start: nothing is known by site");
        } else if !piece.ended {
            self.missing("memprofile", "the run ended without the probe's last checkpoint (crash or kill)");
        }
        if let Some(error) = &piece.trace_error {
            self.missing(
                "trace",
                &format!("the probe could not trace ({error}): goroutines are not counted"),
            );
        }
        match &piece.leak_text {
            None => self.missing("goroutineleak", "no profile: goroutines are judged by growth alone"),
            Some(text) => {
                let (leaked, problems) = leaked::fold(&name, text, &self.pieces.modules);
                self.pieces.leaked = Some(leaked);
                self.problems.extend(problems);
            }
        }
        if let Some(text) = &piece.goroutine_text {
            let (groups, problems) = final_goroutines::fold(&name, text, &self.pieces.modules);
            self.pieces.final_goroutines = Some(groups);
            self.problems.extend(problems);
        }
        self.pieces.tests = piece.tests;
        self.pieces.checkpoints = piece.checkpoints;
        self.pieces.snapshots = piece.snapshots;
        self.pieces.inlined = piece.inlined;
        self.pieces.wall = piece.wall;
        self.pieces.trace_base = piece.trace_base;
        self.pieces.memprofile_rate = piece.memprofile_rate;
        self.pieces.memprofile_rate_changed = piece.rate_changed;
        self.pieces.goroutines.complete = piece.trace_complete;
        piece.dumps
    }

    fn trace(&mut self, files: &RunFiles<'_>, watch: Watch<'_>) {
        let Some(bytes) = files.trace else {
            return self.missing("trace", "there is no file: goroutines and pauses are not known");
        };
        let moments: Vec<_> = self.pieces.checkpoints.iter().map(|checkpoint| checkpoint.at).collect();
        match trace::fold((&path(files, TRACE_FILE), bytes), &moments, &self.pieces.modules, watch) {
            Err(error) => self.missing("trace", &error),
            Ok(piece) => {
                let complete = self.pieces.goroutines.complete && piece.census.complete;
                self.pieces.trace_gcs = piece.gcs;
                self.pieces.clock_pairs = piece.clock_pairs;
                let leaked = self.pieces.leaked.take();
                self.pieces.leaked = leaked.map(|groups| leaked::with_creation(groups, &piece.creators));
                let last = self.pieces.final_goroutines.take();
                self.pieces.final_goroutines =
                    last.map(|groups| final_goroutines::with_creation(groups, &piece.creators));
                self.pieces.calls = Some(piece.calls);
                self.pieces.course = piece.course;
                self.pieces.goroutines = piece.census;
                self.pieces.goroutines.complete = complete;
                if piece.unlisted_problems > 0 {
                    let more = format!("{} more problems than are listed", piece.unlisted_problems);
                    self.missing("trace", &more);
                }
                self.problems.extend(piece.problems);
            }
        }
    }
}

/// Bytes of the files that take long to read: the trace, and dumps.
fn lengths(files: &RunFiles<'_>) -> [u64; 2] {
    let dumps = files.dumps.map_or(&[][..], |dumps| dumps.files);
    let trace = files.trace.map_or(0, <[u8]>::len);
    [trace as u64, dumps.iter().map(|(_, bytes)| bytes.len() as u64).sum()]
}

fn path(files: &RunFiles<'_>, name: &str) -> String {
    if files.directory.is_empty() { name.to_owned() } else { format!("{}/{name}", files.directory) }
}
