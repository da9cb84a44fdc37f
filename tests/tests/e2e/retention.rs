//! Who holds leaked memory: one program for each way to hold it, with and without the mistake, in a plain build and in
//! one without paths, symbols and debug information. What is expected stands in the scenarios; a contract that is
//! kept says that each leak was found, that the holder it names holds it, and that the fixed twin has none.

use anyhow::{Context, Result, ensure};
use harness_tests::{Bench, Ended};
use serde_json::Value;

use crate::report::findings;

/// Root of the packages' import paths.
const PACKAGES: &str = "example.com/retention/internal/";

fn bench(class: &str) -> Result<Bench> {
    let bench = Bench::new()?;
    bench.program("retention")?;
    bench.scenario(&format!("retention/{class}"))?;
    Ok(bench)
}

fn run(bench: &Bench, class: &str) -> Result<Ended> {
    bench.run(["run", &format!("scenarios/retention/{class}.toml"), "--format", "json"])
}

fn retained(finding: &Value) -> Option<&Value> {
    evidence(finding, "retained")
}

fn evidence<'f>(finding: &'f Value, kind: &str) -> Option<&'f Value> {
    finding["evidence"].as_array()?.iter().find(|evidence| evidence["kind"] == kind)
}

/// The contract of the class' scenario is kept, `holder` holds every leak in both builds, and what the dump has of a
/// heap leak is to the byte what the profile has.
fn is_held_by(class: &str, holder: &str) -> Result<()> {
    let bench = bench(class)?;
    let ended = run(&bench, class)?;
    ensure!(ended.code == Some(0), "{class}: {ended}");
    let report = ended.json()?;
    let found = findings(&report)?;
    ensure!(!found.is_empty(), "{class} has no finding: {ended}");
    for finding in found {
        let variants = finding["by_variant"].as_array().context("no variants")?;
        ensure!(variants.len() == 2, "{class} is not found in two variants: {finding}");
        for variant in variants {
            ensure!(variant["variant"] != "fixed", "{class} is found in its fixed twin: {finding}");
            ensure!(variant["held_by"] == holder, "{class} is not held by `{holder}`: {variant}");
        }
        let retained = retained(finding).with_context(|| format!("{class} has no path: {finding}"))?;
        ensure!(
            !retained["path"]["root"]["name"].as_str().unwrap_or("").starts_with("0x"),
            "no name: {retained}"
        );
        if finding["kind"] == "heap" {
            let (dump, profile) = (&retained["held"]["bytes"], &finding["growth"]["final_value"]);
            ensure!(dump == profile, "{class}: {dump} B in the dump, {profile} B in the profile");
        }
    }
    Ok(())
}

/// What the first finding of the leaking build looks like in the dump.
fn looks_like(class: &str, kind: &str) -> Result<()> {
    let report = run(&bench(class)?, class)?.json()?;
    let found = findings(&report)?.first().context("no finding")?;
    let retained = retained(found).context("no path")?;
    ensure!(retained["looks_like"] == kind, "{class}: {retained}");
    Ok(())
}

fn global(name: &str) -> String {
    format!("global {PACKAGES}{name}")
}

#[test]
fn a_global_map_that_only_grows_is_the_holder() -> Result<()> {
    is_held_by("global-map", &global("session.active"))
}

#[test]
fn a_global_slice_that_only_grows_is_the_holder() -> Result<()> {
    is_held_by("global-slice", &global("ledger.record"))
}

#[test]
fn the_list_of_callbacks_holds_what_they_close_over() -> Result<()> {
    is_held_by("callbacks", &global("settings.listeners"))
}

#[test]
fn a_queue_of_mains_own_is_held_by_mains_goroutine() -> Result<()> {
    is_held_by("queue", "goroutine main.main")
}

#[test]
fn sub_slices_hold_their_whole_arrays() -> Result<()> {
    is_held_by("sub-slice", &global("frames.recent"))?;
    looks_like("sub-slice", "pinned-block")
}

#[test]
fn substrings_hold_their_whole_strings() -> Result<()> {
    is_held_by("substring", &global("agents.last"))
}

#[test]
fn maps_that_are_empty_again_hold_their_tables() -> Result<()> {
    is_held_by("empty-map", &global("billing.all"))?;
    looks_like("empty-map", "sparse-map")
}

#[test]
fn timers_that_nobody_stopped_hold_what_their_functions_close_over() -> Result<()> {
    is_held_by("timers", "timers")
}

#[test]
fn a_live_parent_holds_contexts_that_nobody_cancelled() -> Result<()> {
    is_held_by("context", &global("jobs.lifetime"))
}

#[test]
fn timers_hold_contexts_whose_deadline_nobody_lifted() -> Result<()> {
    is_held_by("deadline", "timers")
}

#[test]
fn a_circle_through_a_finalizer_is_held_by_the_finalizers() -> Result<()> {
    is_held_by("finalizer", "finalizers")
}

#[test]
fn blocked_goroutines_hold_what_is_on_their_stacks() -> Result<()> {
    is_held_by("blocked", &format!("goroutine {PACKAGES}replica.ask"))
}

#[test]
fn deferred_calls_are_held_by_the_goroutine_that_has_not_returned() -> Result<()> {
    is_held_by("defers", "goroutine main.main")
}

#[test]
fn a_pool_that_only_takes_is_the_holder() -> Result<()> {
    is_held_by("pool", &global("buffers.free"))
}

#[test]
fn a_registry_of_interface_values_is_the_holder() -> Result<()> {
    is_held_by("registry", &global("metrics.registry"))
}

/// The fields and types on the path of the first finding, in `default`.
fn path(bench: &Bench, class: &str) -> Result<Vec<(Option<String>, Option<String>)>> {
    let report = run(bench, class)?.json()?;
    let found = findings(&report)?.first().context("no finding")?;
    let steps =
        retained(found).and_then(|retained| retained["path"]["steps"].as_array()).context("no path")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(steps.iter().map(|step| (text(&step["field"]), text(&step["type_name"]))).collect())
}

#[test]
fn a_path_says_by_which_element_the_next_is_held() -> Result<()> {
    let steps = path(&bench("global-map")?, "global-map")?;
    let (field, kind) = steps.last().context("no steps")?;
    ensure!(field.as_deref() == Some("[]"), "{steps:?}");
    ensure!(kind.as_deref() == Some("example.com/retention/internal/session.Session"), "{steps:?}");
    Ok(())
}

#[test]
fn a_map_is_one_of_its_keys_and_elements_whatever_the_runtime_allocated_it_as() -> Result<()> {
    let bench = bench("global-map")?;
    let steps = path(&bench, "global-map")?;
    bench.edit(
        "scenarios/retention/global-map.toml",
        "repeat = 1\n",
        "repeat = 1\ntrace = { alloc_free = false }\n",
    )?;
    let without = path(&bench, "global-map")?;
    ensure!(steps == without, "{steps:?}, {without:?}");
    Ok(())
}

#[test]
fn the_trace_has_types_of_what_only_a_stack_holds() -> Result<()> {
    let bench = bench("queue")?;
    let steps = path(&bench, "queue")?;
    let letter = ".next…".to_owned();
    let kind = "example.com/retention/internal/mail.letter".to_owned();
    ensure!(steps == [(Some(letter), Some(kind))], "{steps:?}");
    bench.edit(
        "scenarios/retention/queue.toml",
        "repeat = 1\n",
        "repeat = 1\ntrace = { alloc_free = false }\n",
    )?;
    let untyped = path(&bench, "queue")?;
    ensure!(untyped == [(None, None)], "{untyped:?}");
    Ok(())
}

#[test]
fn of_what_leaks_some_of_each_stretch_of_the_run_stays() -> Result<()> {
    let bench = bench("global-map")?;
    let report = run(&bench, "global-map")?.json()?;
    let found = findings(&report)?.first().context("no finding")?;
    let ages = evidence(found, "ages").with_context(|| format!("no ages: {found}"))?;
    ensure!(ages["course"] == "accumulates", "{ages}");
    ensure!(ages["stretches"][0] == ages["stretches"][1], "a stretch of which nothing stays: {ages}");
    let (now, before) = (&ages["ages"]["distinct"], &ages["ages"]["before"]["distinct"]);
    ensure!(now.as_u64() > before.as_u64(), "{ages}");
    ensure!(ages["ages"]["dated"] == retained(found).context("no path")?["held"]["objects"], "{found}");
    Ok(())
}

#[test]
fn the_compiler_says_why_it_is_on_the_heap_and_analyze_still_does_without_go() -> Result<()> {
    let bench = bench("global-map")?;
    let scenario = "scenarios/retention/global-map.toml";
    let ran = bench.run(["run", scenario, "--variant", "release", "--out", "c"])?;
    let words = "escapes to heap: flows to ";
    ensure!(ran.stdout.contains("the compiler, of ") && ran.stdout.contains(words), "{ran}");
    let again = bench.run(["analyze", "c"])?;
    ensure!(again.stdout.contains(words), "{again}");
    bench.edit(scenario, "repeat = 1\n", "repeat = 1\nescapes = false\n")?;
    let without = bench.run(["run", scenario, "--variant", "release"])?;
    ensure!(!without.stdout.contains("the compiler, of "), "{without}");
    Ok(())
}

#[test]
fn a_leak_with_another_holder_is_not_the_expected_one() -> Result<()> {
    let bench = bench("global-map")?;
    bench.edit("scenarios/retention/global-map.toml", "session.active", "session.other")?;
    let ended = bench.run(["run", "scenarios/retention/global-map.toml", "--variant", "default"])?;
    ensure!(ended.code == Some(1), "{ended}");
    let told = format!("did not reproduce in default: it is held by global {PACKAGES}session.active");
    ensure!(ended.stdout.contains(&told), "{ended}");
    Ok(())
}

#[test]
fn a_capture_without_its_symbols_is_analysed_and_says_what_is_missing() -> Result<()> {
    let bench = bench("global-map")?;
    let ended =
        bench.run(["run", "scenarios/retention/global-map.toml", "--variant", "default", "--out", "c"])?;
    ensure!(ended.code == Some(0), "{ended}");
    ensure!(ended.stdout.contains("held by global"), "{ended}");
    let again = bench.run(["analyze", "c"])?;
    ensure!(again.stdout.contains("held by global"), "{again}");

    let path = bench.root().join("c/manifest.json");
    let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let build = manifest["builds"][0].as_object_mut().context("no build")?;
    build.remove("symbols").context("no symbols were kept")?;
    std::fs::write(&path, manifest.to_string())?;
    let bare = bench.run(["analyze", "c"])?;
    ensure!(!bare.stdout.contains("held by global session"), "{bare}");
    ensure!(
        bare.stdout.contains("globals have no names: the capture has no symbols of the program"),
        "{bare}"
    );
    Ok(())
}
