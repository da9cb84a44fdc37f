//! From a capture to a report: the stages after the disk, in order.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;

use super::Context;
use super::covered;
use super::error::CliError;
use super::pace::Pace;
use super::panels;
use super::progress::Progress;
use super::sanitized::{self, Sanitized};
use super::tested;
use crate::baseline::{self, Baseline, Conditions, Day, Reproduction};
use crate::capture::{BuildOutcome, BuildRecord, CaptureDir, CaptureStatus, FileBytes, Manifest, RunRecord};
use crate::diagnose::{self, BuildFigures, Limits, Observed, RunEvidence};
use crate::format::Problem;
use crate::format::binary::Section;
use crate::ingest::{self, Ingested, RunFiles, Watch};
use crate::model::growth::Growth;
use crate::model::{Address, Bytes, CLeaks, Diagnosis, ModuleTable, Outcome, RunPieces, TestRuns, Timeline};
use crate::report::export::RunCycles;
use crate::report::lab::Answers;
use crate::report::panels::Panels;
use crate::report::{self, Report, RunInput};
use crate::scenario::{BuildSpec, Kind, Thresholds, Workload};
use crate::toolchain::{BuildFacts, Interrupt, Runner, SectionFacts};
use crate::{align, capture};

/// Runs that are read at the same time, at most: each may take a few hundred megabytes.
const READERS: usize = 4;

/// Largest symbols that are unpacked, bytes: the largest Go programs there are have less.
const MAX_SYMBOLS: u64 = 4 << 30;

/// A run, read and aligned.
pub(super) struct Analysed<'a> {
    pub(super) record: &'a RunRecord,
    pub(super) ingested: Ingested,
    timeline: Timeline,
}

/// What was decided of a capture.
pub(super) struct Analysis {
    pub(super) report: Report,
    pub(super) groups: Vec<baseline::FindingGroup>,
    pub(super) diagnoses: Vec<Diagnosis>,
    pub(super) conditions: Conditions,
    pub(super) thresholds: Thresholds,
    /// What stacks held at each checkpoint, for pictures and exports.
    pub(super) growth: Growth,
    /// What its runs look like over time, for pictures.
    pub(super) panels: Panels,
    /// GC cycles of all runs, for exports.
    pub(super) cycles: Vec<RunCycles>,
    /// Directory of the module on the machine that built it.
    pub(super) module_dir: String,
    /// The variant that forms of one variant are of, if the user named one.
    pub(super) of: Option<String>,
    /// The user's wish to stop, for forms that read files again.
    pub(super) interrupt: Interrupt,
}

/// The baseline of a capture: the file that was named, or the copy that was made when it was captured.
pub(super) fn accepted(dir: &CaptureDir, named: Option<&Utf8Path>) -> Result<Option<Baseline>, CliError> {
    if let Some(path) = named {
        return named_baseline(path).map(Some);
    }
    let text = dir.baseline()?;
    let parse = |text: String| baseline::parse(&dir.root().join("baseline.toml"), &text);
    Ok(text.map(parse).transpose()?)
}

/// A baseline that the user named: unlike the scenario's own it has to be there.
pub(super) fn named_baseline(path: &Utf8Path) -> Result<Baseline, CliError> {
    let hint = "write it with `harness baseline accept`";
    baseline::load(path)?.ok_or_else(|| CliError::usage(format!("there is no baseline `{path}`"), hint))
}

/// Judges one repeat of a capture, which may be in the making.
pub(super) fn diagnoses_of(
    dir: &CaptureDir,
    repeat: u32,
    context: &Context,
) -> Result<Vec<Diagnosis>, CliError> {
    let runs = read_all(dir, Some(repeat), context)?;
    let sanitized = sanitized::read(dir)?;
    Ok(diagnoses((dir.manifest(), &sanitized), &runs, Some(repeat)))
}

/// How often each leak reproduces, if there are repeats to tell.
fn reproductions(capture: (&Manifest, &Sanitized), runs: &[Analysed<'_>]) -> Vec<Reproduction> {
    let mut repeats: Vec<u32> = runs.iter().map(|run| run.record.id.repeat).collect();
    repeats.sort_unstable();
    repeats.dedup();
    if repeats.len() < 2 {
        return Vec::new();
    }
    let judged: Vec<Vec<Diagnosis>> =
        repeats.iter().map(|repeat| diagnoses(capture, runs, Some(*repeat))).collect();
    baseline::reproductions(&judged)
}

/// Analyses a capture.
pub(super) fn analyse(
    dir: &CaptureDir,
    accepted: Option<&Baseline>,
    context: &Context,
) -> Result<Analysis, CliError> {
    analyse_repeat(dir, accepted, None, context)
}

/// Analyses a capture, or one repeat of it: the one that was looked for.
pub(super) fn analyse_repeat(
    dir: &CaptureDir,
    accepted: Option<&Baseline>,
    repeat: Option<u32>,
    context: &Context,
) -> Result<Analysis, CliError> {
    let manifest = dir.manifest();
    let runs = read_all(dir, None, context)?;
    let sanitized = sanitized::read(dir)?;
    let diagnoses = diagnoses((manifest, &sanitized), &runs, repeat);
    let reproductions = reproductions((manifest, &sanitized), &runs);
    let names: Vec<String> = diagnoses.iter().map(|diagnosis| diagnosis.variant.clone()).collect();
    let groups = baseline::group(&diagnoses);
    let conditions = conditions(manifest);
    let expect = manifest.scenario.expect.as_ref();
    let against = baseline::Against {
        baseline: accepted,
        conditions: &conditions,
        thresholds: &manifest.scenario.thresholds,
        exemptions: &manifest.scenario.exemptions,
        day: Day::of(manifest.created),
    };
    let comparison = baseline::compare(&groups, &diagnoses, &against);
    let tests = tested::tests(dir, &runs, &groups)?;
    let (lab, unread) = lab(dir)?;
    let contract = tested::contract(manifest, &groups);
    let expectations = baseline::expectations(contract.as_ref(), &groups, &names);
    let verdict = baseline::judge(&baseline::Case {
        expect,
        n_variants: manifest.builds.iter().filter(|build| can_run(build)).count(),
        groups: &groups,
        comparison: &comparison,
        expectations: &expectations,
        diagnoses: &diagnoses,
        floor: manifest.scenario.thresholds.confidence,
        failures: &[failures(dir, &runs, &tests), broken(lab.as_ref())].concat(),
        reproductions: &reproductions,
    });
    let problems = runs.iter().flat_map(|run| run.ingested.problems.iter().cloned());
    let growth = growth(manifest, &runs);
    let covered = covered::read(dir, &diagnoses, &growth)?;
    let problems = problems.chain(sanitized.problems).chain(covered.problems);
    let problems: Vec<Problem> = problems.chain(unread).collect();
    let inputs: Vec<RunInput<'_>> =
        runs.iter().map(|run| RunInput { record: run.record, timeline: &run.timeline }).collect();
    let debug = super::debug::repeat::of_capture(dir, &groups)?;
    let mut report = report::build(report::Inputs {
        manifest,
        capture: dir.root(),
        runs: &inputs,
        diagnoses: &diagnoses,
        groups: groups.clone(),
        comparison,
        expectations,
        verdict,
        conditions: conditions.clone(),
        problems,
        reproductions,
        tests,
        coverage: covered.by_variant,
    });
    report.debug = debug;
    report.lab = lab;
    let thresholds = manifest.scenario.thresholds.clone();
    let panels = panels(manifest, &runs);
    let cycles = runs.into_iter().map(cycles).collect();
    Ok(Analysis {
        report,
        groups,
        diagnoses,
        conditions,
        thresholds,
        growth,
        panels,
        cycles,
        module_dir: manifest.scenario.workload.module.to_string(),
        of: None,
        interrupt: context.interrupt.clone(),
    })
}

fn panels(manifest: &Manifest, runs: &[Analysed<'_>]) -> Panels {
    let read = runs.iter().map(|run| panels::Read {
        id: &run.record.id,
        ok: run.record.ok,
        pieces: &run.ingested.pieces,
        timeline: &run.timeline,
    });
    panels::panels(&manifest.scenario.workload.package, &read.collect::<Vec<_>>())
}

/// What was asked of the builds.
fn lab(dir: &CaptureDir) -> Result<(Option<Answers>, Option<Problem>), CliError> {
    let Some(bytes) = dir.lab()? else { return Ok((None, None)) };
    Ok(match report::lab::read(&bytes) {
        Ok(document) => (Some(document.answers), None),
        Err(found) => (
            None,
            Some(Problem {
                file: "lab.json".to_owned(),
                offset: 0,
                structure: "answers about builds".to_owned(),
                expected: "the document that `harness build` writes".to_owned(),
                found,
            }),
        ),
    })
}

/// What had to hold of the builds and does not: like a leak, a result of what was run.
fn broken(lab: Option<&Answers>) -> Vec<(Outcome, String)> {
    lab.map(Answers::broken).unwrap_or_default().into_iter().map(|words| (Outcome::Leak, words)).collect()
}

fn cycles(run: Analysed<'_>) -> RunCycles {
    let Timeline { mut rows, unplaced, .. } = run.timeline;
    rows.extend(unplaced);
    let RunPieces { wall: clock, clock_pairs, checkpoints, .. } = run.ingested.pieces;
    RunCycles { run: run.record.id.clone(), clock, clock_pairs, checkpoints, rows }
}

/// What stacks held at each checkpoint of the runs that went well.
fn growth(manifest: &Manifest, runs: &[Analysed<'_>]) -> Growth {
    let sound = runs.iter().filter(|run| run.record.ok);
    let observed: Vec<Observed<'_>> =
        sound.map(|run| Observed { id: &run.record.id, pieces: &run.ingested.pieces }).collect();
    Growth::of(&manifest.scenario.name, &manifest.scenario.workload.package, &observed, Limits::default())
}

/// Reads all runs, a few at a time, in the manifest's order. An interrupt from before is no reason to stop: it is what
/// is being reported.
fn read_all<'a>(
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

/// Whether a variant can be judged on the machine it was built on.
fn can_run(build: &BuildRecord) -> bool {
    match &build.outcome {
        BuildOutcome::Built(facts) => facts.refusal().is_none(),
        BuildOutcome::Failed(_) => true,
    }
}

/// Judges the variants that were built, by those of their runs that went well: all, or those of one repeat.
fn diagnoses(
    (manifest, sanitized): (&Manifest, &Sanitized),
    runs: &[Analysed<'_>],
    repeat: Option<u32>,
) -> Vec<Diagnosis> {
    let counts =
        |run: &&Analysed<'_>| run.record.ok && repeat.is_none_or(|repeat| run.record.id.repeat == repeat);
    let none = ModuleTable::default();
    let mut diagnoses = Vec::new();
    for build in &manifest.builds {
        let facts = facts(manifest, &build.variant);
        let is_emulated = facts.is_some_and(|facts| facts.runner.emulator().is_some());
        let evidence: Vec<RunEvidence<'_>> = runs
            .iter()
            .filter(|run| *run.record.id.variant == *build.variant)
            .filter(counts)
            .map(|run| RunEvidence {
                id: &run.record.id,
                pieces: &run.ingested.pieces,
                timeline: &run.timeline,
                wall: run.record.wall,
                peak_rss: if is_emulated { Bytes(0) } else { run.record.peak_rss },
            })
            .collect();
        let kind = manifest.scenario.workload.kind;
        if let Some(facts) = facts.filter(|_| !evidence.is_empty()) {
            let modules = if facts.modules.main.is_empty() { &none } else { &facts.modules };
            let module_dir = manifest.scenario.workload.module.as_str();
            let escapes = &build.escapes;
            let c_leaks = sanitized.by_variant.get(&build.variant).unwrap_or(&CLeaks::NotAsked);
            let figures = BuildFigures { size: facts.plain.size, modules, escapes, module_dir, c_leaks };
            let thresholds = &manifest.scenario.thresholds;
            let mut diagnosis = match kind {
                Kind::Binary => diagnose::variant(&build.variant, &evidence, &figures, thresholds),
                Kind::Test | Kind::Bench => {
                    let (whole, tests) = tested::by_test(manifest, &build.variant, evidence);
                    diagnose::tests((&build.variant, kind), &whole, &tests, &figures, thresholds)
                }
            };
            diagnosis.inconclusive.extend(doubts(&build.variant, manifest, runs));
            diagnoses.push(diagnosis);
        }
    }
    diagnoses
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

/// Why a leak could have been missed that only a look at the whole capture tells: what a crashed run did not live to
/// show, or what could not be read, is no evidence of health.
fn doubts(variant: &str, manifest: &Manifest, runs: &[Analysed<'_>]) -> Vec<String> {
    let of_variant = |record: &RunRecord| *record.id.variant == *variant;
    let mut doubts = Vec::new();
    // What failed of tests is told test by test.
    let is_program = manifest.scenario.workload.kind == Kind::Binary;
    if is_program && manifest.runs.iter().any(|record| of_variant(record) && !record.ok) {
        doubts.push("not all of its runs went well".to_owned());
    }
    let read = runs.iter().filter(|run| of_variant(run.record) && run.record.ok);
    let mut problems = read.flat_map(|run| &run.ingested.problems);
    if let Some(problem) = problems.find(|problem| problem.file.ends_with(ingest::PROBE_FILE)) {
        doubts.push(format!("the probe's records cannot be read to the end: {problem}"));
    }
    doubts
}

fn conditions(manifest: &Manifest) -> Conditions {
    let facts: Vec<&BuildFacts> =
        manifest.builds.iter().filter_map(|build| facts(manifest, &build.variant)).collect();
    let all = |pick: fn(&BuildFacts) -> &str| {
        let mut values: Vec<&str> = facts.iter().map(|facts| pick(facts)).collect();
        values.sort_unstable();
        values.dedup();
        values.join(" ")
    };
    Conditions {
        go: all(|facts| &facts.go.version),
        goos: all(|facts| &facts.go.goos),
        goarch: all(|facts| &facts.go.goarch),
        cpus: manifest.machine.cpus,
        cpu: manifest.machine.cpu.clone(),
        builds: manifest.scenario.variants.iter().map(|one| (one.name.clone(), flags(&one.build))).collect(),
        workload: workload(&manifest.scenario.workload),
    }
}

/// What a variant sets of its build, in a stable form. Go, target and what `-X` writes into variables change no figure
/// that the conditions do not name; paths change none at all.
fn flags(build: &BuildSpec) -> String {
    let mut build = build.clone();
    (build.toolchain, build.goos, build.goarch) = (None, None, None);
    let mut after_x = false;
    build.ldflags.retain(|word| {
        let is_value = std::mem::replace(&mut after_x, word == "-X");
        !is_value && word != "-X" && !word.starts_with("-X=")
    });
    build.pgo = build.pgo.map(|pgo| Utf8Path::new(&pgo).file_name().unwrap_or_default().to_owned());
    let fields = |build: &BuildSpec| match serde_json::to_value(build) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let usual = fields(&BuildSpec::default());
    let set = fields(&build).into_iter().filter(|(key, value)| usual.get(key) != Some(value));
    let words: Vec<String> = set.map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

/// Digest of what makes figures larger or smaller: the program and its load, not where they lie or how long they may
/// take.
fn workload(workload: &Workload) -> Option<String> {
    let Workload { package, checkpoint, driver, .. } = workload;
    let args: Vec<String> = workload.args.iter().map(|word| workload.filled(word)).collect();
    let env: BTreeMap<&String, String> =
        workload.env.iter().map(|(name, value)| (name, workload.filled(value))).collect();
    let driver = driver.as_ref().map(|driver| (&driver.command, &driver.env, driver.rounds));
    let text = serde_json::to_string(&(package, args, env, checkpoint, driver)).ok()?;
    Some(blake3::hash(text.as_bytes()).to_hex()[..16].to_owned())
}

/// What it means that a variant was not run: nothing, if it is for another system and others were run.
fn unrun(variant: &str, facts: &BuildFacts, nothing_ran: bool) -> Option<(Outcome, String)> {
    let why = match &facts.runner {
        Runner::Foreign if !nothing_ran => return None,
        Runner::Native | Runner::Emulated(_) => "was not run".to_owned(),
        Runner::Missing { .. } | Runner::Foreign => facts.refusal()?,
    };
    Some((Outcome::Inconclusive, format!("{variant}: {why}")))
}

/// What failed before there was anything to judge.
fn failures(dir: &CaptureDir, runs: &[Analysed<'_>], tests: &[report::TestReport]) -> Vec<(Outcome, String)> {
    let manifest = dir.manifest();
    let mut failures = Vec::new();
    if manifest.status != CaptureStatus::Complete {
        let words = "the capture is not complete: it was interrupted".to_owned();
        failures.push((Outcome::Interrupted, words));
    }
    let nothing_ran = manifest.runs.is_empty();
    for build in &manifest.builds {
        let was_run = manifest.runs.iter().any(|run| *run.id.variant == *build.variant);
        match &build.outcome {
            BuildOutcome::Failed(_) => {
                failures.push((Outcome::BuildFailed, format!("{} did not build", build.variant)));
            }
            BuildOutcome::Built(facts) if !was_run && manifest.status == CaptureStatus::Complete => {
                failures.extend(unrun(&build.variant, facts, nothing_ran));
            }
            BuildOutcome::Built(_) => {}
        }
    }
    if manifest.scenario.workload.kind != Kind::Binary {
        failures.extend(tested::failures(dir, runs, tests));
        return failures;
    }
    for run in manifest.runs.iter().filter(|run| !run.ok) {
        let words = format!("{}: {}", run.dir, report::end_words(&run.end));
        let tail = capture::failure_text(dir.root(), run);
        let text = if tail.is_empty() { words } else { format!("{words}\n{}", tail.trim_end()) };
        failures.push((Outcome::WorkloadFailed, text));
    }
    failures
}
