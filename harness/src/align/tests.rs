//! The search for the shift, the rows, the gate, on made-up runs whose truth is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Bytes, Checkpoint, Confidence, GcCycle, GctraceCycle, HeapSnapshot, MonotonicTime, Nanoseconds, Objects,
    Operations, RuntimeTime, Site, SiteClass, SiteUse, Source, TraceGc, TraceTime,
};

const MS: i64 = 1_000_000;

/// A program's cycles: begin since the runtime's start, and goal in MiB.
#[derive(Debug, Clone)]
struct Program {
    begins: Vec<(i64, u64)>,
    /// Trace time of the runtime's start.
    start: i64,
}

impl Program {
    /// Cycles with gaps that look like a real program's: no two alike.
    fn irregular(n: u32) -> Self {
        let mut at = 700_123;
        let begins = (0..n).map(|i| {
            at += 3 * MS + i64::from(i * i * 7919 % 9973) * 1500;
            (at, u64::from(4 + i / 5))
        });
        Self { begins: begins.collect(), start: 55_000_123_456 }
    }

    fn printed(&self) -> Vec<GctraceCycle> {
        let line = |(i, (at, goal)): (usize, &(i64, u64))| GctraceCycle {
            cycle: GcCycle(i as u64 + 1),
            at: RuntimeTime(at / MS * MS),
            gc_cpu_percent: 1,
            stw_sweep_termination: Nanoseconds(20_000),
            mark: Nanoseconds(400_000),
            stw_mark_termination: Nanoseconds(30_000),
            assist: Nanoseconds(5_000),
            heap_start: Bytes(4 << 20),
            heap_end: Bytes(4 << 20),
            heap_marked: Bytes(2 << 20),
            goal: Bytes(goal << 20),
            forced: false,
        };
        self.begins.iter().enumerate().map(line).collect()
    }

    /// The cycles from `first` (by number, from 1) on, as a trace started before it sees them.
    fn traced(&self, first: usize) -> Vec<TraceGc> {
        let gc = |(i, (at, goal)): (usize, &(i64, u64))| TraceGc {
            index: i as u64 + 1,
            begin: Some(TraceTime(self.start + at + 25_000)),
            stw_begin: Some(TraceTime(self.start + at + 2_000)),
            end: Some(TraceTime(self.start + at + 450_000)),
            stw: Nanoseconds(48_000),
            heap_alloc: Some(Bytes((2 << 20) + 77)),
            goal: Some(Bytes((goal << 20) + 4321)),
            goroutines: Some(5),
        };
        self.begins.iter().skip(first - 1).enumerate().map(gc).collect()
    }

    fn pieces(&self, first: usize) -> RunPieces {
        RunPieces { gctrace: self.printed(), trace_gcs: self.traced(first), ..RunPieces::default() }
    }
}

fn shift_of(pieces: &RunPieces) -> Option<i64> {
    match align(pieces).alignment {
        Alignment::Unique { shift, .. } => Some(shift),
        _ => None,
    }
}

#[test]
fn a_trace_started_late_is_aligned_uniquely_with_its_offset() {
    let program = Program::irregular(60);
    let Alignment::Unique { shift, matched, offset, residual_median, goals_equal, .. } =
        align(&program.pieces(8)).alignment
    else {
        panic!("not aligned");
    };
    assert_eq!((shift, matched, goals_equal), (7, 53, 53));
    // The trace's event comes 2 µs after the runtime read its clock.
    assert!((offset.0..=offset.1).contains(&(program.start + 2_000)), "{offset:?}");
    assert!(residual_median.0 < 100_000, "{residual_median:?}");
}

#[test]
fn equal_gaps_and_equal_goals_are_ambiguous() {
    let begins = (0..30).map(|i| (i * 10 * MS + 300_000, 4)).collect();
    let pieces = Program { begins, start: 1_000 }.pieces(5);
    let timeline = align(&pieces);
    let Alignment::Ambiguous { shifts, .. } = &timeline.alignment else { panic!("{:?}", timeline.alignment) };
    assert!(shifts.contains(&4) && shifts.len() > 1, "{shifts:?}");
    assert_eq!(timeline.unplaced.len(), pieces.trace_gcs.len());
    assert!(timeline.rows.iter().all(|row| row.begin.is_none()), "no trace cell in a numbered row");
    assert!(timeline.missing.iter().any(|missing| missing.source == "trace"));
}

#[test]
fn goals_decide_between_equal_gaps() {
    let begins = (0..30u32).map(|i| (i64::from(i) * 10 * MS + 300_000, u64::from(i) * 3 + 4)).collect();
    assert_eq!(shift_of(&Program { begins, start: 1_000 }.pieces(5)), Some(4));
}

#[test]
fn the_probes_bracket_chooses_among_shifts_that_fit_and_only_among_those() {
    let begins = (0..30).map(|i| (i * 10 * MS + 300_000, 4)).collect();
    let mut pieces = Program { begins, start: 1_000 }.pieces(5);
    pieces.trace_base = Some((GcCycle(4), GcCycle(4)));
    assert_eq!(shift_of(&pieces), Some(4));

    let mut pieces = Program::irregular(30).pieces(5);
    pieces.trace_base = Some((GcCycle(9), GcCycle(9)));
    assert_eq!(shift_of(&pieces), None);
}

#[test]
fn a_bracket_alone_is_no_alignment() {
    let mut pieces = Program::irregular(1).pieces(1);
    pieces.trace_base = Some((GcCycle(0), GcCycle(0)));
    assert!(matches!(align(&pieces).alignment, Alignment::Ambiguous { .. }));
}

#[test]
fn two_cycles_need_the_bracket() {
    let mut pieces = Program::irregular(12).pieces(11);
    assert!(matches!(align(&pieces).alignment, Alignment::Ambiguous { .. }));
    pieces.trace_base = Some((GcCycle(10), GcCycle(10)));
    assert_eq!(shift_of(&pieces), Some(10));
}

#[test]
fn sources_of_different_runs_contradict_each_other() {
    let mut pieces = Program::irregular(40).pieces(1);
    for (i, gc) in pieces.trace_gcs.iter_mut().enumerate() {
        let jitter = i64::try_from(i * i % 17).unwrap() * 2 * MS;
        gc.stw_begin = gc.stw_begin.map(|at| at.plus(Nanoseconds(jitter)));
    }
    let Alignment::Contradictory { best_spread, cycles } = align(&pieces).alignment else {
        panic!("{:?}", align(&pieces).alignment)
    };
    assert!(best_spread.0 > MS, "{best_spread:?}");
    assert_eq!(cycles, 40);
}

#[test]
fn goals_that_disagree_everywhere_contradict_fitting_times() {
    let mut pieces = Program::irregular(40).pieces(3);
    for gc in &mut pieces.trace_gcs {
        gc.goal = Some(Bytes(900 << 20));
    }
    assert!(matches!(align(&pieces).alignment, Alignment::Contradictory { .. }));
}

#[test]
fn torn_and_doubled_lines_do_not_move_the_shift() {
    let mut pieces = Program::irregular(60).pieces(8);
    pieces.gctrace.retain(|cycle| cycle.cycle.0 % 5 != 0);
    let garbled = GctraceCycle { at: RuntimeTime(9_000_000 * MS), ..pieces.gctrace[20].clone() };
    pieces.gctrace.push(garbled);
    pieces.gctrace[30].at = RuntimeTime(77 * 3600 * 1000 * MS);
    pieces.gctrace[33].cycle = GcCycle(u64::MAX);
    let Alignment::Unique { shift, unmatched_trace, .. } = align(&pieces).alignment else {
        panic!("{:?}", align(&pieces).alignment)
    };
    assert_eq!(shift, 7);
    assert!(unmatched_trace >= 10, "{unmatched_trace}");
}

#[test]
fn a_few_cycles_whose_event_comes_late_do_not_spoil_the_alignment() {
    let mut pieces = Program::irregular(60).pieces(8);
    for i in [3, 30] {
        let gc = &mut pieces.trace_gcs[i];
        gc.stw_begin = gc.stw_begin.map(|at| at.plus(Nanoseconds(5 * MS)));
    }
    let timeline = align(&pieces);
    let Alignment::Unique { shift, matched, residual_median, residual_max, .. } = timeline.alignment else {
        panic!("{:?}", timeline.alignment)
    };
    assert_eq!((shift, matched), (7, 53));
    assert!(residual_median.0 < MS / 10 && residual_max.0 > 4 * MS, "{residual_median:?} {residual_max:?}");
}

#[test]
fn a_cycle_running_at_the_traces_start_has_a_number_but_no_begin() {
    let mut pieces = Program::irregular(30).pieces(6);
    pieces.trace_gcs[0].begin = None;
    pieces.trace_gcs[0].stw_begin = None;
    let last = pieces.trace_gcs.last_mut().unwrap();
    last.end = None; // and one as it ends
    let timeline = align(&pieces);
    assert!(matches!(timeline.alignment, Alignment::Unique { shift: 5, matched: 25, .. }));
    let row = timeline.rows.iter().find(|row| row.cycle == GcCycle(6)).unwrap();
    assert_eq!((row.begin, row.trace_index), (None, Some(1)));
    assert!(row.end.is_some());
    let last = timeline.rows.last().unwrap();
    assert!(last.begin.is_some() && last.end.is_none());
    assert_eq!(last.heap_live.unwrap().source, Source::Gctrace);
}

#[test]
fn cycles_forced_by_the_probe_align_with_collection_by_size_off() {
    let mut program = Program::irregular(40);
    for (_, goal) in &mut program.begins {
        *goal = u64::MAX >> 20;
    }
    let mut pieces = program.pieces(4);
    for gc in &mut pieces.trace_gcs {
        gc.goal = Some(Bytes(0));
    }
    let timeline = align(&pieces);
    assert!(matches!(timeline.alignment, Alignment::Unique { shift: 3, goals_equal: 37, .. }));
    assert!(timeline.rows.iter().all(|row| row.goal.is_none()));
}

#[test]
fn without_one_of_the_sources_there_is_nothing_to_align() {
    let mut pieces = Program::irregular(10).pieces(1);
    pieces.trace_gcs.clear();
    let timeline = align(&pieces);
    assert_eq!(timeline.alignment, Alignment::NotNeeded);
    assert_eq!(timeline.rows.len(), 10);

    let mut pieces = Program::irregular(10).pieces(1);
    pieces.gctrace.clear();
    assert_eq!(align(&pieces).unplaced.len(), 10);
}

#[test]
fn cells_prefer_the_exact_source_and_say_which_it_is() {
    let mut pieces = Program::irregular(20).pieces(3);
    pieces.clock_pairs = vec![(TraceTime(0), MonotonicTime(1_000))];
    let timeline = align(&pieces);
    let early = &timeline.rows[0];
    assert_eq!(early.stw.unwrap().source, Source::Gctrace);
    assert_eq!(early.stw.unwrap().confidence, Confidence::Medium);
    let late = &timeline.rows[10];
    assert_eq!((late.stw.unwrap().value, late.stw.unwrap().source), (Nanoseconds(48_000), Source::Trace));
    assert_eq!(late.heap_live.unwrap().value, Bytes((2 << 20) + 77));
    let begin = pieces.trace_gcs[8].stw_begin.unwrap();
    assert_eq!(late.begin.unwrap().value, MonotonicTime(begin.0 + 1_000));
}

#[test]
fn a_moment_is_placed_in_or_after_its_cycle_and_not_before_the_first() {
    let timeline = align(&Program::irregular(20).pieces(3));
    let row = &timeline.rows[10];
    let (begin, end) = (row.begin.unwrap().value, row.end.unwrap().value);
    assert_eq!(place(&timeline, begin), Some(Placement::During(row.cycle)));
    assert_eq!(place(&timeline, end.plus(Nanoseconds(1))), Some(Placement::After(row.cycle)));
    assert_eq!(place(&timeline, MonotonicTime(0)), None);
}

fn checkpoint(index: u32, cycle: u64, live: u64) -> Checkpoint {
    Checkpoint {
        index,
        operations: Operations(u64::from(index + 1) * 100),
        cause: "call".into(),
        at: MonotonicTime(0),
        gc: (GcCycle(cycle), GcCycle(cycle)),
        goroutines: 3,
        heap_live: Some(Bytes(live)),
        process: None,
        runtime: None,
    }
}

fn snapshot(index: u32, cycle: Option<u64>, bytes: u64) -> HeapSnapshot {
    let site = Site { class: SiteClass::User, object_size: Bytes(64), stack: Arc::from([]) };
    let figures =
        SiteUse { inuse_space: Bytes(bytes), inuse_objects: Objects(bytes / 64), ..SiteUse::default() };
    HeapSnapshot {
        checkpoint: Some(index),
        at: MonotonicTime(0),
        cycle: cycle.map(GcCycle),
        sites: BTreeMap::from([(Arc::new(site), figures)]),
    }
}

#[test]
fn the_gate_holds_when_the_profile_and_the_runtime_grow_alike() {
    let mut pieces = RunPieces { memprofile_rate: 1, ..RunPieces::default() };
    for i in 0..5 {
        pieces.checkpoints.push(checkpoint(i, u64::from(i) * 2 + 2, 66_120 + u64::from(i) * 640));
        pieces.snapshots.push(snapshot(i, Some(u64::from(i) * 2 + 2), 64_000 + u64::from(i) * 640));
    }
    let gate = align(&pieces).conservation.unwrap();
    assert_eq!((gate.differences.as_slice(), gate.holds), ([2120; 5].as_slice(), true));

    pieces.checkpoints[4].heap_live = Some(Bytes(666_666));
    assert!(!align(&pieces).conservation.unwrap().holds);

    pieces.memprofile_rate = 4096;
    assert_eq!(align(&pieces).conservation, None);
}

#[test]
fn a_snapshot_joins_its_own_cycle_and_none_without_a_number() {
    let mut pieces = Program::irregular(9).pieces(1);
    pieces.memprofile_rate = 4096;
    pieces.snapshots = vec![snapshot(0, Some(4), 6400), snapshot(1, None, 9999)];
    let timeline = align(&pieces);
    let with: Vec<_> =
        timeline.rows.iter().filter_map(|row| row.inuse_space.map(|cell| (row.cycle.0, cell))).collect();
    assert_eq!(with.len(), 1);
    assert_eq!((with[0].0, with[0].1.value, with[0].1.confidence), (4, Bytes(6400), Confidence::Low));
}

prop_compose! {
    /// A program, the cycle before which its trace starts, and the lines that were lost.
    fn any_run()(
        gaps in prop::collection::vec((200_000i64..40 * MS, 0u64..3), 4..120),
        start in 0i64..1_000_000_000_000,
        delays in prop::collection::vec(0i64..150_000, 120),
        late in (0usize..120, 0i64..20 * MS),
    )(
        first in 1..gaps.len(),
        lost in prop::collection::vec(prop::bool::weighted(0.15), gaps.len()),
        gaps in Just(gaps), start in Just(start), delays in Just(delays), late in Just(late),
    ) -> (RunPieces, i64) {
        let (mut at, mut goal) = (0, 4);
        let begins = gaps.iter().map(|(gap, rise)| {
            at += gap;
            goal += rise;
            (at, goal)
        });
        let program = Program { begins: begins.collect(), start };
        let mut pieces = program.pieces(first);
        for (gc, delay) in pieces.trace_gcs.iter_mut().zip(delays) {
            gc.stw_begin = gc.stw_begin.map(|at| at.plus(Nanoseconds(delay)));
        }
        let mut lost = lost.iter();
        pieces.gctrace.retain(|_| !lost.next().unwrap());
        if pieces.gctrace.len().min(pieces.trace_gcs.len()) >= 5 {
            let place = late.0 % pieces.trace_gcs.len();
            let gc = &mut pieces.trace_gcs[place];
            gc.stw_begin = gc.stw_begin.map(|at| at.plus(Nanoseconds(late.1)));
        }
        (pieces, first as i64 - 1)
    }
}

proptest! {
    #[test]
    fn the_true_shift_is_found_or_called_ambiguous_and_never_a_wrong_one((pieces, truth) in any_run()) {
        // Where gctrace ends before half of the trace's cycles the true shift is no candidate.
        let last = pieces.gctrace.last().map_or(0, |line| line.cycle.0 as i64);
        let placed = pieces.trace_gcs.iter().filter(|gc| gc.index as i64 + truth <= last).count();
        let is_candidate = placed >= pieces.trace_gcs.len().min(pieces.gctrace.len()).div_ceil(2);
        match align(&pieces).alignment {
            Alignment::Unique { shift, offset, .. } => {
                prop_assert_eq!(shift, truth);
                prop_assert!(offset.0 <= offset.1);
            }
            Alignment::Ambiguous { shifts, .. } => prop_assert!(!is_candidate || shifts.contains(&truth)),
            Alignment::Contradictory { .. } => prop_assert!(!is_candidate),
            Alignment::NotNeeded => prop_assert!(pieces.gctrace.is_empty()),
        }
    }

    #[test]
    fn a_long_trace_with_few_lost_lines_is_aligned((pieces, truth) in any_run()) {
        let printed = |gc: &&TraceGc| {
            pieces.gctrace.iter().any(|line| line.cycle.0 as i64 == gc.index as i64 + truth)
        };
        let left = pieces.trace_gcs.iter().filter(printed).count();
        if left >= 20 && left * 10 >= pieces.trace_gcs.len() * 8 {
            prop_assert_eq!(shift_of(&pieces), Some(truth));
        }
    }
}
