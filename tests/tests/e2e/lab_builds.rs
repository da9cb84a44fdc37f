//! `harness build`: variants beside one another, and none of them twice.

use anyhow::{Context as _, Result};
use harness_tests::{Bench, Ended};

const MAIN: &str = r#"package main

import "os"

var version = "none"

func main() {
	for range 10 {
		handle()
	}
}

func handle() { os.Stdout.WriteString(version + "\n") }
"#;

/// Two variants that build, and one each that Go, the machine and the harness refuse.
const VARIANTS: &str = r#"
[[variant]]
name = "whole"
[[variant]]
name = "stripped"
build.ldflags = ["-s", "-w"]
"#;
const REFUSED: &str = r#"
[[variant]]
name = "no-such-target"
build.goos = "linux"
build.goarch = "amd65"
[[variant]]
name = "no-such-flag"
build.ldflags = ["-nonsense"]
[[variant]]
name = "no-compiler"
build.cgo = true
build.env = { CC = "no-such-cc" }
build.tags = ["c"]
"#;
const WITH_C: &str = "//go:build c\n\npackage main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nfunc init() { C.one() }\n";

fn steps(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter(|line| line.contains("build [")).collect()
}

fn hash(ended: &Ended, variant: &str) -> Result<String> {
    let report = ended.json()?;
    let builds = report["builds"].as_array().context("builds")?;
    let of = builds.iter().find(|build| build["variant"] == variant).context("the variant")?;
    Ok(of["built"]["plain"]["hash"].as_str().context("a hash")?.to_owned())
}

#[test]
fn a_build_is_made_again_when_something_that_goes_into_it_has_changed_and_only_then() -> Result<()> {
    let bench = Bench::with_module("again", MAIN, VARIANTS)?;
    let build = |more: &[&str]| bench.run(["build", "again", "--format", "json"].iter().chain(more));
    let first = build(&[])?;
    assert_eq!(first.code, Some(0), "{first}");
    assert!(steps(&first).iter().all(|step| step.contains("probed")), "{first}");
    let second = build(&[])?;
    assert!(
        steps(&second).len() == 2 && steps(&second).iter().all(|step| step.contains("nothing has changed")),
        "{second}"
    );
    assert_eq!(first.json()?, second.json()?);
    let forced = build(&["--rebuild"])?;
    assert!(steps(&forced).iter().all(|step| step.contains("probed")), "{forced}");
    assert_eq!(hash(&first, "whole")?, hash(&forced, "whole")?);
    bench.edit("again/main.go", "range 10", "range 11")?;
    let edited = build(&[])?;
    assert!(steps(&edited).iter().all(|step| step.contains("probed")), "{edited}");
    assert_ne!(hash(&first, "whole")?, hash(&edited, "whole")?);
    // Somebody changes the binary that is kept: it is not the one that was built.
    let kept = bench.root().join(".harness/build/again/whole/plain/again");
    let mut changed = std::fs::read(&kept).with_context(|| format!("{kept}"))?;
    changed.push(0);
    std::fs::write(&kept, changed)?;
    let mended = build(&[])?;
    let whole = steps(&mended).into_iter().find(|step| step.contains("whole")).context("a step")?;
    assert!(whole.contains("probed"), "{mended}");
    assert_eq!(hash(&edited, "whole")?, hash(&mended, "whole")?);
    Ok(())
}

#[test]
fn variants_that_cannot_be_built_are_told_with_what_to_do_and_lose_nothing_of_the_others() -> Result<()> {
    let bench = Bench::with_module("some", MAIN, &format!("{VARIANTS}{REFUSED}"))?;
    bench.write("some/c.go", WITH_C)?;
    let ended = bench.run(["build", "some"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let first = ended.stdout.lines().next().unwrap_or_default();
    assert_eq!(
        first, "FAIL some: 2 of 5 built; failed: no-such-target, no-such-flag, no-compiler",
        "{ended}"
    );
    for (variant, words) in
        [("no-such-target", "linux/amd64"), ("no-such-flag", "-nonsense"), ("no-compiler", "no-such-cc")]
    {
        let (_, failure) = ended.stdout.split_once(&format!("{variant}: FAILED\n")).context(variant)?;
        let failure = failure.split("\n\n").next().unwrap_or_default();
        assert!(failure.contains(words), "{variant}: {ended}");
        if variant != "no-such-flag" {
            assert!(failure.contains("hint: "), "{variant}: {ended}");
        }
    }
    assert!(ended.stdout.lines().any(|line| line.starts_with(" stripped") && line.contains(" -")), "{ended}");
    Ok(())
}

#[test]
fn what_cannot_be_compared_with_or_asked_is_a_usage_error_that_names_what_can() -> Result<()> {
    let bench = Bench::with_module("asked", MAIN, VARIANTS)?;
    let ended = bench.run(["build", "asked", "--against", "striped"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("hint: there are whole, stripped"), "{ended}");
    let ended = bench.run(["build", "asked", "--show", "sizes"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("size"), "{ended}");
    Ok(())
}

#[test]
fn what_a_scenario_asks_of_its_builds_is_in_a_runs_report_and_its_capture_tells_it_without_go() -> Result<()>
{
    let more = "[lab]\nshow = [\"size\"]\n[lab.expect]\nmax_size = \"1KB\"\n";
    let bench =
        Bench::with_module("svc", &MAIN.replace("range 10", "range 1000"), &format!("{VARIANTS}{more}"))?;
    let ended = bench.run(["run", "svc"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let first = ended.stdout.lines().next().unwrap_or_default();
    assert_eq!(first, "FAIL svc: 2 expectations of the builds do not hold", "{ended}");
    for words in [
        "  - whole: `max_size = \"1KB\"` does not hold: ",
        "\nsize: whole is ",
        "  FAILS  stripped: expected max_size = \"1KB\"; found ",
        "  more: harness build svc --show size\n",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let capture = bench.root().join(".harness/runs/latest-svc").canonicalize_utf8()?;
    let without_go = [("PATH", "/nowhere")];
    let again = bench.run_with(["analyze", capture.as_str(), "--format", "json"], &without_go)?;
    assert_eq!(again.code, Some(1), "{again}");
    let report = again.json()?;
    assert_eq!(report["lab"]["size"]["variants"][1]["variant"], "stripped", "{again}");
    assert_eq!(report["lab"]["linkage"], serde_json::Value::Null, "nobody asked");
    // What was recorded is told as it was, or not at all.
    let lab = capture.join("lab.json");
    let text = std::fs::read_to_string(&lab)?;
    std::fs::write(&lab, text.replace("stripped", "stripper"))?;
    let damaged = bench.run_with(["analyze", capture.as_str()], &without_go)?;
    assert_eq!(damaged.code, Some(5), "{damaged}");
    assert!(damaged.stderr.contains("lab.json"), "{damaged}");
    Ok(())
}
