//! `harness build --show debug-info`: what works with more and less debug information, tried with real tools.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

const MAIN: &str = r#"package main

import (
	"fmt"
	"time"
)

func main() {
	for n := range 300 {
		handle(n)
		time.Sleep(10 * time.Millisecond)
	}
}

//go:noinline
func handle(n int) { fmt.Println(n) }
"#;

const VARIANTS: &str =
    "\n[[variant]]\nname = \"whole\"\n[[variant]]\nname = \"bare\"\nbuild.ldflags = [\"-s\", \"-w\"]\n";

/// Few packages: for a program that is loaded anywhere each is compiled with another flag.
const SMALL: &str = "package main\n\nimport \"time\"\n\nfunc main() {\n\tfor n := range 300 {\n\t\thandle(n)\n\t\t\
                     time.Sleep(10 * time.Millisecond)\n\t}\n}\n\n\
                     //go:noinline\nfunc handle(n int) { println(n) }\n";

/// Results of what was tried with a kind, by capability.
fn results<'a>(report: &'a Value, variant: &str, kind: &str) -> Result<impl Fn(&str) -> &'a str + use<'a>> {
    let all = report["answers"]["debug_info"]["variants"].as_array().context("variants")?;
    let facts = all.iter().find(|facts| facts["variant"] == variant).context("the variant")?;
    let kinds = facts["of"]["kinds"].as_array().context("kinds")?;
    let tried = kinds.iter().find(|facts| facts["kind"] == kind).with_context(|| kind.to_owned())?["tried"]
        .as_array();
    let tried = tried.context("what was tried")?;
    Ok(move |capability: &str| {
        let one = tried.iter().find(|one| one["capability"] == capability);
        one.and_then(|one| one["result"].as_str()).unwrap_or("not there")
    })
}

#[test]
fn stack_traces_need_no_debug_information_and_variables_do() -> Result<()> {
    let bench = Bench::with_module("debug", MAIN, VARIANTS)?;
    let ended = bench.run(["build", "debug", "--show", "debug-info", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    for kind in ["full", "-compressdwarf=false", "-w", "-s -w", "strip", "objcopy, debug link"] {
        let of = results(&report, "whole", kind)?;
        for capability in ["traces", "profiles", "breakpoint", "go-addr2line"] {
            assert_eq!(of(capability), "works", "{kind}: {capability}: {ended}");
        }
        let has_variables = !["-w", "-s -w", "strip"].contains(&kind);
        assert_eq!(of("variables") == "works", has_variables, "{kind}: {ended}");
        let has_symbols = ["full", "-compressdwarf=false", "-w"].contains(&kind);
        assert_eq!(of("symbols") == "works", has_symbols, "{kind}: {ended}");
    }
    let bare = results(&report, "bare", "as built")?;
    assert_eq!((bare("traces"), bare("variables"), bare("addr2line")), ("works", "fails", "fails"));
    assert_eq!(bench.processes()?, []);
    Ok(())
}

#[test]
fn a_program_that_is_loaded_anywhere_keeps_what_works() -> Result<()> {
    let variants = "\n[[variant]]\nname = \"pie\"\nbuild.env = { GOFLAGS = \"-buildmode=pie\" }\n";
    let bench = Bench::with_module("anywhere", SMALL, variants)?;
    let ended = bench.run(["build", "anywhere", "--show", "debug-info", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    assert_eq!(report["builds"][0]["built"]["plain"]["pie"], true, "{ended}");
    for (kind, has_debug_information) in [("full", true), ("objcopy, debug link", true), ("strip", false)] {
        let of = results(&report, "pie", kind)?;
        for capability in ["traces", "profiles", "breakpoint", "go-addr2line"] {
            assert_eq!(of(capability), "works", "{kind}: {capability}: {ended}");
        }
        assert_eq!(of("variables") == "works", has_debug_information, "{kind}: {ended}");
    }
    Ok(())
}

#[test]
fn without_delve_and_binutils_the_rest_is_tried_and_what_is_missing_is_named() -> Result<()> {
    let bench = Bench::with_module("bare", SMALL, "")?;
    let tools = bench.root().join("tools");
    std::fs::create_dir(&tools)?;
    let path = std::env::var("PATH")?;
    for tool in ["go", "git", "sh"] {
        let file = path.split(':').map(|dir| std::path::Path::new(dir).join(tool)).find(|file| file.exists());
        std::os::unix::fs::symlink(file.with_context(|| format!("no {tool}"))?, tools.join(tool))?;
    }
    let home = std::env::var("HOME").context("HOME")?;
    let cache = std::env::var("GOCACHE").unwrap_or(format!("{home}/.cache/go-build"));
    let elsewhere = bench.root().join("home");
    let environment = [
        ("PATH", tools.as_str()),
        ("HOME", elsewhere.as_str()),
        ("GOCACHE", cache.as_str()),
        ("GOPATH", elsewhere.as_str()),
    ];
    let words = ["build", "bare", "--show", "debug-info", "--format"];
    let ended = bench.run_with(words.into_iter().chain(["json"]), &environment)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let of = results(&report, "default", "full")?;
    for (capability, result) in
        [("traces", "works"), ("go-addr2line", "works"), ("breakpoint", "not-run"), ("addr2line", "not-run")]
    {
        assert_eq!(of(capability), result, "{capability}: {ended}");
    }
    let missing = report["answers"]["debug_info"]["not_run"].to_string();
    for kind in ["strip", "objcopy, debug link"] {
        assert!(missing.contains(&format!("\"what\":\"{kind}\"")), "{missing}");
    }
    let shown = bench.run_with(words.into_iter().chain(["terminal"]), &environment)?;
    for get in ["apt-get install binutils", "go install github.com/go-delve/delve/cmd/dlv@"] {
        assert!(shown.stdout.contains(get), "{get}: {shown}");
    }
    Ok(())
}
