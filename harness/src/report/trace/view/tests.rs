//! Views of traces recorded by real Go.

use super::*;
use crate::format::exectrace::Reader;
use crate::ingest::trace::summary::{Options, summarize};
use crate::model::trace::Window;
use crate::report::trace::Section;

const LOOK: Look = Look { width: 100, color: false, verbose: false };

fn report(name: &str, window: Option<Window>, sections: &[Section]) -> TraceReport {
    let path = format!("{}/../fixtures/traces/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read(path).unwrap();
    let mut reader = Reader::new(name, &data).unwrap();
    let summary = summarize(&mut reader, Options { window, ..Options::default() });
    TraceReport::new(name, summary, sections)
}

fn views(report: &TraceReport, top: Option<usize>, look: &Look) -> String {
    to_terminal(report, Form::Views(&Section::ALL), top, look)
}

fn page(name: &str, look: &Look) -> String {
    to_terminal(&report(name, None, &Section::ALL), Form::Page, None, look)
}

/// The lines from the one that starts with `heading` to the next blank one.
fn part<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading));
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn the_page_names_what_the_trace_is_and_where_goroutines_were_left() {
    let text = page("mixed-go1.26.8", &LOOK);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("mixed-go1.26.8"));
    assert!(lines.next().unwrap().starts_with("  format of go 1.26, 44.9 ms, 2,562 events"), "{text}");
    let goroutines = part(&text, "Goroutines").join("\n");
    assert!(goroutines.contains("made meanwhile and not ended: 5"), "{text}");
    assert!(goroutines.contains("main.leak  mixed.go:36"), "{text}");
    assert!(goroutines.contains("runs main.leak.func1; 5 in chan receive"), "{text}");
    assert!(!goroutines.contains("gcBgMarkWorker"), "{text}");
}

#[test]
fn every_part_of_the_page_names_the_option_that_shows_more() {
    let text = page("mixed-go1.27.4", &LOOK);
    for flag in ["--goroutines", "--gc", "--blocking", "--latency", "--syscalls", "--tasks"] {
        assert!(text.contains(flag), "{flag}: {text}");
    }
    assert!(page("cpu-go1.25.4", &LOOK).contains("--samples"));
}

#[test]
fn prose_stays_within_the_width_of_the_terminal() {
    for width in [60, 80, 140] {
        let text = page("mixed-go1.26.8", &Look { width, ..LOOK });
        for line in text.lines().filter(|line| !line.contains("go:")) {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = page("mixed-go1.26.8", &LOOK);
    let coloured = page("mixed-go1.26.8", &Look { color: true, ..LOOK });
    assert_ne!(plain, coloured);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn the_runtimes_own_groups_and_whole_stacks_are_shown_when_asked() {
    let report = report("mixed-go1.26.8", None, &[Section::Goroutines, Section::Blocking]);
    let short = views(&report, None, &LOOK);
    let long = views(&report, None, &Look { verbose: true, ..LOOK });
    assert!(!short.contains("gcBgMarkWorker") && short.contains("-v shows them"), "{short}");
    assert!(long.contains("gcBgMarkWorker") && !long.contains("-v shows them"), "{long}");
    assert!(!short.contains("runtime.chanrecv1") && long.contains("runtime.chanrecv1"), "{long}");
}

#[test]
fn top_limits_rows_and_says_how_many_there_are() {
    let report = report("mixed-go1.26.8", None, &[Section::Blocking]);
    let text = views(&report, Some(2), &LOOK);
    let rows = part(&text, "Waits").iter().filter(|line| line.contains(".go:")).count();
    assert_eq!(rows, 2, "{text}");
    assert!(text.contains("--top N shows N of "), "{text}");
}

#[test]
fn a_window_is_named_and_its_figures_are_of_it() {
    let window = Window { from: Nanoseconds(10_000_000), to: Some(Nanoseconds(20_000_000)) };
    let report = report("mixed-go1.26.8", Some(window), &Section::ALL);
    assert_eq!(report.facts.duration(), Nanoseconds(10_000_000));
    let text = to_terminal(&report, Form::Page, None, &LOOK);
    assert!(text.contains("only the part from 10.0 ms to 20.0 ms"), "{text}");
}

#[test]
fn what_could_not_be_read_is_the_last_thing_said() {
    let mut report = report("mixed-go1.26.8", None, &[Section::Goroutines]);
    report.facts.problems = (0..7).map(|n| format!("problem {n}")).collect();
    report.facts.unlisted_problems = 3;
    let text = to_terminal(&report, Form::Page, None, &LOOK);
    let last = part(&text, "What could not be read");
    assert_eq!(last.len(), 1 + 5 + 1, "{text}");
    assert_eq!(text.lines().last(), Some("  … 5 more, --validate lists them"));
}

#[test]
fn shares_of_time_are_short_and_never_hide_what_is_there() {
    let of = |part, whole| percent(Nanoseconds(part), Nanoseconds(whole));
    assert_eq!(of(1, 3), "33.3%");
    assert_eq!(of(1, 100_000), "<0.1%");
    assert_eq!((of(0, 5), of(5, 0)), ("0%".to_owned(), "0%".to_owned()));
}

#[test]
fn json_holds_the_sections_that_were_asked_for_and_fits_its_schema() {
    let report = report("mixed-go1.26.8", None, &[Section::Blocking]);
    let value: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert!(value["blocking"].as_array().is_some_and(|sites| sites.len() > 5));
    assert!(value.get("goroutines").is_none() && value.get("scheduler").is_none());
    let schema = crate::report::trace::schema();
    let known = schema["properties"].as_object().unwrap();
    for key in value.as_object().unwrap().keys() {
        assert!(known.contains_key(key), "{key}");
    }
    assert_eq!(serde_json::from_value::<TraceReport>(value).unwrap(), report);
}

#[test]
fn the_collector_is_on_the_page_with_its_cycles_stops_and_heap() {
    let text = page("mixed-go1.26.8", &LOOK);
    let gc = part(&text, "Garbage collection").join("\n");
    assert!(gc.contains("6 cycles begun") && gc.contains("the world was stopped"), "{text}");
    assert!(gc.contains("live heap: at most "), "{text}");
}

#[test]
fn each_cycle_is_a_row_with_its_number_and_long_runs_are_sampled() {
    let report = report("mixed-go1.26.8", None, &[Section::Gc, Section::Stw]);
    let all = views(&report, None, &LOOK);
    for cycle in 1..=6 {
        assert!(all.contains(&format!(" gc{cycle} ")), "{cycle}: {all}");
    }
    assert!(all.contains("GC mark termination"), "{all}");
    let some = views(&report, Some(3), &LOOK);
    assert!(some.contains(" gc1 ") && some.contains(" gc6 ") && !some.contains(" gc2 "), "{some}");
    assert!(some.contains("3 of 6 cycles"), "{some}");
}

#[test]
fn without_heap_events_the_types_say_how_to_get_them() {
    let text = views(&report("mixed-go1.26.8", None, &[Section::Types]), None, &LOOK);
    assert!(text.contains("GODEBUG=traceallocfree=1"), "{text}");
}
