//! `harness build --show modules`: which modules a program is made of and why, `vendor/` file by file, a build without a network.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use harness_tests::{Bench, Ended, Proxy};
use serde_json::{Value, json};

/// A program with modules of a proxy, vendored.
struct Vendored {
    bench: Bench,
    environment: Vec<(&'static str, String)>,
}

const SCENARIO: &str = r#"
[workload]
module = "../app"
[workload.checkpoint]
on = "call"
func = "main.handle"
every = 5
[build]
cgo = false
[[variant]]
name = "vendored"
[[variant]]
name = "fetched"
build.mod = "mod"
[[variant]]
name = "extra"
build.tags = ["extra"]
[[variant]]
name = "next"
build.mod = "mod"
build.env = { GOFLAGS = "-modcacherw -modfile=next.mod" }
[capture]
modes = ["step"]
repeat = 1
heap_dump = "off"
[lab]
show = ["modules"]
"#;

const MAIN: &str = "package main\n\nimport (\n\t\"example.com/app/store\"\n\t\"example.com/other\"\n)\n\n\
                    func main() {\n\tfor range 10 {\n\t\thandle()\n\t}\n}\n\n\
                    func handle() { println(store.Get(), other.O()) }\n";

impl Vendored {
    fn new() -> Result<Self> {
        let bench = Bench::new()?;
        let proxy = Proxy::new(&bench.root().join("proxy"))?;
        let low = ("low.go", "package low\n\nfunc L() int { return 1 }\n");
        let dep =
            ("dep.go", "package dep\n\nimport \"example.com/low\"\n\nfunc D() int { return low.L() }\n");
        proxy.add("example.com/low", "v1.0.0", ("", ""), &[low])?;
        proxy.add("example.com/low", "v1.1.0", ("", ""), &[low])?;
        proxy.add("example.com/low", "v1.2.0", ("", "require example.com/dep v1.0.0\n"), &[low])?;
        let licence = ("LICENSE", "none\n");
        proxy.add("example.com/dep", "v1.0.0", ("", "require example.com/low v1.0.0\n"), &[dep, licence])?;
        let rest = "require example.com/low v1.2.0\n\nretract v1.0.0 // loses data\n";
        proxy.add("example.com/dep", "v1.1.0", ("// Deprecated: use example.com/new.\n", rest), &[dep])?;
        let other =
            ("o.go", "package other\n\nimport \"example.com/low\"\n\nfunc O() int { return low.L() }\n");
        proxy.add("example.com/other", "v1.0.0", ("", "require example.com/low v1.1.0\n"), &[other])?;
        proxy.add("example.com/extra", "v0.1.0", ("", ""), &[("e.go", "package extra\n\nvar E = 1\n")])?;
        let environment = proxy.environment(&bench.root().join("modules")).to_vec();
        bench.write(
            "app/go.mod",
            "module example.com/app\n\ngo 1.23\n\nrequire (\n\texample.com/dep v1.0.0\n\texample.com/other v1.0.0\n)\n",
        )?;
        bench.write("app/main.go", MAIN)?;
        let store = "package store\n\nimport \"example.com/dep\"\n\nfunc Get() int { return dep.D() }\n";
        bench.write("app/store/store.go", store)?;
        bench
            .write("app/extra.go", "//go:build extra\n\npackage main\n\nimport _ \"example.com/extra\"\n")?;
        bench.write("scenarios/app.toml", SCENARIO)?;
        let vendored = Self { bench, environment };
        vendored.go(&["mod", "tidy"])?;
        let app = vendored.bench.root().join("app");
        for (from, to) in [("go.mod", "next.mod"), ("go.sum", "next.sum")] {
            std::fs::copy(app.join(from), app.join(to))?;
        }
        vendored.bench.edit("app/next.mod", "example.com/dep v1.0.0", "example.com/dep v1.1.0")?;
        vendored.go(&["mod", "vendor"])?;
        Ok(vendored)
    }

    fn go(&self, args: &[&str]) -> Result<()> {
        self.go_with(args, &[("GOWORK", "off")])
    }

    fn go_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Result<()> {
        let mut command = Command::new("go");
        command.args(args).current_dir(self.bench.root().join("app")).envs(environment.iter().copied());
        let done = command.envs(self.environment.iter().map(|(name, value)| (name, value))).output()?;
        ensure!(done.status.success(), "go {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    fn build(&self, more: &[&str], environment: &[(&'static str, &str)]) -> Result<Ended> {
        let mut all: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend(environment);
        self.bench.run_with([&["build", "app"], more].concat(), &all)
    }

    /// What a run with these words says of modules, as JSON.
    fn answer(&self, more: &[&str], environment: &[(&'static str, &str)]) -> Result<(Option<i32>, Value)> {
        let ended = self.build(&[more, &["--format", "json"]].concat(), environment)?;
        let answer = ended.json().with_context(|| format!("{ended}"))?["answers"]["modules"].clone();
        ensure!(answer.is_object(), "no answer: {ended}");
        Ok((ended.code, answer))
    }
}

fn of<'a>(answer: &'a Value, variant: &str) -> Result<&'a Value> {
    let all = answer["variants"].as_array().context("variants")?;
    Ok(&all.iter().find(|facts| facts["variant"] == variant).context("the variant")?["of"])
}

/// `[path, line, built]` of files.
fn files(list: &Value) -> Value {
    let file = |file: &Value| json!([file["path"], file["line"], file["built"]]);
    list.as_array().map_or(Value::Null, |all| all.iter().map(file).collect())
}

#[test]
fn a_vendor_directory_that_was_edited_is_told_file_by_file_and_its_clean_twin_is_in_sync() -> Result<()> {
    let bench = Bench::with_scenario("vendor-drift", "vendor-drift")?;
    let ended = bench.run(["build", "vendor-drift", "--format", "json"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    let answer = &report["answers"]["modules"];
    let facts = of(answer, "vendored")?;
    let vendor = &facts["vendor"];
    assert_eq!((&vendor["state"], &vendor["used"]), (&json!("drifted"), &json!(true)), "{vendor}");
    assert_eq!(files(&vendor["altered"]), json!([["example.com/words/words.go", 5, true]]));
    assert_eq!(files(&vendor["missing"]), json!([["example.com/greeting/german.go", null, false]]));
    assert_eq!(files(&vendor["untracked"]), json!([["example.com/words/loud.go", null, true]]));
    assert_eq!(vendor["modules_txt"], json!([]));
    // The program builds, and without a network, too: nobody else would have said so.
    assert_eq!((&facts["offline"]["builds"], &report["builds"][0]["failure"]), (&json!(true), &Value::Null));
    assert_eq!((&facts["mode"], &of(answer, "replaced")?["mode"]), (&json!("vendor"), &json!("mod")));
    assert_eq!(of(answer, "replaced")?["vendor"]["used"], json!(false));
    let greeting = &facts["modules"][0];
    assert_eq!(
        (&greeting["path"], &greeting["replaced"]["by"]),
        (&json!("example.com/greeting"), &json!("../greeting"))
    );
    let chain = json!(["example.com/vendor-drift", "example.com/greeting", "example.com/words"]);
    assert_eq!(facts["modules"][1]["chain"], chain);
    assert_eq!(answer["not_run"], json!([]), "a directory has no version that could have been taken back");

    let ended = bench.run(["build", "vendor-drift-fixed"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let line = "holds  vendored: expected vendor = \"in-sync\"; found what `go mod vendor` writes (3 files)";
    assert!(ended.stdout.contains(line), "{ended}");
    Ok(())
}

#[test]
fn modules_have_their_way_their_rivals_and_what_their_authors_took_back() -> Result<()> {
    let app = Vendored::new()?;
    let more = "[lab.expect]\nvendor = \"in-sync\"\noffline = true\nno_retracted = true\n";
    app.bench.write("scenarios/app.toml", &format!("{SCENARIO}{more}"))?;
    let (code, answer) = app.answer(&[], &[])?;
    assert_eq!(code, Some(1), "{answer}");
    let facts = of(&answer, "vendored")?;
    let modules: Vec<Value> = facts["modules"]
        .as_array()
        .context("modules")?
        .iter()
        .map(|one| json!([one["path"], one["version"], one["chain"], one["imported_by"]]))
        .collect();
    let expected = json!([
        [
            "example.com/dep",
            "v1.0.0",
            ["example.com/app", "example.com/app/store", "example.com/dep"],
            ["example.com/app"]
        ],
        [
            "example.com/low",
            "v1.1.0",
            ["example.com/app", "example.com/other", "example.com/low"],
            ["example.com/dep", "example.com/other"]
        ],
        ["example.com/other", "v1.0.0", ["example.com/app", "example.com/other"], ["example.com/app"]],
    ]);
    assert_eq!(json!(modules), expected);
    assert_eq!(facts["unused"][0]["path"], "example.com/extra");

    let conflict = &facts["conflicts"][0];
    assert_eq!((&conflict["path"], &conflict["chosen"]), (&json!("example.com/low"), &json!("v1.1.0")));
    let lowest = json!({"version": "v1.0.0", "by": [{"path": "example.com/dep", "version": "v1.0.0"}]});
    assert_eq!(conflict["required"][0], lowest);

    let withdrawn = &facts["withdrawn"][0];
    let told =
        json!([withdrawn["module"], withdrawn["retracted"], withdrawn["deprecated"], withdrawn["newest"]]);
    let expected = json!([{"path": "example.com/dep", "version": "v1.0.0"}, ["loses data"], "use example.com/new.", "v1.1.0"]);
    assert_eq!(told, expected);

    let (extra, next) = (&answer["differences"][0], &answer["differences"][1]["of"]);
    assert_eq!(
        (&extra["variant"], &extra["of"]["added"][0]["path"]),
        (&json!("extra"), &json!("example.com/extra"))
    );
    let changed = json!([
        {"path": "example.com/dep", "from": "v1.0.0", "to": "v1.1.0"},
        {"path": "example.com/low", "from": "v1.1.0", "to": "v1.2.0"},
    ]);
    assert_eq!(next["changed"], changed, "another go.mod by -modfile");

    assert_eq!(facts["offline"]["builds"], true);
    let fetched = &of(&answer, "fetched")?["offline"];
    let wanted = fetched["wanted"].as_str().context("what it wanted")?;
    assert!(wanted.contains("module lookup disabled by GOPROXY=off"), "{fetched}");
    assert_eq!(fetched["fetch"].as_array().map(Vec::len), Some(2), "{fetched}");

    let lines = answer["expected"].as_array().context("lines")?.iter();
    let fails: Vec<Value> = lines
        .filter(|line| line["holds"] == false)
        .map(|line| json!([line["variant"], line["expected"]]))
        .collect();
    let expected = json!([
        ["vendored", "no_retracted = true"],
        ["fetched", "offline = true"],
        ["fetched", "no_retracted = true"],
        ["extra", "no_retracted = true"],
        ["next", "vendor = \"in-sync\""],
        ["next", "offline = true"],
    ]);
    assert_eq!(json!(fails), expected, "v1.1.0 was not taken back, and vendor/ is not of next.mod");
    Ok(())
}

#[test]
fn a_vendor_directory_that_go_mod_has_left_behind_is_told_although_nothing_builds() -> Result<()> {
    let app = Vendored::new()?;
    app.bench.edit("app/go.mod", "example.com/dep v1.0.0", "example.com/dep v1.1.0")?;
    let before = app.bench.root().join("app/go.sum");
    let sums = std::fs::read_to_string(&before)?;
    let (code, answer) = app.answer(&["--variant", "vendored"], &[])?;
    assert_eq!(code, Some(3), "{answer}");
    let facts = of(&answer, "vendored")?;
    assert!(facts["refused"].as_str().is_some_and(|why| why.contains("inconsistent vendoring")), "{facts}");
    let vendor = &facts["vendor"];
    let words = json!([
        "has example.com/dep v1.0.0; go.mod brings in v1.1.0",
        "has example.com/low v1.1.0; go.mod brings in v1.2.0",
    ]);
    assert_eq!(vendor["modules_txt"], words, "{vendor}");
    assert_eq!(files(&vendor["untracked"]), json!([["example.com/dep/LICENSE", null, false]]));
    assert_eq!(vendor["go_sum"].as_array().map(Vec::len), Some(4), "{vendor}");
    let cycle = facts["cycles"][0].as_array().context("a cycle")?;
    let cycle: Vec<String> = cycle
        .iter()
        .map(|one| {
            format!("{}@{}", one["path"].as_str().unwrap_or(""), one["version"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(cycle, ["example.com/dep@v1.1.0", "example.com/low@v1.2.0", "example.com/dep@v1.0.0"]);
    assert_eq!(facts["modules"][0]["version"], "v1.1.0");
    assert_eq!(facts["offline"]["builds"], false);
    assert_eq!(std::fs::read_to_string(&before)?, sums, "the user's go.sum is only read");

    let ended = app.build(&["--variant", "vendored"], &[])?;
    for line in [
        "example.com/dep v1.1.0 requires example.com/low v1.2.0 requires example.com/dep v1.0.0",
        "go.sum lacks",
    ] {
        assert!(ended.stdout.contains(line), "no `{line}` in {ended}");
    }
    Ok(())
}

#[test]
fn go_sum_without_a_line_is_told_and_without_sources_what_can_be_said_is_said() -> Result<()> {
    let app = Vendored::new()?;
    let sums = std::fs::read_to_string(app.bench.root().join("app/go.sum"))?;
    let line = sums.lines().find(|line| line.starts_with("example.com/dep v1.0.0 ")).context("a line")?;
    app.bench.edit("app/go.sum", &format!("{line}\n"), "")?;
    let (code, answer) = app.answer(&["--variant", "vendored"], &[])?;
    let vendor = &of(&answer, "vendored")?["vendor"];
    assert_eq!(
        (code, &vendor["state"], &vendor["go_sum"]),
        (Some(0), &json!("drifted"), &json!([line])),
        "{vendor}"
    );

    app.bench.write("app/go.sum", &sums)?;
    app.bench.write("app/vendor/example.com/stray/stray.go", "package stray\n")?;
    let empty = app.bench.root().join("empty");
    let shut = [("GOPROXY", "off"), ("GOMODCACHE", empty.as_str())];
    let (_, answer) = app.answer(&["--variant", "vendored"], &shut)?;
    let facts = of(&answer, "vendored")?;
    let vendor = &facts["vendor"];
    assert!(vendor["unchecked"]["why"].as_str().is_some_and(|why| why.contains("GOPROXY=off")), "{vendor}");
    assert_eq!(vendor["unchecked"]["not_compared"].as_array().map(Vec::len), Some(4), "{vendor}");
    assert_eq!(files(&vendor["untracked"]), json!([["example.com/stray/stray.go", null, false]]));
    assert_eq!(
        (&facts["offline"]["builds"], &facts["modules"][1]["path"]),
        (&json!(true), &json!("example.com/low"))
    );
    let not_run = answer["not_run"].as_array().context("what was not asked")?;
    assert!(not_run.iter().any(|one| one["what"] == "retracted and deprecated modules"), "{not_run:?}");

    // With the sources of some modules on the machine, files of those are compared.
    let cache = app.bench.root().join("modules");
    std::fs::remove_dir_all(cache.join("example.com/other@v1.0.0"))?;
    std::fs::remove_dir_all(cache.join("cache/download/example.com/other"))?;
    app.bench.edit("app/vendor/example.com/dep/dep.go", "low.L()", "low.L() + 1")?;
    let (_, answer) = app.answer(&["--variant", "vendored"], &[("GOPROXY", "off")])?;
    let vendor = &of(&answer, "vendored")?["vendor"];
    assert_eq!(files(&vendor["altered"]), json!([["example.com/dep/dep.go", null, true]]), "{vendor}");
    let other = json!([{"path": "example.com/other", "version": "v1.0.0"}]);
    assert_eq!(vendor["unchecked"]["not_compared"], other, "{vendor}");
    Ok(())
}

#[test]
fn a_variant_that_does_not_build_lends_its_answer_to_none_that_does() -> Result<()> {
    let app = Vendored::new()?;
    let broken = "[[variant]]\nname = \"broken\"\nbuild.gcflags = [\"-nonsense\"]\n";
    let vendored = "[[variant]]\nname = \"vendored\"";
    app.bench.edit("scenarios/app.toml", vendored, &format!("{broken}{vendored}"))?;
    let (code, answer) = app.answer(&["--variant", "broken", "--variant", "vendored"], &[])?;
    let builds = |variant| Ok::<_, anyhow::Error>(of(&answer, variant)?["offline"]["builds"].clone());
    assert_eq!((code, builds("broken")?, builds("vendored")?), (Some(3), json!(false), json!(true)));
    Ok(())
}

#[test]
fn a_workspace_has_its_own_vendor_directory_and_its_files_are_only_read() -> Result<()> {
    let app = Vendored::new()?;
    std::fs::remove_dir_all(app.bench.root().join("app/vendor"))?;
    app.bench.write("lib/go.mod", "module example.com/lib\n\ngo 1.23\n")?;
    app.bench.write("lib/lib.go", "package lib\n\nvar X = 1\n")?;
    app.bench.edit("app/store/store.go", "dep.D()", "dep.D() + lib.X")?;
    app.bench.edit("app/store/store.go", "import ", "import \"example.com/lib\"\nimport ")?;
    let go_work = app.bench.write("go.work", "go 1.23\n\nuse (\n\t./app\n\t./lib\n)\n")?;
    app.go_with(&["work", "vendor"], &[("GOWORK", go_work.as_str())])?;
    app.bench.edit("vendor/example.com/low/low.go", "return 1", "return 2")?;
    // What go.sum lacks the go command writes to a go.work.sum.
    let sums = std::fs::read_to_string(app.bench.root().join("app/go.sum"))?;
    let line = sums.lines().find(|line| line.starts_with("example.com/dep v1.0.0 ")).context("a line")?;
    app.bench.edit("app/go.sum", &format!("{line}\n"), "")?;
    let (code, answer) = app.answer(&["--variant", "vendored"], &[])?;
    let facts = of(&answer, "vendored")?;
    let vendor = &facts["vendor"];
    assert_eq!((code, &vendor["written_by"]), (Some(0), &json!("go work vendor")), "{vendor}");
    assert_eq!(files(&vendor["altered"]), json!([["example.com/low/low.go", 3, true]]));
    assert_eq!(vendor["modules_txt"], json!([]));
    assert_eq!(facts["modules"][1]["path"], "example.com/lib");
    assert_eq!(facts["offline"]["builds"], true);
    assert_eq!(vendor["go_sum"], json!([line]));
    assert!(!app.bench.root().join("go.work.sum").exists(), "it was left there");
    Ok(())
}
