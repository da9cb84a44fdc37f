//! The direction of the stages, as a check: which stage may use which, and which stages may touch
//! the world outside.
//!
//! It reads source text, not the compiler's view: a path that a macro assembles is not seen. Test
//! modules are exempt.

mod paths;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{root, say};
use crate::source::{code_only, files};
use paths::{Mention, Paths};

/// A stage, and the other stages it may use.
const STAGES: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("scenario", &["model"]),
    ("format", &["model"]),
    // A decoder is pure: what a tool prints is decoded by the same code on either side of the disk line.
    ("toolchain", &["model", "scenario", "format"]),
    ("capture", &["model", "scenario", "toolchain"]),
    ("ingest", &["model", "format"]),
    ("align", &["model"]),
    ("diagnose", &["model", "scenario"]),
    ("baseline", &["model", "scenario"]),
    // What is asked of builds: records and expectations in, facts out.
    ("lab", &["model", "scenario", "toolchain", "format"]),
    // Data alone: the manifest with its build facts, and what decoders could not read.
    ("report", &["model", "scenario", "toolchain", "capture", "format", "baseline"]),
    (
        "cli",
        &[
            "model",
            "scenario",
            "toolchain",
            "capture",
            "format",
            "ingest",
            "align",
            "diagnose",
            "baseline",
            "lab",
            "report",
        ],
    ),
];

/// A path or macro, the stages or single files in which it may stand, and the rule in words.
struct Restricted {
    what: What,
    places: &'static [&'static str],
    rule: &'static str,
}

enum What {
    /// Everything that begins with this path.
    Path(&'static str),
    /// A macro.
    Macro(&'static str),
}

const PROCESSES: &str = "only `toolchain` and `capture` start processes, only `cli` ends this one";
const PRINTING: &str = "only `cli` prints";
const ENVIRONMENT: &str = "only `cli`, `toolchain` and `capture` read the environment";
const CLOCKS: &str = "nothing behind the disk line reads a clock";
const FILES: &str =
    "only `scenario`, `toolchain`, `capture`, `baseline`, `cli` and `format/input.rs` touch files";

const RESTRICTED: [Restricted; 13] = [
    restricted(What::Path("std::process"), &["toolchain", "capture", "cli"], PROCESSES),
    restricted(What::Path("duct"), &["toolchain", "capture"], PROCESSES),
    restricted(What::Path("rustix::process"), &["toolchain", "capture", "cli"], PROCESSES),
    restricted(What::Macro("println"), &["cli"], PRINTING),
    restricted(What::Macro("eprintln"), &["cli"], PRINTING),
    restricted(What::Macro("print"), &["cli"], PRINTING),
    restricted(What::Macro("eprint"), &["cli"], PRINTING),
    restricted(What::Path("std::io::stdout"), &["cli"], PRINTING),
    restricted(What::Path("std::io::stderr"), &["cli"], PRINTING),
    restricted(What::Path("std::env"), &["toolchain", "capture", "cli"], ENVIRONMENT),
    restricted(What::Path("std::time::Instant"), &["toolchain", "capture", "cli"], CLOCKS),
    restricted(What::Path("std::time::SystemTime"), &["toolchain", "capture", "cli"], CLOCKS),
    restricted(
        What::Path("std::fs"),
        &["scenario", "toolchain", "capture", "baseline", "cli", "format/input.rs"],
        FILES,
    ),
];

const fn restricted(what: What, places: &'static [&'static str], rule: &'static str) -> Restricted {
    Restricted { what, places, rule }
}

/// A line that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    file: PathBuf,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// Checks the crate `harness`; every violation is printed.
pub(crate) fn check() -> Result<()> {
    let sources = root().join("harness/src");
    let (mut n_files, mut violations) = (0, Vec::new());
    for path in files(&sources, ".rs") {
        let inside = path.strip_prefix(&sources)?;
        // lib.rs and main.rs are the crate's outline; the stages are directories.
        if inside.components().count() < 2 {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        violations.extend(violations_in(inside, &text));
        n_files += 1;
    }
    if n_files == 0 {
        bail!("no source found under `{}`", sources.display());
    }
    for violation in &violations {
        say(&format!("harness/src/{violation}"));
    }
    if !violations.is_empty() {
        bail!("{} lines break the direction of stages (table: xtask/src/imports.rs)", violations.len());
    }
    say(&format!("{n_files} files keep the direction of stages"));
    Ok(())
}

/// Violations in one file, in order of lines. `inside` is relative to `harness/src`.
fn violations_in(inside: &Path, text: &str) -> Vec<Violation> {
    let stage = stage_of(inside);
    let violation = |line, what| Violation { file: inside.to_owned(), line, what };
    let Some((_, allowed)) = STAGES.iter().find(|(name, _)| *name == stage) else {
        return vec![violation(1, format!("`{stage}` is no stage: give it a row in the table"))];
    };
    if is_test_file(inside) {
        return Vec::new();
    }
    let code = Paths::new(&code_only(text));
    let mut found: Vec<Violation> = stages_used(inside, &code)
        .into_iter()
        .filter(|(_, used)| used != stage && !allowed.contains(&used.as_str()))
        .map(|(line, used)| violation(line, format!("`{stage}` must not use `{used}`")))
        .collect();
    let forbidden = |rule: &&Restricted| !rule.places.iter().any(|place| inside.starts_with(place));
    for rule in RESTRICTED.iter().filter(forbidden) {
        found.extend(broken(rule, &code).into_iter().map(|(line, what)| violation(line, what)));
    }
    found.sort_by_key(|violation| violation.line);
    found
}

fn stage_of(inside: &Path) -> &str {
    inside.iter().next().and_then(|name| name.to_str()).unwrap_or_default()
}

/// A module of tests in a file of its own: `tests.rs`, or anything under `tests/`.
fn is_test_file(inside: &Path) -> bool {
    inside.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// Stages that the code names, by `crate::` or by enough `super::`, with their lines.
fn stages_used(inside: &Path, code: &Paths) -> Vec<(usize, String)> {
    let is_stage = |name: &String| STAGES.iter().any(|(stage, _)| stage == name);
    let absolute = code
        .starting_with("crate")
        .into_iter()
        .filter_map(|Mention { line, segments }| Some((line, segments.get(1)?.clone())));
    let depth = module_depth(inside);
    let relative = code.starting_with("super").into_iter().filter_map(|Mention { line, segments }| {
        let ups = segments.iter().take_while(|segment| *segment == "super").count();
        (ups >= depth).then(|| segments.get(ups).cloned().map(|name| (line, name)))?
    });
    absolute.chain(relative).filter(|(_, name)| is_stage(name)).collect()
}

/// How many `super` lead from the file's module to the root of the crate.
fn module_depth(inside: &Path) -> usize {
    let parts = inside.components().count();
    if inside.ends_with("mod.rs") { parts - 1 } else { parts }
}

fn broken(rule: &Restricted, code: &Paths) -> Vec<(usize, String)> {
    match rule.what {
        What::Macro(name) => code
            .macro_calls(name)
            .into_iter()
            .map(|line| (line, format!("`{name}!`: {}", rule.rule)))
            .collect(),
        What::Path(path) => {
            let wanted: Vec<&str> = path.split("::").collect();
            let first = wanted.first().copied().unwrap_or_default();
            code.starting_with(first)
                .into_iter()
                .filter(|mention| mention.begins_with(&wanted))
                .map(|mention| (mention.line, format!("`{path}`: {}", rule.rule)))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests;
