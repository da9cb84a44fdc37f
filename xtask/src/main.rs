//! Chores of this repository: `cargo xtask ci`, `test`, `bench`, `fuzz`, `matrix`, `record`, `bless`,
//! `docs`, `tools`.
//!
//! Input: the work tree. Output: what the tools print, unchanged, and an exit code. Must not hold
//! anything the product needs at run time, and must never swallow a tool's output: CI and people
//! read its closing lines.

mod assets;
mod bench;
mod ci;
mod command;
mod docs;
mod fuzz;
mod golang;
mod imports;
mod matrix;
mod record;
mod screenshots;
mod source;
mod tools;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use command::{Goldens, cargo_test, say};

/// Chores of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Runs everything that must hold before a change lands: format, lints, docs, Go sources,
    /// direction of imports, tests
    ///
    /// Every check runs even if one before it failed; the last lines name those that did.
    #[command(after_help = "Example: cargo xtask ci")]
    Ci,
    /// Installs what is missing for the tests, then runs them all, and every scenario of the matrix once
    ///
    /// With arguments only the tests that they name.
    #[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -- align::shift")]
    Test {
        /// Passed to `cargo test --workspace`: filters, `-- --nocapture`, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the benchmarks
    #[command(
        after_help = "Examples:\n  cargo xtask bench exectrace\n  cargo xtask bench trace --size 20,100"
    )]
    Bench(bench::Arguments),
    /// Searches for input that a decoder does not survive, guided by the code it reaches
    ///
    /// Goes on from what earlier runs learned, and stops at the first finding. Needs a C++ compiler.
    #[command(after_help = "Example: cargo xtask fuzz trace --minutes 10")]
    Fuzz {
        /// Which decoder
        target: fuzz::Target,
        /// For how long
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    Matrix(matrix::Arguments),
    /// Records execution traces and heap dumps with every supported Go release: those that are missing
    ///
    /// With what another reader says of each. Releases are fetched by `go` itself; one that cannot be
    /// had makes it fail. Needs a C compiler.
    #[command(after_help = "Examples:\n  cargo xtask record\n  cargo xtask record --release 1.27.5")]
    Record {
        /// Records those that are there again, too
        #[arg(long)]
        again: bool,
        /// Only this release, which may be one that is not in the list
        #[arg(long)]
        release: Option<String>,
    },
    /// Runs the tests and accepts every golden as it now is: read the diff before you commit it
    #[command(after_help = "Example: cargo xtask bless report && git diff")]
    Bless {
        /// Passed to `cargo test --workspace`: filters
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Fetches the third-party files that the binary carries, in the versions that are named here
    #[command(after_help = "Example: cargo xtask assets && git diff --stat")]
    Assets,
    /// Writes the page of each command below `docs/commands` anew, of what `--help` says
    #[command(after_help = "Example: cargo xtask docs && git diff docs")]
    Docs,
    /// Takes the README's screenshots, of a program of the fixtures, in a headless browser
    #[command(after_help = "Example: cargo xtask screenshots")]
    Screenshots,
    /// Looks for the tools that the tests need and installs what is missing
    #[command(after_help = "Example: cargo xtask tools")]
    Tools,
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Ci => ci::run(),
        Chore::Test { arguments } => test(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Fuzz { target, minutes } => fuzz::run(target, minutes),
        Chore::Matrix(arguments) => matrix::run(&arguments),
        Chore::Record { again, release } => record::run(again, release.as_deref()),
        Chore::Bless { arguments } => cargo_test(Goldens::Accept).args(&arguments).run(),
        Chore::Screenshots => screenshots::take(),
        Chore::Assets => assets::fetch(),
        Chore::Docs => docs::write(),
        Chore::Tools => tools::install_missing().map(|_| ()),
    }
}

fn test(arguments: &[String]) -> Result<()> {
    tools::install_missing()?;
    let tests = cargo_test(Goldens::Compare).args(arguments).run();
    if !arguments.is_empty() {
        return tests;
    }
    // Both are told, whichever fails.
    let matrix = matrix::once();
    match (tests, matrix) {
        (Err(tests), Err(matrix)) => Err(tests.context(format!("{matrix:#}"))),
        (tests, matrix) => tests.and(matrix),
    }
}
