//! Exit codes: what a CI relies on.

use anyhow::Result;
use harness_tests::Bench;

use crate::report::{findings, only};

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
    // Gone or not: it stays until somebody wants it dropped.
    bench.run(["baseline", "accept", "gate"])?;
    let shown = bench.run(["baseline", "show", "gate"])?;
    assert_eq!(shown.code, Some(0), "{shown}");
    assert!(shown.stdout.contains("goroutine"), "{shown}");
    let pruned = bench.run(["baseline", "accept", "gate", "--prune"])?;
    assert!(pruned.stdout.contains("- goroutine leak"), "{pruned}");
    Ok(())
}

#[test]
fn one_leak_is_accepted_until_a_day_and_another_rejected() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("leaky-cache")?;
    let more = "args = [\"-requests\", \"1000\"]\n[workload.checkpoint]\non = \"call\"\nfunc = \"main.handle\"\nevery = 100\n[capture]\nmodes = [\"step\"]\nrepeat = 1\nheap_dump = \"off\"\n";
    bench.write("scenarios/gate.toml", &scenario("leaky-cache", "./cmd/server", more))?;
    let first = bench.run(["run", "gate", "--format", "json"])?.json()?;
    let print =
        |kind| Ok::<_, anyhow::Error>(only(&first, kind)?["fingerprint"].as_str().unwrap_or("").to_owned());
    let (heap, goroutine) = (print("heap")?, print("goroutine")?);

    let listed = bench.run(["baseline", "review", "gate"])?;
    assert!(listed.stdout.contains(&format!("accept gate --only {heap}")), "{listed}");
    let day = ["--expires", "2199-03-01"];
    let accept = ["baseline", "accept", "gate", "--only", &heap[..6], "--note", "issue 12", day[0], day[1]];
    let accepted = bench.run(accept)?;
    assert_eq!(accepted.code, Some(0), "{accepted}");
    assert!(accepted.stdout.contains("until 2199-03-01"), "{accepted}");
    let rejected = bench.run(["baseline", "reject", "gate", "--only", &goroutine, "--note", "mend it"])?;
    assert_eq!(rejected.code, Some(0), "{rejected}");
    assert_eq!(bench.run(["baseline", "review", "gate"])?.stdout, "nothing to decide\n");

    let known = bench.run(["run", "gate"])?;
    assert_eq!(known.code, Some(1), "{known}");
    assert!(known.stdout.contains("accepted until 2199-03-01: issue 12"), "{known}");
    assert!(known.stdout.contains("rejected: mend it"), "{known}");

    // The days go by.
    bench.edit("scenarios/gate.baseline.toml", "2199-03-01", "2020-03-01")?;
    let expired =
        bench.run(["analyze", ".harness/runs/latest-gate", "--baseline", "scenarios/gate.baseline.toml"])?;
    assert_eq!(expired.code, Some(1), "{expired}");
    assert!(expired.stdout.contains("it was accepted until 2020-03-01 (issue 12)"), "{expired}");
    let past = bench.run(["baseline", "accept", "gate", "--expires", "2020-01-01"])?;
    assert_eq!(past.code, Some(2), "{past}");
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
