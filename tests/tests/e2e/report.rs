//! Looking things up in the JSON report.

use anyhow::{Context, Result};
use serde_json::Value;

/// The findings of a report.
pub fn findings(report: &Value) -> Result<&Vec<Value>> {
    report["findings"].as_array().context("the report has no list of findings")
}

/// The finding of a kind; there must be just one.
pub fn only<'r>(report: &'r Value, kind: &str) -> Result<&'r Value> {
    let mut of_kind = findings(report)?.iter().filter(|finding| finding["kind"] == kind);
    let found = of_kind.next().with_context(|| format!("no finding of kind {kind}"))?;
    anyhow::ensure!(of_kind.next().is_none(), "more than one finding of kind {kind}: {report:#}");
    Ok(found)
}

/// `file:line` of a finding, with the file's path as the module has it.
pub fn place(finding: &Value) -> String {
    let file = finding["file"].as_str().unwrap_or("?");
    format!("{file}:{}", finding["site"]["line"])
}

/// The line of `fixtures/programs/PATH` that contains `text`, as `file:line` below the module.
pub fn line_of(program: &str, file: &str, text: &str) -> Result<String> {
    let path = format!("{}/../fixtures/programs/{program}/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = source.lines().position(|line| line.contains(text));
    let line = line.with_context(|| format!("`{path}` has no line with `{text}`"))? + 1;
    Ok(format!("{file}:{line}"))
}
