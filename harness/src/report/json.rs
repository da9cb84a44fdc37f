//! Documents as JSON: the report and its schema, and the form that all others have, too.

use serde::Serialize;

use super::Report;

/// The whole document, with a newline at its end.
///
/// # Errors
/// Only if a value has no JSON form, which would be a bug.
pub fn to_json(report: &Report) -> Result<String, serde_json::Error> {
    document(report)
}

/// Any document for programs: indented, with a newline at its end.
///
/// # Errors
/// Only if a value has no JSON form, which would be a bug.
pub(super) fn document(of: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(of)?;
    text.push('\n');
    Ok(text)
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
