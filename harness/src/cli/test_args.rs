//! What of `go test` the command line of `harness run` has: tests of a package without a scenario, and its flags.

use clap::Args;

use super::error::CliError;
use crate::scenario::{Kind, Scenario, TestSpec, parse_duration};

/// Tests and benchmarks.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Tests and benchmarks")]
pub struct Tests {
    /// Run the tests of a package, or of several (`./...`), instead of a program.
    #[arg(long, conflicts_with_all = ["replay", "minimise", "until_found"])]
    pub test: bool,
    /// Run the benchmarks that match instead; `.` for all.
    #[arg(long, value_name = "REGEXP", conflicts_with_all = ["test", "run", "replay", "minimise", "until_found"])]
    pub bench: Option<String>,
    /// Those whose names match, as `go test -run` takes it.
    #[arg(long, value_name = "REGEXP", allow_hyphen_values = true)]
    pub run: Option<String>,
    /// Leave out those that match.
    #[arg(long, value_name = "REGEXP")]
    pub skip: Option<String>,
    /// Iterations of each that count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(5..=1000))]
    pub count: Option<u32>,
    /// Tell long tests to be short.
    #[arg(long)]
    pub short: bool,
    /// Parallel tests that run at a time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub parallel: Option<u32>,
    /// Time for one iteration of a test (`30s`).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<u64>,
    /// Shuffle the tests: `on`, `off` or a seed.
    #[arg(long, value_name = "SEED")]
    pub shuffle: Option<String>,
    /// Build with the race detector.
    #[arg(long)]
    pub race: bool,
    /// Build tags, separated by commas.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,
}

fn duration(text: &str) -> Result<u64, String> {
    parse_duration(text).ok_or_else(|| "write it like `500ms`, `60s` or `2m`".to_owned())
}

impl Tests {
    /// The kind of workload that is asked for, if one is.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.bench.as_ref().map(|_| Kind::Bench).or(self.test.then_some(Kind::Test))
    }

    /// Puts the flags into a scenario of tests.
    pub(super) fn apply(&self, scenario: &mut Scenario) -> Result<(), CliError> {
        for variant in &mut scenario.variants {
            variant.build.race |= self.race;
            if !self.tags.is_empty() {
                variant.build.tags.clone_from(&self.tags);
            }
        }
        if let Some(spec) = &mut scenario.workload.test {
            self.fill(spec);
            return Ok(());
        }
        match self.first() {
            None => Ok(()),
            Some(flag) => Err(CliError::usage(
                format!("`{flag}` is for tests, and `{}` is a program", scenario.name),
                "add `--test`, or write `kind = \"test\"` into the scenario's [workload]",
            )),
        }
    }

    /// A flag that makes sense for tests alone.
    fn first(&self) -> Option<&'static str> {
        let given = [
            ("--bench", self.bench.is_some()),
            ("--run", self.run.is_some()),
            ("--skip", self.skip.is_some()),
            ("--count", self.count.is_some()),
            ("--short", self.short),
            ("--parallel", self.parallel.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--shuffle", self.shuffle.is_some()),
        ];
        given.iter().find(|(_, is)| *is).map(|(flag, _)| *flag)
    }

    fn fill(&self, spec: &mut TestSpec) {
        let text = |to: &mut String, from: &Option<String>| {
            if let Some(from) = from {
                to.clone_from(from);
            }
        };
        text(&mut spec.run, &self.run);
        text(&mut spec.skip, &self.skip);
        let some = self.bench.clone().map(|bench| if bench == "." { String::new() } else { bench });
        text(&mut spec.bench, &some);
        text(&mut spec.shuffle, &self.shuffle);
        spec.count = self.count.unwrap_or(spec.count);
        spec.short |= self.short;
        spec.parallel = self.parallel.or(spec.parallel);
        spec.timeout_ms = self.timeout.unwrap_or(spec.timeout_ms);
    }
}
