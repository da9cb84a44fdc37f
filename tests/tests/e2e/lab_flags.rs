//! The scenario `build-flags` over a small program: what each of the classic six flags does, told by the topics.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

/// C comes in through os/user alone: of the packages of net there are too many to compile for -race and -N.
const MAIN: &str = r#"package main

import (
	"os"
	"os/user"
)

var version = "none"

// What the race detector has to watch.
var kept [3]int

func main() {
	for n := range 300 {
		handle(n)
	}
	_, err := user.Current()
	os.Stdout.WriteString(version + "\n")
	if err != nil {
		panic(err)
	}
}

//go:noinline
func handle(n int) { kept[n%3] = twice(n) }

func twice(n int) int { return n * 2 }
"#;

const SIX: [&str; 6] = ["default", "stripped", "debug", "trimpath", "race", "static"];

fn bench() -> Result<Bench> {
    let bench = Bench::new()?;
    bench.write("small/go.mod", "module example.com/small\n\ngo 1.23\n")?;
    bench.write("small/main.go", MAIN)?;
    bench.scenario("build-flags")?;
    bench.edit("scenarios/build-flags.toml", "../fixtures/programs/leaky-cache", "../small")?;
    bench.edit("scenarios/build-flags.toml", "./cmd/server", ".")?;
    Ok(bench)
}

fn of<'a>(items: &'a Value, variant: &str) -> Result<&'a Value> {
    let items = items.as_array().context("a list")?;
    let item = items.iter().find(|item| item["variant"] == variant);
    Ok(&item.with_context(|| format!("nothing of {variant}"))?["of"])
}

fn names(changes: &Value) -> Vec<&str> {
    changes.as_array().into_iter().flatten().filter_map(|change| change["name"].as_str()).collect()
}

#[test]
fn each_of_the_classic_six_does_to_a_program_what_it_is_known_for_and_nothing_else() -> Result<()> {
    let ended = bench()?.run(["build", "build-flags", "--show", "size,code,linkage", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let builds = report["builds"].as_array().context("builds")?;
    assert_eq!(builds.iter().filter_map(|build| build["variant"].as_str()).collect::<Vec<_>>(), SIX);
    let debug_info: Vec<(bool, bool)> = builds
        .iter()
        .map(|build| &build["built"]["plain"])
        .map(|plain| (plain["dwarf"] == true, plain["symbols"] == true))
        .collect();
    let mut expected = [(true, true); 6];
    expected[1] = (false, false);
    assert_eq!(debug_info, expected, "-s -w alone takes debug information and symbols");

    let answers = &report["answers"];
    let is_static: Vec<bool> = SIX
        .iter()
        .map(|variant| Ok(of(&answers["linkage"]["variants"], variant)?["is_static"] == true))
        .collect::<Result<_>>()?;
    assert_eq!(is_static, [false, false, false, false, false, true], "without C there is no library");

    let size = &answers["size"];
    let total = |variant: &str| {
        Ok::<_, anyhow::Error>(of(&size["variants"], variant)?["total"].as_u64().unwrap_or(0))
    };
    assert!(total("stripped")? < total("default")? && total("race")? > total("default")?, "{ended}");
    let stripped = of(&size["differences"], "stripped")?;
    assert_eq!(names(&stripped["packages"]), Vec::<&str>::new(), "code and data stay: {stripped}");
    let race = of(&size["differences"], "race")?;
    assert!(names(&race["symbols"]).iter().any(|name| name.contains("tsan")), "the race detector: {race}");

    let code = &answers["code"];
    let calls = |variant: &str| {
        let functions = of(&code["variants"], variant)?["functions"].as_array().context("functions")?;
        let handle = functions.iter().find(|one| one["name"] == "main.handle").context("main.handle")?;
        Ok::<_, anyhow::Error>(names_of_calls(handle))
    };
    for variant in SIX {
        let inlined = if variant == "debug" { Vec::new() } else { vec!["twice".to_owned()] };
        assert_eq!(calls(variant)?, inlined, "{variant}: -N -l alone keeps the call");
    }
    let linked = |variant: &str| {
        let functions = of(&code["variants"], variant)?["functions"].as_array().context("functions")?;
        let handle = functions.iter().find(|one| one["name"] == "main.handle").context("main.handle")?;
        handle["linked"]["size"].as_u64().context("a size")
    };
    assert!(linked("debug")? > linked("default")? && linked("race")? > linked("default")?, "{code:#}");
    assert_eq!(linked("stripped")?, linked("default")?);
    assert_eq!(linked("trimpath")?, linked("default")?);
    Ok(())
}

fn names_of_calls(function: &Value) -> Vec<String> {
    let calls = function["inlined"].as_array().into_iter().flatten();
    calls.filter_map(|call| Some(call["callee"].as_str()?.to_owned())).collect()
}

#[test]
fn trimpath_alone_hides_where_a_program_was_built_so_that_it_comes_out_the_same_elsewhere() -> Result<()> {
    let words = ["build", "build-flags", "--show", "reproducible", "--format", "json"];
    let variants = ["default", "stripped", "trimpath"].map(|variant| ["--variant", variant]);
    let ended = bench()?.run(words.into_iter().chain(variants.into_iter().flatten()))?;
    assert_eq!(ended.code, Some(0), "nothing is expected of it: {ended}");
    let report = ended.json()?;
    for (variant, is_trimmed) in [("default", false), ("stripped", false), ("trimpath", true)] {
        let facts = of(&report["answers"]["reproducible"]["variants"], variant)?;
        assert_eq!(facts["is_reproducible"], is_trimmed, "{variant}: {facts}");
        let leaks = facts["leaked"].as_array().is_some_and(|paths| !paths.is_empty());
        assert_eq!(leaks, !is_trimmed, "{variant}: {facts}");
        assert_eq!(facts["values"][0]["found"], "1.2.3", "{variant}: {facts}");
    }
    Ok(())
}
