//! The report as JSON, and the schema of that.

use super::Report;

/// The whole document, with a newline at its end.
///
/// # Errors
/// Only if a value has no JSON form, which would be a bug.
pub fn to_json(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
