//! Who holds what grows, on made-up dumps: what is said, what it costs when it is not known.

use super::tests::{CREATED, PUT, Run, START, judge, stack};
use super::tests_keepers::goroutine;
use crate::model::heap::{
    AgesBefore, Agreement, GoroutineRoot, HeapCount, HeapGrowth, HeapRoot, HeapSummary, HeapTotals, HeldSite,
    Holder, ObjectAges, RetainingPath, RootKind,
};
use crate::model::{
    AgeCourse, AgesFound, Bytes, Confidence, Conservation, Evidence, Finding, GcCycle, GoroutineId, LeakKind,
    MissingInput, Objects, Operations, Per, Retained, RunHeap, SiteClass,
};

pub(super) fn count(objects: u64, bytes: u64) -> HeapCount {
    HeapCount { objects: Objects(objects), bytes: Bytes(bytes) }
}

pub(super) fn global(name: &str, of: &str) -> HeapRoot {
    HeapRoot { kind: RootKind::Global, name: name.into(), type_name: Some(of.into()), goroutine: None }
}

pub(super) fn path(root: HeapRoot, held: HeapCount) -> RetainingPath {
    RetainingPath { root, steps: Vec::new(), held }
}

/// Objects of the site [`PUT`], by the roots that they are reached from.
pub(super) fn held(paths: Vec<RetainingPath>) -> HeldSite {
    let bytes: u64 = paths.iter().map(|path| path.held.bytes.0).sum();
    let objects: u64 = paths.iter().map(|path| path.held.objects.0).sum();
    HeldSite {
        stack: stack(PUT).to_vec(),
        class: SiteClass::User,
        object_size: Bytes(256),
        types: Vec::new(),
        held: count(objects, bytes),
        retained: Bytes(bytes),
        paths,
        unlisted: HeapCount::default(),
        growth: None,
        ages: None,
        entries: Vec::new(),
    }
}

pub(super) fn dump(sites: Vec<HeldSite>, holders: Vec<Holder>) -> RunHeap {
    let agreement = Some(Agreement { bytes: 0, holds: true });
    let totals = HeapTotals { agreement, ..HeapTotals::default() };
    let summary = HeapSummary { totals, sites, holders, ..HeapSummary::default() };
    RunHeap { summary, operations: Operations(900), since: Some(Operations(200)), per: Per::Operation }
}

fn leaking() -> Run {
    Run::step().site(SiteClass::User, 256, PUT, |i| i * 100)
}

fn with(heap: RunHeap) -> Finding {
    let mut run = leaking();
    run.pieces.heap = Some(heap);
    only(run)
}

fn only(run: Run) -> Finding {
    let mut findings = judge(&[run]).findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

fn retained(finding: &Finding) -> &Retained {
    let found = finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Retained(retained) => Some(retained),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no path in {finding:?}"))
}

#[test]
fn the_holder_is_named_in_the_sentence_and_changes_no_fingerprint() {
    let cache = global("main.cache", "map[string]*main.entry");
    let holder = Holder {
        root: cache.clone(),
        retained: count(1000, 300_000),
        reached: count(1000, 300_000),
        share: 90.0,
        growth: Some(HeapGrowth { objects: 700, bytes: 179_200 }),
    };
    let finding = with(dump(vec![held(vec![path(cache, count(1000, 256_000))])], vec![holder]));
    let told = ", since GC cycle 2, held by global main.cache through map[string]*main.entry";
    assert!(finding.sentence.ends_with(told), "{}", finding.sentence);
    assert_eq!(finding.held_by.as_deref(), Some("global main.cache"));
    assert_eq!(finding.confidence, Confidence::High);
    let retained = retained(&finding);
    assert_eq!((retained.share, retained.retained), (100.0, Some(count(1000, 300_000))));
    let growth = retained.growth.expect("two dumps");
    assert_eq!((growth.gained.bytes, growth.operations), (179_200, (Operations(200), Operations(900))));
    assert_eq!(finding.fingerprint, only(leaking()).fingerprint);
}

#[test]
fn paths_that_begin_at_one_root_are_one_holder() {
    let twice = [count(300, 76_800), count(400, 102_400)];
    let paths = twice.map(|held| path(global("main.cache", "T"), held)).to_vec();
    let other = path(global("main.index", "T"), count(200, 51_200));
    let finding = with(dump(vec![held([paths, vec![other]].concat())], Vec::new()));
    let retained = retained(&finding);
    assert_eq!(retained.held, count(700, 179_200));
    assert_eq!(retained.others.len(), 1);
    assert_eq!(retained.others[0].name, "global main.index");
    assert!((retained.share - 77.8).abs() < 0.1, "{}", retained.share);
}

#[test]
fn what_is_not_known_of_the_holder_lowers_confidence_and_says_so() {
    let third = |name: &str| path(global(name, "T"), count(100, 25_600));
    let divided = dump(vec![held(vec![third("a.x"), third("b.y"), third("c.z")])], Vec::new());
    let unseen = dump(Vec::new(), Vec::new());
    let stack = HeapRoot { kind: RootKind::Stack, ..goroutine("main.main") };
    let guessed = dump(vec![held(vec![path(stack, count(100, 25_600))])], Vec::new());
    let mut partial = dump(vec![held(vec![third("a.x")])], Vec::new());
    partial.summary.totals.agreement = None;
    for (heap, why, holder) in [
        (divided, "several hold a part", None),
        (guessed, "only words on a stack", Some("goroutine main.main")),
        (unseen, "the growing objects are not in it", None),
        (partial, "it was cut off", Some("global a.x")),
    ] {
        let finding = with(heap);
        assert_eq!(finding.confidence, Confidence::Medium, "{why}");
        let said = |missing: &MissingInput| missing.source == "heap dump" && missing.why.contains(why);
        assert!(finding.missing.iter().any(said), "{why}: {:?}", finding.missing);
        assert_eq!(finding.held_by.as_deref(), holder, "{why}");
    }
}

#[test]
fn a_dump_that_was_asked_for_and_is_not_there_is_missed() {
    let mut run = leaking();
    assert_eq!(only(run.clone()).confidence, Confidence::High);
    let missing = MissingInput { source: "heap dump".into(), why: "there is none".into() };
    run.timeline.missing.push(missing.clone());
    let finding = only(run);
    assert_eq!((finding.confidence, finding.missing), (Confidence::Medium, vec![missing]));
}

#[test]
fn leaked_goroutines_are_charged_with_what_they_alone_hold() {
    let root = goroutine("main.serve.func1");
    let holder = Holder {
        root,
        retained: count(3000, 640_000),
        reached: count(3000, 640_000),
        share: 80.0,
        growth: None,
    };
    let mut run = Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
    run.pieces.heap = Some(dump(Vec::new(), vec![holder]));
    let finding = only(run);
    assert_eq!(finding.kind, LeakKind::Goroutine);
    assert!(finding.sentence.contains(", each holding 640 B of heap"), "{}", finding.sentence);
    assert_eq!(finding.held_by.as_deref(), Some("goroutine main.serve.func1"));
    assert_eq!(retained(&finding).retained, Some(count(3000, 640_000)));
}

#[test]
fn a_dump_names_inlined_functions_after_the_outer_one_and_is_joined_by_place() {
    let cache = || global("main.cache", "T");
    let mut site = held(vec![path(cache(), count(900, 230_400))]);
    for frame in &mut site.stack {
        frame.function = "main.main".into();
    }
    let caller = HeldSite {
        stack: site.stack[1..].to_vec(),
        ..held(vec![path(global("main.other", "T"), count(9, 999_999))])
    };
    let finding = with(dump(vec![caller, site], Vec::new()));
    assert_eq!(finding.held_by.as_deref(), Some("global main.cache"));
    assert_eq!(retained(&finding).held, count(900, 230_400));
}

#[test]
fn growth_that_only_the_live_heap_shows_is_no_doubt_where_a_dump_accounts_for_every_object() {
    let mut run = leaking();
    run.timeline.conservation =
        Some(Conservation { differences: (0..10).map(|i| i * 1_600_000).collect(), holds: false });
    for (checkpoint, i) in run.pieces.checkpoints.iter_mut().zip(1..) {
        checkpoint.operations = Operations(i * 100);
    }
    assert_eq!(judge(&[run.clone()]).inconclusive.len(), 1);
    let mut heap = dump(Vec::new(), Vec::new());
    (heap.summary.totals.found, heap.summary.totals.sampled) = (count(1000, 256_000), Objects(990));
    run.pieces.heap = Some(heap);
    assert_eq!(judge(&[run]).inconclusive, Vec::<String>::new());
}

/// Objects of [`PUT`] under one global, of which so many were born after each cycle; the dump before had two ages.
fn aged(births: &[(u64, u64)]) -> RunHeap {
    let dated: u64 = births.iter().map(|(_, objects)| objects).sum();
    let mut site = held(vec![path(global("main.cache", "T"), count(dated, dated * 256))]);
    let before = AgesBefore { cycle: 4, distinct: 2, ..AgesBefore::default() };
    site.ages = Some(ObjectAges { before: Some(before), ..ObjectAges::new(births, Objects(0), 18) });
    dump(vec![site], Vec::new())
}

fn ages(finding: &Finding) -> &AgesFound {
    let found = finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Ages(found) => Some(found),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no ages in {finding:?}"))
}

#[test]
fn ages_that_accumulate_settle_doubts_about_the_profile_and_a_plateau_raises_one() {
    let every: Vec<(u64, u64)> = (0..9).map(|stretch| (stretch * 2, 100)).collect();
    let changed = |births: &[(u64, u64)]| {
        let mut run = leaking();
        run.pieces.memprofile_rate_changed = true;
        run.pieces.heap = Some(aged(births));
        only(run)
    };
    let leak = changed(&every);
    assert_eq!((ages(&leak).course, leak.confidence), (AgeCourse::Accumulates, Confidence::High));
    assert_eq!((ages(&leak).stretches, leak.missing), ((9, 9), Vec::new()));
    let unclear = changed(&[(0, 450), (16, 450)]);
    assert_eq!((ages(&unclear).course, unclear.confidence), (AgeCourse::Unclear, Confidence::Medium));
    for (births, course, why) in [
        (&every[..3], AgeCourse::Full, "a cache that is full"),
        (&every[7..], AgeCourse::TurnsOver, "none gets old"),
    ] {
        let finding = with(aged(births));
        assert_eq!((ages(&finding).course, finding.confidence), (course, Confidence::Medium));
        assert!(finding.missing[0].why.contains(why), "{:?}", finding.missing);
    }
}

#[test]
fn births_are_dated_between_checkpoints_where_the_traces_cycles_have_numbers() {
    let births: Vec<(u64, u64)> = (0..3).map(|stretch| (stretch * 2, 100)).collect();
    let mut run = leaking();
    run.pieces.heap = Some(aged(&births));
    let unplaced = only(run.clone());
    assert_eq!((ages(&unplaced).first_born, ages(&unplaced).last_born_after), (None, None));
    run.pieces.trace_base = Some((GcCycle(2), GcCycle(2)));
    let placed = only(run);
    assert_eq!((ages(&placed).first_born, ages(&placed).last_born), (Some(GcCycle(2)), Some(GcCycle(6))));
    assert_eq!(
        ages(&placed).last_born_after,
        Some(Operations(300)),
        "cycle 6 is that of the third checkpoint"
    );
}

/// A leak of goroutines beside memory that another function allocates, by who holds that memory.
fn beside_goroutines(paths: Vec<RetainingPath>) -> Vec<LeakKind> {
    let mut run = leaking().goroutines(CREATED, START, |i| i * 100);
    run.pieces.heap = Some(dump(vec![held(paths)], vec![]));
    judge(&[run]).findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn what_leaked_goroutines_hold_is_theirs_whoever_allocated_it_and_what_others_hold_is_not() {
    let goroutines = || {
        let start = START.split(' ').next().unwrap_or_default();
        let goroutine = GoroutineRoot {
            id: GoroutineId(9),
            alike: 1000,
            wait_reason: "chan receive".into(),
            wait_since: 0,
            function: start.into(),
            stack: vec!["runtime.gopark".into(), start.into()],
        };
        let kind = RootKind::Goroutine;
        HeapRoot { kind, name: start.into(), type_name: None, goroutine: Some(goroutine) }
    };
    let cache = || global("main.cache", "map[string]*main.entry");
    let theirs = vec![path(goroutines(), count(990, 253_440)), path(cache(), count(10, 2560))];
    assert_eq!(beside_goroutines(theirs), [LeakKind::Goroutine]);
    let half = vec![path(goroutines(), count(600, 153_600)), path(cache(), count(400, 102_400))];
    assert_eq!(beside_goroutines(half), [LeakKind::Heap, LeakKind::Goroutine]);
    let others = vec![path(cache(), count(1000, 256_000))];
    assert_eq!(beside_goroutines(others), [LeakKind::Heap, LeakKind::Goroutine]);
}
