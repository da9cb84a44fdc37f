//! Errors of all stages on their way to the user: an outcome, a chain of causes, a hint.

use crate::baseline::BaselineError;
use crate::capture::CaptureError;
use crate::capture::delve::DelveError;
use crate::format::exectrace::OpenError;
use crate::format::heapdump;
use crate::model::Outcome;
use crate::scenario::ScenarioError;
use crate::toolchain::BuildError;

/// What ended a command before it could report.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum CliError {
    /// A scenario.
    Scenario(#[from] ScenarioError),
    /// The toolchain.
    Build(#[from] BuildError),
    /// A capture.
    Capture(#[from] CaptureError),
    /// A baseline.
    Baseline(#[from] BaselineError),
    /// The debugger.
    Delve(#[from] DelveError),
    /// A file that is no trace, or none that can be read.
    Trace(#[from] OpenError),
    /// A file that is no profile, or none that can be read.
    Profile(#[from] crate::format::pprof::Error),
    /// A file that is no heap dump, likewise.
    Dump(#[from] heapdump::OpenError),
    /// Usage, with a hint.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The user did not want to wait.
    #[error("interrupted")]
    Interrupted,
    /// Nobody could be told.
    #[error("could not write to standard output: {0}")]
    Output(std::io::Error),
    /// Anything else.
    Other(#[from] anyhow::Error),
}

impl CliError {
    pub(super) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// How the process ends.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Build(BuildError::Failed(_)) => Outcome::BuildFailed,
            Self::Build(BuildError::Interrupted)
            | Self::Delve(DelveError::Interrupted)
            | Self::Interrupted => Outcome::Interrupted,
            Self::Capture(error) if error.is_unreadable() => Outcome::Unreadable,
            Self::Trace(_) | Self::Profile(_) | Self::Dump(_) => Outcome::Unreadable,
            Self::Other(_) => Outcome::Bug,
            _ => Outcome::Usage,
        }
    }

    /// The message: causes joined, then the hint on a line of its own.
    pub(super) fn message(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.contains(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            cause = error.source();
        }
        match self {
            Self::Capture(error) => text.extend(error.hint().map(|hint| format!("\nhint: {hint}"))),
            Self::Baseline(error) => text.extend(error.hint().map(|hint| format!("\nhint: {hint}"))),
            Self::Usage { hint, .. } => text.push_str(&format!("\nhint: {hint}")),
            _ => {}
        }
        text
    }
}
