//! `cargo xtask fuzz`: a coverage-guided search for input that a decoder does not survive.
//!
//! Input: the crate `fuzz`, recorded and hand-made files as seeds. Output: libFuzzer's own
//! lines; what it finds is left in `fuzz/artifacts`, what it learned in `fuzz/corpus`, and the next
//! run goes on from there. Needs a C++ compiler and no nightly Rust: the instrumentation is LLVM's.

mod seeds;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::command::{Command, cargo, root, say};

/// What can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The reader of execution traces
    Trace,
    /// The reader of heap dumps
    Dump,
    /// The reader of pprof profiles
    Pprof,
}

/// LLVM's coverage, as libFuzzer wants it, in all that is compiled for the target.
const INSTRUMENTATION: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Longest input: more than one batch of the largest size would only be slower.
const MAX_LEN: u32 = 1 << 14;

/// Seconds and MiB that no input this small may take.
const TIMEOUT: u32 = 10;
const MEMORY: u32 = 1024;

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Dump => "dump",
            Self::Pprof => "pprof",
        }
    }

    /// Where a finding is kept, for a unit test to read.
    fn findings(self) -> &'static str {
        match self {
            Self::Trace => "fixtures/traces/fuzzed",
            Self::Dump => "fixtures/dumps/fuzzed",
            Self::Pprof => "fixtures/pprof/fuzzed",
        }
    }
}

/// Searches for so long. Fails at the first finding.
pub(crate) fn run(target: Target, minutes: u32) -> Result<()> {
    let name = target.name();
    let triple = host()?;
    // Without `--target` the instrumentation would go into build scripts, which have no libFuzzer.
    cargo(["build", "--release", "--bin", name, "--target", triple.as_str()])
        .dir(directory())
        .env("RUSTFLAGS", INSTRUMENTATION)
        .run()?;
    let corpus = made("corpus", name)?;
    let artifacts = made("artifacts", name)?;
    let seeds = made("corpus", &format!("{name}-seeds"))?;
    say(&format!("{} seeds", seeds::write(target, &seeds)?));
    let program = directory().join("target").join(&triple).join("release").join(name);
    let options = [
        format!("-max_total_time={}", minutes.saturating_mul(60)),
        format!("-max_len={MAX_LEN}"),
        format!("-timeout={TIMEOUT}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-artifact_prefix={}/", artifacts.display()),
        "-print_final_stats=1".to_owned(),
    ];
    Command::new(program).args(options).args([corpus, seeds]).run().with_context(|| {
        format!(
            "something was found: see above, and {}\nhint: keep it in {}, where a unit test reads it",
            artifacts.display(),
            target.findings()
        )
    })
}

fn directory() -> PathBuf {
    root().join("fuzz")
}

/// A directory of the fuzz crate, made if it is not there.
fn made(kind: &str, name: &str) -> Result<PathBuf> {
    let path = directory().join(kind).join(name);
    std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

/// The target triple that this machine's compiler builds for.
fn host() -> Result<String> {
    let told = Command::new("rustc").args(["-vV"]).read()?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}
