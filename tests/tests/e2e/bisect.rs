//! Which flag did it, which commit did it: `harness bisect`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use camino::Utf8Path;
use harness_tests::{Bench, harness_binary};

/// A service that keeps nothing; `LEAK` stands for what an operation does.
const SERVICE: &str = r#"// Command service counts.
package main

import "fmt"

var (
	count  int
	quotes [][]byte
)

func main() {
	for n := range 1000 {
		handle(n)
	}
	fmt.Println(count, len(quotes))
}

//go:noinline
func handle(n int) {
	count += n
	LEAK
}
"#;

const LEAK: &str = "quotes = append(quotes, make([]byte, 256))";

fn service(operation: &str) -> String {
    SERVICE.replace("LEAK", operation)
}

/// A repository whose first commit counts, in a module `service`.
fn repository() -> Result<Bench> {
    let bench = Bench::with_module("service", &service(""), "[expect]\nleaks = []\n")?;
    git(bench.root(), &["init", "--quiet", "--initial-branch", "trunk"])?;
    commit(&bench, "Count")?;
    Ok(bench)
}

/// Its trunk leaks, and a side branch that did not build for a while is merged into it.
fn merged() -> Result<Bench> {
    let bench = repository()?;
    git(bench.root(), &["checkout", "--quiet", "-b", "side"])?;
    bench.write("service/main.go", &service("undefined()"))?;
    commit(&bench, "Call what is not there")?;
    bench.write("service/main.go", &service("count++"))?;
    commit(&bench, "Mend the build")?;
    git(bench.root(), &["checkout", "--quiet", "trunk"])?;
    bench.write("service/main.go", &service(LEAK))?;
    commit(&bench, "Cache quotes")?;
    let merge = ["merge", "--quiet", "--no-ff", "--strategy", "ours", "-m", "Merge side", "side"];
    git(bench.root(), &[AUTHOR.as_slice(), &merge].concat())?;
    Ok(bench)
}

const AUTHOR: [&str; 4] = ["-c", "user.name=A. Author", "-c", "user.email=a@example.com"];

fn commit(bench: &Bench, subject: &str) -> Result<()> {
    git(bench.root(), &["add", "service", "scenarios"])?;
    git(bench.root(), &[AUTHOR.as_slice(), &["commit", "--quiet", "-m", subject]].concat())?;
    Ok(())
}

fn git(dir: &Utf8Path, words: &[&str]) -> Result<String> {
    let done = Command::new("git").args(words).current_dir(dir).output()?;
    if !done.status.success() {
        bail!("git {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

#[test]
fn the_commit_that_brought_the_leak_is_found_beside_the_users_tree_which_stays_as_it_is() -> Result<()> {
    let bench = merged()?;
    bench.write("service/main.go", "package main // half a thought\n")?;
    git(bench.root(), &["add", "service/main.go"])?;
    bench.write("service/main.go", "package main // and its other half\n")?;
    let state = |bench: &Bench| -> Result<[String; 4]> {
        Ok([
            git(bench.root(), &["status", "--porcelain", "--", "service"])?,
            git(bench.root(), &["diff", "--cached"])?,
            git(bench.root(), &["for-each-ref"])?,
            git(bench.root(), &["worktree", "list"])?,
        ])
    };
    let before = state(&bench)?;
    let temporary = bench.root().join("temporary");
    fs::create_dir(&temporary)?;
    let first = git(bench.root(), &["rev-list", "--max-parents=0", "HEAD"])?;
    let words = ["bisect", "service", "--good", &first, "--bad", "trunk", "--format", "json"];
    let ended = bench.run_with(words, &[("TMPDIR", temporary.as_str())])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    assert_eq!(report["culprit"]["commit"]["subject"], "Cache quotes", "{report:#}");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(state(&bench)?, before);
    assert_eq!(fs::read_dir(&temporary)?.count(), 0, "a working tree was left behind");
    Ok(())
}

#[test]
fn commits_that_do_not_build_are_skipped_and_said_where_they_leave_the_answer_open() -> Result<()> {
    let bench = repository()?;
    for operation in ["undefined()", "alsoUndefined()", LEAK] {
        bench.write("service/main.go", &service(operation))?;
        commit(&bench, operation)?;
    }
    let ended = bench.run(["bisect", "service", "--good", "trunk~2", "--bad", "trunk"])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("the good end, ") && ended.stderr.contains("does not build"), "{ended}");
    let ended =
        bench.run(["bisect", "service", "--good", "trunk~3", "--bad", "trunk", "--format", "json"])?;
    assert_eq!(ended.code, Some(6), "{ended}");
    let report = ended.json()?;
    let commits = report["culprit"]["one-of"].as_array().into_iter().flatten();
    let mut subjects: Vec<&str> = commits.filter_map(|commit| commit["subject"].as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["alsoUndefined()", LEAK, "undefined()"], "{report:#}");
    let skipped = report["trials"].as_array().into_iter().flatten().filter(|one| one["judged"] == "skipped");
    assert_eq!(skipped.count(), 2, "{report:#}");
    Ok(())
}

#[test]
fn a_commit_is_named_with_its_author_and_the_leak_that_it_brought() -> Result<()> {
    let bench = repository()?;
    for subject in ["One", "Two", "Three"] {
        bench.write("service/other.go", &format!("package main\n\n// {subject}\n"))?;
        commit(&bench, subject)?;
    }
    bench.write("service/main.go", &service(LEAK))?;
    commit(&bench, "Cache quotes")?;
    bench.write("service/other.go", "package main\n\n// Five\n")?;
    commit(&bench, "Five")?;
    let ended = bench.run(["bisect", "service", "--good", "trunk~4", "--bad", "trunk"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("\u{201c}Cache quotes\u{201d} is the first bad commit"), "{ended}");
    assert!(ended.stdout.contains("author A. Author"), "{ended}");
    assert!(ended.stdout.contains("main.handle"), "{ended}");
    assert!(ended.stderr.contains("about 2 steps left"), "{ended}");

    // The same by git's own search, with the scenario outside of what is checked out.
    git(bench.root(), &["bisect", "start", "trunk", "trunk~4"])?;
    let elsewhere = tempfile::tempdir()?;
    let scenario = elsewhere.path().join("service.toml");
    let text = fs::read_to_string(bench.root().join("scenarios/service.toml"))?;
    fs::write(&scenario, text.replace("../service", bench.root().join("service").as_str()))?;
    let binary = harness_binary()?;
    let done = Command::new("git")
        .args(["bisect", "run"])
        .arg(binary)
        .args(["bisect", "--step", scenario.to_str().unwrap_or_default(), "--quiet"])
        .current_dir(bench.root())
        .output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("is the first bad commit") && said.contains("Cache quotes"), "{said}");
    git(bench.root(), &["bisect", "reset"])?;
    Ok(())
}

#[test]
fn a_step_tells_git_to_skip_what_it_cannot_judge() -> Result<()> {
    let bench = Bench::with_module("service", &service("undefined()"), "[expect]\nleaks = []\n")?;
    let ended = bench.run(["bisect", "service", "--step"])?;
    assert_eq!(ended.code, Some(125), "{ended}");
    let ended = bench.run(["bisect", "nothing", "--step"])?;
    assert_eq!(ended.code, Some(125), "{ended}");
    // A slip of the user's is no bad commit: it ends the search.
    let ended = bench.run(["bisect", "service", "--step", "--on", "sise"])?;
    assert_eq!(ended.code, Some(128), "{ended}");
    bench.write("service/main.go", &service(""))?;
    let ended = bench.run(["bisect", "service", "--step", "--on", "size:1KB"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    Ok(())
}

#[test]
fn the_flag_that_makes_the_binary_smaller_is_found() -> Result<()> {
    let more = "[[variant]]\nname = \"plain\"\n[[variant]]\nname = \"release\"\nbuild.trimpath = true\n\
                build.ldflags = [\"-X\", \"main.version=1\", \"-s\"]\nbuild.tags = [\"prod\"]\n";
    let bench = Bench::with_module("service", &service(""), more)?;
    let words = ["bisect", "service", "--flags", "--good", "plain", "--bad", "release", "--on", "size"];
    let ended = bench.run(words)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.starts_with("FOUND service: `ldflags -s` did it: size: "), "{ended}");
    let ended = bench.run([&words[..8], &["size:99%"]].concat())?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(ended.stderr.contains("which is less than asked for"), "{ended}");
    Ok(())
}

#[test]
fn two_tags_that_leak_only_together_are_both_found() -> Result<()> {
    let more = "[[variant]]\nname = \"plain\"\n[[variant]]\nname = \"all\"\n\
                build.tags = [\"audit\", \"cache\", \"fast\"]\nbuild.trimpath = true\n[expect]\nleaks = []\n";
    let bench = Bench::with_module("service", &service("operation()"), more)?;
    bench
        .write("service/none.go", "//go:build !(audit && cache)\n\npackage main\n\nfunc operation() {}\n")?;
    let leaks = format!("//go:build audit && cache\n\npackage main\n\nfunc operation() {{ {LEAK} }}\n");
    bench.write("service/both.go", &leaks)?;
    let words = ["bisect", "service", "--flags", "--good", "plain", "--bad", "all", "--format", "json"];
    let ended = bench.run(words)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    assert_eq!(report["culprit"]["flags"], serde_json::json!(["tags audit", "tags cache"]), "{report:#}");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    Ok(())
}

#[test]
fn an_interrupt_leaves_no_working_tree_and_no_process() -> Result<()> {
    let bench = Bench::with_module("service", &service("time.Sleep(time.Hour)"), "")?;
    bench.edit("service/main.go", "import \"fmt\"", "import (\n\t\"fmt\"\n\t\"time\"\n)")?;
    git(bench.root(), &["init", "--quiet", "--initial-branch", "trunk"])?;
    commit(&bench, "Sleep")?;
    bench.write("service/other.go", "package main\n")?;
    commit(&bench, "Sleep on")?;
    let temporary = bench.root().join("temporary");
    fs::create_dir(&temporary)?;
    let mut child = Command::new(harness_binary()?)
        .args(["bisect", "service", "--good", "trunk~1", "--bad", "trunk"])
        .current_dir(bench.root())
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let begun = Instant::now();
    let runs = bench.root().join(".harness/runs/latest-service.bisect");
    while fs::read_dir(&temporary)?.count() == 0 || fs::symlink_metadata(&runs).is_err() {
        if begun.elapsed() > Duration::from_secs(120) || child.try_wait()?.is_some() {
            child.kill()?;
            bail!("the search did not come to its first run");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let status = child.wait()?;
    assert_eq!(status.code(), Some(130));
    assert_eq!(fs::read_dir(&temporary)?.count(), 0, "a working tree was left behind");
    assert_eq!(bench.processes()?, []);
    Ok(())
}
