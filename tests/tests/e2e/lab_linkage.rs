//! `harness build --show linkage`: what a program needs, through which package, and what makes it static.

use anyhow::{Context as _, Result};
use harness_tests::Bench;
use serde_json::Value;

fn facts<'a>(report: &'a Value, variant: &str) -> Result<&'a Value> {
    let all = report["answers"]["linkage"]["variants"].as_array().context("variants")?;
    Ok(&all.iter().find(|facts| facts["variant"] == variant).context("the variant")?["of"])
}

/// Packages that bring in a library that is called so.
fn through(facts: &Value, library: &str) -> Vec<String> {
    let libraries = facts["libraries"].as_array().into_iter().flatten();
    let named = libraries.filter(|one| one["name"].as_str().is_some_and(|name| name.starts_with(library)));
    let packages = named.flat_map(|one| one["through"].as_array().into_iter().flatten());
    packages.filter_map(|one| Some(one["package"].as_str()?.to_owned())).collect()
}

#[test]
fn libraries_are_laid_at_the_packages_that_bring_them_in_and_static_is_what_names_none() -> Result<()> {
    let bench = Bench::new()?;
    bench.program("static-cgo")?;
    let path = bench.scenario("static-cgo")?;
    let more = "\n[[variant]]\nname = \"no-compiler\"\nbuild.cgo = true\nbuild.env = { CC = \"no-such-cc\" }\n\
                [lab.expect]\nstatic = true\nmax_glibc = \"2.2\"\n";
    let text = std::fs::read_to_string(&path)?;
    bench.write("scenarios/static-cgo.toml", &format!("{text}{more}"))?;
    let ended = bench.run(["build", "static-cgo", "--format", "json"])?;
    assert_eq!(ended.code, Some(3), "{ended}");
    let report = ended.json()?;
    let cgo = facts(&report, "cgo")?;
    assert_eq!(cgo["is_static"], false);
    assert_eq!(through(cgo, "libm.so"), ["example.com/static-cgo"], "{cgo}");
    let c = through(cgo, "libc.so");
    assert!(c.contains(&"net".to_owned()) && c.contains(&"os/user".to_owned()), "{cgo}");
    assert!(cgo["interpreter"].is_string() && cgo["glibc"][0]["symbols"][0].is_string(), "{cgo}");
    let resolver = facts(&report, "go-resolver")?;
    assert_eq!(through(resolver, "libc.so"), ["example.com/static-cgo"], "{resolver}");
    for variant in ["no-cgo", "static", "static-pure"] {
        let of = facts(&report, variant)?;
        assert_eq!(
            (&of["is_static"], &of["interpreter"]),
            (&Value::Bool(true), &Value::Null),
            "{variant}: {of}"
        );
    }
    let warned = facts(&report, "static")?["warnings"].to_string();
    assert!(warned.contains("getaddrinfo") && warned.contains("getpwnam_r"), "{warned}");
    assert_eq!(facts(&report, "static-pure")?["warnings"], serde_json::json!([]));
    let expected = report["answers"]["linkage"]["expected"].as_array().context("lines")?;
    let holds = |variant: &str, key: &str| {
        let line = |line: &&Value| {
            line["variant"] == variant && line["expected"].as_str().is_some_and(|text| text.starts_with(key))
        };
        expected.iter().find(line).and_then(|line| line["holds"].as_bool())
    };
    assert_eq!((holds("cgo", "static"), holds("no-cgo", "static")), (Some(false), Some(true)));
    assert_eq!((holds("cgo", "max_glibc"), holds("static", "max_glibc")), (Some(false), Some(true)));
    let lost = report["builds"]
        .as_array()
        .and_then(|all| all.iter().find(|build| build["variant"] == "no-compiler"));
    assert!(
        lost.context("the variant")?["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("gcc"))
    );
    Ok(())
}
