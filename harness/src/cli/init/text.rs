//! The scenario's text, and what is said when it is written. Pure: guesses in, text out.

use camino::Utf8Path;

use super::driver;
use super::subject::Subject;
use crate::toolchain::{Candidate, Proposal};

/// Checkpoints of a run: twice as many as a verdict needs.
const CHECKPOINTS: u64 = 10;
/// Operations when the flag's own number is too small to tell growth from a start.
const OPERATIONS: u64 = 200;
/// Fewest operations that do.
const FEWEST: u64 = 50;
/// Calls between checkpoints when the sources do not say how many there are.
const EVERY: u64 = 100;

/// A word as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Text that stays in its line of comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The scenario `name` in a directory from which the module is `module`.
pub(super) fn scenario(name: &str, module: &Utf8Path, subject: &Subject, proposal: &Proposal) -> String {
    let mut text = format!(
        "# Written by `harness init`; guesses give their reasons. Change what is wrong, then:\n#\n#     harness run \
         {name}\n#\n# `harness schema` prints every key, `harness check {name}` says what is wrong with this file, and \
         where.\n\nname = {}\ndescription = {}\n\n",
        quoted(name),
        quoted(&subject.import_path)
    );
    text.push_str("# What runs, as it is: without an import, a build tag or a flag for the harness. Paths are relative to this file.\n");
    text.push_str("[workload]\n");
    if subject.is_tests {
        text.push_str("kind = \"test\"\n");
    }
    text.push_str(&format!("module = {}\npackage = {}\n", quoted(module.as_str()), quoted(&subject.package)));
    text.push_str(&match subject.is_tests {
        true => tests(),
        false => program(proposal),
    });
    text.push_str(&format!("\n{BUILDS}"));
    text
}

/// What follows the workload in every scenario.
const BUILDS: &str = "\
# Builds to compare; each leak is looked for in every one. A build of your own: its flags are keys of `build`.
[[variant]]
name = \"default\"

# [[variant]]
# name = \"stripped\"
# build.ldflags = [\"-s\", \"-w\"]

# How it is observed. `repeat = 3` shows the spread of what is not exact; one run is enough to find a leak.
[capture]
repeat = 1

# The contract: nothing may leak. A leak that is known is accepted by `harness baseline accept`, or expected here:
# leaks = [{ kind = \"heap\", site = \"cache.(*Cache).Put\" }]
[expect]
leaks = []
";

fn tests() -> String {
    "timeout = \"10m\" # of a whole run\n\n\
     # Each test runs by itself, so many times after a first one that does not count, with a collection after each.\n\
     [workload.test]\n\
     count = 8\n\
     # run = \"^TestPut$\" # a regular expression, as `go test -run` takes it\n\
     # short = true\n"
        .to_owned()
}

fn program(proposal: &Proposal) -> String {
    let is_server = proposal.listens.is_some();
    let mut text = proposal.listens.as_ref().map(driver::environment).unwrap_or_default();
    match &proposal.size {
        Some(size) if !is_server => {
            let n = operations(size.fallback);
            text.push_str(&format!(
                "# The flag -{0} says how many operations a run makes; `{{ops}}` stands for the number below.\n\
                 args = [{1}, \"{{ops}}\"]\noperations = {n} # `harness run --minimise` looks for the fewest that still leak\n",
                plain(&size.name),
                quoted(&format!("-{}", size.name)),
            ));
        }
        _ => text.push_str("args = []\n"),
    }
    text.push_str("timeout = \"60s\" # of one run\n\n");
    text.push_str(&match is_server {
        true => served(proposal),
        false => checkpoint(proposal),
    });
    text
}

fn operations(fallback: u64) -> u64 {
    if fallback < FEWEST { OPERATIONS } else { fallback }
}

/// A program that ends by itself.
fn checkpoint(proposal: &Proposal) -> String {
    let Some((best, others)) = proposal.candidates.split_first() else {
        return "# Where live memory is compared. No function is seen that runs once per operation; with one, figures are per operation:\n\
                # on = \"call\"\n# func = \"main.handle\"\n# every = 100\n\
                [workload.checkpoint]\non = \"interval\"\nevery = \"250ms\"\n"
            .to_owned();
    };
    let (every, is_known) = every(best, proposal);
    let mut text = format!(
        "# Where live memory is compared: at every so many entries of a function that runs once per operation. `+256 B/op` in a\n\
         # report means then that each of its calls leaves 256 bytes behind.\n#\n# {} ({}) is a guess:\n",
        plain(&best.func),
        plain(&best.place)
    );
    best.why.iter().for_each(|why| text.push_str(&format!("#   - {}\n", plain(why))));
    text.push_str(&alternatives("Others that it may be:", others));
    text.push_str(&format!("[workload.checkpoint]\non = \"call\"\nfunc = {}\n", quoted(&best.func)));
    text.push_str(&match is_known {
        true => format!("every = {every} # ten checkpoints in a run; a verdict needs five\n"),
        false => format!(
            "# CHANGE it to a tenth of the calls that a run makes: the sources do not say how many there are.\nevery = {every}\n"
        ),
    });
    text
}

/// A program that is driven from outside.
fn served(proposal: &Proposal) -> String {
    let place = proposal.listens.as_ref().map(|listens| listens.place.as_str()).unwrap_or_default();
    let mut text = format!(
        "# It listens ({}), so load comes from outside, round by round. Where live memory is compared: after each round.\n\
         [workload.checkpoint]\non = \"round\"\n",
        plain(place)
    );
    text.push_str(&alternatives(
        "Or at every so many entries of a function, `on = \"call\"` with `every = 100`:",
        &proposal.candidates,
    ));
    text.push_str("\n[workload.driver]\n");
    text.extend(proposal.listens.as_ref().map(driver::section));
    text
}

fn alternatives(title: &str, candidates: &[Candidate]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let one = |candidate: &Candidate| {
        let why = plain(&candidate.why.join(", "));
        format!("#   func = {} # {}: {why}\n", plain(&quoted(&candidate.func)), plain(&candidate.place))
    };
    format!("# {title}\n{}", candidates.iter().map(one).collect::<String>())
}

/// Calls between two checkpoints, and whether they come from the sources.
fn every(candidate: &Candidate, proposal: &Proposal) -> (u64, bool) {
    let calls = match (&proposal.size, candidate.flagged) {
        (Some(size), true) => operations(size.fallback),
        _ => candidate.turns,
    };
    match calls / CHECKPOINTS {
        0 => (EVERY, false),
        every => (every, true),
    }
}

/// What is said when it is written to `path`.
pub(super) fn next_steps(name: &str, path: &Utf8Path, subject: &Subject, proposal: &Proposal) -> String {
    let mut text = format!("wrote {path}\n  {:<12} {}\n", "package", subject.import_path);
    let mut row = |word: &str, says: String| text.push_str(&format!("  {word:<12} {says}\n"));
    match (&proposal.listens, proposal.candidates.as_slice()) {
        _ if subject.is_tests => row("checkpoint", "after each iteration of each test".to_owned()),
        (Some(listens), _) => {
            let (address, is_known) = driver::address(listens);
            row(
                "listens",
                format!(
                    "{}, dialled at {address}{}",
                    listens.place,
                    if is_known { "" } else { ": CHANGE it" }
                ),
            );
            row("checkpoint", "after each of 10 rounds of the driver".to_owned());
        }
        (None, []) => {
            row("checkpoint", "every 250 ms: no function is seen that runs once per operation".to_owned())
        }
        (None, [best, others @ ..]) => {
            let (every, is_known) = every(best, proposal);
            let change = if is_known { "" } else { " (CHANGE it to a tenth of the calls of a run)" };
            row("checkpoint", format!("every {every} calls of {}{change}", best.func));
            row("", format!("{}: {}", best.place, best.why.join(", ")));
            others.iter().take(2).for_each(|other| row("or", format!("{} ({})", other.func, other.place)));
        }
    }
    text.push_str(&format!(
        "\nNext:\n  read {path}: what is guessed says why\n  harness run {name}                builds it, runs it and says what leaks\n  \
         harness baseline review {name}    decides on what was found; commit what it writes, with the scenario\n"
    ));
    text
}
