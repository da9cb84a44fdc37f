//! `cargo xtask bench`: how fast the decoders are, on the tests' recordings (divan), against Go's own reader on
//! large traces (`trace`), and against `go tool pprof` on a large profile (`heap`).
//!
//! Input: the arguments. Output: what divan prints, or a Markdown table on standard output. Must not decide what is
//! fast enough.

mod dump;
mod heap;
mod inputs;
mod machine;
mod process;
mod readers;
mod table;
mod trace;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::command::cargo;

/// What to bench.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    bench: Option<Bench>,
    /// Which of the small benches, on the tests' recordings: part of a name, or divan's options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    filters: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Bench {
    Trace(trace::Arguments),
    Heap(heap::Arguments),
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.bench {
        Some(Bench::Trace(arguments)) => trace::run(arguments),
        Some(Bench::Heap(arguments)) => heap::run(arguments),
        None => {
            cargo(["bench", "--package", "harness", "--bench", "decode", "--"]).args(&arguments.filters).run()
        }
    }
}
