//! `harness build --show cross`: one program for several systems and processors, with qemu-user and node.

use anyhow::Result;
use harness_tests::Bench;
use serde_json::Value;

fn bench() -> Result<Bench> {
    Bench::with_scenario("cross", "portable")
}

#[test]
fn programs_for_other_processors_run_under_an_emulator_and_leak_the_same() -> Result<()> {
    let bench = bench()?;
    // A target that does not exist takes nothing from the others.
    let lost =
        "[[variant]]\nname = \"lost\"\nbuild.goos = \"windows\"\nbuild.goarch = \"riscv64\"\n\n[capture]";
    bench.edit("scenarios/cross.toml", "[capture]", lost)?;
    let ended = bench.run(["build", "cross", "--format", "json"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let report = ended.json()?;
    let cross = &report["answers"]["cross"];
    let facts = |variant: &str| {
        let variants = cross["variants"].as_array().into_iter().flatten();
        variants
            .into_iter()
            .find(|one| one["variant"] == variant)
            .map(|one| one["of"].clone())
            .unwrap_or_default()
    };
    assert_eq!(facts("linux-amd64")["leaks"].as_array().map(Vec::len), Some(2), "{cross:#}");
    for (variant, emulator) in
        [("linux-arm64", "qemu-aarch64 "), ("linux-riscv64", "qemu-riscv64 "), ("js-wasm", "node ")]
    {
        let facts = facts(variant);
        assert!(facts["emulator"].as_str().is_some_and(|name| name.starts_with(emulator)), "{facts:#}");
        let differences = cross["differences"].as_array().into_iter().flatten();
        let difference = differences.into_iter().find(|one| one["variant"] == variant).map(|one| &one["of"]);
        let difference = difference.cloned().unwrap_or_default();
        assert_eq!(difference["same"], 2, "{variant}: {cross:#}");
        assert_eq!(difference["figures"], serde_json::json!([]), "{variant}: {cross:#}");
        assert_eq!(
            (&difference["missing"], &difference["more"]),
            (&difference["figures"], &difference["figures"])
        );
    }
    let windows = facts("windows-amd64");
    let why = "built, not run: no emulator for windows/amd64 is known here";
    assert_eq!(
        (&windows["not_run"], &windows["leaks"]),
        (&why.into(), &serde_json::Value::Null),
        "{cross:#}"
    );
    let lost = facts("lost")["failure"].as_str().unwrap_or_default().to_owned();
    assert!(lost.contains("unsupported GOOS/GOARCH pair") && lost.contains("windows/arm64"), "{lost}");
    Ok(())
}

#[test]
fn an_emulator_that_is_missing_is_named_and_its_variant_is_not_judged() -> Result<()> {
    let bench = bench()?;
    let path = std::env::var("PATH")?;
    let without: Vec<&str> =
        path.split(':').filter(|dir| !std::path::Path::new(dir).join("qemu-aarch64").exists()).collect();
    let tools = bench.root().join("tools");
    std::fs::create_dir(&tools)?;
    for tool in ["git", "sh", "gcc", "go"] {
        let of = path.split(':').map(|dir| std::path::Path::new(dir).join(tool)).find(|file| file.exists());
        if let Some(file) = of {
            std::os::unix::fs::symlink(file, tools.join(tool))?;
        }
    }
    let path = [&[tools.as_str()], without.as_slice()].concat().join(":");
    let words = ["run", "cross", "--variant", "linux-amd64", "--variant", "linux-arm64"];
    let ended = bench.run_with(words, &[("PATH", &path)])?;
    assert_eq!(ended.code, Some(6), "{ended}");
    let why = "linux-arm64: built, not run: needs qemu-aarch64; get it: apt-get install qemu-user";
    assert!(ended.stdout.contains(why) && ended.stderr.contains(why), "{ended}");
    assert!(ended.stdout.contains("main.remember"), "the others are judged: {ended}");
    Ok(())
}

#[test]
fn a_run_under_an_emulator_is_judged_like_any_other_but_for_what_the_emulator_makes_of_the_process()
-> Result<()> {
    let bench = bench()?;
    let words = ["run", "cross", "--variant", "linux-arm64", "--variant", "windows-amd64"];
    let ended = bench.run(words)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("linux-arm64 (qemu-aarch64)"), "{ended}");
    assert!(ended.stdout.contains("under an emulator it tells of the emulator: not comparable"), "{ended}");
    assert!(ended.stdout.contains("built, not run: no emulator for windows/amd64"), "{ended}");
    assert_eq!(bench.processes()?, []);
    Ok(())
}

#[test]
fn cgo_for_another_processor_says_which_compiler_it_needs() -> Result<()> {
    let bench = Bench::with_module(
        "c",
        "package main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nfunc main() { handle() }\nfunc handle() { C.one() }\n",
        "[[variant]]\nname = \"arm64\"\nbuild.goos = \"linux\"\nbuild.goarch = \"arm64\"\nbuild.cgo = true\n",
    )?;
    let ended = bench.run(["build", "c"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.stdout.contains("apt-get install gcc-aarch64-linux-gnu"), "{ended}");
    assert!(ended.stdout.contains("CC = \"aarch64-linux-gnu-gcc\""), "{ended}");
    Ok(())
}

/// Two kinds of it for arm64, and one for which there is no compiler.
const WITH_C: &str = r#"
[[variant]]
name = "native"
[[variant]]
name = "arm64"
build.goos = "linux"
build.goarch = "arm64"
build.env = { CC = "aarch64-linux-gnu-gcc" }
[[variant]]
name = "arm64-static"
build.goos = "linux"
build.goarch = "arm64"
build.static = true
build.env = { CC = "aarch64-linux-gnu-gcc" }
[[variant]]
name = "lost"
build.goos = "linux"
build.goarch = "s390x"
build.env = { CC = "s390x-linux-gnu-gcc" }
[lab]
show = ["cross"]
[lab.expect]
max_glibc = "2.99"
"#;

#[test]
fn a_program_with_c_for_another_processor_runs_with_that_processors_libraries() -> Result<()> {
    let main = "package main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nvar kept [][]byte\n\n\
                func main() {\n\tfor range 1000 {\n\t\thandle()\n\t}\n}\n\n\
                //go:noinline\nfunc handle() { kept = append(kept, make([]byte, 1000*C.one())) }\n";
    let bench = Bench::with_module("c", main, WITH_C)?;
    bench.edit("scenarios/c.toml", "cgo = false", "cgo = true")?;
    // A machine that has that compiler is made to be without it.
    let no_compiler = bench.root().join("none").join("s390x-linux-gnu-gcc");
    bench.edit("scenarios/c.toml", "CC = \"s390x-linux-gnu-gcc\"", &format!("CC = \"{no_compiler}\""))?;
    let ended = bench.run(["build", "c", "--format", "json"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let report = ended.json()?;
    let of = |topic: &str, list: &str, variant: &str| {
        let all = report["answers"][topic][list].as_array().into_iter().flatten();
        all.into_iter().find(|one| one["variant"] == variant).map(|one| one["of"].clone()).unwrap_or_default()
    };
    let dynamic = of("linkage", "variants", "arm64");
    assert_eq!(dynamic["interpreter"], "/lib/ld-linux-aarch64.so.1", "{dynamic}");
    assert_eq!(dynamic["libraries"][0]["name"], "libc.so.6", "{dynamic}");
    assert!(dynamic["glibc"][0]["version"].is_string(), "{dynamic}");
    assert_eq!(of("linkage", "variants", "arm64-static")["is_static"], true);
    for variant in ["arm64", "arm64-static"] {
        let ran = of("cross", "variants", variant);
        assert!(ran["emulator"].as_str().is_some_and(|name| name.starts_with("qemu-aarch64")), "{ran:#}");
        assert_eq!(
            (&ran["failed"], ran["leaks"].as_array().map(Vec::len)),
            (&Value::Null, Some(1)),
            "{ran:#}"
        );
        assert_eq!(of("cross", "differences", variant)["same"], 1, "{variant}: {ended}");
    }
    let lost = of("cross", "variants", "lost")["failure"].as_str().unwrap_or_default().to_owned();
    assert!(lost.contains("apt-get install gcc-s390x-linux-gnu"), "{lost}");
    Ok(())
}

/// Rounds are real-time signals, which qemu moves.
#[test]
fn the_rounds_of_a_driver_reach_a_program_under_an_emulator() -> Result<()> {
    let bench = Bench::new()?;
    bench.write("srv/go.mod", "module example.com/srv\n\ngo 1.23\n")?;
    bench.write(
        "srv/main.go",
        "package main\n\nimport \"time\"\n\nvar kept [][]byte\n\nfunc main() {\n\tfor range time.Tick(5 * time.Millisecond) {\n\t\tkeep()\n\t}\n}\n\n\
         //go:noinline\nfunc keep() { kept = append(kept, make([]byte, 1000)) }\n",
    )?;
    bench.write(
        "scenarios/srv.toml",
        "[workload]\nmodule = \"../srv\"\n[workload.checkpoint]\non = \"round\"\n[workload.driver]\ncommand = [\"sleep\", \"0.1\"]\n\
         rounds = 7\nready = { after = \"300ms\" }\n[build]\ncgo = false\ngoos = \"linux\"\ngoarch = \"arm64\"\n[capture]\nmodes = [\"step\"]\n\
         repeat = 1\nheap_dump = \"off\"\n[expect]\nleaks = [{ kind = \"heap\", site = \"main.keep\" }]\n",
    )?;
    let ended = bench.run(["run", "srv"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("default (qemu-aarch64)"), "{ended}");
    assert_eq!(bench.processes()?, []);
    Ok(())
}
