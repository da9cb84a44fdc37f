//! Standings, verdicts and the file, on hand-made diagnoses.

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::model::{
    Bytes, Confidence, Diagnosis, Evidence, Finding, Frame, GcCycle, Growth, LeakKind, Metric, Outcome,
};
use crate::scenario::{Expect, ExpectedLeak, Thresholds};

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
    Conditions { go: "go1.26.8".into(), goos: "linux".into(), goarch: "amd64".into(), cpus: 2 }
}

fn accepted(diagnoses: &[Diagnosis]) -> Baseline {
    accept(&group(diagnoses), diagnoses, conditions(), None, None)
}

fn against(baseline: Option<&Baseline>, diagnoses: &[Diagnosis]) -> Comparison {
    compare(&group(diagnoses), diagnoses, baseline, &conditions(), &Thresholds::default())
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
        failures,
    })
}

fn expect(sites: &[&str]) -> Expect {
    let leak = |site: &&str| ExpectedLeak { kind: LeakKind::Heap, site: (*site).to_owned() };
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
        let comparison = against(Some(&baseline), &[diagnosis("a", vec![heap(now)], Vec::new())]);
        assert_eq!(comparison.standings, [standing], "{now}");
    }
    assert_eq!(against(None, &[diagnosis("a", vec![heap(1.0)], Vec::new())]).standings, [Standing::New]);
}

#[test]
fn the_worst_variant_decides_how_a_finding_stands() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], Vec::new())]);
    let now = [diagnosis("a", vec![heap(256.0)], vec![]), diagnosis("b", vec![heap(900.0)], vec![])];
    assert_eq!(against(Some(&baseline), &now).standings, [Standing::Worse]);
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
        ("exact", "objects", true, &[1005][..], MetricStanding::Same),
        ("exact", "objects", true, &[1020], MetricStanding::Worse),
        ("exact", "objects", true, &[900], MetricStanding::Better),
        ("size", "B", false, &[big], MetricStanding::Changed),
        ("size", "B", false, &[big, big, big], MetricStanding::Worse),
        ("size", "B", false, &[big, big, 10 << 20], MetricStanding::Changed),
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
    assert_eq!(comparison.standings, [Standing::Known]);
}

#[test]
fn a_contract_must_be_met_in_every_variant() {
    let leaks = expect(&["example.com/app/cache.(*Cache).Put"]);
    let both = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![heap(1.0)], vec![])];
    assert_eq!(verdict(Some(&leaks), None, &both).outcome, Outcome::Pass);
    let one = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![], vec![])];
    let missing = verdict(Some(&leaks), None, &one);
    assert_eq!(missing.outcome, Outcome::Leak);
    assert!(missing.reasons[0].contains("did not reproduce in b"), "{missing:?}");
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
    assert!(broken.reasons.iter().any(|reason| reason.starts_with("unexpected leak")), "{broken:?}");
}

#[test]
fn the_file_is_read_back_as_it_was_and_keeps_notes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = Utf8PathBuf::try_from(directory.path().join("x.baseline.toml")).expect("UTF-8");
    assert_eq!(load(&path).expect("no error"), None);
    let found = [diagnosis("a", vec![heap(256.5)], vec![metric("m", "B", true, &[3, 1, 2])])];
    let first = accept(&group(&found), &found, conditions(), None, Some("known since spring"));
    save(&path, "x", &first).expect("saves");
    assert_eq!(load(&path).expect("reads").as_ref(), Some(&first));
    let again = accept(&group(&found), &found, conditions(), Some(&first), Some("other words"));
    assert_eq!(again.findings[0].note.as_deref(), Some("known since spring"));
    let text = std::fs::read_to_string(&path).expect("reads");
    assert!(text.starts_with("# Accepted leaks and figures of the scenario `x`."), "{text}");
    assert!(text.contains("value = 2\n"), "{text}");
}

#[test]
fn a_damaged_file_is_refused_with_its_name_and_place() {
    let path = Utf8Path::new("x.baseline.toml");
    for text in ["format = ", "format = 1\n[conditions]\ngo = 3\n", "format = 99\n", "formt = 1"] {
        let error = parse(path, text).expect_err(text).to_string();
        assert!(error.contains("x.baseline.toml") && error.contains("hint:"), "{error}");
    }
    let error = parse(path, "format = 1\n[conditions]\ngo = 3\n").expect_err("a number").to_string();
    assert!(error.contains("line 3"), "{error}");
}
