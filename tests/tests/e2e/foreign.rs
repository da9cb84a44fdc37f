//! `harness analyze` of what somebody took of a server in production: files of a real Go program, in any subset.

use std::fs::File;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Ended};

/// What was taken of the program that leaks, and of the same with the leak fixed.
struct Incident {
    binary: Utf8PathBuf,
    leaking: Utf8PathBuf,
    fixed: Utf8PathBuf,
}

#[expect(clippy::unwrap_used, reason = "without the files every test here has to fail")]
fn incident() -> &'static Incident {
    static INCIDENT: OnceLock<Incident> = OnceLock::new();
    INCIDENT.get_or_init(|| make().unwrap())
}

fn make() -> Result<Incident> {
    let bench = Bench::new()?;
    let module = bench.program("incident")?;
    let root = bench.keep();
    let binary = root.join("server");
    let built = Command::new("go").args(["build", "-o", binary.as_str(), "."]).current_dir(&module).output();
    let built = built.context("cannot start go")?;
    ensure!(built.status.success(), "{built:?}");
    let run = |name: &str, more: &[&str]| -> Result<Utf8PathBuf> {
        let dir = root.join(name);
        std::fs::create_dir(&dir)?;
        let log = File::create(dir.join("server.log"))?;
        let mut program = Command::new(&binary);
        let ran = program
            .args(["-dir", dir.as_str()])
            .args(more)
            .env("GODEBUG", "gctrace=1")
            .stderr(log)
            .status()?;
        ensure!(ran.success(), "{ran}");
        Ok(dir)
    };
    let (leaking, fixed) = (run("leaking", &[])?, run("fixed", &["-fixed"])?);
    Ok(Incident { binary, leaking, fixed })
}

/// Runs in the directory's place: files are named as they lie there.
fn analyze(dir: &Utf8Path, files: &[&str], more: &[&str]) -> Result<Ended> {
    let files = files.iter().map(|file| dir.join(file).to_string());
    let words =
        ["analyze".to_owned()].into_iter().chain(files).chain(more.iter().map(|word| (*word).to_owned()));
    Bench::new()?.run(words.collect::<Vec<_>>())
}

#[test]
fn all_that_was_taken_names_both_leaks_with_holder_and_aligned_cycles() -> Result<()> {
    let incident = incident();
    let ended = analyze(&incident.leaking, &["."], &["--binary", incident.binary.as_str()])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    for words in [
        "heap  session.Open  session/session.go:20",
        "objects/s  UNEXPECTED",
        "held by global example.com/incident/session.active",
        "one allocation in 512 KiB is sampled",
        "goroutine  session.Watch  session/session.go:",
        "500 -> 1000 -> 1500 -> 2000",
        "gctrace and trace aligned",
        "not run: goroutineleak",
    ] {
        assert!(ended.stdout.contains(words), "no `{words}`: {ended}");
    }
    Ok(())
}

#[test]
fn heap_profiles_are_put_in_order_by_their_own_time() -> Result<()> {
    // The first that was taken is called heap-d.
    let files = ["heap-a.pb.gz", "heap-d.pb.gz", "heap-b.pb.gz", "heap-c.pb.gz"];
    let ended = analyze(&incident().leaking, &files, &["--format", "json"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let report = ended.json()?;
    let series = &report["findings"][0]["evidence"][0]["inuse_space"];
    let series: Vec<u64> =
        series.as_array().into_iter().flatten().filter_map(serde_json::Value::as_u64).collect();
    assert!(series.len() == 4 && series.is_sorted(), "{series:?}");
    assert_eq!(report["findings"][0]["growth"]["per"], "second");
    Ok(())
}

#[test]
fn goroutines_that_grow_are_found_in_each_form_they_can_be_taken_in() -> Result<()> {
    for (files, site) in [
        (&["trace.out"][..], "session.Watch"),
        (&["stacks-1.txt", "stacks-2.txt", "stacks-3.txt"], "session.Watch"),
        // Neither of these tells who created a goroutine.
        (&["goroutine-3.pb.gz", "goroutine-1.pb.gz", "goroutine-2.pb.gz"], "session.(*Session).expire"),
        (&["counts-1.txt", "counts-2.txt", "counts-3.txt"], "session.(*Session).expire"),
    ] {
        let ended = analyze(&incident().leaking, files, &[])?;
        assert_eq!(ended.code, Some(1), "{ended}");
        assert!(ended.stdout.contains(&format!("goroutine  {site}  session/session.go:")), "{ended}");
    }
    Ok(())
}

#[test]
fn a_rising_live_heap_alone_is_inconclusive_and_says_what_would_tell_where() -> Result<()> {
    let ended = analyze(&incident().leaking, &["server.log"], &[])?;
    assert_eq!(ended.code, Some(6), "{ended}");
    assert!(ended.stdout.contains("the live heap rises by"), "{ended}");
    assert!(ended.stdout.contains("not run: heap profiles"), "{ended}");
    Ok(())
}

#[test]
fn the_cycles_of_a_trace_alone_are_judged_and_written_as_a_table() -> Result<()> {
    let bench = Bench::new()?;
    let table = bench.root().join("cycles.csv");
    let write = format!("csv={table}");
    let ended = analyze(&incident().leaking, &["trace.out"], &["--write", &write])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(!ended.stdout.contains("the heap could not be judged"), "{ended}");
    let cycles = std::fs::read_to_string(&table)?.lines().count() - 1;
    ensure!(cycles >= 20, "{cycles} cycles in {table}");
    Ok(())
}

#[test]
fn of_a_log_of_a_service_that_was_started_again_the_process_that_the_trace_is_of_is_judged() -> Result<()> {
    let incident = incident();
    let (old, new) = (incident.fixed.join("server.log"), incident.leaking.join("server.log"));
    let (old, new) = (std::fs::read_to_string(old)?, std::fs::read_to_string(new)?);
    for (name, log) in
        [("started again", format!("{old}{new}")), ("stopped since", format!("{new}{old}{old}"))]
    {
        let dir = Bench::new()?.keep();
        std::fs::write(dir.join("server.log"), log)?;
        let files = [dir.join("server.log"), incident.leaking.join("trace.out")];
        let words = ["analyze"].into_iter().chain(files.iter().map(|file| file.as_str()));
        let ended = Bench::new()?.run(words)?;
        std::fs::remove_dir_all(&dir)?;
        assert!(ended.stdout.contains("gctrace and trace aligned"), "{name}: {ended}");
        assert!(ended.stdout.contains("processes; one of them is judged"), "{name}: {ended}");
        assert!(!ended.stdout.contains("going back"), "{name}: {ended}");
    }
    Ok(())
}

#[test]
fn a_dump_alone_is_inconclusive_and_names_the_suspect() -> Result<()> {
    let incident = incident();
    let ended = analyze(&incident.leaking, &["server.dump"], &["--binary", incident.binary.as_str()])?;
    assert_eq!(ended.code, Some(6), "{ended}");
    assert!(ended.stdout.contains("most suspect is global example.com/incident/session.active"), "{ended}");
    Ok(())
}

#[test]
fn of_several_dumps_the_last_is_compared_with_the_first_whatever_they_are_called() -> Result<()> {
    let incident = incident();
    let dir = Bench::new()?.keep();
    let ran = Command::new(&incident.binary).args(["-dir", dir.as_str(), "-dumps"]).status()?;
    ensure!(ran.success(), "{ran}");
    // In order of time: phase-d, phase-c, phase-b, server.
    let files = ["server.dump", "phase-b.dump", "phase-d.dump", "phase-c.dump"];
    let ended = analyze(&dir, &files, &["--binary", incident.binary.as_str()])?;
    std::fs::remove_dir_all(&dir)?;
    assert_eq!(ended.code, Some(6), "{ended}");
    let one = |start: &str| ended.stdout.lines().find(|line| line.contains(start)).unwrap_or_default();
    let words = one("what grew most between them is global example.com/incident/session.active");
    assert!(words.contains(" of them and 4") && words.contains(" MiB more than "), "{ended}");
    let unused = one("no more than the size of the heap is read");
    assert!(unused.contains("phase-c.dump`, `") && unused.contains("phase-b.dump`"), "{ended}");
    assert!(!unused.contains("phase-d") && !unused.contains("server.dump"), "{ended}");
    Ok(())
}

#[test]
fn a_file_may_come_through_a_pipe_and_once_only() -> Result<()> {
    let incident = incident();
    let log = File::open(incident.leaking.join("server.log"))?;
    let piped = Bench::new()?.run_reading(["analyze", "-"], log)?;
    assert_eq!(piped.code, Some(6), "{piped}");
    assert!(
        piped.stdout.contains("standard input") && piped.stdout.contains("the live heap rises by"),
        "{piped}"
    );
    let twice =
        Bench::new()?.run_reading(["analyze", "-", "-"], File::open(incident.leaking.join("server.log"))?)?;
    assert_eq!(twice.code, Some(2), "{twice}");
    let none = Bench::new()?.run(["analyze", "-"])?;
    assert_eq!(none.code, Some(2), "{none}");
    assert!(none.stderr.contains("`standard input` cannot be used: it is empty"), "{none}");
    Ok(())
}

#[test]
fn what_is_read_of_no_file_is_told() -> Result<()> {
    let files = ["goroutine-1.pb.gz", "goroutine-2.pb.gz", "stacks-1.txt"];
    let ended = analyze(&incident().leaking, &files, &[])?;
    for words in [
        "goroutine stacks (1) are not compared: there are as many goroutine profiles or more",
        "each is laid at the outermost of your functions on its stack",
    ] {
        assert!(ended.stdout.contains(words), "no `{words}`: {ended}");
    }
    Ok(())
}

#[test]
fn the_fixed_program_is_not_accused() -> Result<()> {
    let ended = analyze(&incident().fixed, &["."], &[])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stdout.contains("no leak in what these files show"), "{ended}");
    Ok(())
}

#[test]
fn a_damaged_profile_is_told_and_makes_no_growth() -> Result<()> {
    let incident = incident();
    let whole = std::fs::read(incident.leaking.join("heap-d.pb.gz"))?;
    let cut = tempfile::tempdir()?;
    let path = cut.path().join("cut");
    std::fs::write(&path, &whole[..whole.len() / 2])?;
    let path = Utf8PathBuf::try_from(path)?;
    let ended = analyze(&incident.fixed, &[path.as_str(), "heap-b.pb.gz", "heap-a.pb.gz"], &[])?;
    assert_eq!(ended.code, Some(5), "{ended}");
    assert!(ended.stdout.contains("left out of the comparison"), "{ended}");
    assert!(!ended.stdout.contains("UNEXPECTED"), "{ended}");
    Ok(())
}

#[test]
fn a_file_of_no_use_is_refused_by_name_with_what_is_accepted() -> Result<()> {
    let incident = incident();
    let ended = analyze(&incident.leaking, &["heap-a.pb.gz", incident.binary.as_str()], &[])?;
    assert_eq!(ended.code, Some(2), "{ended}");
    assert!(
        ended.stderr.contains("server` cannot be used") && ended.stderr.contains("accepted are"),
        "{ended}"
    );
    Ok(())
}
