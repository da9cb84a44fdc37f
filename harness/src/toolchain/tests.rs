//! Builds with the real Go of this machine. A missing Go fails these tests.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::process::{Command, Limits, run};
use super::*;
use crate::scenario::{self, Scenario};

const PROGRAM: &str = "package main\n\nimport \"fmt\"\n\nvar kept [][]byte\n\nfunc main() {\n\tfor range 10 {\n\t\thandle()\n\t}\n\
                       \tfmt.Println(len(kept))\n}\n\n//go:noinline\nfunc handle() { kept = append(kept, make([]byte, 1000)) }\n";

/// A module with one program, and a scenario for it.
struct Case {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
    environment: Environment,
}

impl Case {
    fn new(program: &str) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8").canonicalize_utf8().expect("exists");
        fs::create_dir_all(root.join("cmd/server")).expect("mkdir");
        fs::write(root.join("go.mod"), "module example.com/m\n\ngo 1.23\n").expect("write");
        fs::write(root.join("cmd/server/main.go"), program).expect("write");
        let environment = Environment::new(std::env::vars(), &*root);
        Self { _dir: dir, root, environment }
    }

    fn scenario(&self, text: &str) -> Scenario {
        let path = self.root.join("case.toml");
        let workload = "[workload]\npackage = \"./cmd/server\"\n";
        fs::write(&path, format!("{workload}{text}\n")).expect("write");
        scenario::load(&path).unwrap_or_else(|error| panic!("{error}"))
    }

    fn build(&self, text: &str) -> Result<Built, BuildError> {
        let scenario = self.scenario(text);
        let toolchain = Toolchain::find(&self.environment).expect("these tests need Go");
        let dirs = BuildDirs { out: self.root.join(".harness/build/case"), cache: self.root.join("cache") };
        toolchain.build(&scenario, &scenario.variants[0], &dirs, &Interrupt::default())
    }

    fn built(&self, text: &str) -> Built {
        self.build(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refusal(&self, text: &str) -> String {
        self.build(text).expect_err("refused").to_string().replace(self.root.as_str(), "ROOT")
    }
}

/// Runs `binary` with the probe on, and returns its output and whether the probe wrote its records.
fn probe_writes(binary: &Utf8Path, dir: &Utf8Path) -> (String, bool) {
    fs::create_dir_all(dir).expect("mkdir");
    let command = Command {
        program: binary.to_string(),
        args: Vec::new(),
        dir: dir.to_owned(),
        env: [("HARNESS_DIR".to_owned(), dir.to_string())].into(),
    };
    let limits = Limits::within(std::time::Duration::from_secs(60));
    let done = run(&command, &limits, &Interrupt::default()).expect("runs");
    (done.stdout.text(), dir.join("probe.rec").is_file())
}

#[test]
fn program_is_built_twice_and_only_the_second_has_the_probe() {
    let case = Case::new(PROGRAM);
    let built = case.built(
        "checkpoint = { on = \"call\", func = \"main.handle\", every = 2 }\n[build]\ntrimpath = true\nldflags = [\"-X\", \"main.v=a b\"]",
    );
    let facts = &built.facts;
    assert_eq!(probe_writes(&built.plain, &case.root.join("plain")), ("10\n".to_owned(), false));
    assert_eq!(probe_writes(&built.probed, &case.root.join("probed")), ("10\n".to_owned(), true));
    assert_eq!(facts.modules.main, "example.com/m");
    assert_eq!(facts.plain.settings["-trimpath"], "true");
    assert!(facts.plain.dwarf && facts.plain.symbols);
    assert!(facts.probed.size > facts.plain.size);
    assert!(facts.heap_dump, "{:?}", facts.notes);
    assert!(facts.command.contains(&"-ldflags=-X 'main.v=a b'".to_owned()), "{:?}", facts.command);
    let hook = "overlay: a copy of `cmd/server/main.go` in which `main.handle` counts its entries";
    assert!(facts.differences.contains(&hook.to_owned()), "{:?}", facts.differences);
    assert_eq!(fs::read_to_string(case.root.join("cmd/server/main.go")).expect("there"), PROGRAM);
}

#[test]
fn probe_is_found_in_a_stripped_static_binary() {
    let case = Case::new(PROGRAM);
    let text = "[build]\ndebug = \"stripped\"\nstatic = true\n[capture]\nheap_dump = \"off\"\ngoroutine_leak = false";
    let facts = case.built(text).facts;
    for binary in [&facts.plain, &facts.probed] {
        assert!(!binary.dwarf && !binary.symbols && binary.static_link && !binary.pie);
    }
    assert_eq!(facts.plain.settings["CGO_ENABLED"], "0");
    assert!(!facts.heap_dump && !facts.goroutine_leak);
}

#[test]
fn split_debug_information_lies_beside_the_binary() {
    let case = Case::new(PROGRAM);
    let text = "[build]\ndebug = \"split\"\n[capture]\nheap_dump = \"off\"\ngoroutine_leak = false";
    let built = case.built(text);
    assert!(!built.facts.plain.dwarf, "{:?}", built.facts.notes);
    assert!(Utf8PathBuf::from(format!("{}.debug", built.plain)).is_file());
    assert_eq!(probe_writes(&built.plain, &case.root.join("run")).0, "10\n");
}

#[test]
fn compile_error_is_shown_as_go_prints_it() {
    let case = Case::new("package main\n\nfunc main() { undefined() }\n");
    let Err(BuildError::Failed(failure)) = case.build("") else { panic!("built") };
    assert!(failure.output.contains("cmd/server/main.go:3:15: undefined: undefined"), "{}", failure.output);
    assert_eq!(failure.command[1], "build");
}

#[test]
fn refusals_say_what_to_do() {
    let case = Case::new(PROGRAM);
    fs::create_dir_all(case.root.join("lib")).expect("mkdir");
    fs::write(case.root.join("lib/lib.go"), "package lib\n").expect("write");
    let target = case.refusal("[build]\ngoos = \"linux\"\ngoarch = \"vax\"");
    assert!(target.contains("unsupported GOOS/GOARCH pair linux/vax\nhint: there are linux/386"), "{target}");
    let missing = case.refusal("checkpoint = { on = \"call\", func = \"main.handel\", every = 1 }");
    assert!(missing.contains("did you mean `main.handle`?"), "{missing}");
    fs::write(case.root.join("case.toml"), "[workload]\npackage = \"./lib\"\n").expect("write");
    let scenario = scenario::load(&case.root.join("case.toml")).expect("scenario");
    let toolchain = Toolchain::find(&case.environment).expect("these tests need Go");
    let dirs = BuildDirs { out: case.root.join("b"), cache: case.root.join("cache") };
    let error = toolchain.build(&scenario, &scenario.variants[0], &dirs, &Interrupt::default());
    let error = error.expect_err("a library").to_string();
    assert!(error.starts_with("`./lib` is package `lib`, and a workload is a program\nhint: "), "{error}");
}

#[test]
fn module_that_asks_for_a_newer_go_than_may_be_fetched_is_refused_with_a_hint() {
    let mut case = Case::new(PROGRAM);
    case.environment.vars.insert("GOTOOLCHAIN".to_owned(), "local".to_owned());
    fs::write(case.root.join("go.mod"), "module example.com/m\n\ngo 1.99\n").expect("write");
    let Err(BuildError::Failed(failure)) = case.build("") else { panic!("built") };
    assert!(failure.output.contains("go.mod requires go >= 1.99"), "{}", failure.output);
    assert!(failure.hint.is_some_and(|hint| hint.contains("set `toolchain`")));
}

#[test]
fn interrupt_stops_a_build() {
    let case = Case::new(PROGRAM);
    let scenario = case.scenario("");
    let toolchain = Toolchain::find(&case.environment).expect("these tests need Go");
    let dirs = BuildDirs { out: case.root.join("b"), cache: case.root.join("cache") };
    let interrupt = Interrupt::default();
    interrupt.trigger();
    let error = toolchain.build(&scenario, &scenario.variants[0], &dirs, &interrupt);
    assert!(matches!(error, Err(BuildError::Interrupted)));
}

#[test]
fn go_that_is_too_old_or_none_at_all_is_refused_with_a_hint() {
    let case = Case::new(PROGRAM);
    let fake = case.root.join("go");
    let script = format!(
        "printf '#!/bin/sh\\necho {{\\\\\"GOVERSION\\\\\":\\\\\"go1.20.1\\\\\"}}\\n' > {fake}; chmod +x {fake}"
    );
    assert!(std::process::Command::new("sh").args(["-c", &script]).status().expect("sh").success());
    let mut environment = case.environment.clone();
    environment.vars.insert("HARNESS_GO".to_owned(), fake.to_string());
    let error = Toolchain::find(&environment).expect_err("too old").to_string();
    assert!(
        error.contains("is go1.20.1, and captures need go1.23.0 or newer\nhint: install a newer Go"),
        "{error}"
    );
    environment.vars.insert("HARNESS_GO".to_owned(), "/no/such/go".to_owned());
    let error = Toolchain::find(&environment).expect_err("not there").to_string();
    assert!(error.contains("could not run `/no/such/go`"), "{error}");
}

#[test]
fn the_users_own_flags_are_none_of_the_helpers() {
    let case = Case::new(PROGRAM);
    let mut environment = case.environment.clone();
    let written = case.root.join("go.env");
    fs::write(&written, "GOFLAGS=-overlay=/nowhere.json\n").expect("write");
    environment.vars.remove("GOFLAGS");
    environment.vars.insert("GOENV".to_owned(), written.to_string());
    let toolchain = Toolchain::find(&environment).expect("these tests need Go");
    assert_eq!(toolchain.go().setting("GOFLAGS"), "-overlay=/nowhere.json");
    let helper = helper::Helper::build(toolchain.go(), &case.root.join("cache"), &Interrupt::default());
    helper.unwrap_or_else(|error| panic!("{error}"));
}
