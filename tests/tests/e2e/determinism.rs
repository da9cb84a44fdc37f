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
        let evidence: Vec<_> = finding["evidence"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|e| !is_of_a_map(e))
            .map(same)
            .collect();
        found.insert(format!("{key} evidence"), serde_json::to_string(&evidence)?);
    }
    Ok(found)
}

/// What is the same in every run: of a holder its name and how much of the growing memory it holds. On the way there are
/// maps, whose tables depend on their seed, and goroutines, whose ids and waits are of one run.
fn same(evidence: &Value) -> Value {
    match evidence["kind"] == "retained" {
        true => serde_json::json!({ "root": evidence["path"]["root"]["name"], "held": evidence["held"] }),
        false => evidence.clone(),
    }
}

/// Whether it is the tables of the map that `Put` fills: how large they are depends on the map's
/// random seed.
fn is_of_a_map(evidence: &Value) -> bool {
    let place = &evidence["stack"][0];
    let is_put = place["function"].as_str().is_some_and(|function| function.ends_with("(*Cache).Put"));
    is_put && evidence["object_size"].as_u64().is_none_or(|size| size != 256)
}
