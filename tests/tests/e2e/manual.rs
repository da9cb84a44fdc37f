//! Completions and manual pages, read by what they are made for: bash, man and groff.

use std::process::Command;

use anyhow::{Context as _, Result};
use harness_tests::{Bench, harness_binary};

/// What bash offers for a line whose last word is being typed.
fn completed(words: &[&str]) -> Result<Vec<String>> {
    let n = words.len() - 1;
    let line = words.join(" ");
    let script = format!(
        "source <(\"$1\" completions bash) || exit 3; COMP_WORDS=({line}); COMP_CWORD={n}; \
         _harness harness {:?} {:?}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.last().copied().unwrap_or_default(),
        words.get(n.wrapping_sub(1)).copied().unwrap_or_default(),
    );
    let output = Command::new("bash").args(["-c", &script, "bash"]).arg(harness_binary()?).output()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_their_options_and_the_words_of_a_choice() -> Result<()> {
    assert_eq!(completed(&["harness", "bas"])?, ["baseline"]);
    assert_eq!(completed(&["harness", "run", "--until"])?, ["--until-found"]);
    assert_eq!(completed(&["harness", "baseline", "acc"])?, ["accept"]);
    assert_eq!(completed(&["harness", "completions", "fi"])?, ["fish"]);
    let all = completed(&["harness", "\"\""])?;
    assert!(all.iter().any(|word| word == "run"), "{all:?}");
    assert!(!all.iter().any(|word| word.contains("guard")), "a hidden command is offered: {all:?}");
    Ok(())
}

#[test]
fn there_are_completions_for_each_shell() -> Result<()> {
    let bench = Bench::new()?;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = bench.run(["completions", shell])?;
        assert_eq!(script.code, Some(0), "{script}");
        assert!(script.stdout.contains("minimise"), "{script}");
    }
    Ok(())
}

#[test]
fn groff_reads_a_page_of_each_command_without_a_warning() -> Result<()> {
    let bench = Bench::new()?;
    let ended = bench.run(["man", "pages/man1"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let mut names = Vec::new();
    for entry in bench.root().join("pages/man1").read_dir_utf8()? {
        let path = entry?.path().to_owned();
        let read =
            Command::new("groff").args(["-Kutf8", "-man", "-ww", "-z", "-Tutf8", path.as_str()]).output();
        let read = read.context("groff: Debian's package `groff-base` has it")?;
        assert!(read.status.success() && read.stderr.is_empty(), "{path}: {read:?}");
        names.push(path.file_name().unwrap_or_default().to_owned());
    }
    for name in ["harness.1", "harness-run.1", "harness-baseline-accept.1", "harness-inspect-trace.1"] {
        assert!(names.iter().any(|there| there == name), "no {name} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("guard")), "{names:?}");
    Ok(())
}

#[test]
fn the_main_page_says_what_the_exit_codes_mean() -> Result<()> {
    let bench = Bench::new()?;
    let page = bench.run(["man"])?;
    assert_eq!(page.code, Some(0), "{page}");
    bench.write("harness.1", &page.stdout)?;
    let file = bench.root().join("harness.1");
    let shown = Command::new("groff").args(["-man", "-Tascii", "-P-c", file.as_str()]).output()?;
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("harness-run(1)") && text.contains("Exit codes"), "{text}");
    Ok(())
}
