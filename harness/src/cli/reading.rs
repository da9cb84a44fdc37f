//! Runs of a capture, read and aligned, several at a time.
//!
//! Input: a capture. Output: an [`Analysed`] of each run that is wanted. Whether a run counts is for others to say.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;

use super::Context;
use super::error::CliError;
use super::pace::Pace;
use super::progress::Progress;
use super::tested;
use crate::capture::{BuildOutcome, CaptureDir, FileBytes, Manifest, RunRecord};
use crate::format::binary::Section;
use crate::ingest::{self, Ingested, RunFiles, Watch};
use crate::model::{Address, ModuleTable, TestRuns, Timeline};
use crate::toolchain::{BuildFacts, SectionFacts};
use crate::{align, capture};

/// Runs that are read at the same time, at most: each may take a few hundred megabytes.
const READERS: usize = 4;

/// Largest symbols that are unpacked, bytes: the largest Go programs there are have less.
const MAX_SYMBOLS: u64 = 4 << 30;

/// A run, read and aligned.
pub(super) struct Analysed<'a> {
    pub(super) record: &'a RunRecord,
    pub(super) ingested: Ingested,
    pub(super) timeline: Timeline,
}

/// Reads all runs, a few at a time, in the manifest's order. An interrupt from before is no reason to stop: it is what
/// is being reported.
pub(super) fn read_all<'a>(
    dir: &'a CaptureDir,
    repeat: Option<u32>,
    context: &Context,
) -> Result<Vec<Analysed<'a>>, CliError> {
    let wanted = |record: &&RunRecord| repeat.is_none_or(|repeat| record.id.repeat == repeat);
    let records: Vec<&'a RunRecord> = dir.manifest().runs.iter().filter(wanted).collect();
    let size = |record: &&RunRecord| record.files.iter().map(|file| file.size.0).sum();
    let sizes: Vec<u64> = records.iter().map(size).collect();
    let progress = context.console.paced_progress((records.len(), Pace::sized(&sizes)), "analyse");
    let interrupted_before = context.interrupt.is_set();
    let stop = || !interrupted_before && context.interrupt.is_set();
    let next = AtomicUsize::new(0);
    let work = || read_some((dir, &records), &next, &stop, &progress);
    let n = std::thread::available_parallelism().map_or(1, usize::from).min(READERS).min(records.len());
    let mut read: Vec<(usize, Result<Analysed<'a>, CliError>)> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..n).map(|_| scope.spawn(work)).collect();
        let joined = readers.into_iter().map(|reader| reader.join());
        joined.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    if stop() {
        return Err(CliError::Interrupted);
    }
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, run)| run).collect()
}

/// One reader's share: whatever is next.
fn read_some<'a>(
    (dir, records): (&'a CaptureDir, &[&'a RunRecord]),
    next: &AtomicUsize,
    stop: &(impl Fn() -> bool + Sync),
    progress: &Progress<'_>,
) -> Vec<(usize, Result<Analysed<'a>, CliError>)> {
    let mut read = Vec::new();
    while !stop() {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(record) = records.get(index).copied() else { break };
        let name = record.dir.as_str();
        progress.begin_beside(name);
        let told = |share: f64| {
            progress.part(index, share);
            if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        read.push((index, self::read(dir, record, Watch::new(&told))));
        progress.end_beside(name);
        progress.tick(index);
    }
    read
}

fn read<'a>(dir: &'a CaptureDir, record: &'a RunRecord, watch: Watch<'_>) -> Result<Analysed<'a>, CliError> {
    let ingested = with_files(dir, record, |files, modules| ingest::run(files, modules, watch))?;
    let timeline = align::align(&ingested.pieces);
    Ok(Analysed { record, ingested, timeline })
}

/// Hands the files of a run to whoever reads them, with whose code its symbols are.
pub(super) fn with_files<T>(
    dir: &CaptureDir,
    record: &RunRecord,
    read: impl FnOnce(&RunFiles<'_>, &ModuleTable) -> T,
) -> Result<T, CliError> {
    let (gctrace, trace, probe) = (
        dir.read(record, ingest::GCTRACE_FILE)?,
        dir.read(record, ingest::TRACE_FILE)?,
        dir.read(record, ingest::PROBE_FILE)?,
    );
    let dumps = dumps(dir, record)?;
    let contents: Vec<(&str, &[u8])> =
        dumps.files.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect();
    let symbols = dumps.symbols.as_deref().map_err(String::as_str);
    let sections = sections(dir.manifest(), &record.id.variant);
    let build = facts(dir.manifest(), &record.id.variant);
    let files = RunFiles {
        directory: record.dir.as_str(),
        mode: record.id.mode,
        gctrace: gctrace.as_deref(),
        trace: trace.as_deref(),
        probe: probe.as_deref(),
        dumps: dumps.wanted.then_some(ingest::Dumps { files: &contents, symbols, sections: &sections }),
        emulated: build.is_some_and(|facts| facts.runner.emulator().is_some()),
    };
    let modules = build.map(|facts| facts.modules.clone());
    Ok(read(&files, &modules.unwrap_or_default()))
}

/// The heap dumps of a run.
struct Dumps {
    /// They were asked for.
    wanted: bool,
    files: Vec<(String, FileBytes)>,
    /// What names their globals, or why nothing does.
    symbols: Result<Vec<u8>, String>,
}

fn dumps(dir: &CaptureDir, record: &RunRecord) -> Result<Dumps, CliError> {
    let setting = record.env.get("HARNESS_HEAPDUMP");
    let mut dumps = Dumps {
        wanted: setting.is_some_and(|setting| setting != "off"),
        files: Vec::new(),
        symbols: Err("there is no dump".to_owned()),
    };
    for file in record.files.iter().filter(|file| ingest::is_dump(&file.name)) {
        if let Some(bytes) = dir.read(record, &file.name)? {
            dumps.files.push((file.name.clone(), bytes));
        }
    }
    if !dumps.files.is_empty() {
        dumps.symbols = symbols(dir, &record.id.variant)?;
    }
    Ok(dumps)
}

/// A variant's symbols, unpacked.
fn symbols(dir: &CaptureDir, variant: &str) -> Result<Result<Vec<u8>, String>, CliError> {
    let Some(build) = dir.manifest().builds.iter().find(|build| build.variant == variant) else {
        return Ok(Err("the manifest does not have the build".to_owned()));
    };
    match dir.symbols(build)? {
        Some(packed) => {
            Ok(unpack(&packed).map_err(|error| format!("the symbols cannot be unpacked: {error}")))
        }
        None => {
            let why = facts(dir.manifest(), variant).and_then(|facts| facts.no_symbols.clone());
            Ok(Err(why.unwrap_or_else(|| "the capture has no symbols of the program".to_owned())))
        }
    }
}

/// Where the program's sections lie, if its symbols are of another binary.
fn sections(manifest: &Manifest, variant: &str) -> Vec<Section> {
    let build = manifest.builds.iter().find(|build| build.variant == variant);
    let sections = build.map_or(&[][..], |build| &build.sections).iter();
    let section = |SectionFacts { name, address, size }: &SectionFacts| Section {
        name: name.clone(),
        address: Address(*address),
        size: *size,
    };
    sections.map(section).collect()
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut symbols = Vec::new();
    flate2::read::GzDecoder::new(packed).take(MAX_SYMBOLS).read_to_end(&mut symbols)?;
    Ok(symbols)
}

pub(super) fn facts<'a>(manifest: &'a Manifest, variant: &str) -> Option<&'a BuildFacts> {
    let build = manifest.builds.iter().find(|build| build.variant == variant)?;
    match &build.outcome {
        BuildOutcome::Built(facts) => Some(facts),
        BuildOutcome::Failed(_) => None,
    }
}

/// What the surveys of a capture tell, which may be in the making.
pub(super) struct Survey {
    pub(super) variant: String,
    pub(super) tests: TestRuns,
    /// It went well.
    pub(super) ok: bool,
    /// Which of several.
    pub(super) repeat: u32,
    /// All tests pass when they are run once.
    pub(super) passes_once: bool,
}

/// Reads them.
pub(super) fn surveys(root: &Utf8Path) -> Result<Vec<Survey>, CliError> {
    let dir = capture::open(root)?;
    let is_survey = |record: &&RunRecord| tested::is_survey(dir.manifest(), record);
    let read = |record: &RunRecord| {
        let tests = self::read(&dir, record, Watch::NONE)?.ingested.pieces.tests;
        let variant = record.id.variant.to_string();
        let (ok, repeat, passes_once) =
            (record.ok, record.id.repeat, tested::passes_once(dir.manifest(), &variant));
        Ok(Survey { variant, tests, ok, repeat, passes_once })
    };
    dir.manifest().runs.iter().filter(is_survey).map(read).collect()
}
