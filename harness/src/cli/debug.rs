//! `harness debug`: a repeat under Delve, for what only a debugger can tell.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8Path;

use super::args::{self, Format};
use super::builds::build_all;
use super::error::CliError;
use super::{Context, pipeline, run, scenarios};
use crate::capture::delve::{DebugPlan, debug};
use crate::capture::{Store, debug_environment};
use crate::model::Outcome;
use crate::report::debug::DebugReport;
use crate::scenario::{CheckpointSpec, DelveBreak, HeapDump, Scenario, Variant};
use crate::toolchain::{self, BuildError, Built, Toolchain};

/// How much longer a program may take that is stopped again and again.
const PATIENCE_FACTOR: u64 = 4;

pub(super) fn command(args: &args::Debug, context: &Context) -> Result<Outcome, CliError> {
    let scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    if scenario.workload.driver.is_some() {
        let what = "a program that is driven from outside is not debugged yet";
        return Err(CliError::usage(what, "name a scenario whose program ends by itself"));
    }
    let breaks = breaks(args, &scenario, context)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let dlv = toolchain::delve(&context.environment, toolchain.go())?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let (scenario, variant) = observed(scenario, args.variant.as_deref())?;
    let _lock = store.lock(&scenario.name)?;
    let built = built(&scenario, &toolchain, &store, context)?;
    let limits = toolchain::limits(&variant.build, &built.facts);
    for words in &limits {
        context.console.say(&format!("{:>8} {words}", "debug"));
    }
    let out = store.builds(&scenario.name).join("session");
    let (program, env) = program(&scenario, &built, &out, &context.environment.vars);
    let arguments: Vec<String> =
        scenario.workload.args.iter().map(|word| scenario.workload.filled(word)).collect();
    let activity = context.console.activity("debug");
    let record = debug(&DebugPlan {
        dlv: &dlv,
        program,
        args: &arguments,
        dir: &scenario.workload.dir,
        env,
        stdin: scenario.workload.stdin.as_deref(),
        module: &built.facts.modules.main,
        breaks: &breaks,
        deadline: Duration::from_millis(scenario.workload.timeout_ms.saturating_mul(PATIENCE_FACTOR)),
        out: &out,
        stop: &|| context.interrupt.is_set(),
    });
    drop(activity);
    let accepted = &scenario.workload.exit_codes;
    let command = built.facts.command.clone();
    let report = DebugReport::new(&args.scenario, &variant.name, (command, limits), record?, accepted);
    let text = match args.format {
        Format::Json => report.to_json().map_err(anyhow::Error::from)?,
        Format::Terminal => report.to_terminal(&context.console.look()),
    };
    context.console.print(&text)?;
    Ok(report.outcome)
}

/// Where it is stopped: what the command line says, or else the scenario.
fn breaks(args: &args::Debug, scenario: &Scenario, context: &Context) -> Result<Vec<DelveBreak>, CliError> {
    let mut places = args.breaks.clone();
    if let Some(fingerprint) = &args.at {
        places.push(line_of(fingerprint, scenario, context)?);
    }
    if places.is_empty() {
        return Ok(scenario.delve.breaks.clone());
    }
    let (when, show, max) = (&args.when, &args.show, args.max);
    let at = |at| DelveBreak { at, when: when.clone(), show: show.clone(), max, ..DelveBreak::default() };
    Ok(places.into_iter().map(at).collect())
}

/// The line of a finding of the latest capture.
fn line_of(fingerprint: &str, scenario: &Scenario, context: &Context) -> Result<String, CliError> {
    let dir = crate::capture::open(&run::latest(scenario, context)?)?;
    let accepted = pipeline::accepted(&dir, None)?;
    let analysis = pipeline::analyse(&dir, accepted.as_ref(), context)?;
    let findings = analysis.groups.iter().map(|group| &group.finding);
    let known: Vec<String> = findings.clone().map(|finding| finding.fingerprint.clone()).collect();
    let found: Vec<_> = findings.filter(|finding| finding.fingerprint.starts_with(fingerprint)).collect();
    match found.as_slice() {
        [finding] => Ok(format!("{}:{}", finding.file, finding.site.line)),
        _ => Err(CliError::usage(
            format!("{} findings of the latest capture begin with `{fingerprint}`", found.len()),
            format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }),
        )),
    }
}

/// The scenario with one variant, in which nothing is observed but which goroutines leak.
fn observed(mut scenario: Scenario, named: Option<&str>) -> Result<(Scenario, Variant), CliError> {
    let named = named.map(str::to_owned).or_else(|| scenario.delve.variant.clone());
    let variant = match &named {
        None => scenario.variants.first().map(toolchain::debuggable),
        Some(name) => scenario.variants.iter().find(|variant| variant.name == *name).cloned(),
    };
    let Some(variant) = variant else {
        let known: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
        let what = format!("scenario `{}` has no variant `{}`", scenario.name, named.unwrap_or_default());
        return Err(CliError::usage(what, format!("it has {}", known.join(", "))));
    };
    scenario.name = format!("{}.debug", scenario.name);
    scenario.variants = vec![variant.clone()];
    scenario.variants.iter_mut().for_each(|variant| variant.build.cover = false);
    scenario.workload.checkpoint = CheckpointSpec::Exit;
    scenario.capture.heap_dump = HeapDump::Off;
    (scenario.capture.trace, scenario.capture.escapes, scenario.capture.asan) = (false, false, false);
    scenario.capture.goroutine_leak = true;
    Ok((scenario, variant))
}

fn built(
    scenario: &Scenario,
    toolchain: &Toolchain,
    store: &Store,
    context: &Context,
) -> Result<Built, CliError> {
    let mut failed = None;
    let all = build_all(scenario, toolchain, store, context, |_, build| {
        failed = build.err();
        Ok(())
    })?;
    match (all.into_iter().next(), failed) {
        (Some((_, built)), _) => Ok(built),
        (None, Some(failure)) => Err(BuildError::Failed(Box::new(failure)).into()),
        (None, None) => Err(CliError::Interrupted),
    }
}

/// What runs, and in which environment: with the probe where the runtime can tell which goroutines are leaked, otherwise
/// the user's own.
fn program<'a>(
    scenario: &Scenario,
    built: &'a Built,
    out: &Utf8Path,
    inherited: &BTreeMap<String, String>,
) -> (&'a Utf8Path, BTreeMap<String, String>) {
    let is_probed = built.facts.goroutine_leak;
    let program = if is_probed { &built.probed } else { &built.plain };
    (program, debug_environment(scenario, is_probed.then_some(out), inherited))
}
