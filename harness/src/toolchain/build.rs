//! Builds a variant: the user's own binary, and the same with the probe.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::built::{BinaryFacts, BuildFacts, BuildFailure, Built, GoInfo, SectionFacts};
use super::emulator::{self, Runner};
use super::environment::Environment;
use super::error::BuildError;
use super::go::{Go, finish};
use super::helper::Helper;
use super::inputs::{Part, Question};
use super::overlay::{Injection, Wish};
use super::package::{self, Package};
use super::process::Interrupt;
use super::readback::{ReadBack, disagreements, read_back};
use super::release::GoroutineLeak;
use super::select::{Choice, select};
use super::{
    asan, cgo, compiler, cover, escape, failure, find, flags, kept, overlay, select as selection, split,
    symbols,
};
use crate::model::{Escape, ModuleTable};
use crate::scenario::{BuildSpec, DebugInfo, HeapDump, Kind, Scenario, Variant, Workload};

/// Time for one build, seconds: a cold one of a large program takes minutes on two cores.
pub(super) const BUILD_SECONDS: u64 = 1800;

/// A Go that was found, and the environment to use it in.
#[derive(Debug, Clone)]
pub struct Toolchain {
    found: Go,
    environment: Environment,
    /// Sources by what decides on them, so that variants that share them have them listed and read once.
    sources: Arc<Mutex<BTreeMap<String, Vec<Part>>>>,
    /// Make builds anew that are there.
    anew: bool,
}

/// Where builds go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildDirs {
    /// Directory of the scenario's builds, absolute: `.harness/build/SCENARIO`. The same for the
    /// same scenario, so that an unchanged binary is not linked again.
    pub out: Utf8PathBuf,
    /// What can be made again and is shared by all scenarios: [`Environment::cache_dir`].
    pub cache: Utf8PathBuf,
}

/// What stays the same over the two builds of a variant.
struct Job<'a> {
    scenario: Cow<'a, Scenario>,
    spec: &'a BuildSpec,
    go: Go,
    main: Package,
    /// Directory of the variant.
    out: Utf8PathBuf,
    environment: &'a Environment,
    interrupt: &'a Interrupt,
}

/// One binary that was made.
struct Made {
    binary: Utf8PathBuf,
    command: Vec<String>,
    millis: u64,
    note: Option<String>,
}

impl Toolchain {
    /// Looks for Go in HARNESS_GO, PATH, GOROOT and the usual places.
    ///
    /// # Errors
    /// When there is none that is new enough.
    pub fn find(environment: &Environment) -> Result<Self, BuildError> {
        let found = find::find(environment, &Interrupt::default())?;
        Ok(Self { found, environment: environment.clone(), sources: Arc::default(), anew: false })
    }

    /// Makes builds anew, or takes up those that are there and of which nothing has changed.
    #[must_use]
    pub fn anew(self, anew: bool) -> Self {
        Self { anew, ..self }
    }

    /// The Go that was found; a scenario or a module can ask for another one.
    #[must_use]
    pub fn go(&self) -> &Go {
        &self.found
    }

    /// Builds `variant` twice, with the probe and without, and reads both binaries back.
    ///
    /// # Errors
    /// [`BuildError::Failed`] when Go refuses the program; the others are the harness's or the
    /// scenario's trouble.
    pub fn build(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        dirs: &BuildDirs,
        interrupt: &Interrupt,
    ) -> Result<Built, BuildError> {
        let job = self.job(scenario, variant, dirs, interrupt)?;
        let inputs = self.parts(&job);
        let key = job.key(&inputs);
        if let Some(key) = key.as_ref().filter(|_| !self.anew)
            && let Some(mut built) = kept::read(&job.out, key)
        {
            built.facts.runner = job.runner(); // an emulator may have come, or gone
            return Ok(built);
        }
        kept::forget(&job.out)?;
        let (built, is_complete) = job.build(inputs, dirs)?;
        if let Some(key) = key.filter(|_| is_complete) {
            kept::write(&job.out, &key, &built);
        }
        Ok(built)
    }

    /// Builds the user's own binary alone, which stands for both; for who asks for no more than its size or its runs.
    ///
    /// # Errors
    /// See [`Toolchain::build`].
    pub fn build_plain(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        dirs: &BuildDirs,
        interrupt: &Interrupt,
    ) -> Result<Built, BuildError> {
        let job = self.job(scenario, variant, dirs, interrupt)?;
        kept::forget(&job.out)?;
        job.plain()
    }

    /// What [`Toolchain::build`] would make a variant of, now.
    ///
    /// # Errors
    /// When its Go cannot be had, or there is no such program.
    pub fn inputs(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        dirs: &BuildDirs,
        interrupt: &Interrupt,
    ) -> Result<Vec<Part>, BuildError> {
        Ok(self.parts(&self.job(scenario, variant, dirs, interrupt)?))
    }

    fn parts(&self, job: &Job<'_>) -> Vec<Part> {
        let Job { scenario, spec, go, interrupt, .. } = job;
        let question = Question { go, workload: &scenario.workload, spec, interrupt };
        let mut known = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = known.entry(question.key()).or_insert_with(|| question.sources());
        question.settings().into_iter().chain(sources.iter().cloned()).collect()
    }

    fn job<'a>(
        &'a self,
        scenario: &'a Scenario,
        variant: &'a Variant,
        dirs: &BuildDirs,
        interrupt: &'a Interrupt,
    ) -> Result<Job<'a>, BuildError> {
        let scenario = of_variant(scenario, variant);
        let go = self.go_of(&scenario, variant, dirs, interrupt)?;
        let main =
            package::list(&go, &scenario.workload, &variant.build, &scenario.workload.package, interrupt)?;
        check_main(&go, &main, &scenario.workload)?;
        let out = dirs.out.join(&variant.name);
        Ok(Job { scenario, spec: &variant.build, go, main, out, environment: &self.environment, interrupt })
    }

    /// The Go of a variant.
    pub(super) fn go_of(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        dirs: &BuildDirs,
        interrupt: &Interrupt,
    ) -> Result<Go, BuildError> {
        let spec = &variant.build;
        let mut env = self.environment.vars.clone();
        env.extend(flags::variables(spec));
        let choice = Choice {
            found: &self.found,
            toolchain: spec.toolchain.as_deref(),
            env: &env,
            module: &scenario.workload.module,
            cache: &dirs.cache,
        };
        self.select(&choice, interrupt)
    }

    /// The packages that a scenario's pattern stands for and that have tests, by import path, with a short name each.
    ///
    /// # Errors
    /// When Go cannot be had, or does not list them.
    pub fn tested_packages(
        &self,
        scenario: &Scenario,
        variant: &Variant,
        dirs: &BuildDirs,
        interrupt: &Interrupt,
    ) -> Result<Vec<(String, String)>, BuildError> {
        let go = self.go_of(scenario, variant, dirs, interrupt)?;
        let words = flags::list_words(&variant.build);
        let workload = &scenario.workload;
        let all = package::list_all(&go, workload, (words, &workload.package), interrupt)?;
        let tested = all.into_iter().filter(Package::has_tests);
        Ok(tested.map(|package| (package.import_path.clone(), package.short_name())).collect())
    }

    /// Where the user works.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The Go of a build. What the go command says against the scenario or the module is the
    /// user's build failing, not a question gone wrong.
    fn select(&self, choice: &Choice<'_>, interrupt: &Interrupt) -> Result<Go, BuildError> {
        select(choice, interrupt).map_err(|error| match error {
            BuildError::Query { command, output, hint } => {
                let hint = self.near_targets(&output, interrupt).or(hint);
                let command = command.split(' ').map(str::to_owned).collect();
                BuildError::Failed(Box::new(BuildFailure { command, output, hint }))
            }
            other => other,
        })
    }

    /// The targets of the same system or architecture as one that Go does not have.
    fn near_targets(&self, output: &str, interrupt: &Interrupt) -> Option<String> {
        let (_, pair) = output.split_once("unsupported GOOS/GOARCH pair ")?;
        let (os, arch) = pair.split_whitespace().next()?.split_once('/')?;
        let targets = selection::targets(&self.found, &self.environment.dir, interrupt);
        let near: Vec<&str> = targets
            .iter()
            .filter(|there| there.split_once('/').is_some_and(|(o, a)| o == os || a == arch))
            .map(String::as_str)
            .collect();
        (!near.is_empty()).then(|| format!("there are {}", near.join(", ")))
    }
}

/// What names the globals of a heap dump, or why nothing does.
#[derive(Default)]
struct Names {
    file: Option<Utf8PathBuf>,
    sections: Vec<SectionFacts>,
    missing: Option<String>,
}

/// Both binaries of a variant.
struct Pair {
    plain: Made,
    plain_read: ReadBack,
    probed: Made,
    probed_read: ReadBack,
}

impl Names {
    fn missing(why: &str) -> Self {
        Self { missing: Some(why.to_owned()), ..Self::default() }
    }
}

impl Job<'_> {
    /// Everything that decides on its binaries, as a key; `None` if something is not known.
    fn key(&self, parts: &[Part]) -> Option<String> {
        let Self { scenario, spec, go, interrupt, .. } = self;
        kept::Question { scenario, spec, go, parts, interrupt }.key()
    }

    fn plain(&self) -> Result<Built, BuildError> {
        let plain = self.make("plain", &self.go, &[], self.spec)?;
        let read = read_back(&self.go, &plain.binary, self.interrupt)?;
        let facts = BuildFacts {
            go: self.go.info.clone(),
            command: plain.command,
            env: self.own_variables(),
            plain: read.facts,
            modules: read.modules,
            build_ms: (plain.millis, 0),
            runner: self.runner(),
            ..BuildFacts::default()
        };
        Ok(Built {
            plain: plain.binary.clone(),
            probed: plain.binary,
            facts,
            dir: self.main.dir.clone(),
            ..Built::default()
        })
    }

    /// Builds, and tells whether nothing is missing that another try might bring.
    fn build(&self, inputs: Vec<Part>, dirs: &BuildDirs) -> Result<(Built, bool), BuildError> {
        let plain = self.make("plain", &self.go, &[], self.spec)?;
        let plain_read = read_back(&self.go, &plain.binary, self.interrupt)?;
        let wish = self.wish();
        let injection = overlay::inject(&self.go, &wish, &dirs.cache, self.interrupt)?;
        let (go, spec) = self.probed();
        let overlay = format!("-overlay={}", injection.file);
        let overlay = [overlay];
        let probed = self.make("probed", &go, &overlay, &spec).map_err(blame_overlay)?;
        let probed_read = read_back(&self.go, &probed.binary, self.interrupt)?;
        if !probed_read.has_probe {
            return Err(no_probe(probed.binary));
        }
        let names = match injection.heap_dump {
            true => self.names(&go, &spec, &overlay, (&probed_read.facts, &probed.binary))?,
            false => Names::default(),
        };
        let escapes = self.escapes(&plain_read.facts.hash)?;
        let sanitized = self.sanitized()?;
        let covered = self.covered(dirs)?;
        let mut built = self.built(Pair { plain, plain_read, probed, probed_read }, injection, names);
        (built.asan, built.covered, built.inputs) = (sanitized, covered, inputs);
        let is_complete = escapes.is_ok();
        match escapes {
            Ok(escapes) => built.escapes = escapes,
            Err(why) => {
                built.facts.notes.push(format!("the compiler's words on escapes are not there: {why}"))
            }
        }
        Ok((built, is_complete))
    }

    /// Runs `go build` into the directory `kind` of the variant.
    fn make(&self, kind: &str, go: &Go, extra: &[String], spec: &BuildSpec) -> Result<Made, BuildError> {
        let dir = self.out.join(kind);
        fs::create_dir_all(&dir).map_err(BuildError::file("create", &dir))?;
        let suffix = if self.scenario.workload.kind == Kind::Binary { "" } else { ".test" };
        let name = format!("{}{suffix}{}", self.main.program(), go.setting("GOEXE"));
        let binary = dir.join(&name);
        let is_split = spec.debug == DebugInfo::Split;
        let target = if is_split { dir.join(format!("{name}.full")) } else { binary.clone() };
        let verb: &[&str] = match self.scenario.workload.kind {
            Kind::Binary => &["build"],
            // What vet has to say of tests is not asked, and it does not look for packages in an overlay.
            Kind::Test | Kind::Bench => &["test", "-c", "-vet=off"],
        };
        let mut args: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        args.push(format!("-o={target}"));
        args.extend(flags::words(spec, self.main.module_path())?);
        args.extend_from_slice(extra);
        args.push(self.scenario.workload.package.clone());
        let command = go.command(args, &self.scenario.workload.module);
        let done = finish(&command, BUILD_SECONDS, self.interrupt)?;
        if !done.ok() {
            let error = failed(command.words(), &(done.stdout.text() + &done.stderr.text()));
            return Err(self.blame_compiler(error));
        }
        let note =
            if is_split { split::split(&target, &binary, self.environment, self.interrupt)? } else { None };
        let millis = u64::try_from(done.wall.as_millis()).unwrap_or(u64::MAX);
        Ok(Made { binary, command: command.words(), millis, note })
    }

    /// cgo for another processor fails in whatever way the machine's own C compiler does on foreign assembly.
    fn blame_compiler(&self, error: BuildError) -> BuildError {
        let GoInfo { goos, goarch, .. } = &self.go.info;
        let BuildError::Failed(mut failure) = error else { return error };
        let is_foreign = goos == "linux" && !emulator::is_native(goos, goarch);
        let has_own = self.spec.env.contains_key("CC") || self.environment.get("CC").is_some();
        if let (true, Some((compiler, get))) = (is_foreign, emulator::cross_compiler(goarch)) {
            if failure.output.contains(&format!("{compiler}\" not found")) {
                failure.hint = Some(format!("the C compiler for {goos}/{goarch}: {get}; or `cgo = false`"));
            } else if self.spec.cgo == Some(true) && !has_own {
                failure.hint = Some(format!(
                    "cgo for {goos}/{goarch} needs a C compiler for it: {get}, and `env = {{ CC = \"{compiler}\" }}` in its `build`; or `cgo = false`"
                ));
            }
        }
        BuildError::Failed(failure)
    }

    /// What the probed build shall have in it.
    fn wish(&self) -> Wish<'_> {
        Wish {
            main: &self.main,
            workload: &self.scenario.workload,
            spec: self.spec,
            heap_dump: self.scenario.capture.heap_dump != HeapDump::Off,
            traced: self.scenario.capture.trace,
            covered: false,
            out: &self.out,
        }
    }

    /// The Go and the keys of the probed build.
    fn probed(&self) -> (Go, BuildSpec) {
        let mut go = self.go.clone();
        if let Some(experiment) = self.leak_experiment() {
            let experiments = [go.setting("GOEXPERIMENT"), experiment].join(",");
            go.env.insert("GOEXPERIMENT".to_owned(), experiments.trim_start_matches(',').to_owned());
        }
        let mut spec = self.spec.clone();
        if spec.debug == DebugInfo::Split {
            spec.debug = DebugInfo::Full;
        }
        (go, spec)
    }

    /// Packs the names of the probed binary's globals, from itself or from a twin that is linked with them.
    fn names(
        &self,
        go: &Go,
        spec: &BuildSpec,
        overlay: &[String],
        (facts, probed): (&BinaryFacts, &Utf8Path),
    ) -> Result<Names, BuildError> {
        let file = symbols::place(&self.out, &facts.hash);
        let read = |path: &Utf8Path| fs::read(path).map_err(BuildError::file("read", path));
        let mut binary = read(probed)?;
        let is_whole = facts.symbols && facts.dwarf;
        let sections = if is_whole { Vec::new() } else { symbols::sections(&binary) };
        if file.is_file() {
            return Ok(Names { file: Some(file), sections, missing: None });
        }
        if !is_whole {
            let ldflags = symbols::without_stripping(&spec.ldflags);
            let whole = BuildSpec { ldflags, debug: DebugInfo::Full, ..spec.clone() };
            let twin = match self.make("symbols", go, overlay, &whole) {
                Ok(made) => read(&made.binary)?,
                Err(BuildError::Failed(_)) => return Ok(Names::missing("it cannot be linked with symbols")),
                Err(error) => return Err(error),
            };
            if let Some(why) = symbols::differs(&binary, &twin) {
                return Ok(Names::missing(&why));
            }
            binary = twin;
        }
        Ok(match symbols::write(&binary, &file)? {
            None => Names { file: Some(file), sections, missing: None },
            Some(why) => Names::missing(&why),
        })
    }

    /// The program built with `-asan`, if that was asked for.
    fn sanitized(&self) -> Result<Option<asan::Sanitized>, BuildError> {
        if !self.scenario.capture.asan {
            return Ok(None);
        }
        if let Some(why) = asan::refusal(&self.go, self.spec, &self.scenario.workload, self.interrupt)? {
            return Ok(Some(Err(why)));
        }
        match self.make("asan", &self.go, &["-asan".to_owned()], &asan::keys(self.spec)) {
            Ok(made) => Ok(Some(Ok(made.binary))),
            Err(BuildError::Interrupted) => Err(BuildError::Interrupted),
            Err(BuildError::Failed(failure)) => Ok(Some(Err(asan::failure(&failure.output)))),
            Err(error) => Ok(Some(Err(error.to_string()))),
        }
    }

    /// The program built with `-cover` and the probe, if that was asked for.
    fn covered(&self, dirs: &BuildDirs) -> Result<Option<cover::CoveredBuild>, BuildError> {
        if !self.spec.cover {
            return Ok(None);
        }
        match self.make_covered(dirs) {
            Ok(binary) => Ok(Some(Ok(binary))),
            Err(BuildError::Interrupted) => Err(BuildError::Interrupted),
            Err(BuildError::Failed(failure)) => Ok(Some(Err(cover::failure(&failure.output)))),
            Err(error) => Ok(Some(Err(error.to_string()))),
        }
    }

    fn make_covered(&self, dirs: &BuildDirs) -> Result<Utf8PathBuf, BuildError> {
        if self.scenario.workload.kind != Kind::Binary {
            return Ok(self
                .make("covered", &self.go, &cover::MODE.map(str::to_owned), &cover::keys(self.spec))?
                .binary);
        }
        let out = self.out.join("covered");
        let wish = Wish { heap_dump: false, traced: false, covered: true, out: &out, ..self.wish() };
        let injection = overlay::inject(&self.go, &wish, &dirs.cache, self.interrupt)?;
        let helper = Helper::build(&self.go, &dirs.cache, self.interrupt)?;
        let words = cover::words(helper.bin(), &injection.file, &self.scenario.workload.checkpoint)?;
        let made = self.make("covered", &self.go, &words, &cover::keys(self.spec))?;
        match read_back(&self.go, &made.binary, self.interrupt)?.has_probe {
            true => Ok(made.binary),
            false => Err(no_probe(made.binary)),
        }
    }

    /// What the compiler says of the heap in the user's own build, the one with the hash `hash`; nothing if nobody asked.
    fn escapes(&self, hash: &str) -> Result<Result<Vec<Escape>, String>, BuildError> {
        if !self.scenario.capture.escapes {
            return Ok(Ok(Vec::new()));
        }
        let workload = &self.scenario.workload;
        let question = compiler::Question {
            go: &self.go,
            spec: self.spec,
            module: self.main.module_path(),
            package: &workload.package,
            dir: &workload.module,
            interrupt: self.interrupt,
        };
        escape::collect(&question, hash, &self.out)
    }

    /// The GOEXPERIMENT to add for the goroutineleak profile, unless the user's has it.
    fn leak_experiment(&self) -> Option<&'static str> {
        let GoroutineLeak::Experiment(name) = self.go.release.goroutine_leak() else { return None };
        let there = self.go.setting("GOEXPERIMENT").split(',').any(|word| word == name);
        (self.scenario.capture.goroutine_leak && !there).then_some(name)
    }

    fn built(&self, pair: Pair, injection: Injection, names: Names) -> Built {
        let Pair { plain, plain_read, probed, probed_read } = pair;
        let goflags = self.go.setting("GOFLAGS");
        let mut notes: Vec<String> =
            plain.note.into_iter().chain(probed.note).chain(injection.notes).collect();
        if !goflags.is_empty() {
            notes.push(format!("GOFLAGS is set and applies to every variant: `{goflags}`"));
        }
        notes.extend(disagreements(self.spec, goflags, &plain_read.facts));
        let leak = self.go.release.goroutine_leak();
        if self.scenario.capture.goroutine_leak && leak == GoroutineLeak::Absent {
            notes
                .push(format!("{} has no goroutineleak profile; it came with Go 1.26", self.go.info.version));
        }
        let can_dump = self.go.info.goos != "js";
        if injection.heap_dump && !can_dump {
            notes.push("no heap dump: the runtime writes no files under js".to_owned());
        }
        let facts = BuildFacts {
            package: self.tested(),
            go: self.go.info.clone(),
            command: plain.command,
            env: self.own_variables(),
            plain: plain_read.facts,
            probed: probed_read.facts,
            modules: self.modules(plain_read.modules),
            build_ms: (plain.millis, probed.millis),
            differences: self.differences(injection.differences),
            notes,
            heap_dump: injection.heap_dump && can_dump,
            no_symbols: names.missing,
            goroutine_leak: self.scenario.capture.goroutine_leak && leak != GoroutineLeak::Absent,
            runner: self.runner(),
        };
        Built {
            plain: plain.binary,
            probed: probed.binary,
            symbols: names.file,
            sections: names.sections,
            escapes: Vec::new(),
            asan: None,
            covered: None,
            inputs: Vec::new(),
            dir: self.main.dir.clone(),
            facts,
            reused: false,
        }
    }

    /// How its programs run here. What the scenario has run them decides, if it is another processor's.
    fn runner(&self) -> Runner {
        let GoInfo { goos, goarch, .. } = &self.go.info;
        let exec = &self.scenario.workload.exec;
        emulator::named(exec, (goos, goarch)).unwrap_or_else(|| {
            let runner = emulator::runner((goos, goarch), self.go.goroot(), self.environment, self.interrupt);
            // A compiler for the target that has its libraries somewhere else knows where.
            match self.go.setting("CGO_ENABLED") == "1" && runner.emulator().is_some() {
                true => runner.with_libraries(cgo::sysroot(&self.go, &self.main.dir, self.interrupt)),
                false => runner,
            }
        })
    }

    /// Import path of the package whose tests are built.
    fn tested(&self) -> String {
        match self.scenario.workload.kind {
            Kind::Binary => String::new(),
            Kind::Test | Kind::Bench => self.main.import_path.clone(),
        }
    }

    /// Whose code a symbol is. A package of the standard library has no module: its tests' own code is its own.
    fn modules(&self, mut read: ModuleTable) -> ModuleTable {
        if read.main.is_empty() {
            read.main = self.tested();
        }
        read
    }

    /// Variables of the build that are not the user's environment.
    fn own_variables(&self) -> BTreeMap<String, String> {
        self.go
            .env
            .iter()
            .filter(|(name, value)| self.environment.vars.get(*name) != Some(*value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn differences(&self, injected: Vec<String>) -> Vec<String> {
        let mut differences = injected;
        differences.extend(self.leak_experiment().map(|name| {
            format!(
                "GOEXPERIMENT={name}: {} has the goroutineleak profile only with it",
                self.go.info.version
            )
        }));
        if self.spec.debug == DebugInfo::Split {
            differences.push("debug information is in the binary".to_owned());
        }
        differences
    }
}

/// A failed go command, with what helps.
pub(super) fn failed(command: Vec<String>, output: &str) -> BuildError {
    let hint = failure::hint(output);
    BuildError::Failed(Box::new(BuildFailure { command, output: output.to_owned(), hint }))
}

/// The plain build of the same sources passed, so the user's program is not at fault.
fn blame_overlay(error: BuildError) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let hint = if failure.output.contains("# harnessprobe") {
        "the probe does not compile with this Go release: choose another one with `toolchain` in `[build]`"
    } else {
        "the build without the probe passed: run this command again to look at it, the overlay stays where it is"
    };
    failure.hint = Some(hint.to_owned());
    BuildError::Failed(failure)
}

fn no_probe(binary: Utf8PathBuf) -> BuildError {
    let hint =
        "the go command left the overlay out; `go env GOFLAGS` may have an `-overlay` of its own".to_owned();
    BuildError::NoProbe { binary, hint }
}

/// The scenario, of the package that the variant is of.
fn of_variant<'a>(scenario: &'a Scenario, variant: &Variant) -> Cow<'a, Scenario> {
    let Some(package) = &variant.package else { return Cow::Borrowed(scenario) };
    let mut own = scenario.clone();
    own.workload.package.clone_from(package);
    Cow::Owned(own)
}

pub(super) fn check_main(go: &Go, main: &Package, workload: &Workload) -> Result<(), BuildError> {
    let unsupported =
        |what: String, hint: &str| Err(BuildError::Unsupported { what, hint: Some(hint.to_owned()) });
    let asked = &workload.package;
    if workload.kind != Kind::Binary && !main.has_tests() {
        return unsupported(format!("`{asked}` has no test files"), "name a package with `_test.go` files");
    }
    if workload.kind == Kind::Binary && main.name != "main" {
        let what = format!("`{asked}` is package `{}`, and a workload is a program", main.name);
        return unsupported(what, "name the directory of a package main in `package`");
    }
    if is_in_module_cache(go, &main.dir) {
        let what = format!("`{asked}` is in the module cache, where the go command takes no overlay");
        return unsupported(what, "clone the module and set `module` in `[workload]` to the clone");
    }
    Ok(())
}

/// Whether the go command refuses to replace a file of `dir`.
fn is_in_module_cache(go: &Go, dir: &Utf8Path) -> bool {
    let cache = go.setting("GOMODCACHE");
    !cache.is_empty() && dir.starts_with(cache)
}
