//! The tutorial, run as it stands: files are written, changes are made, commands print what is said.
//!
//! In a block of commands a line that begins with `$ ` is one, what follows is what it prints. Figures may be others (one
//! digit stands for any number), `...` stands for lines, or at the beginning or end of a line for the rest of it. Blocks of
//! shell without output are not run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use harness_tests::{Bench, harness_binary};

const TUTORIAL: &str = include_str!("../../../docs/tutorial.md");

/// A block between fences.
struct Block {
    /// `go`, `console`, `diff`.
    kind: String,
    /// The file that it is, or changes.
    file: Option<String>,
    lines: Vec<&'static str>,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = TUTORIAL.lines();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("```") else { continue };
        let (kind, file) = head.split_once(' ').map_or((head, None), |(kind, file)| (kind, Some(file)));
        let (kind, file) = (kind.to_owned(), file.map(str::to_owned));
        let lines = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        blocks.push(Block { kind, file, lines });
    }
    blocks
}

#[test]
fn the_tutorial_is_true() -> Result<()> {
    let bench = Bench::new()?;
    let mut n_commands = 0;
    for block in blocks() {
        match (block.kind.as_str(), &block.file) {
            ("console", _) => n_commands += console(&bench, &block)?,
            ("diff", Some(file)) => change(&bench, file, &block.lines)?,
            (_, Some(file)) => drop(bench.write(file, &(block.lines.join("\n") + "\n"))?),
            _ => {}
        }
    }
    ensure!(n_commands >= 8, "only {n_commands} commands were found");
    Ok(())
}

/// Replaces lines that begin with `-` by those that begin with `+`.
fn change(bench: &Bench, file: &str, lines: &[&str]) -> Result<()> {
    let side = |sign: char| -> String {
        lines.iter().filter_map(|line| line.strip_prefix(sign)).map(|line| format!("{line}\n")).collect()
    };
    bench.edit(file, &side('-'), &side('+'))
}

/// Runs the commands of a block and tells how many there were.
fn console(bench: &Bench, block: &Block) -> Result<usize> {
    let mut n = 0;
    let mut lines = block.lines.iter().copied().peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ ").with_context(|| format!("no command: {line}"))?;
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected.push(line);
        }
        let printed = shell(bench, command)?;
        matches(&expected, &printed).with_context(|| format!("`{command}` prints\n{printed}"))?;
        n += 1;
    }
    Ok(n)
}

/// What a command prints. Its exit code is in the text, where it matters.
fn shell(bench: &Bench, command: &str) -> Result<String> {
    let directory = Path::new(harness_binary()?).parent().context("no directory")?.display();
    let path = format!("{directory}:{}", std::env::var("PATH")?);
    let done = Command::new("timeout")
        .args(["300", "sh", "-c", command])
        .current_dir(bench.root())
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .envs(bench.mark())
        .output()?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    ensure!(done.status.success(), "`{command}`: {text}{}", String::from_utf8_lossy(&done.stderr));
    Ok(text)
}

/// Fails unless the lines follow one another as expected.
fn matches(expected: &[&str], printed: &str) -> Result<()> {
    let mut rest = printed.lines();
    let mut may_skip = false;
    for line in expected {
        if *line == "..." {
            may_skip = true;
            continue;
        }
        let found = match may_skip {
            true => rest.any(|printed| fits(line, printed)),
            false => rest.next().is_some_and(|printed| fits(line, printed)),
        };
        if !found {
            bail!("not there: {line}");
        }
        may_skip = false;
    }
    Ok(())
}

/// Whether a line is as expected, whatever its numbers; those of lines and bytes per operation are in it as they are.
fn fits(expected: &str, printed: &str) -> bool {
    let (expected, printed) = (plain(expected), plain(printed));
    match expected.split_once("...") {
        Some((begin, end)) => printed.starts_with(begin) && printed.ends_with(end),
        None => expected == printed,
    }
}

/// Numbers above 99 are one and the same, blanks between words are one.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for c in line.chars().chain([' ']) {
        if c.is_ascii_digit() || (!number.is_empty() && matches!(c, ',')) {
            number.push(c);
            continue;
        }
        out.push_str(if number.len() > 2 { "#" } else { &number });
        number.clear();
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

#[test]
fn lines_fit_whatever_their_numbers_are_and_others_do_not() {
    assert!(fits("bytes: 128000 -> 1152000", "  bytes:  6400 ->  57600"));
    assert!(fits("...main.handle", "  0  3.18MB  main.handle"));
    assert!(fits("PASS shop: ...", "PASS shop: as expected"));
    assert!(!fits("+64 B/op", "+65 B/op"), "what an operation leaves behind is exact");
    assert!(!fits("exit code 1", "exit code 0"));
    assert!(matches(&["a", "...", "c"], "a\nb\nc\n").is_ok());
    assert!(matches(&["a", "c"], "a\nb\nc\n").is_err());
}
