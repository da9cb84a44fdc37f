//! The file, and what accepting does to it.

use super::*;

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
