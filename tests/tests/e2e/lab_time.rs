//! `harness build --show time`: what came from the cache, what a cold build takes, and why variants share no packages.

use std::fs;

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

/// Of few packages: every one of them is compiled in a cold build.
const MAIN: &str = "package main\n\nfunc main() {\n\tfor n := range 200 {\n\t\thandle(n)\n\t}\n}\n\n\
                    //go:noinline\nfunc handle(n int) { println(n) }\n";

const VARIANTS: &str = "\n[[variant]]\nname = \"default\"\n[[variant]]\nname = \"no-inline\"\nbuild.gcflags = [\"-l\"]\n\
                        [[variant]]\nname = \"stripped\"\nbuild.ldflags = [\"-s\"]\n";

fn variant<'a>(answer: &'a Value, list: &str, name: &str) -> Result<&'a Value> {
    let all = answer[list].as_array().context("a list")?;
    let of = all.iter().find(|of| of["variant"] == name).with_context(|| format!("{name} in {answer:#}"))?;
    Ok(&of["of"])
}

#[test]
fn a_warm_build_only_links_and_packages_of_a_variants_own_have_their_reason() -> Result<()> {
    let bench = Bench::with_module("quick", MAIN, VARIANTS)?;
    let ended = bench.run(["build", "quick", "--show", "time", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let time = &report["answers"]["time"];
    let warm = &variant(time, "variants", "default")?["warm"];
    assert_eq!(warm["compiled"], 0, "{warm:#}");
    assert!(warm["packages"].as_u64() > Some(10), "{warm:#}");
    assert!(warm["link"].as_i64() > Some(0) && warm["wall"].as_i64() > warm["link"].as_i64(), "{warm:#}");
    assert!(warm["loading"].as_i64() > Some(0), "{warm:#}");

    let commands = fs::read_to_string(warm["files"]["commands"].as_str().context("a path")?)?;
    assert!(commands.contains("WORK=") && commands.contains("/link -o "), "{commands}");

    let own = variant(time, "differences", "no-inline")?;
    let anew = own["anew"].as_array().context("a list")?;
    assert_eq!(anew.len(), 1, "{own:#}");
    assert_eq!(anew[0]["package"], "example.com/quick");
    let because = anew[0]["because"].as_array().context("a list")?;
    assert!(because.contains(&Value::from("gcflags [] -> [-l]")), "{own:#}");
    assert_eq!(own["shared"].as_u64(), warm["packages"].as_u64().map(|all| all - 1), "{own:#}");

    let stripped = variant(time, "differences", "stripped")?;
    assert_eq!(stripped["link"][0], "ldflags [] -> [-s]", "{stripped:#}");
    Ok(())
}

#[test]
fn a_cold_build_compiles_every_package_in_a_cache_that_goes_with_it() -> Result<()> {
    let bench = Bench::with_module("quick", MAIN, VARIANTS)?;
    let ask = ["build", "quick", "--variant", "default", "--show", "time", "--cold", "--format", "json"];
    let ended = bench.run(ask)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("compiling everything anew"), "{ended}");
    let report = ended.json()?;
    let cold = &variant(&report["answers"]["time"], "variants", "default")?["cold"];
    assert_eq!(cold["compiled"], cold["packages"], "{cold:#}");
    assert!(cold["slowest"].as_array().is_some_and(|all| all[0]["package"] == "runtime"), "{cold:#}");

    // The chain begins where nothing is imported and ends with the link, and is a part of the whole.
    let steps = cold["critical"].as_array().context("a list")?;
    let actions: Vec<&str> = steps.iter().filter_map(|step| step["action"].as_str()).collect();
    assert!(actions.contains(&"build") && actions.contains(&"link"), "{cold:#}");
    assert!(cold["critical_time"].as_i64() < cold["wall"].as_i64(), "{cold:#}");
    assert_eq!(cold["parallelism_over_time"].as_array().map(Vec::len), Some(10), "{cold:#}");

    let kept = bench.root().join(".harness/build/quick/default/lab/time/cold");
    let names: Vec<String> =
        kept.read_dir_utf8()?.map(|entry| Ok(entry?.file_name().to_owned())).collect::<Result<_>>()?;
    assert!(names.contains(&"commands.txt".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("go-cache")), "{names:?}");
    Ok(())
}
