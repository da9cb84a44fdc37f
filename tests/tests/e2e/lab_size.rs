//! `harness build --show size`: every byte of the file is for something, and what made it larger has a name.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

const MAIN: &str = r#"package main

import "os"

func main() {
	for range 10 {
		handle()
	}
}

func handle() { os.Stdout.WriteString("handled\n") }
"#;

const JSON: &str = "//go:build json\n\npackage main\n\nimport \"encoding/json\"\n\n\
                    func init() { b, _ := json.Marshal(map[string]int{\"a\": 1}); println(len(b)) }\n";

const VARIANTS: &str = r#"
[[variant]]
name = "whole"
[[variant]]
name = "stripped"
build.ldflags = ["-s", "-w"]
[[variant]]
name = "json"
build.tags = ["json"]
[lab.expect]
max_size = "2400KB"
"#;

fn sum(items: &Value) -> u64 {
    items.as_array().into_iter().flatten().filter_map(|item| item["size"].as_u64()).sum()
}

fn of<'a>(items: &'a Value, variant: &str) -> Result<&'a Value> {
    let items = items.as_array().context("a list")?;
    Ok(&items.iter().find(|item| item["variant"] == variant).context("the variant")?["of"])
}

fn names(changes: &Value) -> Vec<&str> {
    changes.as_array().into_iter().flatten().filter_map(|change| change["name"].as_str()).collect()
}

#[test]
fn every_byte_is_accounted_for_and_what_a_tag_or_a_flag_changed_is_named() -> Result<()> {
    let bench = Bench::with_module("size", MAIN, VARIANTS)?;
    bench.write("size/json.go", JSON)?;
    let ended = bench.run(["build", "size", "--show", "size", "--format", "json"])?;
    // Only the whole program with encoding/json in it is larger than that.
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    let size = &report["answers"]["size"];
    for build in report["builds"].as_array().context("builds")? {
        let file = build["built"]["plain"]["size"].as_u64().context("a size")?;
        let facts = of(&size["variants"], build["variant"].as_str().context("a name")?)?;
        assert_eq!(
            (facts["total"].as_u64(), sum(&facts["classes"]), sum(&facts["sections"])),
            (Some(file), file, file)
        );
        assert!(
            facts["classes"].as_array().is_some_and(|all| all.iter().all(|class| sum(&class["parts"]) > 0))
        );
    }
    let stripped = of(&size["differences"], "stripped")?;
    assert_eq!(names(&stripped["classes"])[..2], ["debug information", "symbols, linking"], "{stripped}");
    assert_eq!((names(&stripped["packages"]), names(&stripped["symbols"])), (vec![], vec![]), "{stripped}");
    let json = of(&size["differences"], "json")?;
    assert!(names(&json["packages"])[..3].contains(&"encoding/json"), "{json}");
    assert!(names(&json["symbols"]).iter().any(|name| name.starts_with("encoding/json.")), "{json}");
    let held: Vec<Option<bool>> =
        size["expected"].as_array().context("lines")?.iter().map(|line| line["holds"].as_bool()).collect();
    assert_eq!(held, [Some(true), Some(true), Some(false)]);
    Ok(())
}

#[test]
fn a_person_sees_what_most_bytes_are_for_and_what_a_flag_changed() -> Result<()> {
    let bench = Bench::with_module("size", MAIN, &VARIANTS.replace("2400KB", "40MB"))?;
    let ended =
        bench.run(["build", "size", "--variant", "whole", "--variant", "stripped", "--show", "size"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    for words in [
        "size: whole is ",
        "bytes for",
        "largest packages of whole",
        "what changed in stripped: -",
        " .debug_info",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    assert!(ended.stdout.contains("holds  stripped: expected max_size = \"40MB\"; found "), "{ended}");
    Ok(())
}
