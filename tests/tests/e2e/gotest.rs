//! Go's own tests as workloads: each is judged by itself, and what fails is told as the Go user knows it.

use anyhow::{Context as _, Result};
use harness_tests::{Bench, Ended};
use serde_json::Value;

use crate::report::{line_of, only, place};

/// A bench with a scenario over a package of the module `tested`, and what `more` says.
fn tested(package: &str, more: &str) -> Result<Bench> {
    let bench = Bench::new()?;
    bench.program("tested")?;
    let workload = format!(
        "[workload]\nkind = \"test\"\nmodule = \"../fixtures/programs/tested\"\npackage = \"./{package}\"\n"
    );
    bench.write("scenarios/s.toml", &format!("{workload}{more}\n[capture]\nrepeat = 1\n"))?;
    Ok(bench)
}

fn run(bench: &Bench) -> Result<(Ended, Value)> {
    let ended = bench.run(["run", "s", "--format", "json"])?;
    let report = ended.json().with_context(|| format!("{ended}"))?;
    Ok((ended, report))
}

/// Names of the tests with a result.
fn with_result<'a>(report: &'a Value, result: &str) -> Vec<&'a str> {
    let tests = report["tests"].as_array().into_iter().flatten();
    tests.filter(|test| test["result"] == result).filter_map(|test| test["name"].as_str()).collect()
}

#[test]
fn the_one_test_of_twenty_that_leaks_is_named_with_its_line_and_its_holder() -> Result<()> {
    let bench = Bench::with_scenario("test-leak", "tested")?;
    let ended = bench.run(["run", "test-leak", "--format", "json", "--write", "junit=junit.xml"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let junit = std::fs::read_to_string(bench.root().join("junit.xml"))?;
    assert_eq!(junit.matches("<testcase ").count(), 23 + 1, "each test function, and the verdict: {junit}");
    assert!(junit.contains("name=\"TestDelete\" classname=\"example.com/tested/store\""), "{junit}");
    assert!(junit.contains("skipped=\"1\" errors=\"0\" failures=\"0\""), "the leak is expected: {junit}");
    assert_eq!(with_result(&report, "leak"), ["TestDelete"]);
    assert_eq!(with_result(&report, "fail"), Vec::<&str>::new());
    assert_eq!(with_result(&report, "skip"), ["TestSkipped"]);
    let passed = with_result(&report, "pass");
    assert_eq!(passed.len(), 21, "{passed:?}");
    assert!(passed.contains(&"FuzzPut") && passed.contains(&"ExampleStore"), "{passed:?}");
    let finding = only(&report, "heap")?;
    assert_eq!(finding["test"], "TestDelete");
    assert_eq!(place(finding), line_of("tested", "store/store.go", "journal = append")?);
    assert_eq!(finding["held_by"], "global example.com/tested/store.journal");
    assert_eq!(finding["growth"]["objects_per_op"], 20.0, "ten entries with a value each");
    assert_eq!(bench.processes()?, []);
    Ok(())
}

#[test]
fn nothing_is_found_in_the_same_tests_without_the_leak() -> Result<()> {
    let bench = Bench::with_scenario("test-fixed", "tested")?;
    let ended = bench.run(["run", "test-fixed", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    assert_eq!(with_result(&report, "pass").len(), 22, "{report:#}");
    Ok(())
}

#[test]
fn a_goroutine_that_a_test_forgets_is_its_own_and_one_that_ends_late_is_none() -> Result<()> {
    let bench = tested("routines", "")?;
    let (ended, report) = run(&bench)?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(with_result(&report, "leak"), ["TestForgotten"]);
    assert_eq!(with_result(&report, "pass"), ["TestStop", "TestLate"]);
    let finding = only(&report, "goroutine")?;
    assert_eq!(finding["test"], "TestForgotten");
    assert_eq!(place(finding), line_of("tested", "routines/routines.go", "go w.run()")?);
    assert_eq!(finding["growth"]["objects_per_op"], 1.0);
    Ok(())
}

#[test]
fn parallel_tests_are_judged_as_a_group_and_the_one_on_the_stack_is_named() -> Result<()> {
    let bench = tested("group", "")?;
    let (ended, report) = run(&bench)?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(with_result(&report, "leak"), ["TestTwo"]);
    assert_eq!(with_result(&report, "pass"), ["TestAlone", "TestOne", "TestThree"]);
    let finding = only(&report, "heap")?;
    let said = finding["evidence"].to_string();
    assert!(
        said.contains("TestOne, TestTwo, TestThree run at the same time and are judged as a group"),
        "{said}"
    );
    Ok(())
}

#[test]
fn tests_that_fail_fail_as_go_test_says_it_and_are_no_leaks() -> Result<()> {
    // TestWrong keeps memory, too.
    for (name, code, words) in [
        ("TestWrong", 4, "failing_test.go:25: got 1, want 2"),
        ("TestPanic", 4, "panic: assignment to entry in nil map"),
        ("TestExit", 4, "exit code 3 while TestExit ran"),
        ("TestHang", 4, "panic: test timed out after 1s"),
        ("TestOnce", 6, "TestOnce passes once and fails when it is run again"),
    ] {
        let bench =
            tested("failing", &format!("env = {{ FAIL = \"{name}\" }}\ntest = {{ timeout = \"1s\" }}"))?;
        let (ended, report) = run(&bench)?;
        assert_eq!(ended.code, Some(code), "{name}: {ended}");
        let reasons = report["verdict"]["reasons"].as_array().context("reasons")?;
        assert_eq!(reasons.len(), 1, "{name}: {reasons:#?}");
        assert!(reasons[0]["text"].as_str().is_some_and(|text| text.contains(words)), "{name}: {reasons:#?}");
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{name}");
        let result = if name == "TestOnce" { "again" } else { "fail" };
        assert_eq!(with_result(&report, result), [name]);
        let passed = with_result(&report, "pass");
        assert_eq!(passed.first(), Some(&"TestFine"), "{name}: {passed:?}");
        assert_eq!(bench.processes()?, []);
    }
    Ok(())
}

#[test]
fn tests_behind_one_that_cannot_be_run_again_are_judged_nevertheless() -> Result<()> {
    let bench = tested("failing", "env = { FAIL = \"TestRegister\" }")?;
    let (ended, report) = run(&bench)?;
    assert_eq!(ended.code, Some(6), "{ended}");
    assert_eq!(with_result(&report, "again"), ["TestRegister"]);
    assert_eq!(with_result(&report, "pass"), ["TestFine", "TestBehind"]);
    assert!(ended.stdout.contains("exit code 2 while TestRegister ran"), "{ended}");
    Ok(())
}

#[test]
fn test_main_and_flags_of_the_tests_own_work() -> Result<()> {
    let bench = tested("setup", "args = [\"-level\", \"3\"]")?;
    let (ended, report) = run(&bench)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(with_result(&report, "pass"), ["TestReady", "TestLevel"]);
    Ok(())
}

/// A bench whose root is the module `tested`.
fn module() -> Result<Bench> {
    let bench = Bench::new()?;
    let program = bench.program("tested")?;
    for entry in program.read_dir_utf8()? {
        let entry = entry?;
        std::fs::rename(entry.path(), bench.root().join(entry.file_name()))?;
    }
    Ok(bench)
}

#[test]
fn all_packages_of_a_module_are_one_verdict_with_a_line_for_each_test_that_leaks() -> Result<()> {
    let bench = module()?;
    let ended = bench.run(["run", "./...", "--test", "--repeat", "1", "--format", "json"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    assert_eq!(with_result(&report, "leak"), ["TestTwo", "TestForgotten", "TestDelete"]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(3), "{report:#}");
    let packages =
        report["tests"].as_array().into_iter().flatten().filter_map(|test| test["package"].as_str());
    let packages: std::collections::BTreeSet<&str> = packages.collect();
    assert!(packages.contains("example.com/tested/setup") && packages.len() == 5, "{packages:?}");
    Ok(())
}

#[test]
fn an_expected_leak_of_several_packages_is_one_of_a_single_package() -> Result<()> {
    let expect = r#"
[expect]
leaks = [
    { kind = "heap", site = "store.record", test = "TestDelete" },
    { kind = "goroutine", site = "routines.Start" },
    { kind = "heap", site = "group.TestTwo" },
]"#;
    let bench = tested("...", expect)?;
    let (ended, _) = run(&bench)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    bench.edit("scenarios/s.toml", "test = \"TestDelete\"", "test = \"TestPut\"")?;
    let (ended, _) = run(&bench)?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(
        ended.stdout.contains("expected heap leak of TestPut at `store.record` did not reproduce"),
        "{ended}"
    );
    Ok(())
}

#[test]
fn flags_of_go_test_select_shuffle_shorten_and_build() -> Result<()> {
    let bench = module()?;
    let select =
        ["--run", "TestDelete|TestPut|TestSkipped", "--skip", "TestPutTwice", "--count", "5", "--short"];
    let how = [
        "--shuffle",
        "7",
        "--race",
        "--timeout",
        "1m",
        "--parallel",
        "2",
        "--repeat",
        "1",
        "--format",
        "json",
    ];
    let words = ["run", "./store", "--test"].into_iter().chain(select).chain(how);
    let ended = bench.run(words)?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    assert_eq!(report["variants"][0]["build"]["plain"]["settings"]["-race"], "true", "{report:#}");
    assert_eq!(with_result(&report, "leak"), ["TestDelete"]);
    assert_eq!(with_result(&report, "pass"), ["TestPut"]);
    assert_eq!(with_result(&report, "skip"), ["TestSkipped"]);
    let mut tests = report["tests"].as_array().into_iter().flatten();
    assert!(tests.any(|test| test["iterations"] == 5), "{report:#}");
    let ended = bench.run(["run", "./store", "--test", "--tags", "fixed", "--shuffle", "7"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    Ok(())
}

#[test]
fn patterns_that_match_nothing_and_flags_without_tests_are_mistakes_of_use() -> Result<()> {
    let bench = module()?;
    for (words, said) in [
        (vec!["run", "./store", "--test", "--run", "Nope"], "`run = \"Nope\"` matches no test in `./store`"),
        (vec!["run", "./store", "--bench", "."], "there is no benchmark"),
        (vec!["run", "./store", "--run", "X"], "`--run` is for tests, and `store` is a program"),
    ] {
        let ended = bench.run(words)?;
        assert_eq!(ended.code, Some(2), "{ended}");
        assert!(ended.stderr.contains(said), "{ended}");
    }
    Ok(())
}

#[test]
fn a_wrapper_runs_the_programs_of_any_kind_of_workload() -> Result<()> {
    const MAIN: &str = r#"package main

import "os"

func handle() {}

func main() {
	if os.Getenv("WRAPPED") != "yes" {
		os.Exit(9)
	}
	for range 1000 {
		handle()
	}
}
"#;
    // `env` stands for any command that runs another.
    let bench = tested("setup", "exec = [\"env\", \"WRAPPED=yes\"]")?;
    let (ended, report) = run(&bench)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(with_result(&report, "pass"), ["TestReady", "TestLevel"]);
    let program = Bench::with_module("app", MAIN, "")?;
    let unwrapped = program.run(["run", "app"])?;
    assert_eq!(unwrapped.code, Some(4), "{unwrapped}");
    program.edit("scenarios/app.toml", "module = ", "exec = [\"env\", \"WRAPPED=yes\"]\nmodule = ")?;
    let wrapped = program.run(["run", "app"])?;
    assert_eq!(wrapped.code, Some(0), "{wrapped}");
    Ok(())
}

#[test]
fn live_growth_of_benchmarks_is_read_by_benchstat() -> Result<()> {
    let bench = Bench::with_scenario("bench-leak", "tested")?;
    let ended = bench.run(["run", "bench-leak", "--write", "benchstat=b.txt", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    assert_eq!(with_result(&report, "leak"), ["BenchmarkKeep"]);
    assert_eq!(with_result(&report, "pass"), ["BenchmarkFormat", "BenchmarkSizes"]);
    let text = std::fs::read_to_string(bench.root().join("b.txt"))?;
    let keep = text.lines().find(|line| line.starts_with("BenchmarkKeep")).context("no line of it")?;
    let words: Vec<&str> = keep.split_whitespace().collect();
    let live = words.windows(2).find(|pair| pair[1] == "live-B/op").context("no live growth")?;
    assert!(live[0].parse::<f64>()? >= 256.0, "{keep}");
    let read =
        std::process::Command::new("benchstat").arg("-format=csv").arg(bench.root().join("b.txt")).output();
    let read = read.context("benchstat is not installed")?;
    let table = String::from_utf8_lossy(&read.stdout);
    assert!(
        read.status.success() && table.contains("live-B/op") && table.contains("Sizes/100"),
        "{table}\n{text}"
    );
    Ok(())
}
