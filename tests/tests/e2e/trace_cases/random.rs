//! Random executions, and the same with one thing made wrong: both readers agree on each.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use harness_synth::{Plan, Random};

use super::go::{self, Said};
use super::{read, same};

const VERSIONS: [u32; 4] = [22, 23, 25, 26];

/// Traces by name that both readers are to agree on. Returns the names of those that Go refuses, and
/// why.
fn agree(traces: &[(String, Vec<u8>)]) -> Result<Vec<String>> {
    let mut readings = go::read_all(traces.iter().map(|(_, bytes)| &bytes[..]))?;
    let mut wrong = Vec::new();
    for ((name, bytes), go) in traces.iter().zip(&mut readings) {
        let mut ours = read(bytes);
        drop_reasons(&mut go.events);
        drop_reasons(&mut ours.events);
        if let Err(error) = same(go, &ours) {
            let kept = format!("{}/{}.trace", env!("CARGO_TARGET_TMPDIR"), wrong.len());
            std::fs::write(&kept, bytes)?;
            wrong.push(format!("{name}, {kept}: {error}"));
        }
    }
    let shown = wrong.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    ensure!(wrong.is_empty(), "{} of {} wrong\n{shown}", wrong.len(), traces.len());
    let refused = traces.iter().zip(&readings).filter(|(_, go)| go.said != Said::Ok);
    Ok(refused.map(|((name, _), go)| format!("{name}: {:?}", go.said)).collect())
}

/// Without why a stop of the world was made, where it ends: where that is in another generation,
/// Go's reader tells another string (case `stw-across-generations`).
fn drop_reasons(events: &mut [String]) {
    for line in events.iter_mut().filter(|line| line.contains("RangeEnd stop-the-world (")) {
        if let (Some(start), Some(end)) = (line.find(" ("), line.find(')')) {
            line.replace_range(start..=end, "");
        }
    }
}

/// Seeds to try: `HARNESS_TEST_SEEDS=1000..5000` tries others.
fn seeds(default: Range<u64>) -> Result<Range<u64>> {
    let Ok(told) = std::env::var("HARNESS_TEST_SEEDS") else { return Ok(default) };
    let (from, to) = told.split_once("..").context("seeds are told as FROM..TO")?;
    Ok(from.parse()?..to.parse()?)
}

/// A plan whose size, too, follows from the seed.
fn plan(seed: u64, n_steps: u64) -> Plan {
    let mut random = Random::new(seed);
    let most_threads = if random.once_in(3) { 30 } else { 9 };
    Plan {
        seed,
        minor: VERSIONS[random.place(VERSIONS.len())],
        n_threads: 1 + random.place(most_threads),
        n_steps: 1 + random.place(n_steps as usize),
        n_generations: 1 + random.below(4),
    }
}

#[test]
fn random_executions_are_accepted_by_both_readers_with_the_same_events_in_the_same_order() -> Result<()> {
    let name = |plan: &Plan| format!("{plan:?}");
    let traces: Vec<_> =
        seeds(0..400)?.map(|seed| plan(seed, 400)).map(|plan| (name(&plan), plan.run().encode())).collect();
    let refused = agree(&traces)?;
    ensure!(refused.is_empty(), "Go refuses {} of {}\n{}", refused.len(), traces.len(), refused.join("\n"));
    Ok(())
}

#[test]
fn executions_with_one_thing_made_wrong_get_the_same_verdict_and_the_same_events_before_it() -> Result<()> {
    let mut traces = Vec::new();
    for seed in seeds(0..200)? {
        let plan = plan(seed, 60);
        let execution = plan.run();
        let mut random = Random::new(seed);
        for i in 0..20 {
            traces.push((format!("{plan:?}, mutation {i}"), execution.mutated(&mut random).encode()));
        }
    }
    let n_refused = agree(&traces)?.len();
    let enough = traces.len() / 20..traces.len() - traces.len() / 20;
    ensure!(enough.contains(&n_refused), "Go refuses {n_refused} of {}", traces.len());
    Ok(())
}
