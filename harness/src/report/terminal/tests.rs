//! A small report as text.

use super::*;
use crate::baseline::{Conditions, FindingGroup, Standing, VariantGrowth, Verdict};
use crate::model::{Bytes, Confidence, Evidence, Finding, Frame, GcCycle, Growth, LeakKind, ModuleTable};
use crate::report::{REPORT_FORMAT, ReportedFinding, VariantReport};
use crate::toolchain::{BuildFacts, BuildFailure};

const PLAIN: Look = Look { width: 100, color: false, verbose: false };

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame { function: function.into(), file: file.into(), line }
}

fn report() -> Report {
    let growth = Growth { bytes_per_op: 256.0, objects_per_op: 1.0, repeats: (1, 1), ..Growth::default() };
    let finding = Finding {
        kind: LeakKind::Heap,
        site: frame("app/cache.(*Cache).Put", "/src/cache/cache.go", 44),
        file: "cache/cache.go".into(),
        fingerprint: "00aa".into(),
        sentence: "heap grows by 256 B per operation".into(),
        growth: growth.clone(),
        since_cycle: Some(GcCycle(3)),
        confidence: Confidence::High,
        missing: Vec::new(),
        evidence: vec![Evidence::Allocation {
            stack: vec![
                frame("app/cache.(*Cache).Put", "/src/cache/cache.go", 44),
                frame("net/http.HandlerFunc.ServeHTTP", "/go/src/net/http/server.go", 2286),
                frame("main.handle", "/src/main.go", 12),
            ],
            object_size: Bytes(256),
            inuse_space: vec![256, 512, 768],
            inuse_objects: vec![1, 2, 3],
        }],
    };
    let modules = ModuleTable { main: "app".into(), dependencies: Vec::new() };
    let facts = BuildFacts { modules, ..BuildFacts::default() };
    let by_variant = vec![VariantGrowth { variant: "default".into(), growth, since_cycle: Some(GcCycle(3)) }];
    Report {
        format: REPORT_FORMAT,
        harness: "0.1.0".into(),
        scenario: "leak".into(),
        description: String::new(),
        verdict: Verdict {
            outcome: Outcome::Leak,
            exit_code: 1,
            headline: "unexpected leak".into(),
            reasons: vec!["unexpected leak: heap grows".into()],
        },
        expectations: Vec::new(),
        findings: vec![ReportedFinding {
            group: FindingGroup { finding, variants: vec!["default".into()], by_variant },
            standing: Standing::New,
            expected: false,
        }],
        fixed: Vec::new(),
        has_baseline: false,
        not_comparable: None,
        conditions: Conditions::default(),
        variants: vec![VariantReport {
            name: "default".into(),
            build: Some(facts),
            n_findings: 1,
            ..VariantReport::default()
        }],
        alignments: Vec::new(),
        cycles: Vec::new(),
        metrics: Vec::new(),
        not_run: Vec::new(),
        missing: Vec::new(),
        problems: Vec::new(),
        capture: "/captures/leak".into(),
    }
}

#[test]
fn the_verdict_comes_first_and_the_finding_shows_the_users_frames() {
    let text = to_terminal(&report(), &PLAIN);
    let expected = "\
FAIL leak: unexpected leak
  - unexpected leak: heap grows

heap  cache.(*Cache).Put  cache/cache.go:44  +256 B/op  +1 objects/op  since GC cycle 3  UNEXPECTED  [1/1 variants]
  heap grows by 256 B per operation
    allocated in objects of 256 B, 3 live at the end; bytes: 256 -> 512 -> 768
      cache.(*Cache).Put  cache.go:44
      main.handle  main.go:12
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("again    harness analyze /captures/leak\n"), "{text}");
}

#[test]
fn verbose_shows_the_librarys_frames_too() {
    let text = to_terminal(&report(), &Look { verbose: true, ..PLAIN });
    assert!(text.contains("http.HandlerFunc.ServeHTTP  server.go:2286"), "{text}");
}

#[test]
fn there_are_no_control_characters_without_colour_and_escapes_with_it() {
    let plain = to_terminal(&report(), &PLAIN);
    assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
    let colored = to_terminal(&report(), &Look { color: true, ..PLAIN });
    assert!(colored.contains("\u{1b}["), "{colored:?}");
}

#[test]
fn hostile_names_reach_no_part_of_the_text() {
    let evil = "x\u{1b}[2J\u{202e}";
    let mut report = report();
    report.scenario = evil.into();
    report.verdict.headline = evil.into();
    report.verdict.reasons = vec![evil.into()];
    report.variants[0].name = evil.into();
    let finding = &mut report.findings[0].group.finding;
    finding.sentence = evil.into();
    finding.site.function = evil.into();
    finding.file = evil.into();
    finding.evidence = vec![
        Evidence::Note { text: evil.into() },
        Evidence::Blocked {
            wait: evil.into(),
            stack: vec![frame("main.f", evil, 1)],
            count: 1,
            proved: true,
        },
        Evidence::Goroutines { created_by: Vec::new(), start: frame(evil, evil, 1), alive: vec![1] },
    ];
    let text = to_terminal(&report, &PLAIN);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn a_failed_build_shows_what_the_compiler_said_and_what_to_do() {
    let mut report = report();
    report.findings.clear();
    report.variants[0].build = None;
    report.variants[0].failure = Some(BuildFailure {
        command: vec!["go".into(), "build".into()],
        output: "./main.go:7:2: undefined: x\n".into(),
        hint: Some("declare x".into()),
    });
    let text = to_terminal(&report, &PLAIN);
    assert!(
        text.contains("Build of default failed\n./main.go:7:2: undefined: x\nhint: declare x\n"),
        "{text}"
    );
    assert!(text.contains("FAILED"), "{text}");
}

#[test]
fn tables_keep_to_the_width() {
    let text = to_terminal(&report(), &Look { width: 60, ..PLAIN });
    let table = text.split("\nVariants\n").nth(1).expect("a table");
    let table = table.split("\n\n").next().expect("its lines");
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
}
