//! Captures: the same report without Go, and damage that is told.

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use harness_tests::Bench;

/// A bench with one capture of the leaking service's default variant.
fn captured() -> Result<(Bench, Utf8PathBuf, String)> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let out = bench.root().join("capture");
    let ended = bench.run([
        "run",
        "leak-repro",
        "--variant",
        "default",
        "--out",
        out.as_str(),
        "--format",
        "json",
    ])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    Ok((bench, out, ended.stdout))
}

#[test]
fn a_capture_gives_the_same_report_without_go_and_elsewhere() -> Result<()> {
    let (bench, out, first) = captured()?;
    let again =
        bench.run_with(["analyze", out.as_str(), "--format", "json"], &[("PATH", ""), ("GOROOT", "")])?;
    assert_eq!(again.code, Some(0), "{again}");
    assert_eq!(again.stdout, first);
    Ok(())
}

#[test]
fn a_report_is_printed_and_written_in_any_form_and_judges_nothing() -> Result<()> {
    let (bench, out, first) = captured()?;
    let file = bench.root().join("made/report.json");
    let write = format!("json={file}");
    let shown = bench.run(["report", "leak-repro", "--write", &write])?;
    assert_eq!(shown.code, Some(2), "that capture is not below .harness/runs: {shown}");
    assert!(shown.stderr.contains("hint: harness run leak-repro"), "{shown}");
    let shown = bench.run(["report", out.as_str(), "--write", &write])?;
    assert_eq!(shown.code, Some(0), "{shown}");
    assert!(shown.stdout.starts_with("PASS leak-repro"), "{shown}");
    assert_eq!(std::fs::read_to_string(&file)?, first);

    let judged = bench.run(["analyze", out.as_str(), "--write", "json=."])?;
    assert_eq!(judged.code, Some(2), "{judged}");
    assert!(judged.stdout.is_empty() && judged.stderr.contains("could not write `.`"), "{judged}");
    let judged = bench.run(["analyze", out.as_str(), "--write", "yaml=x"])?;
    assert_eq!(judged.code, Some(2), "{judged}");
    assert!(judged.stderr.contains("no form `yaml`: there are terminal, json"), "{judged}");
    Ok(())
}

#[test]
fn a_damaged_capture_is_refused_by_the_name_of_the_file() -> Result<()> {
    let (bench, out, _) = captured()?;
    let mut open = vec![out.clone()];
    let mut trace = None;
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name() == Some("trace.out") {
                trace = Some(path);
            }
        }
    }
    let trace = trace.context("the capture has no trace")?;
    let mut bytes = std::fs::read(&trace)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&trace, bytes)?;
    let ended = bench.run(["analyze", out.as_str()])?;
    assert_eq!(ended.code, Some(5), "{ended}");
    assert!(ended.stderr.contains("trace.out"), "{ended}");

    std::fs::write(out.join("manifest.json"), "{\"format\": 1, ")?;
    let ended = bench.run(["analyze", out.as_str()])?;
    assert_eq!(ended.code, Some(5), "{ended}");
    assert!(ended.stderr.contains("manifest.json"), "{ended}");
    Ok(())
}
