//! Runs of small programs: ends of every kind, what they leave, and captures that were damaged.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::model::{Mode, RunId};
use crate::scenario::{
    AllocFree, CaptureSpec, CheckpointSpec, Driver, HeapDump, Kind, Ready, Scenario, Thresholds, Variant,
    Workload,
};
use crate::toolchain::{BuildFacts, Built, Emulator, Interrupt, Runner};

/// A capture of `/bin/sh -c SCRIPT`, which stands for the built program.
struct Bench {
    _directory: tempfile::TempDir,
    root: Utf8PathBuf,
    scenario: Scenario,
    runner: Runner,
}

/// The shell, which stands for a program that was built.
fn shell() -> Built {
    let shell = Utf8Path::new("/bin/sh").to_owned();
    Built { plain: shell.clone(), probed: shell, ..Built::default() }
}

impl Bench {
    fn new(script: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let root = Utf8PathBuf::try_from(directory.path().to_owned()).expect("a name in UTF-8");
        let workload = Workload {
            module: root.clone(),
            package: ".".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: BTreeMap::new(),
            dir: root.clone(),
            operations: None,
            stdin: None,
            timeout_ms: 10_000,
            grace_ms: 300,
            exit_codes: vec![0],
            checkpoint: CheckpointSpec::Exit,
            driver: None,
            test: None,
            exec: Vec::new(),
            kind: Kind::Binary,
        };
        let scenario = Scenario {
            name: "test".to_owned(),
            description: String::new(),
            path: Utf8PathBuf::new(),
            workload,
            variants: vec![Variant { name: "default".to_owned(), build: Default::default(), package: None }],
            capture: CaptureSpec {
                modes: vec![Mode::Plain],
                repeat: 1,
                trace: false,
                alloc_free: AllocFree::Dumped,
                heap_dump: HeapDump::Off,
                goroutine_leak: false,
                escapes: false,
                asan: false,
                memprofile_rate: 4096,
                plant: 0,
            },
            expect: None,
            twin: None,
            baseline: root.join("none.toml"),
            thresholds: Thresholds::default(),
            exemptions: Default::default(),
            lab: Default::default(),
            delve: Default::default(),
        };
        Self { _directory: directory, root, scenario, runner: Runner::Native }
    }

    fn run(&self, mode: Mode, interrupt: &Interrupt) -> (Utf8PathBuf, RunRecord) {
        let store = Store::below(&self.root).expect("a store");
        let mut session = Session::create(&store, None, &self.scenario, &BTreeMap::new()).expect("a session");
        let mut built = shell();
        built.facts.runner = self.runner.clone();
        let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        let id = RunId { variant: "default".into(), mode, repeat: 1, test: None };
        let record = session.run(&id, &built, &env, interrupt).expect("a record").clone();
        (session.finish(CaptureStatus::Complete).expect("a manifest"), record)
    }

    fn plain(&self) -> RunRecord {
        self.run(Mode::Plain, &Interrupt::default()).1
    }
}

fn driver(script: &str) -> Driver {
    Driver {
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        env: BTreeMap::new(),
        dir: Utf8PathBuf::from("/"),
        rounds: 1,
        ready: Ready::AfterMs(50),
        settle_ms: 0,
    }
}

fn alive(pid: &str) -> bool {
    let stat = format!("/proc/{}/stat", pid.trim());
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        if fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

#[test]
fn the_end_the_output_and_the_usage_are_recorded() {
    let bench = Bench::new("echo out; echo err >&2; exit 3");
    let (root, record) = bench.run(Mode::Plain, &Interrupt::default());
    assert_eq!((&record.end, record.ok), (&End::Exited { code: 3 }, false));
    assert!(record.peak_rss.0 > 0 && record.wall.0 > 0);
    let names: Vec<&str> = record.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["stderr.txt", "stdout.txt"]);
    let capture = open(&root).expect("a capture");
    let read = capture.read(&record, "stdout.txt").expect("whole").expect("there");
    assert_eq!(&*read, b"out\n");
    assert!(capture.read(&record, "trace.out").expect("no error").is_none());
}

#[test]
fn a_run_that_the_runtime_s_tracer_crashed_is_made_again_and_any_other_crash_is_the_program_s() {
    let crash = |of: &str| {
        format!(
            "echo x >> tries; [ $(wc -l < tries) = 1 ] || exit 0; printf 'SIGSEGV: x\\nruntime.traceAdvance.func6()\\ncreated by {of}.init.0\\n' >&2; exit 2"
        )
    };
    let (_, record) = Bench::new(&crash("harnessprobe")).run(Mode::Step, &Interrupt::default());
    assert!(record.ok && record.notes.iter().any(|note| note.starts_with("made again")), "{record:?}");
    let (_, record) = Bench::new(&crash("main")).run(Mode::Step, &Interrupt::default());
    assert!(!record.ok && record.end == End::Exited { code: 2 }, "{record:?}");
}

#[test]
fn a_deadline_ends_children_that_left_the_group_too() {
    let mut bench = Bench::new("trap '' TERM; setsid sleep 600 & echo $! > pid; sleep 600");
    bench.scenario.workload.timeout_ms = 400;
    let began = Instant::now();
    let record = bench.plain();
    assert_eq!((&record.end, record.ok), (&End::TimedOut { gentle: false }, false));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(!alive(&fs::read_to_string(bench.root.join("pid")).expect("a pid")));
}

#[test]
fn a_gentle_stop_is_enough_for_a_program_that_heeds_it() {
    let mut bench = Bench::new("sleep 600");
    bench.scenario.workload.timeout_ms = 200;
    assert_eq!(bench.plain().end, End::TimedOut { gentle: true });
}

#[test]
fn an_interrupt_ends_the_run_at_once() {
    let interrupt = Interrupt::default();
    interrupt.trigger();
    let (_, record) = Bench::new("sleep 600").run(Mode::Plain, &interrupt);
    assert_eq!(record.end, End::Interrupted);
}

#[test]
fn a_program_that_cannot_start_is_a_record() {
    let mut bench = Bench::new("true");
    bench.scenario.workload.dir = bench.root.join("nowhere");
    assert!(matches!(bench.plain().end, End::NotStarted { .. }));
}

#[test]
fn an_emulator_stands_before_the_program_and_gets_its_variables() {
    let mut bench = Bench::new("echo $QEMU_TEST ran");
    let words = ["/usr/bin/env", "-u", "nothing"].map(str::to_owned).to_vec();
    let env = [("QEMU_TEST".to_owned(), "it".to_owned())].into();
    bench.runner = Runner::Emulated(Emulator { name: "emu".into(), version: String::new(), words, env });
    let (root, record) = bench.run(Mode::Plain, &Interrupt::default());
    assert_eq!(record.argv[..4], ["/usr/bin/env", "-u", "nothing", "/bin/sh"], "{record:?}");
    let read = open(&root).expect("a capture").read(&record, "stdout.txt").expect("whole").expect("there");
    assert_eq!(String::from_utf8_lossy(&read), "it ran\n");
    assert!(record.notes[0].starts_with("under emu: deadlines are 10 times as long"), "{record:?}");
}

#[test]
fn a_program_that_nothing_runs_here_is_not_started() {
    let mut bench = Bench::new("touch started");
    bench.runner = Runner::Foreign;
    let End::NotStarted { detail } = bench.plain().end else { panic!("it was started") };
    assert!(detail.contains("built, not run: no emulator for "), "{detail}");
    assert!(!bench.root.join("started").exists());
}

#[test]
fn a_full_disk_is_the_machines_fault_and_not_the_captures() {
    for (errno, is_told) in [(28, true), (30, true), (27, true), (2, false)] {
        let source = std::io::Error::from_raw_os_error(errno);
        let error = CaptureError::Io { what: "write", path: "x".into(), source };
        assert_eq!((error.hint().is_some(), error.is_unreadable()), (is_told, !is_told), "{error:?}");
    }
}

#[test]
fn step_mode_sets_what_makes_figures_exact_and_keeps_the_users_godebug() {
    let mut bench = Bench::new("echo $GODEBUG $GOGC $GOMAXPROCS $HARNESS_MODE");
    bench.scenario.workload.env.insert("GODEBUG".to_owned(), "http2client=0".to_owned());
    let (root, record) = bench.run(Mode::Step, &Interrupt::default());
    let read = open(&root).expect("a capture").read(&record, "stdout.txt").expect("whole").expect("there");
    let expected = "http2client=0,gctrace=1,memprofilerate=1,asyncpreemptoff=1 off 1 step\n";
    assert_eq!(String::from_utf8_lossy(&read), expected);
}

#[test]
fn every_allocation_is_traced_where_the_heap_is_dumped_and_wherever_it_is_asked_for() {
    let facts = BuildFacts { heap_dump: true, ..BuildFacts::default() };
    let mut bench = Bench::new("true");
    bench.scenario.capture.trace = true;
    let dumped = |bench: &mut Bench, heap_dump, alloc_free| {
        (bench.scenario.capture.heap_dump, bench.scenario.capture.alloc_free) = (heap_dump, alloc_free);
        [(Mode::Natural, 1), (Mode::Step, 1), (Mode::Step, 2)].map(|(mode, repeat)| {
            let id = RunId { variant: "default".into(), mode, repeat, test: None };
            let (env, _) =
                mode::environment(&bench.scenario, &facts, &id, Utf8Path::new("/"), &BTreeMap::new());
            env["GODEBUG"].contains("traceallocfree=1")
        })
    };
    assert_eq!(dumped(&mut bench, HeapDump::FirstLast, AllocFree::Dumped), [false, true, false]);
    assert_eq!(dumped(&mut bench, HeapDump::Off, AllocFree::Dumped), [false; 3]);
    assert_eq!(dumped(&mut bench, HeapDump::FirstLast, AllocFree::Off), [false; 3]);
    assert_eq!(dumped(&mut bench, HeapDump::Off, AllocFree::On), [true; 3]);
}

#[test]
fn a_server_is_driven_round_by_round_and_stopped() {
    let mut bench = Bench::new("echo ready; while :; do sleep 0.05; done");
    bench.scenario.workload.driver = Some(Driver {
        command: ["/bin/sh", "-c", "echo round {round} >> rounds"].map(str::to_owned).to_vec(),
        env: BTreeMap::new(),
        dir: bench.root.clone(),
        rounds: 3,
        ready: Ready::Output("ready".to_owned()),
        settle_ms: 0,
    });
    let record = bench.plain();
    assert_eq!((&record.end, record.ok), (&End::Stopped, true));
    let rounds = fs::read_to_string(bench.root.join("rounds")).expect("rounds");
    assert_eq!(rounds, "round 1\nround 2\nround 3\n");
}

#[test]
fn a_failing_driver_and_a_server_that_dies_are_told_apart() {
    let mut bench = Bench::new("sleep 600");
    bench.scenario.workload.driver = Some(driver("echo no route >&2; exit 7"));
    let End::DriverFailed { detail } = bench.plain().end else { panic!("not the driver") };
    assert!(detail.contains("exit code 7") && detail.contains("no route"), "{detail}");

    let mut dead = Bench::new("exit 1");
    dead.scenario.workload.driver = Some(driver("true"));
    assert_eq!(dead.plain().end, End::Exited { code: 1 });
}

#[test]
fn a_server_that_ends_before_its_load_is_no_success_whatever_its_code() {
    let mut bench = Bench::new("echo usage: server PORT; exit 0");
    bench.scenario.workload.driver = Some(Driver { ready: Ready::Output("up".to_owned()), ..driver("true") });
    let (root, record) = bench.run(Mode::Plain, &Interrupt::default());
    assert_eq!((&record.end, record.ok), (&End::Exited { code: 0 }, false));
    let told = failure_text(&root, &record);
    assert!(told.starts_with("the program ended before it was ready\n"), "{told}");
    assert!(told.contains("usage: server PORT"), "{told}");

    let mut bench = Bench::new("sleep 0.3");
    bench.scenario.workload.driver = Some(Driver { rounds: 9, ..driver("sleep 0.1; exit 0") });
    let record = bench.plain();
    assert!(!record.ok && record.notes[0].starts_with("the program ended before round "), "{record:?}");
}

#[test]
fn a_load_that_fails_because_its_server_died_is_laid_at_the_server() {
    let mut bench = Bench::new("sleep 0.2; exit 3");
    bench.scenario.workload.driver = Some(driver("sleep 0.15; exit 1"));
    assert_eq!(bench.plain().end, End::Exited { code: 3 });
}

#[test]
fn a_program_may_end_with_the_last_of_its_load() {
    let mut bench = Bench::new("while [ ! -e done ]; do sleep 0.02; done");
    let last = Driver { settle_ms: 5_000, dir: bench.root.clone(), ..driver("touch done") };
    bench.scenario.workload.driver = Some(last);
    let record = bench.plain();
    assert_eq!((&record.end, record.ok), (&End::Exited { code: 0 }, true), "{record:?}");
}

#[test]
fn only_rounds_that_are_checkpoints_wait_for_the_probe() {
    let mut bench = Bench::new("while :; do sleep 0.05; done");
    bench.scenario.workload.driver = Some(Driver { rounds: 2, ..driver("true") });
    let began = Instant::now();
    let (_, record) = bench.run(Mode::Natural, &Interrupt::default());
    assert_eq!((&record.end, record.ok), (&End::Stopped, true));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_port_that_another_program_has_is_told_before_the_wrong_one_is_loaded() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut bench = Bench::new("sleep 600");
    bench.scenario.workload.driver = Some(Driver { ready: Ready::Tcp(address.clone()), ..driver("true") });
    let End::NotStarted { detail } = bench.plain().end else { panic!("it was started") };
    assert!(detail.contains(&address), "{detail}");
}

#[test]
fn a_program_does_not_outlive_a_harness_that_is_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("pid");
    let mut harness = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "--ignored", "capture::tests::runs_until_it_is_killed"])
        .env("PID_FILE", &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until && fs::read_to_string(&file).unwrap_or_default().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = fs::read_to_string(&file).expect("a pid");
    harness.kill().expect("kills");
    harness.wait().expect("ends");
    assert!(!alive(&pid));
}

#[test]
#[ignore = "started by `a_program_does_not_outlive_a_harness_that_is_killed`"]
fn runs_until_it_is_killed() {
    let file = std::env::var("PID_FILE").expect("a file");
    let bench = Bench::new(&format!("echo $$ > {file}; exec sleep 600"));
    bench.plain();
}

#[test]
fn a_run_finds_nothing_of_an_earlier_one_in_its_directory() {
    let bench = Bench::new("test ! -e $HARNESS_DIR/probe.rec && touch $HARNESS_DIR/probe.rec");
    let store = Store::below(&bench.root).expect("a store");
    let built = shell();
    let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
    let id = RunId { variant: "default".into(), mode: Mode::Step, repeat: 1, test: None };
    let out = bench.root.join("out");
    for _ in 0..2 {
        // Not finished, and forgotten by its manifest, as after a kill.
        let mut session =
            Session::create(&store, Some(&out), &bench.scenario, &BTreeMap::new()).expect("a session");
        let record = session.run(&id, &built, &env, &Interrupt::default()).expect("a record");
        assert!(record.ok, "{record:?}");
        let text = fs::read_to_string(out.join("manifest.json")).expect("a manifest");
        let mut manifest: Manifest = serde_json::from_str(&text).expect("a manifest");
        assert_eq!((manifest.status, manifest.runs.len()), (CaptureStatus::Running, 1));
        manifest.runs.clear();
        fs::write(out.join("manifest.json"), serde_json::to_string(&manifest).expect("JSON"))
            .expect("writes");
    }
}

#[test]
fn runs_of_all_modes_are_as_many_and_interleaved() {
    let mut bench = Bench::new("true");
    bench.scenario.capture.modes = vec![Mode::Plain, Mode::Step];
    bench.scenario.capture.repeat = 2;
    let plan = plan(&bench.scenario, &["a".to_owned(), "b".to_owned()]);
    let plan: Vec<_> = plan.iter().map(|id| (id.variant.to_string(), id.mode, id.repeat)).collect();
    let run = |variant: &str, mode, repeat| (variant.to_owned(), mode, repeat);
    let expected = [
        run("a", Mode::Plain, 1),
        run("a", Mode::Step, 1),
        run("b", Mode::Plain, 1),
        run("b", Mode::Step, 1),
        run("a", Mode::Plain, 2),
        run("a", Mode::Step, 2),
        run("b", Mode::Plain, 2),
        run("b", Mode::Step, 2),
    ];
    assert_eq!(plan, expected);
}

#[test]
fn settings_of_the_users_that_give_way_are_noted() {
    let mut bench = Bench::new("echo $GODEBUG $GOGC $GOMEMLIMIT");
    let env = &mut bench.scenario.workload.env;
    env.insert("GODEBUG".to_owned(), "gctrace=2,asyncpreemptoff=1".to_owned());
    env.insert("GOMEMLIMIT".to_owned(), "1GiB".to_owned());
    let (root, record) = bench.run(Mode::Step, &Interrupt::default());
    let expected = [
        "`GODEBUG=gctrace=2` gives way to `gctrace=1`",
        "`GOMEMLIMIT=1GiB` gives way to `GOMEMLIMIT=off` in step mode",
    ];
    assert_eq!(record.notes, expected);
    let read = open(&root).expect("a capture").read(&record, "stdout.txt").expect("whole").expect("there");
    let ours = "gctrace=2,asyncpreemptoff=1,gctrace=1,memprofilerate=1,asyncpreemptoff=1 off off\n";
    assert_eq!(String::from_utf8_lossy(&read), ours);
}

#[test]
fn changed_files_and_manifests_are_refused_with_their_name() {
    let (root, record) = Bench::new("echo out").run(Mode::Plain, &Interrupt::default()).clone_root();
    let capture = open(&root.path).expect("a capture");
    let file = root.path.join(&record.dir).join("stdout.txt");
    fs::write(&file, "0ut\n").expect("writes");
    let error = capture.read(&record, "stdout.txt").expect_err("damaged");
    assert!(matches!(&error, CaptureError::Damaged { path, .. } if *path == file), "{error}");
    fs::remove_file(&file).expect("removes");
    let error = capture.read(&record, "stdout.txt").expect_err("gone");
    assert!(matches!(&error, CaptureError::Damaged { found, .. } if found == "no such file"), "{error}");

    let manifest = root.path.join("manifest.json");
    let whole = fs::read_to_string(&manifest).expect("reads");
    for end in 0..whole.len() - 1 {
        fs::write(&manifest, &whole[..end]).expect("writes");
        assert!(open(&root.path).is_err(), "cut at {end}");
    }
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] ^= 0x10;
        fs::write(&manifest, bytes).expect("writes");
        let _ = open(&root.path); // some flips only change a text: what counts is that none panics
    }
    let sorted: serde_json::Value = serde_json::from_str(&whole).expect("JSON"); // its keys by the alphabet
    fs::write(&manifest, sorted.to_string()).expect("writes");
    assert!(open(&root.path).is_ok());
    for dir in ["../elsewhere", "/", "", "default/../../x"] {
        let stray = whole.replacen(record.dir.as_str(), dir, 1);
        fs::write(&manifest, stray).expect("writes");
        let error = open(&root.path).expect_err("leads out of the capture");
        assert!(error.to_string().contains("not a path within the capture"), "{error}");
    }
    fs::write(&manifest, whole.replacen("\"format\": 1", "\"format\": 99", 1)).expect("writes");
    assert!(matches!(open(&root.path), Err(CaptureError::Format { found: 99, .. })));
}

/// Keeps a capture's directory while its bench goes.
struct Kept {
    _directory: tempfile::TempDir,
    path: Utf8PathBuf,
}

trait CloneRoot {
    fn clone_root(self) -> (Kept, RunRecord);
}

impl CloneRoot for (Utf8PathBuf, RunRecord) {
    fn clone_root(self) -> (Kept, RunRecord) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = Utf8PathBuf::try_from(directory.path().join("capture")).expect("a name in UTF-8");
        fs::rename(&self.0, &path).expect("moves");
        (Kept { _directory: directory, path }, self.1)
    }
}

#[test]
fn a_drivers_program_is_looked_for_in_the_drivers_directory() {
    let mut bench = Bench::new("sleep 600");
    let script = bench.root.join("load.sh");
    fs::write(&script, "#!/bin/sh\necho here > seen\n").expect("writes");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&script, mode).expect("can be run");
    bench.scenario.workload.driver = Some(Driver {
        command: vec!["./load.sh".to_owned()],
        env: BTreeMap::new(),
        dir: bench.root.clone(),
        rounds: 1,
        ready: Ready::AfterMs(10),
        settle_ms: 0,
    });
    assert_eq!(bench.plain().end, End::Stopped);
    assert!(bench.root.join("seen").exists());
}

#[test]
fn a_run_under_the_sanitizer_is_told_to_look_for_leaks_and_is_none_of_the_measured_runs() {
    let bench = Bench::new("echo \"$ASAN_OPTIONS $GOGC\" >&2");
    let store = Store::below(&bench.root).expect("a store");
    let mut session = Session::create(&store, None, &bench.scenario, &BTreeMap::new()).expect("a session");
    let built = Built { asan: Some(Ok("/bin/sh".into())), ..shell() };
    session.record_build("default", Ok(&built)).expect("recorded");
    let env = BTreeMap::from([("ASAN_OPTIONS".to_owned(), "detect_leaks=0:quarantine_size_mb=1".to_owned())]);
    session.run_sanitized("default", &built, &env, &Interrupt::default()).expect("a run");
    let root = session.finish(CaptureStatus::Complete).expect("a manifest");
    let capture = open(&root).expect("a capture");
    assert_eq!(capture.manifest().runs.len(), 0);
    let Some(AsanRecord::Ran(run)) = &capture.manifest().builds[0].asan else { panic!("not recorded") };
    let said = capture.read(run, "stderr.txt").expect("whole").expect("there");
    let expected = "fast_unwind_on_malloc=0:detect_leaks=0:quarantine_size_mb=1:detect_leaks=1:log_path=stderr:color=never 10\n";
    assert_eq!(String::from_utf8_lossy(&said), expected);
}

#[test]
fn a_run_that_is_counted_saves_its_counters_beside_the_probes_records_and_is_none_of_the_measured_runs() {
    let bench = Bench::new(
        "echo \"$HARNESS_TRACE $HARNESS_HEAPDUMP $HARNESS_MODE\"; echo m > \"$GOCOVERDIR/covmeta.1\"",
    );
    let store = Store::below(&bench.root).expect("a store");
    let mut session = Session::create(&store, None, &bench.scenario, &BTreeMap::new()).expect("a session");
    let built = Built { covered: Some(Ok("/bin/sh".into())), ..shell() };
    session.record_build("default", Ok(&built)).expect("recorded");
    let env = BTreeMap::from([("GOCOVERDIR".to_owned(), "/elsewhere".to_owned())]);
    let run =
        session.run_covered("default", &built, &env, &Interrupt::default()).expect("a run").expect("made");
    assert!(run.ok);
    session.keep_profile("default", "mode: atomic\n").expect("kept");
    session.keep_profile("default", "mode: atomic\nagain\n").expect("kept");
    let root = session.finish(CaptureStatus::Complete).expect("a manifest");
    let capture = open(&root).expect("a capture");
    assert_eq!(capture.manifest().runs.len(), 0);
    let Some(CoverRecord::Ran(run)) = &capture.manifest().builds[0].cover else { panic!("not recorded") };
    for (file, text) in
        [("stdout.txt", "0 off natural\n"), ("covmeta.1", "m\n"), (COVER_PROFILE, "mode: atomic\nagain\n")]
    {
        let content = capture.read(run, file).expect("whole").expect("there");
        assert_eq!(String::from_utf8_lossy(&content), text);
    }
}

#[test]
fn why_there_is_no_sanitized_build_is_recorded_and_nothing_is_run() {
    let bench = Bench::new("exit 1");
    let store = Store::below(&bench.root).expect("a store");
    let mut session = Session::create(&store, None, &bench.scenario, &BTreeMap::new()).expect("a session");
    let built = Built { asan: Some(Err("no C compiler".to_owned())), ..shell() };
    session.record_build("default", Ok(&built)).expect("recorded");
    let ran = session.run_sanitized("default", &built, &BTreeMap::new(), &Interrupt::default());
    assert!(ran.expect("no error").is_none());
    let root = session.finish(CaptureStatus::Complete).expect("a manifest");
    let record = open(&root).expect("a capture").manifest().builds[0].asan.clone();
    assert!(matches!(record, Some(AsanRecord::NotRun { why }) if why == "no C compiler"));
}
