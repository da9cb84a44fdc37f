//! `harness analyze` of files that somebody took in production: any subset, recognised by content.

use std::cell::RefCell;
use std::io::Read as _;
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::args::Analyze;
use super::error::CliError;
use super::panels;
use super::pipeline::{self, Analysis};
use crate::align;
use crate::baseline::{self, Baseline, Conditions};
use crate::capture::{CaptureStatus, End, FileBytes, MANIFEST_FORMAT, Machine, Manifest, RunRecord};
use crate::diagnose::{self, BuildFigures, Limits, Observed, RunEvidence};
use crate::ingest::Watch;
use crate::ingest::foreign::{self, ACCEPTED, ForeignCapture, ForeignFile, ForeignKind};
use crate::model::growth::Growth;
use crate::model::{
    Bytes, CLeaks, Confidence, Diagnosis, Mode, Nanoseconds, Outcome, RunId, RunPieces, Timeline, WallTime,
};
use crate::report::export::RunCycles;
use crate::report::panels::Panels;
use crate::report::{self, ReportedInput, RunInput, counted_text};
use crate::scenario::{self, Expect, Scenario, Thresholds};
use crate::toolchain::Interrupt;

/// What the files are called as a whole, and as a variant.
const NAME: &str = "production";
/// What cycles and traces among them are called where they are drawn.
const CYCLES: &str = "production, cycles and trace";
/// Largest file that is unpacked, bytes.
const MAX_UNPACKED: u64 = 4 << 30;
/// What standard input is called on the command line.
const STDIN: &str = "-";
/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that was read and recognised.
struct Taken {
    name: String,
    kind: ForeignKind,
    bytes: Content,
    /// It is compressed and was cut off.
    cut: Option<String>,
}

/// A file's bytes, unpacked.
enum Content {
    File(FileBytes),
    Unpacked(Vec<u8>),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::File(bytes) => bytes,
            Self::Unpacked(bytes) => bytes,
        }
    }
}

/// Whether what was named is no capture of ours.
pub(super) fn is_meant(args: &Analyze, context: &Context) -> bool {
    match args.captures.as_slice() {
        [one] if one == STDIN => true,
        [one] => {
            let path = context.environment.dir.join(one);
            args.binary.is_some() || (path.exists() && !crate::capture::is_capture(&path))
        }
        _ => true,
    }
}

/// Analyses files.
pub(super) fn analyse(args: &Analyze, context: &Context) -> Result<Analysis, CliError> {
    let dir = &context.environment.dir;
    let accepted =
        args.baseline.as_ref().map(|path| pipeline::named_baseline(&dir.join(path))).transpose()?;
    let binary = args.binary.as_ref().map(|path| binary(path, context)).transpose()?;
    let mut activity = context.console.activity("read");
    let mut taken = Vec::new();
    for path in &args.captures {
        activity.at(|| path.to_string());
        let whole = dir.join(path);
        if path == STDIN {
            taken.push(standard_input(&taken)?);
        } else if whole.is_dir() {
            directory(path, &whole, &mut taken, context)?;
        } else {
            taken.push(take(path, &whole)?);
        }
        if context.interrupt.is_set() {
            return Err(CliError::Interrupted);
        }
    }
    let files: Vec<ForeignFile<'_>> = taken
        .iter()
        .map(|file| ForeignFile { name: &file.name, kind: file.kind, bytes: file.bytes.bytes() })
        .collect();
    let symbols = binary.as_deref().ok_or("name the program that wrote it with --binary");
    let activity = RefCell::new(activity);
    let what = match taken.as_slice() {
        [one] => one.name.clone(),
        several => counted_text(several.len() as u64, "file"),
    };
    let told = |share: f64| {
        activity.borrow_mut().at_share(share, || format!("{:.0}% of {what}", share * 100.0));
        if context.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut capture = foreign::read(&files, symbols, Watch::new(&told));
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    capture.damaged.extend(taken.iter().filter_map(|file| file.cut.clone()));
    drop(activity);
    Ok(judge(capture, accepted.as_ref(), &args.captures))
}

/// The program that wrote a dump.
fn binary(path: &Utf8Path, context: &Context) -> Result<Vec<u8>, CliError> {
    std::fs::read(context.environment.dir.join(path)).map_err(|error| {
        CliError::usage(
            format!("could not read `{path}`: {error}"),
            "name the program that wrote the heap dump",
        )
    })
}

/// What of a directory can be used; what cannot is told, since nobody named it.
fn directory(
    path: &Utf8Path,
    whole: &Utf8Path,
    taken: &mut Vec<Taken>,
    context: &Context,
) -> Result<(), CliError> {
    let before = taken.len();
    let unreadable =
        |error: std::io::Error| CliError::usage(format!("could not read `{path}`: {error}"), "name files");
    let mut inside: Vec<Utf8PathBuf> = Vec::new();
    for entry in whole.read_dir_utf8().map_err(unreadable)? {
        inside.push(entry.map_err(unreadable)?.into_path());
    }
    inside.sort();
    for file in inside.iter().filter(|file| file.is_file()) {
        let name = Utf8Path::new(file.file_name().unwrap_or_default());
        let name = if path == "." { name.to_owned() } else { path.join(name) };
        match take(&name, file) {
            Ok(one) => taken.push(one),
            Err(error) => context.console.say(&format!("passed over: {error}")),
        }
    }
    if taken.len() == before {
        let what = format!("`{path}` is no capture, and no file in it can be used");
        return Err(CliError::usage(what, format!("accepted are {ACCEPTED}")));
    }
    Ok(())
}

/// What comes through a pipe, once.
fn standard_input(taken: &[Taken]) -> Result<Taken, CliError> {
    let name = Utf8Path::new("standard input");
    if taken.iter().any(|file| file.name == *name) {
        return Err(CliError::usage("`-` was named twice", "standard input can be read once"));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_UNPACKED).read_to_end(&mut bytes);
    read.map_err(|error| CliError::usage(format!("could not read {name}: {error}"), "name a file"))?;
    recognised(name, FileBytes::Read(bytes))
}

/// Reads a file and tells what it is.
fn take(name: &Utf8Path, path: &Utf8Path) -> Result<Taken, CliError> {
    let bytes = FileBytes::open(path).map_err(|error| {
        CliError::usage(format!("could not read `{name}`: {error}"), "name files, or a directory with them")
    })?;
    recognised(name, bytes)
}

fn recognised(name: &Utf8Path, bytes: FileBytes) -> Result<Taken, CliError> {
    let (bytes, cut) = match bytes.starts_with(&GZIP) {
        false => (Content::File(bytes), None),
        true => {
            let mut unpacked = Vec::new();
            let mut packed = flate2::read::MultiGzDecoder::new(&*bytes).take(MAX_UNPACKED);
            let cut = packed.read_to_end(&mut unpacked).err();
            let words = |error| format!("`{name}`: it cannot be unpacked to its end: {error}");
            (Content::Unpacked(unpacked), cut.map(words))
        }
    };
    match ForeignKind::of(bytes.bytes()) {
        Ok(kind) => Ok(Taken { name: name.to_string(), kind, bytes, cut }),
        Err(what) => Err(CliError::usage(
            format!("`{name}` cannot be used: it is {what}"),
            format!("accepted are {ACCEPTED}"),
        )),
    }
}

/// The stages after reading.
fn judge(mut capture: ForeignCapture, accepted: Option<&Baseline>, paths: &[Utf8PathBuf]) -> Analysis {
    let id = RunId { variant: NAME.into(), mode: Mode::Natural, repeat: 1, test: None };
    let timeline = align::align_one_of(&mut capture.heap, std::mem::take(&mut capture.other_lives));
    let goroutines = align::align(&capture.goroutines);
    let scenario = scenario();
    let diagnosis = diagnosis(&capture, &id, (&timeline, &goroutines), &scenario.thresholds);
    let diagnoses = vec![diagnosis];
    let groups = baseline::group(&diagnoses);
    let conditions = Conditions::default();
    let against = baseline::Against {
        baseline: accepted,
        conditions: &conditions,
        thresholds: &scenario.thresholds,
        exemptions: &scenario.exemptions,
        day: super::today(),
    };
    let comparison = baseline::compare(&groups, &diagnoses, &against);
    let failures: Vec<(Outcome, String)> =
        capture.damaged.iter().map(|words| (Outcome::Unreadable, words.clone())).collect();
    let mut verdict = baseline::judge(&baseline::Case {
        expect: None::<&Expect>,
        n_variants: 1,
        groups: &groups,
        comparison: &comparison,
        expectations: &[],
        diagnoses: &diagnoses,
        floor: scenario.thresholds.confidence,
        failures: &failures,
        reproductions: &[],
    });
    if verdict.outcome == Outcome::Pass && groups.is_empty() {
        "no leak in what these files show".clone_into(&mut verdict.headline);
    }
    let record = RunRecord::unmeasured(id.clone(), Utf8PathBuf::new(), (End::Stopped, true));
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        created: WallTime(0),
        status: CaptureStatus::Complete,
        scenario,
        machine: Machine::default(),
        inputs: None,
        replay: None,
        builds: Vec::new(),
        lab: None,
        runs: vec![record.clone()],
        parallel: Default::default(),
        left_out: Default::default(),
        debug: None,
    };
    let inputs = capture.inputs.iter().map(|(file, kind, contents)| ReportedInput {
        file: file.clone(),
        kind: kind.words().to_owned(),
        contents: contents.clone(),
    });
    let mut report = report::build(report::Inputs {
        manifest: &manifest,
        capture: paths.first().map_or(Utf8Path::new(""), |path| path),
        runs: &[RunInput { record: &record, timeline: &timeline }],
        diagnoses: &diagnoses,
        groups: groups.clone(),
        comparison,
        expectations: Vec::new(),
        verdict,
        conditions: conditions.clone(),
        problems: capture.problems,
        reproductions: Vec::new(),
        tests: Vec::new(),
        coverage: Vec::new(),
    });
    report.inputs = inputs.collect();
    let observed = [Observed { id: &id, pieces: &capture.heap }];
    let growth = Growth::of(NAME, "", &observed, Limits::default());
    let panels = drawn(&id, &mut capture.heap, &timeline);
    let thresholds = manifest.scenario.thresholds;
    let cycles = vec![RunCycles {
        run: id,
        clock: None,
        clock_pairs: Vec::new(),
        checkpoints: capture.heap.checkpoints,
        rows: timeline.into_rows(),
    }];
    Analysis {
        report,
        groups,
        diagnoses,
        conditions,
        thresholds,
        growth,
        panels,
        cycles,
        module_dir: String::new(),
        of: None,
        interrupt: Interrupt::default(),
    }
}

/// Profiles, and cycles with what a trace shows: on axes of their own, since nothing says when the one was on the other's.
fn drawn(id: &RunId, heap: &mut RunPieces, timeline: &Timeline) -> Panels {
    let traced = RunPieces {
        course: heap.course.take(),
        clock_pairs: heap.clock_pairs.clone(),
        ..RunPieces::default()
    };
    let (cycles, none) = (RunId { variant: CYCLES.into(), ..id.clone() }, Timeline::default());
    let has_cycles = traced.course.is_some() || !timeline.rows.is_empty() || !timeline.unplaced.is_empty();
    let profiles = panels::Read { id, ok: true, pieces: heap, timeline: &none };
    let cycles = panels::Read { id: &cycles, ok: true, pieces: &traced, timeline };
    let profiles = (!profiles.pieces.checkpoints.is_empty()).then_some(profiles);
    let read: Vec<panels::Read<'_>> = profiles.into_iter().chain(has_cycles.then_some(cycles)).collect();
    panels::panels("", &read)
}

fn diagnosis(
    capture: &ForeignCapture,
    id: &RunId,
    timelines: (&Timeline, &Timeline),
    thresholds: &Thresholds,
) -> Diagnosis {
    let evidence =
        |(pieces, timeline)| RunEvidence { id, pieces, timeline, wall: Nanoseconds(0), peak_rss: Bytes(0) };
    let runs: [(&RunPieces, &Timeline); 2] =
        [(&capture.heap, timelines.0), (&capture.goroutines, timelines.1)];
    let figures = BuildFigures {
        size: Bytes(0),
        modules: &capture.modules,
        escapes: &[],
        c_leaks: &CLeaks::NotAsked,
        module_dir: &capture.module_dir,
    };
    let mut diagnosis = diagnose::variant(NAME, &runs.map(evidence), &figures, thresholds);
    diagnosis.metrics.clear(); // of a build and of runs, which there are none of
    diagnosis
}

/// A scenario that asks for nothing. Rates are per second here, so that no threshold of bytes per operation fits: the
/// rules have their own. Growth that was accepted per operation cannot be worse per second either.
fn scenario() -> Scenario {
    let mut scenario = scenario::for_package(Utf8Path::new(""), "./");
    scenario.name = NAME.to_owned();
    scenario.description = String::new();
    scenario.thresholds = Thresholds {
        bytes_per_op: 0.0,
        relative: f64::INFINITY,
        confidence: Confidence::Medium, // two profiles alone do not have it
        ..Thresholds::default()
    };
    scenario
}
