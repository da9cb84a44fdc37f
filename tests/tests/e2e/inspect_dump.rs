//! `harness inspect dump` on dumps that a real Go program writes: who holds what is as its source says.

use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Ended};
use serde_json::Value;

/// The program, and dumps of one run of it.
struct Dumps {
    binary: Utf8PathBuf,
    first: Utf8PathBuf,
    second: Utf8PathBuf,
    trace: Utf8PathBuf,
}

#[expect(clippy::unwrap_used, reason = "without the dumps every test here has to fail")]
fn dumps() -> &'static Dumps {
    static DUMPS: OnceLock<Dumps> = OnceLock::new();
    DUMPS.get_or_init(|| make().unwrap())
}

fn make() -> Result<Dumps> {
    let bench = Bench::new()?;
    let module = bench.program("holders")?;
    let root = bench.keep();
    let dumps = Dumps {
        binary: root.join("holders"),
        first: root.join("1.dump"),
        second: root.join("2.dump"),
        trace: root.join("trace.out"),
    };
    let built = Command::new("go")
        .args(["build", "-o", dumps.binary.as_str(), "."])
        .current_dir(&module)
        .env("CGO_ENABLED", "0")
        .output()
        .context("cannot start go")?;
    ensure!(built.status.success(), "{built:?}");
    let ran = Command::new(&dumps.binary)
        .args([&dumps.first, &dumps.second, &dumps.trace])
        .env("GODEBUG", "memprofilerate=1,traceallocfree=1")
        .output()?;
    ensure!(ran.status.success(), "{ran:?}");
    Ok(dumps)
}

fn inspect(dump: &Utf8Path, more: &[&str]) -> Result<Ended> {
    let words = ["inspect", "dump", dump.as_str()];
    let ended = Bench::new()?.run(words.into_iter().chain(more.iter().copied()))?;
    ensure!(ended.code == Some(0), "{ended}");
    Ok(ended)
}

/// With the binary, as JSON.
fn json(more: &[&str]) -> Result<Value> {
    let dumps = dumps();
    let words = [&["--binary", dumps.binary.as_str(), "--json"], more].concat();
    inspect(&dumps.first, &words)?.json()
}

fn holder<'j>(report: &'j Value, name: &str) -> &'j Value {
    let of_name = |holder: &&Value| holder["root"]["name"] == name;
    report["holders"].as_array().and_then(|list| list.iter().find(of_name)).unwrap_or(&Value::Null)
}

fn suspect<'j>(report: &'j Value, root: &str) -> &'j Value {
    let of_root = |suspect: &&Value| suspect["path"]["root"]["name"] == root;
    report["suspects"].as_array().and_then(|list| list.iter().find(of_root)).unwrap_or(&Value::Null)
}

#[test]
fn sums_agree_with_the_runtimes_own() -> Result<()> {
    let totals = &json(&["--retainers"])?["totals"];
    assert_eq!(totals["agreement"]["holds"], true, "{totals}");
    Ok(())
}

#[test]
fn each_way_to_hold_memory_is_told_by_its_root_and_kind() -> Result<()> {
    let report = json(&["--suspects"])?;
    for (root, kind) in [
        ("main.cache", "container"),
        ("main.sparse", "sparse-map"),
        ("main.block.gowrap1", "blocked-goroutines"),
        ("main.pinned", "pinned-block"),
        ("main.tokens", "pinned-block"),
        ("timers", "timers"),
        ("finalizers", "finalizer-cycle"),
    ] {
        assert_eq!(suspect(&report, root)["kind"], kind, "{root}: {:#}", report["suspects"]);
    }
    let blocked = suspect(&report, "main.block.gowrap1");
    assert_eq!(blocked["children"]["object_size"], 32_768, "not the runtime's descriptors: {blocked:#}");
    let sparse = suspect(&report, "main.sparse")["sentence"].as_str().context("no sentence")?;
    assert!(sparse.contains("(10 of 65,536 places"), "{sparse}");
    let cache = suspect(&report, "main.cache");
    assert_eq!(cache["children"]["held"]["objects"], 20_000, "{cache:#}");
    Ok(())
}

#[test]
fn a_list_of_a_thousand_nodes_is_one_step_of_a_path() -> Result<()> {
    let report = json(&["--paths", "main.makeList"])?;
    let path = &report["paths"]["paths"][0];
    assert_eq!(path["root"]["name"], "main.list", "{path:#}");
    assert_eq!(path["steps"].as_array().map(Vec::len), Some(1), "{path:#}");
    assert_eq!((&path["steps"][0]["count"], &path["steps"][0]["chain"]), (&1000.into(), &true.into()));
    Ok(())
}

#[test]
fn who_refers_to_an_object_is_told_with_the_field() -> Result<()> {
    let report = json(&["--goroutine", "1"])?;
    let references = report["goroutine"]["references"].as_array().context("no references")?;
    let frame = references.iter().find(|reference| reference[0] == "main.main").context("no frame")?;
    let address = frame[1]["object"]["address"].as_u64().context("no address")?;
    let view = &json(&["--object", &format!("{address:#x}")])?["object"];
    let n_references = view["references"].as_array().map_or(0, Vec::len);
    assert!(n_references > 0, "{view:#}");
    for list in ["referrers", "references"] {
        let ends = view[list].as_array().context("no list")?.iter();
        for end in ends.filter_map(|end| end.get("object")) {
            assert!(end["object"]["offset"].is_u64(), "{list}: {end:#}");
        }
    }
    Ok(())
}

#[test]
fn goroutines_that_are_alike_are_one_holder() -> Result<()> {
    let report = json(&["--retainers"])?;
    let blocked = holder(&report, "main.block.gowrap1");
    assert_eq!(blocked["root"]["goroutine"]["alike"], 30, "{blocked:#}");
    assert!(blocked["retained"]["bytes"].as_u64() >= Some(30 * 32_768), "{blocked:#}");
    Ok(())
}

#[test]
fn what_has_grown_since_an_earlier_dump_comes_first() -> Result<()> {
    let dumps = dumps();
    let words = ["--binary", dumps.binary.as_str(), "--base", dumps.first.as_str(), "--suspects", "--json"];
    let report = inspect(&dumps.second, &words)?.json()?;
    let suspects = report["suspects"].as_array().context("no suspects")?;
    assert_eq!(suspects.len(), 1, "{suspects:#?}");
    assert_eq!(suspects[0]["path"]["root"]["name"], "main.cache");
    assert!(suspects[0]["growth"]["objects"].as_i64() >= Some(160_000 - 16), "{:#}", suspects[0]);
    Ok(())
}

/// Each dump is found in the trace of its run, and nothing else is.
#[test]
fn a_trace_of_the_run_has_types_and_ages_of_a_dumps_objects() -> Result<()> {
    let dumps = dumps();
    let with_trace = ["--base", dumps.first.as_str(), "--trace", dumps.trace.as_str(), "--json"];
    let report =
        inspect(&dumps.second, &[&with_trace[..], &["--binary", dumps.binary.as_str(), "--types"]].concat())?;
    let types = report.json()?["types"].as_array().cloned().context("no types")?;
    let ages = |name: &str| {
        let row = types.iter().find(|row| row["name"] == name).unwrap_or(&Value::Null);
        row["ages"].clone()
    };
    let entries = ages("main.entry");
    assert_eq!(entries["unseen"], 0, "{entries}");
    assert_eq!(entries["older"], 0, "the trace began before them: {entries}");
    let since = entries["before"]["cycle"].as_u64();
    let births = entries["births"].as_array().context("no births")?;
    let born =
        births.iter().filter(|row| row["after"].as_u64() >= since).filter_map(|row| row["objects"].as_u64());
    assert_eq!(born.sum::<u64>(), 60_000, "those of the second filling: {entries}");
    let nodes = ages("main.node");
    assert_eq!(nodes["distinct"], nodes["before"]["distinct"], "the list is made once: {nodes}");

    let other = Bench::new()?;
    let program = other.program("holders")?;
    let ran = Command::new("go").args(["run", ".", "alone.dump"]).current_dir(&program).output()?;
    ensure!(ran.status.success(), "{ran:?}");
    let alone = program.join("alone.dump");
    let refused = other.run(["inspect", "dump", alone.as_str(), "--trace", dumps.trace.as_str()])?;
    ensure!(refused.code == Some(2) && refused.stderr.contains("the trace of the very run"), "{refused}");
    Ok(())
}

#[test]
fn a_trace_that_is_cut_off_is_said_to_be() -> Result<()> {
    let dumps = dumps();
    let bench = Bench::new()?;
    let whole = std::fs::read(&dumps.trace)?;
    let cut = bench.root().join("cut.out");
    std::fs::write(&cut, whole.get(..whole.len() - 64).context("no trace")?)?;
    let ended = bench.run(["inspect", "dump", dumps.first.as_str(), "--trace", cut.as_str()])?;
    ensure!(ended.stderr.contains("cut.out") && ended.stderr.contains("--validate"), "{ended}");
    Ok(())
}

#[test]
fn without_the_binary_globals_are_addresses_and_that_is_said() -> Result<()> {
    let page = inspect(&dumps().first, &[])?;
    assert!(page.stdout.contains("globals are shown as addresses"), "{page}");
    assert!(page.stdout.contains("global 0x"), "{page}");
    Ok(())
}

#[test]
fn a_file_that_is_no_dump_is_unreadable_and_a_missing_one_is_usage() -> Result<()> {
    let bench = Bench::new()?;
    let other = bench.write("other", "no dump")?;
    assert_eq!(bench.run(["inspect", "dump", other.as_str()])?.code, Some(5));
    assert_eq!(bench.run(["inspect", "dump", "absent"])?.code, Some(2));
    Ok(())
}

#[test]
fn the_profile_of_a_dump_has_all_reachable_bytes_in_go_tool_pprof() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("held.pb.gz");
    let out = out.to_str().context("a path that is no text")?;
    let report = json(&["--retainers", "--pprof", out])?;
    let top = Command::new("go")
        .args(["tool", "pprof", "-symbolize=none", "-unit=B", "-nodefraction=0", "-cum", "-top", out])
        .output()?;
    ensure!(top.status.success(), "{top:?}");
    let top = String::from_utf8(top.stdout)?;
    let bytes = |row: &str, column: usize| -> Option<u64> {
        row.split_whitespace().nth(column)?.trim_end_matches('B').parse().ok()
    };
    let total = top.lines().find_map(|line| line.split_once(" of ")?.1.split_once("B total"));
    let total: Option<u64> = total.and_then(|(total, _)| total.parse().ok());
    assert_eq!(total, report["totals"]["reachable"]["bytes"].as_u64(), "{top}");
    let global = top.lines().find(|line| line.ends_with(" main.cache"));
    let reached = holder(&report, "main.cache")["reached"]["bytes"].as_u64();
    assert!(reached.is_some(), "{report}");
    assert_eq!(global.and_then(|row| bytes(row, 3)), reached, "{top}");
    for (index, kind) in [("reached_objects", "objects"), ("reached_space", "bytes")] {
        let top = Command::new("go")
            .args(["tool", "pprof", "-symbolize=none", "-top", &format!("-sample_index={index}"), out])
            .output()?;
        let text = String::from_utf8_lossy(&top.stdout);
        ensure!(top.status.success() && text.contains(&format!("Type: {index}\n")), "{top:?}");
        let total = report["totals"]["reachable"][kind].as_u64().context("no total")?;
        ensure!(kind == "bytes" || text.contains(&format!(" of {total} total")), "{total}: {text}");
    }
    Ok(())
}
