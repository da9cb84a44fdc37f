//! Go's own reader, asked about many traces by one run of `fixtures/programs/tracegen/golden`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};

/// What Go's reader makes of a trace.
#[derive(Debug, Default)]
pub(super) struct GoReading {
    pub(super) events: Vec<String>,
    pub(super) said: Said,
}

/// How it ended.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Said {
    #[default]
    Ok,
    Error(String),
    Panic(String),
}

/// Reads all traces with Go's reader.
pub(super) fn read_all<'t>(traces: impl Iterator<Item = &'t [u8]>) -> Result<Vec<GoReading>> {
    let directory = tempfile::tempdir()?;
    let directory =
        Utf8Path::from_path(directory.path()).context("a temporary directory with an odd name")?;
    let program = build(directory)?;
    let mut names = String::new();
    for (i, bytes) in traces.enumerate() {
        let name = directory.join(format!("{i}.trace"));
        std::fs::write(&name, bytes)?;
        names += &format!("{name}\n");
    }
    let said = ask(&program, "-verdicts", names)?;
    parse(&said)
}

/// Builds the program in this directory.
pub(crate) fn build(directory: &Utf8Path) -> Result<Utf8PathBuf> {
    let program = directory.join("golden");
    let source = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/tracegen/golden");
    let status = Command::new("go")
        .args(["build", "-o", program.as_str(), "."])
        .current_dir(&source)
        .status()
        .context("cannot start `go`")?;
    ensure!(status.success(), "the program in {source} does not build ({status})");
    Ok(program)
}

/// Runs it on the files of these names, a line each. `what` is its option.
pub(crate) fn ask(program: &Utf8Path, what: &str, names: String) -> Result<String> {
    let mut child = Command::new(program)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start Go's reader")?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer of names panicked"))??;
    ensure!(output.status.success(), "Go's reader ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn parse(said: &str) -> Result<Vec<GoReading>> {
    let mut readings = Vec::new();
    let mut current = GoReading::default();
    for line in said.lines() {
        if let Some(event) = line.strip_prefix('\t') {
            current.events.push(event.to_owned());
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        current.said = match word {
            "file" => continue,
            "ok" => Said::Ok,
            "error" => Said::Error(rest.to_owned()),
            "panic" => Said::Panic(rest.to_owned()),
            _ => bail!("Go's reader said `{line}`"),
        };
        readings.push(std::mem::take(&mut current));
    }
    Ok(readings)
}
