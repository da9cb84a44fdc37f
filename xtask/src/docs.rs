//! `cargo xtask docs`: a page per command below `docs/commands`, made of what `--help` says.
//!
//! Input: the built binary. Output: the pages, or what differs from them. The help is asked for without a terminal, so that
//! it has the same width everywhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{Command, cargo, root, say};

/// What stands on every page, since nobody should write there.
const MADE: &str =
    "<!-- Made by `cargo xtask docs` of what the command itself says: change its help, not this page. -->\n";

/// Commands with pages of their own kind, or of nobody's interest.
const NOT_SHOWN: [&str; 1] = ["help"];

/// Writes the pages anew; those of commands that are gone go.
pub(crate) fn write() -> Result<()> {
    let (dir, pages) = (directory(), pages()?);
    fs::create_dir_all(&dir)?;
    for entry in fs::read_dir(&dir)? {
        let entry = entry?;
        if !pages.contains_key(&*entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    pages.iter().try_for_each(|(name, text)| fs::write(dir.join(name), text))?;
    say(&format!("{} pages in {}", pages.len(), dir.display()));
    Ok(())
}

/// Fails unless the pages are what the binary says.
pub(crate) fn check() -> Result<()> {
    let stale: Vec<String> = pages()?
        .into_iter()
        .filter(|(name, text)| fs::read_to_string(directory().join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name)
        .collect();
    if !stale.is_empty() {
        bail!("not what `--help` says: docs/commands/{}\nhint: cargo xtask docs", stale.join(", "));
    }
    Ok(())
}

fn directory() -> PathBuf {
    root().join("docs/commands")
}

/// Pages by file name, the index among them.
fn pages() -> Result<BTreeMap<String, String>> {
    cargo(["build", "--quiet", "--package", "harness", "--bin", "harness"]).run()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let binary = target.join("debug/harness");
    let help = |words: &[&str]| -> Result<String> {
        Command::new(binary.as_os_str()).args(words.iter().copied()).arg("--help").read_alone()
    };
    let top = help(&[])?;
    let mut pages = BTreeMap::new();
    let mut index = format!("{MADE}\n# Commands\n\n| command | what it does |\n|---|---|\n");
    for command in commands(&top) {
        let text = help(&[&command])?;
        let about = first_sentence(&text);
        writeln!(index, "| [`{command}`]({command}.md) | {about} |")?;
        let mut page = format!("{MADE}\n# harness {command}\n\n{}", section(&text));
        for inner in commands(&text) {
            let text = help(&[&command, &inner]).with_context(|| format!("{command} {inner}"))?;
            write!(page, "\n## harness {command} {inner}\n\n{}", section(&text))?;
        }
        pages.insert(format!("{command}.md"), page);
    }
    write!(index, "\n{}", fenced(exit_codes(&top)))?;
    pages.insert("README.md".to_owned(), index);
    Ok(pages)
}

/// Names in the list `Commands:` of a help text.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = listed.take_while(|line| !line.is_empty());
    // What an entry has more to say is further in.
    let names = rows.filter_map(|line| line.strip_prefix("  ").filter(|row| !row.starts_with(' ')));
    let names = names.filter_map(|row| row.split_whitespace().next());
    names.filter(|name| !NOT_SHOWN.contains(name)).map(str::to_owned).collect()
}

/// The first paragraph, in a line, as a cell of a table.
fn first_sentence(help: &str) -> String {
    let words = help.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    words.trim_end_matches('.').replace('|', "\\|")
}

/// What a command says of itself: its description as text, the rest as it is.
fn section(help: &str) -> String {
    let (about, rest) = help.split_once("\nUsage: ").unwrap_or((help, ""));
    format!("{}\n\n{}", about.trim_end(), fenced(&format!("Usage: {rest}")))
}

fn fenced(text: &str) -> String {
    let lines: String = text.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!("```text\n{lines}```\n")
}

/// The part of the help that documents exit codes.
fn exit_codes(help: &str) -> &str {
    help.find("Exit codes").and_then(|at| help.get(at..)).unwrap_or(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Does things

Usage: tool [OPTIONS] <COMMAND>

Commands:
  run      Runs it,
           in two lines
  inspect  Looks
  help     Print this message

Options:
  -v  More

Exit codes:
  0  well
";

    #[test]
    fn commands_are_read_off_their_list_and_nothing_else_is() {
        assert_eq!(commands(HELP), ["run", "inspect"]);
        assert_eq!(commands("Options:\n  -v  More\n"), Vec::<String>::new());
    }

    #[test]
    fn a_section_has_the_description_as_text_and_the_rest_as_it_is() {
        let text = section(HELP);
        assert!(text.starts_with("Does things\n\n```text\nUsage: tool [OPTIONS] <COMMAND>\n"), "{text}");
        assert_eq!(exit_codes(HELP), "Exit codes:\n  0  well\n");
        assert_eq!(first_sentence("Does a|b,\nand c.\n\nMore."), "Does a\\|b, and c");
    }
}
