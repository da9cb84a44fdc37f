//! Patterns, disagreements and limits of confidence on made-up runs: each is seen where it is, and not where only its
//! neighbour is.

use super::tests::{PUT, Run, judge};
use super::*;
use crate::model::{
    Alignment, Cell, Confidence, Conservation, CycleRow, GcCycle, GctraceCycle, Mode, Origin, Pattern,
    RuntimeTime, SiteClass, Source,
};

const MIB: u64 = 1 << 20;
const CYCLES: u64 = 60;

/// What a healthy service's collector does in cycle `n`: 8 MiB live give or take, a goal of twice that, stops of
/// 0.1 ms, a hundredth of the processor.
fn healthy(n: u64) -> GctraceCycle {
    let wobble = n * 37 % 5;
    GctraceCycle {
        cycle: GcCycle(n),
        at: RuntimeTime(n as i64 * 10_000_000),
        gc_cpu_percent: 1,
        stw_sweep_termination: Nanoseconds(60_000),
        mark: Nanoseconds(1_000_000 + wobble as i64 * 10_000),
        stw_mark_termination: Nanoseconds(40_000 + wobble as i64 * 100),
        assist: Nanoseconds(10_000),
        heap_start: Bytes(15 * MIB),
        heap_end: Bytes(16 * MIB),
        heap_marked: Bytes((8 + wobble % 2) * MIB),
        goal: Bytes(17 * MIB),
        forced: false,
    }
}

/// A natural run with gctrace alone, healthy but for `change`.
fn natural(change: impl Fn(&mut GctraceCycle)) -> Run {
    let mut run = Run::natural();
    for n in 1..=CYCLES {
        let mut cycle = healthy(n);
        change(&mut cycle);
        run.pieces.gctrace.push(cycle);
    }
    run.timeline.rows = run.pieces.gctrace.iter().map(row).collect();
    run
}

/// A cycle's row as gctrace alone makes it.
fn row(line: &GctraceCycle) -> CycleRow {
    fn cell<T>(value: T) -> Option<Cell<T>> {
        Some(Cell { value, source: Source::Gctrace, confidence: Confidence::Medium })
    }
    CycleRow {
        cycle: line.cycle,
        forced: line.forced,
        stw: cell(Nanoseconds(line.stw_sweep_termination.0 + line.stw_mark_termination.0)),
        mark: cell(line.mark),
        heap_start: cell(line.heap_start),
        heap_live: cell(line.heap_marked),
        goal: cell(line.goal),
        ..CycleRow::default()
    }
}

fn patterns(run: Run) -> Vec<Pattern> {
    judge(&[run]).observations.iter().map(|seen| seen.pattern).collect()
}

#[test]
fn each_pattern_is_seen_alone_and_a_healthy_collector_shows_none() {
    type Change = fn(&mut GctraceCycle);
    let cases: [(Change, &[Pattern]); 10] = [
        (|_| (), &[]),
        (|cycle| cycle.heap_marked = Bytes((8 + cycle.cycle.0 / 12) * MIB), &[Pattern::LiveHeapRises]),
        // A rise during warm-up alone is none.
        (|cycle| cycle.heap_marked = Bytes((2 + cycle.cycle.0.min(12) / 2) * MIB), &[]),
        (|cycle| cycle.mark.0 += cycle.cycle.0 as i64 * 50_000, &[Pattern::MarkTimeGrows]),
        (|cycle| cycle.goal = Bytes((16 + cycle.cycle.0) * MIB), &[Pattern::GoalRunsAway]),
        (|cycle| cycle.assist = Nanoseconds(1_000_000), &[Pattern::AssistTime]),
        (|cycle| cycle.forced = cycle.cycle.0.is_multiple_of(3), &[Pattern::ForcedCycles]),
        (
            |cycle| {
                if cycle.cycle.0 == 17 {
                    cycle.stw_mark_termination = Nanoseconds(9_000_000);
                }
            },
            &[Pattern::StwOutliers],
        ),
        // Every fifth stop is long: that is the machine, not an outlier.
        (
            |cycle| {
                if cycle.cycle.0.is_multiple_of(5) {
                    cycle.stw_mark_termination = Nanoseconds(9_000_000);
                }
            },
            &[],
        ),
        (|cycle| cycle.gc_cpu_percent = 31, &[Pattern::GcCpuShare]),
    ];
    for (nth, (change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(patterns(natural(change)), expected, "case {nth}");
    }
}

#[test]
fn a_pattern_is_told_with_its_numbers() {
    let run = natural(|cycle| {
        if cycle.cycle.0 == 17 {
            cycle.stw_mark_termination = Nanoseconds(9_000_000);
        }
    });
    let seen = judge(&[run]).observations;
    assert_eq!(seen[0].text, "the world stood still far longer than usual (100 us): cycle 17 for 9.1 ms");
    assert_eq!(seen[0].runs, (1, 1));
}

#[test]
fn what_one_run_of_three_shows_is_no_pattern() {
    let mut busy = natural(|cycle| cycle.gc_cpu_percent = 31);
    let mut runs = vec![natural(|_| ()), natural(|_| ())];
    (runs[1].id.repeat, busy.id.repeat) = (2, 3);
    runs.push(busy.clone());
    assert_eq!(judge(&runs).observations, []);
    (runs[1].pieces, runs[1].timeline) = (busy.pieces, busy.timeline);
    assert_eq!(judge(&runs).observations[0].runs, (2, 3));
}

#[test]
fn sources_that_disagree_are_told_with_both_figures() {
    let mut run = Run::step();
    run.timeline.conservation =
        Some(Conservation { differences: vec![2120, 2120, 2120 + 8192], holds: false });
    let seen = judge(&[run]).observations;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].pattern, Pattern::SourcesDisagree);
    assert!(seen[0].text.contains("drift apart by 8 KiB over 3 checkpoints"), "{}", seen[0].text);

    let rising = natural(|cycle| cycle.heap_marked = Bytes((8 + cycle.cycle.0 / 12) * MIB));
    let told = |runs: &[Run]| -> Vec<String> {
        let disagreements = judge(runs).observations.into_iter();
        disagreements.filter(|seen| seen.pattern == Pattern::SourcesDisagree).map(|seen| seen.text).collect()
    };
    let alone = told(&[rising.clone(), Run::step()]);
    assert!(alone.len() == 1 && alone[0].contains("no site grows in step runs"), "{alone:?}");
    let explained = Run::step().site(SiteClass::User, 256, PUT, |i| i * 100);
    assert_eq!(told(&[rising, explained]), Vec::<String>::new());
}

#[test]
fn the_trace_against_gctrace_is_told_only_beyond_rounding() {
    let with_trace = |apart: u64| {
        let mut run = natural(|cycle| cycle.heap_marked = Bytes(8 * MIB));
        run.pieces.trace_gcs = (1..=CYCLES)
            .map(|index| crate::model::TraceGc {
                index,
                begin: None,
                stw_begin: None,
                end: Some(crate::model::TraceTime(1)),
                stw: Nanoseconds(0),
                heap_alloc: Some(Bytes(8 * MIB + apart)),
                goal: None,
                goroutines: None,
            })
            .collect();
        run.timeline.alignment = Alignment::Unique {
            shift: 0,
            matched: 60,
            unmatched_gctrace: 0,
            unmatched_trace: 0,
            goals_equal: 60,
            offset: (0, 0),
            residual_median: Nanoseconds(0),
            residual_max: Nanoseconds(0),
        };
        run
    };
    assert_eq!(patterns(with_trace(MIB - 1)), []);
    assert_eq!(patterns(with_trace(5 * MIB)), [Pattern::SourcesDisagree]);
}

/// The limits of `runs` by source, with what they leave.
fn limits(runs: &[Run]) -> Vec<(String, Confidence)> {
    judge(runs).limits.into_iter().map(|limit| (limit.missing.source, limit.most)).collect()
}

#[test]
fn each_written_rule_lowers_confidence_where_it_holds() {
    assert_eq!(limits(&[Run::step()]), []);
    assert_eq!(limits(&[Run::with_points(Mode::Step, 1, 6)]), [("checkpoints".into(), Confidence::Medium)]);
    assert_eq!(limits(&[natural(|_| ())]), [("step run".into(), Confidence::Low)]);
    let mut ambiguous = Run::step();
    ambiguous.timeline.alignment = Alignment::Ambiguous { shifts: vec![1, 2], cycles: 9 };
    assert_eq!(limits(&[ambiguous]), [("trace".into(), Confidence::Medium)]);
}

#[test]
fn in_production_an_ambiguous_alignment_lowers_confidence_and_what_runs_of_ours_have_does_not() {
    let foreign = |alignment| {
        let mut run = natural(|_| ());
        run.pieces.origin = Origin::Foreign;
        run.timeline.alignment = alignment;
        run
    };
    assert_eq!(limits(&[foreign(Alignment::NotNeeded)]), []);
    let ambiguous = foreign(Alignment::Ambiguous { shifts: vec![1, 2], cycles: 9 });
    assert_eq!(limits(&[ambiguous]), [("trace".into(), Confidence::Medium)]);
}

#[test]
fn a_run_that_observation_changes_is_trusted_less() {
    let figures = |id: &Run, wall: i64, peak: u64| (id.clone(), Nanoseconds(wall), Bytes(peak));
    let judge = |observed: (i64, u64)| {
        let mut plain = Run::step();
        plain.id.mode = Mode::Plain;
        let runs = [
            figures(&plain, 300_000_000, 20 * MIB),
            figures(&natural(|_| ()), observed.0, observed.1),
            figures(&Run::step(), 9_000_000_000, 900 * MIB),
        ];
        let evidence: Vec<RunEvidence<'_>> = runs
            .iter()
            .map(|(run, wall, peak_rss)| RunEvidence {
                id: &run.id,
                pieces: &run.pieces,
                timeline: &run.timeline,
                wall: *wall,
                peak_rss: *peak_rss,
            })
            .collect();
        let modules = ModuleTable::default();
        let build = BuildFigures {
            size: Bytes(11),
            modules: &modules,
            escapes: &[],
            c_leaks: &crate::model::CLeaks::NotAsked,
            module_dir: "/src/app",
        };
        variant("default", &evidence, &build, &Thresholds::default()).limits
    };
    assert_eq!(judge((400_000_000, 30 * MIB)), []);
    assert_eq!(judge((1_600_000_000, 30 * MIB))[0].missing.source, "plain run");
    assert_eq!(judge((400_000_000, 120 * MIB))[0].missing.source, "plain run");
}

#[test]
fn a_finding_bears_the_limits_that_concern_it() {
    let few = Run::with_points(Mode::Step, 1, 6).site(SiteClass::User, 256, PUT, |i| i * 100);
    let diagnosis = judge(&[few]);
    assert_eq!(diagnosis.findings[0].confidence, Confidence::Medium);
    assert_eq!(diagnosis.findings[0].missing[0].source, "checkpoints");
    assert_eq!(diagnosis.confidence(), Confidence::Medium);
}

/// Rows are what the patterns look at, so a cell's source does not matter to them.
#[test]
fn patterns_do_not_ask_where_a_figure_is_from() {
    let mut run = Run::natural();
    run.timeline.rows = (1..=CYCLES)
        .map(|n| CycleRow {
            cycle: GcCycle(n),
            heap_live: Some(Cell {
                value: Bytes((8 + n) * MIB),
                source: Source::Trace,
                confidence: Confidence::High,
            }),
            ..CycleRow::default()
        })
        .collect();
    assert_eq!(patterns(run), [Pattern::LiveHeapRises]);
}
