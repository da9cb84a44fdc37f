//! `harness build --show runs`: what runs cost, whether a difference is real, and the same for `benchstat`.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness_tests::Bench;

/// Allocates a good deal; with the tag `more` twenty times as much: on a busy machine a cycle may last for ten times the allocations.
const PROGRAM: &str = r#"// Command busy allocates.
package main

var kept []byte

func main() {
	for range 400 * times {
		handle()
	}
}

//go:noinline
func handle() { kept = make([]byte, 100_000) }
"#;

const VARIANTS: &str =
    "[[variant]]\nname = \"plain\"\n[[variant]]\nname = \"more-3\"\nbuild.tags = [\"more\"]\n";

fn busy() -> Result<Bench> {
    let bench = Bench::with_module("busy", PROGRAM, VARIANTS)?;
    bench.write("busy/once.go", "//go:build !more\n\npackage main\n\nconst times = 1\n")?;
    bench.write("busy/more.go", "//go:build more\n\npackage main\n\nconst times = 20\n")?;
    Ok(bench)
}

#[test]
fn a_real_difference_is_told_with_its_probability_and_benchstat_reads_the_same() -> Result<()> {
    let bench = busy()?;
    let words = ["build", "busy", "--show", "runs", "--repeat", "8", "--export", "benchstat=runs.txt"];
    let ended = bench.run(words.iter().copied().chain(["--format", "json"]))?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let differences = &report["answers"]["runs"]["differences"];
    let figures = differences[0]["of"]["figures"].as_array().into_iter().flatten();
    let count = figures.into_iter().find(|one| one["figure"] == "gc-count").cloned().unwrap_or_default();
    assert_eq!(
        (&differences[0]["variant"], &count["verdict"]),
        (&"more-3".into(), &"real".into()),
        "{report:#}"
    );
    assert!(count["change"].as_f64().is_some_and(|change| change > 1.5), "{count:#}");
    assert!(count["p"].as_f64().is_some_and(|p| p < 0.01), "{count:#}");

    let done = Command::new(benchstat()?)
        .args(["-col", "/variant", "runs.txt"])
        .current_dir(bench.root())
        .output()?;
    let table = String::from_utf8_lossy(&done.stdout).into_owned();
    ensure!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    let row = |unit: &str| {
        let mut lines = table.lines().skip_while(|line| !line.contains(unit));
        lines.find(|line| line.starts_with("Busy-")).unwrap_or_default().to_owned()
    };
    assert!(table.contains("plain") && table.contains("more-3"), "{table}");
    for unit in ["sec/op", "cpu-sec/op", "gc/op", "peak-heap-B", "stw-sec/op", "stw-max-sec", "peak-rss-B"] {
        assert!(row(unit).contains("n=8"), "{unit}: {table}");
    }
    assert!(row("gc/op").contains("(p=0.000 n=8)"), "{table}");
    Ok(())
}

#[test]
fn too_few_runs_are_said_and_show_no_difference() -> Result<()> {
    let bench = busy()?;
    let ended = bench.run(["build", "busy", "--show", "runs", "--repeat", "3"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(
        ended.stdout.contains("n=3: no difference can be shown; 6 runs of each variant are needed"),
        "{ended}"
    );
    assert!(ended.stdout.contains("?  too few runs to tell any difference from chance"), "{ended}");
    Ok(())
}

#[test]
fn a_variant_whose_runs_fail_takes_nothing_from_the_others() -> Result<()> {
    let bench = busy()?;
    bench.write(
        "busy/more.go",
        "//go:build more\n\npackage main\n\nconst times = 3\n\nfunc init() { panic(\"no\") }\n",
    )?;
    let ended = bench.run(["build", "busy", "--show", "runs", "--repeat", "2"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(
        ended.stdout.contains("not run: runs of more-3: needs runs that succeed: exit code 2"),
        "{ended}"
    );
    assert!(ended.stdout.lines().any(|line| line.starts_with(" plain ") && line.contains("±")), "{ended}");
    Ok(())
}

/// As `cargo xtask tools` installs it.
pub fn benchstat() -> Result<std::path::PathBuf> {
    let path = std::env::var("PATH")?;
    let go = Command::new("go").args(["env", "GOPATH"]).output().context("no Go")?;
    let own = std::path::Path::new(String::from_utf8_lossy(&go.stdout).trim()).join("bin");
    let mut places = path.split(':').map(std::path::PathBuf::from).chain([own]);
    let found = places.find(|dir| dir.join("benchstat").is_file()).map(|dir| dir.join("benchstat"));
    found.context("no benchstat: `cargo xtask tools` installs it")
}
