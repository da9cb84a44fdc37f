//! Scenario files in, scenarios or rendered refusals out.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::model::{Confidence, LeakKind, Mode};

/// A directory with a module and a scenario in it.
struct Case {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8").canonicalize_utf8().expect("exists");
        fs::create_dir_all(root.join("scenarios")).expect("mkdir");
        fs::create_dir_all(root.join("cmd/server")).expect("mkdir");
        fs::write(root.join("go.mod"), "module example.com/m\n").expect("write");
        Self { _dir: dir, root }
    }

    fn load(&self, text: &str) -> Result<Scenario, ScenarioError> {
        let path = self.root.join("scenarios/case.toml");
        fs::write(&path, text).expect("write");
        load(&path)
    }
}

fn accepted(text: &str) -> Scenario {
    Case::new().load(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The rendered refusal, without the temporary directory's name.
fn refused(text: &str) -> String {
    let case = Case::new();
    match case.load(text) {
        Ok(scenario) => panic!("accepted: {scenario:?}"),
        Err(error) => error.to_string().replace(case.root.as_str(), "ROOT").replace("ROOT/scenarios/", ""),
    }
}

/// Lines of a refusal that say what is wrong, without excerpts.
fn messages(text: &str) -> Vec<String> {
    refused(text).lines().filter(|line| line.starts_with("case.toml:")).map(str::to_owned).collect()
}

/// The one message of a refusal and its help.
fn one(text: &str) -> (String, String) {
    let rendered = refused(text);
    let messages = messages(text);
    assert_eq!(messages.len(), 1, "{rendered}");
    let help = rendered.lines().find_map(|line| line.split_once("= help: ")).map_or("", |(_, help)| help);
    (messages[0].clone(), help.to_owned())
}

#[test]
fn defaults_are_filled_in_and_paths_absolute() {
    let case = Case::new();
    let scenario = case.load("[workload]\npackage = \"./cmd/server\"\n").expect("accepted");
    assert_eq!(scenario.name, "case");
    assert_eq!(scenario.path, case.root.join("scenarios/case.toml"));
    assert_eq!(scenario.workload.module, case.root);
    assert_eq!(scenario.workload.dir, case.root);
    assert_eq!(scenario.workload.timeout_ms, 60_000);
    assert_eq!(scenario.workload.exit_codes, [0]);
    assert_eq!(scenario.workload.checkpoint, CheckpointSpec::Interval { every_ms: 250 });
    assert_eq!(scenario.variants.len(), 1);
    assert_eq!(scenario.variants[0].name, "default");
    assert_eq!(scenario.variants[0].build, BuildSpec::default());
    assert_eq!(scenario.capture.modes, [Mode::Plain, Mode::Natural, Mode::Step]);
    assert_eq!(scenario.capture.repeat, 3);
    assert!(scenario.capture.trace && scenario.capture.goroutine_leak);
    assert_eq!(scenario.capture.alloc_free, AllocFree::Dumped);
    assert_eq!(scenario.capture.heap_dump, HeapDump::FirstLast);
    assert_eq!(scenario.capture.memprofile_rate, 4096);
    assert_eq!(scenario.expect, None);
    assert_eq!(scenario.baseline, case.root.join("scenarios/case.baseline.toml"));
}

#[test]
fn every_key_of_the_file_reaches_the_scenario() {
    let case = Case::new();
    fs::write(case.root.join("scenarios/in.txt"), "x").expect("write");
    let scenario = case
        .load(
            r#"
name = "full"
description = "all of it"
[workload]
module = ".."
package = "./cmd/server"
args = ["-n", "2"]
env = { A = "b" }
dir = "."
stdin = "in.txt"
timeout = "2m"
grace = "1s"
exit_codes = [0, 3]
checkpoint = { on = "call", func = "main.(*S).handle", every = 2000 }
[workload.driver]
command = ["curl", "{round}"]
env = { C = "d" }
rounds = 4
ready = { tcp = "127.0.0.1:80" }
settle = "1s"
[build]
ldflags = ["-X", "main.v=1"]
trimpath = true
env = { GOAMD64 = "v3", CC = "gcc" }
[[variant]]
name = "big"
[variant.build]
ldflags = ["-s", "-w"]
gcflags = ["-l"]
gcflags_for = "all"
asmflags = ["-S"]
tags = ["a", "b"]
trimpath = false
mod = "vendor"
cgo = true
race = true
pgo = "default.pgo"
goos = "linux"
goarch = "arm64"
toolchain = "go1.27.4"
experiment = ["x"]
buildvcs = "auto"
cover = true
debug = "stripped"
env = { CC = "clang" }
[capture]
modes = ["step"]
repeat = 2
trace = { alloc_free = true }
heap_dump = "first-last"
goroutine_leak = false
memprofile_rate = 1
[expect]
leaks = [{ kind = "goroutine", site = "main.f", held_by = "main.g", variants = ["big"] }]
[baseline]
file = "other.toml"
[thresholds]
bytes_per_op = 2
relative = 0.5
absolute_bytes = 7
confidence = "medium"
"#,
        )
        .expect("accepted");
    let scenarios = case.root.join("scenarios");
    let workload = &scenario.workload;
    assert_eq!((scenario.name.as_str(), scenario.description.as_str()), ("full", "all of it"));
    assert_eq!((&workload.dir, workload.stdin.clone()), (&scenarios, Some(scenarios.join("in.txt"))));
    assert_eq!((workload.timeout_ms, workload.grace_ms), (120_000, 1_000));
    assert_eq!(workload.exit_codes, [0, 3]);
    assert_eq!(workload.checkpoint, CheckpointSpec::Call { func: "main.(*S).handle".into(), every: 2000 });
    let driver = workload.driver.as_ref().expect("driver");
    assert_eq!((driver.rounds, driver.settle_ms, &driver.dir), (4, 1000, &scenarios));
    assert_eq!(driver.ready, Ready::Tcp("127.0.0.1:80".into()));
    let expected = BuildSpec {
        ldflags: vec!["-s".into(), "-w".into()],
        gcflags: vec!["-l".into()],
        gcflags_for: Some("all".into()),
        asmflags: vec!["-S".into()],
        tags: vec!["a".into(), "b".into()],
        trimpath: false,
        mod_mode: Some("vendor".into()),
        cgo: Some(true),
        race: true,
        pgo: Some(scenarios.join("default.pgo").into_string()),
        goos: Some("linux".into()),
        goarch: Some("arm64".into()),
        toolchain: Some("go1.27.4".into()),
        experiment: vec!["x".into()],
        buildvcs: Some("auto".into()),
        cover: true,
        static_link: false,
        debug: DebugInfo::Stripped,
        env: [("GOAMD64".into(), "v3".into()), ("CC".into(), "clang".into())].into(),
    };
    assert_eq!(scenario.variants, [Variant { name: "big".into(), build: expected, package: None }]);
    assert_eq!(
        scenario.capture,
        CaptureSpec {
            modes: vec![Mode::Step],
            repeat: 2,
            trace: true,
            alloc_free: AllocFree::On,
            heap_dump: HeapDump::FirstLast,
            goroutine_leak: false,
            escapes: true,
            asan: false,
            plant: 0,
            memprofile_rate: 1,
        }
    );
    let leak = ExpectedLeak {
        test: None,
        kind: LeakKind::Goroutine,
        site: "main.f".into(),
        held_by: Some("main.g".into()),
        variants: vec!["big".into()],
    };
    assert_eq!(scenario.expect, Some(Expect { leaks: vec![leak] }));
    assert_eq!(scenario.baseline, scenarios.join("other.toml"));
    let limits = Thresholds {
        bytes_per_op: 2.0,
        relative: 0.5,
        absolute_bytes: 7,
        confidence: Confidence::Medium,
        ..Thresholds::default()
    };
    assert_eq!(scenario.thresholds, limits);
}

#[test]
fn all_unknown_keys_are_told_at_once_with_their_place() {
    let expected = "\
case.toml:2:1: unknown key `pakage` in `[workload]`
   |
 2 | pakage = \".\"
   | ^^^^^^
   = help: did you mean `package`?

case.toml:3:1: unknown key `trimpath` in `[workload]`
   |
 3 | trimpath = true
   | ^^^^^^^^
   = help: `trimpath` is a key of `[build]`

case.toml:4:1: `[variant]` needs the key `name`
   |
 4 | [[variant]]
   | ^^^^^^^^^^^

case.toml:5:7: unknown key `trimpth` in `[variant.build]`
   |
 5 | build.trimpth = true
   |       ^^^^^^^
   = help: did you mean `trimpath`?

case.toml:7:1: unknown key `colour` in `[baseline]`
   |
 7 | colour = 1
   | ^^^^^^
   = help: the keys here are `file`, `suppress`, `third_party`

5 errors in `case.toml`";
    let text = "[workload]\npakage = \".\"\ntrimpath = true\n[[variant]]\nbuild.trimpth = true\n[baseline]\ncolour = 1\n";
    assert_eq!(refused(text), expected);
}

#[test]
fn wrong_types_and_values_are_told_with_what_would_be_right() {
    for (text, message, help) in [
        (
            "[workload]\n[build]\nldflags = \"-s -w\"\n",
            "case.toml:3:11: `build.ldflags` is an array, not a string",
            "write its words as an array: [\"-s\", \"-w\"]",
        ),
        (
            "[workload]\n[build]\ntrimpath = \"true\"\n",
            "case.toml:3:12: `build.trimpath` is `true` or `false`, not a string",
            "write it without quotes: true",
        ),
        (
            "[workload]\nargs = [\"-n\", 5]\n",
            "case.toml:2:15: `workload.args` is a string, not an integer",
            "put it in quotes: \"5\"",
        ),
        (
            "[workload]\ntimeout = 60\n",
            "case.toml:2:11: `workload.timeout` is a duration (`500ms`, `60s`), not an integer",
            "say the unit: \"60s\" or \"60ms\"",
        ),
        (
            "[workload]\ntimeout = \"1.5s\"\n",
            "case.toml:2:11: `workload.timeout` is a duration, and `1.5s` is not one",
            "write it like `500ms`, `60s`, `2m` or `1h`",
        ),
        (
            "[workload]\n[lab.expect]\nmax_glibc = \"new\"\n",
            "case.toml:3:13: `lab.expect.max_glibc` is a version of glibc, and `new` is not one",
            "write it like `2.31` or `2.2.5`",
        ),
        (
            "[workload]\n[lab.expect]\nmax_glibc = 2.31\n",
            "case.toml:3:13: `lab.expect.max_glibc` is a version of glibc (`\"2.31\"`), not a float",
            "put it in quotes: \"2.31\"",
        ),
        (
            "[workload]\n[capture]\nmodes = [\"setp\"]\n",
            "case.toml:3:10: `capture.modes` cannot be `setp`; it is `plain`, `natural` or `step`",
            "did you mean `step`?",
        ),
        ("[workload]\n[capture]\nmodes = []\n", "case.toml:3:9: `capture.modes` must not be empty", ""),
        (
            "[workload]\n[capture]\nrepeat = 0\n",
            "case.toml:3:10: `capture.repeat` is a number from 1 to 1000, not 0",
            "",
        ),
        (
            "[workload]\n[capture]\ntrace = \"on\"\n",
            "case.toml:3:9: `capture.trace` is `true` or `false` or a table, not a string",
            "",
        ),
        (
            "[workload]\n[build]\nbuildvcs = \"maybe\"\n",
            "case.toml:3:12: `build.buildvcs` cannot be `maybe`; it is `auto`",
            "",
        ),
        (
            "[workload]\nexit_codes = [99999999999]\n",
            "case.toml:2:15: `workload.exit_codes` is a number from -2147483648 to 2147483647, not 99999999999",
            "",
        ),
        ("name = \"x\"\n", "case.toml:1:1: the scenario needs the key `workload`", ""),
        (
            "[workload]\ncheckpoint = { func = \"main.f\" }\n",
            "case.toml:2:14: `[workload.checkpoint]` needs the key `on`",
            "",
        ),
        (
            "[workload]\n[matrix]\ntrimpath = true\n",
            "case.toml:3:12: `matrix.trimpath` is an array, not a boolean",
            "",
        ),
    ] {
        assert_eq!(one(text), (message.to_owned(), help.to_owned()), "{text}");
    }
}

#[test]
fn syntax_errors_are_told_at_their_place() {
    let (message, _) = one("[workload]\npackage = \n");
    assert!(message.starts_with("case.toml:2:"), "{message}");
    let twice = messages("[workload]\nargs = []\nargs = []\n");
    assert!(twice[0].starts_with("case.toml:3:1: duplicate key"), "{twice:?}");
}

#[test]
fn contradictions_are_refused_where_they_stand() {
    for (text, message) in [
        ("checkpoint = { on = \"call\", every = 5 }", "2:21: `on = \"call\"` needs the function"),
        (
            "checkpoint = { on = \"call\", func = \"main.f\" }",
            "2:21: `on = \"call\"` needs the number of entries between checkpoints",
        ),
        (
            "checkpoint = { on = \"call\", func = \"main.f\", every = \"2s\" }",
            "2:54: `every` counts entries of the function with `on = \"call\"`",
        ),
        ("checkpoint = { on = \"call\", func = \"main.f\", every = 0 }", "2:54: `every` must be at least 1"),
        (
            "checkpoint = { on = \"exit\", func = \"main.f\" }",
            "2:29: `func` is for `on = \"call\"`, and here `on = \"exit\"`",
        ),
        (
            "checkpoint = { on = \"interval\", every = 5 }",
            "2:41: `every` is a duration with `on = \"interval\"`",
        ),
        ("checkpoint = { on = \"interval\", every = \"0s\" }", "2:41: `every` must be longer than nothing"),
        (
            "checkpoint = { on = \"signal\", every = \"1s\" }",
            "2:31: `every` is for `on = \"call\"` and `on = \"interval\"`, and here `on = \"signal\"`",
        ),
        ("checkpoint = { on = \"round\" }", "2:21: `on = \"round\"` needs a driver, whose rounds it counts"),
        (
            "driver = { command = [\"x\"], ready = { tcp = \"a:1\", after = \"1s\" } }",
            "2:37: `ready` takes exactly one of `tcp`, `output` and `after`",
        ),
        ("driver = { command = [] }", "2:22: `workload.driver.command` must not be empty"),
        (
            "checkpoint = { on = \"gc\" }",
            "2:21: `on = \"gc\"` waits for GC cycles of the program's own, and step mode has none",
        ),
        (
            "checkpoint = { on = \"gc\" }\n[capture]\nmodes = [\"natural\", \"step\"]",
            "4:21: step mode has no GC cycles of the program's own, and `on = \"gc\"` waits for them",
        ),
        ("[capture]\nmodes = [\"step\", \"plain\", \"step\"]", "3:27: this mode is listed twice"),
        (
            "[thresholds.metrics.\"natural.wall\"]\nrise = -0.1",
            "3:8: `rise` must be a share that is not negative: 0.1 is ten percent",
        ),
        ("[[baseline.suppress]]\nreason = \"old\"", "2:1: this suppression names no leak"),
        ("[[baseline.suppress]]\npath = \"a/*\"\nreason = \" \"", "4:10: a suppression needs its reason"),
        (
            "[capture]\nmodes = [\"plain\"]\n[expect]\nleaks = []",
            "3:9: plain runs observe nothing that `[expect]` could judge",
        ),
        (
            "[capture]\nmodes = [\"natural\"]\nheap_dump = \"last\"",
            "4:13: heap dumps are made in step mode, which is not among `modes`",
        ),
        (
            "[capture]\nheap_dump = \"off\"\n[expect]\nleaks = [{ kind = \"heap\", site = \"f\", held_by = \"g\" }]",
            "5:49: only a heap dump tells who holds memory, and none is made",
        ),
        (
            "[expect]\nleaks = [{ kind = \"heap\", site = \"f\", variants = [\"defualt\"] }]",
            "3:50: there is no variant `defualt`",
        ),
        ("timeout = \"0s\"", "2:11: `timeout` must be longer than nothing"),
        ("module = \"../nowhere\"", "2:10: there is no directory `ROOT/nowhere`"),
        ("stdin = \"nothing.txt\"", "2:9: there is no file `nothing.txt`"),
        ("[thresholds]\nrelative = -0.5", "3:12: `relative` must be a number that is not negative"),
        (
            "[build]\nrace = true\ncgo = false",
            "3:1: variant `default`: the race detector needs cgo, and `cgo = false`",
        ),
        (
            "[build]\ncgo = false\n[[variant]]\nname = \"r\"\nbuild.race = true",
            "6:7: variant `r`: the race detector needs cgo, and `cgo = false`",
        ),
        (
            "[build]\nstatic = true\nrace = true",
            "3:1: variant `default`: the race detector's runtime cannot be linked statically",
        ),
        (
            "[build]\ndebug = \"full\"\nldflags = [\"-s\"]",
            "3:1: variant `default`: `debug = \"full\"`, but `-s` in `ldflags` drops it",
        ),
        (
            "[build]\ndebug = \"split\"\nldflags = [\"-w\"]",
            "3:1: variant `default`: `debug = \"split\"`, but `-w` in `ldflags` drops it",
        ),
        (
            "[build]\ntoolchain = \"1.27.4\"",
            "3:1: variant `default`: `1.27.4` is not the name of a Go release",
        ),
        ("[build]\nenv = { GOOS = \"linux\" }", "3:1: variant `default`: `GOOS` has a key of its own"),
        ("[[variant]]\nname = \"a\"\n[[variant]]\nname = \"a\"", "5:8: two variants are named `a`"),
        ("[[variant]]\nname = \"a/b\"", "3:8: `a/b` cannot be the name of a variant"),
        ("[matrix]\ntags = []", "3:8: axis `tags` has no value"),
        ("[matrix]\ntrimpath = [true, true]", "2:2: two variants are named `trimpath=true`"),
        (
            "[matrix]\ntrimpath = [true]\nexclude = [{ race = true }]",
            "4:12: this excludes no combination of the matrix",
        ),
        (
            "[matrix]\ntrimpath = [true]\nexclude = [{ trimpath = true }]",
            "2:2: the matrix has no combination left",
        ),
        (
            "[[variant]]\nname = \"race=true\"\n[matrix]\nrace = [true]",
            "4:2: two variants are named `race=true`",
        ),
    ] {
        let (found, _) = one(&format!("[workload]\n{text}\n"));
        assert_eq!(found, format!("case.toml:{message}"), "{text}");
    }
}

#[test]
fn contradictions_of_different_kinds_come_together() {
    let found = messages(
        "name = \"a b\"\n[workload]\ntimeout = \"0s\"\ncheckpoint = { on = \"round\" }\n[build]\nrace = true\ncgo = false\n",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn stripped_debug_with_strip_flags_is_no_contradiction() {
    let scenario = accepted("[workload]\n[build]\ndebug = \"stripped\"\nldflags = [\"-s\", \"-w\"]\n");
    assert_eq!(scenario.variants[0].build.debug, DebugInfo::Stripped);
}

#[test]
fn variant_keys_replace_those_of_build_one_by_one() {
    let scenario = accepted(
        "[workload]\n[build]\ntags = [\"a\"]\nldflags = [\"-s\"]\nenv = { A = \"1\", B = \"1\" }\n\
         [[variant]]\nname = \"x\"\nbuild = { tags = [\"b\"], env = { B = \"2\" } }\n[[variant]]\nname = \"y\"\n",
    );
    let [x, y] = scenario.variants.as_slice() else { panic!("{:?}", scenario.variants) };
    assert_eq!(
        (x.build.tags.as_slice(), x.build.ldflags.as_slice()),
        (&["b".to_owned()][..], &["-s".to_owned()][..])
    );
    assert_eq!(x.build.env, [("A".into(), "1".into()), ("B".into(), "2".into())].into());
    assert_eq!(y.build.tags, ["a"]);
}

#[test]
fn matrix_crosses_its_axes_excludes_and_includes() {
    let scenario = accepted(
        "[workload]\n[build]\ncgo = true\n[[variant]]\nname = \"first\"\n[matrix]\ntrimpath = [true, false]\n\
         tags = [[], [\"prod\"], [\"a/b\", \"c\"]]\nexclude = [{ trimpath = false, tags = [\"prod\"] }]\n\
         include = [{ race = true, ldflags = [\"-X\", \"main.v=1 2\"] }]\n",
    );
    let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "first",
            "tags=none,trimpath=true",
            "tags=none,trimpath=false",
            "tags=prod,trimpath=true",
            "tags=a_b+c,trimpath=true",
            "tags=a_b+c,trimpath=false",
            "ldflags=-X+main.v=1_2,race=true",
        ]
    );
    assert!(scenario.variants.iter().all(|variant| variant.build.cgo == Some(true)));
    assert_eq!(scenario.variants[3].build.tags, ["prod"]);
}

#[test]
fn matrix_beyond_any_use_is_refused_before_it_is_made() {
    let axis = format!("[{}]", vec!["[\"x\"]"; 300].join(","));
    let text = format!("[workload]\n[matrix]\ntags = {axis}\nldflags = {axis}\ngcflags = {axis}\n");
    assert_eq!(one(&text).0, "case.toml:2:2: the matrix has more than 256 combinations");
}

#[test]
fn scenario_is_found_upward_and_a_near_name_is_offered() {
    let case = Case::new();
    fs::write(case.root.join("scenarios/leak-repro.toml"), "[workload]\n").expect("write");
    fs::write(case.root.join("scenarios/leak-repro.baseline.toml"), "").expect("write");
    fs::write(case.root.join("scenarios/broken.toml"), "x = 1\n").expect("write");
    let from = case.root.join("cmd/server");
    assert_eq!(find("leak-repro", &from).expect("found"), case.root.join("scenarios/leak-repro.toml"));
    let error = find("leak-rpro", &from).expect_err("no such name").to_string();
    assert!(error.starts_with("there is no scenario `leak-rpro`\n  looked for `"), "{error}");
    let part = find("leak", &from).expect_err("no such name").to_string();
    assert!(
        part.ends_with("did you mean `leak-repro`?\nhint: harness run leak-repro"),
        "a part of it: {part}"
    );
    assert!(error.ends_with("did you mean `leak-repro`?\nhint: harness run leak-repro"), "{error}");
    let listed = list(&from);
    let names: Vec<_> = listed.iter().map(|(path, scenario)| (path.file_stem(), scenario.is_ok())).collect();
    assert_eq!(names, [(Some("broken"), false), (Some("leak-repro"), true)]);
}

#[test]
fn package_gets_a_scenario_relative_to_its_module() {
    let case = Case::new();
    let scenario = for_package(&case.root.join("cmd"), "./server");
    assert_eq!(scenario.name, "server");
    assert_eq!(scenario.workload.module, case.root);
    assert_eq!(scenario.workload.package, "./cmd/server");
    assert_eq!(scenario.workload.dir, case.root.join("cmd"));
    assert_eq!(scenario.variants.len(), 1);
    let here = for_package(&case.root.join("cmd/server"), ".");
    assert_eq!((here.name.as_str(), here.workload.package.as_str()), ("server", "./cmd/server"));
    assert_eq!(for_package(&case.root, "example.com/m/cmd/x").workload.package, "example.com/m/cmd/x");
}

#[test]
fn every_prefix_of_a_scenario_is_accepted_or_refused_without_a_panic() {
    let text = "name = \"é\"\n[workload]\nargs = [\"a\", 'b']\n[[variant]]\nname = \"x\"\nbuild = { tags = [\"ü\"] }\n\
                [matrix]\ntags = [[], [\"p\"]]\n[capture]\ntrace = { alloc_free = true }\n";
    let case = Case::new();
    for (at, _) in text.char_indices() {
        if let Err(error) = case.load(&text[..at]) {
            assert!(error.to_string().contains("case.toml"), "{error}");
        }
    }
}

#[test]
fn resolved_scenario_survives_the_manifest() {
    let scenario = accepted("[workload]\n[matrix]\nrace = [true, false]\n[expect]\nleaks = []\n");
    let json = serde_json::to_string(&scenario).expect("json");
    assert_eq!(serde_json::from_str::<Scenario>(&json).expect("back"), scenario);
}

/// A case whose module has packages of its own, a vendored one and a nested module.
fn with_packages() -> Case {
    let case = Case::new();
    for file in [
        "cmd/server/main.go",
        "internal/cache/cache.go",
        "vendor/github.com/x/pool/pool.go",
        "tools/gen/gen.go",
        "internal/only_test/a_test.go",
    ] {
        let path = case.root.join(file);
        fs::create_dir_all(path.parent().expect("within")).expect("mkdir");
        fs::write(path, "package p\n").expect("write");
    }
    fs::write(case.root.join("tools/go.mod"), "module example.com/m/tools\n").expect("write");
    case
}

#[test]
fn a_third_party_that_is_the_program_itself_is_refused_with_its_line() {
    let case = with_packages();
    let load = |pattern: &str| {
        case.load(&format!(
            "[workload]\n[baseline]\nthird_party = [\n  \"github.com/*\",\n  \"{pattern}\",\n]\n"
        ))
    };
    for (pattern, named) in [
        ("*", "it matches the program's own package `example.com/m/cmd/server` and 1 more"),
        ("example.com/m*", "own package `example.com/m/cmd/server` and 1 more"),
        ("example.com/m/internal/cache", "own package `example.com/m/internal/cache`\n"),
        ("main", "own package `example.com/m/cmd/server`"),
    ] {
        let error = load(pattern).expect_err(pattern).to_string();
        assert!(error.contains("case.toml:5:3: ") && error.contains(named), "{error}");
    }
    for pattern in ["github.com/x/pool", "example.com/mm/*", "example.com/m/tools/*", "*/pool"] {
        assert!(load(pattern).is_ok(), "{pattern}");
    }
}

#[test]
fn a_suppression_that_fits_whatever_the_program_leaks_is_refused_and_one_for_a_function_is_not() {
    let case = with_packages();
    let load =
        |keys: &str| case.load(&format!("[workload]\n[[baseline.suppress]]\nreason = \"old\"\n{keys}\n"));
    for keys in [
        "function = \"*\"",
        "function = \"main.*\"",
        "function = \"main.main\"",
        "function = \"example.com/m/*\"",
        "path = \"*\"",
        "path = \"*.go\"",
        "kind = \"goroutine\"\ncreator = \"*\"",
        "function = \"*\"\npath = \"*\"",
    ] {
        let error = load(keys).expect_err(keys).to_string();
        assert!(
            error.contains("case.toml:2:1: this suppression matches whatever the program leaks"),
            "{error}"
        );
    }
    for keys in [
        "function = \"main.warm\"",
        "function = \"example.com/m/internal/legacy.*\"",
        "function = \"main.*\"\npath = \"internal/legacy/*\"",
        "creator = \"legacy.(*Bus).Start\"",
        "path = \"internal/legacy/*\"",
    ] {
        assert!(load(keys).is_ok(), "{keys}");
    }
}
