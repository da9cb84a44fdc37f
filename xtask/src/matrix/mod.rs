//! `cargo xtask matrix`: the confusion matrix of the engine over programs of which the truth is known.
//!
//! Input: the scenarios under `scenarios/zoo` and those beside it that have a contract, and `xtask/known-gaps.toml`.
//! Output: a table (or JSON) on standard output, progress on standard error, and a failure for anything that the list
//! of known gaps does not tell of: a leak missed or laid at the wrong line, a healthy program accused, or a gap that is
//! closed and still listed. Must not judge leniently: a contract that passes since a stack goes through the right
//! function is not the right line.

mod cases;
mod gaps;
mod judge;
mod sighting;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::command::{Command, cargo, root, say};
use cases::Case;
use gaps::Gap;
use judge::Tally;
use sighting::Sighting;

/// The confusion matrix: runs every scenario whose truth is known, and counts
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask matrix --only goroutine\n  cargo xtask matrix --runs 20 --json > matrix.json"
)]
pub(crate) struct Arguments {
    /// Runs of each scenario
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Only scenarios whose name contains one of these
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    only: Vec<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What CI runs: every scenario once.
pub(crate) fn once() -> Result<()> {
    run(&Arguments { runs: 1, only: Vec::new(), json: false })
}

/// Runs, judges, prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let gaps = gaps::read()?;
    let cases = cases::all(&arguments.only)?;
    ensure!(!cases.is_empty(), "no scenario's name contains {:?}", arguments.only);
    let bench = Bench::new()?;
    let tallies: Vec<Tally> = (1..)
        .zip(&cases)
        .map(|(nth, case)| bench.tally(case, &gaps, arguments.runs, (nth, cases.len())))
        .collect();
    let text = if arguments.json {
        table::json(&tallies, start.elapsed())?
    } else {
        table::text(&tallies, start.elapsed())
    };
    table::print(&text);
    let wrong = tallies.iter().filter(|tally| !tally.complaints.is_empty()).count();
    ensure!(wrong == 0, "{wrong} of {} scenarios are not as `xtask/known-gaps.toml` says", tallies.len());
    Ok(())
}

/// The built binary, and where its captures go.
struct Bench {
    harness: PathBuf,
    captures: PathBuf,
}

impl Bench {
    fn new() -> Result<Self> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let captures = target.join("matrix");
        fs::create_dir_all(&captures).with_context(|| format!("cannot make {}", captures.display()))?;
        Ok(Self { harness: binary(&target)?, captures })
    }

    /// Runs a case so many times and says how it went.
    fn tally(&self, case: &Case, gaps: &[Gap], runs: u32, (nth, all): (usize, usize)) -> Tally {
        let start = Instant::now();
        let gaps: Vec<&Gap> = gaps.iter().filter(|gap| gap.scenario == case.name).collect();
        let sightings: Vec<Sighting> = (0..runs).map(|run| self.sight(case, &gaps, run)).collect();
        let tally = judge::tally(case, &gaps, &sightings, start.elapsed());
        say(&format!("[{nth}/{all}] {} {:.1} s", tally.line(), tally.took.as_secs_f64()));
        for line in tally.complaints.iter().chain(&tally.captures) {
            say(&format!("      {line}"));
        }
        tally
    }

    /// One run. Its capture is kept if there is something to look into.
    fn sight(&self, case: &Case, gaps: &[&Gap], run: u32) -> Sighting {
        let capture = self.captures.join(format!("{}-{run}", case.name.replace('/', "-")));
        let sighting = self.report(case, &capture);
        let alone = judge::tally(case, gaps, std::slice::from_ref(&sighting), Duration::ZERO);
        if alone.complaints.is_empty() {
            let _ = fs::remove_dir_all(&capture); // what is left over is overwritten the next time
            return sighting;
        }
        Sighting { capture: Some(capture), ..sighting }
    }

    fn report(&self, case: &Case, capture: &Path) -> Sighting {
        let _ = fs::remove_dir_all(capture); // it need not be there
        let harness = Command::new(&self.harness)
            .args(["run"])
            .arg(&case.file)
            .args(["--format", "json", "--quiet", "--repeat", "1", "--out"])
            .arg(capture)
            .env("GOWORK", "off");
        match harness.read_any() {
            Ok(text) => Sighting::read(&text),
            Err(error) => Sighting::failed(format!("{error:#}")),
        }
    }
}

/// The binary of this work tree, built; or the one that `HARNESS_BINARY` names, such as an installed release.
fn binary(target: &Path) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HARNESS_BINARY") {
        return Ok(named.into());
    }
    cargo(["build", "--package", "harness"]).run()?;
    Ok(target.join("debug/harness"))
}
