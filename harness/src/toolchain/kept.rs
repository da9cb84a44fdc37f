//! A build that is kept: as long as nothing that goes into it changes, it is not made again.
//!
//! Input: a variant's directory, and a key over everything that decides on its binaries. Output: the [`Built`] of before.
//! A build is taken up only whole: written at the end by a rename, gone before the next one begins, and its binaries still
//! have the hashes that were recorded.

use std::fs;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::built::{BinaryFacts, Built};
use super::error::BuildError;
use super::go::{Go, finish};
use super::inputs::{self, Part};
use super::process::{Command, Interrupt};
use crate::scenario::{BuildSpec, Scenario};

/// Name of the record in a variant's directory.
const FILE: &str = "built.json";
/// Time for a question to git, seconds.
const GIT_SECONDS: u64 = 20;

#[derive(Serialize, Deserialize)]
struct Kept<B> {
    key: String,
    built: B,
}

/// What a key is made of.
pub(super) struct Question<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) spec: &'a BuildSpec,
    pub(super) go: &'a Go,
    pub(super) parts: &'a [Part],
    pub(super) interrupt: &'a Interrupt,
}

impl Question<'_> {
    /// Digest of all that decides on a variant's binaries; `None` if something is not known.
    pub(super) fn key(&self) -> Option<String> {
        let Self { scenario, spec, go, parts, .. } = self;
        if parts.iter().any(|part| part.value.is_empty()) {
            return None;
        }
        let observed = (&scenario.workload.checkpoint, &scenario.capture.heap_dump, scenario.capture.trace);
        let more = (scenario.capture.goroutine_leak, scenario.capture.escapes, scenario.capture.asan);
        // Directories are in a program's debug information.
        let places = (
            &scenario.workload.module,
            (&scenario.workload.package, scenario.workload.kind),
            go.bin.as_str(),
            &go.info.goroot,
        );
        let harness = (env!("CARGO_PKG_VERSION"), inputs::probe());
        let all = (parts, spec, observed, more, places, harness, self.stamp());
        serde_json::to_vec(&all).ok().map(|text| inputs::digest(&text))
    }

    /// What the go command writes of the user's repository into a program, unless it shall not.
    fn stamp(&self) -> Option<(String, bool)> {
        let is_off = self.spec.buildvcs.as_deref() == Some("false")
            || self
                .go
                .setting("GOFLAGS")
                .split_whitespace()
                .any(|word| word.trim_start_matches('-') == "buildvcs=false");
        if is_off {
            return None;
        }
        let commit = self.git(&["rev-parse", "HEAD"])?;
        let changes = self.git(&["status", "--porcelain"])?;
        Some((commit, changes.is_empty()))
    }

    fn git(&self, args: &[&str]) -> Option<String> {
        let command = Command {
            program: "git".to_owned(),
            args: args.iter().map(|word| (*word).to_owned()).collect(),
            dir: self.scenario.workload.module.clone(),
            env: self.go.env.clone(),
        };
        let done = finish(&command, GIT_SECONDS, self.interrupt).ok()?;
        done.ok().then(|| done.stdout.text())
    }
}

/// The build in `dir` that was made for `key`, if it is still whole.
pub(super) fn read(dir: &Utf8Path, key: &str) -> Option<Built> {
    let Kept { key: of, built } = record(dir)?;
    let there = |path: Option<&Utf8PathBuf>| path.is_none_or(|path| path.is_file());
    let made = |further: &Option<Result<Utf8PathBuf, String>>| {
        there(further.as_ref().and_then(|further| further.as_ref().ok()))
    };
    let is_whole = of == key
        && is_same(&built.plain, &built.facts.plain)
        && is_same(&built.probed, &built.facts.probed)
        && there(built.symbols.as_ref())
        && made(&built.asan)
        && made(&built.covered);
    is_whole.then_some(Built { reused: true, ..built })
}

/// Takes a record away: what it is of is about to change. A binary that somebody has changed goes with it: the go command looks at
/// the build id in it alone, and would take it for its own.
///
/// # Errors
/// When something is there and cannot be removed.
pub(super) fn forget(dir: &Utf8Path) -> Result<(), BuildError> {
    if let Some(Kept { built, .. }) = record(dir) {
        let binaries = [(&built.plain, &built.facts.plain), (&built.probed, &built.facts.probed)];
        let changed = binaries.into_iter().filter(|(path, facts)| !is_same(path, facts));
        changed.map(|(path, _)| path).try_for_each(|path| remove(path))?;
    }
    remove(&dir.join(FILE))
}

fn record(dir: &Utf8Path) -> Option<Kept<Built>> {
    let text = fs::read(dir.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

fn is_same(path: &Utf8Path, facts: &BinaryFacts) -> bool {
    fs::read(path).is_ok_and(|data| blake3::hash(&data).to_hex().as_str() == facts.hash)
}

fn remove(path: &Utf8Path) -> Result<(), BuildError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Keeps a build. Without the record it is made again the next time, which is no harm.
pub(super) fn write(dir: &Utf8Path, key: &str, built: &Built) {
    let kept = Kept { key: key.to_owned(), built };
    let Ok(text) = serde_json::to_vec(&kept) else { return };
    let Ok(mut file) = tempfile::NamedTempFile::new_in(dir) else { return };
    if file.write_all(&text).is_ok() {
        let _ = file.persist(dir.join(FILE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Utf8PathBuf, Built) {
        let dir = tempfile::tempdir().expect("temporary");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8").to_owned();
        let binary = |name: &str| {
            let path = root.join(name);
            fs::write(&path, name).expect("written");
            let hash = blake3::hash(name.as_bytes()).to_hex().to_string();
            (path, BinaryFacts { hash, ..BinaryFacts::default() })
        };
        let ((plain, of_plain), (probed, of_probed)) = (binary("plain"), binary("probed"));
        let mut built = Built { plain, probed, ..Built::default() };
        (built.facts.plain, built.facts.probed) = (of_plain, of_probed);
        (dir, root, built)
    }

    #[test]
    fn a_build_is_taken_up_for_its_key_as_long_as_its_binaries_are_the_same() {
        let (_dir, root, built) = place();
        assert!(read(&root, "k").is_none());
        write(&root, "k", &built);
        assert!(read(&root, "k").is_some_and(|again| again.reused && again.plain == built.plain));
        assert!(read(&root, "another").is_none());
        fs::write(&built.probed, "changed").expect("written");
        assert!(read(&root, "k").is_none());
    }

    #[test]
    fn half_a_record_and_a_forgotten_one_are_none() {
        let (_dir, root, built) = place();
        write(&root, "k", &built);
        let text = fs::read(root.join(FILE)).expect("there");
        fs::write(root.join(FILE), &text[..text.len() / 2]).expect("written");
        assert!(read(&root, "k").is_none());
        write(&root, "k", &built);
        forget(&root).expect("removed");
        forget(&root).expect("nothing to remove");
        assert!(read(&root, "k").is_none());
    }

    #[test]
    fn a_missing_symbols_file_sanitized_or_covered_program_is_no_whole_build() {
        let (_dir, root, built) = place();
        let gone = Some(root.join("gone"));
        write(&root, "k", &Built { symbols: gone.clone(), ..built.clone() });
        assert!(read(&root, "k").is_none());
        write(&root, "k", &Built { asan: gone.clone().map(Ok), ..built.clone() });
        assert!(read(&root, "k").is_none());
        write(&root, "k", &Built { covered: gone.map(Ok), ..built });
        assert!(read(&root, "k").is_none());
    }
}
