//! Targets: what runs here is run once, exactly, and its leaks are compared.

use super::Bench;
use crate::baseline::{self, FindingGroup};
use crate::capture;
use crate::cli::error::CliError;
use crate::cli::{pipeline, reproduce};
use crate::lab;
use crate::lab::cross::{Failure, Target};
use crate::model::lab::cross::{CrossAnswer, CrossLeak};
use crate::report;
use crate::report::lab::LabBuild;
use crate::toolchain::Built;

/// Captures that are kept.
const KEPT: usize = 2;

/// Leaks of a variant, or how its run failed.
type Ran = (String, Result<Vec<CrossLeak>, String>);

pub(super) fn answer(bench: &Bench<'_>) -> Result<CrossAnswer, CliError> {
    let ran = run(bench)?;
    let records: Vec<(String, Target)> = bench
        .builds
        .iter()
        .map(|build| {
            let run = ran.iter().find(|(variant, _)| *variant == build.variant).map(|(_, run)| run.clone());
            (build.variant.clone(), Target { built: built(bench, build), run })
        })
        .collect();
    Ok(lab::cross::answer(bench.records(&records)))
}

fn built(bench: &Bench<'_>, build: &LabBuild) -> Result<crate::toolchain::BuildFacts, Failure> {
    build.built.clone().ok_or_else(|| {
        let spec = bench.scenario.variants.iter().find(|variant| variant.name == build.variant);
        let word = |key: Option<&String>| key.cloned().unwrap_or_else(|| "?".to_owned());
        let target = spec.map_or_else(String::new, |variant| {
            format!("{}/{}", word(variant.build.goos.as_ref()), word(variant.build.goarch.as_ref()))
        });
        let failure = build.failure.as_ref();
        let line = failure.and_then(|one| one.output.lines().find(|line| !line.trim().is_empty()));
        let hint = failure.and_then(|one| one.hint.as_ref()).map(|hint| format!("; {hint}"));
        Failure { target, why: format!("{}{}", line.unwrap_or("not built"), hint.unwrap_or_default()) }
    })
}

/// One capture of all that run here.
fn run(bench: &Bench<'_>) -> Result<Vec<Ran>, CliError> {
    let mut scenario = bench.scenario.clone();
    scenario.name = format!("{}.cross", scenario.name);
    reproduce::shorten(&mut scenario);
    let runs = |built: &Built| built.facts.refusal().is_none();
    let of = bench.subjects.iter().filter_map(|one| Some((one.variant.name.clone(), one.built?.clone())));
    let builds: Vec<(String, Built)> = of.filter(|(_, built)| runs(built)).collect();
    if builds.is_empty() {
        return Ok(Vec::new());
    }
    let activity = bench.context.console.activity("running the targets that run here");
    let root = reproduce::capture(bench.store, &scenario, &builds, bench.context)?;
    drop(activity);
    if bench.context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    let dir = capture::open(&root)?;
    let mut groups = baseline::group(&pipeline::diagnoses_of(&dir, 1, bench.context)?);
    groups.retain(|group| baseline::judges(group, &dir.manifest().scenario.exemptions));
    bench.store.rotate(&scenario.name, KEPT)?;
    let one = |(variant, _): &(String, Built)| {
        let failed = dir.manifest().runs.iter().find(|run| *run.id.variant == **variant && !run.ok);
        let run = match failed {
            Some(run) => Err(format!("its run failed: {}", report::end_words(&run.end))),
            None => Ok(leaks(&groups, variant)),
        };
        (variant.clone(), run)
    };
    Ok(builds.iter().map(one).collect())
}

fn leaks(groups: &[FindingGroup], variant: &str) -> Vec<CrossLeak> {
    let of = |group: &FindingGroup| {
        let growth = &group.by_variant.iter().find(|one| one.variant == variant)?.growth;
        Some(CrossLeak {
            fingerprint: group.finding.fingerprint.clone(),
            kind: group.finding.kind,
            site: group.finding.site.function.to_string(),
            bytes_per_op: growth.bytes_per_op,
            objects_per_op: growth.objects_per_op,
        })
    };
    groups.iter().filter_map(of).collect()
}
