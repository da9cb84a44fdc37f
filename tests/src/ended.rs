//! How a run of the binary ended.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::Process;

/// A run that is over.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What was run, for messages.
    pub command: String,
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The report or the data.
    pub stdout: String,
    /// Progress and messages.
    pub stderr: String,
    /// Wall-clock time.
    pub took: Duration,
    /// Processes that were seen below the run while it went on: the proof that a look at the
    /// process table afterwards would have noticed one that stayed.
    pub seen: Vec<Process>,
}

impl Ended {
    /// Standard output as JSON.
    ///
    /// # Errors
    /// When it is not JSON; the message shows both streams.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not JSON: {self}"))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr, took, .. } = self;
        write!(
            f,
            "`{command}` ended with {code:?} after {took:.1?}\n-- stdout\n{stdout}\n-- stderr\n{stderr}"
        )
    }
}
