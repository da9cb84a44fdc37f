//! Comparison of made-up and of recorded traces.

use super::change::{Change, Scale, largest};
use super::*;
use crate::format::exectrace::Reader;
use crate::ingest::trace::summary::{Options, summarize};
use crate::model::trace::TraceSummary;
use crate::report::Look;

const SCALE: Scale = Scale { a: 100.0, b: 200.0, nanoseconds_b: 1e9, topic_b: 100.0 };
const LOOK: Look = Look { width: 100, color: false, verbose: false };

fn change(unit: Unit, a: f64, b: f64) -> Change {
    Change::new("x".to_owned(), unit, (a, b), &SCALE)
}

fn summary(name: &str) -> TraceSummary {
    let path = format!("{}/../fixtures/traces/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read(path).unwrap();
    summarize(&mut Reader::new(name, &data).unwrap(), Options::default())
}

fn compare(a: &TraceSummary, b: &TraceSummary, ops: Option<(u64, u64)>) -> TraceDiff {
    let (ops_a, ops_b) = (ops.map(|ops| ops.0), ops.map(|ops| ops.1));
    build::diff(&Input { file: "a", summary: a, ops: ops_a }, &Input { file: "b", summary: b, ops: ops_b })
}

fn topic<'d>(diff: &'d TraceDiff, name: &str) -> &'d Topic {
    diff.topics.iter().find(|topic| topic.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn figures_are_divided_by_the_work_done_unless_they_are_of_one_moment() {
    let twice_the_work = change(Unit::Count, 50.0, 100.0);
    assert_eq!((twice_the_work.rate_a, twice_the_work.rate_b), (0.5, 0.5));
    assert_eq!((twice_the_work.growth, twice_the_work.factor), (0.0, Some(1.0)));
    assert!(!twice_the_work.matters);
    let latency = change(Unit::Duration, 50.0, 100.0);
    assert_eq!((latency.rate_a, latency.growth, latency.factor), (50.0, 50.0, Some(2.0)));
}

#[test]
fn every_goroutine_left_counts_and_shrinking_never_matters() {
    assert!(change(Unit::Left, 0.0, 2.0).matters);
    assert!(!change(Unit::Left, 0.0, 1.0).matters, "one may be a server's own");
    assert!(!change(Unit::Left, 100.0, 0.0).matters);
    assert_eq!(change(Unit::Left, 0.0, 2.0).factor, None);
}

#[test]
fn growth_below_noise_or_too_small_to_feel_does_not_matter() {
    let cases = [
        (Unit::Count, 50.0, 120.0, true),
        (Unit::Count, 50.0, 104.0, false), // 4 % more
        (Unit::Count, 0.0, 3.0, false),    // 3 % of all
        (Unit::Time, 0.0, 20e6, true),     // 2 % of the trace
        (Unit::Time, 0.0, 2e6, false),     // 0.2 % of it
        (Unit::Time, 100e6, 220e6, false), // 10 % more
        (Unit::Bytes, 0.0, 1e6, true),
        (Unit::Bytes, 0.0, 1e3, false),
        (Unit::Duration, 100e3, 300e3, true),
        (Unit::Duration, 100e3, 150e3, false), // not doubled
        (Unit::Duration, 1e3, 50e3, false),    // 50 us
        (Unit::Size, 1e6, 2e6, true),
    ];
    for (unit, a, b, matters) in cases {
        assert_eq!(change(unit, a, b).matters, matters, "{unit:?} {a} -> {b}");
    }
}

#[test]
fn shortening_keeps_what_matters_and_what_changed_most_in_its_order() {
    let changes = [
        change(Unit::Count, 0.0, 90.0),
        change(Unit::Left, 0.0, 2.0),
        change(Unit::Count, 50.0, 100.0),
        change(Unit::Count, 100.0, 0.0),
    ];
    let kept: Vec<f64> = largest(&changes, 3).iter().map(|change| change.a).collect();
    assert_eq!(kept, [0.0, 0.0, 100.0]);
}

#[test]
fn a_trace_differs_in_nothing_from_itself() {
    let one = summary("mixed-go1.26.8");
    let diff = compare(&one, &one, None);
    assert_eq!(diff.per, Per::Second);
    assert!(diff.topics.len() >= 5);
    for change in diff.topics.iter().flat_map(|topic| &topic.changes) {
        assert_eq!((change.growth, change.matters), (0.0, false), "{change:?}");
    }
    assert!(to_terminal(&diff, None, &LOOK).contains("Nothing grew that matters"));
}

#[test]
fn goroutines_left_in_the_second_trace_are_found_at_their_site() {
    let (clean, leaky) = (summary("cpu-go1.27.4"), summary("mixed-go1.27.4"));
    let diff = compare(&clean, &leaky, Some((10, 5)));
    let left = &topic(&diff, "goroutines-left").changes[0];
    assert_eq!(left.subject, "main.leak  mixed.go:36");
    assert_eq!((left.a, left.b, left.rate_b, left.factor), (0.0, 5.0, 1.0, None));
    assert!(left.matters);
    let text = to_terminal(&diff, None, &LOOK);
    assert!(text.contains("+1/op (new)  goroutines made and not ended, by creation site:"), "{text}");
    let gone = compare(&leaky, &clean, Some((5, 10)));
    let back = &topic(&gone, "goroutines-left").changes[0];
    assert!(!back.matters && back.factor == Some(0.0), "{back:?}");
}

#[test]
fn a_line_that_moved_is_the_same_place() {
    let one = summary("mixed-go1.26.8");
    let mut moved = one.clone();
    for site in moved.goroutines.groups.iter_mut().flat_map(|group| &mut group.sites) {
        site.created_by = site
            .created_by
            .iter()
            .map(|frame| crate::model::Frame { line: frame.line + 7, ..frame.clone() })
            .collect();
    }
    let diff = compare(&one, &moved, None);
    let left = &topic(&diff, "goroutines-left").changes;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].a, left[0].b, left[0].growth), (5.0, 5.0, 0.0));
    assert_eq!(left[0].subject, "main.leak  mixed.go:43");
}

#[test]
fn the_document_fits_its_schema_and_reads_back() {
    let diff = compare(&summary("cpu-go1.27.4"), &summary("mixed-go1.27.4"), None);
    let value: serde_json::Value = serde_json::from_str(&diff.to_json().unwrap()).unwrap();
    let known = super::schema();
    for key in value.as_object().unwrap().keys() {
        assert!(known["properties"].get(key).is_some(), "{key}");
    }
    let read: TraceDiff = serde_json::from_value(value).unwrap();
    assert_eq!(read.topics.len(), diff.topics.len());
}

#[test]
fn what_hardly_changed_is_named_once_and_not_listed() {
    let one = summary("mixed-go1.26.8");
    let text = to_terminal(&compare(&one, &one, None), None, &Look { width: 500, ..LOOK });
    let unchanged: String = text.lines().skip_while(|line| *line != "Hardly changed").collect();
    assert!(unchanged.contains("time blocked, by reason and place") && unchanged.contains("heap"), "{text}");
    // What was left in both still shows.
    assert!(text.contains("main.leak  mixed.go:36"), "{text}");
}

#[test]
fn only_objects_that_outlived_a_cycle_count_as_kept() {
    use crate::model::Objects;
    use crate::model::trace::{AgeBucket, TypeSummary};
    let mut with_types = summary("alloc-go1.27.4");
    let heap = with_types.heap.as_mut().unwrap();
    let node: &mut TypeSummary =
        heap.types.iter_mut().find(|of| of.name == "main.node" && !of.array).unwrap();
    let each = node.figures.live_bytes.0 as f64 / node.figures.live.0 as f64;
    node.figures.ages =
        [(0, 70), (1, 20), (2, 10)].map(|(from, n)| AgeBucket { from, objects: Objects(n) }).into();
    let diff = compare(&summary("mixed-go1.27.4"), &with_types, Some((1, 10)));
    let kept =
        topic(&diff, "types-kept").changes.iter().find(|change| change.subject == "main.node").unwrap();
    assert_eq!((kept.b, kept.rate_b, kept.factor), (30.0 * each, 3.0 * each, None));
}
