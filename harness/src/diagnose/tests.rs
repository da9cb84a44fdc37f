//! The rules on made-up runs: what is a leak, what is not, and what is said about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::model::{
    Bytes, CLeaks, Checkpoint, Confidence, Evidence, Frame, GcCycle, GoroutineCensus, GoroutineGroup,
    HeapSnapshot, LeakKind, LeakedGoroutines, Mode, MonotonicTime, Objects, Operations, Site, SiteClass,
    SiteUse, Stack,
};

const POINTS: usize = 10;

fn modules() -> ModuleTable {
    ModuleTable { main: "example.com/app".into(), dependencies: vec!["dep.org/lib".into()] }
}

/// `function line`, innermost first.
pub(super) fn stack(frames: &[&str]) -> Stack {
    let frame = |text: &&str| {
        let (function, line) = text.rsplit_once(' ').unwrap();
        Frame { function: function.into(), file: "/src/app/app.go".into(), line: line.parse().unwrap() }
    };
    frames.iter().map(frame).collect()
}

/// A made-up run with checkpoints every 100 operations, two GC cycles each.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) pieces: RunPieces,
    pub(super) timeline: Timeline,
}

impl Run {
    fn new(mode: Mode, repeat: u32) -> Self {
        Self::with_points(mode, repeat, POINTS)
    }

    pub(super) fn step() -> Self {
        Self::new(Mode::Step, 1)
    }

    pub(super) fn natural() -> Self {
        Self::new(Mode::Natural, 1)
    }

    pub(super) fn with_points(mode: Mode, repeat: u32, n: usize) -> Self {
        let mut pieces = RunPieces { modules: modules(), memprofile_rate: 1, ..RunPieces::default() };
        for i in 0..u32::try_from(n).unwrap() {
            let cycle = GcCycle(u64::from(i) * 2 + 2);
            pieces.checkpoints.push(Checkpoint {
                index: i,
                operations: Operations(u64::from(i + 1) * 100),
                cause: "call".into(),
                at: MonotonicTime(i64::from(i) * 1000),
                gc: (cycle, cycle),
                goroutines: 4,
                heap_live: None,
                process: None,
                runtime: None,
            });
            pieces.snapshots.push(HeapSnapshot {
                checkpoint: Some(i),
                at: MonotonicTime(i64::from(i) * 1000 + 1),
                cycle: Some(cycle),
                sites: BTreeMap::new(),
            });
        }
        pieces.goroutines.complete = true;
        Self {
            id: RunId { variant: "default".into(), mode, repeat, test: None },
            pieces,
            timeline: Timeline::default(),
        }
    }

    /// A site with so many objects at each checkpoint.
    pub(super) fn site(
        mut self,
        class: SiteClass,
        size: u64,
        frames: &[&str],
        objects: impl Fn(u64) -> u64,
    ) -> Self {
        let site = Arc::new(Site { class, object_size: Bytes(size), stack: stack(frames) });
        for (snapshot, i) in self.pieces.snapshots.iter_mut().zip(1..) {
            let objects = objects(i);
            let figures = SiteUse {
                inuse_space: Bytes(objects * size),
                inuse_objects: Objects(objects),
                ..SiteUse::default()
            };
            snapshot.sites.insert(Arc::clone(&site), figures);
        }
        self
    }

    pub(super) fn goroutines(mut self, created_by: &[&str], start: &str, alive: impl Fn(u64) -> u64) -> Self {
        let alive_at: Vec<u64> = (1..=self.pieces.checkpoints.len() as u64).map(alive).collect();
        let last = alive_at.last().copied().unwrap();
        self.pieces.goroutines.groups.push(GoroutineGroup {
            created_by: stack(created_by),
            start: stack(&[start])[0].clone(),
            created: last,
            ended: 0,
            alive_at,
            blocked: Some(("chan receive".into(), stack(&["runtime.chanrecv2 1", start]))),
            examples: Vec::new(),
        });
        self
    }
}

pub(super) fn judge(runs: &[Run]) -> Diagnosis {
    judge_with(runs, &CLeaks::NotAsked)
}

/// With what LeakSanitizer said of another run.
pub(super) fn judge_with(runs: &[Run], c_leaks: &CLeaks) -> Diagnosis {
    let evidence: Vec<RunEvidence<'_>> = runs
        .iter()
        .map(|run| RunEvidence {
            id: &run.id,
            pieces: &run.pieces,
            timeline: &run.timeline,
            wall: Nanoseconds(5),
            peak_rss: Bytes(7),
        })
        .collect();
    let modules = modules();
    let build =
        BuildFigures { size: Bytes(11), modules: &modules, escapes: &[], c_leaks, module_dir: "/src/app" };
    let diagnosis = variant("default", &evidence, &build, &Thresholds::default());
    assert!(diagnosis.findings.iter().all(|finding| !finding.evidence.is_empty()));
    diagnosis
}

fn findings(run: Run) -> Vec<crate::model::Finding> {
    judge(&[run]).findings
}

pub(super) const PUT: &[&str] = &["example.com/app/cache.(*Cache).Put 45", "main.handle 35", "main.main 9"];

#[test]
fn a_site_that_grows_at_every_checkpoint_is_a_heap_leak_with_exact_growth() {
    let diagnosis = judge(&[Run::step().site(SiteClass::User, 256, PUT, |i| i * 100)]);
    let [finding] = diagnosis.findings.as_slice() else { panic!("{:?}", diagnosis.findings) };
    assert_eq!(
        (finding.kind, &*finding.site.function, finding.site.line),
        (LeakKind::Heap, "example.com/app/cache.(*Cache).Put", 45)
    );
    assert_eq!(finding.growth.bytes_per_op, 256.0);
    assert_eq!(finding.growth.objects_per_op, 1.0);
    assert_eq!(finding.growth.operations, 600);
    assert_eq!(finding.growth.gained, 256 * 600);
    assert_eq!(finding.since_cycle, Some(GcCycle(2)));
    assert_eq!(finding.confidence, Confidence::High);
    assert_eq!(finding.file, "app.go");
    assert_eq!(
        finding.sentence,
        "heap grows by 256 B and 1 object per operation at example.com/app/cache.(*Cache).Put app.go:45, \
         since GC cycle 2"
    );
    assert_eq!(diagnosis.inconclusive, Vec::<String>::new());
}

#[test]
fn plateau_saw_tooth_warm_up_and_trickle_are_no_leaks() {
    type Shape = fn(u64) -> u64;
    let shapes: [(&str, Shape); 5] = [
        ("plateau", |i| i.min(6) * 100),
        ("saw-tooth", |i| 50 + i % 4 * 100),
        ("warm-up", |i| if i < 4 { i * 1000 } else { 4000 }),
        ("falling", |i| 5000 - i * 10),
        ("trickle below the threshold", |i| i),
    ];
    for (name, shape) in shapes {
        let found = findings(Run::step().site(SiteClass::User, 16, PUT, shape));
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn what_one_line_of_a_function_gains_and_another_lets_go_is_no_leak() {
    let filled = ["main.page 9", "main.fill 20", "main.main 3"];
    let renewed = ["main.page 9", "main.handle 30", "main.main 3"];
    let run = |filled_left: fn(u64) -> u64| {
        Run::step().site(SiteClass::User, 8192, &filled, filled_left).site(
            SiteClass::User,
            8192,
            &renewed,
            |i| 100 * i,
        )
    };
    assert_eq!(findings(run(|i| 3000 - 100 * i)), []);
    // A cache that is dropped once does not hide the leak beside it.
    assert_eq!(findings(run(|i| if i < 6 { 3000 } else { 0 })).len(), 1);
}

#[test]
fn growth_that_begins_late_is_dated() {
    let run = Run::step().site(SiteClass::User, 64, PUT, |i| if i < 3 { 7 } else { i * 100 });
    assert_eq!(findings(run)[0].since_cycle, Some(GcCycle(4)));
}

#[test]
fn noise_classes_never_make_a_finding() {
    for class in [
        SiteClass::Tiny,
        SiteClass::Sudog,
        SiteClass::SyncPool,
        SiteClass::SyncMap,
        SiteClass::Std,
        SiteClass::Runtime,
        SiteClass::Probe,
    ] {
        let found = findings(Run::step().site(class, 4096, PUT, |i| i * 100));
        assert!(found.is_empty(), "{class:?}");
    }
}

#[test]
fn a_map_that_doubles_is_found_with_less_confidence() {
    let found = findings(Run::step().site(SiteClass::Map, 4096, PUT, |i| 2 << i.ilog2()));
    assert_eq!((found.len(), found[0].confidence), (1, Confidence::Medium));
}

#[test]
fn an_array_that_is_appended_to_is_one_site_over_all_its_sizes() {
    let mut run = Run::step();
    for n in 0..4u32 {
        let here = move |i: u64| u64::from(i.ilog2() == n);
        run = run.site(SiteClass::User, 8192 << n, PUT, here);
    }
    let found = findings(run);
    let Evidence::Allocation { inuse_objects, object_size, .. } = &found[0].evidence[0] else { panic!() };
    assert_eq!((found.len(), inuse_objects, *object_size), (1, &vec![1; 10], Bytes(8192 << 3)));
}

#[test]
fn lines_of_one_function_are_one_finding_at_the_heaviest_line() {
    let light = &["example.com/app/cache.(*Cache).Put 47", "main.handle 35"];
    let run = Run::step()
        .site(SiteClass::User, 48, light, |i| i * 100)
        .site(SiteClass::User, 256, PUT, |i| i * 100)
        .site(SiteClass::Map, 4096, PUT, |i| i * 10);
    let found = findings(run);
    assert_eq!((found.len(), found[0].site.line, found[0].evidence.len()), (1, 45, 3));
    // The map's tables, which depend on a random seed, are shown and not added.
    assert_eq!(found[0].growth.bytes_per_op, 48.0 + 256.0);
}

#[test]
fn memory_of_a_library_is_laid_at_the_users_call() {
    let frames = &["dep.org/lib.alloc 3", "dep.org/lib.New 7", "main.connect 20", "main.main 9"];
    let found = findings(Run::step().site(SiteClass::User, 512, frames, |i| i * 100));
    assert_eq!((&*found[0].site.function, found[0].site.line), ("main.connect", 20));
    assert!(found[0].sentence.contains("(in dep.org/lib.New)"), "{}", found[0].sentence);
}

pub(super) const CREATED: &[&str] = &["example.com/app/events.(*Hub).Subscribe 42", "main.audited.func1 68"];
pub(super) const START: &str = "example.com/app/events.(*Subscription).deliver 55";

#[test]
fn growing_goroutines_are_a_leak_at_the_go_statement() {
    let diagnosis = judge(&[Run::step().goroutines(CREATED, START, |i| i * 100)]);
    let [finding] = diagnosis.findings.as_slice() else { panic!("{:?}", diagnosis.findings) };
    assert_eq!((finding.kind, finding.site.line), (LeakKind::Goroutine, 42));
    assert_eq!((finding.growth.objects_per_op, finding.growth.bytes_per_op), (1.0, 0.0));
    assert!(matches!(&finding.evidence[1], Evidence::Blocked { proved: false, count: 1000, .. }));
    let pool = judge(&[Run::step().goroutines(CREATED, START, |i| (i * 10).min(40))]);
    assert_eq!(pool.findings, []);
}

#[test]
fn goroutines_of_the_standard_library_are_the_users_call_that_led_to_them_and_what_it_called_is_named() {
    let dialled = &[
        "net/http.(*Transport).dialConn 8",
        "net/http.(*Transport).queueForDial 5",
        "net/http.Get 3",
        "main.price 52",
    ];
    let accepts = &["net/http.Get 3", "main.price 52"];
    let run = Run::step()
        .goroutines(dialled, "net/http.(*persistConn).readLoop 1", |i| i * 100)
        .goroutines(dialled, "net/http.(*persistConn).writeLoop 1", |i| i * 100)
        .goroutines(accepts, "net/http.(*Transport).watch 1", |_| 1);
    let found = findings(run);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*finding.site.function, finding.site.line), ("main.price", 52));
    assert_eq!(finding.growth.objects_per_op, 2.0);
    assert!(finding.sentence.contains("(in net/http.Get)"), "{}", finding.sentence);
    let waits = finding.evidence.iter().filter(|evidence| matches!(evidence, Evidence::Blocked { .. }));
    assert_eq!(waits.count(), 2, "the one that does not grow waits as it should");
}

#[test]
fn memory_of_leaked_goroutines_belongs_to_their_finding_and_other_memory_does_not() {
    let subscription = &["example.com/app/events.(*Hub).Subscribe 40", "main.audited.func1 68"];
    let by_itself = &["example.com/app/audit.New 3", START];
    let callee = &["example.com/app/events.register 80", "example.com/app/events.(*Hub).Subscribe 41"];
    let run = Run::step()
        .goroutines(CREATED, START, |i| i * 100)
        .site(SiteClass::User, 96, subscription, |i| i * 200)
        .site(SiteClass::User, 64, by_itself, |i| i * 100)
        .site(SiteClass::User, 32, callee, |i| i * 100)
        .site(SiteClass::User, 256, PUT, |i| i * 100);
    let found = findings(run);
    let sites: Vec<_> = found.iter().map(|finding| (finding.kind, &*finding.site.function)).collect();
    assert_eq!(
        sites,
        [
            (LeakKind::Heap, "example.com/app/cache.(*Cache).Put"),
            (LeakKind::Heap, "example.com/app/events.register"),
            (LeakKind::Goroutine, "example.com/app/events.(*Hub).Subscribe"),
        ]
    );
    let allocations =
        found[2].evidence.iter().filter(|evidence| matches!(evidence, Evidence::Allocation { .. }));
    assert_eq!(allocations.count(), 2);
    assert!(found[2].sentence.contains("each holding 256 B of heap"), "{}", found[2].sentence);
}

#[test]
fn memory_at_another_rate_than_the_goroutines_stays_a_finding() {
    let here = &["example.com/app/events.(*Hub).Subscribe 40", "main.audited.func1 68"];
    let run =
        Run::step().goroutines(CREATED, START, |i| i * 100).site(SiteClass::User, 96, here, |i| i * 250);
    assert_eq!(findings(run).len(), 2);
}

fn leaked(count: u64, creation: Option<Stack>) -> LeakedGoroutines {
    LeakedGoroutines {
        stack: stack(&["runtime.gopark 1", START]),
        created_by: Some(stack(CREATED)[0].clone()),
        creation,
        wait: "chan receive".into(),
        count,
        ids: Vec::new(),
    }
}

#[test]
fn the_runtimes_proof_confirms_growth_and_takes_the_traces_place() {
    for creation in [None, Some(stack(CREATED))] {
        let mut run = Run::step().goroutines(CREATED, START, |i| i * 100);
        run.pieces.leaked = Some(vec![leaked(1000, creation)]);
        let found = findings(run);
        let waits: Vec<_> = found[0]
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Blocked { proved, count, .. } => Some((*proved, *count)),
                _ => None,
            })
            .collect();
        assert_eq!((found.len(), waits), (1, vec![(true, 1000)]));
        assert!(found[0].sentence.contains("1000 proved leaked"), "{}", found[0].sentence);
    }
}

#[test]
fn a_pool_that_main_left_behind_is_no_leak_where_growth_was_measured() {
    let mut run = Run::step().goroutines(CREATED, START, |_| 32);
    run.pieces.leaked = Some(vec![leaked(32, None)]);
    assert_eq!(findings(run), []);
}

#[test]
fn proved_goroutines_alone_are_a_finding_when_there_is_no_trace() {
    let mut run = Run::step();
    run.pieces.leaked = Some(vec![leaked(1000, None), leaked(2, None)]);
    let found = findings(run);
    assert_eq!((found.len(), found[0].confidence), (1, Confidence::Medium));
    assert_eq!(found[0].growth.objects_per_op, 1.0);
}

#[test]
fn proved_goroutines_of_which_no_growth_is_known_are_counted_instead_of_growing_by_nothing() {
    let mut run = Run::with_points(Mode::Step, 1, 1);
    run.pieces.leaked = Some(vec![leaked(1000, None)]);
    let found = findings(run);
    assert!(
        found[0].sentence.starts_with("1000 goroutines are blocked for good, says the runtime, at "),
        "{}",
        found[0].sentence
    );
}

#[test]
fn repeats_give_the_spread_and_most_of_them_have_to_agree() {
    let leaky =
        |repeat, rate: u64| Run::new(Mode::Step, repeat).site(SiteClass::User, 64, PUT, move |i| i * rate);
    let quiet = |repeat| Run::new(Mode::Step, repeat).site(SiteClass::User, 64, PUT, |_| 5);
    let found = judge(&[leaky(1, 100), leaky(2, 104), quiet(3)]).findings;
    assert_eq!(found[0].growth.repeats, (2, 3));
    assert_eq!(found[0].growth.spread, (64.0, 66.56));
    assert_eq!(found[0].confidence, Confidence::Medium);
    assert_eq!(judge(&[leaky(1, 100), quiet(2), quiet(3)]).findings, []);
}

#[test]
fn the_checkpoint_at_exit_where_mains_locals_are_gone_is_not_compared() {
    let mut run = Run::step().site(SiteClass::User, 256, PUT, |i| if i < 10 { i * 100 } else { 0 });
    run.pieces.checkpoints[9].cause = "exit".into();
    assert_eq!(findings(run).len(), 1);
}

#[test]
fn too_few_checkpoints_are_inconclusive() {
    let diagnosis = judge(&[Run::with_points(Mode::Step, 1, 3).site(SiteClass::User, 256, PUT, |i| i * 100)]);
    assert_eq!(diagnosis.findings, []);
    assert!(diagnosis.inconclusive[0].contains("there are 3"), "{:?}", diagnosis.inconclusive);
}

#[test]
fn rules_without_their_input_say_so() {
    let diagnosis = judge(&[Run::step()]);
    let sources: Vec<&str> = diagnosis.not_run.iter().map(|missing| &*missing.source).collect();
    let process = ["/proc", "/proc", "runtime/metrics", "/proc", "runtime/metrics"];
    assert_eq!(sources, [&["trace", "goroutineleak", "heap dump"][..], &process, &["gctrace"]].concat());
    assert_eq!(diagnosis.inconclusive, Vec::<String>::new());
    assert!(judge(&[Run::new(Mode::Plain, 1)]).inconclusive[0].contains("no run was observed"));
}

#[test]
fn goroutines_that_grow_unseen_by_a_trace_are_inconclusive() {
    let mut run = Run::step();
    for (i, checkpoint) in run.pieces.checkpoints.iter_mut().enumerate() {
        checkpoint.goroutines = 4 + i as u64;
    }
    assert!(judge(&[run]).inconclusive[0].contains("number of goroutines grows"));
}

#[test]
fn growth_outside_of_the_profile_is_inconclusive() {
    let mut run = Run::step();
    let differences = (0..10).map(|i| i * 100_000).collect();
    run.timeline.conservation = Some(crate::model::Conservation { differences, holds: false });
    assert!(judge(&[run]).inconclusive[0].contains("live heap grows by more"));
}

#[test]
fn objects_that_the_runtime_counts_twice_beside_a_leak_that_was_found_are_no_doubt() {
    let socket = ["net.newFD 9", "main.handle 30"];
    let mut run = Run::step().site(SiteClass::User, 576, &socket, |i| 100 * i);
    let differences = (0..10).map(|i| i * 12_800).collect();
    run.timeline.conservation = Some(crate::model::Conservation { differences, holds: false });
    assert_eq!(judge(&[run]).inconclusive, Vec::<String>::new());
}

#[test]
fn a_sampled_profile_alone_gives_low_confidence() {
    let natural = || {
        let mut run = Run::new(Mode::Natural, 1);
        run.pieces.memprofile_rate = 4096;
        run
    };
    let jumpy = |i: u64| i * 100 + [0, 90, 10][(i % 3) as usize];
    let found = findings(natural().site(SiteClass::User, 256, PUT, jumpy));
    assert_eq!((found.len(), found[0].confidence), (1, Confidence::Low));
    assert_eq!(findings(natural().site(SiteClass::User, 256, PUT, |i| 500 + i % 3 * 100)), []);
    // A step run decides where there is one.
    assert_eq!(judge(&[natural().site(SiteClass::User, 256, PUT, jumpy), Run::step()]).findings, []);
}

#[test]
fn a_natural_runs_live_heap_stands_beside_the_finding() {
    let mut natural = Run::new(Mode::Natural, 1);
    natural.timeline.rows = (1..30)
        .map(|n| crate::model::CycleRow {
            cycle: GcCycle(n),
            heap_live: Some(crate::model::Cell {
                value: Bytes(n * 5120),
                source: crate::model::Source::Trace,
                confidence: Confidence::High,
            }),
            ..Default::default()
        })
        .collect();
    let diagnosis = judge(&[natural, Run::step().site(SiteClass::User, 256, PUT, |i| i * 100)]);
    let Some(Evidence::Note { text }) = diagnosis.findings[0].evidence.last() else { panic!() };
    assert!(text.contains("grows by 5 KiB per GC cycle"), "{text}");
}

#[test]
fn metrics_have_one_value_per_run_that_has_them() {
    let runs = [
        Run::new(Mode::Plain, 1),
        Run::new(Mode::Step, 1).site(SiteClass::User, 64, PUT, |i| i).site(SiteClass::Std, 8, PUT, |i| i),
        Run::new(Mode::Step, 2).site(SiteClass::User, 64, PUT, |i| i),
    ];
    let metrics = judge(&runs).metrics;
    let values = |name: &str| metrics.iter().find(|metric| metric.name == name).map(|m| m.values.clone());
    assert_eq!(values("step.user_inuse_space"), Some(vec![640, 640]));
    assert_eq!(values("step.user_inuse_objects"), Some(vec![10, 10]));
    assert_eq!(values("step.gc_cycles"), Some(vec![20, 20]));
    assert_eq!(values("step.goroutines"), Some(vec![4, 4]));
    assert_eq!(values("plain.peak_rss"), Some(vec![7]));
    assert_eq!(values("build.size"), Some(vec![11]));
    assert_eq!(values("natural.gc_cycles"), None);
}

#[test]
fn a_finding_is_the_same_in_builds_that_inline_trim_and_wrap_differently() {
    let inlined = &["example.com/app/cache.(*Cache).Put 45", "main.handle 35", "main.main 9"];
    let mut wrapped =
        stack(&["example.com/app/cache.(*Cache).Put 45", "main.(*wrapper).Put 1", "main.handle 36"]).to_vec();
    wrapped[0].file = "example.com/app/cache/cache.go".into();
    wrapped[1].file = "<autogenerated>".into();
    let mut other = Run::step().site(SiteClass::User, 256, inlined, |i| i * 100);
    for snapshot in &mut other.pieces.snapshots {
        let (site, figures) = snapshot.sites.pop_first().unwrap();
        snapshot.sites.insert(Arc::new(Site { stack: wrapped.clone().into(), ..(*site).clone() }), figures);
    }
    let one = findings(Run::step().site(SiteClass::User, 256, inlined, |i| i * 100));
    assert_eq!(one[0].fingerprint, findings(other)[0].fingerprint);
}

#[test]
fn an_incomplete_census_lowers_the_confidence() {
    let mut run = Run::step().goroutines(CREATED, START, |i| i * 100);
    run.pieces.goroutines = GoroutineCensus { complete: false, ..run.pieces.goroutines };
    assert_eq!(findings(run)[0].confidence, Confidence::Medium);
}
