//! One variant's job: the user's own binary, the same with the probe, and what else was asked for, each by a `go build`.
//!
//! ```text
//! facts      what is told of them
//! ```

mod facts;

use std::borrow::Cow;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::build::BuildDirs;
use super::built::{BinaryFacts, BuildFacts, Built, GoInfo, SectionFacts};
use super::environment::Environment;
use super::error::BuildError;
use super::failure::{blame_overlay, failed, no_probe};
use super::go::{Go, finish};
use super::helper::Helper;
use super::inputs::Part;
use super::overlay::Wish;
use super::package::Package;
use super::process::Interrupt;
use super::readback::{ReadBack, read_back};
use super::release::GoroutineLeak;
use super::{asan, compiler, cover, emulator, escape, flags, kept, overlay, split, symbols};
use crate::model::Escape;
use crate::scenario::{BuildSpec, DebugInfo, HeapDump, Kind, Scenario};

/// Time for one build, seconds: a cold one of a large program takes minutes on two cores.
pub(super) const BUILD_SECONDS: u64 = 1800;

/// What stays the same over the two builds of a variant.
pub(super) struct Job<'a> {
    pub(super) scenario: Cow<'a, Scenario>,
    pub(super) spec: &'a BuildSpec,
    pub(super) go: Go,
    pub(super) main: Package,
    /// Directory of the variant.
    pub(super) out: Utf8PathBuf,
    pub(super) environment: &'a Environment,
    pub(super) interrupt: &'a Interrupt,
}

/// One binary that was made.
struct Made {
    binary: Utf8PathBuf,
    command: Vec<String>,
    millis: u64,
    note: Option<String>,
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
    pub(super) fn key(&self, parts: &[Part]) -> Option<String> {
        let Self { scenario, spec, go, interrupt, .. } = self;
        kept::Question { scenario, spec, go, parts, interrupt }.key()
    }

    pub(super) fn plain(&self) -> Result<Built, BuildError> {
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
    pub(super) fn build(&self, inputs: Vec<Part>, dirs: &BuildDirs) -> Result<(Built, bool), BuildError> {
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
}
