//! `harness debug` beyond one session: who waits for whom, servers, the repeat that `run` makes, editors, and servers that are none.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use harness_tests::{Bench, harness_binary};

/// Two that lock in opposite order, one that reads from a channel of its own, and main, which waits for the two.
const CIRCLE: &str = r#"package main

import (
	"sync"
	"time"
)

type shop struct {
	name string
	mu   sync.Mutex
}

func handle(from, to *shop, wg *sync.WaitGroup) {
	defer wg.Done()
	from.mu.Lock()
	time.Sleep(50 * time.Millisecond)
	to.mu.Lock()
}

func deliver(c chan string) { <-c }

func main() {
	a, b := &shop{name: "a"}, &shop{name: "b"}
	var wg sync.WaitGroup
	wg.Add(2)
	go handle(a, b, &wg)
	go handle(b, a, &wg)
	go deliver(make(chan string))
	wg.Wait()
}
"#;

/// A server whose every request leaves a goroutine.
const SERVER: &str = r#"package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

type request struct{ Round string }

func main() {
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("ready to serve")
	for {
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		handle(c)
	}
}

//go:noinline
func handle(c net.Conn) {
	defer c.Close()
	b, _ := io.ReadAll(c)
	r := request{Round: strings.TrimSpace(string(b))}
	done := make(chan string)
	go func() { done <- r.Round }()
}
"#;

#[test]
fn a_circle_of_locks_is_named_and_the_session_and_its_core_file_can_be_asked_further() -> Result<()> {
    let bench = Bench::with_module("circle", CIRCLE, "")?;
    bench.edit("scenarios/circle.toml", "[workload]", "[workload]\ntimeout = \"1s\"")?;
    let ended = bench.run(["debug", "circle", "goroutines"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("has not been debugged yet"), "{ended}");
    let ended = bench.run(["debug", "circle"])?;
    assert_eq!(ended.code, Some(4), "{ended}");
    for line in [
        "a circle, in which nobody can go on:",
        " waits to lock to.mu (sync.Mutex, locked), which goroutine ",
        "at main.handle  main.go:17",
        "goroutine 1 waits for wg (sync.WaitGroup, 2 to go)",
        " waits to receive from c (chan string, unbuffered)\n    at main.deliver  main.go:20\n    nobody else has it",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {ended}");
    }
    let listed = bench.run(["debug", "circle", "goroutines", "--waits", "Mutex", "--by", "each"])?;
    assert!(listed.stdout.starts_with("2 goroutines of 4, of the latest session (circle "), "{listed}");
    let id = listed.stdout.lines().nth(1).and_then(|line| line.split_whitespace().nth(1)).context("an id")?;
    let one = bench.run(["debug", "circle", "goroutine", id, "stack"])?;
    assert_eq!(one.code, Some(0), "{one}");
    assert!(
        one.stdout.contains("waits on to.mu: sync.Mutex locked")
            && one.stdout.contains("from = &main.shop {name: "),
        "{one}"
    );
    let core =
        ended.stdout.lines().find_map(|line| line.strip_prefix("core file: ")).context("a core file")?;
    let of_core = bench.run(["debug", "circle", "waits", "--core", core, "--format", "json"])?;
    let json = of_core.json()?;
    assert_eq!(json["waits"]["cycles"][0].as_array().map(Vec::len), Some(2), "{of_core}");
    let none = bench.run(["debug", "circle", "goroutine", "77777"])?;
    assert!(none.code == Some(2) && none.stderr.contains("there is no goroutine 77777"), "{none}");
    bench.nothing_runs()
}

#[test]
fn a_server_is_loaded_while_it_is_debugged_and_a_line_is_found_in_a_trimmed_build() -> Result<()> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let more = "\n[[variant]]\nname = \"trim\"\nbuild.trimpath = true\nbuild.gcflags = [\"-N\", \"-l\"]\n";
    let bench = Bench::with_module("served", SERVER, more)?;
    let driver = format!(
        "args = [\"127.0.0.1:{port}\"]\n[workload.driver]\ncommand = [\"bash\", \"-c\", \"echo round-{{round}} > /dev/tcp/127.0.0.1/{port}\"]\nrounds = 3\nready = {{ output = \"ready to serve\" }}\n[workload.checkpoint]"
    );
    bench.edit("scenarios/served.toml", "[workload.checkpoint]", &driver)?;
    let checkpoint = "on = \"call\"\nfunc = \"main.handle\"\nevery = 100";
    bench.edit("scenarios/served.toml", checkpoint, "on = \"round\"")?;
    let ended = bench.run([
        "debug",
        "served",
        "--variant",
        "trim",
        "--break",
        "./served/main.go:35",
        "--show",
        "r.Round",
    ])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("-trimpath: files are named from the module's path"), "{ended}");
    for line in [
        "exit code 0; 3 stops;",
        "r.Round = \"round-3\"",
        "chan send at main.handle.func1  main.go:34\n      go func() { done <- r.Round }()",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {ended}");
    }
    bench.edit("scenarios/served.toml", "echo round-{round}", "echo no more quotes; exit 7; echo")?;
    let failed = bench.run(["debug", "served"])?;
    assert_eq!(failed.code, Some(4), "{failed}");
    assert!(
        failed.stdout.contains("its load failed") && failed.stdout.contains("no more quotes"),
        "{failed}"
    );
    bench.nothing_runs()
}

#[test]
fn a_run_keeps_a_repeat_under_delve_and_its_analysis_needs_none() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    bench.edit("scenarios/leak-repro.toml", "[\"plain\", \"natural\", \"step\"]", "[\"step\"]")?;
    let ended = bench.run(["run", "leak-repro", "--variant", "default", "--out", "captured"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let nowhere = [("HARNESS_DLV", "/nowhere/dlv")];
    let again = bench.run_with(["analyze", "captured"], &nowhere)?;
    for report in [&ended, &again] {
        for line in [
            "under Delve, a repeat of its own",
            "c.entries = map[quote.ID]*cache.entry len 1000",
            "leaked: chan receive at events.(*Subscription).deliver",
            "subscriber = events.Subscriber(&audit.Trail {",
        ] {
            assert!(report.stdout.contains(line), "{line}: {report}");
        }
    }
    let report = bench.run_with(["analyze", "captured", "--format", "json"], &nowhere)?.json()?;
    let joined = &report["debug"]["joined"][0]["fingerprint"];
    let findings = report["findings"].as_array().context("findings")?;
    let leaked = findings.iter().find(|finding| finding["kind"] == "goroutine").context("a finding")?;
    assert_eq!(joined, &leaked["fingerprint"]);
    let without = bench.run_with(["run", "leak-repro", "--variant", "default"], &nowhere)?;
    assert_eq!(without.code, Some(0), "{without}");
    assert!(without.stdout.contains("under Delve: no repeat was made: HARNESS_DLV names"), "{without}");
    bench.nothing_runs()
}

/// A server that speaks a debugger's language as far as its argument says.
const FAKE: &str = r#"package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	for _, word := range os.Args {
		if path, ok := strings.CutPrefix(word, "--listen=unix:"); ok {
			serve(path)
		}
	}
}

func serve(path string) {
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	c, err := l.Accept()
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(c)
	for n := 1; lines.Scan(); n++ {
		switch does := os.Getenv("FAKE"); {
		case does == "silent":
			time.Sleep(time.Hour)
		case does == "garbage":
			fmt.Fprintln(c, "\x00\xff what?")
		case does == "mismatch" && n == 1:
			fmt.Println("Version of Delve is too old for Go version go1.99.0 (maximum supported version 1.27)")
			os.Exit(1)
		case n > 2:
			return
		default:
			fmt.Fprintf(c, "{\"id\":%d,\"result\":{\"DelveVersion\":\"Version: 0.0.1\",\"TargetGoVersion\":\"go1.99\"},\"error\":null}\n", n)
		}
	}
}
"#;

#[test]
fn a_server_that_is_silent_talks_garbage_or_goes_away_is_told_and_leaves_nothing() -> Result<()> {
    let bench = Bench::with_module("circle", CIRCLE, "")?;
    bench.edit("scenarios/circle.toml", "[workload]", "[workload]\ntimeout = \"1s\"")?;
    bench.write("fake/go.mod", "module example.com/fake\n\ngo 1.23\n")?;
    bench.write("fake/main.go", FAKE)?;
    let built = Command::new("go")
        .args(["build", "-o", "dlv", "."])
        .current_dir(bench.root().join("fake"))
        .output()?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let dlv = bench.root().join("fake/dlv").into_string();
    for (does, words) in [
        ("silent", "Delve gave no answer to GetVersion in time"),
        ("garbage", "Delve says something else than its API does: a reply is no JSON"),
        ("mismatch", "hint: get a newer one: go install"),
        ("closes", "Delve has gone away"),
    ] {
        let ended = bench.run_with(["debug", "circle"], &[("HARNESS_DLV", &dlv), ("FAKE", does)])?;
        ensure!(ended.code.is_some_and(|code| code != 0) && ended.stderr.contains(words), "{does}: {ended}");
        bench.nothing_runs()?;
    }
    Ok(())
}

#[test]
fn where_a_socket_s_name_is_too_long_delve_is_spoken_to_on_loopback() -> Result<()> {
    let bench = Bench::with_module("circle", CIRCLE, "")?;
    bench.edit("scenarios/circle.toml", "[workload]", "[workload]\ntimeout = \"1s\"")?;
    let long = bench.root().join("x".repeat(120));
    std::fs::create_dir_all(&long)?;
    let ended = bench.run_with(["debug", "circle"], &[("TMPDIR", long.as_str())])?;
    assert!(ended.stdout.contains("a circle, in which nobody can go on:"), "{ended}");
    ensure!(ended.seen.iter().any(|process| process.command.contains("--listen=127.0.0.1:0")), "{ended}");
    bench.nothing_runs()
}

#[test]
fn an_editor_is_served_on_loopback_and_the_server_ends_with_it_or_in_time() -> Result<()> {
    let bench = Bench::with_module("circle", CIRCLE, "")?;
    let mut harness = Command::new(harness_binary()?)
        .args(["debug", "circle", "--dap", "--deadline", "3600", "--quiet"])
        .current_dir(bench.root())
        .envs(bench.mark())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut lines = BufReader::new(harness.stdout.take().context("its output")?).lines();
    let first = lines.next().context("a line")??;
    let address =
        first.strip_prefix("listening at ").and_then(|rest| rest.split(',').next()).context(first.clone())?;
    ensure!(address.starts_with("127.0.0.1:"), "{first}");
    let entry: String = lines
        .by_ref()
        .skip(2)
        .take_while(|line| line.as_ref().is_ok_and(|line| line != "}"))
        .flatten()
        .collect();
    let entry: serde_json::Value = serde_json::from_str(&(entry + "}"))?;
    assert_eq!(
        (&entry["request"], &entry["mode"], &entry["host"]),
        (&"attach".into(), &"remote".into(), &"127.0.0.1".into())
    );
    let mut editor = TcpStream::connect(address)?;
    for (nth, (command, arguments)) in [
        ("initialize", serde_json::json!({ "adapterID": "go" })),
        ("attach", serde_json::json!({ "request": "attach", "mode": "remote" })),
        ("disconnect", serde_json::json!({ "terminateDebuggee": true })),
    ]
    .into_iter()
    .enumerate()
    {
        let request = serde_json::json!({ "seq": nth + 1, "type": "request", "command": command, "arguments": arguments });
        let request = request.to_string();
        write!(editor, "Content-Length: {}\r\n\r\n{request}", request.len())?;
    }
    let mut answers = String::new();
    editor.read_to_string(&mut answers)?;
    ensure!(answers.contains("Detaching and terminating target process"), "{answers}");
    let mut rest = String::new();
    lines.for_each(|line| rest.push_str(&line.unwrap_or_default()));
    ensure!(harness.wait()?.success(), "{rest}");
    bench.nothing_runs()?;
    let ended = bench.run(["debug", "circle", "--dap", "--deadline", "1"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("the time was over"), "{ended}");
    let refused = bench.run(["debug", "circle", "--interactive"])?;
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("needs a terminal"), "{refused}");
    bench.nothing_runs()
}
