//! Standings, verdicts and the file, on hand-made diagnoses.

mod acceptance;
mod contract;
mod figures;
mod standings;
mod verdict;

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
        test: None,
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

fn expect(sites: &[&str]) -> Expect {
    let leak = |site: &&str| ExpectedLeak {
        test: None,
        kind: LeakKind::Heap,
        site: (*site).to_owned(),
        held_by: None,
        variants: Vec::new(),
    };
    Expect { leaks: sites.iter().map(leak).collect() }
}
