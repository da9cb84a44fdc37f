//! `harness run --replay`: what goes into a capture is told by a digest, and a capture can be repeated.

use anyhow::Result;
use harness_tests::Bench;

/// Keeps a buffer per operation, through a package of its own.
const MAIN: &str = r#"// Command keeper leaks a buffer per operation.
package main

import "example.com/keeper/store"

func main() {
	for range 1000 {
		handle()
	}
}

//go:noinline
func handle() { store.Put(make([]byte, 512)) }
"#;

const STORE: &str = r#"// Package store keeps what it gets.
package store

var kept = make([][]byte, 0, 1<<13)

// Put keeps a buffer.
func Put(buffer []byte) { kept = append(kept, buffer) }
"#;

const EXPECT: &str = r#"
[expect]
leaks = [{ kind = "heap", site = "main.handle" }]
"#;

const CAPTURE: &str = ".harness/runs/latest-keeper";

/// A scenario that was run once, into `first`.
fn recorded() -> Result<(Bench, serde_json::Value)> {
    let bench = Bench::with_module("keeper", MAIN, EXPECT)?;
    bench.write("keeper/store/store.go", STORE)?;
    let first = bench.run(["run", "keeper", "--out", "first", "--format", "json"])?;
    assert_eq!(first.code, Some(0), "{first}");
    let report = first.json()?;
    Ok((bench, report))
}

#[test]
fn a_replay_without_its_scenario_file_comes_to_the_same_findings_and_exact_figures() -> Result<()> {
    let (bench, first) = recorded()?;
    bench.write("scenarios/keeper.toml", "name = [\n")?;
    let again = bench.run(["run", "--replay", "first/manifest.json", "--format", "json"])?;
    assert_eq!(again.code, Some(0), "{again}");
    let second = again.json()?;
    assert!(first["inputs_digest"].is_string(), "{first}");
    assert_eq!(first["inputs_digest"], second["inputs_digest"]);
    let replay = &second["replay"];
    assert_eq!(replay["differs"], serde_json::json!([]), "{replay}");
    assert_eq!(replay["same_findings"], 1, "{replay}");
    assert!(replay["equal_figures"].as_u64() > Some(0), "{replay}");
    let analysed = bench.run(["analyze", CAPTURE])?;
    let digest = first["inputs_digest"].as_str().unwrap_or_default();
    assert!(analysed.stdout.contains(&format!("replayed: {digest}: same 1 finding, all ")), "{analysed}");
    assert!(analysed.stdout.contains(&format!("inputs   {digest}")), "{analysed}");
    Ok(())
}

#[test]
fn a_changed_package_is_refused_by_its_name_and_otherwise_labels_the_report() -> Result<()> {
    let (bench, first) = recorded()?;
    let changed = STORE.replace("append(kept, buffer)", "append(kept, buffer, make([]byte, 64))");
    bench.write("keeper/store/store.go", &changed)?;
    let refused = bench.run(["run", "--replay", "first"])?;
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("- package example.com/keeper/store has changed"), "{refused}");
    assert!(!refused.stderr.contains("package example.com/keeper has changed"), "{refused}");
    assert!(refused.stderr.contains("--despite-changes"), "{refused}");
    let forced = bench.run(["run", "--replay", "first", "--despite-changes", "--format", "json"])?;
    let report = forced.json()?;
    assert_ne!(first["inputs_digest"], report["inputs_digest"]);
    let replay = &report["replay"];
    assert_eq!(replay["changed"], serde_json::json!(["package example.com/keeper/store has changed"]));
    assert!(replay["differs"].as_array().is_some_and(|differs| !differs.is_empty()), "{replay}");
    let text = bench.run(["analyze", CAPTURE])?;
    assert!(text.stdout.contains("NOT the same"), "{text}");
    assert!(text.stdout.contains("OTHER INPUT: package example.com/keeper/store has changed"), "{text}");
    Ok(())
}

#[test]
fn another_environment_is_a_label_and_no_reason_to_refuse() -> Result<()> {
    let (bench, _) = recorded()?;
    let again =
        bench.run_with(["run", "--replay", "first", "--format", "json"], &[("GOTRACEBACK", "all")])?;
    assert_eq!(again.code, Some(0), "{again}");
    let replay = &again.json()?["replay"];
    let conditions = replay["conditions"].as_array().cloned().unwrap_or_default();
    assert!(conditions.iter().any(|one| one == "GOTRACEBACK was not set, is all"), "{replay}");
    assert_eq!(replay["changed"], serde_json::json!([]), "{replay}");
    Ok(())
}
