//! The baseline's file: TOML that a person reviews in a diff. Order and form are stable.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::{FindingGroup, Key};
use crate::model::{Diagnosis, LeakKind, Metric};

/// Version of the file.
const FORMAT: u32 = 1;

/// What somebody accepted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of the file.
    pub format: u32,
    /// Under which conditions it was measured.
    pub conditions: Conditions,
    /// Accepted leaks.
    #[serde(default, rename = "finding", skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<AcceptedFinding>,
    /// Accepted figures.
    #[serde(default, rename = "metric", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<AcceptedMetric>,
}

/// What must be equal for figures to be comparable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// `go1.26.8`; several, if the variants differ.
    pub go: String,
    /// Target system.
    pub goos: String,
    /// Target architecture.
    pub goarch: String,
    /// Processors of the machine.
    pub cpus: u32,
}

/// An accepted leak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedFinding {
    /// Its class.
    pub kind: LeakKind,
    /// Its identity.
    pub fingerprint: String,
    /// Function of its site.
    pub site: String,
    /// File, and line at the time, for the reader; no part of the identity.
    pub place: String,
    /// Bytes per operation.
    pub bytes_per_op: f64,
    /// Objects or goroutines per operation.
    pub objects_per_op: f64,
    /// Variants it was found in.
    pub variants: Vec<String>,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An accepted figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedMetric {
    /// The variant.
    pub variant: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Equal in every run of the same build.
    pub exact: bool,
    /// Median of the repeats.
    pub value: u64,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read or written.
    #[error("could not {what} baseline `{path}`")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not what this harness writes.
    #[error("baseline `{path}`: {message}\nhint: restore it from version control, or accept a new one")]
    Syntax {
        /// The file.
        path: Utf8PathBuf,
        /// Where and why.
        message: String,
    },
}

/// Reads a baseline; `None` if there is no such file.
///
/// # Errors
/// When it cannot be read or understood.
pub fn load(path: &Utf8Path) -> Result<Option<Baseline>, BaselineError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BaselineError::Io { what: "read", path: path.to_owned(), source }),
    }
}

/// Reads a baseline's text, which messages call `path`.
///
/// # Errors
/// When it cannot be understood.
pub fn parse(path: &Utf8Path, text: &str) -> Result<Baseline, BaselineError> {
    let refuse = |message: String| BaselineError::Syntax { path: path.to_owned(), message };
    let baseline: Baseline = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    if baseline.format > FORMAT {
        return Err(refuse(format!("format {} is newer than this harness ({FORMAT})", baseline.format)));
    }
    Ok(baseline)
}

/// Writes a baseline, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn save(path: &Utf8Path, scenario: &str, baseline: &Baseline) -> Result<(), BaselineError> {
    let write = || -> std::io::Result<()> {
        let text = render(scenario, baseline).map_err(std::io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Utf8Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        // A temporary file is for its owner alone; a baseline is for everybody.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| BaselineError::Io { what: "write", path: path.to_owned(), source })
}

fn render(scenario: &str, baseline: &Baseline) -> Result<String, toml::ser::Error> {
    let body = toml::to_string(baseline)?;
    Ok(format!(
        "# Accepted leaks and figures of the scenario `{scenario}`.\n\
         #\n\
         # Written by `harness baseline accept {scenario}`, reviewed by people, never changed by a run.\n\
         # A leak is recognised by kind and fingerprint; `place` is where it was when it was accepted.\n\n{body}"
    ))
}

/// Accepts the findings and figures of a run. Notes of leaks that were accepted before are kept; `note` goes to
/// those that are new.
#[must_use]
pub fn accept(
    groups: &[FindingGroup],
    diagnoses: &[Diagnosis],
    conditions: Conditions,
    old: Option<&Baseline>,
    note: Option<&str>,
) -> Baseline {
    let noted = |key: &Key| old?.findings.iter().find(|finding| finding.key() == *key);
    let finding = |group: &FindingGroup| {
        let before = noted(&group.key());
        let growth = &group.finding.growth;
        AcceptedFinding {
            kind: group.finding.kind,
            fingerprint: group.finding.fingerprint.clone(),
            site: group.finding.site.function.to_string(),
            place: format!("{}:{}", group.finding.file, group.finding.site.line),
            bytes_per_op: growth.bytes_per_op,
            objects_per_op: growth.objects_per_op,
            variants: group.variants.clone(),
            note: match before {
                Some(before) => before.note.clone(),
                None => note.map(str::to_owned),
            },
        }
    };
    let metric = |variant: &str, metric: &Metric| {
        Some(AcceptedMetric {
            variant: variant.to_owned(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            exact: metric.exact,
            value: metric.median()?,
        })
    };
    let metrics = diagnoses
        .iter()
        .flat_map(|diagnosis| diagnosis.metrics.iter().filter_map(|m| metric(&diagnosis.variant, m)))
        // Time depends on the machine's mood: it is shown, never held against anybody.
        .filter(|metric| metric.unit != "ns")
        .collect();
    Baseline { format: FORMAT, conditions, findings: groups.iter().map(finding).collect(), metrics }
}

impl AcceptedFinding {
    pub(super) fn key(&self) -> Key {
        (self.kind, self.fingerprint.clone())
    }
}
