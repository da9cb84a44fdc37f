//! `cargo xtask bench heap --mode dump`: how long `harness inspect dump` takes for generated heap dumps.
//!
//! Input: sizes, number of runs, the binary. Output: a Markdown table: medians, megabytes and objects per second, most
//! memory. There is no other tool to compare with. Fails if the tool does not find all objects that were written.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use harness_synth::dump::Big;

use super::process::{Program, Usage};
use crate::command::say;

/// A dump and its length.
struct Dump {
    path: PathBuf,
    bytes: u64,
}

/// Measures each size; returns the table.
pub(super) fn run(
    sizes: &[u64],
    runs: u32,
    directory: &Path,
    harness: &Path,
    machine: &str,
) -> Result<String> {
    let mut table = format!("{machine}; medians of {runs} runs\n\n");
    table.push_str("| dump | objects | time | CPU | MB/s | objects/s | peak memory | of the file |\n");
    table.push_str("|---|---|---|---|---|---|---|---|\n");
    for &size in sizes {
        let dump = make(size, directory)?;
        let (n_objects, usage) = measure(&dump, runs, harness)?;
        let seconds = usage.wall.as_secs_f64().max(1e-9);
        let _ = writeln!(
            table,
            "| {} MB | {:.1} M | {seconds:.2} s | {:.2} s | {:.0} | {:.1} M | {} MB | {:.2} |",
            dump.bytes / 1_000_000,
            n_objects as f64 / 1e6,
            usage.cpu.as_secs_f64(),
            dump.bytes as f64 / 1e6 / seconds,
            n_objects as f64 / 1e6 / seconds,
            usage.peak_rss / 1_000_000,
            usage.peak_rss as f64 / dump.bytes as f64,
        );
    }
    Ok(table)
}

/// The dump of about so many megabytes, made if it is not there.
fn make(size: u64, directory: &Path) -> Result<Dump> {
    let path = directory.join(format!("heap-{size}.dump"));
    if !path.is_file() {
        say(&format!("making {}", path.display()));
        let unfinished = path.with_extension("unfinished"); // of a run that was interrupted
        let file =
            File::create(&unfinished).with_context(|| format!("cannot write `{}`", unfinished.display()))?;
        Big::of_bytes(size * 1_000_000).write(BufWriter::with_capacity(1 << 20, file))?;
        fs::rename(&unfinished, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let bytes = fs::metadata(&path)?.len();
    Ok(Dump { path, bytes })
}

fn measure(dump: &Dump, runs: u32, harness: &Path) -> Result<(u64, Usage)> {
    say(&format!("{} ({} MB)", dump.path.display(), dump.bytes / 1_000_000));
    let program = Program::new(harness, &["inspect", "dump", "--quiet", "--json", "--top=5"]);
    let (mut usages, mut n_objects) = (Vec::new(), 0);
    for run in 1..=runs {
        let (output, usage) = program.measure(&dump.path)?;
        let report: serde_json::Value = serde_json::from_str(&output).context("no JSON")?;
        let totals = &report["totals"];
        n_objects = totals["found"]["objects"].as_u64().unwrap_or(0);
        if totals["agreement"]["holds"] != true || totals["agreement"]["bytes"] != 0 {
            bail!("not all that was written was found: {totals}");
        }
        say(&format!(
            "  run {run}/{runs}  {:7.3} s  {:5} MB",
            usage.wall.as_secs_f64(),
            usage.peak_rss / 1_000_000
        ));
        usages.push(usage);
    }
    Ok((n_objects, Usage::median(&usages).context("no runs")?))
}
