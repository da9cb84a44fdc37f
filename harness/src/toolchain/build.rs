//! A Go that was found, and what is asked of it: which Go a variant gets, what it is made of, and its build, anew or taken up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::built::{BuildFailure, Built};
use super::environment::Environment;
use super::error::BuildError;
use super::go::Go;
use super::inputs::{Part, Question};
use super::job::Job;
use super::package::{self, Package};
use super::process::Interrupt;
use super::select::{Choice, select};
use super::{find, flags, kept, select as selection};
use crate::scenario::{Kind, Scenario, Variant, Workload};

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
