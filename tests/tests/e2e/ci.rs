//! Forms for continuous integration, of a real run: JUnit, SARIF by its published schema, GitHub, GitLab and Markdown.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::Bench;
use serde_json::Value;

/// Two leaks in a module below the root of a repository; one with a name that means harm.
const LEAKING: &str = "package main

var kept [][]byte

func main() {
	for range 1000 {
		handle()
	}
}

//go:noinline
func handle() { kept = append(kept, make([]byte, 256)) }
";

const CHECK: &str = r#"
import json, sys, jsonschema
schema, document = (json.load(open(path)) for path in sys.argv[1:3])
validator = jsonschema.validators.validator_for(schema)(schema)
errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(document)]
print(json.dumps(errors))
"#;

const JUNIT: &str = r#"
import json, sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
cases = [[case.get("classname"), case.get("name"), [child.tag for child in case if child.tag in ("failure", "error", "skipped")]] for case in suite.findall("testcase")]
print(json.dumps({"failures": suite.get("failures"), "errors": suite.get("errors"), "cases": cases}))
"#;

fn python(dir: &Utf8Path, script: &str, arguments: &[&str]) -> Result<Value> {
    let python = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python/bin/python");
    ensure!(python.is_file(), "no {python}: `cargo xtask tools` installs it");
    let done = Command::new(&python).args(["-c", script]).args(arguments).current_dir(dir).output()?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// SARIF's schema as OASIS published it, from the package that has types made of it.
fn sarif_schema() -> Result<Utf8PathBuf> {
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let metadata: Value = serde_json::from_slice(&done.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").context("serde-sarif")?;
    let manifest = Utf8Path::new(package["manifest_path"].as_str().context("a path")?);
    Ok(manifest.parent().context("a directory")?.join("src/schema.json"))
}

fn repository() -> Result<Bench> {
    let bench = Bench::with_module("leaking", LEAKING, "")?;
    let status = Command::new("git").args(["init", "--quiet"]).current_dir(bench.root()).status()?;
    ensure!(status.success(), "git is needed");
    Ok(bench)
}

#[test]
fn every_form_of_a_failing_run_says_the_leak_at_its_line_in_the_repository() -> Result<()> {
    let bench = repository()?;
    let dir = bench.root();
    let forms = [
        "junit=out/junit.xml",
        "sarif=out/leaks.sarif",
        "gitlab=out/quality.json",
        "markdown=out/comment.md",
    ];
    let writes = forms.iter().flat_map(|form| ["--write", form]);
    let ended = bench.run(["run", "leaking", "--format", "github"].into_iter().chain(writes))?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let line = LEAKING.lines().position(|line| line.starts_with("func handle")).context("the line")? + 1;
    let annotation = format!(
        "::error file=leaking/main.go,line={line},title=heap leak in main.handle (unexpected)::heap grows by "
    );
    assert!(ended.stdout.contains(&annotation), "{ended}");

    let errors = python(dir, CHECK, &[sarif_schema()?.as_str(), "out/leaks.sarif"])?;
    assert_eq!(errors, serde_json::json!([]));
    let text = std::fs::read_to_string(dir.join("out/leaks.sarif"))?;
    let sarif: Value = serde_json::from_str(&text)?;
    let _typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text)?;
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "leaking/main.go");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], line);
    assert!(result["partialFingerprints"]["harnessLeak/v1"].as_str().is_some_and(|print| print.len() == 16));
    assert!(result.get("baselineState").is_none(), "there is no baseline");

    let junit = python(dir, JUNIT, &["out/junit.xml"])?;
    assert_eq!(
        junit["cases"],
        serde_json::json!([["leaking", "default", ["failure"]], ["leaking", "verdict", ["failure"]]])
    );
    let quality: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("out/quality.json"))?)?;
    assert_eq!(
        (&quality[0]["location"]["path"], &quality[0]["location"]["lines"]["begin"]),
        (&"leaking/main.go".into(), &line.into())
    );
    let comment = std::fs::read_to_string(dir.join("out/comment.md"))?;
    assert!(comment.contains(&format!("`main.handle leaking/main.go:{line}`")), "{comment}");

    accepted(&bench)
}

/// After the leak was accepted nothing fails, and the forms say why.
fn accepted(bench: &Bench) -> Result<()> {
    let ended = bench.run(["baseline", "accept", "leaking", "--note", "bounded soon"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let summary = bench.root().join("summary.md");
    let step = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.as_str())];
    let ended = bench
        .run_with(["run", "leaking", "--write", "sarif=known.sarif", "--write", "junit=known.xml"], &step)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.starts_with("::stop-commands::harness-"), "{ended}");
    assert!(
        ended.stdout.contains("::notice file=leaking/main.go") && !ended.stdout.contains("::error "),
        "{ended}"
    );
    assert!(std::fs::read_to_string(&summary)?.contains("### PASS `leaking`"), "the summary has the report");
    let errors = python(bench.root(), CHECK, &[sarif_schema()?.as_str(), "known.sarif"])?;
    assert_eq!(errors, serde_json::json!([]));
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(bench.root().join("known.sarif"))?)?;
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&result["baselineState"], &result["level"]), (&"unchanged".into(), &"note".into()));
    assert_eq!(result["suppressions"][0]["justification"], "bounded soon");
    let junit = python(bench.root(), JUNIT, &["known.xml"])?;
    assert_eq!((&junit["failures"], &junit["errors"]), (&"0".into(), &"0".into()));
    let ended = bench.run_with(["report", "leaking"], &step)?;
    assert!(
        ended.stdout.starts_with("PASS leaking"),
        "a report that is shown again annotates nothing: {ended}"
    );
    Ok(())
}

#[test]
fn a_build_that_fails_is_an_error_and_no_failure_in_junit() -> Result<()> {
    let bench = Bench::with_module(
        "leaking",
        "package main\n\nfunc main() { undefined() }\n\nfunc handle() {}\n",
        "",
    )?;
    let ended = bench.run(["run", "leaking", "--write", "junit=out.xml", "--write", "sarif=out.sarif"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let junit = python(bench.root(), JUNIT, &["out.xml"])?;
    assert_eq!((&junit["failures"], &junit["errors"]), (&"0".into(), &"2".into()), "{junit}");
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(bench.root().join("out.sarif"))?)?;
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(python(bench.root(), CHECK, &[sarif_schema()?.as_str(), "out.sarif"])?, serde_json::json!([]));
    Ok(())
}
