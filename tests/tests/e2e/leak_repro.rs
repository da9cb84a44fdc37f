//! The main job: the leaking service in six builds.

use anyhow::Result;
use harness_tests::Bench;

use crate::report::{line_of, only, place};

#[test]
fn both_leaks_are_found_with_their_lines_in_every_variant() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let ended = bench.run(["run", "leak-repro", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;

    let heap = only(&report, "heap")?;
    assert_eq!(place(heap), line_of("leaky-cache", "internal/cache/cache.go", "&entry{quote: q}")?);
    let goroutine = only(&report, "goroutine")?;
    let subscribe = line_of("leaky-cache", "internal/events/events.go", "go s.deliver")?;
    assert_eq!(place(goroutine), subscribe);

    // The trace knows a closure as a struct like many others; the path names the function.
    let evidence = heap["evidence"].as_array().into_iter().flatten();
    let retained = evidence.into_iter().find(|evidence| evidence["kind"] == "retained");
    let first = retained.map(|retained| &retained["path"]["steps"][0]["type_name"]);
    assert_eq!(first.and_then(|name| name.as_str()), Some("func main.run.audited.func1"), "{heap:#}");

    for finding in [heap, goroutine] {
        let variants = finding["variants"].as_array().map(Vec::len);
        assert_eq!(variants, Some(6), "{finding:#}");
    }
    Ok(())
}

#[test]
fn the_axis_is_aligned_within_a_fifth_of_a_millisecond() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    // More requests than the scenario has, so that a busy machine too sees enough cycles.
    bench.edit("scenarios/leak-repro.toml", "operations = 2000", "operations = 6000")?;
    bench.edit("scenarios/leak-repro.toml", "[\"plain\", \"natural\", \"step\"]", "[\"natural\"]")?;
    bench.edit("scenarios/leak-repro.toml", "heap_dump = \"first-last\"", "heap_dump = \"off\"")?;
    let ended = bench.run(["run", "leak-repro", "--variant", "default", "--format", "json"])?;
    let report = ended.json()?;
    let natural =
        report["alignments"].as_array().into_iter().flatten().find(|a| a["run"]["mode"] == "natural");
    let alignment = &natural.ok_or_else(|| anyhow::anyhow!("no natural run: {report:#}"))?["alignment"];
    assert_eq!(alignment["outcome"], "unique", "{alignment:#}");
    assert!(alignment["matched"].as_u64() >= Some(50), "{alignment:#}");
    assert!(alignment["residual_median"].as_i64().is_some_and(|ns| ns < 200_000), "{alignment:#}");
    Ok(())
}

#[test]
fn nothing_is_left_behind_and_the_sources_are_untouched() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let program = bench.root().join("fixtures/programs/leaky-cache");
    let before = listing(&program)?;
    let ended = bench.run(["run", "leak-repro", "--variant", "stripped"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(!ended.seen.is_empty(), "the process table was not looked at");
    assert_eq!(bench.processes()?, []);
    assert_eq!(listing(&program)?, before);
    Ok(())
}

/// Paths and contents below a directory.
fn listing(root: &camino::Utf8Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.to_string(), std::fs::read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}
