//! `harness build --show reproducible`: the same bytes again or the reason why not, and what a program tells of the machine.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::{Value, json};

fn facts<'a>(report: &'a Value, variant: &str) -> Result<&'a Value> {
    let all = report["answers"]["reproducible"]["variants"].as_array().context("variants")?;
    Ok(&all.iter().find(|facts| facts["variant"] == variant).context("the variant")?["of"])
}

/// The attempt in a circumstance.
fn attempt<'a>(facts: &'a Value, circumstance: &str) -> Result<&'a Value> {
    let all = facts["attempts"].as_array().context("attempts")?;
    all.iter().find(|attempt| attempt["circumstance"] == circumstance).context("the attempt")
}

/// Whether a line of `[lab.expect]` holds for a variant.
fn holds(report: &Value, variant: &str, key: &str) -> Option<bool> {
    let lines = report["answers"]["reproducible"]["expected"].as_array()?;
    let line = |line: &&Value| {
        line["variant"] == variant && line["expected"].as_str().is_some_and(|text| text.starts_with(key))
    };
    lines.iter().find(line)?["holds"].as_bool()
}

const EXPECT: &str = "\n[lab.expect]\nreproducible = true\nno_leaked_paths = true\nlinked_values = true\n";

#[test]
fn a_build_elsewhere_shows_paths_and_the_linkers_silence_about_a_name_is_broken() -> Result<()> {
    let bench = Bench::with_scenario("reproducible", "reproducible")?;
    let path = bench.root().join("scenarios/reproducible.toml");
    let text = std::fs::read_to_string(&path)?;
    bench.write("scenarios/reproducible.toml", &format!("{text}{EXPECT}"))?;
    let mut words = vec!["build", "reproducible", "--format", "json"];
    for variant in ["trimmed", "paths", "misspelt"] {
        words.extend(["--variant", variant]);
    }
    let ended = bench.run(words)?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    let trimmed = facts(&report, "trimmed")?;
    assert_eq!((&trimmed["is_reproducible"], &trimmed["leaked"]), (&json!(true), &json!([])), "{trimmed}");
    assert_eq!(trimmed["in_traces"], "example.com/reproducible/main.go");
    assert_eq!(trimmed["metadata"]["-trimpath"], "true");
    assert_eq!(trimmed["values"][0]["found"], "1.2.3");

    let paths = facts(&report, "paths")?;
    let elsewhere = &attempt(paths, "elsewhere")?["difference"];
    assert!(elsewhere["cause"].as_str().is_some_and(|cause| cause.starts_with("paths")), "{elsewhere}");
    assert!(elsewhere["section"].as_str().is_some_and(|section| section.starts_with('.')), "{elsewhere}");
    assert_eq!(attempt(paths, "again")?["difference"], Value::Null);
    assert_eq!(attempt(paths, "environment")?["difference"], Value::Null);
    let module = bench.root().join("fixtures/programs/reproducible").canonicalize_utf8()?;
    let leaked = paths["leaked"].as_array().context("paths")?;
    let own = leaked.iter().find(|path| path["what"] == "the module").context("the module's")?;
    assert_eq!(own["path"], module.as_str());
    assert!(own["places"].to_string().contains("stack traces"), "{own}");
    assert_eq!(paths["in_traces"], module.join("main.go").as_str());

    let misspelt = facts(&report, "misspelt")?;
    assert!(misspelt["values"][0]["why"].as_str().is_some_and(|why| why.contains("`main.version` is meant")));
    assert_eq!(misspelt["values"][1]["found"], "2026-11-26T10:00:00Z");
    assert!(misspelt["warnings"][0].as_str().is_some_and(|words| words.contains("main.built")), "{misspelt}");

    for (variant, expected) in
        [("trimmed", [true, true, true]), ("paths", [false, false, true]), ("misspelt", [true, true, false])]
    {
        let found =
            ["reproducible", "no_leaked_paths", "linked_values"].map(|key| holds(&report, variant, key));
        assert_eq!(found, expected.map(Some), "{variant}");
    }
    let not_run = report["answers"]["reproducible"]["not_run"].as_array().context("a list")?;
    assert_eq!(not_run.len(), 1, "said once for all variants: {not_run:?}");
    assert!(not_run[0]["needs"].as_str().is_some_and(|needs| needs.contains("--cold")));
    Ok(())
}

#[test]
fn a_time_that_c_compiles_in_shows_with_an_empty_cache() -> Result<()> {
    let bench = Bench::with_scenario("reproducible", "reproducible")?;
    let ended = bench.run(["build", "reproducible", "--variant", "stamped", "--cold"])?;
    assert_eq!(ended.code, Some(0), "nothing is expected of it: {ended}");
    let shown = &ended.stdout;
    assert!(shown.contains("DIFFERS"), "{shown}");
    assert!(shown.contains("likely a time: __DATE__ or"), "{shown}");
    assert!(shown.contains("SOURCE_DATE_EPOCH"), "{shown}");
    Ok(())
}

#[test]
fn what_is_not_committed_is_warned_of_and_the_stamp_is_the_same_elsewhere() -> Result<()> {
    let bench =
        Bench::with_module("stamp", "package main\n\nfunc main() { handle() }\n\nfunc handle() {}\n", "")?;
    bench.edit("scenarios/stamp.toml", "cgo = false\n", "cgo = false\ntrimpath = true\nbuildvcs = true\n")?;
    let git = |words: &[&str]| -> Result<()> {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let status = std::process::Command::new("git")
            .args(identity)
            .args(words)
            .current_dir(bench.root())
            .stdout(std::process::Stdio::null())
            .status()
            .context("git is needed")?;
        anyhow::ensure!(status.success(), "git {words:?}");
        Ok(())
    };
    git(&["init", "--quiet"])?;
    bench.write(".gitignore", ".harness\n")?;
    git(&["add", "."])?;
    git(&["commit", "--quiet", "-m", "first"])?;
    let ask = || bench.run(["build", "stamp", "--show", "reproducible", "--format", "json"])?.json();
    let report = ask()?;
    let clean = report["answers"]["reproducible"]["variants"][0]["of"].clone();
    assert_eq!((&clean["metadata"]["vcs.modified"], &clean["warnings"]), (&json!("false"), &json!([])));
    assert_eq!(clean["is_reproducible"], true, "the repository goes along: {clean}");
    bench.write("stamp/more.go", "package main\n")?;
    let report = ask()?;
    let changed = &report["answers"]["reproducible"]["variants"][0]["of"];
    assert_eq!(changed["metadata"]["vcs.modified"], "true");
    assert!(
        changed["warnings"][0].as_str().is_some_and(|words| words.contains("not committed")),
        "{changed}"
    );
    Ok(())
}
