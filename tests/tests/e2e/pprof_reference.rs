//! Profiles recorded on the spot and kept ones, read by `go tool pprof` and by ours: the same lists, to the letter.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::harness_binary;

/// Options of pprof and of ours that mean the same, each a word; `{early}` is the other profile.
type Question = (&'static [&'static str], &'static [&'static str]);

/// Of every profile.
const COMMON: &[Question] = &[
    (&["-top"], &["--top"]),
    (&["-top", "-cum"], &["--top", "--cum"]),
    (&["-top", "-lines"], &["--top", "--granularity", "lines"]),
    (&["-top", "-filefunctions"], &["--top", "--granularity", "filefunctions"]),
    (&["-top", "-addresses"], &["--top", "--granularity", "addresses"]),
    (&["-top", "-addresses", "-noinlines"], &["--top", "--granularity", "addresses", "--noinlines"]),
    (&["-top", "-noinlines"], &["--top", "--noinlines"]),
    (&["-top", "-nodecount=3"], &["--top", "3"]),
    (&["-top", "-nodefraction=0", "-edgefraction=0"], &["--top", "--nodefraction=0", "--edgefraction=0"]),
    (&["-top", "-nodefraction=0.1"], &["--top", "--nodefraction=0.1"]),
    (&["-tree"], &["--tree"]),
    (&["-tree", "-nodecount=6", "-lines"], &["--tree", "--nodecount=6", "--granularity=lines"]),
    (&["-tree", "-cum", "-nodefraction=0"], &["--tree", "--cum", "--nodefraction=0"]),
    (&["-peek=."], &["--peek=."]),
    (&["-traces"], &["--traces"]),
    (&["-traces", "-lines"], &["--traces", "--granularity=lines"]),
    (&["-tags"], &["--tags"]),
    (&["-list=."], &["--list=."]),
    (&["-list=.", "-unit=B", "-noinlines"], &["--list=.", "--unit=B", "--noinlines"]),
];

/// Of those with functions of the test program.
const OF_PROGRAM: &[Question] = &[
    (&["-top", "-focus=main"], &["--top", "--focus=main"]),
    (&["-top", "-focus=recurse|spin", "-ignore=other"], &["--top", "--focus=recurse|spin", "--ignore=other"]),
    (&["-top", "-hide=runtime"], &["--top", "--hide=runtime"]),
    (&["-tree", "-hide=main.work|main.main"], &["--tree", "--hide=main.work|main.main"]),
    (&["-top", "-show=main"], &["--top", "--show=main"]),
    (&["-tree", "-show=^main"], &["--tree", "--show=^main"]),
    (&["-top", "-show_from=work|Do"], &["--top", "--show-from=work|Do"]),
    (&["-top", "-focus=main.go", "-lines"], &["--top", "--focus=main.go", "--granularity=lines"]),
    (&["-traces", "-hide=runtime", "-show_from=main"], &["--traces", "--hide=runtime", "--show-from=main"]),
    (&["-peek=main.main"], &["--peek=main.main"]),
    (&["-list=main", "-focus=main"], &["--list=main", "--focus=main"]),
    (&["-list=main", "-trim_path=/:/nowhere"], &["--list=main", "--trim-path=/:/nowhere"]),
    (&["-list=main", "-source_path=/x/programs:/y"], &["--list=main", "--source-path=/x/programs:/y"]),
    (&["-peek=main", "-lines", "-focus=main"], &["--peek=main", "--granularity=lines", "--focus=main"]),
];

const OF_HEAP: &[Question] = &[
    (&["-top", "-sample_index=alloc_space"], &["--top", "--sample=alloc_space"]),
    (&["-top", "-sample_index=alloc_objects"], &["--top", "--sample=alloc_objects"]),
    (&["-top", "-sample_index=inuse_objects"], &["--top", "--sample=inuse_objects"]),
    (&["-tree", "-sample_index=alloc_space"], &["--tree", "--sample=alloc_space"]),
    (&["-peek=Push|recurse", "-alloc_space"], &["--peek=Push|recurse", "--sample=alloc_space"]),
    (&["-top", "-unit=B"], &["--top", "--unit=B"]),
    (&["-top", "-unit=MB", "-alloc_space"], &["--top", "--unit=MB", "--sample=alloc_space"]),
    (&["-top", "-tagfocus=bytes=1kb:2kb"], &["--top", "--tagfocus=bytes=1kb:2kb"]),
    (&["-top", "-tagignore=:1kb"], &["--top", "--tagignore=:1kb"]),
    (&["-tags", "-unit=B"], &["--tags", "--unit=B"]),
    (&["-top", "{early}"], &["--top", "0", "{early}"]),
    (&["-traces", "-alloc_space", "{early}"], &["--traces", "--sample=alloc_space", "{early}"]),
    (&["-top", "-base={early}"], &["--top", "--base={early}"]),
    (&["-top", "-diff_base={early}"], &["--top", "--diff={early}"]),
    (&["-top", "-diff_base={early}", "-unit=B"], &["--top", "--diff={early}", "--unit=B"]),
    (
        &["-top", "-diff_base={early}", "-lines", "-cum"],
        &["--top", "--diff={early}", "--granularity=lines", "--cum"],
    ),
    (&["-top", "-base={early}", "-alloc_objects"], &["--top", "--base={early}", "--sample=alloc_objects"]),
    (&["-tree", "-diff_base={early}"], &["--tree", "--diff={early}"]),
    (&["-peek=main", "-base={early}"], &["--peek=main", "--base={early}"]),
    (&["-traces", "-diff_base={early}"], &["--traces", "--diff={early}"]),
    (&["-tags", "-diff_base={early}"], &["--tags", "--diff={early}"]),
    (&["-list=main", "-diff_base={early}"], &["--list=main", "--diff={early}"]),
    (&["-top", "-diff_base={early}", "-normalize"], &["--top", "--diff={early}", "--normalize"]),
    (&["-top", "-base={early}", "-normalize"], &["--top", "--base={early}", "--normalize"]),
    (
        &["-top", "-diff_base={early}", "-focus=main", "-hide=alloc"],
        &["--top", "--diff={early}", "--focus=main", "--hide=alloc"],
    ),
];

const OF_LABELS: &[Question] = &[
    (&["-top", "-tagfocus=tenant=red"], &["--top", "--tagfocus=tenant=red"]),
    (&["-top", "-tagfocus=red,size"], &["--top", "--tagfocus=red,size"]),
    (&["-top", "-tagignore=tenant=red|blue"], &["--top", "--tagignore=tenant=red|blue"]),
    (&["-traces", "-tagfocus=tenant"], &["--traces", "--tagfocus=tenant"]),
];

/// A tool's standard output, which must be there.
fn said(mut command: Command) -> Result<String> {
    let output = command.env("TZ", "UTC").output().with_context(|| format!("cannot start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}\n{stderr}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn pprof(options: &[String]) -> Result<String> {
    let mut command = Command::new("go");
    command.args(["tool", "pprof", "-symbolize=none"]).args(options);
    said(command)
}

fn ours(options: &[String]) -> Result<String> {
    let mut command = Command::new(harness_binary()?);
    command.args(["inspect", "heap", "--quiet"]).args(options);
    said(command)
}

/// Asks both. Returns what differs, if anything does.
fn differs(
    profile: &Utf8Path,
    early: &Utf8Path,
    (theirs, own): (&[&str], &[&str]),
) -> Result<Option<String>> {
    let filled = |words: &[&str]| -> Vec<String> {
        let mut words: Vec<String> =
            words.iter().map(|word| word.replace("{early}", early.as_str())).collect();
        // pprof takes no options after a file; ours takes them anywhere.
        let at = words.iter().position(|word| word == early.as_str()).unwrap_or(words.len());
        words.insert(at, profile.to_string());
        words
    };
    let (go, harness) = (pprof(&filled(theirs))?, ours(&own_words(own, profile, early))?);
    ensure!(go.lines().count() > 1 || go.is_empty(), "pprof says nothing: {go}");
    if go == harness {
        return Ok(None);
    }
    let line = go.lines().zip(harness.lines()).position(|(a, b)| a != b);
    let at = line.unwrap_or_else(|| go.lines().count().min(harness.lines().count()));
    let shown = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    Ok(Some(format!(
        "{profile} {theirs:?}, line {}\n  pprof: {}\n  ours:  {}",
        at + 1,
        shown(&go),
        shown(&harness)
    )))
}

/// Ours: the profile first.
fn own_words(words: &[&str], profile: &Utf8Path, early: &Utf8Path) -> Vec<String> {
    let words = words.iter().map(|word| word.replace("{early}", early.as_str()));
    [profile.to_string()].into_iter().chain(words).collect()
}

/// Builds and runs the program that makes profiles of every kind.
fn record(directory: &Utf8Path) -> Result<()> {
    record_with(&[], directory)
}

fn sources() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/profiles")
}

fn record_with(flags: &[&str], directory: &Utf8Path) -> Result<()> {
    let program = directory.join("profiles");
    let mut build = Command::new("go");
    build
        .args(["build", "-o", program.as_str()])
        .args(flags)
        .arg(".")
        .current_dir(sources())
        .env("GOWORK", "off");
    said(build)?;
    let mut run = Command::new(program);
    run.arg(directory);
    said(run).map(|_| ())
}

fn fixture(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pprof").join(name)
}

fn temporary() -> Result<(tempfile::TempDir, Utf8PathBuf)> {
    let directory = tempfile::tempdir()?;
    let path =
        Utf8Path::from_path(directory.path()).context("a temporary directory with an odd name")?.to_owned();
    Ok((directory, path))
}

#[test]
fn every_list_is_the_one_of_go_tool_pprof() -> Result<()> {
    let (_kept, directory) = temporary()?;
    record(&directory)?;
    let live = |name: &str| directory.join(format!("{name}.pb.gz"));
    let early = live("early");
    let all: [(Utf8PathBuf, &[&[Question]]); 10] = [
        (live("heap"), &[COMMON, OF_PROGRAM, OF_HEAP]),
        (live("allocs"), &[COMMON, OF_PROGRAM]),
        (live("cpu"), &[COMMON, OF_PROGRAM, OF_LABELS]),
        (live("goroutine"), &[COMMON, OF_LABELS]),
        (live("mutex"), &[COMMON]),
        (live("block"), &[COMMON]),
        (early.clone(), &[COMMON]),
        (fixture("heap-go1.26.8.pb.gz"), &[COMMON]),
        (fixture("heap-go1.23.12.pb.gz"), &[COMMON]),
        (fixture("goroutine-go1.26.8.pb.gz"), &[COMMON]),
    ];
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (profile, questions) in &all {
        for question in questions.iter().copied().flatten() {
            asked += 1;
            wrong.extend(differs(profile, &early, *question)?);
        }
    }
    ensure!(wrong.is_empty(), "{} of {asked} differ\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// After `go build -trimpath` a file's name begins with the module's path, and no directory is called so.
#[test]
fn source_of_a_trimpath_build_is_found_as_pprof_finds_it_and_by_its_module() -> Result<()> {
    let (_kept, directory) = temporary()?;
    record_with(&["-trimpath"], &directory)?;
    let profile = directory.join("heap.pb.gz");
    let mut go = Command::new("go");
    go.args(["env", "GOROOT"]);
    let root = said(go)?;
    let elsewhere = directory.join("elsewhere");
    std::fs::create_dir(&elsewhere)?;
    for file in ["main.go", "go.mod"] {
        std::fs::copy(sources().join(file), elsewhere.join(file))?;
    }
    let path = format!("{elsewhere}:{}/src", root.trim());
    let (source, trim) = (format!("-source_path={path}"), "-trim_path=example.com/profiles");
    let theirs = ["-list=main|runtime", &source, trim];
    let (own_source, own_trim) = (format!("--source-path={path}"), "--trim-path=example.com/profiles");
    let own = ["--list=main|runtime", &own_source, own_trim];
    assert_eq!(differs(&profile, &profile, (&theirs, &own))?, None);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let by_module = ours(&words(&[profile.as_str(), "--list=main", &own_source]))?;
    ensure!(
        by_module.contains("in example.com/profiles/main.go")
            && by_module.contains("func alloc(i int) []byte"),
        "{by_module}"
    );

    let missing = Command::new(harness_binary()?)
        .args(["inspect", "heap", profile.as_str(), "--list=main"])
        .current_dir(&directory)
        .output()?;
    let (stdout, stderr) =
        (String::from_utf8_lossy(&missing.stdout), String::from_utf8_lossy(&missing.stderr));
    ensure!(
        missing.status.success()
            && stdout.contains(" Error: could not find file example.com/profiles/main.go on path "),
        "{stdout}"
    );
    ensure!(stderr.contains("hint: give the directory of the module: --source-path DIR"), "{stderr}");
    Ok(())
}

/// pprof names a file once for each start line of a function in it, in any order: the same lines are there.
#[test]
fn files_have_the_same_figures() -> Result<()> {
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    for name in ["heap-go1.26.8.pb.gz", "goroutine-go1.26.8.pb.gz"] {
        let profile = fixture(name).to_string();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let go = pprof(&words(&["-top", "-files", "-unit=B", &profile]))?;
        let own = ours(&words(&[&profile, "--top", "--granularity=files", "--unit=B"]))?;
        // The running sum depends on the order.
        let without_sum = |text: String| {
            let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let rows = text.lines().map(columns).filter(|row| row.len() == 6);
            rows.map(|mut row| {
                row.remove(2);
                row.join(" ")
            })
            .collect::<Vec<_>>()
            .join("\n")
        };
        ensure!(without_sum(go.clone()).lines().count() > 1, "{go}");
        assert_eq!(sorted(without_sum(go)), sorted(without_sum(own)));
    }
    Ok(())
}

#[test]
fn what_is_written_has_the_same_figures_in_go_tool_pprof() -> Result<()> {
    let (_kept, directory) = temporary()?;
    record(&directory)?;
    let live = |name: &str| directory.join(format!("{name}.pb.gz")).to_string();
    let (heap, early, out) = (live("heap"), live("early"), directory.join("out.pb.gz").to_string());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for (own, theirs) in [
        (vec!["--base", &*early], format!("-base={early}")),
        (vec!["--diff", &*early], format!("-diff_base={early}")),
    ] {
        let mut options = words(&[&heap, "--write", &out]);
        options.extend(words(&own));
        ours(&options)?;
        for view in ["-top", "-tree", "-traces"] {
            let expected = pprof(&words(&[view, &theirs, &heap]))?;
            assert_eq!(pprof(&words(&[view, &out]))?, expected, "{view} {theirs}");
        }
    }
    Ok(())
}

#[test]
fn exact_bytes_are_in_the_json() -> Result<()> {
    let profile = fixture("heap-go1.26.8.pb.gz").to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let json: serde_json::Value = serde_json::from_str(&ours(&words(&[&profile, "--json", "--top"]))?)?;
    let go = pprof(&words(&["-top", "-unit=B", &profile]))?;
    let nodes = json["graph"]["nodes"].as_array().context("nodes")?;
    let mut found = 0;
    for line in go.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [flat, _, _, cum, _, name, ..] = columns.as_slice() else { continue };
        let Some(node) = nodes.iter().find(|node| node["name"] == *name) else { continue };
        let bytes = |text: &str| text.trim_end_matches('B').parse::<i64>().ok();
        assert_eq!(node["flat"].as_i64(), bytes(flat), "{line}");
        assert_eq!(node["cum"].as_i64(), bytes(cum), "{line}");
        found += 1;
    }
    ensure!(found > 2 && found == nodes.len(), "{found} of {} rows\n{go}", nodes.len());
    Ok(())
}

#[test]
fn what_is_no_profile_is_said_with_what_would_help() -> Result<()> {
    let (_kept, directory) = temporary()?;
    let text = directory.join("heap.txt");
    std::fs::write(&text, "heap profile: 1: 16 [1: 16] @ heap/1048576\n")?;
    let trace = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/mixed-go1.26.8.trace");
    let program = std::env::current_exe()?;
    let program = Utf8Path::from_path(&program).context("an odd name")?;
    for (file, words) in [
        (text.as_path(), "debug=0"),
        (&trace, "harness inspect trace"),
        (program, "is a program"),
        (Utf8Path::new("/nowhere/heap.pb.gz"), "could not read"),
    ] {
        let output = Command::new(harness_binary()?).args(["inspect", "heap", file.as_str()]).output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success() && output.stdout.is_empty(), "{file}: {stderr}");
        ensure!(stderr.contains(words) && stderr.contains("hint: "), "{file}: {stderr}");
    }
    Ok(())
}

#[test]
fn two_profiles_are_told_by_their_content_and_other_pairs_are_refused() -> Result<()> {
    let (_kept, directory) = temporary()?;
    record(&directory)?;
    let live = |name: &str| directory.join(format!("{name}.pb.gz")).to_string();
    let diff = |words: &[&str]| -> Result<std::process::Output> {
        Ok(Command::new(harness_binary()?).arg("diff").args(words).output()?)
    };
    let (early, heap) = (live("early"), live("heap"));
    let output = diff(&[&early, &heap, "--json"])?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let theirs: Vec<String> =
        vec!["-top".into(), format!("-diff_base={early}"), "-unit=B".into(), heap.clone()];
    let go = pprof(&theirs)?;
    let total = format!(" of {}B total", json["facts"]["total"]);
    ensure!(go.contains(&total), "{total}: {go}");
    let trace = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/mixed-go1.26.8.trace");
    for (pair, words) in [
        ([heap.as_str(), trace.as_str()], "is a profile and"),
        ([trace.as_str(), heap.as_str()], "is a profile and"),
        ([heap.as_str(), &live("cpu")], "count different things"),
    ] {
        let output = diff(&pair)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(2) && stderr.contains("hint: "), "{stderr}");
        ensure!(stderr.contains(words) || stderr.contains("in common"), "{pair:?}: {stderr}");
    }
    Ok(())
}

/// `flat cum name` of each row that pprof prints.
fn rows(top: &str) -> Vec<String> {
    let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rows =
        top.lines().map(columns).filter(|row| row.len() > 5 && row[1].ends_with('%') && row[0] != "flat");
    rows.map(|row| format!("{} {} {}", row[0], row[3], row[5..].join(" "))).collect()
}

#[test]
fn growth_and_reached_bytes_that_we_write_show_our_numbers_in_go_tool_pprof() -> Result<()> {
    use harness::ingest::profile::{growth, reached};
    use harness::model::heap::{HeapCount, HeapRoot, PathStep, RetainingPath, RootKind};
    use harness::model::{Bytes, Frame, HeapSnapshot, MonotonicTime, Objects, Site, SiteClass, SiteUse};
    let (_kept, directory) = temporary()?;
    let frame = |name: &str| Frame { function: name.into(), file: "main.go".into(), line: 7 };
    let site = Site {
        class: SiteClass::User,
        object_size: Bytes(64),
        stack: [frame("main.put"), frame("main.main")].into(),
    };
    let site = std::sync::Arc::new(site);
    let snapshot = |n: u64| {
        let used = SiteUse {
            inuse_space: Bytes(64 * n),
            inuse_objects: Objects(n),
            alloc_space: Bytes(64 * n),
            alloc_objects: Objects(n),
        };
        let sites = [(std::sync::Arc::clone(&site), used)].into();
        HeapSnapshot { checkpoint: None, at: MonotonicTime(0), cycle: None, sites }
    };
    let show = |profile: &harness::format::pprof::Profile| -> Result<Vec<String>> {
        let out = directory.join("out.pb.gz");
        std::fs::write(&out, harness::format::pprof::write(profile))?;
        Ok(rows(&pprof(&["-top".into(), "-unit=B".into(), out.to_string()])?))
    };
    let grown = growth(&snapshot(10), &snapshot(35), "/bin/server");
    assert_eq!(show(&grown)?, ["1600B 1600B main.put", "0 1600B main.main"]);

    let step = |field: &str, kind: &str, count, chain| PathStep {
        field: Some(field.to_owned()),
        offset: Some(0),
        type_name: Some(kind.to_owned()),
        site: Some(frame("main.put")),
        object_size: Bytes(64),
        count,
        chain,
    };
    let path = RetainingPath {
        root: HeapRoot {
            kind: RootKind::Global,
            name: "main.cache".into(),
            type_name: None,
            goroutine: None,
        },
        steps: vec![
            step(".m", "map[string]chan<- func(int) <-chan bool", 1, false),
            step("[]", "main.node", 900, true),
        ],
        held: HeapCount { objects: Objects(900), bytes: Bytes(57_600) },
    };
    let expected = [
        "57600B 57600B [] main.node, chain",
        "0 57600B .m map[string]chan<- func(int) <-chan bool",
        "0 57600B main.cache",
    ];
    assert_eq!(show(&reached([&path], "/bin/server"))?, expected);
    Ok(())
}
