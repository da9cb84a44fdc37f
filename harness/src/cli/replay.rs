//! `harness run --replay`: a capture once more, from its manifest alone, and whether it comes to the same.
//!
//! What differs now is told before anything takes time. What makes it another program or load is refused, unless the
//! user does not mind; then the report carries it.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::builds::build_all;
use super::error::CliError;
use super::run::{ask, report, run_all, run_sanitized};
use super::{Context, args, build, checkout, covered, earlier, pipeline, scenarios};
use crate::capture::{
    BuildOutcome, CaptureDir, CaptureStatus, Difference, Inputs, Manifest, Replay, Session, Store,
    is_capture, machine, machine_differences, open, open_named,
};
use crate::model::{Diagnosis, Outcome, RunId};
use crate::report::Replayed;
use crate::scenario::Scenario;
use crate::toolchain::{BuildDirs, Toolchain};

/// Repeats a capture.
pub(super) fn run(capture: &Utf8Path, args: &args::Run, context: &Context) -> Result<Outcome, CliError> {
    let recorded = recorded(&context.environment.dir.join(capture))?;
    let (scenario, moved) = scenario(&recorded, args.recorded_go, &context.environment.dir)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let mut replay = check(&recorded, &scenario, (&toolchain, &store), args.despite_changes, context)?;
    if let Some(words) = moved {
        context.console.say(&format!("{:>8} {words}", "differs"));
        replay.conditions.push(words);
    }
    let out = args.out.as_ref().map(|out| context.environment.dir.join(out));
    let mut session = Session::create(&store, out.as_deref(), &scenario, &context.environment.vars)?;
    session.repeats(recorded.root(), replay)?;
    let mut builds = Vec::new();
    let built = build_all(&scenario, &toolchain, &store, context, |variant, result| {
        builds.push(build::told(variant, &result));
        Ok(session.record_build(variant, result)?)
    })?;
    ask((&scenario, &toolchain, &store), &built, builds, &mut session, context)?;
    for (variant, parallel) in &recorded.manifest().parallel {
        session.group(variant, parallel.clone());
    }
    for (variant, tests) in &recorded.manifest().left_out {
        tests.iter().for_each(|test| session.leave_out(variant, test));
    }
    let is_built = |id: &RunId| built.iter().any(|(name, _)| **name == *id.variant);
    let ids = recorded.manifest().runs.iter().map(|run| run.id.clone());
    let plan: Vec<RunId> = ids.filter(is_built).collect();
    let pace = earlier::runs(&store, &scenario.name, &plan);
    run_all((&plan, pace), &built, &mut session, false, context)?;
    run_sanitized(&built, &mut session, context)?;
    covered::run(&built, &mut session, context)?;
    let status = match context.interrupt.is_set() {
        true => CaptureStatus::Interrupted,
        false => CaptureStatus::Complete,
    };
    let root = session.finish(status)?;
    let outcome = report(&root, None, None, &args.forms, context)?;
    store.rotate(&scenario.name, args.keep)?; // not before: the one that is repeated may be the oldest
    Ok(outcome)
}

fn recorded(path: &Utf8Path) -> Result<CaptureDir, CliError> {
    let path = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let recorded = open_named(&path)?;
    if recorded.manifest().runs.is_empty() {
        let what = format!("`{path}` has no run that could be repeated");
        return Err(CliError::usage(what, "run its scenario instead: `harness run NAME`"));
    }
    Ok(recorded)
}

/// The scenario as it was, over the sources of the checkout that is meant, and words on which that is, if another; with
/// the Go releases as they were, if asked.
fn scenario(
    recorded: &CaptureDir,
    recorded_go: bool,
    from: &Utf8Path,
) -> Result<(Scenario, Option<String>), CliError> {
    let manifest = recorded.manifest();
    let mut scenario = manifest.scenario.clone();
    let wanted = checkout::Wanted { module: &module(manifest), scenario: &scenario };
    let moved = match wanted.find([from, recorded.root()]) {
        None => {
            let what = format!("the module of the capture is not there: `{}`", scenario.workload.module);
            let hint =
                "stand in a checkout that has it at the same place, or run the scenario of your own copy";
            return Err(CliError::usage(what, hint));
        }
        Some((was, is)) if was == is => None,
        Some((was, is)) => {
            let words = format!("the sources are those in `{is}`, were those in `{was}`");
            checkout::relocate(&mut scenario, &was, &is);
            Some(words)
        }
    };
    for variant in scenario.variants.iter_mut().filter(|_| recorded_go) {
        variant.build.toolchain = release(manifest, &variant.name).or(variant.build.toolchain.take());
    }
    Ok((scenario, moved))
}

/// Path of the main module.
fn module(manifest: &Manifest) -> String {
    let built = manifest.builds.iter().find_map(|build| match &build.outcome {
        BuildOutcome::Built(facts) => Some(facts.modules.main.clone()),
        BuildOutcome::Failed(_) => None,
    });
    built.unwrap_or_default()
}

/// The Go release that a variant was built with.
fn release(manifest: &Manifest, variant: &str) -> Option<String> {
    let build = manifest.builds.iter().find(|build| build.variant == variant)?;
    let BuildOutcome::Built(facts) = &build.outcome else { return None };
    facts.go.version.split_whitespace().next().map(str::to_owned)
}

/// Says what differs, and refuses what proves nothing.
fn check(
    recorded: &CaptureDir,
    scenario: &Scenario,
    (toolchain, store): (&Toolchain, &Store),
    despite: bool,
    context: &Context,
) -> Result<Replay, CliError> {
    let manifest = recorded.manifest();
    let (refused, labelled): (Vec<Difference>, Vec<Difference>) = match &manifest.inputs {
        None => (vec![unknown()], Vec::new()),
        Some(then) => {
            let now = inputs(manifest, scenario, (toolchain, store), context)?;
            then.differences(&now).into_iter().partition(|one| one.refused)
        }
    };
    let words = |all: &[Difference]| all.iter().map(|one| one.words.clone()).collect::<Vec<_>>();
    let (changed, mut conditions) = (words(&refused), words(&labelled));
    conditions.extend(machine_differences(&manifest.machine, &machine()));
    if manifest.status != CaptureStatus::Complete {
        conditions.push("the capture was interrupted: only the runs that it has are repeated".to_owned());
    }
    if !changed.is_empty() && !despite {
        return Err(refusal(recorded, &refused));
    }
    for words in changed.iter().chain(&conditions) {
        context.console.say(&format!("{:>8} {words}", "differs"));
    }
    let digest = manifest.inputs.as_ref().map(|inputs| inputs.digest.clone());
    Ok(Replay { of: recorded.root().to_owned(), digest, changed, conditions })
}

fn unknown() -> Difference {
    let words = "the capture does not tell what went into it: an older harness made it".to_owned();
    Difference { words, refused: true, is_go: false }
}

/// What would go in now, of the variants that were built then.
fn inputs(
    manifest: &Manifest,
    scenario: &Scenario,
    (toolchain, store): (&Toolchain, &Store),
    context: &Context,
) -> Result<Inputs, CliError> {
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let mut now = Inputs::of(scenario, &context.environment.vars);
    let was_built = |name: &str| release(manifest, name).is_some();
    for variant in scenario.variants.iter().filter(|variant| was_built(&variant.name)) {
        now.add(&variant.name, toolchain.inputs(scenario, variant, &dirs, &context.interrupt)?);
    }
    Ok(now)
}

fn refusal(recorded: &CaptureDir, refused: &[Difference]) -> CliError {
    let lines: String = refused.iter().map(|one| format!("\n  - {}", one.words)).collect();
    let what = format!("`{}` cannot be repeated, what goes in is not the same:{lines}", recorded.root());
    let go = match refused.iter().any(|one| one.is_go) {
        true => "`--recorded-go` builds with the Go of the capture; ",
        false => "",
    };
    let hint =
        format!("{go}restore what has changed, or take it with `--despite-changes`, which labels the report");
    CliError::usage(what, hint)
}

/// How a capture compares with the one that it repeats, if it does.
pub(super) fn compare(
    dir: &CaptureDir,
    now: &pipeline::Analysis,
    context: &Context,
) -> Result<Option<Replayed>, CliError> {
    let Some(Replay { of, digest, changed, conditions }) = dir.manifest().replay.clone() else {
        return Ok(None);
    };
    let mut replayed = Replayed { of, digest, changed, conditions, ..Replayed::default() };
    match earlier(&replayed, context) {
        Ok(then) => results(&mut replayed, &then, now),
        Err(CliError::Interrupted) => return Err(CliError::Interrupted),
        Err(error) => replayed.not_compared = Some(error.to_string()),
    }
    Ok(Some(replayed))
}

fn earlier(replayed: &Replayed, context: &Context) -> Result<pipeline::Analysis, CliError> {
    if !is_capture(&replayed.of) {
        let what = format!("there is no capture in `{}` any more, or there was but a manifest", replayed.of);
        return Err(CliError::usage(what, "repeat from the whole capture"));
    }
    let dir = open(&replayed.of)?;
    let digest = dir.manifest().inputs.as_ref().map(|inputs| &inputs.digest);
    if digest != replayed.digest.as_ref() {
        let what = format!("`{}` is another capture now", replayed.of);
        return Err(CliError::usage(what, "repeat it again"));
    }
    let accepted = pipeline::accepted(&dir, None)?;
    pipeline::analyse(&dir, accepted.as_ref(), context)
}

/// Findings by identity and figures by name, variant by variant.
fn results(replayed: &mut Replayed, then: &pipeline::Analysis, now: &pipeline::Analysis) {
    let (was, is) = (findings(&then.diagnoses), findings(&now.diagnoses));
    let identities = |of: &BTreeMap<(String, String), String>| -> BTreeSet<String> {
        of.keys().map(|(_, identity)| identity.clone()).collect()
    };
    let gone = was.iter().filter(|(key, _)| !is.contains_key(*key));
    let fresh = is.iter().filter(|(key, _)| !was.contains_key(*key));
    let told = gone.map(|one| ("was found then and is not now", one));
    let told = told.chain(fresh.map(|one| ("is found now and was not then", one)));
    let words = told.map(|(what, ((variant, identity), sentence))| {
        format!("{variant}: finding {identity} {what}: {sentence}")
    });
    let mut differs: Vec<String> = words.collect();
    let both = was.keys().filter(|key| is.contains_key(*key)).count();
    replayed.same_findings = match both == was.len() && both == is.len() {
        true => identities(&is).len(),
        false => identities(&was).intersection(&identities(&is)).count(),
    };
    let (was, is) = (figures(&then.diagnoses), figures(&now.diagnoses));
    let names: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    for name in names {
        let (variant, figure) = name;
        match (was.get(name), is.get(name)) {
            (Some(then), Some(now)) if then == now => replayed.equal_figures += 1,
            (then, now) => {
                let word =
                    |values: Option<&Vec<u64>>| values.map_or("missing".to_owned(), |all| values_text(all));
                differs.push(format!("{variant}: {figure} was {}, is {}", word(then), word(now)));
            }
        }
    }
    replayed.differs = differs;
}

fn values_text(values: &[u64]) -> String {
    let words: Vec<String> = values.iter().map(u64::to_string).collect();
    words.join(" ")
}

/// Sentences, by variant and identity.
fn findings(diagnoses: &[Diagnosis]) -> BTreeMap<(String, String), String> {
    let of = |diagnosis: &Diagnosis| {
        let one = |finding: &crate::model::Finding| {
            let identity = format!("{} {}", finding.kind.word(), finding.fingerprint);
            ((diagnosis.variant.clone(), identity), finding.sentence.clone())
        };
        diagnosis.findings.iter().map(one).collect::<Vec<_>>()
    };
    diagnoses.iter().flat_map(of).collect()
}

/// Values of exact figures, by variant and name.
fn figures(diagnoses: &[Diagnosis]) -> BTreeMap<(String, String), Vec<u64>> {
    let of = |diagnosis: &Diagnosis| {
        let exact = diagnosis.metrics.iter().filter(|metric| metric.exact);
        let one = |metric: &crate::model::Metric| {
            ((diagnosis.variant.clone(), metric.name.clone()), metric.values.clone())
        };
        exact.map(one).collect::<Vec<_>>()
    };
    diagnoses.iter().flat_map(of).collect()
}
