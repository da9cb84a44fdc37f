//! Exit codes: what a CI relies on.

use anyhow::Result;
use harness_tests::Bench;

use crate::report::findings;

/// A scenario over a fixture with one variant, observed in step mode.
fn scenario(program: &str, package: &str, more: &str) -> String {
    format!("[workload]\nmodule = \"../fixtures/programs/{program}\"\npackage = \"{package}\"\n{more}\n")
}

#[test]
fn a_healthy_service_passes_without_a_finding() -> Result<()> {
    let bench = Bench::with_scenario("leak-fixed", "leaky-cache")?;
    let ended = bench.run(["run", "leak-fixed", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(findings(&ended.json()?)?.is_empty(), "{ended}");
    Ok(())
}

#[test]
fn an_unexpected_leak_fails_the_build() -> Result<()> {
    let bench = Bench::with_scenario("goroutine-leak", "goroutine-leak")?;
    bench.edit(
        "scenarios/goroutine-leak.toml",
        "leaks = [{ kind = \"goroutine\", site = \"main.lookup\" }]",
        "leaks = []",
    )?;
    let ended = bench.run(["run", "goroutine-leak", "--variant", "default"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stdout.starts_with("FAIL"), "{ended}");
    Ok(())
}

#[test]
fn an_expected_leak_that_does_not_reproduce_fails_the_build() -> Result<()> {
    let bench = Bench::with_scenario("leak-fixed", "leaky-cache")?;
    bench.edit(
        "scenarios/leak-fixed.toml",
        "leaks = []",
        "leaks = [{ kind = \"heap\", site = \"main.handle\" }]",
    )?;
    let ended = bench.run(["run", "leak-fixed", "--variant", "default"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stdout.contains("did not reproduce"), "{ended}");
    Ok(())
}

#[test]
fn abandoned_senders_are_found_and_their_fixed_twin_is_not_accused() -> Result<()> {
    let bench = Bench::with_scenario("goroutine-leak", "goroutine-leak")?;
    bench.scenario("goroutine-fixed")?;
    for name in ["goroutine-leak", "goroutine-fixed"] {
        let ended = bench.run(["run", name])?;
        assert_eq!(ended.code, Some(0), "{ended}");
    }
    Ok(())
}

#[test]
fn a_baseline_makes_a_known_leak_pass_and_a_fixed_one_show() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("goroutine-leak")?;
    let checkpoint = "args = [\"-calls\", \"2000\"]\n[workload.checkpoint]\non = \"call\"\nfunc = \"main.handle\"\nevery = 200\n[capture]\nmodes = [\"step\"]\nrepeat = 1\n";
    let text = scenario("goroutine-leak", "./cmd/server", checkpoint);
    bench.write("scenarios/gate.toml", &text)?;
    assert_eq!(bench.run(["run", "gate"])?.code, Some(1));

    let accepted = bench.run(["baseline", "accept", "gate"])?;
    assert_eq!(accepted.code, Some(0), "{accepted}");
    let known = bench.run(["run", "gate"])?;
    assert_eq!(known.code, Some(0), "{known}");
    assert!(known.stdout.contains("known"), "{known}");

    bench.edit("scenarios/gate.toml", "./cmd/server", "./cmd/fixed")?;
    let fixed = bench.run(["run", "gate"])?;
    assert_eq!(fixed.code, Some(0), "{fixed}");
    assert!(fixed.stdout.contains("fixed"), "{fixed}");
    let shown = bench.run(["baseline", "show", "gate"])?;
    assert_eq!(shown.code, Some(0), "{shown}");
    assert!(shown.stdout.contains("goroutine"), "{shown}");
    Ok(())
}

#[test]
fn a_syntax_error_is_shown_as_go_shows_it() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("broken-build")?;
    bench.write("scenarios/broken.toml", &scenario("broken-build", "./cmd/syntax-error", ""))?;
    let ended = bench.run(["run", "broken"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let both = format!("{}{}", ended.stdout, ended.stderr);
    assert!(both.contains("syntax error"), "{ended}");
    assert!(both.contains("main.go:"), "{ended}");
    Ok(())
}

#[test]
fn a_hanging_workload_is_stopped_with_all_its_children() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("hang")?;
    let text = scenario("hang", ".", "timeout = \"2s\"\n[capture]\nmodes = [\"step\"]\nrepeat = 1\n");
    bench.write("scenarios/hang.toml", &text)?;
    let ended = bench.run(["run", "hang"])?;
    assert_eq!(ended.code, Some(4), "{ended}");
    assert_eq!(bench.processes()?, []);
    Ok(())
}

#[test]
fn a_crash_is_reported_with_the_panic_text() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("crash")?;
    bench.write("scenarios/crash.toml", &scenario("crash", ".", ""))?;
    let ended = bench.run(["run", "crash"])?;
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("panic:"), "{ended}");
    Ok(())
}

#[test]
fn mistakes_in_a_scenario_are_all_named_with_their_place() -> Result<()> {
    let bench = Bench::new()?;
    let text = "[workload]\nmodule = \".\"\n[build]\ntrimpth = true\n[capture]\nrepeet = 2\n";
    bench.write("scenarios/typo.toml", text)?;
    let ended = bench.run(["run", "typo"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    for expected in ["typo.toml:4:1", "`trimpath`", "typo.toml:6:1", "`repeat`"] {
        assert!(ended.stderr.contains(expected), "no {expected} in {ended}");
    }
    Ok(())
}

#[test]
fn an_unknown_scenario_is_answered_with_the_known_ones() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let ended = bench.run(["run", "leak-repo"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("leak-repro"), "{ended}");
    Ok(())
}
