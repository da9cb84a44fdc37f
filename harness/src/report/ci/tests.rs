//! A report in the forms of continuous integration, with hostile names.

use serde_json::Value;

use super::*;
use crate::baseline::{Cause, Reason};
use crate::model::debug::{BreakpointRecord, DebugEnd, DebugRecord};
use crate::model::{Nanoseconds, Outcome, TestKind};
use crate::report::debug::{DebugPart, DebugReport};
use crate::report::terminal::tests::{PLAIN, known, report};
use crate::report::testing::{TestReport, TestResult};

const HOSTILE: &str = "app/x.(*T[`a|b`]).\u{1b}[31m<script>\r\n::error::@all#1%\u{202e}";

fn hostile() -> Report {
    let mut report = report();
    let finding = &mut report.findings[0].group.finding;
    finding.site.function = HOSTILE.into();
    finding.sentence = format!("heap grows at {HOSTILE}");
    report.verdict.reasons.push(Reason {
        outcome: Outcome::BuildFailed,
        cause: Cause::Failure,
        text: format!("{HOSTILE}\n::warning::x"),
    });
    report
}

fn ci(report: &Report) -> Ci<'_> {
    Ci { report, module_dir: "/src", prefix: "services/api" }
}

#[test]
fn a_leak_is_a_failure_of_its_variant_and_of_the_verdict() {
    let report = report();
    let text = to_junit(&ci(&report)).expect("XML");
    assert!(
        text.contains(r#"<testsuite name="leak" tests="2" skipped="0" errors="0" failures="2""#),
        "{text}"
    );
    assert!(text.contains(r#"<failure message="heap leak in cache.(*Cache).Put" type="leak">"#), "{text}");
    assert!(text.contains("cache.go:44"), "{text}");
    let mut failed = report.clone();
    failed.variants[0].failure = Some(crate::toolchain::BuildFailure {
        command: Vec::new(),
        output: "undefined: x".into(),
        hint: None,
    });
    let text = to_junit(&ci(&failed)).expect("XML");
    assert!(text.contains(r#"errors="1" failures="1""#) && text.contains("undefined: x"), "{text}");
}

#[test]
fn what_does_not_judge_is_no_failure_and_says_why() {
    let mut report = report();
    report.findings[0].compared.standing = Standing::Suppressed;
    report.findings[0].compared.why = Some("bounded by tenant".into());
    report.verdict.outcome = Outcome::Pass;
    report.has_baseline = true;
    let text = to_junit(&ci(&report)).expect("XML");
    assert!(text.contains(r#"errors="0" failures="0""#), "{text}");
    let sarif: Value = serde_json::from_str(&to_sarif(&ci(&report)).expect("JSON")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&result["level"], &result["baselineState"]), (&"note".into(), &"unchanged".into()));
    assert_eq!(result["suppressions"][0]["justification"], "bounded by tenant");
    assert!(to_github(&ci(&report), &PLAIN).contains("::notice file=services/api/cache/cache.go,line=44"));
}

#[test]
fn paths_are_of_the_repository_and_the_flow_has_its_own_frames() {
    let report = report();
    let sarif: Value = serde_json::from_str(&to_sarif(&ci(&report)).expect("JSON")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "go-leak/heap");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "services/api/cache/cache.go");
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps");
    let names: Vec<&str> =
        steps.iter().filter_map(|step| step["location"]["message"]["text"].as_str()).collect();
    assert_eq!(
        names,
        ["main.handle", "cache.(*Cache).Put"],
        "the outermost first, without the standard library"
    );
    let gitlab: Value = serde_json::from_str(&to_gitlab(&ci(&report)).expect("JSON")).expect("JSON");
    assert_eq!(gitlab[0]["location"]["path"], "services/api/cache/cache.go");
    assert_eq!(
        (&gitlab[0]["severity"], &gitlab[0]["fingerprint"]),
        (&"major".into(), &"leak/heap/00aa".into())
    );
}

#[test]
fn no_name_of_the_programs_is_a_command_of_the_runners() {
    let report = hostile();
    let text = to_github(&ci(&report), &PLAIN);
    let (stop, rest) = text.split_once('\n').expect("lines");
    let token = stop.strip_prefix("::stop-commands::").expect("commands are stopped first");
    let (shown, commands) = rest.split_once(&format!("\n::{token}::\n")).expect("and begin again");
    assert!(!shown.contains(token));
    for line in commands.lines() {
        assert!(
            line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice "),
            "{line}"
        );
        assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
    }
    assert_eq!(commands.lines().count(), 2, "{commands}");
}

#[test]
fn annotations_are_capped_and_say_how_many_more() {
    let mut report = report();
    let one = report.findings[0].clone();
    report.findings.extend(std::iter::repeat_n(one, 24));
    let text = to_github(&ci(&report), &PLAIN);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(text.contains("::error title=16 more::16 more are in the report"), "{text}");
}

#[test]
fn a_comment_has_the_names_in_code_and_fits() {
    let mut report = hostile();
    let text = to_markdown(&ci(&report));
    assert!(text.starts_with("<!-- harness: leak -->\n### FAIL `leak`"), "{text}");
    assert!(text.contains("**unexpected**"), "{text}");
    for line in text.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 7, "{line}");
    }
    let one = report.findings[0].clone();
    report.findings.extend(std::iter::repeat_n(one, 400));
    let text = to_markdown(&ci(&report));
    assert!(text.len() <= 65_536, "{}", text.len());
    assert!(text.contains("more are in the report."), "{text}");
}

#[test]
fn a_comment_tells_what_was_asked_of_the_builds_and_what_the_debugger_showed() {
    let mut report = report();
    let line = |holds| serde_json::json!({"variant": "default", "expected": "static = true", "found": "x", "holds": holds});
    let linkage = serde_json::json!({
        "headline": "static: <b>", "variants": [], "differences": [], "not_run": [], "expected": [line(true), line(false)],
    });
    report.lab = Some(serde_json::from_value(serde_json::json!({ "linkage": linkage })).expect("answers"));
    report.debug = Some(DebugPart::not_made("Delve is nowhere\nhint: get it".to_owned()));
    let text = to_markdown(&ci(&report));
    let built = "- linkage: static:\u{2060} &#60;b&#62; (**1 of 2 expectations do not hold**)\n";
    assert!(text.contains(built), "{text}");
    assert!(text.contains("under Delve: no repeat was made: Delve is nowhere; hint: get it\n```"), "{text}");
    let end = DebugEnd::Exited { code: 0 };
    let at = BreakpointRecord { at: "main.```".into(), ..BreakpointRecord::default() };
    let record = DebugRecord { end, breakpoints: vec![at], ..DebugRecord::default() };
    let session = DebugReport::new("leak", "default", (Vec::new(), Vec::new()), record, &[0]);
    report.debug = Some(DebugPart::new(session, &[]));
    let text = to_markdown(&ci(&report));
    let title = "<summary>under Delve:\u{2060} exit code 0; 0 stops; 0 goroutines at the end, 0 of them leaked</summary>";
    assert!(text.contains(title), "{text}");
    assert!(text.contains("````text\n") && text.contains("break main.```\n    never reached"), "{text}");
}

#[test]
fn a_comment_says_how_many_rows_are_left_out_whichever_list_they_are_of() {
    let mut report = report();
    let one = report.findings[0].clone();
    report.findings = vec![one; 57];
    report.fixed = vec![known(256.0, None); 2];
    report.verdict.reasons = vec![report.verdict.reasons[0].clone(); 53];
    let text = to_markdown(&ci(&report));
    assert!(text.contains("\n\n9 more are in the report."), "of 59 leaks 50 are shown: {text}");
    assert!(text.contains("\n\n3 more are in the report."), "of 53 reasons 50 are shown: {text}");
}

#[test]
fn a_comment_fits_however_long_the_names_are() {
    let mut report = report();
    let long = "é".repeat(20_000);
    report.findings[0].group.finding.site.function = format!("main.{long}").into();
    report.findings[0].group.finding.sentence = long.clone();
    let one = report.findings[0].clone();
    report.findings = vec![one; 60];
    report.verdict.headline = long.clone();
    report.verdict.reasons[0].text = long;
    report.verdict.reasons = vec![report.verdict.reasons[0].clone(); 60];
    let text = to_markdown(&ci(&report));
    assert!(text.len() <= 65_536, "{}", text.len());
    assert!(text.contains("cache/cache.go:44"), "the place is not cut off with the name: {text}");
}

#[test]
fn a_leak_that_is_gone_has_a_place_since_github_refuses_a_file_with_a_result_that_has_none() {
    let mut report = report();
    report.has_baseline = true;
    report.fixed = vec![known(256.0, None), known(256.0, None)];
    report.fixed[1].place = "example.com/pool@v1.2.0/pool.go:9".into();
    let sarif: Value = serde_json::from_str(&to_sarif(&ci(&report)).expect("JSON")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let places: Vec<(&str, u64)> = results
        .iter()
        .filter(|result| result["baselineState"] == "absent")
        .filter_map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            Some((place["artifactLocation"]["uri"].as_str()?, place["region"]["startLine"].as_u64()?))
        })
        .collect();
    assert_eq!(places, [("services/api/cache/cache.go", 41), ("services/api/go.mod", 1)]);
}

#[test]
fn code_scanning_has_no_leak_that_was_accepted_expected_or_is_gone() {
    let mut report = report();
    report.has_baseline = true;
    report.fixed = vec![known(256.0, None)];
    let one = report.findings[0].clone();
    report.findings = vec![one; 4];
    report.findings[1].compared.standing = Standing::Known;
    report.findings[2].compared.standing = Standing::Suppressed;
    report.findings[3].expected = true;
    let sarif: Value = serde_json::from_str(&to_code_scanning(&ci(&report)).expect("JSON")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{results:#?}");
    assert_eq!(results[0]["baselineState"], "new");
    let all: Value = serde_json::from_str(&to_sarif(&ci(&report)).expect("JSON")).expect("JSON");
    assert_eq!(all["runs"][0]["results"].as_array().map(Vec::len), Some(5));
}

#[test]
fn junit_has_nothing_that_the_schema_of_jenkins_refuses() {
    let mut report = report();
    report.tests = vec![TestReport {
        name: "TestPut".into(),
        package: "app/cache".into(),
        variant: "default".into(),
        kind: TestKind::Test,
        result: TestResult::Pass,
        iterations: 5,
        operations: 5,
        took: Nanoseconds(7_000_000),
        bytes_per_op: 0.0,
        goroutines_per_op: 0.0,
        parallel: false,
        measured: Vec::new(),
        output: String::new(),
    }];
    let text = to_junit(&ci(&report)).expect("XML");
    let root = text.lines().find(|line| line.contains("<testsuites")).expect("a root");
    assert!(!root.contains("skipped") && root.contains("failures="), "{root}");
    let (_, cases) = text.split_once("<testcase").expect("a case");
    assert!(
        !cases.contains("<property") && cases.contains("<system-out>5 iterations</system-out>"),
        "{text}"
    );
}

#[test]
fn a_title_is_no_longer_than_a_check_runs_may_be() {
    let mut report = report();
    report.findings[0].group.finding.site.function = format!("main.{}", "x".repeat(500)).into();
    let text = to_github(&ci(&report), &PLAIN);
    let line = text.lines().find(|line| line.starts_with("::error ")).expect("an annotation");
    let (properties, _) = line.split_once(":: ").or_else(|| line.split_once("::heap")).expect("a message");
    let title = properties.split("title=").nth(1).expect("a title");
    assert_eq!(title.chars().count(), 255, "{title}");
}

#[test]
fn what_a_program_printed_is_xml_and_turns_no_line_around() {
    let mut report = report();
    report.variants[0].failure = Some(crate::toolchain::BuildFailure {
        command: Vec::new(),
        output: "a\u{0}\u{1b}[31mb\u{202e}c\u{fffe}d\n]]>&<x>".into(),
        hint: None,
    });
    let text = to_junit(&ci(&report)).expect("XML");
    assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\u{fffe}']), "{text:?}");
    assert!(text.contains("\\u{202e}c\u{fffd}d\n]]&gt;&amp;&lt;x&gt;"), "{text}");
}

#[test]
fn a_build_that_failed_leaves_no_holes_where_its_facts_would_be() {
    let mut report = report();
    report.conditions = crate::baseline::Conditions::default();
    let (markdown, junit) = (to_markdown(&ci(&report)), to_junit(&ci(&report)).expect("XML"));
    assert!(markdown.contains("<sub>exit code 1 · harness 0.1.0"), "{markdown}");
    assert!(!junit.contains("name=\"target\""), "{junit}");
}

#[test]
fn many_leaks_do_not_hide_what_failed() {
    let mut report = report();
    let one = report.findings[0].clone();
    report.findings = vec![one; 30];
    report.verdict.reasons.push(Reason {
        outcome: Outcome::BuildFailed,
        cause: Cause::Failure,
        text: "stripped did not build".into(),
    });
    let text = to_github(&ci(&report), &PLAIN);
    assert!(text.contains("::error title=FAIL leak::stripped did not build\n"), "{text}");
    assert!(text.contains("::error title=22 more::22 more are in the report"), "{text}");
}

#[test]
fn no_name_is_a_link_in_a_message() {
    let mut report = report();
    report.findings[0].group.finding.sentence = "heap grows at [click](http://e.example)".into();
    let text = to_sarif(&ci(&report)).expect("JSON");
    assert!(text.contains("at [click] (http://e.example) (unexpected)") && !text.contains("]("), "{text}");
}
