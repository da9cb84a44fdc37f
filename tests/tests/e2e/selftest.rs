//! `harness selftest`: a gate that is alive, and one that is dead in each way.

use std::process::Command;

use anyhow::{Result, ensure};
use camino::Utf8Path;
use harness_tests::Bench;

const LEAKY: &str = r#"package main

var kept [][]byte

func main() {
	for range 1000 {
		handle()
	}
}

//go:noinline
func handle() {
	kept = append(kept, make([]byte, 512))
}
"#;

const EXPECT: &str = r#"
[expect]
leaks = [{ kind = "heap", site = "main.handle" }]
"#;

/// A bench with the leaking program, and what its scenario says more.
fn bench(more: &str) -> Result<Bench> {
    Bench::with_module("leaky", LEAKY, &format!("{EXPECT}{more}"))
}

#[test]
fn the_gate_of_leak_repro_is_alive() -> Result<()> {
    let ended = Bench::with_scenario("leak-repro", "leaky-cache")?.run(["selftest", "leak-repro"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("the gate is alive: 4 of 4 checks hold"), "{ended}");
    assert!(ended.stdout.contains("twin (package ./cmd/fixed)"), "{ended}");
    Ok(())
}

#[test]
fn a_gate_whose_thresholds_let_all_pass_is_dead() -> Result<()> {
    let ended =
        bench("[thresholds]\nbytes_per_op = 1e9\n")?.run(["selftest", "leaky", "--format", "json"])?;
    assert_eq!(ended.code, Some(7), "{ended}");
    let report = ended.json()?;
    assert_eq!(report["headline"], "gate is dead: planted heap: the planted leak is not found");
    assert_eq!(report["outcome"], "dead-gate");
    Ok(())
}

#[test]
fn a_gate_that_accuses_the_twin_is_dead() -> Result<()> {
    let ended = bench("[control]\ntwin = { tags = [\"fixed\"] }\n")?.run(["selftest", "leaky"])?;
    assert_eq!(ended.code, Some(7), "{ended}");
    assert!(ended.stdout.contains("gate is dead: twin: the twin is accused: main.handle"), "{ended}");
    Ok(())
}

#[test]
fn a_twin_at_another_revision_is_built_from_it_and_the_working_tree_left_alone() -> Result<()> {
    let bench = bench("[control]\ntwin = { revision = \"HEAD\" }\n")?;
    bench.edit(
        "leaky/main.go",
        "kept = append(kept, make([]byte, 512))",
        "kept = [][]byte{make([]byte, 512)}",
    )?;
    for words in [
        &["init", "-q"][..],
        &["add", "leaky"],
        &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "mended"],
    ] {
        git(bench.root(), words)?;
    }
    bench.write("leaky/main.go", LEAKY)?;
    let before = git(bench.root(), &["status", "--porcelain", "--", "leaky"])?;
    let ended = bench.run(["selftest", "leaky"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("twin (revision HEAD)"), "{ended}");
    assert_eq!(git(bench.root(), &["status", "--porcelain", "--", "leaky"])?, before);
    Ok(())
}

fn git(dir: &Utf8Path, words: &[&str]) -> Result<String> {
    let done = Command::new("git").args(words).current_dir(dir).output()?;
    ensure!(done.status.success(), "{done:?}");
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
