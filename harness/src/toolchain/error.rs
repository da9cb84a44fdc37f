//! Why there is no toolchain, or no build.

use std::io;

use camino::Utf8PathBuf;

use super::built::BuildFailure;
use super::process::ProcessError;

/// Why a build did not come about.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The go command refused the program: a result for its user, with exit code 3.
    #[error("{}", failure_text(.0))]
    Failed(Box<BuildFailure>),
    /// The user interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// No Go at all.
    #[error("found no Go; looked for {}\nhint: install Go {} or newer from https://go.dev/dl and put its bin directory on PATH, or name the go command in HARNESS_GO", list(.looked), super::release::Release::OLDEST)]
    NoGo {
        /// The places looked at.
        looked: Vec<Utf8PathBuf>,
    },
    /// Only a Go that the probe does not work with.
    #[error(
        "`{bin}` is {version}, and captures need {} or newer\nhint: {hint}",
        super::release::Release::OLDEST
    )]
    TooOld {
        /// The go command.
        bin: Utf8PathBuf,
        /// What it says it is.
        version: String,
        /// What to do.
        hint: String,
    },
    /// The go command could not tell about itself or about the package.
    #[error("`{command}` failed: {output}{}", hint_line(.hint))]
    Query {
        /// The command.
        command: String,
        /// What it printed.
        output: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The scenario asks for something that cannot be built or observed.
    #[error("{what}{}", hint_line(.hint))]
    Unsupported {
        /// What.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The probed binary does not have the probe in it.
    #[error("the probe is not linked into `{binary}`\nhint: {hint}")]
    NoProbe {
        /// The binary.
        binary: Utf8PathBuf,
        /// Why that may be.
        hint: String,
    },
    /// A command could not be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A command did not end in time.
    #[error("`{command}` did not end within {seconds} s")]
    TimedOut {
        /// The command.
        command: String,
        /// Its deadline.
        seconds: u64,
    },
    /// A file could not be read or written.
    #[error("could not {action} `{path}`")]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BuildError {
    /// For `map_err` of a file operation.
    pub(super) fn file(action: &'static str, path: impl Into<Utf8PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

fn failure_text(failure: &BuildFailure) -> String {
    format!(
        "`{}` failed:\n{}{}",
        failure.command.join(" "),
        failure.output.trim_end(),
        hint_line(&failure.hint)
    )
}

fn hint_line(hint: &Option<String>) -> String {
    hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"))
}

fn list(paths: &[Utf8PathBuf]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}
