//! How leaks stand against accepted ones, and which do not judge.

use super::*;

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
fn a_leak_is_not_fixed_where_there_is_doubt() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], vec![])]);
    let doubtful =
        Diagnosis { inconclusive: vec!["too few checkpoints".into()], ..diagnosis("a", vec![], vec![]) };
    assert_eq!(against(Some(&baseline), &[doubtful]).fixed, []);
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
