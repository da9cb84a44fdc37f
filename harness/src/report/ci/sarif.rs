//! SARIF 2.1.0, for code scanning: a rule of each class of leaks, a result of each leak with its allocation stack and its retaining path.
//!
//! The specification is OASIS's; its schema is what tests hold this to. GitHub takes a result's place, its fingerprint and its flows;
//! it knows neither `baselineState` nor `suppressions`, and refuses a file in which one result has no place.

use serde_json::{Value, json};

use super::super::ReportedFinding;
use super::super::terminal::{retained, text};
use super::{CLASSES, Ci, Class, Level, standing};
use crate::baseline::{AcceptedFinding, Cause, Reason, Standing};
use crate::model::{Confidence, Evidence, Frame, LeakKind, Outcome, Retained};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The fingerprint's name, with the version of how it is made.
const FINGERPRINT: &str = "harnessLeak/v1";
/// What paths are relative to.
const ROOT: &str = "%SRCROOT%";
/// Steps of a flow: more than that nobody follows.
const MOST_STEPS: usize = 100;

/// The document: what is found, and what was accepted and is gone.
///
/// # Errors
/// Only if a value has no JSON form, which would be a bug.
pub fn to_sarif(ci: &Ci<'_>) -> serde_json::Result<String> {
    let found = ci.report.findings.iter().map(|finding| result(ci, finding));
    document(ci, found.chain(ci.report.fixed.iter().map(|fixed| absent(ci, fixed))).collect())
}

/// The document of a service that takes every result for an open one: leaks that nobody accepted, suppressed or expects.
///
/// # Errors
/// See [`to_sarif`].
pub fn to_code_scanning(ci: &Ci<'_>) -> serde_json::Result<String> {
    let open = ci.report.findings.iter().filter(|finding| suppressed(finding).is_none());
    document(ci, open.map(|finding| result(ci, finding)).collect())
}

fn document(ci: &Ci<'_>, results: Vec<Value>) -> serde_json::Result<String> {
    let report = ci.report;
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "harness",
                "semanticVersion": report.harness,
                "rules": CLASSES.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("harness/{}/", report.scenario) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
            "invocations": [invocation(ci)],
            "results": results,
        }],
    });
    crate::report::json::document(&document)
}

fn rule_id(kind: LeakKind) -> String {
    format!("go-leak/{}", kind.word())
}

fn rule_index(kind: LeakKind) -> usize {
    CLASSES.iter().position(|class| class.kind == kind).unwrap_or_default()
}

fn rule(class: &Class) -> Value {
    json!({
        "id": rule_id(class.kind),
        "name": class.name,
        "shortDescription": { "text": class.short },
        "fullDescription": { "text": format!("{}. {}", class.short, class.help) },
        "help": { "text": class.help, "markdown": class.help },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["memory-leak", "go"], "precision": "high", "problem.severity": "error" },
    })
}

fn invocation(ci: &Ci<'_>) -> Value {
    let verdict = &ci.report.verdict;
    let failed =
        verdict.reasons.iter().filter(|reason| matches!(reason.cause, Cause::Failure | Cause::Doubt));
    let notification = |reason: &Reason| {
        let level = if reason.cause == Cause::Doubt { "warning" } else { "error" };
        json!({ "level": level, "message": { "text": text::clean_lines(&reason.text) } })
    };
    // A leak is a result: the analysis itself went well.
    let went_well = matches!(verdict.outcome, Outcome::Pass | Outcome::Leak);
    json!({
        "executionSuccessful": went_well,
        "exitCode": verdict.exit_code,
        "exitCodeDescription": verdict.outcome.word(),
        "toolExecutionNotifications": failed.map(notification).collect::<Vec<_>>(),
    })
}

fn result(ci: &Ci<'_>, finding: &ReportedFinding) -> Value {
    let of = &finding.group.finding;
    let is_error = ci.level(finding) == Level::Error;
    let message = format!("{} ({})", of.sentence, standing(finding, ci.report.has_baseline));
    let mut result = json!({
        "ruleId": rule_id(of.kind),
        "ruleIndex": rule_index(of.kind),
        "level": if is_error { "error" } else { "note" },
        "message": { "text": words(&message) },
        "locations": [own_place(ci, finding)],
        "partialFingerprints": { FINGERPRINT: of.fingerprint },
        "properties": {
            "confidence": of.confidence.word(),
            "variants": finding.group.variants,
            "bytesPerOperation": of.growth.bytes_per_op,
            "objectsPerOperation": of.growth.objects_per_op,
        },
    });
    let Some(fields) = result.as_object_mut() else { return result };
    if of.confidence != Confidence::High {
        fields.insert("rank".to_owned(), json!(if of.confidence == Confidence::Low { 30.0 } else { 60.0 }));
    }
    let flows = flows(ci, finding);
    if !flows.is_empty() {
        fields.insert("codeFlows".to_owned(), Value::Array(flows));
    }
    if ci.report.has_baseline {
        fields.insert("baselineState".to_owned(), json!(state(finding.compared.standing)));
    }
    if let Some(why) = suppressed(finding) {
        let justification = text::clean(&why);
        fields.insert(
            "suppressions".to_owned(),
            json!([{ "kind": "external", "justification": justification }]),
        );
    }
    result
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::New => "new",
        Standing::Worse => "updated",
        Standing::Known
        | Standing::Better
        | Standing::Expired
        | Standing::ThirdParty
        | Standing::Suppressed => "unchanged",
    }
}

/// Why it does not judge, if it does not.
fn suppressed(finding: &ReportedFinding) -> Option<String> {
    let compared = &finding.compared;
    let accepted = || compared.accepted.as_ref().and_then(|accepted| accepted.note.clone());
    match compared.standing {
        _ if compared.rejected.is_some() => None,
        Standing::Suppressed | Standing::ThirdParty => {
            Some(compared.why.clone().unwrap_or_else(|| "it is a library's".to_owned()))
        }
        Standing::Known | Standing::Better => {
            Some(accepted().unwrap_or_else(|| "accepted in the baseline".to_owned()))
        }
        Standing::New if finding.expected => Some("the scenario's contract expects it".to_owned()),
        Standing::New | Standing::Worse | Standing::Expired => None,
    }
}

/// A leak that was accepted and is gone: at the line that it had, whatever is there now.
fn absent(ci: &Ci<'_>, fixed: &AcceptedFinding) -> Value {
    let (path, line) = ci.accepted_place(&fixed.place).unwrap_or_else(|| (ci.module_file(), 1));
    json!({
        "ruleId": rule_id(fixed.kind),
        "ruleIndex": rule_index(fixed.kind),
        "level": "note",
        "baselineState": "absent",
        "message": { "text": words(&format!("{} leak at {} {}: not found any more", fixed.kind.word(), fixed.site, fixed.place)) },
        "locations": [place(&path, line)],
        "partialFingerprints": { FINGERPRINT: fixed.fingerprint },
    })
}

/// A finding's own place: a file that is in the repository, since a service shows no other.
fn own_place(ci: &Ci<'_>, finding: &ReportedFinding) -> Value {
    let (path, line) = ci.place(finding).unwrap_or_else(|| (ci.module_file(), 1));
    let mut place = place(&path, line);
    let name = json!([{ "fullyQualifiedName": text::clean(&finding.group.finding.site.function), "kind": "function" }]);
    if let Some(fields) = place.as_object_mut() {
        fields.insert("logicalLocations".to_owned(), name);
    }
    place
}

fn place(path: &str, line: u32) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(path), "uriBaseId": ROOT },
        "region": { "startLine": line.max(1) },
    }})
}

/// A message in which nothing is a link, as `[text](address)` would be.
fn words(message: &str) -> String {
    text::clean(message).replace("](", "] (")
}

/// A relative reference: what has a meaning in an address is written as a number.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The ways that lead there: the calls that allocate, and the references that keep.
fn flows(ci: &Ci<'_>, finding: &ReportedFinding) -> Vec<Value> {
    let evidence = &finding.group.finding.evidence;
    let stack = evidence.iter().find_map(|one| match one {
        Evidence::Allocation { stack, .. } | Evidence::Calls { stack, .. } => Some(stack.as_slice()),
        Evidence::Goroutines { created_by, .. } => Some(created_by.as_slice()),
        _ => None,
    });
    let held = evidence.iter().find_map(|one| match one {
        Evidence::Retained(retained) => Some(retained.as_ref()),
        _ => None,
    });
    let made = stack.map(|stack| made(ci, stack)).filter(|steps| !steps.is_empty());
    let made = made.map(|steps| flow("how it is made", steps));
    let kept = held.map(|held| flow("who keeps it", kept(ci, finding, held)));
    made.into_iter().chain(kept).collect()
}

fn flow(title: &str, steps: Vec<Value>) -> Value {
    json!({ "message": { "text": title }, "threadFlows": [{ "locations": steps }] })
}

fn step(place: Value, text: &str) -> Value {
    let mut place = place;
    if let Some(fields) = place.as_object_mut() {
        fields.insert("message".to_owned(), json!({ "text": words(text) }));
    }
    json!({ "location": place })
}

/// The calls in the repository, the outermost first.
fn made(ci: &Ci<'_>, stack: &[Frame]) -> Vec<Value> {
    let frames = stack.iter().rev().take(MOST_STEPS);
    let step_of = |frame: &Frame| {
        let path = ci.path(&frame.file)?;
        Some(step(place(&path, frame.line), text::short(&frame.function)))
    };
    frames.filter_map(step_of).collect()
}

/// The references from the root on. What has no line in the repository is told at the leak's own.
fn kept(ci: &Ci<'_>, finding: &ReportedFinding, held: &Retained) -> Vec<Value> {
    let own = || {
        let (path, line) = ci.place(finding).unwrap_or_else(|| (ci.module_file(), 1));
        place(&path, line)
    };
    let root = step(own(), &retained::title(held));
    let steps = held.path.steps.iter().take(MOST_STEPS).map(|one| {
        let site = one.site.as_ref().and_then(|frame| Some(place(&ci.path(&frame.file)?, frame.line)));
        step(site.unwrap_or_else(own), &retained::step(one))
    });
    std::iter::once(root).chain(steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference_whatever_is_in_its_name() {
        assert_eq!(uri("a b/c#d?e%.go"), "a%20b/c%23d%3Fe%25.go");
    }

    #[test]
    fn every_class_has_a_rule_of_its_own() {
        for (index, class) in CLASSES.iter().enumerate() {
            assert_eq!(rule_index(class.kind), index);
        }
    }
}
