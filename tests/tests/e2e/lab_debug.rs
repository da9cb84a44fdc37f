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
