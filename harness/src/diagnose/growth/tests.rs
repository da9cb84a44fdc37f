//! Growth by stack, of made-up runs.

use std::collections::BTreeMap;

use super::*;
use crate::model::growth::Change;
use crate::model::{Checkpoint, Frame, GcCycle, MonotonicTime, Operations, Site, SiteUse};

pub(crate) fn stack(functions: &[&str]) -> Stack {
    let frame =
        |(line, name): (u32, &&str)| Frame { function: (*name).into(), file: "/src/a.go".into(), line };
    (1..).zip(functions).map(frame).collect()
}

pub(crate) fn id(variant: &str, mode: Mode, repeat: u32) -> RunId {
    RunId { variant: variant.into(), mode, repeat, test: None }
}

/// A run of `n` checkpoints, each 100 operations and two cycles after the one before.
pub(crate) fn run(n: u32) -> RunPieces {
    let mut pieces = RunPieces { memprofile_rate: 1, ..RunPieces::default() };
    for index in 0..n {
        let (cycle, at) = (GcCycle(u64::from(index) * 2 + 2), MonotonicTime(i64::from(index) * 1000));
        pieces.checkpoints.push(Checkpoint {
            index,
            operations: Operations(u64::from(index + 1) * 100),
            cause: "call".into(),
            at,
            gc: (cycle, cycle),
            goroutines: 1,
            heap_live: None,
            process: None,
            runtime: None,
        });
        let (checkpoint, sites) = (Some(index), BTreeMap::new());
        pieces.snapshots.push(HeapSnapshot { checkpoint, at, cycle: Some(cycle), sites });
    }
    pieces
}

/// With a site of so many objects at each checkpoint.
pub(crate) fn with(
    mut pieces: RunPieces,
    (class, size): (SiteClass, u64),
    functions: &[&str],
    objects: impl Fn(u64) -> u64,
) -> RunPieces {
    let site = Arc::new(Site { class, object_size: Bytes(size), stack: stack(functions) });
    for (snapshot, nth) in pieces.snapshots.iter_mut().zip(0..) {
        let n = objects(nth);
        let used = SiteUse { inuse_space: Bytes(n * size), inuse_objects: Objects(n), ..SiteUse::default() };
        snapshot.sites.insert(Arc::clone(&site), used);
    }
    pieces
}

/// What tests of exports look at: two stacks that grow, one that shrinks, one that stays.
pub(crate) fn example() -> Growth {
    let pieces = with(run(5), (SiteClass::User, 64), &["main.keep", "main.handle", "main.main"], |n| 10 * n);
    let pieces = with(pieces, (SiteClass::User, 32), &["main.free", "main.main"], |n| 4 - n);
    let pieces = with(pieces, (SiteClass::User, 1024), &["main.table", "main.main"], |_| 1);
    let mut pieces = with(pieces, (SiteClass::Runtime, 16), &["runtime.malg"], |n| n);
    pieces.inlined.insert(stack(&["main.keep", "main.handle", "main.main"]), vec![0]);
    let id = id("default", Mode::Step, 1);
    Growth::of("leaky", "./cmd/leaky", &[Observed { id: &id, pieces: &pieces }], Limits::default())
}

fn of(pieces: &RunPieces, limits: Limits) -> RunGrowth {
    let id = id("default", Mode::Step, 1);
    of_run(&Observed { id: &id, pieces }, "./cmd", limits).unwrap()
}

fn limits(stacks: usize, points: usize) -> Limits {
    Limits { stacks, points, ..Limits::default() }
}

/// With stacks whose frames' names take more than any document has room for; the first grow most.
pub(crate) fn deep(mut pieces: RunPieces, stacks: u64, frames: usize) -> RunPieces {
    for nth in 0..stacks {
        let name = |depth: usize| {
            format!("example.com/{}/p.(*Long[go.shape.int]).call{nth}_{depth}", "x".repeat(90))
        };
        let names: Vec<String> = (0..frames).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        pieces = with(pieces, (SiteClass::User, 96), &names, |at| 1_000_000 + at * (10_000 - nth));
    }
    pieces
}

#[test]
fn stacks_have_exact_bytes_and_objects_at_each_checkpoint_and_marks_of_inlined_calls() {
    let growth = example();
    let run = &growth.runs[0];
    assert!(run.exact);
    let most = &run.stacks[0];
    let frames: Vec<(&str, bool)> =
        run.frames_of(most).map(|frame| (&*frame.function, frame.inlined)).collect();
    assert_eq!(frames, [("main.keep", true), ("main.handle", false), ("main.main", false)]);
    assert_eq!(most.series.space.iter().map(|space| space.0).collect::<Vec<_>>(), [0, 640, 1280, 1920, 2560]);
    assert_eq!(most.series.change((1, 3)), Change { space: 1280, objects: 20 });
    let points: Vec<(u64, Option<GcCycle>)> =
        run.points.iter().map(|point| (point.operations.0, point.cycle)).collect();
    assert_eq!(points.last(), Some(&(500, Some(GcCycle(10)))));
    assert_eq!((run.warm_up, run.ends()), (1, Some((0, 4))));
}

#[test]
fn an_array_that_moves_to_another_size_class_is_one_stack() {
    let pieces = with(run(5), (SiteClass::User, 64), &["main.push"], |n| u64::from(n < 2));
    let pieces = with(pieces, (SiteClass::User, 128), &["main.push"], |n| u64::from(n >= 2));
    let run = of(&pieces, limits(10, 10));
    assert_eq!(run.stacks.len(), 1);
    assert_eq!(run.stacks[0].series.change((0, 4)), Change { space: 64, objects: 0 });
}

#[test]
fn nothing_is_lost_where_stacks_and_points_are_too_many() {
    let mut pieces = run(100);
    for nth in 0..30u64 {
        pieces = with(pieces, (SiteClass::User, 8), &[&format!("main.f{nth:02}")], move |at| at * nth);
    }
    pieces = with(pieces, (SiteClass::Probe, 48), &["harnessprobe.take"], |_| 3);
    let whole = of(&pieces, limits(1000, 1000));
    let small = of(&pieces, limits(5, 7));
    assert_eq!((small.stacks.len(), small.n_other, small.points.len()), (5, 24, 7), "f00 never has anything");
    assert_eq!((small.left_out_points, small.points[6].checkpoint), (93, 99));
    let sum = |run: &RunGrowth, point: usize| -> u64 {
        let stacks = run.stacks.iter().map(|stack| &stack.series);
        stacks.chain([&run.other]).map(|series| series.at(point).0.0).sum()
    };
    assert_eq!(sum(&small, 6), sum(&whole, 99));
    assert_eq!(small.stacks, {
        let mut by_growth = small.stacks.clone();
        by_growth.sort_by_key(|stack| std::cmp::Reverse(stack.series.change((0, 6)).space));
        by_growth
    });
    assert_eq!(small.probe.at(0), (Bytes(144), Objects(3)), "the probe's own memory is told apart");
}

#[test]
fn frames_take_no_more_than_their_room_and_stacks_without_it_are_among_the_others() {
    let pieces = deep(run(5), 50, 20);
    let whole = of(&pieces, limits(1000, 10));
    let small = of(&pieces, Limits { frames: 40_000, ..limits(1000, 10) });
    let written: usize = small.frames.iter().map(GrowthFrame::written).sum();
    assert!(written <= 40_000 && written > 30_000, "{written}");
    assert_eq!((whole.stacks.len(), whole.n_other), (50, 0));
    assert_eq!(small.stacks.len() + small.n_other, 50);
    assert_eq!(small.stacks[..], whole.stacks[..small.stacks.len()]);
    let left: u64 = whole.stacks[small.stacks.len()..].iter().map(|stack| stack.series.at(4).0.0).sum();
    assert_eq!(small.other.at(4).0.0, left);
}

#[test]
fn what_rose_and_fell_again_is_among_what_moved() {
    let pieces = with(run(5), (SiteClass::User, 8), &["main.burst"], |n| if n == 2 { 1000 } else { 0 });
    let pieces = with(pieces, (SiteClass::User, 8), &["main.slow"], |n| n);
    let run = of(&pieces, limits(1, 10));
    let first = run.frames_of(&run.stacks[0]).next().map(|frame| frame.function.to_string());
    assert_eq!(first.as_deref(), Some("main.burst"));
}

#[test]
fn step_runs_go_before_natural_ones_and_plain_runs_have_nothing() {
    let pieces = with(run(5), (SiteClass::User, 8), &["main.f"], |n| n);
    let plain = RunPieces::default();
    let (p, n, s) = (id("a", Mode::Plain, 1), id("a", Mode::Natural, 1), id("a", Mode::Step, 1));
    let other = id("b", Mode::Natural, 1);
    let runs = [(&p, &plain), (&n, &pieces), (&s, &pieces), (&other, &pieces)];
    let runs = runs.map(|(id, pieces)| Observed { id, pieces });
    let growth = Growth::of("x", "", &runs, Limits::default());
    let kept: Vec<(&str, Mode)> = growth.runs.iter().map(|run| (&*run.run.variant, run.run.mode)).collect();
    assert_eq!(kept, [("a", Mode::Step), ("b", Mode::Natural)]);
    assert_eq!(growth.variants(), ["a", "b"]);
}

#[test]
fn a_capture_without_snapshots_has_no_growth() {
    let pieces = RunPieces::default();
    let id = id("a", Mode::Step, 1);
    assert!(Growth::of("x", "", &[Observed { id: &id, pieces: &pieces }], Limits::default()).runs.is_empty());
}
