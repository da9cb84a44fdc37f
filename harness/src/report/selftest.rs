//! What a self-test of the gate came to, as a document, in lines and as JSON.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Look;
use super::terminal::text;
use crate::model::Outcome;

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfTest {
    /// The scenario.
    pub scenario: String,
    /// The outcome; the gravest of the checks'.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// One line.
    pub headline: String,
    /// In the order they were made.
    pub checks: Vec<GateCheck>,
}

/// One thing that a gate that is alive does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateCheck {
    /// `leak`, `twin`, `planted heap`, `planted goroutine`.
    pub name: String,
    /// What ran.
    pub of: String,
    /// What should be seen.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// What this check alone comes to.
    pub outcome: Outcome,
}

/// The JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(SelfTest).to_value()
}

impl SelfTest {
    /// From the checks.
    #[must_use]
    pub fn new(scenario: &str, checks: Vec<GateCheck>) -> Self {
        let outcome = checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Inconclusive);
        let worst = checks.iter().find(|check| check.outcome == outcome);
        let headline = match (outcome, worst) {
            (Outcome::Pass, _) => format!("the gate is alive: {} of {0} checks hold", checks.len()),
            (Outcome::DeadGate, Some(check)) => format!("gate is dead: {}: {}", check.name, check.seen),
            (_, Some(check)) => format!("{}: {}", check.name, check.seen),
            (_, None) => "nothing was checked".to_owned(),
        };
        let scenario = scenario.to_owned();
        Self { scenario, outcome, exit_code: outcome.exit_code(), headline, checks }
    }

    /// For people.
    #[must_use]
    pub fn to_terminal(&self, look: &Look) -> String {
        let word = look.outcome(self.outcome);
        let mut out = String::new();
        let (name, headline) = (text::clean(&self.scenario), text::clean(&self.headline));
        let _ = writeln!(out, "{word} {name}: {headline}\n");
        for check in &self.checks {
            let [holds, name, seen] = words(check);
            let _ = writeln!(out, "  {holds:<5}  {name}\n         seen: {seen}");
        }
        out
    }

    /// For programs, see `harness schema selftest`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn words(check: &GateCheck) -> [String; 3] {
    let holds = match check.outcome {
        Outcome::Pass => "holds",
        Outcome::DeadGate => "DEAD",
        _ => "FAILS",
    };
    let name = format!("{} ({}): {}", check.name, check.of, check.expected);
    [holds, name.as_str(), &check.seen].map(text::clean)
}
