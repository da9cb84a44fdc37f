//! Builds a variant again, in other circumstances, to see whether it comes out the same.
//!
//! ```text
//! elsewhere   a copy of the module, with what it needs of its neighbours, in another directory
//! ```
//!
//! Each attempt is a `go build` with the variant's own words and an output of its own, which goes when it has been read. A
//! circumstance that cannot be made is said, with what to do, and stops no other. The user's files and build cache stay
//! as they are.

mod elsewhere;

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::built::{BinaryFacts, Built};
use super::super::job::BUILD_SECONDS;
use super::super::readback::read_back;
use super::super::split::split;
use super::{BuildError, Subject};
use crate::model::lab::reproducible::Circumstance;
use crate::scenario::DebugInfo;
use crate::toolchain::go::Go;

/// What was built, once and again.
#[derive(Debug)]
pub struct ReproducibleRecord {
    /// The user's own binary.
    pub binary: Vec<u8>,
    /// What was read back from it.
    pub facts: BinaryFacts,
    /// Built again.
    pub attempts: Vec<Attempt>,
    /// What was not tried, and what that needs.
    pub not_tried: Vec<(Circumstance, String)>,
    /// Directories of this machine that should not be in a program.
    pub roots: Vec<Root>,
    /// The program with its symbols: variables are read out of it. `None` if there is none.
    pub symbols: Option<Vec<u8>>,
    /// What `-X` should set: variable and text.
    pub wanted: Vec<(String, String)>,
}

/// A build in other circumstances.
#[derive(Debug)]
pub struct Attempt {
    /// Which.
    pub circumstance: Circumstance,
    /// What was different, in words.
    pub how: String,
    /// Its binary.
    pub binary: Vec<u8>,
    /// What was read back from it.
    pub facts: BinaryFacts,
    /// Packages that were compiled for it; others came from the build cache.
    pub compiled: u64,
    /// Directories that only this attempt has: where the module was, the home directory.
    pub places: Vec<Utf8PathBuf>,
}

/// A directory of this machine.
#[derive(Debug, Clone)]
pub struct Root {
    /// What it is to the build (`the module`, `GOROOT`).
    pub what: &'static str,
    /// Where it is.
    pub path: Utf8PathBuf,
}

/// Builds it in every circumstance.
///
/// # Errors
/// When it does not build, or the user interrupts.
pub fn reproducible(subject: &Subject<'_>) -> Result<ReproducibleRecord, BuildError> {
    let built = subject.built()?;
    let mut bench = Bench { subject, built, attempts: Vec::new(), not_tried: Vec::new() };
    bench.again()?;
    bench.elsewhere()?;
    bench.in_another_environment()?;
    bench.cold()?;
    let symbols = match super::assembly::with_symbols(subject) {
        Ok((program, _)) => fs::read(program).ok(),
        Err(BuildError::Interrupted) => return Err(BuildError::Interrupted),
        Err(_) => None,
    };
    let Bench { attempts, not_tried, .. } = bench;
    Ok(ReproducibleRecord {
        binary: super::binary(subject)?,
        facts: built.facts.plain.clone(),
        attempts,
        not_tried,
        roots: roots(subject),
        symbols,
        wanted: linked_values(&subject.variant.build.ldflags),
    })
}

/// What the linker's flags set of variables: `-X name=text`, `-X=name=text`. Of one name the last counts.
fn linked_values(ldflags: &[String]) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    let mut words = ldflags.iter().map(|word| word.trim_start_matches('-'));
    while let Some(word) = words.next() {
        let value = if word == "X" { words.next() } else { word.strip_prefix("X=") };
        if let Some((name, text)) = value.and_then(|value| value.split_once('=')) {
            values.retain(|(known, _)| known != name);
            values.push((name.to_owned(), text.to_owned()));
        }
    }
    values
}

/// Directories that name this machine or its user.
fn roots(subject: &Subject<'_>) -> Vec<Root> {
    let setting = |name| Utf8PathBuf::from(subject.go.setting(name));
    let variable = |name| Utf8PathBuf::from(subject.environment.get(name).unwrap_or_default());
    let module = elsewhere::module_root(subject);
    let named = [
        ("the module", module),
        ("GOROOT", setting("GOROOT")),
        ("GOMODCACHE", setting("GOMODCACHE")),
        ("GOCACHE", setting("GOCACHE")),
        ("HOME", variable("HOME")),
    ];
    let roots = named.into_iter().map(|(what, path)| Root { what, path });
    // `/` is no directory of anybody's.
    roots.filter(|root| root.path.is_absolute() && root.path.parent().is_some()).collect()
}

struct Bench<'a> {
    subject: &'a Subject<'a>,
    built: &'a Built,
    attempts: Vec<Attempt>,
    not_tried: Vec<(Circumstance, String)>,
}

/// What one attempt has that others have not.
struct Conditions<'a> {
    go: &'a Go,
    dir: &'a Utf8Path,
    how: String,
    places: Vec<Utf8PathBuf>,
}

impl Bench<'_> {
    fn again(&mut self) -> Result<(), BuildError> {
        let how = "in the same place, a moment later".to_owned();
        let dir = &self.subject.scenario.workload.module;
        self.attempt(Circumstance::Again, Conditions { go: &self.subject.go, dir, how, places: Vec::new() })
    }

    fn elsewhere(&mut self) -> Result<(), BuildError> {
        let place = tempfile::Builder::new().prefix("harness-elsewhere-").tempdir();
        let place = place.map_err(BuildError::file("create", Utf8Path::new("a directory")))?;
        let Some(path) = Utf8Path::from_path(place.path()) else { return Ok(()) };
        // The name that the go command sees: /tmp is a link on some systems.
        let path = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        let is_stamped = self.built.facts.plain.settings.keys().any(|name| name.starts_with("vcs."));
        match elsewhere::copy(self.subject, &path, is_stamped)? {
            Err(why) => self.not_tried.push((Circumstance::Elsewhere, why)),
            Ok(elsewhere::Copied { module, go, what }) => {
                let how = format!("in another directory, from a copy of {what}");
                let places = vec![path];
                self.attempt(Circumstance::Elsewhere, Conditions { go: &go, dir: &module, how, places })?;
            }
        }
        Ok(())
    }

    fn in_another_environment(&mut self) -> Result<(), BuildError> {
        let place = tempfile::Builder::new().prefix("harness-somebody-").tempdir();
        let place = place.map_err(BuildError::file("create", Utf8Path::new("a directory")))?;
        let Some(path) = Utf8Path::from_path(place.path()) else { return Ok(()) };
        let mut go = self.subject.go.clone();
        go.env = somebodys(&go, path);
        for name in ["HOME", "TMPDIR"] {
            if let Some(dir) = go.env.get(name) {
                fs::create_dir_all(dir).map_err(BuildError::file("create", Utf8Path::new(dir)))?;
            }
        }
        let how = "with another HOME, TMPDIR, USER, LANG and TZ, and a variable more".to_owned();
        let dir = &self.subject.scenario.workload.module;
        let places = vec![path.to_owned()];
        self.attempt(Circumstance::Environment, Conditions { go: &go, dir, how, places })
    }

    fn cold(&mut self) -> Result<(), BuildError> {
        if !self.subject.scenario.lab.cold {
            let needs = "`--cold`, or `cold = true` in `[lab]`: everything is compiled anew, the standard library included";
            self.not_tried.push((Circumstance::Cold, needs.to_owned()));
            return Ok(());
        }
        let cache = tempfile::Builder::new().prefix("harness-go-cache-").tempdir();
        let cache = cache.map_err(BuildError::file("create", Utf8Path::new("a directory")))?;
        let mut go = self.subject.go.clone();
        let path = Utf8PathBuf::from(cache.path().to_string_lossy().into_owned());
        go.env.insert("GOCACHE".to_owned(), path.to_string());
        let how = "with an empty build cache".to_owned();
        let dir = &self.subject.scenario.workload.module;
        self.attempt(Circumstance::Cold, Conditions { go: &go, dir, how, places: vec![path] })
    }

    /// Builds it. A build that fails only here is a circumstance that could not be made.
    fn attempt(&mut self, circumstance: Circumstance, conditions: Conditions<'_>) -> Result<(), BuildError> {
        let out = self.subject.out.join("reproducible").join(circumstance.word());
        let made = match self.build(&conditions, &out) {
            Err(BuildError::Interrupted) => return Err(BuildError::Interrupted),
            made => made,
        };
        // It costs room alone.
        let _ = fs::remove_dir_all(&out);
        let Conditions { how, places, .. } = conditions;
        match made {
            Ok((binary, facts, compiled)) => {
                self.attempts.push(Attempt { circumstance, how, binary, facts, compiled, places });
            }
            Err(error) => {
                let said = error.to_string();
                let first = said.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
                self.not_tried.push((circumstance, format!("a build that passes {how}: {first}")));
            }
        }
        Ok(())
    }

    fn build(
        &self,
        conditions: &Conditions<'_>,
        out: &Utf8Path,
    ) -> Result<(Vec<u8>, BinaryFacts, u64), BuildError> {
        let subject = self.subject;
        fs::create_dir_all(out).map_err(BuildError::file("create", out))?;
        let binary = out.join(self.built.plain.file_name().unwrap_or("program"));
        let is_split = subject.variant.build.debug == DebugInfo::Split;
        let target = if is_split { Utf8PathBuf::from(format!("{binary}.full")) } else { binary.clone() };
        let mut words = vec!["build".to_owned(), "-v".to_owned(), format!("-o={target}")];
        words.extend(subject.words()?);
        words.extend(["--".to_owned(), subject.scenario.workload.package.clone()]);
        let command = conditions.go.command(words, conditions.dir);
        let done = subject.finish_long(&command, BUILD_SECONDS)?;
        if !done.ok() {
            return Err(super::super::failure::failed(command.words(), &done.stderr.text()));
        }
        if is_split {
            split(&target, &binary, subject.environment, subject.interrupt)?;
        }
        let compiled = done.stderr.text().lines().filter(|line| !line.starts_with('#')).count() as u64;
        let bytes = fs::read(&binary).map_err(BuildError::file("read", &binary))?;
        let facts = read_back(&subject.go, &binary, subject.interrupt)?.facts;
        Ok((bytes, facts, compiled))
    }
}

/// The environment of somebody else, who has the same caches.
fn somebodys(go: &Go, place: &Utf8Path) -> BTreeMap<String, String> {
    let mut env = go.env.clone();
    // They are below the home directory unless they are named.
    for name in ["GOCACHE", "GOMODCACHE", "GOPATH", "GOENV"] {
        env.insert(name.to_owned(), go.setting(name).to_owned());
    }
    // git refuses a repository of somebody else's unless the user's settings allow it.
    if let Some(home) = go.env.get("HOME").filter(|_| !go.env.contains_key("GIT_CONFIG_GLOBAL")) {
        env.insert("GIT_CONFIG_GLOBAL".to_owned(), format!("{home}/.gitconfig"));
    }
    let set = [
        ("HOME", place.join("home").into_string()),
        ("TMPDIR", place.join("tmp").into_string()),
        ("USER", "somebody".to_owned()),
        ("LOGNAME", "somebody".to_owned()),
        ("LANG", "de_DE.UTF-8".to_owned()),
        ("TZ", "Pacific/Auckland".to_owned()),
        ("HARNESS_ANOTHER_VARIABLE", "1".to_owned()),
    ];
    env.extend(set.map(|(name, value)| (name.to_owned(), value)));
    env.remove("LC_ALL");
    env
}
