//! JUnit XML: a suite of the scenario. A leak, or a test that fails, is a failure; what kept a variant from being judged is an error.

use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Property, Report as Document, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::super::terminal::text;
use super::super::testing::{TestReport, TestResult};
use super::super::{ReportedFinding, VariantReport};
use super::{Ci, Level, title};
use crate::baseline::Cause;
use crate::model::{Nanoseconds, Outcome};
use crate::report::{Look, finding_to_terminal};

/// Bytes of what one case says, at most.
const MOST: usize = 64 << 10;
/// How the evidence is laid out.
const LOOK: Look = Look { width: 110, color: false, verbose: false };

/// The document.
///
/// # Errors
/// Only if it cannot be written, which would be a bug.
pub fn to_junit(ci: &Ci<'_>) -> Result<String, SerializeError> {
    let report = ci.report;
    let mut suite = TestSuite::new(report.scenario.as_str());
    suite.add_properties(properties(ci));
    let is_one = report.variants.len() == 1;
    for variant in &report.variants {
        let tests = report.tests.iter().filter(|test| test.variant == variant.name);
        let before = suite.tests;
        suite.add_test_cases(tests.map(|test| of_test(ci, test, is_one)));
        // A variant that no test speaks for speaks for itself.
        if suite.tests == before || variant.failure.is_some() {
            suite.add_test_case(of_variant(ci, variant));
        }
    }
    suite.add_test_case(of_verdict(ci));
    let mut document = Document::new(format!("harness {}", report.scenario));
    document.add_test_suite(suite);
    Ok(as_jenkins_takes_it(&document.to_string()?))
}

/// Jenkins' schema has no `skipped` at the root, where the first one is, and its xUnit plugin refuses a file for it.
fn as_jenkins_takes_it(text: &str) -> String {
    let without = || {
        let (before, rest) = text.split_once(" skipped=\"")?;
        let (_, after) = rest.split_once('"')?;
        before.contains("<testsuites").then(|| format!("{before}{after}"))
    };
    without().unwrap_or_else(|| text.to_owned())
}

fn properties(ci: &Ci<'_>) -> Vec<Property> {
    let report = ci.report;
    let conditions = &report.conditions;
    let pairs = [
        ("outcome", report.verdict.outcome.word().to_owned()),
        ("exit_code", report.verdict.exit_code.to_string()),
        ("harness", report.harness.clone()),
        ("go", conditions.go.clone()),
        ("target", [&*conditions.goos, &conditions.goarch].join("/").trim_matches('/').to_owned()),
        ("cpu", conditions.cpu.clone().unwrap_or_default()),
        ("cpus", conditions.cpus.to_string()),
        ("inputs", report.inputs_digest.clone().unwrap_or_default()),
        ("capture", report.capture.to_string()),
    ];
    let told = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| Property::new(name, value)).collect()
}

fn of_variant(ci: &Ci<'_>, variant: &VariantReport) -> TestCase {
    let status = match &variant.failure {
        Some(failure) => status(NonSuccessKind::Error, "build failed", "it does not build", &failure.output),
        None => judged(ci, variant),
    };
    let mut case = TestCase::new(variant.name.as_str(), status);
    case.set_classname(ci.report.scenario.as_str());
    let wall: i64 = variant.runs.iter().map(|run| run.wall.0).sum();
    case.set_time(duration(Nanoseconds(wall)));
    case
}

/// A variant that was built: what its runs, its findings and doubts come to.
fn judged(ci: &Ci<'_>, variant: &VariantReport) -> TestCaseStatus {
    if let Some(run) = variant.runs.iter().find(|run| !run.ok) {
        let words = format!("{} run {}: {}", run.run.mode.word(), run.run.repeat, run.end);
        return status(NonSuccessKind::Error, "workload failed", &words, &reasons(ci, Cause::Failure));
    }
    let leaks = failing(ci, |finding| finding.group.variants.contains(&variant.name));
    if !leaks.is_empty() {
        return leaking(ci, &leaks);
    }
    match variant.inconclusive.first() {
        Some(first) if ci.report.verdict.outcome == Outcome::Inconclusive => {
            status(NonSuccessKind::Error, "inconclusive", first, &variant.inconclusive.join("\n"))
        }
        _ if variant.runs.is_empty() => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message("it was not run");
            skipped
        }
        _ => TestCaseStatus::success(),
    }
}

/// A test function.
fn of_test(ci: &Ci<'_>, test: &TestReport, is_one: bool) -> TestCase {
    let status = match test.result {
        TestResult::Fail => status(NonSuccessKind::Failure, "test failed", "the test failed", &test.output),
        TestResult::Again => {
            let words = "it fails when it is run again in the same process: not judged";
            status(NonSuccessKind::Error, "not judged", words, &test.output)
        }
        TestResult::Skip => TestCaseStatus::skipped(),
        TestResult::Leak | TestResult::Pass => {
            let leaks = failing(ci, |finding| {
                let of = &finding.group;
                of.finding.test.as_deref() == Some(test.name.as_str()) && of.variants.contains(&test.variant)
            });
            if leaks.is_empty() { TestCaseStatus::success() } else { leaking(ci, &leaks) }
        }
    };
    let mut case = TestCase::new(test.name.as_str(), status);
    case.set_classname(if is_one {
        test.package.clone()
    } else {
        format!("{} [{}]", test.package, test.variant)
    });
    case.set_time(duration(test.took));
    // A property of a case is nothing that all readers take.
    case.set_system_out(text::counted(test.iterations, "iteration"));
    case
}

/// What belongs to no variant alone: an expected leak that did not reproduce, a figure that rose.
fn of_verdict(ci: &Ci<'_>) -> TestCase {
    let verdict = &ci.report.verdict;
    let text = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("\n");
    let status = match verdict.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Leak => status(NonSuccessKind::Failure, "leak", &verdict.headline, &text),
        other => status(NonSuccessKind::Error, other.word(), &verdict.headline, &text),
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname(ci.report.scenario.as_str());
    case
}

fn failing<'a>(
    ci: &Ci<'a>,
    is_meant: impl Fn(&ReportedFinding) -> bool,
) -> Vec<(usize, &'a ReportedFinding)> {
    let all = ci.report.findings.iter().enumerate();
    all.filter(|(_, finding)| is_meant(finding) && ci.level(finding) == Level::Error).collect()
}

fn leaking(ci: &Ci<'_>, leaks: &[(usize, &ReportedFinding)]) -> TestCaseStatus {
    let titles = leaks.iter().map(|(_, finding)| title(finding)).collect::<Vec<_>>().join("; ");
    let evidence = leaks.iter().map(|(index, _)| finding_to_terminal(ci.report, *index, &LOOK));
    status(NonSuccessKind::Failure, "leak", &titles, &evidence.collect::<Vec<_>>().join("\n"))
}

fn reasons(ci: &Ci<'_>, cause: Cause) -> String {
    let of = ci.report.verdict.reasons.iter().filter(|reason| reason.cause == cause);
    of.map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn status(kind: NonSuccessKind, type_: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let (message, text) = (as_xml(&text::clean(message)), as_xml(&text::clean_lines(text)));
    status.set_type(type_).set_message(message).set_description(bounded(&text));
    status
}

/// Without the two letters that XML 1.0 has no way to write.
fn as_xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn bounded(text: &str) -> String {
    if text.len() <= MOST {
        return text.to_owned();
    }
    let end = (0..=MOST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}\n… {} bytes more are in the report", text.get(..end).unwrap_or_default(), text.len() - end)
}

fn duration(time: Nanoseconds) -> Duration {
    Duration::from_nanos(u64::try_from(time.0).unwrap_or(0))
}
