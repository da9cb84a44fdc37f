//! What figures of a capture depend on: figures of other conditions are not compared.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::reading::facts;
use crate::baseline::Conditions;
use crate::capture::Manifest;
use crate::scenario::{BuildSpec, Workload};
use crate::toolchain::BuildFacts;

/// Those of a capture.
pub(super) fn conditions(manifest: &Manifest) -> Conditions {
    let facts: Vec<&BuildFacts> =
        manifest.builds.iter().filter_map(|build| facts(manifest, &build.variant)).collect();
    let all = |pick: fn(&BuildFacts) -> &str| {
        let mut values: Vec<&str> = facts.iter().map(|facts| pick(facts)).collect();
        values.sort_unstable();
        values.dedup();
        values.join(" ")
    };
    Conditions {
        go: all(|facts| &facts.go.version),
        goos: all(|facts| &facts.go.goos),
        goarch: all(|facts| &facts.go.goarch),
        cpus: manifest.machine.cpus,
        cpu: manifest.machine.cpu.clone(),
        builds: manifest.scenario.variants.iter().map(|one| (one.name.clone(), flags(&one.build))).collect(),
        workload: workload(&manifest.scenario.workload),
    }
}

/// What a variant sets of its build, in a stable form. Go, target and what `-X` writes into variables change no figure
/// that the conditions do not name; paths change none at all.
fn flags(build: &BuildSpec) -> String {
    let mut build = build.clone();
    (build.toolchain, build.goos, build.goarch) = (None, None, None);
    let mut after_x = false;
    build.ldflags.retain(|word| {
        let is_value = std::mem::replace(&mut after_x, word == "-X");
        !is_value && word != "-X" && !word.starts_with("-X=")
    });
    build.pgo = build.pgo.map(|pgo| Utf8Path::new(&pgo).file_name().unwrap_or_default().to_owned());
    let fields = |build: &BuildSpec| match serde_json::to_value(build) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let usual = fields(&BuildSpec::default());
    let set = fields(&build).into_iter().filter(|(key, value)| usual.get(key) != Some(value));
    let words: Vec<String> = set.map(|(key, value)| format!("{key}={value}")).collect();
    words.join(" ")
}

/// Digest of what makes figures larger or smaller: the program and its load, not where they lie or how long they may
/// take.
fn workload(workload: &Workload) -> Option<String> {
    let Workload { package, checkpoint, driver, .. } = workload;
    let args: Vec<String> = workload.args.iter().map(|word| workload.filled(word)).collect();
    let env: BTreeMap<&String, String> =
        workload.env.iter().map(|(name, value)| (name, workload.filled(value))).collect();
    let driver = driver.as_ref().map(|driver| (&driver.command, &driver.env, driver.rounds));
    let text = serde_json::to_string(&(package, args, env, checkpoint, driver)).ok()?;
    Some(blake3::hash(text.as_bytes()).to_hex()[..16].to_owned())
}
