//! Help texts: each command shows an example, and the exit codes are documented.

use anyhow::Result;
use harness_tests::Bench;

#[test]
fn every_command_shows_an_example() -> Result<()> {
    let bench = Bench::new()?;
    let top = bench.run(["--help"])?;
    assert_eq!(top.code, Some(0), "{top}");
    assert!(top.stdout.contains("130"), "{top}");
    for command in [
        "run",
        "list",
        "check",
        "schema",
        "build",
        "bisect",
        "analyze",
        "baseline",
        "diff",
        "inspect",
        "doctor",
        "init",
        "completions",
        "man",
    ] {
        assert!(top.stdout.contains(command), "no {command} in {top}");
        let help = bench.run([command, "--help"])?;
        assert_eq!(help.code, Some(0), "{help}");
        assert!(help.stdout.contains(&format!("harness {command}")), "{help}");
        assert!(help.stdout.contains("Example"), "{help}");
    }
    Ok(())
}

#[test]
fn list_check_and_schema_work_on_a_users_own_directory() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let list = bench.run(["list"])?;
    assert_eq!(list.code, Some(0), "{list}");
    assert!(list.stdout.contains("leak-repro"), "{list}");
    let check = bench.run(["check", "leak-repro"])?;
    assert_eq!(check.code, Some(0), "{check}");
    let schema = bench.run(["schema"])?;
    assert_eq!(schema.code, Some(0), "{schema}");
    assert!(schema.json()?["properties"]["workload"].is_object(), "{schema}");
    Ok(())
}

#[test]
fn doctor_names_go_and_what_is_missing() -> Result<()> {
    let bench = Bench::new()?;
    let doctor = bench.run(["doctor"])?;
    assert_eq!(doctor.code, Some(0), "{doctor}");
    assert!(doctor.stdout.contains("go1."), "{doctor}");
    let without = bench.run_with(["doctor"], &[("PATH", ""), ("GOROOT", ""), ("HOME", "/nonexistent")])?;
    assert!(without.stdout.contains("go"), "{without}");
    Ok(())
}

#[test]
fn a_usage_error_is_no_crash() -> Result<()> {
    let bench = Bench::new()?;
    let ended = bench.run(["run"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    Ok(())
}
