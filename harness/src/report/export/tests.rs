//! The exports over made-up captures; that the real tools open them is shown end to end.

use super::*;
use crate::diagnose::growth::tests::{example, id, run, with};
use crate::diagnose::{Limits, Observed};
use crate::format::pprof::{Profile, write};
use crate::model::growth::Growth;
use crate::model::{Cell, Confidence, GcCycle, Mode, Nanoseconds, SiteClass, Source};
use crate::report::terminal::tests::report;

/// Growth with names that mean harm.
fn hostile() -> Growth {
    let pieces = with(
        run(5),
        (SiteClass::User, 64),
        &["main.a;b\u{1b}[2J", "main.\"q\"\n\u{202e}", "main.<script>"],
        |n| n,
    );
    let id = id("default", Mode::Step, 1);
    Growth::of("hostile", "./cmd", &[Observed { id: &id, pieces: &pieces }], Limits::default())
}

fn ends(growth: &Growth) -> (&RunGrowth, (usize, usize)) {
    let run = growth.of_variant(None).unwrap();
    (run, run.ends().unwrap())
}

#[test]
fn folded_stacks_have_what_grew_and_the_difference_has_both_sides() {
    let growth = example();
    let (run, ends) = ends(&growth);
    assert_eq!(folded(run, ends), "main.main;main.handle;main.keep 2560\nruntime.malg 64\n");
    assert_eq!(
        folded_diff(run, ends),
        "main.main;main.free 128 0\nmain.main;main.handle;main.keep 0 2560\nmain.main;main.table 1024 1024\nruntime.malg 0 64\n"
    );
}

#[test]
fn a_hostile_name_is_one_frame_and_no_escape_in_every_form() {
    let growth = hostile();
    let (run, ends) = ends(&growth);
    let folded = folded(run, ends);
    assert_eq!(folded, "main.<script>;main.\"q\"\\u{a}\\u{202e};main.a,b\\u{1b}[2J 256\n");
    let json = speedscope(&growth).unwrap();
    assert!(!json.contains('\u{202e}') && json.contains("main.a;b\\\\u{1b}[2J"), "{json}");
    let profile = growth_pprof("hostile", run, ends);
    assert!(profile.strings.iter().all(|text| !text.contains(['\u{1b}', '\n', '\u{202e}'])));
}

#[test]
fn a_profile_of_growth_has_signed_differences_and_inlined_calls_in_their_callers_location() {
    let growth = example();
    let (run, ends) = ends(&growth);
    let bytes = write(&growth_pprof("leaky", run, ends));
    let read = Profile::read("growth.pb.gz", &bytes).unwrap();
    assert_eq!(read.problems, []);
    let profile = read.profile;
    let of = |function: &str| {
        profile.samples.iter().find_map(|sample| {
            let location = &profile.locations[sample.stack[0].0 as usize];
            let lines = profile.lines_of(location);
            let name = profile.strings.get(profile.functions[lines[0].function.0 as usize].name);
            (name == function).then(|| (sample.values.to_vec(), sample.stack.len(), lines.len()))
        })
    };
    assert_eq!(of("main.keep"), Some((vec![40, 2560], 2, 2)), "main.keep is in main.handle's location");
    assert_eq!(of("main.free"), Some((vec![-4, -128], 2, 1)));
    assert_eq!(of("main.table"), None, "what did not change is no sample");
}

#[test]
fn speedscope_has_a_profile_for_each_question_and_the_sum_of_its_weights() {
    let json: serde_json::Value = serde_json::from_str(&speedscope(&example()).unwrap()).unwrap();
    let profiles = json["profiles"].as_array().unwrap();
    let names: Vec<&str> = profiles.iter().filter_map(|profile| profile["name"].as_str()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!((&profiles[0]["endValue"], &profiles[0]["unit"]), (&2624.into(), &"bytes".into()));
    let frames = json["shared"]["frames"].as_array().unwrap();
    let outermost = profiles[0]["samples"][0][0].as_u64().unwrap() as usize;
    assert_eq!(frames[outermost]["name"], "main.main");
    assert_eq!(profiles[3]["weights"], serde_json::json!([128]));
}

fn cycles() -> Vec<RunCycles> {
    let cell =
        |value| Some(Cell { value: Bytes(value), source: Source::Probe, confidence: Confidence::High });
    let row = |nth: u64| CycleRow {
        cycle: GcCycle(nth),
        begin: Some(Cell {
            value: MonotonicTime(nth as i64 * 1_000),
            source: Source::Trace,
            confidence: Confidence::High,
        }),
        stw: Some(Cell {
            value: Nanoseconds(50_000),
            source: Source::Gctrace,
            confidence: Confidence::Medium,
        }),
        heap_live: cell(nth * 1024),
        ..CycleRow::default()
    };
    let clock = Some((MonotonicTime(0), WallTime(1_700_000_000_000_000_000)));
    let rows = (1..=2).map(row).collect();
    let run = id("a,b", Mode::Natural, 1);
    vec![RunCycles { run, clock, clock_pairs: Vec::new(), checkpoints: Vec::new(), rows }]
}

#[test]
fn the_cycle_table_has_a_row_per_cycle_and_tells_where_cells_are_from() {
    let csv = cycles_csv("x", &cycles());
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "a header, two cycles, and what comes after the last end of line");
    assert_eq!(
        lines[1],
        "x,\"a,b\",natural,1,,1,,0,1000,,50000,,,,1024,,,,,begin_ns:trace/high stw_ns:gctrace/medium heap_live_bytes:probe/high"
    );
}

#[test]
fn no_name_in_the_cycle_table_is_a_formula() {
    let mut cycles = cycles();
    cycles[0].run.variant = "=1+1,a".into();
    let csv = cycles_csv("+x", &cycles);
    assert!(csv.lines().skip(1).all(|line| line.starts_with("'+x,\"'=1+1,a\",natural,1,")), "{csv}");
}

#[test]
fn cycles_have_rising_times_on_the_wall_clock_in_openmetrics() {
    let text = cycles_openmetrics("x", &cycles());
    let live: Vec<&str> =
        text.lines().filter(|line| line.starts_with("harness_cycle_heap_live_bytes{")).collect();
    let labels = r#"{scenario="x",variant="a,b",mode="natural",repeat="1"}"#;
    assert_eq!(
        live,
        [
            format!("harness_cycle_heap_live_bytes{labels} 1024 1700000000.000001000"),
            format!("harness_cycle_heap_live_bytes{labels} 2048 1700000000.000002000"),
        ]
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn figures_are_of_the_types_that_both_text_forms_of_prometheus_have() {
    let text = openmetrics(&report(), &cycles());
    let types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    assert!(types.len() > 5 && types.iter().all(|line| line.ends_with(" gauge")), "{types:#?}");
    assert!(text.contains("harness_capture_info{") && text.contains(r#"outcome="leak"} 1"#), "{text}");
}
