//! What belongs to leaked goroutines, on made-up dumps, and what does not though they reach it.

use super::tests::{PUT, Run, judge, stack};
use super::tests_holders::{count, dump, global, held, path};
use crate::model::heap::{Entries, GoroutineRoot, HeapRoot, HeldSite, PathStep, RetainingPath, RootKind};
use crate::model::{Bytes, Evidence, Finding, Frame, GoroutineId, LeakKind, Objects, SiteClass};

const START: &str = "main.serve.func1";
const N: u64 = 1000;

/// A thousand of them.
pub(super) fn goroutine(function: &str) -> HeapRoot {
    let waiting = GoroutineRoot {
        id: GoroutineId(9),
        alike: N,
        wait_reason: "chan receive".into(),
        wait_since: 0,
        function: function.into(),
        stack: vec!["runtime.gopark".into(), function.into()],
    };
    let (kind, name) = (RootKind::Goroutine, function.into());
    HeapRoot { kind, name, type_name: None, goroutine: Some(waiting) }
}

pub(super) fn step(count: u64) -> PathStep {
    PathStep {
        field: None,
        offset: None,
        type_name: Some("main.thing".into()),
        site: None,
        object_size: Bytes(256),
        count,
        chain: false,
    }
}

/// A thousand objects of [`PUT`] that leaked goroutines reach through steps of so many objects.
fn through(between: &[PathStep]) -> RetainingPath {
    let steps = [between, &[step(N)]].concat();
    RetainingPath { steps, ..path(goroutine(START), count(N, N * 256)) }
}

/// Goroutines leak, and what [`PUT`] allocates grows: three objects for two of them, which no rate explains.
fn leaking() -> Run {
    let run = Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
    run.site(SiteClass::User, 256, PUT, |i| i * 150)
}

fn kinds(mut run: Run, sites: Vec<HeldSite>) -> Vec<LeakKind> {
    run.pieces.heap = Some(dump(sites, Vec::new()));
    judge(&[run]).findings.iter().map(|finding| finding.kind).collect()
}

fn kinds_of(path: RetainingPath) -> Vec<LeakKind> {
    kinds(leaking(), vec![held(vec![path])])
}

const ONE: [LeakKind; 1] = [LeakKind::Goroutine];
const TWO: [LeakKind; 2] = [LeakKind::Heap, LeakKind::Goroutine];

fn allocations(finding: &Finding) -> usize {
    finding.evidence.iter().filter(|evidence| matches!(evidence, Evidence::Allocation { .. })).count()
}

#[test]
fn what_leaked_goroutines_keep_is_theirs_whoever_allocated_it_and_at_any_rate() {
    let mut run = leaking();
    run.pieces.heap = Some(dump(vec![held(vec![through(&[step(N)])])], Vec::new()));
    let findings = judge(&[run]).findings;
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.kind, allocations(finding)), (LeakKind::Goroutine, 1));
    assert!(finding.sentence.contains(", each holding 384 B of heap"), "{}", finding.sentence);
    assert_eq!(kinds(leaking(), Vec::new()), TWO, "without the path they are two causes");
}

#[test]
fn what_goroutines_share_is_not_theirs() {
    assert_eq!(kinds_of(through(&[step(1), step(900)])), TWO, "a server and its cache");
    assert_eq!(kinds_of(through(&[step(256)])), TWO, "shards");
    assert_eq!(kinds_of(through(&[step(N / 2)])), ONE, "a channel for two of them");
    let list = PathStep { chain: true, ..step(N) };
    assert_eq!(kinds_of(through(std::slice::from_ref(&list))), TWO, "the length of a list tells nothing");
    assert_eq!(kinds_of(through(&[step(N), list])), ONE, "a list of each one's own");
}

#[test]
fn one_thing_that_becomes_larger_is_shared() {
    let array = RetainingPath { steps: vec![step(1)], ..path(goroutine(START), count(1, 256_000)) };
    assert_eq!(kinds_of(array), TWO);
    let part = RetainingPath { steps: vec![step(40)], ..path(goroutine(START), count(40, 10_240)) };
    assert_eq!(kinds_of(part), ONE, "not every goroutine has one");
}

#[test]
fn a_step_that_only_some_have_is_theirs_if_it_grows_with_them() {
    let at = |line| Frame { function: "main.handle".into(), file: "/src/app/app.go".into(), line };
    let with = |line| through(&[step(N), PathStep { site: Some(at(line)), ..step(200) }]);
    assert_eq!(kinds_of(with(45)), ONE, "line 45 is where memory grows");
    assert_eq!(kinds_of(with(46)), TWO);
}

#[test]
fn waits_of_the_runtime_are_the_goroutines_own() {
    let wait = PathStep { type_name: Some("runtime.sudog".into()), chain: true, ..step(2 * N) };
    assert_eq!(kinds_of(through(std::slice::from_ref(&wait))), ONE);
    assert_eq!(kinds_of(through(&[wait, step(1)])), TWO, "a channel that all of them wait on");
}

#[test]
fn what_others_hold_a_tenth_of_stays_a_finding() {
    let of_global = |objects| path(global("main.cache", "T"), count(objects, objects * 256));
    let with = |other| kinds(leaking(), vec![held(vec![through(&[]), other])]);
    assert_eq!(with(of_global(100)), ONE);
    assert_eq!(with(of_global(150)), TWO);
    let living = RetainingPath { steps: vec![step(N)], ..path(goroutine("main.worker"), count(N, N * 256)) };
    assert_eq!(kinds_of(living), TWO, "goroutines that do not leak");
    let mut site = held(vec![through(&[])]);
    site.unlisted = count(3 * N, 3 * N * 256);
    site.held = count(4 * N, 4 * N * 256);
    assert_eq!(kinds(leaking(), vec![site]), TWO, "most paths are not listed");
}

#[test]
fn what_nothing_reaches_is_on_the_stack_of_who_allocated_it() {
    let own = |run: Run| run.site(SiteClass::User, 32, &["main.ask 30", "main.serve.func1 21"], |i| i * 37);
    let run = || Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
    assert_eq!(kinds(own(run()), Vec::new()), ONE);
    let mut cut_off = own(run());
    let mut heap = dump(Vec::new(), Vec::new());
    heap.summary.totals.agreement = None;
    cut_off.pieces.heap = Some(heap);
    assert_eq!(judge(&[cut_off]).findings.len(), 2, "the rest of the dump might reach it");
}

#[test]
fn a_librarys_register_goes_with_what_is_in_it_and_a_map_of_the_users_does_not() {
    let tables = |frames: &[&str]| {
        let run = leaking().site(SiteClass::Map, 4096, frames, |i| i * 2);
        let mut map = held(vec![path(global("lib.all", "map[int]bool"), count(20, 81_920))]);
        (map.stack, map.class) = (stack(frames).to_vec(), SiteClass::Map);
        kinds(run, vec![held(vec![through(&[])]), map])
    };
    let of_library = ["net/http.(*Transport).note 7", PUT[0], "main.handle 35", "main.main 9"];
    assert_eq!(tables(&of_library), ONE);
    assert_eq!(tables(&[PUT[0], "main.handle 36", "main.main 9"]), TWO);
}

#[test]
fn a_map_that_lists_what_leaked_goroutines_keep_goes_with_them_and_no_other_map_does() {
    let frames = ["lib.(*Server).add 7", "lib.(*Server).serve 9"];
    let listing = |entries: &[(Option<HeapRoot>, u64)]| {
        let run = Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
        let run = run.site(SiteClass::Map, 4096, &frames, |i| i * 2);
        let mut map = held(vec![path(global("lib.servers", "map[conn]bool"), count(20, 81_920))]);
        (map.stack, map.class) = (stack(&frames).to_vec(), SiteClass::Map);
        let of = |(root, objects): &(Option<HeapRoot>, u64)| Entries {
            root: root.clone(),
            objects: Objects(*objects),
        };
        map.entries = entries.iter().map(of).collect();
        kinds(run, vec![map])
    };
    let leaked = || Some(goroutine(START));
    assert_eq!(listing(&[(leaked(), N)]), ONE);
    assert_eq!(listing(&[(leaked(), N), (Some(global("lib.all", "T")), 50)]), ONE);
    for (what, entries) in [
        ("nothing is known", &[][..]),
        ("what only the map has", &[(None, N)]),
        ("half of it", &[(leaked(), N), (None, N)]),
        ("one thing that all of them use", &[(leaked(), 1)]),
        ("a cache that they fill", &[(leaked(), 40 * N)]),
        ("goroutines that do not leak", &[(Some(goroutine("main.worker")), N)]),
    ] {
        assert_eq!(listing(entries), TWO, "{what}");
    }
}

#[test]
fn a_few_tables_of_maps_that_each_goroutine_has_are_theirs() {
    let frames = ["lib.(*writer).register 7", "main.serve.func1 21"];
    let with = |before: PathStep| {
        let run = Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
        let run = run.site(SiteClass::Map, 4096, &frames, |i| i);
        let way = RetainingPath { steps: vec![before, step(3)], ..path(goroutine(START), count(3, 12_288)) };
        let mut tables = held(vec![way]);
        (tables.stack, tables.class) = (stack(&frames).to_vec(), SiteClass::Map);
        kinds(run, vec![tables])
    };
    let map = |n| PathStep { type_name: Some("map<uint32,*lib.stream>".into()), ..step(n) };
    assert_eq!(with(map(N)), ONE);
    assert_eq!(with(map(1)), TWO, "one map that all of them have");
    assert_eq!(with(step(N)), TWO, "what each of them has refers to a few");
}

#[test]
fn what_may_be_a_pointer_on_another_stack_is_as_if_nothing_reached_it() {
    let run = Run::step().goroutines(&["main.serve 20"], "main.serve.func1 21", |i| i * 100);
    let run = run.site(SiteClass::User, 32, &["main.ask 30", "main.serve.func1 21"], |i| i * 37);
    let with = |kind| {
        let root = HeapRoot { kind, ..goroutine("main.worker") };
        let mut site = held(vec![path(root, count(370, 11_840))]);
        site.stack = stack(&["main.ask 30", "main.serve.func1 21"]).to_vec();
        kinds(run.clone(), vec![site])
    };
    assert_eq!((with(RootKind::Stack).len(), with(RootKind::Goroutine).len()), (1, 2));
}

#[test]
fn goroutines_that_most_runs_do_not_show_take_nothing() {
    let alone = |repeat| {
        let mut run = Run::step().site(SiteClass::User, 256, PUT, |i| i * 150);
        run = run.goroutines(&["main.serve 20"], "main.serve.func1 21", |_| 4);
        run.id.repeat = repeat;
        run
    };
    let mut first = leaking();
    first.pieces.heap = Some(dump(vec![held(vec![through(&[])])], Vec::new()));
    let found = judge(&[first, alone(2), alone(3)]).findings;
    assert_eq!(found.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [LeakKind::Heap]);
}
