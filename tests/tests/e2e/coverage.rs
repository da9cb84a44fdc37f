//! Coverage of a run: what ran, until when it was counted, and which code that allocates did not.

use std::fs;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Ended};
use serde_json::Value;

use crate::report::line_of;

/// Runs the scenario into a capture `NAME`, with a JSON report.
fn run(bench: &Bench, name: &str, more: &[&str]) -> Result<(Ended, Value, Utf8PathBuf)> {
    let capture = bench.root().join(name);
    let arguments = ["run", "coverage", "--format", "json", "--out", capture.as_str()];
    let ended = bench.run(arguments.iter().chain(more).copied())?;
    let report = ended.json().with_context(|| ended.to_string())?;
    Ok((ended, report, capture))
}

fn facts(report: &Value) -> &Value {
    &report["coverage"][0]["facts"]
}

/// Calls of a function, and its statements that ran.
fn function(report: &Value, name: &str) -> Result<(u64, u64)> {
    let functions = facts(report)["functions"].as_array().context("functions")?;
    let one = functions
        .iter()
        .find(|one| one["function"] == name)
        .with_context(|| format!("{name}: {report:#}"))?;
    Ok((one["calls"].as_u64().context("calls")?, one["statements"]["ran"].as_u64().context("statements")?))
}

/// Reach, place and function of what is listed as not tried.
fn untried(report: &Value) -> Result<Vec<[String; 3]>> {
    let places = facts(report)["untried"].as_array().context("places")?.iter();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(places
        .map(|place| {
            let line = format!("{}:{}", place["file"].as_str().unwrap_or_default(), place["line"]);
            [word(&place["reach"]), line, word(&place["function"])]
        })
        .collect())
}

fn go(directory: &Utf8Path, arguments: &[&str]) -> Result<Output> {
    let output =
        Command::new("go").args(arguments).current_dir(directory).output().context("cannot start go")?;
    ensure!(output.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output)
}

/// The line of the first statement behind a line with this text: since Go 1.27 blocks begin there, before at the brace.
fn block(file: &str, text: &str) -> Result<[String; 2]> {
    let place = line_of("coverage", file, text)?;
    let (file, line) = place.rsplit_once(':').context("a line")?;
    let line: u32 = line.parse()?;
    Ok([format!("{file}:{line}"), format!("{file}:{}", line + 1)])
}

#[test]
fn just_the_code_that_allocates_and_did_not_run_is_listed_and_go_counts_the_same() -> Result<()> {
    let bench = Bench::with_scenario("coverage", "coverage")?;
    let (_, report, capture) = run(&bench, "capture", &[])?;
    let expected = [
        ("beside", block("store/store.go", "listed first")?, "example.com/coverage/store.(*Store).Put"),
        ("beside", block("main.go", "if *requests < 0 {")?, "main.main"),
        (
            "uncalled",
            block("store/store.go", "func (s *Store) Snapshot")?,
            "example.com/coverage/store.(*Store).Snapshot",
        ),
        ("idle", block("export/export.go", "func All")?, "example.com/coverage/export.All"),
    ];
    let found = untried(&report)?;
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ([reach, place, function], (in_reach, places, of)) in found.iter().zip(expected) {
        assert!(*reach == in_reach && function == of && places.contains(place), "{found:?}");
    }
    assert_eq!(function(&report, "main.handle")?.0, 2000);
    assert_eq!(facts(&report)["counted"]["until"], "end");

    // What keeps a note of every seventh request is in step with that leak; with the other goes all that runs.
    let growth = facts(&report)["growth"].as_array().context("growth")?;
    let of = |site: &str| {
        growth.iter().find(|one| one["site"] == site).with_context(|| format!("{site}: {growth:#?}"))
    };
    let [note, put] = ["new([64]byte)", "&Record{ID: id, Text: text}\n"]
        .map(str::trim_end)
        .map(|line| line_of("coverage", "store/store.go", line));
    let (note, put) = (of(&note?)?, of(&put?)?);
    let blocks: Vec<(&str, &str)> = note["blocks"]
        .as_array()
        .context("blocks")?
        .iter()
        .filter_map(|block| Some((block["function"].as_str()?, block["with"].as_str()?)))
        .collect();
    let function = "example.com/coverage/store.(*Store).Note";
    assert_eq!(blocks, [("main.handle", "in-step"), (function, "in-step")]);
    assert_eq!(put["blocks"].as_array().map(Vec::len), Some(0), "{put:#}");

    // Go's own tools say the same of the files in the capture.
    let run = capture.join("default/cover");
    let profile = fs::read_to_string(run.join("cover.out"))?;
    let text = bench.root().join("textfmt");
    go(bench.root(), &["tool", "covdata", "textfmt", &format!("-i={run}"), &format!("-o={text}")])?;
    let mut theirs: Vec<String> = fs::read_to_string(&text)?.lines().map(str::to_owned).collect();
    let mut ours: Vec<String> = profile.lines().map(str::to_owned).collect();
    theirs.sort();
    ours.sort();
    assert_eq!(ours, theirs);
    let percent = go(bench.root(), &["tool", "covdata", "percent", &format!("-i={run}")])?;
    let percent = String::from_utf8(percent.stdout)?;
    for package in facts(&report)["packages"].as_array().context("packages")? {
        let (ran, of) = (&package["statements"]["ran"], &package["statements"]["of"]);
        let share = 100.0 * ran.as_f64().context("ran")? / of.as_f64().context("of")?;
        let name = package["package"].as_str().context("its name")?;
        let said = percent.lines().find(|line| line.split_whitespace().next() == Some(name));
        let said = said.with_context(|| format!("{name} in {percent}"))?;
        assert!(said.contains(&format!("{share:.1}%")), "{said}: {share}");
    }
    let html = bench.root().join("cover.html");
    let module = bench.root().join("fixtures/programs/coverage");
    go(&module, &["tool", "cover", &format!("-html={}", run.join("cover.out")), &format!("-o={html}")])?;
    assert!(fs::read_to_string(html)?.contains("listed first"));

    // Another machine, without Go, knows all of it.
    let again = bench.run_with(
        ["analyze", capture.as_str(), "--format", "json"],
        &[("PATH", ""), ("GOROOT", ""), ("HOME", "/nonexistent")],
    )?;
    assert_eq!(again.json()?["coverage"], report["coverage"]);
    let shown = bench.run(["analyze", capture.as_str()])?;
    assert!(shown.stdout.contains("not tried by this scenario: 4 places that allocate"), "{shown}");
    assert!(shown.stdout.contains("&& go tool cover -html="), "{shown}");
    Ok(())
}

#[test]
fn counters_are_saved_on_every_end_that_allows_it_and_else_at_the_last_checkpoint() -> Result<()> {
    let bench = Bench::with_scenario("coverage", "coverage")?;
    bench.edit("scenarios/coverage.toml", "operations = 2000", "operations = 1000\nexit_codes = [0, 3]")?;
    bench.edit("scenarios/coverage.toml", "\"60s\"", "\"2s\"")?;
    bench.edit("scenarios/coverage.toml", "[\"step\"]", "[\"plain\"]")?;
    let expected = "[expect]\nleaks = [{ kind = \"heap\", site = \"store.(*Store).Put\" }, { kind = \"heap\", site = \"store.(*Store).Note\" }]\n";
    bench.edit("scenarios/coverage.toml", expected, "")?;
    let args = |end: &str| format!("\"{{ops}}\", \"-end\", \"{end}\"]");
    let mut before = "\"{ops}\"]".to_owned();
    // How it ends, until when it is counted, and how many calls of 1000 were counted. The checkpoint of 1000 is one of the early ones.
    for (end, until, calls) in [
        ("return", "end", 1000),
        ("exit", "end", 1000),
        ("term", "end", 1000),
        ("wait", "end", 1000),
        ("kill", "checkpoint", 924),
        ("panic", "checkpoint", 924),
    ] {
        bench.edit("scenarios/coverage.toml", &before, &args(end))?;
        before = args(end);
        let (ended, report, _) = run(&bench, end, &[])?;
        let counted = &facts(&report)["counted"];
        assert_eq!(counted["until"], until, "{end}: {ended}");
        assert_eq!(function(&report, "main.handle")?.0, calls, "{end}");
        if until == "checkpoint" {
            assert_eq!(counted["operations"], calls, "{end}");
            let shown = bench.run(["analyze", bench.root().join(end).as_str()])?;
            assert!(shown.stdout.contains("as of the last checkpoint, after 924 operations"), "{shown}");
        }
    }
    Ok(())
}

#[test]
fn what_leak_repro_does_not_try_is_listed_with_the_close_that_nobody_calls() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    bench.edit("scenarios/leak-repro.toml", "operations = 2000", "operations = 400")?;
    bench.edit("scenarios/leak-repro.toml", "every = 200", "every = 40")?;
    let capture = bench.root().join("capture");
    let arguments = [
        "run",
        "leak-repro",
        "--variant",
        "default",
        "--cover",
        "--repeat",
        "1",
        "--format",
        "json",
        "--out",
    ];
    let report = bench.run(arguments.into_iter().chain([capture.as_str()]))?.json()?;
    let functions: Vec<String> = untried(&report)?.into_iter().map(|[.., function]| function).collect();
    let module = "example.com/leaky-cache/internal";
    for expected in ["cache.NewLRU", "cache.(*LRU).Put", "quote.ParseID", "load.(*Client).Check"] {
        assert!(functions.contains(&format!("{module}/{expected}")), "{expected} in {functions:?}");
    }
    let releases = facts(&report)["uncalled_releases"].as_array().context("releases")?;
    let releases: Vec<&str> = releases.iter().filter_map(|one| one["function"].as_str()).collect();
    assert_eq!(releases, [format!("{module}/events.(*Subscription).Close")]);
    Ok(())
}

/// A program of two modules, of which the other one is replaced.
const MAIN: &str = "package main

import \"example.com/other\"

func handle(id int) { other.Put(id) }

func main() {
	for id := range 500 {
		handle(id)
	}
	if other.Len() < 0 {
		println(other.Copy()[0])
	}
}
";
const OTHER: &str = "package other

var kept []int

func Put(id int) { kept = append(kept, id) }

func Len() int { return len(kept) }

func Copy() []int { return append([]int(nil), kept...) }
";

fn two_modules() -> Result<Bench> {
    let bench = Bench::with_module("coverage", MAIN, "")?;
    let require = "\nrequire example.com/other v0.0.0\n\nreplace example.com/other => ../other\n";
    bench.write("coverage/go.mod", &format!("module example.com/coverage\n\ngo 1.23\n{require}"))?;
    bench.write("other/go.mod", "module example.com/other\n\ngo 1.23\n")?;
    bench.write("other/other.go", OTHER)?;
    Ok(bench)
}

fn packages(report: &Value) -> Result<Vec<&str>> {
    let packages = facts(report)["packages"].as_array().context("packages")?;
    Ok(packages.iter().filter_map(|package| package["package"].as_str()).collect())
}

#[test]
fn code_is_counted_with_trimpath_with_a_vendor_directory_and_in_a_workspace() -> Result<()> {
    let vendored = two_modules()?;
    let build = "cgo = false\ncover = true\nmod = \"vendor\"\ntrimpath = true";
    vendored.edit("scenarios/coverage.toml", "cgo = false", build)?;
    go(&vendored.root().join("coverage"), &["mod", "vendor"])?;
    let (_, report, _) = run(&vendored, "capture", &[])?;
    assert_eq!(packages(&report)?, ["example.com/coverage"], "dependencies are not instrumented");
    assert_eq!(function(&report, "main.handle")?, (500, 1));

    // All modules of a workspace are the user's.
    let workspace = two_modules()?;
    workspace.write("go.work", "go 1.23\n\nuse (\n\t./coverage\n\t./other\n)\n")?;
    let (_, report, _) = run(&workspace, "capture", &["--cover"])?;
    assert_eq!(packages(&report)?, ["example.com/coverage", "example.com/other"]);
    assert_eq!(function(&report, "example.com/other.Put")?, (500, 1));
    Ok(())
}

#[test]
fn code_that_the_tests_of_a_package_run_is_counted_once_and_what_they_do_not_try_is_listed() -> Result<()> {
    let bench = Bench::with_module("coverage", OTHER.replace("package other", "package main").as_str(), "")?;
    let test = "package main

import \"testing\"

func TestPut(t *testing.T) {
	for id := range 30 {
		Put(id)
	}
	if Len()%30 != 0 {
		t.Fatal(Len())
	}
}
";
    bench.write("coverage/main_test.go", test)?;
    let workload = "[workload]\nkind = \"test\"\nmodule = \"../coverage\"\n\n[build]\ncgo = false\ncover = true\n\n[capture]\nrepeat = 1\n";
    bench.write("scenarios/coverage.toml", workload)?;
    let (_, report, capture) = run(&bench, "capture", &[])?;
    assert_eq!(function(&report, "main.Put")?, (30, 1), "as often as the go command runs it");
    let places = untried(&report)?;
    let functions: Vec<&str> = places.iter().map(|[.., function]| function.as_str()).collect();
    assert_eq!(functions, ["main.Copy"], "{report:#}");
    let profile = fs::read_to_string(capture.join("default/cover/cover.out"))?;
    assert!(profile.starts_with("mode: atomic\nexample.com/coverage/main.go:"), "{profile}");
    Ok(())
}

/// Serves thirty operations for each file that a driver puts into a directory.
const SERVER: &str = "package main

import (
	\"os\"
	\"time\"
)

var kept []*[64]byte

func handle() { kept = append(kept, new([64]byte)) }

func main() {
	for {
		files, _ := os.ReadDir(os.Args[1])
		for _, file := range files {
			for range 30 {
				handle()
			}
			os.Remove(os.Args[1] + \"/\" + file.Name())
		}
		time.Sleep(time.Millisecond)
	}
}
";

#[test]
fn a_server_is_counted_to_its_last_round_and_a_round_is_one_operation_in_every_run() -> Result<()> {
    let bench = Bench::with_module("coverage", SERVER, "")?;
    let work = bench.root().join("work");
    fs::create_dir(&work)?;
    let command = format!("touch {work}/{{round}}; while [ -e {work}/{{round}} ]; do sleep 0.01; done");
    let scenario = format!(
        "[workload]\nmodule = \"../coverage\"\nargs = [\"{work}\"]\n[workload.checkpoint]\non = \"round\"\n[workload.driver]\n\
         command = [\"sh\", \"-c\", \"{command}\"]\nrounds = 8\nready = {{ after = \"200ms\" }}\n[build]\ncgo = false\n\
         cover = true\n[capture]\nmodes = [\"step\"]\nrepeat = 2\n"
    );
    bench.write("scenarios/coverage.toml", &scenario)?;
    let (ended, report, _) = run(&bench, "capture", &[])?;
    assert_eq!(facts(&report)["counted"]["until"], "end", "{ended}");
    assert_eq!(function(&report, "main.handle")?.0, 8 * 30);
    // The first run is dumped, the second is not.
    let growth = &crate::report::only(&report, "heap")?["growth"];
    assert_eq!(growth["objects_per_op"], 30.0, "{growth:#}");
    assert_eq!(growth["spread"][0], growth["spread"][1], "{growth:#}");
    assert!(facts(&report)["no_growth"].is_null(), "rounds are the same in both runs: {report:#}");
    Ok(())
}
