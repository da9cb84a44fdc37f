//! `harness run --replay`: what goes into a capture is told by a digest, and a capture can be repeated.

use anyhow::Result;
use camino::Utf8Path;
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

#[test]
fn a_capture_copied_to_another_checkout_is_repeated_over_the_sources_that_lie_there() -> Result<()> {
    let (bench, first) = recorded()?;
    let other = Bench::with_module("keeper", MAIN, EXPECT)?;
    other.write("keeper/store/store.go", STORE)?;
    copy(&bench.root().join("first"), &other.root().join("captures/copied"))?;
    let was = bench.root().to_owned();
    drop(bench); // and the first checkout is gone
    let again = other.run(["run", "--replay", "captures/copied", "--format", "json"])?;
    assert_eq!(again.code, Some(0), "{again}");
    let report = again.json()?;
    assert_eq!(first["inputs_digest"], report["inputs_digest"]);
    let replay = &report["replay"];
    assert_eq!(replay["differs"], serde_json::json!([]), "{replay}");
    let moved = format!("the sources are those in `{}`, were those in `{was}`", other.root());
    let conditions = replay["conditions"].as_array().cloned().unwrap_or_default();
    assert!(conditions.iter().any(|one| *one == moved), "{replay}");
    Ok(())
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[test]
fn what_is_no_capture_is_told_from_a_damaged_one_and_says_what_to_name() -> Result<()> {
    let (bench, _) = recorded()?;
    let whole = std::fs::read_to_string(bench.root().join("first/manifest.json"))?;
    bench.write("README.md", "# Not a capture\n")?;
    bench.write("empty", "")?;
    bench.write("other.json", "{\"name\": \"a web application\"}\n")?;
    bench.write("web/manifest.json", "{\"name\": \"a web application\"}\n")?;
    bench.write("bare/notes.txt", "nothing\n")?;
    bench.write("cut.json", &whole[..500])?;
    bench.write("cut/manifest.json", "")?;
    bench.write("newer.json", &whole.replacen("\"format\": 1", "\"format\": 99", 1))?;
    for (path, code, words, hint) in [
        ("README.md", 2, "is no manifest of ours", "name a capture's directory or its `manifest.json`"),
        ("empty", 2, "it is empty", "name a capture's directory"),
        ("other.json", 2, "is no manifest of ours", "name a capture's directory"),
        ("web", 2, "is no manifest of ours", "name a capture's directory"),
        ("bare", 2, "it has no `manifest.json`", "name a capture's directory"),
        ("gone", 2, "it is not there", "name a capture's directory"),
        ("scenarios/keeper.toml", 2, "is no manifest of ours", "a scenario is run by `harness run "),
        ("first/default/step-1/trace.out", 2, "is no manifest of ours", "it belongs to the capture `"),
        ("cut.json", 5, "at line 2", "cut off or changed after it was made: run the scenario again"),
        ("cut", 5, "at line 1", "cut off or changed after it was made"),
        ("newer.json", 5, "has format 99", "use the newer harness"),
    ] {
        let refused = bench.run(["run", "--replay", path])?;
        assert_eq!(refused.code, Some(code), "{path}: {refused}");
        assert!(refused.stderr.contains(words), "{path}: {refused}");
        assert!(refused.stderr.contains("hint: ") && refused.stderr.contains(hint), "{refused}");
    }
    let analysed = bench.run(["analyze", "first/manifest.json"])?;
    assert_eq!(analysed.code, Some(0), "{analysed}");
    Ok(())
}

/// Keeps memory of C whose size a header beside the package says.
const C_MAIN: &str = r#"// Command keeper leaks memory of C and of Go.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/include
#include <stdlib.h>
#include "size.h"

static void *take(void) { return malloc(SIZE); }
*/
import "C"

var kept [][]byte

func main() {
	for range 1000 {
		handle()
	}
}

//go:noinline
func handle() {
	C.take()
	kept = append(kept, make([]byte, 512))
}
"#;

#[test]
fn a_c_compiler_counts_by_its_version_and_flags_and_headers_of_the_module_by_content() -> Result<()> {
    let bench = Bench::with_module("keeper", C_MAIN, EXPECT)?;
    bench.edit("scenarios/keeper.toml", "cgo = false", "cgo = true")?;
    bench.write("keeper/include/size.h", "#define SIZE 64\n")?;
    let first = bench.run(["run", "keeper", "--out", "first", "--format", "json"])?;
    assert_eq!(first.code, Some(0), "{first}");
    let link = bench.root().join("the-same-compiler");
    std::os::unix::fs::symlink("/usr/bin/gcc", &link)?;
    let replay = ["run", "--replay", "first", "--format", "json"];
    let same = bench.run_with(replay, &[("CC", link.as_str())])?;
    assert_eq!(same.code, Some(0), "{same}");
    assert_eq!(same.json()?["inputs_digest"], first.json()?["inputs_digest"]);
    let flags = bench.run_with(replay, &[("CC", "gcc -O1")])?;
    assert_eq!(flags.code, Some(2), "{flags}");
    assert!(flags.stderr.contains("- build setting C compiler was ("), "{flags}");
    bench.write("keeper/include/size.h", "#define SIZE 128\n")?;
    let header = bench.run(replay)?;
    assert_eq!(header.code, Some(2), "{header}");
    assert!(header.stderr.contains("- file C files of example.com/keeper has changed"), "{header}");
    Ok(())
}

#[test]
fn another_module_of_the_workspace_counts_by_content_and_language() -> Result<()> {
    let bench = Bench::with_module("keeper", &MAIN.replace("keeper/store", "store"), EXPECT)?;
    bench.write(
        "keeper/go.mod",
        "module example.com/keeper\n\ngo 1.23\n\nrequire example.com/store v1.0.0\n",
    )?;
    bench.write("go.work", "go 1.23\n\nuse (\n\t./keeper\n\t./store\n)\n")?;
    bench.write("store/go.mod", "module example.com/store\n\ngo 1.23\n")?;
    bench.write("store/store.go", STORE)?;
    let first = bench.run(["run", "keeper", "--out", "first"])?;
    assert_eq!(first.code, Some(0), "{first}");
    let replay = ["run", "--replay", "first", "--format", "json"];
    let same = bench.run(replay)?.json()?;
    assert_eq!(same["replay"]["differs"], serde_json::json!([]), "{same}");
    bench.edit("store/go.mod", "go 1.23", "go 1.22")?;
    let refused = bench.run(replay)?;
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("- package example.com/store has changed"), "{refused}");
    Ok(())
}
