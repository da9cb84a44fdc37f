//! Another Go release, fetched through GOTOOLCHAIN.

use anyhow::Result;
use harness_tests::Bench;

use crate::report::{findings, only};

#[test]
fn the_leaks_are_the_same_on_another_go_release() -> Result<()> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    bench.edit("scenarios/leak-repro.toml", "cgo = false", "cgo = false\ntoolchain = \"go1.27.4\"")?;
    let other = bench.run(["run", "leak-repro", "--variant", "default", "--format", "json"])?;
    assert_eq!(other.code, Some(0), "{other}");
    let other = other.json()?;
    assert_eq!(findings(&other)?.len(), 2, "{other:#}");
    assert!(other.to_string().contains("go1.27.4"), "{other:#}");

    let own = Bench::with_scenario("leak-repro", "leaky-cache")?;
    let own = own.run(["run", "leak-repro", "--variant", "default", "--format", "json"])?.json()?;
    for kind in ["heap", "goroutine"] {
        assert_eq!(only(&own, kind)?["fingerprint"], only(&other, kind)?["fingerprint"]);
    }
    Ok(())
}
