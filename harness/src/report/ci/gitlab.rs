//! GitLab's code quality report: an array of what is found, each with a fingerprint of its own.

use serde_json::{Value, json};

use super::super::terminal::text;
use super::{Ci, Level, standing};

/// The document.
///
/// # Errors
/// Only if a value has no JSON form, which would be a bug.
pub fn to_gitlab(ci: &Ci<'_>) -> serde_json::Result<String> {
    let report = ci.report;
    let issue = |finding: &super::ReportedFinding| -> Value {
        let of = &finding.group.finding;
        let (path, line) = ci.place(finding).unwrap_or_else(|| (ci.module_file(), 1));
        let words = format!("{} ({})", of.sentence, standing(finding, report.has_baseline));
        json!({
            "description": text::clean(&words),
            "check_name": format!("go-leak/{}", of.kind.word()),
            "fingerprint": format!("{}/{}/{}", report.scenario, of.kind.word(), of.fingerprint),
            "severity": if ci.level(finding) == Level::Error { "major" } else { "info" },
            "location": { "path": path, "lines": { "begin": line.max(1) } },
        })
    };
    let issues: Vec<Value> = report.findings.iter().map(issue).collect();
    crate::report::json::document(&issues)
}
