//! How often a leak reproduces, and how little it takes: `--times`, `--until-found`, `--minimise`.

use anyhow::Result;
use harness_tests::Bench;

/// Leaks in every third run: a file counts them.
const FLAKY: &str = r#"// Command flaky leaks in every third run.
package main

import (
	"os"
	"strconv"
)

var kept [][]byte

func main() {
	text, _ := os.ReadFile("runs")
	run, _ := strconv.Atoi(string(text))
	run++
	if err := os.WriteFile("runs", []byte(strconv.Itoa(run)), 0o600); err != nil {
		panic(err)
	}
	for range 1000 {
		handle(run%3 == 0)
	}
}

//go:noinline
func handle(keep bool) {
	buffer := make([]byte, 512)
	if keep {
		kept = append(kept, buffer)
	}
}
"#;

fn flaky() -> Result<Bench> {
    Bench::with_module("flaky", FLAKY, "")
}

#[test]
fn a_leak_in_every_third_run_is_told_with_its_rate_and_never_passes() -> Result<()> {
    let bench = flaky()?;
    let ended = bench.run(["run", "flaky", "--times", "6"])?;
    assert_eq!(ended.code, Some(6), "{ended}");
    assert!(ended.stdout.contains("was seen in 2 of 6 runs (10-70 %)"), "{ended}");
    let again = bench.run(["analyze", ".harness/runs/latest-flaky", "--format", "json"])?;
    let report = again.json()?;
    assert_eq!(report["reproductions"][0]["seen"], 2);
    assert_eq!(report["reproductions"][0]["runs"], 6);
    Ok(())
}

#[test]
fn until_found_stops_at_the_first_run_that_shows_the_leak() -> Result<()> {
    let bench = flaky()?;
    let ended = bench.run(["run", "flaky", "--until-found", "--max", "8"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stderr.contains("found in run 3 of at most 8"), "{ended}");
    assert!(ended.stdout.contains("reproduced in 1 of 3 runs"), "{ended}");
    let ended = bench.run(["run", "flaky", "--until-found", "--max", "2"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("not found in 2 runs"), "{ended}");
    Ok(())
}

#[test]
fn the_fewest_operations_that_reproduce_are_found() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let ended = bench.run(["run", "leak-repro", "--minimise", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let search = &report["minimised"];
    let fewest = search["fewest"].as_u64().unwrap_or(u64::MAX);
    // Fewer than five checkpoints show no growth.
    assert!((5..200).contains(&fewest), "{search}");
    let tried = |found: bool| {
        let trials = search["trials"].as_array().into_iter().flatten();
        trials.filter(move |trial| trial["found"] == found).filter_map(|trial| trial["operations"].as_u64())
    };
    assert_eq!(tried(true).min(), Some(fewest));
    assert_eq!(tried(false).max(), Some(fewest - 1));
    Ok(())
}

#[test]
fn a_workload_without_a_number_of_operations_cannot_be_made_smaller() -> Result<()> {
    let ended = flaky()?.run(["run", "flaky", "--minimise"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("{ops}"), "{ended}");
    Ok(())
}
