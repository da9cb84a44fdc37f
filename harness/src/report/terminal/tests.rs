//! A small report as text.

use super::*;
use crate::baseline::{
    AcceptedFinding, Cause, ComparedFinding, Conditions, FindingGroup, MetricComparison, MetricStanding,
    Reason, Standing, VariantGrowth, Verdict,
};
use crate::model::coverage::{
    CountedUntil, CoverageFacts, Covered, FunctionCoverage, PackageCoverage, Reach, Untried, UntriedValue,
};
use crate::model::{
    Bytes, Confidence, Evidence, Finding, Frame, GcCycle, Growth, LeakKind, Metric, MissingInput, ModuleTable,
};
use crate::report::{REPORT_FORMAT, ReportedFinding, VariantCoverage, VariantNote, VariantReport};
use crate::toolchain::{BuildFacts, BuildFailure};

pub(in crate::report) const PLAIN: Look = Look { width: 100, color: false, verbose: false };

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame { function: function.into(), file: file.into(), line }
}

fn reason(text: &str) -> Reason {
    Reason { outcome: Outcome::Leak, cause: Cause::UnexpectedLeak, text: text.into() }
}

pub(in crate::report) fn report() -> Report {
    let growth = Growth { bytes_per_op: 256.0, objects_per_op: 1.0, repeats: (1, 1), ..Growth::default() };
    let finding = Finding {
        kind: LeakKind::Heap,
        test: None,
        site: frame("app/cache.(*Cache).Put", "/src/cache/cache.go", 44),
        file: "cache/cache.go".into(),
        fingerprint: "00aa".into(),
        sentence: "heap grows by 256 B per operation".into(),
        growth: growth.clone(),
        since_cycle: Some(GcCycle(3)),
        held_by: None,
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
    let by_variant = vec![VariantGrowth {
        variant: "default".into(),
        growth,
        since_cycle: Some(GcCycle(3)),
        held_by: None,
    }];
    Report {
        format: REPORT_FORMAT,
        harness: "0.1.0".into(),
        scenario: "leak".into(),
        description: String::new(),
        verdict: Verdict {
            outcome: Outcome::Leak,
            exit_code: 1,
            headline: "1 unexpected leak".into(),
            reasons: vec![reason("heap grows")],
        },
        expectations: Vec::new(),
        findings: vec![ReportedFinding {
            group: FindingGroup { finding, variants: vec!["default".into()], by_variant },
            compared: ComparedFinding { standing: Standing::New, accepted: None, why: None, rejected: None },
            expected: false,
        }],
        fixed: Vec::new(),
        unused_suppressions: Vec::new(),
        idle_thresholds: Vec::new(),
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
        unlisted_problems: 0,
        capture: "/captures/leak".into(),
        inputs: Vec::new(),
        reproductions: Vec::new(),
        coverage: Vec::new(),
        minimised: None,
        lab: None,
        tests: Vec::new(),
        debug: None,
        inputs_digest: Some("3fa94c11d2e07b65".to_owned()),
        replay: None,
    }
}

#[test]
fn the_verdict_comes_first_and_the_finding_shows_the_users_frames() {
    let text = to_terminal(&report(), &PLAIN);
    let expected = "\
FAIL leak: 1 unexpected leak
  - heap grows

heap  cache.(*Cache).Put  cache/cache.go:44  +256 B/op  +1 objects/op  since GC cycle 3  UNEXPECTED  [1/1 variants]
  heap grows by 256 B per operation
    allocated in objects of 256 B, 3 live at the end; bytes: 256 -> 512 -> 768
      cache.(*Cache).Put  cache.go:44
      main.handle  main.go:12
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("harness baseline review leak    (1 pending finding)\n"), "{text}");
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
    report.verdict.reasons = vec![reason(evil)];
    report.capture = evil.into();
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

fn covered() -> VariantCoverage {
    let value = |what: &str| UntriedValue {
        line: 12,
        what: what.to_owned(),
        flow: Some("c.m[k] = e (assign)".into()),
    };
    let place = |reach, function: &str, line, calls| Untried {
        reach,
        function: function.to_owned(),
        file: "cache/cache.go".to_owned(),
        line,
        calls,
        n_values: 2,
        values: vec![value("&entry{...} escapes to heap"), value("moved to heap: n")],
        kept: 1,
    };
    let untried = (0..20).map(|line| place(Reach::Beside, "app/cache.(*Cache).Put", line, 2000));
    let facts = CoverageFacts {
        statements: Covered { ran: 8, of: 11 },
        packages: vec![PackageCoverage {
            package: "app/cache".to_owned(),
            statements: Covered { ran: 8, of: 11 },
            functions: Covered { ran: 1, of: 2 },
        }],
        functions: vec![FunctionCoverage {
            function: "app/cache.New".to_owned(),
            file: "cache/cache.go".to_owned(),
            line: 3,
            statements: Covered { ran: 1, of: 1 },
            calls: 1,
        }],
        counted: CountedUntil::End,
        uncalled_releases: vec![FunctionCoverage {
            function: "app/cache.(*Cache).Close".to_owned(),
            file: "cache/cache.go".to_owned(),
            line: 55,
            statements: Covered { ran: 0, of: 2 },
            calls: 0,
        }],
        untried: untried.chain([place(Reach::Uncalled, "app/cache.Dump", 40, 0)]).collect(),
        ..CoverageFacts::default()
    };
    VariantCoverage {
        variant: "default".into(),
        facts: Some(facts),
        not_run: None,
        end: "exit code 0".into(),
        ok: true,
        profile: Some("default/cover/cover.out".into()),
        module: "/src/my app".into(),
    }
}

#[test]
fn coverage_shows_what_ran_what_was_not_tried_and_the_command_for_html() {
    let mut report = report();
    report.coverage = vec![covered()];
    let text = to_terminal(&report, &PLAIN);
    for line in [
        "  72.7 % (8 of 11) of the main module's statements ran\n",
        "    app/cache  72.7 % (8 of 11), 1 of 2 functions called\n",
        "  not tried by this scenario: 21 places that allocate (42 values on the heap)\n",
        "      cache/cache.go:0  cache.(*Cache).Put (called 2,000 times): &entry{...}, and 1 more\n",
        "    … 9 more places: --verbose shows all\n",
        "  never called, and by the name it gives something back\n    cache/cache.go:55  cache.(*Cache).Close\n",
        "  HTML: (cd '/src/my app' && go tool cover -html=/captures/leak/default/cover/cover.out)\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let all = to_terminal(&report, &Look { verbose: true, ..PLAIN });
    for line in [
        "      cache/cache.go:40  cache.Dump: &entry{...}, and 1 more\n",
        "        line 12: moved to heap: n, flows to c.m[k] = e (assign)\n",
        "    cache/cache.go:3  cache.New  100.0 % (1 of 1), 1 call\n",
    ] {
        assert!(all.contains(line), "{line} in {all}");
    }
}

#[test]
fn coverage_that_is_not_of_the_whole_run_or_not_there_says_so() {
    let mut part = covered();
    part.end = "killed by signal 9".into();
    if let Some(facts) = &mut part.facts {
        facts.counted = CountedUntil::Checkpoint { operations: 924 };
        (facts.untried, facts.no_untried) = (Vec::new(), Some("nobody asked".into()));
    }
    let none =
        VariantCoverage { facts: None, not_run: Some("`go build -cover` says: x".into()), ..covered() };
    let mut report = report();
    report.coverage = vec![part, none];
    let text = to_terminal(&report, &PLAIN);
    for line in [
        "as of the last checkpoint, after 924 operations: this end leaves no counters (killed by signal 9)\n",
        "  what allocates and did not run is not known: nobody asked\n",
        "  none: `go build -cover` says: x\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
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
fn tables_keep_to_the_width_and_have_no_column_of_which_nothing_is_known() {
    let text = to_terminal(&report(), &Look { width: 24, ..PLAIN });
    let table = text.split("\nVariants\n").nth(1).expect("a table");
    let table = table.split("\ncapture").next().expect("its lines");
    assert!(table.contains("build") && table.contains("findings"), "{table}");
    assert!(!table.contains("peak RSS"), "it was not run: {table}");
    assert!(table.lines().all(|line| line.chars().count() <= 24), "{table}");
}

pub(in crate::report) fn known(bytes_per_op: f64, note: Option<&str>) -> AcceptedFinding {
    AcceptedFinding {
        kind: LeakKind::Heap,
        fingerprint: "00aa".into(),
        site: "app/cache.(*Cache).Put".into(),
        place: "cache/cache.go:41".into(),
        bytes_per_op,
        objects_per_op: 1.0,
        variants: vec!["default".into()],
        note: note.map(str::to_owned),
        expires: "2027-03-01".parse().ok(),
        differs: std::collections::BTreeMap::new(),
    }
}

#[test]
fn a_known_leak_says_why_it_is_accepted_and_a_worse_one_what_was() {
    let mut report = report();
    let compared = &mut report.findings[0].compared;
    compared.standing = Standing::Worse;
    compared.accepted = Some(known(64.0, Some("by tenant")));
    let text = to_terminal(&report, &PLAIN);
    assert!(text.contains("  WORSE than +64 B/op  [1/1 variants]"), "{text}");
    assert!(text.contains("\n    accepted until 2027-03-01: by tenant\n"), "{text}");
}

#[test]
fn growth_is_shown_by_variant_where_it_differs() {
    let mut report = report();
    let group = &mut report.findings[0].group;
    let mut debug = group.by_variant[0].clone();
    debug.variant = "debug".into();
    group.by_variant.push(debug.clone());
    assert!(!to_terminal(&report, &PLAIN).contains(" in debug"));
    debug.growth.bytes_per_op = 2048.0;
    report.findings[0].group.by_variant[1] = debug;
    let text = to_terminal(&report, &PLAIN);
    assert!(text.contains("\n    +256 B/op in default; +2.0 KiB/op in debug\n"), "{text}");
}

#[test]
fn the_baseline_section_lists_what_is_gone_and_figures_that_changed_worst_first() {
    let mut report = report();
    report.has_baseline = true;
    report.fixed = vec![known(64.0, None)];
    let figure = |name: &str, accepted, value, standing| MetricComparison {
        variant: "default".into(),
        metric: Metric { name: name.into(), unit: "B".into(), exact: true, values: vec![value] },
        accepted: Some(accepted),
        standing,
        has_threshold: false,
        too_few: None,
        interval: None,
        from_first: None,
        from_accepted: None,
    };
    report.metrics = vec![
        figure("step.same", 1, 1, MetricStanding::Same),
        figure("step.changed", 1000, 1001, MetricStanding::Changed),
        figure("step.worse", 10, 20, MetricStanding::Worse),
    ];
    let text = to_terminal(&report, &PLAIN);
    assert!(text.contains("\nfixed  heap leak at app/cache.(*Cache).Put cache/cache.go:41\n"), "{text}");
    let section =
        "Against the baseline\n  - worse: step.worse: 10 -> 20 B\n  - 1 exact figure differs slightly";
    assert!(text.contains(section), "{text}");
    let text = to_terminal(&report, &Look { verbose: true, ..PLAIN });
    assert!(text.contains("  - changed: step.changed: 1000 -> 1001 B\n  - 1 figure as accepted\n"), "{text}");
}

#[test]
fn figures_that_no_repeats_of_this_run_could_fail_are_named_once_with_what_is_missing() {
    let mut report = report();
    report.has_baseline = true;
    let few = crate::baseline::TooFew { accepted: 2, now: 3, needed: 5 };
    let figure = |variant: &str, name: &str, has_threshold, standing| MetricComparison {
        variant: variant.into(),
        metric: Metric { name: name.into(), unit: "B".into(), exact: false, values: vec![30] },
        accepted: Some(10),
        standing,
        has_threshold,
        too_few: Some(few),
        interval: None,
        from_first: None,
        from_accepted: None,
    };
    report.metrics = vec![
        figure("default", "natural.peak_heap", false, MetricStanding::Undecided),
        figure("debug", "natural.peak_heap", false, MetricStanding::Same),
        figure("default", "natural.wall", true, MetricStanding::Same),
    ];
    let text = to_terminal(&report, &PLAIN);
    let section = "Against the baseline
  - beyond its threshold, perhaps by chance: natural.peak_heap: 10 B -> 30 B [default]
  - 2 figures as accepted
  - cannot fail, in spite of the scenario's threshold: natural.wall: 3 repeats against 2 accepted; more repeats needed: 5
  - cannot fail: natural.peak_heap: 3 repeats against 2 accepted; more repeats needed: 5
";
    assert!(text.contains(&section.replace(" [default]", "")), "{text}");
}

#[test]
fn the_json_form_has_what_its_schema_promises() {
    let schema = crate::report::schema();
    let json: serde_json::Value = serde_json::from_str(&crate::report::to_json(&report()).unwrap()).unwrap();
    let names = |value: &serde_json::Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&json), names(&schema["properties"]));
    let back: Report = serde_json::from_value(json).unwrap();
    assert_eq!(back, report());
}

#[test]
fn figures_that_vary_stand_with_intervals_and_differ_from_the_first_variant_or_not() {
    let figure = |variant: &str, values: &[u64], first: &[u64]| {
        let first = crate::model::Diagnosis { variant: "default".into(), ..diagnosed(first) };
        let other = crate::model::Diagnosis { variant: variant.into(), ..diagnosed(values) };
        let diagnoses = if variant == "default" { vec![other] } else { vec![first, other] };
        let against = crate::baseline::Against {
            baseline: None,
            conditions: &Conditions::default(),
            thresholds: &crate::scenario::Thresholds::default(),
            exemptions: &crate::scenario::Exemptions::default(),
            day: "2026-06-01".parse().expect("a day"),
        };
        crate::baseline::compare(&[], &diagnoses, &against).metrics.pop().expect("a metric")
    };
    let base = [1_000_000, 1_010_000, 1_020_000, 1_030_000];
    let mut report = report();
    report.metrics = vec![
        figure("default", &base, &base),
        figure("race", &base.map(|value| value * 3), &base),
        figure("same", &base.map(|value| value + 1), &base),
    ];
    let text = to_terminal(&report, &Look { width: 140, ..PLAIN });
    assert!(text.contains("natural.wall  default  4"), "{text}");
    assert!(text.contains("+200.0 % (p 0.029)"), "{text}");
    assert!(!text.contains("  same  ") && text.contains("1 more that do not differ"), "{text}");
    report.metrics = vec![figure("race", &[3_000_000, 3_000_001], &base[..2])];
    report.variants[0].name = "race".into();
    let few = to_terminal(&report, &Look { width: 140, ..PLAIN });
    assert!(few.contains("(4 needed)") && few.contains("more repeats needed, 4 of each"), "{few}");
}

/// A diagnosis with one noisy figure.
fn diagnosed(values: &[u64]) -> crate::model::Diagnosis {
    let metric =
        Metric { name: "natural.wall".into(), unit: "ns".into(), exact: false, values: values.to_vec() };
    crate::model::Diagnosis { metrics: vec![metric], ..crate::model::Diagnosis::default() }
}

#[test]
fn rules_that_lack_the_same_are_told_in_a_line() {
    let note = |rule: &str| VariantNote {
        variant: "default".into(),
        missing: MissingInput {
            source: "checkpoints".into(),
            why: format!("{rule}: 5 are needed, there are 1"),
        },
    };
    let mut report = report();
    report.not_run = vec![note("threads"), note("memory of stacks")];
    let text = to_terminal(&report, &PLAIN);
    let told = "  - not run: checkpoints: memory of stacks, threads: 5 are needed, there are 1";
    assert!(text.contains(told), "{text}");
    assert_eq!(text.matches("not run:").count(), 1, "{text}");
}
