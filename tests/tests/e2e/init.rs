//! `harness init`: what it writes for a package is sound, runs, and says where its guesses come from.

use std::net::TcpListener;

use anyhow::{Context as _, Result};
use harness_tests::{Bench, Ended};

use crate::report::{line_of, only, place};

/// A server that keeps every order.
const SHOP: &str = r#"package main

import (
	"flag"
	"fmt"
	"net/http"
	"sync"
)

type shop struct {
	mu     sync.Mutex
	orders [][]byte
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, make([]byte, 512))
	fmt.Fprintln(w, "ordered", r.PathValue("id"))
}

func main() {
	addr := flag.String("addr", ":PORT", "address to listen on")
	flag.Parse()
	s := &shop{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("GET /orders/{id}", s.order)
	fmt.Println(http.ListenAndServe(*addr, mux))
}
"#;

/// A program with a loop of its own, in which nothing leaks.
const WORKER: &str = r#"package main

import "fmt"

type job struct{ id int }

func process(j job) int { return len(fmt.Sprint(j.id)) }

func main() {
	sum := 0
	for i := 0; i < 600; i++ {
		sum += process(job{i})
	}
	fmt.Println(sum)
}
"#;

/// A bench whose root is a module `example.com/shop` with these files.
fn module(files: &[(&str, &str)]) -> Result<Bench> {
    let bench = Bench::new()?;
    bench.write("go.mod", "module example.com/shop\n\ngo 1.23\n")?;
    files.iter().try_for_each(|(path, text)| bench.write(path, text).map(drop))?;
    Ok(bench)
}

/// What was written, which `check` finds sound.
fn written(bench: &Bench, words: &[&str], name: &str) -> Result<String> {
    let ended = bench.run([&["init"], words].concat())?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains(&format!("harness run {name}\n").replace('\n', " ")), "{ended}");
    let check = bench.run(["check", name])?;
    assert_eq!(check.code, Some(0), "{check}");
    let path = bench.root().join(format!("scenarios/{name}.toml"));
    std::fs::read_to_string(&path).with_context(|| format!("no `{path}` after {ended}"))
}

fn run(bench: &Bench, name: &str) -> Result<Ended> {
    bench.run(["run", name, "--format", "json"])
}

#[test]
fn a_program_with_a_load_of_its_own_is_compared_per_operation_and_its_leaks_are_found() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("leaky-cache")?;
    let text = written(&bench, &["fixtures/programs/leaky-cache/cmd/server"], "server")?;
    assert!(text.contains("func = \"main.handle\"\nevery = 200"), "{text}");
    assert!(text.contains("args = [\"-requests\", \"{ops}\"]\noperations = 2000"), "{text}");
    assert!(text.contains("#   - called in a counting loop of main.run"), "{text}");
    assert!(text.contains("internal/api.(*server).quote\" #"), "the runners-up are named: {text}");
    let ended = run(&bench, "server")?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    let finding = only(&report, "heap")?;
    assert_eq!(place(finding), line_of("leaky-cache", "internal/cache/cache.go", "e := &entry")?);
    assert_eq!(finding["growth"]["objects_per_op"], 1.0, "{finding:#}");
    Ok(())
}

#[test]
fn a_server_is_driven_round_by_round_where_it_listens() -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let bench = module(&[("main.go", &SHOP.replace("PORT", &port))])?;
    let text = written(&bench, &[], "shop")?;
    assert!(text.contains("on = \"round\""), "{text}");
    assert!(text.contains(&format!("ready = {{ tcp = \"127.0.0.1:{port}\" }}")), "{text}");
    assert!(text.contains("/orders/{round}[100-199]\"]"), "the route that is no check of health: {text}");
    let ended = run(&bench, "shop")?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(only(&ended.json()?, "heap")?["site"]["function"], "main.(*shop).order", "{ended}");
    assert_eq!(bench.processes()?, []);
    Ok(())
}

#[test]
fn a_server_without_a_scenario_gets_load_instead_of_running_into_its_deadline() -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let bench = module(&[("main.go", &SHOP.replace("PORT", &port))])?;
    let ended = bench.run(["run", ".", "--repeat", "1", "--format", "json"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stderr.contains("note: it listens (main.go:29), so it gets 10 rounds of load"), "{ended}");
    assert_eq!(only(&ended.json()?, "heap")?["site"]["function"], "main.(*shop).order", "{ended}");
    Ok(())
}

#[test]
fn repeats_of_a_program_that_does_not_end_are_left_out_and_it_is_told_what_to_do() -> Result<()> {
    let endless = "package main\n\nimport \"time\"\n\nfunc main() { time.Sleep(time.Hour) }\n";
    let scenario = "[workload]\nmodule = \"..\"\npackage = \".\"\ntimeout = \"1s\"\n";
    let bench = module(&[("main.go", endless), ("scenarios/endless.toml", scenario)])?;
    let ended = bench.run(["run", "endless"])?;
    assert_eq!(ended.code, Some(4), "{ended}");
    assert_eq!(ended.stderr.matches("ran into its deadline").count(), 3, "once a mode: {ended}");
    assert!(ended.stderr.contains("default does not end: its other repeats are left out"), "{ended}");
    assert!(ended.stdout.contains("hint: a program that serves until it is stopped needs load"), "{ended}");
    assert_eq!(
        ended.stdout.matches("ran into its deadline").count(),
        2,
        "the verdict and its reason: {ended}"
    );
    Ok(())
}

#[test]
fn a_package_with_tests_alone_gets_a_scenario_of_its_tests() -> Result<()> {
    let store = "package store\n\nvar all [][]byte\n\nfunc Put() { all = append(all, make([]byte, 1024)) }\n";
    let test = "package store\n\nimport \"testing\"\n\nfunc TestPut(t *testing.T) { Put() }\n\nfunc TestNothing(t *testing.T) {}\n";
    let bench = module(&[("store/store.go", store), ("store/store_test.go", test)])?;
    let text = written(&bench, &[], "store-tests")?;
    assert!(text.contains("kind = \"test\"\nmodule = \"..\"\npackage = \"./store\"\n"), "{text}");
    let ended = run(&bench, "store-tests")?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(only(&ended.json()?, "heap")?["test"], "TestPut", "{ended}");
    Ok(())
}

#[test]
fn tests_of_several_packages_are_one_scenario() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("tested")?;
    let text = written(&bench, &["./fixtures/programs/tested/store"], "store-tests")?;
    assert!(text.contains("module = \"../fixtures/programs/tested\"\npackage = \"./store\""), "{text}");
    let bench = module(&[
        ("a/a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n"),
        ("b/b_test.go", "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {}\n"),
    ])?;
    let text = written(&bench, &[], "shop-tests")?;
    assert!(text.contains("package = \"./...\""), "{text}");
    Ok(())
}

#[test]
fn a_healthy_program_passes_with_the_number_of_calls_that_its_loop_makes() -> Result<()> {
    let bench = module(&[("main.go", WORKER)])?;
    let text = written(&bench, &[], "shop")?;
    assert!(text.contains("func = \"main.process\"\nevery = 60"), "{text}");
    let ended = run(&bench, "shop")?;
    assert_eq!(ended.code, Some(0), "{ended}");
    Ok(())
}

#[test]
fn of_several_programs_none_is_taken_and_each_is_named() -> Result<()> {
    let bench = module(&[("cmd/a/main.go", WORKER), ("cmd/b/main.go", WORKER)])?;
    let ended = bench.run(["init"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("harness init ./cmd/a\n  harness init ./cmd/b\n"), "{ended}");
    assert!(!bench.root().join("scenarios").exists(), "nothing is written");
    written(&bench, &["./cmd/b"], "b")?;
    Ok(())
}

#[test]
fn a_scenario_that_is_there_is_left_as_it_is() -> Result<()> {
    let bench = module(&[("main.go", WORKER), ("scenarios/shop.toml", "mine")])?;
    let ended = bench.run(["init"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("is there already") && ended.stderr.contains("hint: --name"), "{ended}");
    assert_eq!(std::fs::read_to_string(bench.root().join("scenarios/shop.toml"))?, "mine");
    written(&bench, &["--name", "shop-2"], "shop-2")?;
    let ended = bench.run(["init", "--name", "../escape"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(!bench.root().join("escape.toml").exists());
    Ok(())
}

#[test]
fn outside_a_module_it_says_what_to_do() -> Result<()> {
    let bench = Bench::new()?;
    let ended = bench.run(["init"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("no go.mod") && ended.stderr.contains("hint: "), "{ended}");
    let bench = module(&[("doc.go", "package shop\n")])?;
    let ended = bench.run(["init", "."])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("has no tests, and is not a program"), "{ended}");
    Ok(())
}
