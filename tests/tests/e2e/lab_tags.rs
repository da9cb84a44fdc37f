//! `harness build --show tags`: which files a variant takes in, why, and which tags nobody knows.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

fn files<'a>(answer: &'a Value, variant: &str, list: &str) -> Result<Vec<(&'a str, &'a str)>> {
    let differences = answer["differences"].as_array().context("differences")?;
    let of = differences.iter().find(|of| of["variant"] == variant).context("the variant")?;
    let files = of["of"][list].as_array().context("files")?.iter();
    Ok(files.filter_map(|file| Some((file["file"].as_str()?, file["because"].as_str()?))).collect())
}

#[test]
fn files_of_each_variant_have_their_reason_and_those_of_none_are_named() -> Result<()> {
    let bench = Bench::with_scenario("tags", "tags")?;
    let ended = bench.run(["build", "tags", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let tags = &report["answers"]["tags"];

    assert_eq!(files(tags, "sql", "added")?, [("sql.go", "//go:build sqlstore: sqlstore is set")]);
    assert_eq!(files(tags, "sql", "removed")?, [("memory.go", "//go:build !sqlstore: sqlstore is set")]);
    assert_eq!(files(tags, "cgo", "added")?, [("native_cgo.go", "import \"C\": cgo is on")]);
    assert_eq!(files(tags, "cgo", "removed")?, [("native_go.go", "//go:build !cgo: cgo is on")]);

    let decided = tags["variants"][0]["of"]["decided"].as_array().context("files")?;
    let nowhere: Vec<&str> = decided
        .iter()
        .filter(|file| file["nowhere"] == true)
        .filter_map(|file| file["file"].as_str())
        .collect();
    assert_eq!(nowhere, ["old.go", "separator_windows.go"]);
    Ok(())
}

#[test]
fn a_misspelt_tag_fails_and_the_right_one_is_proposed() -> Result<()> {
    let bench = Bench::with_scenario("tags", "tags")?;
    bench.edit("scenarios/tags.toml", "[\"sqlstore\"]", "[\"sqlstor\"]")?;
    let ended = bench.run(["build", "tags", "--variant", "sql"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let line =
        "FAILS  sql: expected known_tags = true; found no file that mentions `sqlstor` (meant `sqlstore`?)";
    assert!(ended.stdout.contains(line), "{ended}");
    Ok(())
}
