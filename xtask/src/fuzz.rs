//! `cargo xtask fuzz`: builds a fuzz target of `fuzz/` with coverage and runs it.
//!
//! Stable Rust will do: the coverage is LLVM's own, libFuzzer comes with `libfuzzer-sys` (and needs
//! a C++ compiler). Seeds are the recorded traces that are small enough; what is found on the way
//! is kept under `target/fuzz` for the next run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{Command, cargo, root, say};
use crate::source;

/// What tells libFuzzer which code an input reached.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Longest input: long ones are slow, and a generation fits into few bytes.
const MAX_LEN: u64 = 64 << 10;

/// Limits for one input: seconds, and megabytes for the whole process.
const TIMEOUT: u32 = 20;
const MEMORY: u32 = 1024;

/// Fuzzes `target` for so many minutes.
pub(crate) fn run(target: &str, minutes: u64) -> Result<()> {
    let directory = root().join("target/fuzz");
    let (corpus, artifacts) = (directory.join("corpus").join(target), directory.join("artifacts").join(target));
    fs::create_dir_all(&corpus).with_context(|| format!("cannot create `{}`", corpus.display()))?;
    fs::create_dir_all(&artifacts).with_context(|| format!("cannot create `{}`", artifacts.display()))?;
    seed(&corpus)?;
    let manifest = root().join("fuzz/Cargo.toml");
    // A triple, so that build scripts and macros are built without the coverage.
    let triple = host()?;
    cargo(["build", "--release"])
        .args(["--manifest-path", &manifest.to_string_lossy(), "--bin", target, "--target", &triple])
        .args(["--target-dir", &directory.to_string_lossy()])
        .env("RUSTFLAGS", COVERAGE)
        .run()?;
    say(&format!("fuzzing `{target}` for {minutes} min; what breaks it goes to {}", artifacts.display()));
    Command::new(directory.join(&triple).join("release").join(target))
        .args([corpus.as_os_str()])
        .args([format!("-artifact_prefix={}/", artifacts.display())])
        .args([format!("-max_total_time={}", minutes * 60), format!("-max_len={MAX_LEN}")])
        .args([format!("-timeout={TIMEOUT}"), format!("-rss_limit_mb={MEMORY}")])
        .args(["-print_final_stats=1"])
        .run()
}

/// Puts recorded traces into the corpus.
fn seed(corpus: &Path) -> Result<()> {
    for trace in source::files(&root().join("fixtures/traces"), ".trace") {
        let len = fs::metadata(&trace).map_or(0, |meta| meta.len());
        let Some(name) = trace.file_name().filter(|_| len <= MAX_LEN) else { continue };
        fs::copy(&trace, corpus.join(name))
            .with_context(|| format!("cannot copy `{}` into the corpus", trace.display()))?;
    }
    Ok(())
}

/// The triple that is compiled for here.
fn host() -> Result<String> {
    let version = Command::new("rustc").args(["-vV"]).read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
