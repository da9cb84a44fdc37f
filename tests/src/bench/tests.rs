//! The bench itself, on the shell in place of the binary.

use std::process::Command;

use super::*;

fn shell(bench: &Bench, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env(MARK, &bench.mark).stdin(Stdio::null());
    command
}

#[test]
fn a_scenario_and_its_program_keep_their_places() {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache").unwrap();
    assert!(bench.root().join("scenarios/leak-repro.toml").is_file());
    assert!(bench.root().join("fixtures/programs/leaky-cache/cmd/server/main.go").is_file());
}

#[test]
fn a_program_that_is_not_there_is_an_error_that_names_it() {
    let error = format!("{:#}", Bench::new().unwrap().program("no-such-program").unwrap_err());
    assert!(error.contains("fixtures/programs/no-such-program"), "{error}");
}

#[test]
fn an_edit_that_changes_nothing_is_an_error() {
    let bench = Bench::new().unwrap();
    bench.write("a/b.toml", "x = 1\n").unwrap();
    bench.edit("a/b.toml", "x = 1", "x = 2").unwrap();
    assert_eq!(fs::read_to_string(bench.root().join("a/b.toml")).unwrap(), "x = 2\n");
    bench.edit("a/b.toml", "x = 1", "x = 3").unwrap_err();
}

#[test]
fn children_are_seen_while_they_run_and_when_they_stay() {
    let bench = Bench::new().unwrap();
    let other = Bench::new().unwrap();

    let (status, seen) = bench.watch(&mut shell(&bench, "sleep 61 & sleep 0.5; exit 7")).unwrap();
    assert_eq!(status.code(), Some(7));
    assert!(seen.iter().any(|process| process.command == "sleep 61"), "{seen:?}");

    let stayed = bench.processes().unwrap();
    assert_eq!(stayed.iter().map(|process| process.command.as_str()).collect::<Vec<_>>(), ["sleep 61"]);
    assert_eq!(other.processes().unwrap(), []);
}

#[test]
fn what_stays_is_ended_with_the_bench() {
    let bench = Bench::new().unwrap();
    let (mark, root) = (format!("{MARK}={}", bench.mark), bench.root().to_owned());
    bench.watch(&mut shell(&bench, "sleep 62 & sleep 0.3")).unwrap();
    assert_eq!(processes::belonging_to(&mark, &root).unwrap().len(), 1);
    drop(bench);
    // The process was killed, but whoever inherited it may not have collected it yet.
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        processes::belonging_to(&mark, &root).unwrap().is_empty()
    });
    assert!(gone);
    assert!(!root.exists());
}
