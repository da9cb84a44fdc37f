//! Outcomes, doubts and headlines.

use super::*;

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
