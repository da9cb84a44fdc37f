//! A capture in the making: builds and runs are recorded as they come, the manifest is whole at any
//! moment.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{CaptureError, io};
use super::inputs::Inputs;
use super::launch::{Launch, Purpose};
use super::manifest::{
    AsanRecord, BuildOutcome, BuildRecord, CaptureStatus, CoverRecord, DebugRun, FileRecord, MANIFEST_FORMAT,
    Manifest, Replay, RunRecord,
};
use super::open::{BASELINE, COVER_PROFILE, LAB, SYMBOLS};
use super::store::{self, Lock, Store};
use super::{crash, gotest, launch, machine};
use crate::model::{Mode, RunId, WallTime};
use crate::scenario::{AllocFree, Kind, Scenario};
use crate::toolchain::{BuildFailure, Built, Interrupt};

/// How often a run is made again that the runtime's tracer has crashed.
const TRIES: u32 = 2;
/// What is noted of it.
const AGAIN: &str = "made again: Go's runtime crashed in its own tracer; allocations are not traced one by one in this run, so objects of its dumps lack types and ages";

/// A capture in the making.
#[derive(Debug)]
pub struct Session {
    _lock: Lock,
    root: Utf8PathBuf,
    manifest: Manifest,
}

impl Session {
    /// Makes the directory (a new one in `store`, or `out`) and its first manifest. `env` is the harness's own
    /// environment, which the program gets.
    ///
    /// # Errors
    /// When the directory cannot be made or holds other things.
    pub fn create(
        store: &Store,
        out: Option<&Utf8Path>,
        scenario: &Scenario,
        env: &BTreeMap<String, String>,
    ) -> Result<Self, CaptureError> {
        let created = now();
        let (root, lock) = match out {
            Some(out) => {
                let lock = store::prepare_out(out)?;
                (out.canonicalize_utf8().map_err(io("find", out))?, lock)
            }
            None => {
                let root = store.new_run(&scenario.name, &stamp(created))?;
                let lock = store::lock_directory(&root)?;
                (root, lock)
            }
        };
        let manifest = Manifest {
            format: MANIFEST_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            created,
            status: CaptureStatus::Running,
            scenario: scenario.clone(),
            machine: machine::facts(),
            inputs: Some(Inputs::of(scenario, env)),
            replay: None,
            builds: Vec::new(),
            lab: None,
            runs: Vec::new(),
            parallel: BTreeMap::new(),
            left_out: BTreeMap::new(),
            debug: None,
        };
        let session = Self { _lock: lock, root, manifest };
        session.copy(&scenario.path, "scenario.toml")?;
        session.copy(&scenario.baseline, BASELINE)?;
        session.write()?;
        Ok(session)
    }

    /// Marks the capture as one that repeats `recorded`, whose scenario file and baseline it takes over as they were.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn repeats(&mut self, recorded: &Utf8Path, replay: Replay) -> Result<(), CaptureError> {
        for name in ["scenario.toml", BASELINE] {
            self.copy(&recorded.join(name), name)?;
        }
        self.manifest.replay = Some(replay);
        self.write()
    }

    /// Where the capture lies.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Where a run's files go, within the capture.
    #[must_use]
    pub fn dir_of(&self, id: &RunId) -> Utf8PathBuf {
        let workload = &self.manifest.scenario.workload;
        Utf8PathBuf::from(gotest::directory(workload, id, mode_name(id.mode)))
    }

    /// Keeps a file of the user's as it is now, if it is there.
    fn copy(&self, from: &Utf8Path, name: &str) -> Result<(), CaptureError> {
        let to = self.root.join(name);
        if to.exists() {
            fs::remove_file(&to).map_err(io("remove", &to))?; // it may be one that cannot be written to
        }
        if from.is_file() {
            fs::copy(from, &to).map_err(io("copy", from))?;
        }
        Ok(())
    }

    fn write(&self) -> Result<(), CaptureError> {
        store::write_manifest(&self.root, &self.manifest)
    }

    /// Records what came of a build.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn record_build(
        &mut self,
        variant: &str,
        build: Result<&Built, BuildFailure>,
    ) -> Result<(), CaptureError> {
        if let (Ok(built), Some(inputs)) = (&build, &mut self.manifest.inputs) {
            inputs.add(variant, built.inputs.clone());
        }
        let symbols = match &build {
            Ok(Built { symbols: Some(file), .. }) => Some(self.keep_symbols(variant, file)?),
            _ => None,
        };
        let sections = build.as_ref().map(|built| built.sections.clone()).unwrap_or_default();
        let escapes = build.as_ref().map(|built| built.escapes.clone()).unwrap_or_default();
        let asan = build.as_ref().ok().and_then(|built| built.asan.as_ref()?.as_ref().err());
        let asan = asan.map(|why| AsanRecord::NotRun { why: why.clone() });
        let cover = build.as_ref().ok().and_then(|built| built.covered.as_ref()?.as_ref().err());
        let cover = cover.map(|why| CoverRecord::NotRun { why: why.clone() });
        let outcome = match build {
            Ok(built) => BuildOutcome::Built(Box::new(built.facts.clone())),
            Err(failure) => BuildOutcome::Failed(failure),
        };
        self.manifest.builds.push(BuildRecord {
            variant: variant.to_owned(),
            outcome,
            symbols,
            sections,
            escapes,
            asan,
            cover,
        });
        self.write()
    }

    /// Copies a variant's symbols into the capture, whole or not at all: builds are made again, captures travel.
    fn keep_symbols(&self, variant: &str, file: &Utf8Path) -> Result<FileRecord, CaptureError> {
        let dir = self.root.join(variant);
        fs::create_dir_all(&dir).map_err(io("create", &dir))?;
        let part = dir.join("symbols.part");
        fs::copy(file, &part).map_err(io("copy", file))?;
        let to = dir.join(SYMBOLS);
        fs::rename(&part, &to).map_err(io("write", &to))?;
        launch::file_record(&to)
    }

    /// Keeps what was asked of the builds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_lab(&mut self, document: &[u8]) -> Result<(), CaptureError> {
        let to = self.root.join(LAB);
        let part = self.root.join("lab.part");
        fs::write(&part, document).map_err(io("write", &part))?;
        fs::rename(&part, &to).map_err(io("write", &to))?;
        self.manifest.lab = Some(launch::file_record(&to)?);
        self.write()
    }

    /// Says which tests of a variant are parallel: they are judged as a group.
    pub fn group(&mut self, variant: &str, parallel: Vec<String>) {
        self.manifest.parallel.insert(variant.to_owned(), parallel);
    }

    /// Says which test of a variant ended a survey: the next one goes without.
    pub fn leave_out(&mut self, variant: &str, test: &str) {
        self.manifest.left_out.entry(variant.to_owned()).or_default().push(test.to_owned());
    }

    /// Makes one run; what came of it is recorded and returned.
    ///
    /// # Errors
    /// When the capture cannot be written; what the program does is never an error.
    pub fn run(
        &mut self,
        id: &RunId,
        built: &Built,
        env: &BTreeMap<String, String>,
        interrupt: &Interrupt,
    ) -> Result<&RunRecord, CaptureError> {
        let dir = self.dir_of(id);
        let Manifest { parallel, left_out, .. } = &self.manifest;
        let tests = gotest::Known {
            parallel: parallel.get(&*id.variant).map_or(&[][..], Vec::as_slice),
            left_out: left_out.get(&*id.variant).map_or(&[][..], Vec::as_slice),
        };
        let launch = |scenario: &Scenario| {
            let (root, dir, purpose) = (&self.root, dir.clone(), Purpose::Observed);
            Launch { scenario, built, id, root, dir, env, interrupt, purpose, tests }.run()
        };
        let mut record = launch(&self.manifest.scenario)?;
        for _ in 0..TRIES {
            if record.ok || !crash::is_of_the_tracer(&self.root.join(&dir)) {
                break;
            }
            let mut calmer = self.manifest.scenario.clone();
            calmer.capture.alloc_free = AllocFree::Off;
            record = launch(&calmer)?;
            record.notes.push(AGAIN.to_owned());
        }
        self.manifest.runs.push(record);
        self.write()?;
        Ok(&self.manifest.runs[self.manifest.runs.len() - 1])
    }

    /// Runs the program that was built with `-asan`, if there is one, under the limits of every run; tells how that went.
    ///
    /// # Errors
    /// See [`Session::run`].
    pub fn run_sanitized(
        &mut self,
        variant: &str,
        built: &Built,
        env: &BTreeMap<String, String>,
        interrupt: &Interrupt,
    ) -> Result<Option<RunRecord>, CaptureError> {
        let Some(Ok(program)) = &built.asan else { return Ok(None) };
        let purpose = Purpose::Sanitized(program);
        let record = self.run_apart((variant, "asan"), (Mode::Plain, purpose), built, (env, interrupt))?;
        if let Some(build) = self.manifest.builds.iter_mut().find(|build| build.variant == variant) {
            build.asan = Some(AsanRecord::Ran(Box::new(record.clone())));
        }
        self.write()?;
        Ok(Some(record))
    }

    /// Runs the program that was built with `-cover`, if there is one, under the limits of every run; tells how that went.
    ///
    /// # Errors
    /// See [`Session::run`].
    pub fn run_covered(
        &mut self,
        variant: &str,
        built: &Built,
        env: &BTreeMap<String, String>,
        interrupt: &Interrupt,
    ) -> Result<Option<RunRecord>, CaptureError> {
        let Some(Ok(program)) = &built.covered else { return Ok(None) };
        // Tests run once, as the go command runs them.
        let is_program = self.manifest.scenario.workload.kind == Kind::Binary;
        let mode = if is_program { Mode::Natural } else { Mode::Plain };
        let purpose = Purpose::Covered(program);
        let record = self.run_apart((variant, "cover"), (mode, purpose), built, (env, interrupt))?;
        self.record_covered(variant, record.clone())?;
        Ok(Some(record))
    }

    /// Makes the one run of a program that was built for a purpose of its own, in the directory `name` of the variant.
    fn run_apart(
        &self,
        (variant, name): (&str, &str),
        (mode, purpose): (Mode, Purpose<'_>),
        built: &Built,
        (env, interrupt): (&BTreeMap<String, String>, &Interrupt),
    ) -> Result<RunRecord, CaptureError> {
        let id = RunId { variant: variant.into(), mode, repeat: 1, test: None };
        let (scenario, root, tests) = (&self.manifest.scenario, &self.root, gotest::Known::default());
        let dir = Utf8PathBuf::from(format!("{variant}/{name}"));
        Launch { scenario, built, id: &id, root, dir, env, interrupt, purpose, tests }.run()
    }

    /// Keeps the profile of that run as text, as `go tool cover` reads it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_profile(&mut self, variant: &str, text: &str) -> Result<(), CaptureError> {
        let build = self.manifest.builds.iter().find(|build| build.variant == variant);
        let Some(Some(CoverRecord::Ran(run))) = build.map(|build| &build.cover) else { return Ok(()) };
        let mut run = (**run).clone();
        let path = self.root.join(&run.dir).join(COVER_PROFILE);
        fs::write(&path, text).map_err(io("write", &path))?;
        run.files.retain(|file| file.name != COVER_PROFILE);
        run.files.push(launch::file_record(&path)?);
        self.record_covered(variant, run)
    }

    fn record_covered(&mut self, variant: &str, record: RunRecord) -> Result<(), CaptureError> {
        if let Some(build) = self.manifest.builds.iter_mut().find(|build| build.variant == variant) {
            build.cover = Some(CoverRecord::Ran(Box::new(record)));
        }
        self.write()
    }

    /// Keeps what a repeat under the debugger showed, in a file of this name.
    ///
    /// # Errors
    /// When the capture cannot be written.
    pub fn record_debug(&mut self, variant: &str, name: &str, text: &[u8]) -> Result<(), CaptureError> {
        let dir = self.root.join(variant);
        fs::create_dir_all(&dir).map_err(io("create", &dir))?;
        let path = dir.join(name);
        fs::write(&path, text).map_err(io("write", &path))?;
        let file = launch::file_record(&path)?;
        self.manifest.debug = Some(DebugRun::Made { variant: variant.to_owned(), file });
        self.write()
    }

    /// Records why there is no repeat under the debugger.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn record_no_debug(&mut self, why: String) -> Result<(), CaptureError> {
        self.manifest.debug = Some(DebugRun::NotMade { why });
        self.write()
    }

    /// Marks the capture as finished, or interrupted.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn finish(mut self, status: CaptureStatus) -> Result<Utf8PathBuf, CaptureError> {
        self.manifest.status = status;
        self.write()?;
        Ok(self.root)
    }
}

/// The runs of a scenario, interleaved: all variants of the first repeat, then of the second, so that a
/// machine that slows down slows all of them.
#[must_use]
pub fn plan(scenario: &Scenario, variants: &[String]) -> Vec<RunId> {
    let mut plan = Vec::new();
    if scenario.workload.kind != Kind::Binary {
        // Once without the probe, and once to find the tests that are worth runs of their own.
        let modes = || scenario.capture.modes.iter();
        let id =
            |variant: &String, mode| RunId { variant: variant.as_str().into(), mode, repeat: 1, test: None };
        plan.extend(variants.iter().flat_map(|variant| modes().map(move |mode| id(variant, *mode))));
        return plan;
    }
    for repeat in 1..=scenario.capture.repeat {
        for variant in variants {
            let id =
                |mode: &Mode| RunId { variant: variant.as_str().into(), mode: *mode, repeat, test: None };
            plan.extend(scenario.capture.modes.iter().map(id));
        }
    }
    plan
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Plain => "plain",
        Mode::Natural => "natural",
        Mode::Step => "step",
    }
}

/// Wall-clock time.
pub(super) fn now() -> WallTime {
    WallTime(i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX))
}

/// `20260102T030405.678Z`, which sorts by time.
fn stamp(at: WallTime) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    time.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_by_their_names() {
        let day = 86_400_000_000_000;
        assert_eq!(stamp(WallTime(day / 2)), "19700101T120000.000Z");
        assert!(stamp(WallTime(day)) < stamp(WallTime(day + 1_000_000)));
    }
}
