//! Standings, verdicts and the file, on hand-made diagnoses.

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::model::{
    Bytes, Confidence, Diagnosis, Evidence, Finding, Frame, GcCycle, Growth, LeakKind, Limit, Metric,
    MissingInput, Outcome,
};
use crate::scenario::{Exemptions, Expect, ExpectedLeak, Suppression, Thresholds};

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame { function: function.into(), file: file.into(), line }
}

fn heap(bytes_per_op: f64) -> Finding {
    let site = frame("example.com/app/cache.(*Cache).Put", "/src/cache/cache.go", 44);
    let caller = frame("main.handle", "/src/main.go", 12);
    Finding {
        kind: LeakKind::Heap,
        site: site.clone(),
        file: "cache/cache.go".to_owned(),
        fingerprint: "00aa".to_owned(),
        sentence: "heap grows".to_owned(),
        growth: Growth { bytes_per_op, objects_per_op: 1.0, ..Growth::default() },
        since_cycle: Some(GcCycle(3)),
        held_by: None,
        confidence: Confidence::High,
        missing: Vec::new(),
        evidence: vec![Evidence::Allocation {
            stack: vec![site, caller],
            object_size: Bytes(256),
            inuse_space: vec![256, 512],
            inuse_objects: vec![1, 2],
        }],
    }
}

fn metric(name: &str, unit: &str, exact: bool, values: &[u64]) -> Metric {
    Metric { name: name.to_owned(), unit: unit.to_owned(), exact, values: values.to_vec() }
}

fn diagnosis(variant: &str, findings: Vec<Finding>, metrics: Vec<Metric>) -> Diagnosis {
    Diagnosis { variant: variant.to_owned(), findings, metrics, ..Diagnosis::default() }
}

fn conditions() -> Conditions {
    Conditions {
        go: "go1.26.8".into(),
        goos: "linux".into(),
        goarch: "amd64".into(),
        cpus: 2,
        ..Conditions::default()
    }
}

fn accepted(diagnoses: &[Diagnosis]) -> Baseline {
    accepted_over(None, diagnoses, &[], None).unwrap()
}

/// Accepts over an older baseline; `absent` variants were not run.
fn accepted_over(
    old: Option<&Baseline>,
    diagnoses: &[Diagnosis],
    absent: &[String],
    note: Option<&str>,
) -> Result<Baseline, String> {
    accepted_with(old, diagnoses, absent, Choice { note, ..Choice::default() })
}

fn accepted_with(
    old: Option<&Baseline>,
    diagnoses: &[Diagnosis],
    absent: &[String],
    choice: Choice<'_>,
) -> Result<Baseline, String> {
    let (groups, conditions) = (group(diagnoses), conditions());
    let compared = against(old, diagnoses).findings;
    let (groups, compared, conditions) = (&groups[..], &compared[..], &conditions);
    let thresholds = &Thresholds::default();
    accept(&Acceptance { groups, compared, diagnoses, conditions, absent, thresholds, choice }, old)
}

fn standings(baseline: Option<&Baseline>, diagnoses: &[Diagnosis]) -> Vec<Standing> {
    against(baseline, diagnoses).findings.iter().map(|compared| compared.standing).collect()
}

fn against(baseline: Option<&Baseline>, diagnoses: &[Diagnosis]) -> Comparison {
    held_against(baseline, diagnoses, "2026-06-01", &Exemptions::default())
}

fn held_against(
    baseline: Option<&Baseline>,
    diagnoses: &[Diagnosis],
    day: &str,
    exemptions: &Exemptions,
) -> Comparison {
    let (conditions, thresholds, day) = (conditions(), Thresholds::default(), day.parse().unwrap());
    let against = Against { baseline, conditions: &conditions, thresholds: &thresholds, exemptions, day };
    compare(&group(diagnoses), diagnoses, &against)
}

fn verdict(expect: Option<&Expect>, baseline: Option<&Baseline>, diagnoses: &[Diagnosis]) -> Verdict {
    judged(expect, baseline, diagnoses, &[])
}

fn judged(
    expect: Option<&Expect>,
    baseline: Option<&Baseline>,
    diagnoses: &[Diagnosis],
    failures: &[(Outcome, String)],
) -> Verdict {
    judged_above(Confidence::Low, expect, baseline, diagnoses, failures)
}

fn judged_above(
    floor: Confidence,
    expect: Option<&Expect>,
    baseline: Option<&Baseline>,
    diagnoses: &[Diagnosis],
    failures: &[(Outcome, String)],
) -> Verdict {
    let groups = group(diagnoses);
    let comparison = against(baseline, diagnoses);
    let names: Vec<String> = diagnoses.iter().map(|diagnosis| diagnosis.variant.clone()).collect();
    let expectations = expectations(expect, &groups, &names);
    let n_variants = diagnoses.len();
    judge(&Case {
        expect,
        n_variants,
        groups: &groups,
        comparison: &comparison,
        expectations: &expectations,
        diagnoses,
        floor,
        failures,
        reproductions: &[],
    })
}

#[test]
fn below_the_floor_neither_a_leak_nor_its_absence_is_believed() {
    let unsure = |findings: Vec<Finding>| {
        let why = "only 5 checkpoints".to_owned();
        let missing = MissingInput { source: "checkpoints".to_owned(), why };
        Diagnosis {
            limits: vec![Limit { most: Confidence::Medium, missing }],
            ..diagnosis("a", findings, Vec::new())
        }
    };
    let finding = Finding { confidence: Confidence::Medium, ..heap(256.0) };
    for (floor, findings, outcome) in [
        (Confidence::High, vec![finding.clone()], Outcome::Inconclusive),
        (Confidence::High, Vec::new(), Outcome::Inconclusive),
        (Confidence::Medium, vec![finding], Outcome::Leak),
        (Confidence::Medium, Vec::new(), Outcome::Pass),
    ] {
        let verdict = judged_above(floor, None, None, &[unsure(findings)], &[]);
        assert_eq!(verdict.outcome, outcome, "{verdict:?}");
    }
}

fn expect(sites: &[&str]) -> Expect {
    let leak = |site: &&str| ExpectedLeak {
        kind: LeakKind::Heap,
        site: (*site).to_owned(),
        held_by: None,
        variants: Vec::new(),
    };
    Expect { leaks: sites.iter().map(leak).collect() }
}

#[test]
fn a_finding_stands_by_its_growth_against_the_accepted_one() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], Vec::new())]);
    for (now, standing) in [
        (256.0, Standing::Known),
        (300.0, Standing::Known),
        (400.0, Standing::Worse),
        (100.0, Standing::Better),
    ] {
        let found = [diagnosis("a", vec![heap(now)], Vec::new())];
        assert_eq!(standings(Some(&baseline), &found), [standing], "{now}");
    }
    assert_eq!(standings(None, &[diagnosis("a", vec![heap(1.0)], Vec::new())]), [Standing::New]);
}

#[test]
fn the_worst_variant_decides_how_a_finding_stands() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], Vec::new())]);
    let now = [diagnosis("a", vec![heap(256.0)], vec![]), diagnosis("b", vec![heap(900.0)], vec![])];
    assert_eq!(standings(Some(&baseline), &now), [Standing::Worse]);
}

#[test]
fn a_leak_is_fixed_only_where_its_variant_ran() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], Vec::new())]);
    assert_eq!(against(Some(&baseline), &[diagnosis("a", vec![], vec![])]).fixed.len(), 1);
    assert_eq!(against(Some(&baseline), &[diagnosis("b", vec![], vec![])]).fixed.len(), 0);
}

#[test]
fn exact_figures_judge_at_once_and_noisy_ones_when_all_repeats_agree() {
    let old = [diagnosis(
        "a",
        vec![],
        vec![
            metric("exact", "objects", true, &[1000]),
            metric("size", "B", false, &[10 << 20]),
            metric("count", "cycles", false, &[50]),
            metric("time", "ns", false, &[1_000_000]),
        ],
    )];
    let baseline = accepted(&old);
    assert!(!baseline.metrics.iter().any(|metric| metric.unit == "ns"), "time is never accepted");
    let big = 20 << 20;
    for (name, unit, exact, values, standing) in [
        ("exact", "objects", true, &[1000][..], MetricStanding::Same),
        ("exact", "objects", true, &[1005], MetricStanding::Changed),
        ("exact", "objects", true, &[1020], MetricStanding::Worse),
        ("exact", "objects", true, &[900], MetricStanding::Better),
        ("size", "B", false, &[big], MetricStanding::Changed),
        ("size", "B", false, &[big, big, big], MetricStanding::Worse),
        ("size", "B", false, &[big, big, 10 << 20], MetricStanding::Changed),
        ("size", "B", false, &[big, big, 1 << 20], MetricStanding::Changed),
        ("size", "B", false, &[1 << 20, 1 << 20, 1 << 20], MetricStanding::Better),
        ("count", "cycles", false, &[90, 90, 90], MetricStanding::Changed),
        ("time", "ns", false, &[9_000_000], MetricStanding::New),
    ] {
        let now = [diagnosis("a", vec![], vec![metric(name, unit, exact, values)])];
        assert_eq!(against(Some(&baseline), &now).metrics[0].standing, standing, "{name} {values:?}");
    }
}

#[test]
fn figures_of_another_go_are_not_compared_but_leaks_are() {
    let mut baseline = accepted(&[diagnosis("a", vec![heap(256.0)], vec![metric("m", "B", true, &[1])])]);
    baseline.conditions.go = "go1.27.4".to_owned();
    let now = [diagnosis("a", vec![heap(256.0)], vec![metric("m", "B", true, &[900])])];
    let comparison = against(Some(&baseline), &now);
    assert_eq!(comparison.metrics[0].standing, MetricStanding::NotComparable);
    assert!(comparison.not_comparable.is_some_and(|why| why.contains("go1.27.4")));
    assert_eq!(comparison.findings[0].standing, Standing::Known);
}

#[test]
fn a_contract_must_be_met_in_every_variant() {
    let leaks = expect(&["example.com/app/cache.(*Cache).Put"]);
    let both = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![heap(1.0)], vec![])];
    assert_eq!(verdict(Some(&leaks), None, &both).outcome, Outcome::Pass);
    let one = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![], vec![])];
    let missing = verdict(Some(&leaks), None, &one);
    assert_eq!(missing.outcome, Outcome::Leak);
    assert!(missing.reasons[0].text.contains("did not reproduce in b"), "{missing:?}");
}

#[test]
fn an_expected_site_is_a_function_a_short_function_or_a_line() {
    let found = [diagnosis("a", vec![heap(1.0)], vec![])];
    for (site, outcome) in [
        ("example.com/app/cache.(*Cache).Put", Outcome::Pass),
        ("cache.(*Cache).Put", Outcome::Pass),
        ("main.handle", Outcome::Pass),
        ("cache.go:44", Outcome::Pass),
        ("cache/cache.go:44", Outcome::Pass),
        ("ache.go:44", Outcome::Leak),
        ("cache.go:4", Outcome::Leak),
        ("Put", Outcome::Leak),
        ("main.main", Outcome::Leak),
    ] {
        assert_eq!(verdict(Some(&expect(&[site])), None, &found).outcome, outcome, "{site}");
    }
}

#[test]
fn an_empty_contract_excuses_nothing_that_was_accepted() {
    let found = [diagnosis("a", vec![heap(256.0)], vec![])];
    let baseline = accepted(&found);
    assert_eq!(verdict(None, Some(&baseline), &found).outcome, Outcome::Pass);
    assert_eq!(verdict(Some(&expect(&[])), Some(&baseline), &found).outcome, Outcome::Leak);
    assert_eq!(verdict(None, None, &found).outcome, Outcome::Leak);
}

#[test]
fn doubt_is_no_pass_and_failures_come_before_leaks() {
    let mut doubtful = diagnosis("a", vec![], vec![]);
    doubtful.inconclusive.push("too few checkpoints".to_owned());
    let doubt = verdict(None, None, std::slice::from_ref(&doubtful));
    assert_eq!((doubt.outcome, doubt.exit_code), (Outcome::Inconclusive, 6));

    let found = [diagnosis("a", vec![heap(1.0)], vec![]), doubtful];
    assert_eq!(verdict(None, None, &found).outcome, Outcome::Leak);
    let failed = [(Outcome::BuildFailed, "b did not build".to_owned())];
    let broken = judged(None, None, &found, &failed);
    assert_eq!((broken.outcome, broken.exit_code), (Outcome::BuildFailed, 3));
    assert_eq!(broken.headline, "b did not build");
    assert!(broken.reasons.iter().any(|reason| reason.cause == Cause::UnexpectedLeak), "{broken:?}");
}

#[test]
fn the_file_is_read_back_as_it_was_and_keeps_notes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = Utf8PathBuf::try_from(directory.path().join("x.baseline.toml")).expect("UTF-8");
    assert_eq!(load(&path).expect("no error"), None);
    let found = [diagnosis("a", vec![heap(256.5)], vec![metric("m", "B", true, &[3, 1, 2])])];
    let first = accepted_over(None, &found, &[], Some("known since spring")).expect("accepts");
    save(&path, "x", &first).expect("saves");
    assert_eq!(load(&path).expect("reads").as_ref(), Some(&first));
    let again = accepted_over(Some(&first), &found, &[], Some("other words")).expect("accepts");
    assert_eq!(again.findings[0].note.as_deref(), Some("known since spring"));
    let text = std::fs::read_to_string(&path).expect("reads");
    assert!(text.starts_with("# Accepted leaks and figures of the scenario `x`."), "{text}");
    assert!(text.contains("value = 2\n"), "{text}");
}

#[test]
fn a_damaged_file_is_refused_with_its_name_and_place() {
    let path = Utf8Path::new("x.baseline.toml");
    for text in ["format = ", "format = 1\n[conditions]\ngo = 3\n", "format = 99\n", "formt = 1"] {
        let error = parse(path, text).expect_err(text);
        assert!(error.to_string().contains("x.baseline.toml") && error.hint().is_some(), "{error}");
    }
    let error = parse(path, "format = 1\n[conditions]\ngo = 3\n").expect_err("a number").to_string();
    assert!(error.contains("line 3"), "{error}");
}

#[test]
fn a_newer_file_is_told_apart_from_a_damaged_one() {
    let text = "format = 99\nsomething_new = true\n";
    let error = parse(Utf8Path::new("x.baseline.toml"), text).expect_err("newer");
    assert!(matches!(error, BaselineError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn what_was_just_accepted_is_known_though_variants_grow_at_different_rates() {
    let found = [diagnosis("a", vec![heap(256.0)], vec![]), diagnosis("debug", vec![heap(900.0)], vec![])];
    let baseline = accepted(&found);
    assert_eq!(standings(Some(&baseline), &found), [Standing::Known]);
    // Each variant is held to its own rate.
    let now = [diagnosis("a", vec![heap(600.0)], vec![]), diagnosis("debug", vec![heap(900.0)], vec![])];
    assert_eq!(standings(Some(&baseline), &now), [Standing::Worse]);
    let verdict = verdict(None, Some(&baseline), &now);
    assert_eq!(verdict.headline, "1 known leak grows faster");
    assert!(verdict.reasons[0].text.ends_with("256 B/op were accepted, 600 in a"), "{verdict:?}");
}

#[test]
fn a_rise_of_a_leak_counts_even_if_the_contract_expects_the_leak() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], vec![])]);
    let now = [diagnosis("a", vec![heap(900.0)], vec![])];
    let leaks = expect(&["cache.(*Cache).Put"]);
    assert_eq!(verdict(Some(&leaks), Some(&baseline), &now).reasons[0].cause, Cause::WorseLeak);
}

#[test]
fn only_exact_figures_are_compared_with_those_of_a_larger_machine() {
    let figures =
        |values: &[u64]| vec![metric("e", "objects", true, values), metric("n", "B", false, values)];
    let mut baseline = accepted(&[diagnosis("a", vec![], figures(&[1000]))]);
    baseline.conditions.cpus = 64;
    let comparison = against(Some(&baseline), &[diagnosis("a", vec![], figures(&[2000]))]);
    let standings: Vec<_> = comparison.metrics.iter().map(|compared| compared.standing).collect();
    assert_eq!(standings, [MetricStanding::Worse, MetricStanding::NotComparable]);
    assert!(comparison.not_comparable.is_some_and(|why| why.contains("64 processors")));
}

#[test]
fn figures_of_another_load_are_not_compared() {
    let figure = |value| [diagnosis("a", vec![], vec![metric("e", "B", true, &[value])])];
    let mut baseline = accepted(&figure(1));
    let mut now = conditions();
    let mut standing = |then: Option<&str>, now_is: Option<&str>| {
        baseline.conditions.workload = then.map(str::to_owned);
        now.workload = now_is.map(str::to_owned);
        let compared = compare(
            &[],
            &figure(900),
            &Against {
                baseline: Some(&baseline),
                conditions: &now,
                thresholds: &Thresholds::default(),
                exemptions: &Exemptions::default(),
                day: "2026-06-01".parse().unwrap(),
            },
        );
        compared.metrics[0].standing
    };
    assert_eq!(standing(Some("1"), Some("2")), MetricStanding::NotComparable);
    assert_eq!(standing(Some("1"), Some("1")), MetricStanding::Worse);
    assert_eq!(standing(None, Some("1")), MetricStanding::Worse);
}

#[test]
fn one_variant_of_a_matrix_of_go_releases_is_comparable_with_all_of_them() {
    let mut baseline = accepted(&[diagnosis("a", vec![], vec![metric("e", "B", true, &[1])])]);
    baseline.conditions.go = "go1.26.8 go1.27.4".to_owned();
    let comparison = against(Some(&baseline), &[diagnosis("a", vec![], vec![metric("e", "B", true, &[1])])]);
    assert_eq!((comparison.not_comparable, comparison.metrics[0].standing), (None, MetricStanding::Same));
}

#[test]
fn a_leak_is_not_fixed_where_there_is_doubt() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], vec![])]);
    let doubtful =
        Diagnosis { inconclusive: vec!["too few checkpoints".into()], ..diagnosis("a", vec![], vec![]) };
    assert_eq!(against(Some(&baseline), &[doubtful]).fixed, []);
}

#[test]
fn accepting_one_variant_keeps_what_was_accepted_of_the_others() {
    let figure = |value| vec![metric("m", "B", true, &[value])];
    let other = Finding { fingerprint: "00bb".into(), ..heap(16.0) };
    let all = [
        diagnosis("a", vec![heap(256.0)], figure(1)),
        diagnosis("b", vec![heap(300.0), other.clone()], figure(2)),
    ];
    let old = accepted(&all);
    let only_a = [diagnosis("a", vec![heap(256.0)], figure(5))];
    let new = accepted_over(Some(&old), &only_a, &["b".to_owned()], None).unwrap();
    assert_eq!(new.findings, old.findings);
    let values: Vec<_> = new.metrics.iter().map(|metric| (metric.variant.as_str(), metric.value)).collect();
    assert_eq!(values, [("a", 5), ("b", 2)]);
    assert_eq!(changes(Some(&old), &new), ["~ m of a: 1 -> 5 B"]);
    // A variant that the scenario has no more is dropped, with its leak.
    let without = accepted_over(Some(&old), &only_a, &[], None).unwrap();
    assert_eq!((without.findings.len(), without.metrics.len()), (1, 1));
    assert!(without.findings[0].differs.is_empty(), "{without:?}");
}

#[test]
fn figures_of_two_go_releases_are_not_mixed_in_one_baseline() {
    let figure = || vec![metric("m", "B", true, &[1])];
    let mut old = accepted(&[diagnosis("a", vec![], figure()), diagnosis("b", vec![], figure())]);
    old.conditions.go = "go1.25.4".to_owned();
    let refused = accepted_over(Some(&old), &[diagnosis("a", vec![], figure())], &["b".to_owned()], None);
    assert!(refused.is_err_and(|why| why.contains("go1.25.4") && why.contains("lacks b")));
}

#[test]
fn whoever_accepts_is_told_what_changes() {
    let first = [diagnosis("a", vec![heap(256.0)], vec![metric("m", "B", true, &[7])])];
    let old = accepted(&first);
    assert_eq!(
        changes(None, &old),
        [
            "+ heap leak at example.com/app/cache.(*Cache).Put cache/cache.go:44, 256 B/op and 1 objects/op in a",
            "+ 1 figure",
        ]
    );
    assert_eq!(changes(Some(&old), &old), [""; 0]);
    let none = [diagnosis("a", vec![], vec![metric("m", "B", true, &[7])])];
    assert_eq!(changes(Some(&old), &accepted_over(Some(&old), &none, &[], None).unwrap()), [""; 0]);
    let pruned = accepted_with(Some(&old), &none, &[], Choice { prune: true, ..Choice::default() }).unwrap();
    assert!(changes(Some(&old), &pruned)[0].starts_with("- heap leak at"));
    let grown = accepted(&[diagnosis("a", vec![heap(512.0)], vec![])]);
    assert!(
        changes(Some(&old), &grown)[0]
            .ends_with("512 B/op and 1 objects/op in a, was 256 B/op and 1 objects/op in a")
    );
}

#[test]
fn the_file_is_made_for_a_diff() {
    let goroutine = Finding {
        kind: LeakKind::Goroutine,
        growth: Growth { objects_per_op: 1.0 / 3.0, ..Growth::default() },
        ..heap(0.0)
    };
    let found = [
        diagnosis("a", vec![goroutine, heap(256.0)], vec![metric("m", "B", true, &[7])]),
        diagnosis("debug", vec![heap(300.0)], vec![]),
    ];
    let new = accepted_over(None, &found, &[], Some("bounded by tenant")).unwrap();
    let text = super::file::render("x\ny", &new).unwrap();
    let body = "\
format = 2

[conditions]
go = \"go1.26.8\"
goos = \"linux\"
goarch = \"amd64\"
cpus = 2

[[finding]]
kind = \"heap\"
fingerprint = \"00aa\"
site = \"example.com/app/cache.(*Cache).Put\"
place = \"cache/cache.go:44\"
bytes_per_op = 256.0
objects_per_op = 1.0
variants = [\"a\", \"debug\"]
note = \"bounded by tenant\"

[finding.differs.debug]
bytes_per_op = 300.0
objects_per_op = 1.0

[[finding]]
kind = \"goroutine\"
fingerprint = \"00aa\"
site = \"example.com/app/cache.(*Cache).Put\"
place = \"cache/cache.go:44\"
bytes_per_op = 0.0
objects_per_op = 0.333
variants = [\"a\"]
note = \"bounded by tenant\"

[[metric]]
variant = \"a\"
name = \"m\"
unit = \"B\"
exact = true
value = 7
";
    assert!(text.ends_with(body), "{text}");
    assert!(text.lines().take(4).all(|line| line.starts_with('#')), "{text}");
    assert_eq!(parse(Utf8Path::new("x"), &text).unwrap(), new);
}

#[test]
fn a_contract_excuses_no_second_leak_below_the_function_it_names() {
    let handle = Finding {
        site: frame("main.handle", "/src/main.go", 12),
        file: "main.go".into(),
        fingerprint: "00bb".into(),
        ..heap(64.0)
    };
    // The leak of the cache has main.handle on its stack, but is not at it.
    let both = [diagnosis("a", vec![handle, heap(256.0)], vec![])];
    let verdict = verdict(Some(&expect(&["main.handle"])), None, &both);
    assert_eq!((verdict.outcome, verdict.headline.as_str()), (Outcome::Leak, "1 unexpected leak"));
}

#[test]
fn type_arguments_and_escaped_dots_do_not_hide_an_expected_site() {
    let symbol = "github.com/x/y%2ev2.(*Cache[go.shape.struct { a/b.k int }]).Put";
    let found = [diagnosis("a", vec![Finding { site: frame(symbol, "/y.go", 3), ..heap(1.0) }], vec![])];
    for site in ["y.v2.(*Cache).Put", "github.com/x/y.v2.(*Cache[...]).Put"] {
        assert_eq!(verdict(Some(&expect(&[site])), None, &found).outcome, Outcome::Pass, "{site}");
    }
}

#[test]
fn an_expected_leak_is_not_missed_where_nothing_could_be_judged() {
    let doubtful =
        Diagnosis { inconclusive: vec!["too few checkpoints".into()], ..diagnosis("a", vec![], vec![]) };
    let verdict = verdict(Some(&expect(&["main.handle"])), None, &[doubtful]);
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert!(verdict.reasons[0].text.contains("could not be looked for in a"), "{verdict:?}");
}

#[test]
fn a_doubt_that_variants_share_is_said_once() {
    let doubtful = |name| Diagnosis { inconclusive: vec!["why".into()], ..diagnosis(name, vec![], vec![]) };
    let some = [doubtful("a"), diagnosis("b", vec![], vec![]), doubtful("c")];
    let texts: Vec<_> = verdict(None, None, &some).reasons.into_iter().map(|reason| reason.text).collect();
    assert_eq!(texts, ["why [a, c]"]);
}

#[test]
fn nothing_judged_is_no_pass() {
    assert_eq!(verdict(None, None, &[]).outcome, Outcome::Inconclusive);
    assert_eq!(verdict(Some(&expect(&["main.handle"])), None, &[]).outcome, Outcome::Inconclusive);
}

#[test]
fn the_headline_counts() {
    let found = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![heap(1.0)], vec![])];
    let headline = |sites: &[&str]| verdict(Some(&expect(sites)), None, &found).headline;
    assert_eq!(headline(&["cache.(*Cache).Put"]), "the expected leak reproduced in 2 of 2 variants");
    assert_eq!(
        headline(&["cache.(*Cache).Put", "main.handle"]),
        "both expected leaks reproduced in 2 of 2 variants"
    );
    assert_eq!(headline(&["main.other"]), "1 unexpected leak, 1 expected leak did not reproduce");
    let baseline = accepted(&found);
    assert_eq!(verdict(None, Some(&baseline), &found).headline, "1 known leak and no other in 2 variants");
    assert_eq!(verdict(None, None, &[diagnosis("a", vec![], vec![])]).headline, "no leak in 1 variant");
}

fn held(by: Option<&str>) -> Finding {
    Finding { held_by: by.map(str::to_owned), ..heap(256.0) }
}

/// A contract for one leak, which somebody must hold, in some variants.
fn expect_held(by: &str, variants: &[&str]) -> Expect {
    let mut expect = expect(&["cache.(*Cache).Put"]);
    for leak in &mut expect.leaks {
        leak.held_by = Some(by.to_owned());
        leak.variants = variants.iter().map(|&name| name.to_owned()).collect();
    }
    expect
}

#[test]
fn a_leak_that_another_one_holds_is_not_the_expected_one() {
    for (wanted, holder, outcome) in [
        ("cache.entries", Some("global example.com/app/cache.entries"), Outcome::Pass),
        ("example.com/app/cache.entries", Some("global example.com/app/cache.entries"), Outcome::Pass),
        ("timers", Some("timers"), Outcome::Pass),
        ("main.main", Some("goroutine main.main"), Outcome::Pass),
        ("cache.entries", Some("global example.com/app/cache.other"), Outcome::Leak),
        ("entries", Some("global example.com/app/cache.entries"), Outcome::Leak),
        ("cache.entries", None, Outcome::Inconclusive),
    ] {
        let found = [diagnosis("a", vec![held(holder)], Vec::new())];
        let verdict = verdict(Some(&expect_held(wanted, &[])), None, &found);
        assert_eq!(verdict.outcome, outcome, "{wanted} {holder:?}: {verdict:?}");
    }
}

#[test]
fn another_holder_is_named_where_one_was_expected() {
    let found = [diagnosis("a", vec![held(Some("global main.other"))], Vec::new())];
    let verdict = verdict(Some(&expect_held("main.cache", &[])), None, &found);
    let texts: Vec<&str> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let told = "expected heap leak at `cache.(*Cache).Put`, held by `main.cache`, did not reproduce in a: it is held by global main.other";
    assert!(texts.contains(&told), "{texts:?}");
}

#[test]
fn a_leak_that_is_expected_in_some_variants_must_not_be_in_the_others() {
    let by = Some("global main.cache");
    let leaking = |name: &str| diagnosis(name, vec![held(by)], Vec::new());
    let expect = expect_held("main.cache", &["a"]);
    let fixed = [leaking("a"), diagnosis("b", Vec::new(), Vec::new())];
    assert_eq!(verdict(Some(&expect), None, &fixed).outcome, Outcome::Pass);
    let both = verdict(Some(&expect), None, &[leaking("a"), leaking("b")]);
    assert_eq!((both.outcome, both.reasons[0].cause), (Outcome::Leak, Cause::UnexpectedLeak));
    assert!(both.reasons[0].text.ends_with("must not be in b, and is"), "{both:?}");
}

#[test]
fn an_accepted_leak_is_known_until_its_day_is_past_and_new_after_it() {
    let found = [diagnosis("a", vec![heap(256.0)], vec![])];
    let until = "2027-03-01".parse().ok();
    let choice = Choice { note: Some("issue 12"), expires: until, ..Choice::default() };
    let baseline = accepted_with(None, &found, &[], choice).unwrap();
    let standing =
        |day: &str| held_against(Some(&baseline), &found, day, &Exemptions::default()).findings[0].standing;
    assert_eq!(standing("2027-03-01"), Standing::Known);
    assert_eq!(standing("2027-03-02"), Standing::Expired);

    let late = held_against(Some(&baseline), &found, "2027-03-02", &Exemptions::default());
    let verdict = judge(&Case {
        expect: None,
        n_variants: 1,
        groups: &group(&found),
        comparison: &late,
        expectations: &[],
        diagnoses: &found,
        floor: Confidence::Low,
        failures: &[],
        reproductions: &[],
    });
    assert_eq!(verdict.outcome, Outcome::Leak);
    assert!(verdict.reasons[0].text.ends_with("it was accepted until 2027-03-01 (issue 12)"), "{verdict:?}");
}

#[test]
fn an_expired_leak_that_grows_faster_fails_though_the_contract_expects_it() {
    let choice = Choice { expires: "2027-03-01".parse().ok(), ..Choice::default() };
    let baseline = accepted_with(None, &[diagnosis("a", vec![heap(256.0)], vec![])], &[], choice).unwrap();
    let standing = |bytes: f64| {
        let found = [diagnosis("a", vec![heap(bytes)], vec![])];
        held_against(Some(&baseline), &found, "2027-03-02", &Exemptions::default()).findings[0].standing
    };
    assert_eq!((standing(256.0), standing(1024.0)), (Standing::Expired, Standing::Worse));
}

#[test]
fn accepting_an_expired_leak_anew_drops_the_day_and_keeps_the_note() {
    let found = [diagnosis("a", vec![heap(256.0)], vec![])];
    let expired = Choice { note: Some("n"), expires: "2020-01-01".parse().ok(), ..Choice::default() };
    let old = accepted_with(None, &found, &[], expired).unwrap();
    let new = accepted_with(Some(&old), &found, &[], Choice::default()).unwrap();
    assert_eq!((new.findings[0].expires, new.findings[0].note.as_deref()), (None, Some("n")));
}

/// Two leaks, of which a person looks at one at a time.
fn two() -> [Diagnosis; 1] {
    let other = Finding { fingerprint: "00bb".into(), ..heap(16.0) };
    [diagnosis("a", vec![heap(256.0), other], vec![metric("m", "B", true, &[1])])]
}

#[test]
fn one_leak_is_accepted_or_rejected_and_the_rest_stays_as_it_was() {
    let found = two();
    let one = ["00aa".to_owned()];
    let accepted = accepted_with(None, &found, &[], Choice { only: &one, ..Choice::default() }).unwrap();
    assert_eq!((accepted.findings.len(), accepted.metrics.len()), (1, 0));
    assert_eq!(standings(Some(&accepted), &found), [Standing::Known, Standing::New]);

    let other = ["00bb".to_owned()];
    let rejected = rejected(Some(&accepted), &found, &other);
    let compared = against(Some(&rejected), &found).findings;
    assert!(!compared[1].is_pending() && compared[1].standing == Standing::New, "{compared:?}");
    assert_eq!(verdict(None, Some(&rejected), &found).outcome, Outcome::Leak);
    // Accepting everything does not overrule a person; naming the leak does.
    let all = accepted_with(Some(&rejected), &found, &[], Choice::default()).unwrap();
    assert_eq!((all.findings.len(), all.rejected.len(), all.metrics.len()), (1, 1, 1));
    let named =
        accepted_with(Some(&rejected), &found, &[], Choice { only: &other, ..Choice::default() }).unwrap();
    assert_eq!((named.findings.len(), named.rejected.len()), (2, 0));
}

fn rejected(old: Option<&Baseline>, found: &[Diagnosis], only: &[String]) -> Baseline {
    let (groups, conditions) = (group(found), conditions());
    let compared = against(old, found).findings;
    let choice = Choice { only, note: Some("mend it"), ..Choice::default() };
    let (groups, compared, conditions) = (&groups[..], &compared[..], &conditions);
    let thresholds = &Thresholds::default();
    let (diagnoses, absent): (_, &[String]) = (found, &[]);
    reject(&Acceptance { groups, compared, diagnoses, conditions, absent, thresholds, choice }, old)
}

fn suppression(key: &str, pattern: &str) -> Suppression {
    let of = |name: &str| (name == key).then(|| pattern.to_owned());
    Suppression {
        kind: None,
        function: of("function"),
        creator: of("creator"),
        path: of("path"),
        reason: "by design".to_owned(),
    }
}

#[test]
fn a_suppression_needs_all_it_names_and_is_reported_when_nothing_needs_it() {
    let goroutine = Finding {
        kind: LeakKind::Goroutine,
        evidence: vec![Evidence::Goroutines {
            created_by: vec![
                frame("example.com/app/feed.Watch", "/src/feed.go", 3),
                frame("main.serve", "m.go", 9),
            ],
            start: frame("example.com/app/feed.Watch.func1", "/src/feed.go", 4),
            alive: vec![1, 2, 3],
        }],
        ..heap(0.0)
    };
    let found = [diagnosis("a", vec![goroutine], vec![])];
    for (key, pattern, suppressed) in [
        ("function", "feed.Watch.func1", true),
        ("function", "*.Watch.func*", true),
        ("function", "main.serve", false),
        ("creator", "main.serve", true),
        ("creator", "main.*", true),
        ("creator", "main.other", false),
        ("path", "cache/*", true),
        ("path", "cache", false),
    ] {
        let exemptions = Exemptions { suppress: vec![suppression(key, pattern)], ..Exemptions::default() };
        let comparison = held_against(None, &found, "2026-06-01", &exemptions);
        assert_eq!(comparison.findings[0].standing == Standing::Suppressed, suppressed, "{key} {pattern}");
        assert_eq!(comparison.unused_suppressions.is_empty(), suppressed, "{key} {pattern}");
    }
    let mut of_heap = suppression("path", "cache/*");
    of_heap.kind = Some(LeakKind::Heap);
    let exemptions = Exemptions { suppress: vec![of_heap], ..Exemptions::default() };
    assert_eq!(held_against(None, &found, "2026-06-01", &exemptions).findings[0].standing, Standing::New);
}

/// `n` goroutines at the end that a library's function runs.
fn background(start: &str, n: u64) -> [Diagnosis; 1] {
    let finding = Finding {
        kind: LeakKind::Goroutine,
        site: frame("example.com/app.main", "/src/main.go", 3),
        growth: Growth { final_value: n, ..Growth::default() },
        evidence: vec![Evidence::Blocked {
            wait: "select".into(),
            stack: vec![frame("runtime.gopark", "p.go", 1), frame(start, "l.go", 4)],
            count: n,
            proved: true,
        }],
        ..heap(0.0)
    };
    [diagnosis("a", vec![finding], vec![])]
}

#[test]
fn a_librarys_background_goroutine_does_not_judge_as_long_as_there_are_no_more_than_it_needs() {
    for (start, n, standing) in [
        ("go.opencensus.io/stats/view.(*worker).start", 1, Standing::ThirdParty),
        ("go.opencensus.io/stats/view.(*worker).start", 2, Standing::New),
        ("net/http.(*persistConn).readLoop", 2, Standing::ThirdParty),
        ("net/http.(*persistConn).readLoop", 100, Standing::New),
        ("example.com/lib.(*Pool).run", 1, Standing::New),
    ] {
        assert_eq!(standings(None, &background(start, n)), [standing], "{start} {n}");
    }
    let found = background("github.com/x/pool.(*Pool).run", 100);
    let exemptions = Exemptions { third_party: vec!["github.com/x/*".into()], ..Exemptions::default() };
    let comparison = held_against(None, &found, "2026-06-01", &exemptions);
    assert_eq!(comparison.findings[0].standing, Standing::ThirdParty);
    assert!(comparison.findings[0].why.as_ref().is_some_and(|why| why.contains("github.com/x/*")));
}

#[test]
fn three_percent_a_week_is_caught_against_what_was_committed() {
    let rate = |week: i32| 1000.0 * 1.03_f64.powi(week);
    let week = |week: i32| [diagnosis("a", vec![heap(rate(week))], vec![])];
    let committed = accepted(&week(0));
    let passes = |n: &i32| verdict(None, Some(&committed), &week(*n)).outcome == Outcome::Pass;
    assert_eq!((0..=10).filter(passes).collect::<Vec<_>>(), (0..=7).collect::<Vec<_>>());
    // Against the week before it never is: that is why a run changes no baseline.
    let last = |n: i32| verdict(None, Some(&accepted(&week(n - 1))), &week(n)).outcome;
    assert!((1..=10).all(|n| last(n) == Outcome::Pass));
}

/// How a figure stands that was accepted with `then`, under thresholds written as in a scenario.
fn figure(then: &Metric, now: &[u64], thresholds: &str) -> MetricComparison {
    let thresholds: Thresholds = toml::from_str(thresholds).unwrap();
    let old = [diagnosis("a", vec![], vec![then.clone()])];
    let (groups, given) = (group(&old), conditions());
    let acceptance = Acceptance {
        groups: &groups,
        compared: &[],
        diagnoses: &old,
        conditions: &given,
        absent: &[],
        thresholds: &thresholds,
        choice: Choice::default(),
    };
    let baseline = accept(&acceptance, None).unwrap();
    let now = [diagnosis("a", vec![], vec![Metric { values: now.to_vec(), ..then.clone() }])];
    let against = Against {
        baseline: Some(&baseline),
        conditions: &given,
        thresholds: &thresholds,
        exemptions: &Exemptions::default(),
        day: "2026-06-01".parse().unwrap(),
    };
    compare(&[], &now, &against).metrics.remove(0)
}

#[test]
fn a_threshold_has_a_direction_and_both_its_parts_have_to_be_passed() {
    let count = metric("ops", "requests", false, &[1000]);
    let own = |keys: &str| format!("[metrics.ops]\n{keys}");
    for (keys, now, standing) in [
        ("rise = 0.1", 1090, MetricStanding::Same),
        ("rise = 0.1", 1200, MetricStanding::Worse),
        ("rise = 0.1\nrise_absolute = 300", 1200, MetricStanding::Same),
        ("rise_absolute = 150", 1200, MetricStanding::Worse),
        ("rise = 0.1", 500, MetricStanding::Better),
        ("fall = 0.1", 800, MetricStanding::Worse),
        ("fall = 0.1\nfall_absolute = 500", 800, MetricStanding::Same),
        ("fall = 0.1", 1200, MetricStanding::Same),
        ("fall = 0.1", 1300, MetricStanding::Worse),
    ] {
        assert_eq!(figure(&count, &[now; 3], &own(keys)).standing, standing, "{keys} {now}");
    }
    // A count judges nothing unless the scenario says so; time is not even accepted.
    assert_eq!(figure(&count, &[9000; 3], "").standing, MetricStanding::Changed);
    let time = metric("t", "ns", false, &[1000]);
    assert_eq!(figure(&time, &[9000; 3], "").standing, MetricStanding::New);
    assert_eq!(figure(&time, &[9000; 3], "[metrics.t]\nrise = 0.5").standing, MetricStanding::Worse);
}

#[test]
fn repeats_are_tested_against_the_accepted_repeats() {
    let size = metric("m", "B", false, &[100 << 20, 110 << 20, 120 << 20]);
    let of = |now: [u64; 3]| figure(&size, &now.map(|value| value << 20), "");
    let clear = of([190, 200, 210]);
    assert_eq!(clear.standing, MetricStanding::Worse);
    let shift = clear.from_accepted.unwrap();
    assert!((shift.percent - 81.8).abs() < 0.1 && shift.delta == 1.0 && shift.needed == Some(5), "{shift:?}");
    assert_eq!(of([190, 200, 120]).standing, MetricStanding::Changed);
    assert_eq!(of([115, 125, 118]).standing, MetricStanding::Same);
    assert!(clear.interval.is_some_and(|interval| interval.coverage == 0.75), "{clear:?}");
}

#[test]
fn figures_of_other_flags_and_times_of_another_processor_are_not_compared() {
    let metrics = || vec![metric("m", "objects", true, &[1]), metric("t", "ns", false, &[1])];
    let found = [diagnosis("a", vec![], metrics()), diagnosis("b", vec![], metrics())];
    let mut baseline = accepted(&found);
    let time = AcceptedMetric {
        variant: "b".into(),
        name: "t".into(),
        unit: "ns".into(),
        exact: false,
        value: 1,
        values: Vec::new(),
    };
    baseline.metrics.push(time);
    baseline.conditions.cpu = Some("old".into());
    baseline.conditions.builds = [("a".to_owned(), String::new()), ("b".to_owned(), String::new())].into();
    let now = Conditions {
        cpu: Some("new".into()),
        builds: [("a".to_owned(), "race=true".to_owned()), ("b".to_owned(), String::new())].into(),
        ..conditions()
    };
    let against = Against {
        baseline: Some(&baseline),
        conditions: &now,
        thresholds: &Thresholds::default(),
        exemptions: &Exemptions::default(),
        day: "2026-06-01".parse().unwrap(),
    };
    let compared = compare(&[], &found, &against);
    let standings: Vec<_> = compared.metrics.iter().map(|metric| metric.standing).collect();
    use MetricStanding::{New, NotComparable, Same};
    assert_eq!(standings, [NotComparable, New, Same, NotComparable]);
    assert_eq!(
        compared.not_comparable.as_deref(),
        Some(
            "figures of a are not comparable: accepted with no flags, built with race=true; times are not \
             comparable: the baseline is from `old`, this is `new`"
        )
    );
}
