//! The stages from files to findings on a recorded capture: fixtures/captures/leaky-cache, whose README
//! says what is known of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::Read as _;
use std::path::Path;

use harness::align;
use harness::diagnose::{BuildFigures, RunEvidence, variant};
use harness::ingest::{self, RunFiles, Watch};
use harness::model::{
    Alignment, Bytes, Confidence, Diagnosis, Evidence, GcCycle, LeakKind, Mode, ModuleTable, Nanoseconds,
    RunId, RunPieces, Timeline,
};
use harness::scenario::Thresholds;

struct Recorded {
    mode: Mode,
    gctrace: Option<Vec<u8>>,
    trace: Option<Vec<u8>>,
    probe: Option<Vec<u8>>,
}

fn recorded(mode: Mode) -> Recorded {
    let name = if mode == Mode::Step { "step" } else { "natural" };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures/leaky-cache").join(name);
    let unzipped = |file: &str| {
        let mut bytes = Vec::new();
        let zipped = std::fs::File::open(dir.join(file)).unwrap();
        flate2::read::GzDecoder::new(zipped).read_to_end(&mut bytes).unwrap();
        Some(bytes)
    };
    Recorded {
        mode,
        gctrace: Some(std::fs::read(dir.join("gctrace.txt")).unwrap()),
        trace: unzipped("trace.out.gz"),
        probe: unzipped("probe.rec.gz"),
    }
}

fn modules() -> ModuleTable {
    ModuleTable { main: "example.com/leaky-cache".into(), dependencies: Vec::new() }
}

impl Recorded {
    fn read(&self) -> (RunId, RunPieces, Timeline) {
        let files = RunFiles {
            directory: "",
            mode: self.mode,
            gctrace: self.gctrace.as_deref(),
            trace: self.trace.as_deref(),
            probe: self.probe.as_deref(),
            dumps: None,
            emulated: false,
        };
        let pieces = ingest::run(&files, &modules(), Watch::NONE).pieces;
        let timeline = align::align(&pieces);
        (RunId { variant: "default".into(), mode: self.mode, repeat: 1, test: None }, pieces, timeline)
    }
}

fn judge(runs: &[Recorded]) -> Diagnosis {
    let read: Vec<_> = runs.iter().map(Recorded::read).collect();
    let evidence: Vec<RunEvidence<'_>> = read
        .iter()
        .map(|(id, pieces, timeline)| RunEvidence {
            id,
            pieces,
            timeline,
            wall: Nanoseconds(1),
            peak_rss: Bytes(1),
        })
        .collect();
    let modules = modules();
    let build = BuildFigures {
        size: Bytes(1),
        modules: &modules,
        escapes: &[],
        c_leaks: &harness::model::CLeaks::NotAsked,
        module_dir: "",
    };
    variant("default", &evidence, &build, &Thresholds::default())
}

#[test]
fn both_leaks_are_found_with_file_line_rate_and_proof() {
    let diagnosis = judge(&[recorded(Mode::Natural), recorded(Mode::Step)]);
    let found: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|finding| {
            let growth = &finding.growth;
            (finding.kind, &*finding.file, finding.site.line, growth.bytes_per_op, growth.objects_per_op)
        })
        .collect();
    assert_eq!(
        found,
        [
            (LeakKind::Heap, "internal/cache/cache.go", 44, 256.0, 1.0),
            (LeakKind::Goroutine, "internal/events/events.go", 35, 0.0, 1.0),
        ]
    );
    assert!(diagnosis.findings.iter().all(|finding| finding.confidence == Confidence::High));
    let proved = |evidence: &Evidence| matches!(evidence, Evidence::Blocked { proved: true, count: 600, .. });
    assert!(diagnosis.findings[1].evidence.iter().any(proved));
    assert_eq!(diagnosis.inconclusive, Vec::<String>::new());
}

#[test]
fn both_runs_align_uniquely_within_a_fifth_of_a_millisecond() {
    for mode in [Mode::Natural, Mode::Step] {
        let (_, pieces, timeline) = recorded(mode).read();
        let Alignment::Unique { matched, unmatched_gctrace, unmatched_trace, residual_median, .. } =
            timeline.alignment
        else {
            panic!("{:?}", timeline.alignment)
        };
        assert_eq!((matched as usize, unmatched_gctrace, unmatched_trace), (pieces.gctrace.len(), 0, 0));
        assert!(residual_median.0 < 200_000, "{residual_median:?}");
    }
}

#[test]
fn a_shift_is_found_without_the_probes_help_and_for_a_trace_that_starts_late() {
    let (_, mut pieces, _) = recorded(Mode::Natural).read();
    pieces.trace_base = None;
    pieces.trace_gcs.drain(..7);
    for gc in &mut pieces.trace_gcs {
        gc.index -= 7;
    }
    assert!(matches!(align::align(&pieces).alignment, Alignment::Unique { shift: 7, .. }));
}

#[test]
fn the_profile_accounts_for_every_live_byte_but_a_constant() {
    let (_, pieces, timeline) = recorded(Mode::Step).read();
    let gate = timeline.conservation.unwrap();
    assert_eq!((gate.differences.len(), gate.holds), (pieces.checkpoints.len(), true));
    let row = timeline.rows.iter().find(|row| row.inuse_space.is_some()).unwrap();
    assert_eq!((row.cycle, row.inuse_space.unwrap().confidence), (GcCycle(2), Confidence::High));
}

#[test]
fn without_a_step_run_the_leaks_are_found_with_less_confidence() {
    let diagnosis = judge(&[recorded(Mode::Natural)]);
    let goroutine = diagnosis.findings.iter().find(|finding| finding.kind == LeakKind::Goroutine).unwrap();
    assert_eq!(goroutine.site.line, 35);
    assert!(
        diagnosis
            .findings
            .iter()
            .filter(|finding| finding.kind == LeakKind::Heap)
            .all(|finding| finding.confidence == Confidence::Low)
    );
}

#[test]
fn without_a_trace_the_runtimes_proof_names_the_goroutines() {
    let step = Recorded { trace: None, ..recorded(Mode::Step) };
    let diagnosis = judge(&[step]);
    let goroutine = diagnosis.findings.iter().find(|finding| finding.kind == LeakKind::Goroutine).unwrap();
    assert_eq!((goroutine.site.line, goroutine.confidence), (35, Confidence::Medium));
    assert!(diagnosis.not_run.iter().any(|missing| missing.source == "trace"));
}

#[test]
fn a_run_that_was_cut_off_anywhere_is_judged_by_what_is_left() {
    for tenths in 0..10 {
        let mut step = recorded(Mode::Step);
        for file in [&mut step.gctrace, &mut step.trace, &mut step.probe].into_iter().flatten() {
            file.truncate(file.len() * tenths / 10);
        }
        let diagnosis = judge(&[step]);
        let heap = diagnosis.findings.iter().find(|finding| finding.kind == LeakKind::Heap);
        match heap {
            Some(finding) => assert_eq!(finding.growth.bytes_per_op, 256.0, "cut at {tenths} tenths"),
            None => assert!(!diagnosis.inconclusive.is_empty(), "cut at {tenths} tenths"),
        }
    }
}
