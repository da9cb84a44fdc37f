//! Runs of small programs: ends of every kind, what they leave, and captures that were damaged.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::model::{Mode, RunId};
use crate::scenario::{
    CaptureSpec, CheckpointSpec, Driver, HeapDump, Ready, Scenario, Thresholds, Variant, Workload,
};
use crate::toolchain::{BuildFacts, Built, Interrupt};

/// A capture of `/bin/sh -c SCRIPT`, which stands for the built program.
struct Bench {
    _directory: tempfile::TempDir,
    root: Utf8PathBuf,
    scenario: Scenario,
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
            stdin: None,
            timeout_ms: 10_000,
            grace_ms: 300,
            exit_codes: vec![0],
            checkpoint: CheckpointSpec::Exit,
            driver: None,
        };
        let scenario = Scenario {
            name: "test".to_owned(),
            description: String::new(),
            path: Utf8PathBuf::new(),
            workload,
            variants: vec![Variant { name: "default".to_owned(), build: Default::default() }],
            capture: CaptureSpec {
                modes: vec![Mode::Plain],
                repeat: 1,
                trace: false,
                trace_alloc_free: false,
                heap_dump: HeapDump::Off,
                goroutine_leak: false,
                memprofile_rate: 4096,
            },
            expect: None,
            baseline: root.join("none.toml"),
            thresholds: Thresholds::default(),
        };
        Self { _directory: directory, root, scenario }
    }

    fn run(&self, mode: Mode, interrupt: &Interrupt) -> (Utf8PathBuf, RunRecord) {
        let store = Store::below(&self.root).expect("a store");
        let mut session = Session::create(&store, None, &self.scenario).expect("a session");
        let shell = Utf8Path::new("/bin/sh").to_owned();
        let built = Built { plain: shell.clone(), probed: shell, facts: BuildFacts::default() };
        let env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        let id = RunId { variant: "default".into(), mode, repeat: 1 };
        let record = session.run(&id, &built, &env, interrupt).expect("a record").clone();
        (session.finish(CaptureStatus::Complete).expect("a manifest"), record)
    }

    fn plain(&self) -> RunRecord {
        self.run(Mode::Plain, &Interrupt::default()).1
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
fn step_mode_sets_what_makes_figures_exact_and_keeps_the_users_godebug() {
    let mut bench = Bench::new("echo $GODEBUG $GOGC $GOMAXPROCS $HARNESS_MODE");
    bench.scenario.workload.env.insert("GODEBUG".to_owned(), "http2client=0".to_owned());
    let (root, record) = bench.run(Mode::Step, &Interrupt::default());
    let read = open(&root).expect("a capture").read(&record, "stdout.txt").expect("whole").expect("there");
    let expected = "http2client=0,gctrace=1,memprofilerate=1,asyncpreemptoff=1 off 1 step\n";
    assert_eq!(String::from_utf8_lossy(&read), expected);
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
    let driver = |script: &str| Driver {
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        env: BTreeMap::new(),
        dir: Utf8PathBuf::from("/"),
        rounds: 1,
        ready: Ready::AfterMs(50),
        settle_ms: 0,
    };
    bench.scenario.workload.driver = Some(driver("echo no route >&2; exit 7"));
    let End::DriverFailed { detail } = bench.plain().end else { panic!("not the driver") };
    assert!(detail.contains("exit code 7") && detail.contains("no route"), "{detail}");

    let mut dead = Bench::new("exit 1");
    dead.scenario.workload.driver = Some(driver("true"));
    assert_eq!(dead.plain().end, End::Exited { code: 1 });
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
    assert!(capture.read(&record, "stdout.txt").is_err());

    let manifest = root.path.join("manifest.json");
    let whole = fs::read_to_string(&manifest).expect("reads");
    for end in 0..whole.len() - 1 {
        fs::write(&manifest, &whole[..end]).expect("writes");
        assert!(open(&root.path).is_err(), "cut at {end}");
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
