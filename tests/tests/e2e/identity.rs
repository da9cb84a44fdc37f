//! A leak keeps its fingerprint however its program is built and wherever its source lies, and no two share one.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::Utf8Path;
use harness_tests::Bench;
use serde_json::Value;

use crate::report::findings;

const SCENARIO: &str = r#"
[workload]
module = "../MODULE"
package = "./cmd/server"
args = ["-requests", "700"]
[workload.checkpoint]
on = "call"
func = "main.handle"
every = 100
[build]
cgo = false
[capture]
modes = ["step"]
repeat = 1
heap_dump = "off"
goroutine_leak = false
"#;

const VARIANTS: &[(&str, &str)] = &[
    ("default", "pgo = \"off\""),
    ("trimpath", "trimpath = true"),
    ("stripped", "ldflags = [\"-s\", \"-w\"]"),
    ("no-inline", "gcflags = [\"-l\"]"),
    ("debug", "gcflags = [\"-N\", \"-l\"]"),
    ("pgo", "pgo = \"../cpu.pprof\""),
    ("previous", "toolchain = \"go1.23.12\""),
    ("next", "toolchain = \"go1.27.4\""),
];

/// What leaks in `fixtures/programs/causes`: file and function, as the source has them.
const CAUSES: &[(&str, &str)] = &[
    ("goroutine internal/feed/feed.go", "Follow"),
    ("goroutine internal/feed/feed.go", "Watch"),
    ("heap cmd/server/main.go", "remember"),
    ("heap cmd/server/main.go", "serve"),
    ("heap internal/audit/audit.go", "Wrap"),
    ("heap internal/audit/audit.go", "init"),
    ("heap internal/feed/feed.go", "newName"),
    ("heap internal/metrics/metrics.go", "Wrap"),
    ("heap internal/ring/ring.go", "Push"),
];

#[test]
fn a_leak_is_the_same_in_every_build_and_release_and_no_two_are_one() -> Result<()> {
    let bench = Bench::new()?;
    let module = bench.program("causes")?.join("app");
    profile(&bench, &module)?;
    let mut text = SCENARIO.replace("MODULE", "fixtures/programs/causes/app");
    for (name, build) in VARIANTS {
        text.push_str(&format!("[[variant]]\nname = \"{name}\"\n[variant.build]\n{build}\n"));
    }
    bench.write("scenarios/causes.toml", &text)?;
    let report = bench.run(["run", "causes", "--format", "json"])?.json()?;
    for finding in findings(&report)? {
        let variants = finding["variants"].as_array().context("a list of variants")?;
        assert_eq!(variants.len(), VARIANTS.len(), "{finding:#}");
    }
    let here = prints(&report)?;
    assert_eq!(here.keys().map(String::as_str).collect::<Vec<_>>(), causes());

    let elsewhere = moved_and_shifted()?;
    assert_eq!(here, elsewhere);
    Ok(())
}

fn causes() -> Vec<String> {
    CAUSES.iter().map(|(file, function)| format!("{file} {function}")).collect()
}

/// The same program in another directory, with every line moved.
fn moved_and_shifted() -> Result<BTreeMap<String, String>> {
    let bench = Bench::new()?;
    let from = bench.program("causes")?;
    let to = bench.root().join("services/renamed");
    std::fs::create_dir_all(to.parent().context("a parent")?)?;
    std::fs::rename(&from, &to)?;
    for file in CAUSES.iter().filter_map(|(cause, _)| cause.split(' ').nth(1)) {
        let path = to.join("app").join(file);
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, text.replace("\nfunc ", "\n// moved\n\nfunc "))?;
    }
    bench.write("scenarios/causes.toml", &SCENARIO.replace("MODULE", "services/renamed/app"))?;
    prints(&bench.run(["run", "causes", "--format", "json"])?.json()?)
}

/// Fingerprints by what they stand for.
fn prints(report: &Value) -> Result<BTreeMap<String, String>> {
    let mut prints = BTreeMap::new();
    for finding in findings(report)? {
        let word = |value: &Value| value.as_str().map(str::to_owned).context("a text");
        let function = word(&finding["site"]["function"])?;
        let written = |part: &&str| !part.starts_with("func") || part.len() > 6;
        let name = function.rsplit('.').find(written).context("a name")?.to_owned();
        let cause = format!("{} {} {name}", word(&finding["kind"])?, word(&finding["file"])?);
        ensure!(prints.insert(cause, word(&finding["fingerprint"])?).is_none(), "twice: {finding:#}");
    }
    let mut distinct: Vec<&String> = prints.values().collect();
    distinct.sort();
    distinct.dedup();
    ensure!(distinct.len() == prints.len(), "two causes share a fingerprint: {prints:?}");
    Ok(prints)
}

/// Writes a CPU profile of the program: what it makes hot is inlined further.
fn profile(bench: &Bench, module: &Utf8Path) -> Result<()> {
    let binary = bench.root().join("server");
    let mut build = Command::new("go");
    build.args(["build", "-o", binary.as_str(), "./cmd/server"]).current_dir(module);
    let mut run = Command::new(&binary);
    run.args(["-requests", "60000", "-cpuprofile", bench.root().join("cpu.pprof").as_str()]);
    for command in [&mut build, &mut run] {
        let output = command.env("CGO_ENABLED", "0").output()?;
        ensure!(output.status.success(), "{output:?}");
    }
    Ok(())
}
