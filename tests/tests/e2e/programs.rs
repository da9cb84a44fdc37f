//! The programs under `fixtures/programs` do what the scenarios say of them, without the harness.

use std::process::{Command, Output};

use anyhow::{Context, Result};
use harness_tests::Bench;

/// Builds the package and runs it.
fn run(program: &str, package: &str, build: &[&str], arguments: &[&str]) -> Result<Output> {
    let bench = Bench::new()?;
    let module = bench.program(program)?;
    let binary = bench.root().join("program");
    let built = Command::new("go")
        .args(["build", "-o", binary.as_str()])
        .args(build)
        .arg(package)
        .current_dir(&module)
        .env("CGO_ENABLED", "0")
        .output()
        .context("cannot start go")?;
    if !built.status.success() {
        return Ok(built);
    }
    Ok(Command::new(&binary).args(arguments).env("GODEBUG", "gctrace=1").output()?)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn leaky_cache_serves_the_same_answers_in_every_run() {
    let first = run("leaky-cache", "./cmd/server", &[], &["-requests", "300"]).unwrap();
    let second = run("leaky-cache", "./cmd/server", &[], &["-requests", "300"]).unwrap();
    assert!(stdout(&first).contains("300 requests"), "{first:?}");
    assert_eq!(stdout(&first), stdout(&second));
}

#[test]
fn leaky_cache_and_its_twin_give_the_same_answers() {
    let leaky = run("leaky-cache", "./cmd/server", &[], &["-requests", "300"]).unwrap();
    let fixed = run("leaky-cache", "./cmd/fixed", &[], &["-requests", "300"]).unwrap();
    assert!(leaky.status.success(), "{}", stderr(&leaky));
    assert_eq!(stdout(&leaky), stdout(&fixed));
}

#[test]
fn leaky_cache_has_enough_gc_cycles_to_align_on() {
    let output = run("leaky-cache", "./cmd/server", &[], &[]).unwrap();
    let cycles = stderr(&output).lines().filter(|line| line.starts_with("gc ")).count();
    assert!(cycles >= 50, "{cycles} cycles");
}

#[test]
fn leaky_cache_takes_its_version_and_environment_from_the_build() {
    let build = ["-tags", "prod", "-ldflags", "-X main.version=1.2.3"];
    let output = run("leaky-cache", "./cmd/server", &build, &["-requests", "5"]).unwrap();
    assert!(stdout(&output).starts_with("quotes 1.2.3 (prod): 5 requests"), "{output:?}");
}

#[test]
fn goroutine_leak_and_its_twin_time_out_on_the_same_calls() {
    let leaky = run("goroutine-leak", "./cmd/server", &[], &["-calls", "100"]).unwrap();
    let fixed = run("goroutine-leak", "./cmd/fixed", &[], &["-calls", "100"]).unwrap();
    assert!(stdout(&leaky).starts_with("100 calls, 80 answered"), "{leaky:?}");
    assert_eq!(stdout(&leaky), stdout(&fixed));
}

#[test]
fn healthy_ends_well() {
    let output = run("healthy", ".", &[], &[]).unwrap();
    assert!(stdout(&output).starts_with("3000 readings, 10 batches shipped"), "{output:?}");
}

#[test]
fn crash_ends_as_it_is_told() {
    for (how, code, says) in [
        ("nil", 2, "nil pointer dereference"),
        ("panic", 2, "panic: order 500: out of stock"),
        ("fatal", 2, "fatal error: sync: unlock of unlocked mutex"),
        ("exit", 3, "crash: order 500: out of stock"),
    ] {
        let output = run("crash", ".", &[], &["-how", how]).unwrap();
        assert_eq!(output.status.code(), Some(code), "{how}: {output:?}");
        assert!(stderr(&output).contains(says), "{how}: {output:?}");
    }
}

#[test]
fn broken_builds_are_broken_in_the_way_they_say() {
    let output = run("broken-build", "./cmd/type-error", &[], &[]).unwrap();
    assert!(stderr(&output).contains("main.go:9:13: cannot use count"), "{output:?}");
    let output = run("broken-build", "./cmd/syntax-error", &[], &[]).unwrap();
    assert!(stderr(&output).contains("main.go:8:1: syntax error"), "{output:?}");
}
