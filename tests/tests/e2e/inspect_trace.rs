//! `harness inspect trace` and `harness diff` on recorded traces: filters, windows, damage, exit codes, streams.
//!
//! What is expected is taken from the `.golden` files beside the traces, which Go's own reader wrote.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Ended, harness_binary};
use serde_json::Value;

const MIXED: &str = "mixed-go1.26.8";

fn fixture(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces").join(name)
}

fn trace(name: &str) -> String {
    fixture(&format!("{name}.trace")).into_string()
}

/// `harness inspect trace` with more words, which is to end with this code.
fn inspect<const N: usize>(trace: &str, more: [&str; N], code: i32) -> Result<Ended> {
    let ended = Bench::new()?.run(["inspect", "trace", trace].into_iter().chain(more))?;
    assert_eq!(ended.code, Some(code), "{ended}");
    Ok(ended)
}

/// Numbers that Go's reader found: `count GOLDEN 17`, `ended 4`.
fn golden(name: &str, start: &str) -> Result<Vec<u64>> {
    let text = fs::read_to_string(fixture(&format!("{name}.golden")))?;
    let numbers = text.lines().filter_map(|line| line.strip_prefix(start));
    numbers.map(|number| number.trim().parse().with_context(|| start.to_owned())).collect()
}

/// Values of one field in lines of JSON.
fn field(ended: &Ended, name: &str) -> Result<Vec<Value>> {
    ended.stdout.lines().map(|line| Ok(serde_json::from_str::<Value>(line)?[name].clone())).collect()
}

#[test]
fn the_page_says_what_a_newcomer_needs() -> Result<()> {
    let page = inspect(&trace(MIXED), [], 0)?;
    for fact in
        ["format of go 1.26", "made meanwhile and not ended: 5", "main.leak  mixed.go:36", "--goroutines"]
    {
        assert!(page.stdout.contains(fact), "{fact}: {page}");
    }
    assert_eq!(page.stderr, "", "{page}");
    Ok(())
}

#[test]
fn events_agree_with_gos_reader_in_number_and_kind() -> Result<()> {
    for name in [MIXED, "mixed-go1.23.12"] {
        let created = inspect(&trace(name), ["--events", "--json", "--kind", "gocreate*"], 0)?;
        let ids = field(&created, "created")?.iter().filter_map(Value::as_u64).collect::<Vec<_>>();
        assert_eq!(ids, golden(name, "created ")?, "{created}");
        let ended = inspect(&trace(name), ["--events", "--kind", "GoDestroy,GoDestroySyscall"], 0)?;
        assert_eq!(ended.stdout.lines().count() as u64, golden(name, "ended ")?[0], "{ended}");
    }
    Ok(())
}

#[test]
fn events_are_those_of_the_goroutine_the_kind_and_the_window_that_were_asked_for() -> Result<()> {
    let all = inspect(&trace(MIXED), ["--events"], 0)?;
    let id = golden(MIXED, "created ")?[5];
    let some = inspect(&trace(MIXED), ["--events", "--goroutine", &id.to_string()], 0)?;
    let made = format!(" created={id} ");
    assert!(some.stdout.lines().next().is_some_and(|line| line.contains(&made)), "{some}");
    assert!(
        some.stdout
            .lines()
            .skip(1)
            .all(|line| line.contains(&format!("={id} ")) || line.ends_with(&format!("={id}"))),
        "{some}"
    );
    assert!(some.stdout.lines().all(|line| all.stdout.contains(line)));

    // Adjacent windows are all of it, each event once.
    let (first, second) = (
        inspect(&trace(MIXED), ["--events", "--window", "..20ms"], 0)?,
        inspect(&trace(MIXED), ["--events", "--window", "20ms.."], 0)?,
    );
    assert!(first.stdout.lines().count() > 100 && second.stdout.lines().count() > 100);
    assert_eq!(format!("{}{}", first.stdout, second.stdout), all.stdout);
    let edge: f64 = second.stdout.split(' ').next().context("no event")?.parse()?;
    assert!(edge >= 0.02, "{edge}");
    Ok(())
}

#[test]
fn stacks_and_json_of_events_say_where() -> Result<()> {
    let text = inspect(&trace(MIXED), ["--events", "--kind", "GoBlock", "--stacks"], 0)?;
    assert!(text.stdout.contains("\n\tmain.leak.func1 example.com/tracegen/mixed.go:36\n"), "{text}");
    let json = inspect(&trace(MIXED), ["--events", "--kind", "GoBlock", "--stacks", "--json"], 0)?;
    assert!(field(&json, "stack")?.iter().any(|stack| stack[1]["function"] == "main.leak.func1"), "{json}");
    Ok(())
}

#[test]
fn a_window_of_gc_cycles_goes_from_begin_to_end() -> Result<()> {
    let of_gc =
        inspect(&trace(MIXED), ["--events", "--window", "gc2..gc3", "--kind", "GCBegin,GCEnd", "--json"], 0)?;
    let kinds = field(&of_gc, "kind")?;
    assert_eq!(kinds, ["GCBegin", "GCEnd", "GCBegin", "GCEnd"], "{of_gc}");
    assert_eq!(field(&of_gc, "seq")?, [3, 4, 5, 6], "{of_gc}");
    let beyond = inspect(&trace(MIXED), ["--events", "--window", "gc99"], 2)?;
    assert!(beyond.stderr.contains("hint: it has gc1 to gc6"), "{beyond}");
    Ok(())
}

#[test]
fn windows_of_the_summary_add_up() -> Result<()> {
    let left = |window: &str| -> Result<(u64, i64)> {
        let ended = inspect(&trace(MIXED), ["--goroutines", "--json", "--window", window], 0)?;
        let total = &ended.json()?["goroutines"]["total"];
        let created = total["created"].as_u64().context("no number")?;
        let states = ["running", "runnable", "waiting", "syscall"];
        Ok((created, states.iter().filter_map(|state| total["time"][state].as_i64()).sum()))
    };
    let (all, first, second) = (left("..")?, left("..15ms")?, left("15ms..")?);
    assert_eq!(all.0 as usize, golden(MIXED, "created ")?.len());
    assert!(first.0 > 0 && second.0 > 0, "{first:?} {second:?}");
    assert_eq!((first.0 + second.0, first.1 + second.1), all);
    Ok(())
}

#[test]
fn views_can_be_combined_and_json_holds_just_those() -> Result<()> {
    let text = inspect(&trace(MIXED), ["--blocking", "--tasks"], 0)?;
    assert!(text.stdout.contains("Waits by reason") && text.stdout.contains("Tasks, regions"), "{text}");
    assert!(!text.stdout.contains("Goroutines by"), "{text}");
    let json = inspect(&trace(MIXED), ["--blocking", "--tasks", "--json", "--top", "3"], 0)?.json()?;
    assert_eq!(json["blocking"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["user"]["tasks"][0]["begun"], 3, "{json}");
    assert!(json.get("goroutines").is_none());
    let schema = Bench::new()?.run(["schema", "trace"])?;
    assert!(schema.json()?["properties"]["blocking"].is_object(), "{schema}");
    Ok(())
}

#[test]
fn a_sound_trace_is_said_to_be_and_says_what_was_checked() -> Result<()> {
    for name in [MIXED, "alloc-go1.23.12", "cpu-go1.25.4"] {
        let sound = inspect(&trace(name), ["--validate"], 0)?;
        assert!(sound.stdout.contains(": sound;") && sound.stdout.contains("checked:"), "{sound}");
    }
    let json = inspect(&trace(MIXED), ["--validate", "--json"], 0)?.json()?;
    assert_eq!((&json["sound"], &json["problems"]), (&Value::Bool(true), &Value::Array(Vec::new())));
    Ok(())
}

#[test]
fn a_truncated_trace_gives_what_precedes_the_cut_and_a_warning() -> Result<()> {
    let bench = Bench::new()?;
    let whole = fs::read(fixture(&format!("{MIXED}.trace")))?;
    let path = bench.root().join("cut.trace");
    fs::write(&path, &whole[..whole.len() * 3 / 4])?;

    let page = inspect(path.as_str(), [], 0)?;
    assert!(page.stderr.contains("warning:") && page.stderr.contains("--validate"), "{page}");
    assert!(page.stdout.contains("What could not be read"), "{page}");
    let events = inspect(path.as_str(), ["--events"], 0)?;
    let all = inspect(&trace(MIXED), ["--events"], 0)?;
    let before =
        events.stdout.lines().zip(all.stdout.lines()).take_while(|(cut, whole)| cut == whole).count();
    assert!(before > 1000 && events.stdout.lines().count() < all.stdout.lines().count(), "{before}");
    let quiet = inspect(path.as_str(), ["--quiet"], 0)?;
    assert_eq!(quiet.stderr, "", "{quiet}");

    let strict = inspect(path.as_str(), ["--validate"], 5)?;
    assert!(strict.stdout.contains(" 0x") && strict.stdout.contains("expected"), "{strict}");
    let json = inspect(path.as_str(), ["--validate", "--json"], 5)?.json()?;
    assert!(
        json["problems"][0]["offset"].as_u64().is_some_and(|offset| offset < whole.len() as u64),
        "{json}"
    );
    Ok(())
}

#[test]
fn what_is_no_trace_or_too_old_is_refused_with_a_way_out() -> Result<()> {
    let bench = Bench::new()?;
    let old = bench.write("old.trace", "go 1.19 trace\0\0\0rest")?;
    for more in ["--events", "--validate", "--goroutines"] {
        let ended = inspect(old.as_str(), [more], 5)?;
        assert!(ended.stderr.contains("go 1.19") && ended.stderr.contains("hint:"), "{ended}");
        assert_eq!(ended.stdout, "", "{ended}");
    }
    let text = bench.write("text.trace", "this is no trace at all")?;
    assert!(inspect(text.as_str(), [], 5)?.stderr.contains("is not a Go execution trace"));
    assert!(inspect("nowhere.trace", [], 2)?.stderr.contains("hint:"));
    Ok(())
}

#[test]
fn mistakes_on_the_command_line_are_usage_errors_that_help() -> Result<()> {
    let file = trace(MIXED);
    for (arguments, help) in [
        (["--events", "--kind", "GoCreat"], "is `GoCreate` meant?"),
        (["--events", "--window", "3s"], "a window is A..B"),
        (["--blocking", "--window", "2s..1s"], "ends before it begins"),
        (["--goroutine", "1", "--json"], "--events"),
        (["--events", "--goroutines", "--json"], "cannot be used with"),
    ] {
        let ended = inspect(&file, arguments, 2)?;
        assert!(ended.stderr.contains(help), "{help}: {ended}");
    }
    Ok(())
}

/// The binary with a pipe on both ends.
fn piped(arguments: &[&str]) -> Result<std::process::Child> {
    let mut command = Command::new(harness_binary()?);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command.spawn()?)
}

#[test]
fn standard_input_and_gzip_read_like_the_file() -> Result<()> {
    let bytes = fs::read(fixture(&format!("{MIXED}.trace")))?;
    let mut zip = Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut to_zip = zip.stdin.take().context("no pipe")?;
    let write = {
        let bytes = bytes.clone();
        std::thread::spawn(move || to_zip.write_all(&bytes))
    };
    let zipped = zip.wait_with_output()?.stdout;
    write.join().expect("the writer does not panic")?;
    assert!(zipped.len() < bytes.len(), "gzip did nothing");

    let bench = Bench::new()?;
    let path = bench.root().join("trace.gz");
    fs::write(&path, &zipped)?;
    let whole = inspect(&trace(MIXED), ["--events"], 0)?.stdout;
    assert_eq!(inspect(path.as_str(), ["--events"], 0)?.stdout, whole);
    for input in [bytes, zipped] {
        let mut child = piped(&["inspect", "trace", "-", "--events"])?;
        let mut stdin = child.stdin.take().context("no pipe")?;
        let write = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output()?;
        write.join().expect("the writer does not panic")?;
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout)? == whole, "standard input reads otherwise");
    }
    Ok(())
}

#[test]
fn a_reader_that_goes_away_is_no_error() -> Result<()> {
    let mut child = piped(&["inspect", "trace", &trace(MIXED), "--events", "--stacks"])?;
    let mut stdout = BufReader::new(child.stdout.take().context("no pipe")?);
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    assert!(line.contains(" Sync generation=1 "), "{line}");
    drop(stdout);
    let mut messages = String::new();
    child.stderr.take().context("no pipe")?.read_to_string(&mut messages)?;
    assert_eq!((child.wait()?.code(), messages.as_str()), (Some(0), ""));
    Ok(())
}

#[test]
fn diff_finds_the_goroutines_that_the_second_trace_left() -> Result<()> {
    let bench = Bench::new()?;
    let (clean, leaky) = (trace("cpu-go1.27.4"), trace("mixed-go1.27.4"));
    let diff = bench.run(["diff", &clean, &leaky, "--ops", "10:5", "--json"])?;
    assert_eq!(diff.code, Some(0), "{diff}");
    let json = diff.json()?;
    assert_eq!((&json["per"], &json["b"]["divisor"]), (&"operation".into(), &5.0.into()));
    let left = json["topics"]
        .as_array()
        .and_then(|topics| topics.iter().find(|topic| topic["name"] == "goroutines-left"));
    let left = &left.context("no topic")?["changes"][0];
    assert_eq!(left["subject"], "main.leak  mixed.go:36");
    assert_eq!((&left["b"], &left["rate_b"], &left["matters"]), (&5.0.into(), &1.0.into(), &true.into()));

    let same = bench.run(["diff", &leaky, &leaky])?;
    assert_eq!(same.code, Some(0), "{same}");
    assert!(same.stdout.contains("Nothing grew that matters"), "{same}");
    assert!(same.stdout.contains("per second"), "{same}");
    Ok(())
}

#[test]
fn diff_refuses_what_it_cannot_compare() -> Result<()> {
    let bench = Bench::new()?;
    let zero = bench.run(["diff", &trace(MIXED), &trace(MIXED), "--ops", "0"])?;
    assert_eq!(zero.code, Some(2), "{zero}");
    let directory = bench.run(["diff", ".", &trace(MIXED)])?;
    assert_eq!(directory.code, Some(2), "{directory}");
    assert!(directory.stderr.contains("hint:"), "{directory}");
    let text = bench.write("text", "no trace")?;
    let other = bench.run(["diff", text.as_str(), &trace(MIXED)])?;
    assert_eq!(other.code, Some(5), "{other}");
    Ok(())
}

#[test]
fn a_file_for_perfetto_is_written_whole_or_not_at_all() -> Result<()> {
    let bench = Bench::new()?;
    let ended = bench.run(["inspect", "trace", &trace(MIXED), "--perfetto", "out.pftrace"])?;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended}");
    assert!(ended.stderr.contains("ui.perfetto.dev"), "{ended}");
    let written = fs::read(bench.root().join("out.pftrace"))?;
    // Packets are field 1 of the whole, and names in them are text.
    assert_eq!(written[0], 0x0a);
    assert!(written.windows(9).any(|text| text == b"main.leak"), "no goroutine of main.leak in it");

    let made = bench.run(["inspect", "trace", &trace(MIXED), "--perfetto", "no/such/dir/out"])?;
    assert_eq!(made.code, Some(0), "{made}");
    assert_eq!(fs::read(bench.root().join("no/such/dir/out"))?, written, "directories that lack are made");
    let no_trace = bench.write("text", "no trace")?;
    let nowhere = bench.run(["inspect", "trace", &trace(MIXED), "--perfetto", "text/out"])?;
    assert_eq!(nowhere.code, Some(2), "{nowhere}");
    assert!(nowhere.stderr.contains("hint: name a file in a directory you may write to"), "{nowhere}");
    let refused = bench.run(["inspect", "trace", no_trace.as_str(), "--perfetto", "none.pftrace"])?;
    assert_eq!(refused.code, Some(5), "{refused}");
    assert!(!bench.root().join("none.pftrace").exists());
    Ok(())
}
