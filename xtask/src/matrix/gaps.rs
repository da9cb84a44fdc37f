//! What the engine is known to get wrong, so that the matrix can fail on anything else.
//!
//! Input: `xtask/known-gaps.toml`. Output: rows. Must not be able to hide anything for good: a row that no longer holds
//! is a complaint of its own (`judge`).

use anyhow::{Context, Result};
use serde::Deserialize;

use super::cases::Leak;
use crate::command::root;

/// One thing that is got wrong in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gap {
    /// `zoo/grpc`.
    pub(super) scenario: String,
    /// A leak that is there and not found, or not at its line.
    pub(super) misses: Option<Leak>,
    /// A finding that is none, or one at a line that is not at fault.
    pub(super) accuses: Option<Leak>,
    /// Why, for whoever closes it.
    why: String,
    /// It does not happen in every run.
    #[serde(default)]
    pub(super) sometimes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gaps {
    #[serde(default)]
    gap: Vec<Gap>,
}

/// The list.
pub(super) fn read() -> Result<Vec<Gap>> {
    let file = root().join("xtask/known-gaps.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let gaps: Gaps = toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
    Ok(gaps.gap)
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn every_row_is_of_a_scenario_that_is_there_and_says_one_thing() {
        let cases = cases::all(&[]).unwrap();
        for gap in read().unwrap() {
            assert!(cases.iter().any(|case| case.name == gap.scenario), "{gap:?}");
            assert!(gap.misses.is_some() != gap.accuses.is_some(), "{gap:?}");
        }
    }
}
