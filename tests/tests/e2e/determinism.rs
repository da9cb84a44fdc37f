//! Step mode gives the same figures every time.

use std::collections::BTreeMap;

use anyhow::Result;
use harness_tests::Bench;
use serde_json::Value;

use crate::report::findings;

#[test]
fn two_step_runs_agree_in_every_user_site() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    bench.edit("scenarios/leak-repro.toml", "[\"plain\", \"natural\", \"step\"]", "[\"step\"]")?;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let ended = bench.run(["run", "leak-repro", "--variant", "default", "--format", "json"])?;
        assert_eq!(ended.code, Some(0), "{ended}");
        seen.push(exact(&ended.json()?)?);
    }
    assert!(!seen[0].is_empty());
    assert_eq!(seen[0], seen[1]);
    Ok(())
}

/// Exact metrics and the growth and series of every finding, by name.
fn exact(report: &Value) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for metric in report["metrics"].as_array().into_iter().flatten() {
        if metric["exact"] == true {
            found.insert(format!("{} {}", metric["variant"], metric["name"]), metric["values"].to_string());
        }
    }
    for finding in findings(report)? {
        let key = format!("{} {}", finding["kind"], finding["fingerprint"]);
        found.insert(format!("{key} growth"), finding["growth"].to_string());
        found.insert(format!("{key} evidence"), finding["evidence"].to_string());
    }
    Ok(found)
}
