//! Builds all variants of a scenario: the first alone, so that what all share is compiled once, then as many at a time as there are
//! processors.
//!
//! One that cannot be built does not stop the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::error::CliError;
use super::pace::Pace;
use super::progress::Progress;
use super::{Context, earlier};
use crate::capture::Store;
use crate::scenario::{Scenario, Variant};
use crate::toolchain::{BuildDirs, BuildError, BuildFailure, Built, Toolchain};

/// Builds at the same time, at most: linking a large program takes gigabytes.
const BUILDERS: usize = 4;

type Outcome = Result<Built, BuildError>;

/// Builds every variant and records them in the scenario's order. An error that is no failure of `go build` is one of its variant,
/// unless nothing can be built at all.
pub(super) fn build_all(
    scenario: &Scenario,
    toolchain: &Toolchain,
    store: &Store,
    context: &Context,
    mut record: impl FnMut(&str, Result<&Built, BuildFailure>) -> Result<(), CliError>,
) -> Result<Vec<(String, Built)>, CliError> {
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let build = |variant: &Variant| toolchain.build(scenario, variant, &dirs, &context.interrupt);
    let pace = earlier::builds(store, &scenario.name, &scenario.variants);
    let outcomes = all((&scenario.variants, pace), &build, context);
    let none_built = outcomes.values().all(Result::is_err);
    let mut built = Vec::new();
    for (index, outcome) in outcomes {
        let name = &scenario.variants[index].name;
        match outcome {
            Ok(of) => {
                record(name, Ok(&of))?;
                built.push((name.clone(), of));
            }
            Err(BuildError::Failed(failure)) => record(name, Err(*failure))?,
            Err(BuildError::Interrupted) => break,
            Err(error) if none_built => return Err(error.into()),
            Err(error) => record(name, Err(failure(error)))?,
        }
    }
    Ok(built)
}

/// Outcomes by place in the scenario; fewer than there are variants after an interrupt.
fn all(
    (variants, pace): (&[Variant], Pace),
    build: &(impl Fn(&Variant) -> Outcome + Sync),
    context: &Context,
) -> BTreeMap<usize, Outcome> {
    let progress = context.console.paced_progress((variants.len(), pace), "build");
    let mut outcomes = BTreeMap::new();
    if let Some(first) = variants.first() {
        progress.begin_beside(&first.name);
        let outcome = build(first);
        progress.end_beside(&first.name);
        end(&progress, first, &outcome, context);
        outcomes.insert(0, outcome);
    }
    let next = AtomicUsize::new(1);
    let (sender, receiver) = mpsc::channel();
    let work = |sender: mpsc::Sender<(usize, Outcome)>| {
        while !context.interrupt.is_set() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(variant) = variants.get(index) else { break };
            progress.begin_beside(&variant.name);
            let outcome = build(variant);
            progress.end_beside(&variant.name);
            if sender.send((index, outcome)).is_err() {
                break;
            }
        }
    };
    let n = std::thread::available_parallelism().map_or(1, usize::from).min(BUILDERS);
    std::thread::scope(|scope| {
        for _ in 0..n.min(variants.len().saturating_sub(1)) {
            let sender = sender.clone();
            scope.spawn(move || work(sender));
        }
        drop(sender);
        for (index, outcome) in receiver {
            end(&progress, &variants[index], &outcome, context);
            outcomes.insert(index, outcome);
        }
    });
    outcomes
}

fn end(progress: &Progress<'_>, variant: &Variant, outcome: &Outcome, context: &Context) {
    let name = &variant.name;
    match outcome {
        Ok(built) if built.reused => progress.end(&format!("{name} (nothing has changed)")),
        Ok(built) => {
            let (plain, probed) = built.facts.build_ms;
            context.console.mention(&built.facts.command.join(" "));
            progress.end(&format!("{name} ({plain} ms, probed {probed} ms)"));
        }
        Err(BuildError::Interrupted) => {}
        Err(_) => progress.end(&format!("{name} FAILED")),
    }
}

/// What stands in the way of one variant, in the form of a failed build.
fn failure(error: BuildError) -> BuildFailure {
    let message = CliError::from(error).message();
    let (output, hint) = match message.split_once("\nhint: ") {
        Some((output, hint)) => (output.to_owned(), Some(hint.to_owned())),
        None => (message, None),
    };
    BuildFailure { command: Vec::new(), output, hint }
}
