//! `cargo xtask bench heap`: what looks into the heap, on large inputs; profiles against `go tool pprof`.
//!
//! Input: modes, number of runs. Output: progress on standard error, a table for each mode on standard output. Fails if
//! two tools do not print the same figures: one of them would not have read everything.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::process::{Program, Usage};
use super::{dump, machine};
use crate::command::{Command, cargo, root, say};
use crate::golang::Go;
use crate::source::files;
use crate::tools;

const GENERATOR: &str = "fixtures/programs/profgen";

/// Looks into large heap profiles with Go's tools and with ours, in turns, and into large heap dumps, and prints a
/// Markdown table of medians, ratios and peak memory
///
/// Inputs are made once and kept below target/bench (a dump takes the megabytes that --size says). Nothing else should be
/// busy meanwhile. Fails if two tools print different figures, or not all that a dump was made of is found in it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench heap --mode pprof
  cargo xtask bench heap --mode pprof --runs 3 > table.md
  cargo xtask bench heap --mode dump --size 100,1000,1900")]
pub(crate) struct Arguments {
    /// What is looked into
    #[arg(long, value_enum, value_delimiter = ',', default_value = "pprof")]
    mode: Vec<Mode>,
    /// Megabytes of the dumps, each of which is a row
    #[arg(long, value_name = "MB", value_delimiter = ',', default_value = "100,1000,1900")]
    size: Vec<u64>,
    /// How often each tool does each task
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZero<u32>,
}

/// What is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Heap profiles of 180,000 samples, 12 MB compressed, against `go tool pprof`
    Pprof,
    /// Generated heap dumps, which no other tool reads: medians of time, CPU time and peak memory, rates, and the ratio of
    /// peak memory to the dump's length
    Dump,
}

/// A question, and those who answer it: first of all the one that the others are compared with.
struct Task {
    title: &'static str,
    /// Read by the tools after their own words.
    file: PathBuf,
    tools: Vec<(&'static str, Program)>,
}

/// A task's medians.
struct Measured {
    title: &'static str,
    rows: Vec<(&'static str, Usage)>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let directory = root().join("target/bench");
    fs::create_dir_all(&directory).with_context(|| format!("cannot create `{}`", directory.display()))?;
    let go = tools::install_missing()?.go;
    let release = go.release()?;
    let harness = build()?;
    for mode in &arguments.mode {
        let tasks = match mode {
            Mode::Pprof => pprof(&go, &release, &directory, &harness)?,
            Mode::Dump => {
                let machine = machine::describe(&release);
                let table = dump::run(&arguments.size, arguments.runs.get(), &directory, &harness, &machine)?;
                std::io::stdout().write_all(table.as_bytes()).context("cannot write the table")?;
                continue;
            }
        };
        let measured: Result<Vec<Measured>> =
            tasks.iter().map(|task| measure(task, arguments.runs.get())).collect();
        let table = markdown(&measured?, arguments.runs.get(), &machine::describe(&release));
        std::io::stdout().write_all(table.as_bytes()).context("cannot write the table")?;
    }
    Ok(())
}

/// Builds ours for speed; returns its path.
fn build() -> Result<PathBuf> {
    let target = root().join("target");
    cargo(["build", "--release", "--package", "harness", "--bin", "harness"])
        .args(["--target-dir".as_ref(), target.as_os_str()])
        .run()?;
    Ok(target.join("release/harness"))
}

fn pprof(go: &Go, release: &str, directory: &Path, harness: &Path) -> Result<Vec<Task>> {
    let early = profile(go, release, directory, false)?;
    let late = profile(go, release, directory, true)?;
    let base = early.to_string_lossy();
    let theirs =
        |words: &[&str]| Program::new(&go.program, &[&["tool", "pprof", "-symbolize=none"], words].concat());
    let ours = |words: &[&str]| Program::new(harness, &[&["inspect", "heap", "--quiet"], words].concat());
    let task = |title, file: &Path, go_words: &[&str], words: &[&str]| Task {
        title,
        file: file.to_owned(),
        tools: vec![("`go tool pprof`", theirs(go_words)), ("harness", ours(words))],
    };
    Ok(vec![
        task("`-top`", &early, &["-top"], &["--top=0"]),
        task(
            "`-top -diff_base`",
            &late,
            &["-top", &format!("-diff_base={base}")],
            &["--top=0", &format!("--diff={base}")],
        ),
        task("`-peek` of one function", &early, &["-peek=Submit3296"], &["--peek=Submit3296"]),
    ])
}

/// The profile, made if it is not there. Its name tells the Go release and the generator's sources that it came from.
fn profile(go: &Go, release: &str, directory: &Path, is_late: bool) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    for source in files(&root().join(GENERATOR), ".go") {
        fs::read(&source).with_context(|| format!("cannot read `{}`", source.display()))?.hash(&mut hasher);
    }
    let name = if is_late { "late" } else { "early" };
    let path = directory.join(format!("heap-{name}-{release}-{:08x}.pb.gz", hasher.finish() >> 32));
    if !path.is_file() {
        let generator = go.build(GENERATOR, directory)?;
        say(&format!("making {}", path.display()));
        let unfinished = path.with_extension("unfinished"); // of a run that was interrupted
        let later: &[&str] = if is_late { &["-later"] } else { &[] };
        Command::new(generator).args(["-out"]).args([&unfinished]).args(later).run()?;
        fs::rename(&unfinished, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(path)
}

/// Every tool once, then every tool again, and so on, so that what else the machine does meets them all alike.
fn measure(task: &Task, runs: u32) -> Result<Measured> {
    let bytes = fs::metadata(&task.file).map_or(0, |meta| meta.len());
    say(&format!("{} of {} ({} MB)", task.title, task.file.display(), bytes >> 20));
    let mut said: Option<String> = None;
    let mut usages = vec![Vec::new(); task.tools.len()];
    for run in 1..=runs {
        for ((name, program), usages) in task.tools.iter().zip(&mut usages) {
            let (output, usage) = program.measure(&task.file)?;
            say(&format!(
                "  run {run}/{runs}  {name:<16} {:7.3} s  {:5} MB",
                usage.wall.as_secs_f64(),
                usage.peak_rss >> 20
            ));
            let figures = figures(&output);
            let expected = said.get_or_insert_with(|| figures.clone());
            if *expected != figures {
                bail!("{name} does not print the figures of the first tool for {}", task.title);
            }
            usages.push(usage);
        }
    }
    let rows = task.tools.iter().zip(&usages);
    let rows = rows.filter_map(|((name, _), runs)| Some((*name, Usage::median(runs)?))).collect();
    Ok(Measured { title: task.title, rows })
}

/// What is printed, without the time, which pprof gives in the local zone.
fn figures(output: &str) -> String {
    output.lines().filter(|line| !line.starts_with("Time: ")).collect::<Vec<_>>().join("\n")
}

const HEAD: &str = "\
| Task | Tool | Time | Processor time | Peak memory | Speed |
|---|---|--:|--:|--:|--:|
";

fn markdown(measured: &[Measured], runs: u32, machine: &str) -> String {
    let mut text = HEAD.to_owned();
    for Measured { title, rows } in measured {
        let first = rows.first().map_or(0.0, |(_, usage)| usage.wall.as_secs_f64());
        for (index, (name, Usage { wall, cpu, peak_rss })) in rows.iter().enumerate() {
            let title = if index == 0 { title } else { "" };
            let seconds = wall.as_secs_f64().max(f64::MIN_POSITIVE);
            text += &format!(
                "| {title} | {name} | {seconds:.3} s | {:.3} s | {} MB | {:.1}× |\n",
                cpu.as_secs_f64(),
                peak_rss >> 20,
                first / seconds
            );
        }
    }
    text + &format!("\nMedians of {runs} runs each, taken in turns on the same files: {machine}.\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tools_that_print_different_figures_are_an_error() {
        let task = |words: [&str; 2]| Task {
            title: "x",
            file: "/dev/null".into(),
            tools: words.map(|word| ("a tool", Program::new("sh", &["-c", word]))).into(),
        };
        assert!(measure(&task(["echo Time: 1; echo 5", "echo Time: 2; echo 5"]), 1).is_ok());
        let error = measure(&task(["echo 5", "echo 6"]), 1).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("a tool does not print the figures of the first tool for x"));
    }

    #[test]
    fn the_first_tool_is_the_measure_of_the_others() {
        let usage = |millis, mb: u64| Usage {
            wall: Duration::from_millis(millis),
            cpu: Duration::from_millis(2 * millis),
            peak_rss: mb << 20,
        };
        let measured =
            [Measured { title: "t", rows: vec![("Go", usage(2000, 900)), ("ours", usage(50, 70))] }];
        let expected = format!(
            "{HEAD}| t | Go | 2.000 s | 4.000 s | 900 MB | 1.0× |\n|  | ours | 0.050 s | 0.100 s | 70 MB | 40.0× |\n\n\
             Medians of 3 runs each, taken in turns on the same files: a machine.\n"
        );
        assert_eq!(markdown(&measured, 3, "a machine"), expected);
    }
}
