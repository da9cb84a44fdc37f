//! The baseline's file: TOML that a person reviews in a diff. Order and form are stable.
//!
//! Input and output: the file beside a scenario. What goes into it is decided in `accept`.

use std::collections::BTreeMap;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::day::Day;
use super::group::Key;
use crate::model::{Growth, LeakKind};

/// Version of the file.
///
/// 2 has `expires` and `rejected`; 1 is read as it is.
pub(super) const FORMAT: u32 = 2;

/// What somebody accepted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of the file.
    pub format: u32,
    /// Under which conditions it was measured.
    pub conditions: Conditions,
    /// Accepted leaks, by kind, site and fingerprint.
    #[serde(default, rename = "finding", skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<AcceptedFinding>,
    /// Leaks that somebody looked at and that have to be mended: nobody is asked about them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<RejectedFinding>,
    /// Accepted figures, by variant in the scenario's order.
    #[serde(default, rename = "metric", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<AcceptedMetric>,
}

/// What must be equal for figures to be comparable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// `go1.26.8`; several words, if the variants differ.
    pub go: String,
    /// Target system; likewise.
    pub goos: String,
    /// Target architecture; likewise.
    pub goarch: String,
    /// Processors of the machine. Exact figures do not depend on them.
    pub cpus: u32,
    /// The processor; times depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Digest of what runs under which load: a longer run has larger figures and is no worse for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Build flags of each variant, as far as they change what is measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub builds: BTreeMap<String, String>,
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
    /// The last day on which it is accepted; it counts as new after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
    /// Growth in the variants in which it is another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differs: BTreeMap<String, AcceptedGrowth>,
}

/// A leak that nobody wants to live with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedFinding {
    /// Its class.
    pub kind: LeakKind,
    /// Its identity.
    pub fingerprint: String,
    /// Function of its site.
    pub site: String,
    /// File, and line at the time.
    pub place: String,
    /// What is to be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Accepted growth, rounded to thousandths so that a diff shows changes and not digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedGrowth {
    /// Bytes per operation.
    pub bytes_per_op: f64,
    /// Objects or goroutines per operation.
    pub objects_per_op: f64,
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
    /// The repeats of a noisy figure, if there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<u64>,
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
    #[error("baseline `{path}`: {message}")]
    Syntax {
        /// The file.
        path: Utf8PathBuf,
        /// Where (line and column) and why.
        message: String,
    },
    /// A newer harness wrote it.
    #[error("baseline `{path}`: format {found} is newer than this harness reads ({FORMAT})")]
    Newer {
        /// The file.
        path: Utf8PathBuf,
        /// Its format.
        found: u32,
    },
}

impl BaselineError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => None,
            Self::Syntax { .. } => {
                Some("restore it from version control, or delete it and `harness baseline accept` a new one")
            }
            Self::Newer { .. } => Some("use the newer harness that wrote it"),
        }
    }
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
    /// The format is looked at first: a newer file need not fit the types of this harness.
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let refuse = |error: toml::de::Error| {
        let message = error.to_string().trim_end().to_owned();
        BaselineError::Syntax { path: path.to_owned(), message }
    };
    let Versioned { format } = toml::from_str(text).map_err(refuse)?;
    if format > FORMAT {
        return Err(BaselineError::Newer { path: path.to_owned(), found: format });
    }
    toml::from_str(text).map_err(refuse)
}

/// Writes a baseline, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn save(path: &Utf8Path, scenario: &str, baseline: &Baseline) -> Result<(), BaselineError> {
    let write = || -> std::io::Result<()> {
        let text = render(scenario, baseline).map_err(std::io::Error::other)?;
        let parent = path.parent().filter(|parent| !parent.as_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(parent.unwrap_or(Utf8Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        // A temporary file is for its owner alone; a baseline is for everybody.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| BaselineError::Io { what: "write", path: path.to_owned(), source })
}

/// The file's text.
pub(super) fn render(scenario: &str, baseline: &Baseline) -> Result<String, toml::ser::Error> {
    let body = toml::to_string(baseline)?;
    // A line break in a scenario's name must not end the comment.
    let scenario = scenario.escape_debug();
    Ok(format!(
        "# Accepted leaks and figures of the scenario `{scenario}`.\n\
         #\n\
         # Written by `harness baseline accept {scenario}` or `review`, read by people, never changed by a run.\n\
         # A leak is recognised by kind and fingerprint; `place` is where it was when it was accepted.\n\n{body}"
    ))
}

impl AcceptedFinding {
    pub(super) fn key(&self) -> Key {
        (self.kind, self.fingerprint.clone())
    }

    /// Growth that was accepted for a variant.
    #[must_use]
    pub fn growth_in(&self, variant: &str) -> AcceptedGrowth {
        let common = AcceptedGrowth { bytes_per_op: self.bytes_per_op, objects_per_op: self.objects_per_op };
        self.differs.get(variant).copied().unwrap_or(common)
    }
}

impl RejectedFinding {
    pub(super) fn key(&self) -> Key {
        (self.kind, self.fingerprint.clone())
    }
}

impl From<&Growth> for AcceptedGrowth {
    fn from(growth: &Growth) -> Self {
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        Self { bytes_per_op: rounded(growth.bytes_per_op), objects_per_op: rounded(growth.objects_per_op) }
    }
}
