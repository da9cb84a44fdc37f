//! The build part of `harness run`: what the scenario's `[lab] show` asks of its builds, as a document for the capture.
//!
//! Input: the builds of a run. Output: the same document that `harness build --format json` prints; nothing where the scenario
//! asks nothing. Topics that run the program (`cross`, `runs`) are left to `harness build`: a run makes runs of its own,
//! and tells leaks and figures of each variant.

use super::{Bench, subjects};
use crate::capture::Store;
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::model::lab::{TOPICS, Topic};
use crate::report::lab::{LabBuild, LabReport};
use crate::scenario::Scenario;
use crate::toolchain::{BuildDirs, Built, Toolchain};

/// Topics that run the program.
const RUNNING: [Topic; 2] = [Topic::Cross, Topic::Runs];

/// What the capture keeps of the builds.
pub(in crate::cli) fn document(
    (scenario, toolchain, store): (&Scenario, &Toolchain, &Store),
    built: &[(String, Built)],
    builds: Vec<LabBuild>,
    context: &Context,
) -> Result<Option<String>, CliError> {
    let topics = topics(scenario);
    if topics.is_empty() || context.interrupt.is_set() {
        return Ok(None);
    }
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let subjects = subjects(scenario, toolchain, built, &dirs, context)?;
    let reference = scenario.variants.first().map(|variant| variant.name.clone()).unwrap_or_default();
    let bench = Bench {
        scenario,
        store,
        builds: &builds,
        subjects,
        reference: reference.clone(),
        repeat: 0,
        expect: &scenario.lab.expect,
        context,
        function: None,
    };
    let answers = bench.answers(&topics)?;
    let report = LabReport::new(&scenario.name, &reference, builds, answers);
    Ok(Some(report.to_json().map_err(anyhow::Error::from)?))
}

/// What is shown and what has to hold, if anything is shown at all.
fn topics(scenario: &Scenario) -> Vec<Topic> {
    let lab = &scenario.lab;
    if lab.show.is_empty() {
        return Vec::new();
    }
    let must = lab.expect.topics();
    let all = TOPICS.iter().map(|(topic, ..)| *topic).filter(|topic| !RUNNING.contains(topic));
    all.filter(|topic| lab.show.contains(topic) || must.contains(topic)).collect()
}
