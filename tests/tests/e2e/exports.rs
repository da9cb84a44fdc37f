//! Exports: each is read by the tool that it is for, and says the same as the report.
//!
//! The readers are installed by `cargo xtask tools`, below `target/tools`; without them these tests fail.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Browser};
use serde_json::Value;

use crate::report::only;

/// Forms and the files they go to.
const FILES: [(&str, &str); 11] = [
    ("pprof", "growth.pb.gz"),
    ("pprof-retained", "retained.pb.gz"),
    ("perfetto", "run.pftrace"),
    ("folded", "growth.folded"),
    ("folded-diff", "growth.diff.folded"),
    ("speedscope", "growth.speedscope.json"),
    ("csv", "cycles.csv"),
    ("openmetrics", "figures.txt"),
    ("openmetrics-cycles", "cycles.txt"),
    ("bencher", "bencher.json"),
    ("benchstat", "runs.txt"),
];

/// A check of one export; `report` is the JSON form of the same run.
type Check = fn(dir: &Utf8Path, report: &Value) -> Result<()>;

const CHECKS: [(&str, Check); 11] = [
    ("go tool pprof, growth", pprof),
    ("go tool pprof, retained", retained),
    ("go tool trace", trace),
    ("Perfetto's schema", perfetto),
    ("folded stacks", folded),
    ("speedscope's schema", speedscope),
    ("speedscope", speedscope_itself),
    ("CSV", csv),
    ("the Prometheus client", openmetrics),
    ("Bencher's form", bencher),
    ("benchstat", benchstat),
];

#[test]
fn every_export_is_read_by_the_tool_it_is_for() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let writes = FILES.iter().flat_map(|(form, file)| ["--write".to_owned(), format!("{form}={file}")]);
    let words = ["run", "leak-repro", "--variant", "default", "--variant", "stripped", "--format", "json"];
    let ended = bench.run(words.iter().map(|word| (*word).to_owned()).chain(writes))?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let mut failed = Vec::new();
    for (tool, check) in CHECKS {
        failed.extend(check(bench.root(), &report).err().map(|error| format!("{tool}: {error:#}")));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    Ok(())
}

/// A name that means harm to each of the forms.
const HOSTILE: &str = "evil;name\u{1b}[31m\"<script>\u{202e}=1+1,.go";

#[test]
fn hostile_names_break_no_form_and_reach_no_terminal() -> Result<()> {
    let bench = Bench::with_hostile_name(HOSTILE, "")?;
    let writes = FILES.iter().flat_map(|(form, file)| ["--write".to_owned(), format!("{form}={file}")]);
    let ended = bench.run(["run", "evil"].iter().map(|word| (*word).to_owned()).chain(writes))?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stdout.contains("evil;name\\u{1b}[31m"), "the name is shown: {ended}");
    assert!(!ended.stdout.contains(['\u{1b}', '\u{202e}']), "{ended}");
    let dir = bench.root();
    for (form, file) in FILES {
        let bytes = std::fs::read(dir.join(file))?;
        if !file.ends_with(".gz") && form != "perfetto" {
            let text = String::from_utf8(bytes).with_context(|| form.to_owned())?;
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{form}: {text}");
        }
    }
    let top = run(Command::new("go").args(["tool", "pprof", "-top", "-lines", "growth.pb.gz"]), dir)?;
    assert!(top.contains("main.handle") && !top.contains(['\u{1b}', '\u{202e}']), "{top}");
    python(dir, OPENMETRICS, &["figures.txt"])?;
    python(dir, SPEEDSCOPE, &[schema()?.as_str(), "growth.speedscope.json"])?;
    python(dir, PERFETTO, &["run.pftrace"])?;
    Ok(())
}

#[test]
fn a_capture_is_shown_as_the_terminal_can_and_of_the_variant_that_is_named() -> Result<()> {
    let variants = "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\n";
    let bench = Bench::with_hostile_name(HOSTILE, variants)?;
    let ended = bench.run(["run", "evil", "--out", "capture", "--of", "b", "--write", "pprof=b.pb.gz"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let comment = run(Command::new("go").args(["tool", "pprof", "-comments", "b.pb.gz"]), bench.root())?;
    assert!(comment.contains("evil b, step run 1"), "{comment}");
    let blocks = |text: &str| text.chars().any(|c| ('▁'..='█').contains(&c));
    for (locale, terminal, has_blocks) in
        [("C.UTF-8", "xterm", true), ("C", "xterm", false), ("C.UTF-8", "dumb", false)]
    {
        let ended = bench.run_with(["report", "capture"], &[("LC_ALL", locale), ("TERM", terminal)])?;
        assert!(ended.stdout.contains("live heap after each cycle, from 0 to"), "{ended}");
        assert_eq!(blocks(&ended.stdout), has_blocks, "{locale} {terminal}: {ended}");
    }
    let ended = bench.run(["report", "capture", "--of", "c", "--format", "folded"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("no variant `c`\nhint: its variants: a, b"), "{ended}");
    Ok(())
}

/// Output of a tool that has to succeed.
fn run(command: &mut Command, dir: &Utf8Path) -> Result<String> {
    let done = command.current_dir(dir).output().with_context(|| format!("{command:?}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(done.status.success(), "{command:?}: {}{}", text(&done.stdout), text(&done.stderr));
    Ok(text(&done.stdout))
}

fn tools() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools")
}

/// JSON that a script prints, run by the Python that has the readers.
fn python(dir: &Utf8Path, script: &str, arguments: &[&str]) -> Result<Value> {
    let python = tools().join("python/bin/python");
    ensure!(python.is_file(), "no {python}: `cargo xtask tools` installs it");
    let printed = run(Command::new(python).args(["-c", script]).args(arguments), dir)?;
    serde_json::from_str(&printed).with_context(|| printed.clone())
}

fn schema() -> Result<Utf8PathBuf> {
    let path = tools().join("npm/speedscope/package/dist/release/file-format-schema.json");
    ensure!(path.is_file(), "no {path}: `cargo xtask tools` installs it");
    Ok(path)
}

/// Bytes in use of the cache's entries, at the first and at the last checkpoint, by the report's own evidence.
fn cache_growth(report: &Value) -> Result<(u64, u64)> {
    let finding = only(report, "heap")?;
    let evidence = finding["evidence"].as_array().context("no evidence")?;
    let of = evidence.iter().find(|one| one["kind"] == "allocation").context("no allocation")?;
    let values: Vec<u64> =
        of["inuse_space"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    Ok((*values.first().context("no values")?, *values.last().context("no values")?))
}

fn pprof(dir: &Utf8Path, report: &Value) -> Result<()> {
    let (first, last) = cache_growth(report)?;
    let pprof = |arguments: &[&str]| {
        run(Command::new("go").args(["tool", "pprof"]).args(arguments).arg("growth.pb.gz"), dir)
    };
    let raw = pprof(&["-raw"])?;
    ensure!(raw.contains(&format!(" {}:", last - first)), "no {}: {raw}", last - first);
    ensure!(raw.contains("inuse_objects/count inuse_space/bytes[dflt]"), "{raw}");
    ensure!(raw.contains("M=1") && raw.contains("cache.go:"), "no mapping or lines: {raw}");
    let top = pprof(&["-top", "-sample_index=inuse_space"])?;
    ensure!(top.contains("cache.(*Cache).Put"), "{top}");
    let objects = pprof(&["-top", "-sample_index=inuse_objects"])?;
    ensure!(objects.contains("Type: inuse_objects"), "{objects}");
    Ok(())
}

fn retained(dir: &Utf8Path, _: &Value) -> Result<()> {
    let top = run(
        Command::new("go").args(["tool", "pprof", "-top", "-sample_index=reached_space", "retained.pb.gz"]),
        dir,
    )?;
    ensure!(top.contains("internal/cache.entry, many"), "{top}");
    Ok(())
}

fn trace(dir: &Utf8Path, report: &Value) -> Result<()> {
    let capture = report["capture"].as_str().context("no capture")?;
    let runs = report["variants"][0]["runs"].as_array().context("no runs")?;
    let trace = runs.iter().find_map(|run| run["trace"].as_str()).context("no trace is named")?;
    let path = format!("{capture}/{trace}");
    let events = run(Command::new("go").args(["tool", "trace", "-d=parsed", &path]), dir)?;
    ensure!(events.lines().any(|line| line.contains("GC concurrent mark phase")), "no cycle in it");
    Ok(())
}

const PERFETTO: &str = r#"
import json, sys
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace
trace = Trace()
trace.ParseFromString(open(sys.argv[1], "rb").read())
tracks, points, unknown = {}, {}, 0
for packet in trace.packet:
    if packet.HasField("track_descriptor"):
        tracks[packet.track_descriptor.uuid] = packet.track_descriptor
for packet in trace.packet:
    event = packet.track_event
    if packet.HasField("track_event"):
        assert event.track_uuid in tracks, event
        if event.type == event.TYPE_COUNTER:
            track = tracks[event.track_uuid]
            name = (tracks[track.parent_uuid].name, track.name or track.static_name)
            points.setdefault("/".join(name), []).append(event.counter_value)
names = [track.name or track.static_name for track in tracks.values()]
print(json.dumps({"names": names, "points": points}))
"#;

fn perfetto(dir: &Utf8Path, report: &Value) -> Result<()> {
    let decoded = python(dir, PERFETTO, &["run.pftrace"])?;
    let cycles = report["cycles"][0]["total"].as_u64().context("no cycles")?;
    let points =
        |name: &str| decoded["points"][format!("Harness/{name}")].as_array().cloned().unwrap_or_default();
    let numbers: Vec<u64> = points("GC cycle").iter().filter_map(Value::as_u64).collect();
    ensure!(numbers == (1..=cycles).collect::<Vec<_>>(), "{numbers:?}, {cycles} cycles");
    for name in ["heap live", "heap goal", "in use by the memory profile", "goroutines", "resident set size"]
    {
        ensure!(!points(name).is_empty(), "no {name}: {}", decoded["names"]);
    }
    let names: Vec<&str> =
        decoded["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ensure!(names.contains(&"GC cycles"), "{names:?}");
    Ok(())
}

fn folded(dir: &Utf8Path, report: &Value) -> Result<()> {
    let (first, last) = cache_growth(report)?;
    let ends_in = |line: &&str| line.contains(";example.com/leaky-cache/internal/cache.(*Cache).Put ");
    let text = std::fs::read_to_string(dir.join("growth.folded"))?;
    let line = text.lines().find(ends_in).context("no line of the cache")?;
    ensure!(line.starts_with("main.main;main.run;main.handle;"), "{line}");
    let values = |line: &str, n: usize| -> Vec<u64> {
        let mut words: Vec<u64> =
            line.rsplitn(n + 1, ' ').take(n).filter_map(|word| word.parse().ok()).collect();
        words.reverse();
        words
    };
    // Several lines of one function are one frame here.
    ensure!(values(line, 1).first().is_some_and(|value| *value >= last - first), "{line}");
    let text = std::fs::read_to_string(dir.join("growth.diff.folded"))?;
    let line = text.lines().find(ends_in).context("no line of the cache")?;
    ensure!(
        matches!(values(line, 2)[..], [before, after] if before >= first && after - before >= last - first),
        "{line}"
    );
    let bad = text.lines().find(|line| values(line, 2).len() != 2);
    ensure!(bad.is_none(), "not two columns: {bad:?}");
    Ok(())
}

const SPEEDSCOPE: &str = r#"
import json, sys, jsonschema
schema, file = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.validate(file, schema)
for profile in file["profiles"]:
    assert len(profile["samples"]) == len(profile["weights"])
    assert sum(profile["weights"]) == profile["endValue"]
    assert all(frame < len(file["shared"]["frames"]) for stack in profile["samples"] for frame in stack)
print(json.dumps([profile["name"] for profile in file["profiles"]]))
"#;

fn speedscope(dir: &Utf8Path, _: &Value) -> Result<()> {
    let names = python(dir, SPEEDSCOPE, &[schema()?.as_str(), "growth.speedscope.json"])?;
    let names: Vec<&str> = names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for name in ["default: bytes that grew", "stripped: bytes that grew"] {
        ensure!(names.contains(&name), "{names:?}");
    }
    Ok(())
}

/// The application, given a script as its command line gives it one: what is in the file is what it shows.
fn speedscope_itself(dir: &Utf8Path, _: &Value) -> Result<()> {
    let file = serde_json::to_string(&std::fs::read_to_string(dir.join("growth.speedscope.json"))?)?;
    let encoded = format!("btoa(unescape(encodeURIComponent({file})))");
    let script = dir.join("open.js");
    std::fs::write(&script, format!("speedscope.loadFileFromBase64('growth.speedscope.json', {encoded})"))?;
    let mut browser = Browser::start((1300, 700))?;
    let shown = "document.body?.innerText.includes('default: bytes that grew')";
    browser.open_until(
        &schema()?.with_file_name("index.html"),
        &format!("#localProfilePath={script}"),
        shown,
    )?;
    let told = browser.eval("document.body.innerText")?;
    ensure!(told.as_str().is_some_and(|told| told.contains("(1/8)")), "{told}");
    Ok(())
}

const CSV: &str = r#"
import csv, json, sys
text = open(sys.argv[1], newline="").read()
assert text.count("\r\n") == text.count("\n")
rows = list(csv.reader(text.splitlines(), strict=True))
assert {len(row) for row in rows} == {len(rows[0])}
print(json.dumps([dict(zip(rows[0], row)) for row in rows[1:]]))
"#;

fn csv(dir: &Utf8Path, report: &Value) -> Result<()> {
    let rows = python(dir, CSV, &["cycles.csv"])?;
    let of = |row: &&Value| row["variant"] == "default" && row["mode"] == "natural";
    let natural: Vec<&Value> = rows.as_array().into_iter().flatten().filter(of).collect();
    let table = report["cycles"][0]["rows"].as_array().context("no cycles")?;
    ensure!(natural.len() == table.len(), "{} rows, {} cycles", natural.len(), table.len());
    for (row, cycle) in natural.iter().zip(table) {
        let live = cycle["heap_live"]["value"].as_u64().map_or(String::new(), |live| live.to_string());
        ensure!(row["heap_live_bytes"] == live.as_str(), "{row} is not {cycle}");
    }
    Ok(())
}

const OPENMETRICS: &str = r#"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {}
for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()):
    families[family.name] = [[s.labels, s.value, s.timestamp and float(s.timestamp)] for s in family.samples]
print(json.dumps(families))
"#;

fn openmetrics(dir: &Utf8Path, report: &Value) -> Result<()> {
    let families = python(dir, OPENMETRICS, &["figures.txt"])?;
    ensure!(families["harness_exit_code"][0][1] == 0.0, "{families:#}");
    let growth = families["harness_leak_growth_bytes_per_operation"].as_array().context("no growth")?;
    let finding = only(report, "heap")?;
    let per_operation = finding["growth"]["bytes_per_op"].as_f64();
    ensure!(growth.len() == 2 && growth[0][1].as_f64() == per_operation, "{growth:#?}");
    ensure!(growth[0][0]["fingerprint"] == finding["fingerprint"], "{growth:#?}");
    let timed = families.as_object().into_iter().flatten().flat_map(|(_, samples)| samples.as_array());
    ensure!(timed.flatten().all(|sample| sample[2].is_null()), "what is pushed has no times");
    let families = python(dir, OPENMETRICS, &["cycles.txt"])?;
    let live = families["harness_cycle_heap_live_bytes"].as_array().context("no cycles")?;
    ensure!(live.iter().all(|sample| sample[2].as_f64().is_some_and(|at| at > 1.7e9)), "{live:#?}");
    Ok(())
}

/// A name, and of each measure a value with optional ends of its interval: what Bencher's adapter for JSON takes.
fn bencher(dir: &Utf8Path, report: &Value) -> Result<()> {
    let all: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("bencher.json"))?)?;
    for (name, measures) in all.as_object().context("not an object")? {
        for (measure, fields) in measures.as_object().context("not an object")? {
            let keys = fields.as_object().context("not an object")?;
            ensure!(keys.values().all(Value::is_number) && fields["value"].is_number(), "{name}, {measure}");
            let known = ["value", "lower_value", "upper_value"];
            ensure!(keys.keys().all(|key| known.contains(&key.as_str())), "{name}, {measure}: {keys:?}");
        }
    }
    let wall = report["variants"][0]["runs"][0]["wall"].as_f64();
    ensure!(all["leak-repro/default"]["latency"]["value"].as_f64() == wall, "{all:#}");
    ensure!(all["leak-repro/stripped"]["leaks"]["value"] == 2.0, "{all:#}");
    Ok(())
}

fn benchstat(dir: &Utf8Path, _: &Value) -> Result<()> {
    let program = super::lab_runs::benchstat()?;
    let mut command = Command::new(program);
    let table = run(command.args(["-col", "/variant", "-row", "/mode", "runs.txt"]), dir)?;
    for word in ["default", "stripped", "sec/op", "peak-rss-B", "gc/op", "natural", "step", "plain"] {
        ensure!(table.contains(word), "no {word}: {table}");
    }
    Ok(())
}
