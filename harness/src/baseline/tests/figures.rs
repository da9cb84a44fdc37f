//! Figures against accepted ones: thresholds, repeats, conditions under which nothing is compared.

use super::*;

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
        ("size", "B", false, &[big], MetricStanding::Undecided),
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
fn a_rise_that_too_few_repeats_cannot_tell_from_chance_is_undecided_and_says_how_many_are_needed() {
    let few = |accepted, now, needed| Some(TooFew { accepted, now, needed });
    let size = |values: &[u64]| metric("m", "B", false, values);
    let mib = |values: &[u64]| values.iter().map(|value| value << 20).collect::<Vec<_>>();
    for (then, now, standing, too_few) in [
        (&[100, 110][..], &[900, 910, 920][..], MetricStanding::Undecided, few(2, 3, 5)),
        (&[100, 110], &[900, 910, 920, 930, 940], MetricStanding::Worse, None),
        (&[100], &[900], MetricStanding::Undecided, few(1, 1, 3)),
        (&[100], &[900, 910, 920], MetricStanding::Worse, None),
        (&[100, 110], &[101, 109, 105], MetricStanding::Same, few(2, 3, 5)),
        (&[100, 110], &[10, 11, 12], MetricStanding::Changed, few(2, 3, 5)),
    ] {
        let found = figure(&size(&mib(then)), &mib(now), "");
        assert_eq!((found.standing, found.too_few), (standing, too_few), "{then:?} {now:?}");
    }
    // What cannot fail by default lacks no repeats.
    assert_eq!(figure(&metric("ops", "requests", false, &[1, 2]), &[900], "").too_few, None);
}

#[test]
fn an_undecided_figure_with_a_threshold_of_the_scenarios_is_inconclusive_and_another_one_passes() {
    let size = metric("m", "B", false, &[100 << 20]);
    for (thresholds, outcome) in [("", Outcome::Pass), ("[metrics.m]\nrise = 0.1", Outcome::Inconclusive)] {
        let compared = figure(&size, &[900 << 20], thresholds);
        let comparison = Comparison { metrics: vec![compared], ..Comparison::default() };
        let case = Case {
            expect: None,
            n_variants: 1,
            groups: &[],
            comparison: &comparison,
            expectations: &[],
            diagnoses: &[diagnosis("a", vec![], vec![])],
            floor: Confidence::Low,
            failures: &[],
            reproductions: &[],
        };
        let verdict = judge(&case);
        assert_eq!(verdict.outcome, outcome, "{verdict:?}");
        if outcome == Outcome::Inconclusive {
            let words = "m of a rose from 100.0 MiB to 900.0 MiB, and that may be chance: 1 repeat against 1 \
                         accepted; more repeats needed: 3";
            assert_eq!(verdict.headline, words);
        }
    }
}

#[test]
fn a_builds_size_is_no_sample_and_fails_where_the_scenario_has_a_threshold() {
    let size = metric("build.size", "B", false, &[100 << 20]);
    assert_eq!(figure(&size, &[900 << 20], "").standing, MetricStanding::Changed);
    let found = figure(&size, &[900 << 20], "[metrics.\"build.size\"]\nrise = 0.1");
    assert_eq!((found.standing, found.too_few), (MetricStanding::Worse, None));
}

#[test]
fn a_threshold_that_holds_nothing_is_told() {
    let thresholds: Thresholds =
        toml::from_str("[metrics.gone]\nrise = 0.1\n[metrics.m]\nrise = 0.1").unwrap();
    let now = [diagnosis("a", vec![], vec![metric("m", "B", false, &[1])])];
    let against = Against {
        baseline: None,
        conditions: &conditions(),
        thresholds: &thresholds,
        exemptions: &Exemptions::default(),
        day: "2026-06-01".parse().unwrap(),
    };
    let told = compare(&[], &now, &against).idle_thresholds;
    let expected = [
        "the threshold of `gone` holds nothing: no run has that figure",
        "the threshold of `m` holds nothing yet: `harness baseline accept` takes the figure",
    ];
    assert_eq!(told, expected);
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
