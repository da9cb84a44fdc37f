//! Nothing that stands out is lost by thinning, and a page has room for any number of runs of any length.

use std::sync::Arc;

use super::origin::Axis;
use super::{Drawn, Room, RunPanels, chosen, cycles, thin};
use crate::diagnose::growth::tests::{deep, run};
use crate::diagnose::{Limits, Observed, growth_of};
use crate::model::{
    Bytes, Cell, Checkpoint, Confidence, Counted, CycleRow, GcCycle, Mode, MonotonicTime, Nanoseconds,
    Operations, RunId, RunPieces, RuntimeTime, Source, Stretch, TraceCourse, TraceTime,
};

const MS: i64 = 1_000_000;

fn cell<T>(value: T) -> Option<Cell<T>> {
    Some(Cell { value, source: Source::Trace, confidence: Confidence::High })
}

fn id(mode: Mode, repeat: u32) -> RunId {
    RunId { variant: Arc::from("default"), mode, repeat, test: None }
}

fn checkpoint(at: i64, cycle: u64) -> Checkpoint {
    Checkpoint {
        index: 0,
        operations: Operations(10),
        cause: "call".to_owned(),
        at: MonotonicTime(at),
        gc: (GcCycle(cycle), GcCycle(cycle)),
        goroutines: 1,
        heap_live: None,
        process: None,
        runtime: None,
    }
}

/// A cycle every millisecond, one of which stops the world for long.
fn rows(n: u64) -> Vec<CycleRow> {
    let row = |nth: u64| CycleRow {
        cycle: GcCycle(nth + 1),
        begin: cell(MonotonicTime(i64::try_from(nth).unwrap() * MS)),
        stw: cell(Nanoseconds(if nth == n / 3 { 5 * MS } else { 1000 })),
        heap_live: cell(Bytes(if nth == n / 2 { 1 << 30 } else { 1 << 20 })),
        ..CycleRow::default()
    };
    (0..n).map(row).collect()
}

#[test]
fn few_points_stay_and_of_many_the_extremes_and_the_end_do() {
    let few: Vec<(i64, i64)> = (0..50).map(|n| (n, n % 7)).collect();
    assert_eq!(thin::points(few.clone(), 100), few);
    let mut many: Vec<(i64, i64)> = (0..100_000).map(|n| (n * 3, n % 5)).collect();
    (many[33_333].1, many[66_666].1) = (1000, -1000);
    let kept = thin::points(many.clone(), 300);
    assert!(kept.len() <= 303, "{}", kept.len());
    assert!(kept.is_sorted_by_key(|point| point.0));
    assert!(kept.contains(&(33_333 * 3, 1000)) && kept.contains(&(66_666 * 3, -1000)));
    assert_eq!((kept.first(), kept.last()), (many.first(), many.last()));
}

#[test]
fn stretches_that_become_one_keep_their_number_and_their_longest() {
    let stretch = |n: i64| Stretch {
        at: TraceTime(n),
        count: 2,
        total: Nanoseconds(10),
        p99: Nanoseconds(n),
        max: Nanoseconds(n),
    };
    let all: Vec<Stretch> = (0..1000).map(stretch).collect();
    let kept = thin::stretches(&all, 64);
    assert!(kept.len() <= 64, "{}", kept.len());
    assert_eq!(kept.iter().map(|one| one.count).sum::<u64>(), 2000);
    assert_eq!(kept.last().map(|one| (one.at, one.max)), Some((TraceTime(999), Nanoseconds(999))));
}

#[test]
fn of_very_many_cycles_the_longest_stop_the_largest_heap_and_the_last_are_told() {
    let (all, pieces) = (rows(50_000), RunPieces::default());
    let kept = cycles::cycles(&all, &Axis::of(&pieces, &all), 400);
    assert_eq!(kept.total, 50_000);
    assert!(kept.cycle.len() <= 400, "{}", kept.cycle.len());
    let most = |name: &str| {
        let column = kept.columns.iter().find(|column| column.name == name).unwrap();
        column.values.iter().flatten().max().copied()
    };
    assert_eq!((most("stw"), most("heap_live")), (Some(5 * MS), Some(1 << 30)));
    assert_eq!((kept.cycle.first(), kept.cycle.last()), (Some(&1), Some(&50_000)));
    assert!(kept.at.is_sorted() && kept.columns.iter().all(|column| column.values.len() == kept.cycle.len()));
}

#[test]
fn without_a_trace_cycles_lie_where_gctrace_and_the_checkpoints_put_them() {
    let row = |n: u64| CycleRow {
        cycle: GcCycle(n),
        runtime_begin: cell(RuntimeTime(i64::try_from(n).unwrap() * 100 * MS)),
        ..CycleRow::default()
    };
    let rows: Vec<CycleRow> = (1..=4).map(row).collect();
    // The runtime started at 7 s; a checkpoint follows the second cycle by 3 ms and the third by 40.
    let checkpoints = vec![checkpoint(7_203 * MS, 2), checkpoint(7_340 * MS, 3)];
    let pieces = RunPieces { checkpoints, ..RunPieces::default() };
    let axis = Axis::of(&pieces, &rows);
    let kept = cycles::cycles(&rows, &axis, 100);
    assert_eq!(kept.at, [0, 100_000, 200_000, 300_000]);
    assert_eq!(axis.at(MonotonicTime(7_203 * MS)), 100_000);
    assert_eq!(axis.end(&pieces, &rows), 300_000);
}

#[test]
fn plain_runs_are_not_drawn_and_of_too_many_the_early_repeats_are() {
    let mut ids = vec![id(Mode::Plain, 1)];
    for repeat in 1..=40 {
        ids.extend([id(Mode::Natural, repeat), id(Mode::Step, repeat)]);
    }
    let shown = chosen(&ids.iter().collect::<Vec<_>>());
    assert_eq!(shown.len(), 48);
    assert!(shown.iter().all(|nth| ids[*nth].mode != Mode::Plain && ids[*nth].repeat <= 24));
    assert!(shown.is_sorted());
}

#[test]
fn however_many_runs_there_are_and_however_long_they_are_a_page_stays_below_6_mb() {
    let points: Vec<(TraceTime, i64)> =
        (0..5000).map(|n| (TraceTime(n * 777_777), (n * 7919) % 100_003)).collect();
    let counted =
        |n: usize| Counted { name: format!("example.com/some/where.function{n}"), points: points.clone() };
    let stretch = |n: i64| Stretch {
        at: TraceTime(n * 7_777_777),
        count: 123_456,
        total: Nanoseconds(1_234_567_890),
        p99: Nanoseconds(12_345_678),
        max: Nanoseconds(123_456_789),
    };
    let stretches: Vec<Stretch> = (0..512).map(stretch).collect();
    let course = TraceCourse {
        span: (TraceTime(0), TraceTime(4_000_000_000)),
        heap_alloc: points.clone(),
        heap_goal: points.clone(),
        states: (0..4).map(counted).collect(),
        groups: (0..60).map(counted).collect(),
        stops: stretches.clone(),
        assists: stretches.clone(),
        latency: stretches,
    };
    let checkpoints = (0..1000).map(|n| checkpoint(n * MS, 0)).collect();
    let pieces = RunPieces { course: Some(course), checkpoints, ..RunPieces::default() };
    let rows = rows(20_000);
    let allocations = deep(run(100), 400, 60);
    for runs in [1, 8, 12, 48] {
        let (run, room) = (id(Mode::Natural, 1), Room::of(runs));
        let limits = Limits {
            stacks: room.stacks,
            frames: room.frames,
            points: room.growth_points,
            ..Limits::default()
        };
        let growth = growth_of(&Observed { id: &run, pieces: &allocations }, "./cmd", limits);
        let stacks = growth.as_ref().map_or(0, |growth| growth.stacks.len());
        let drawn = Drawn { id: &run, ok: true, pieces: &pieces, rows: &rows, unjoined: 0, growth };
        let panels = RunPanels::of(drawn, room);
        let bytes = serde_json::to_string(&panels).unwrap().len() * runs;
        assert!(bytes < 5_000_000, "{runs} runs: {bytes} bytes");
        assert!(
            panels.groups.len() <= 9 && !panels.heap_alloc.t.is_empty() && stacks >= 2,
            "{stacks} stacks"
        );
    }
}
