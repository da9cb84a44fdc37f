//! `harness run --until-found` and `--minimise`: runs that look for a leak, one after another.

use super::error::CliError;
use super::run::{Prepared, run_one, runnable};
use super::{Context, gotest, pipeline};
use crate::baseline;
use crate::capture::{CaptureStatus, Session, Store};
use crate::model::{Mode, RunId};
use crate::report::{Minimised, Trial};
use crate::scenario::{HeapDump, Scenario};
use crate::toolchain::Built;

/// Whether a repeat of a capture in the making shows the leaks that are expected, or any if none are.
pub(super) fn shows(root: &camino::Utf8Path, repeat: u32, context: &Context) -> Result<bool, CliError> {
    let dir = crate::capture::open(root)?;
    let diagnoses = pipeline::diagnoses_of(&dir, repeat, context)?;
    let mut groups = baseline::group(&diagnoses);
    groups.retain(|group| baseline::judges(group, &dir.manifest().scenario.exemptions));
    let names: Vec<String> = diagnoses.iter().map(|diagnosis| diagnosis.variant.clone()).collect();
    let expect = dir.manifest().scenario.expect.as_ref();
    let expected = baseline::expectations(expect, &groups, &names);
    Ok(match expected.as_slice() {
        [] => !groups.is_empty(),
        all => {
            let missed = all.iter().any(|one| !one.missing_in.is_empty());
            !missed && all.iter().any(|one| !one.findings.is_empty())
        }
    })
}

/// Bisects the number of operations; leaves a capture of the fewest, with all modes.
pub(super) fn minimise(
    prepared: &Prepared,
    built: &[(String, Built)],
    context: &Context,
) -> Result<(camino::Utf8PathBuf, Minimised), CliError> {
    let scenario = &prepared.scenario;
    let (unit, all) = size(scenario)?;
    let mut search = Search { prepared, built, context, trials: Vec::new() };
    let (mut no, mut yes) = (0, all);
    if search.reproduces(all)? {
        while yes - no > 1 && !context.interrupt.is_set() {
            let middle = no + (yes - no) / 2;
            match search.reproduces(middle)? {
                true => yes = middle,
                false => no = middle,
            }
        }
    }
    let found = search.trials.iter().any(|trial| trial.found);
    let trials = search.trials;
    let fewest = found.then_some(yes);
    let root = whole(prepared, built, yes, context)?;
    Ok((root, Minimised { unit: unit.to_owned(), of: all, fewest, trials }))
}

fn size(scenario: &Scenario) -> Result<(&'static str, u64), CliError> {
    scenario.size().ok_or_else(|| {
        CliError::usage(
            format!("scenario `{}` does not say how many operations its workload has", scenario.name),
            "write `operations = 2000` into [workload] and `{ops}` where the program takes the number (args, env, the \
             driver's command), or use a driver, whose rounds are counted",
        )
    })
}

/// For a search: it has to be known what to make smaller.
pub(super) fn narrow(scenario: &mut Scenario) -> Result<(), CliError> {
    size(scenario)?;
    one_variant(scenario);
    Ok(())
}

/// Leaves the first variant in which all leaks are expected.
pub(super) fn one_variant(scenario: &mut Scenario) {
    let leaks = scenario.expect.as_ref().map_or(&[][..], |expect| &expect.leaks);
    let all_in =
        |name: &String| leaks.iter().all(|leak| leak.variants.is_empty() || leak.variants.contains(name));
    let place = scenario.variants.iter().position(|variant| all_in(&variant.name)).unwrap_or(0);
    scenario.variants = scenario.variants.get(place).cloned().into_iter().collect();
}

/// One run that tells most.
pub(super) fn shorten(scenario: &mut Scenario) {
    let leaks = scenario.expect.as_ref().map_or(&[][..], |expect| &expect.leaks);
    if leaks.iter().all(|leak| leak.held_by.is_none()) {
        scenario.capture.heap_dump = HeapDump::Off; // nobody asks who holds it
    }
    let exact = scenario.capture.modes.contains(&Mode::Step);
    scenario.capture.modes = vec![if exact { Mode::Step } else { Mode::Natural }];
    scenario.capture.repeat = 1;
    scenario.variants.iter_mut().for_each(|variant| variant.build.cover = false);
}

/// A search in progress.
struct Search<'a> {
    prepared: &'a Prepared,
    built: &'a [(String, Built)],
    context: &'a Context,
    trials: Vec<Trial>,
}

impl Search<'_> {
    fn reproduces(&mut self, operations: u64) -> Result<bool, CliError> {
        let mut scenario = self.prepared.scenario.with_size(operations);
        shorten(&mut scenario);
        let root = capture(&self.prepared.store, &scenario, self.built, self.context)?;
        let found = shows(&root, 1, self.context)?;
        self.context.console.say(&format!(
            "{:>8} {operations}: {}",
            "minimise",
            if found { "reproduces" } else { "does not" }
        ));
        self.trials.push(Trial { operations, found });
        Ok(found)
    }
}

/// The last word: as the scenario has it, with so many operations.
fn whole(
    prepared: &Prepared,
    built: &[(String, Built)],
    operations: u64,
    context: &Context,
) -> Result<camino::Utf8PathBuf, CliError> {
    capture(&prepared.store, &prepared.scenario.with_size(operations), built, context)
}

/// A capture of a scenario whose builds are there.
pub(super) fn capture(
    store: &Store,
    scenario: &Scenario,
    built: &[(String, Built)],
    context: &Context,
) -> Result<camino::Utf8PathBuf, CliError> {
    let mut session = Session::create(store, None, scenario, &context.environment.vars)?;
    for (variant, built) in built {
        session.record_build(variant, Ok(built))?;
    }
    let ids: Vec<RunId> = crate::capture::plan(scenario, &runnable(built, context));
    for id in ids.iter().take_while(|_| !context.interrupt.is_set()) {
        run_one(id, built, &mut session, context)?;
    }
    gotest::run_suspects(scenario, built, &mut session, context)?;
    for (variant, built) in built.iter().take_while(|_| !context.interrupt.is_set()) {
        session.run_sanitized(variant, built, &context.environment.vars, &context.interrupt)?;
    }
    let interrupted = context.interrupt.is_set();
    Ok(session.finish(if interrupted { CaptureStatus::Interrupted } else { CaptureStatus::Complete })?)
}
