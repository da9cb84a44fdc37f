//! What a repeat under the debugger needs: the one variant, built as a debugger likes it, and Delve.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::capture::debug_environment;
use crate::capture::delve::DebugPlan;
use crate::capture::{Lock, Store};
use crate::cli::builds::build_all;
use crate::cli::error::CliError;
use crate::cli::{Context, scenarios};
use crate::scenario::{CheckpointSpec, DelveBreak, HeapDump, Scenario, Variant};
use crate::toolchain::{self, BuildError, Built, Toolchain};

/// How much longer a program may take that is stopped again and again.
const PATIENCE_FACTOR: u64 = 4;

/// A program, ready to be debugged.
pub(in crate::cli) struct Prepared {
    pub(in crate::cli) scenario: Scenario,
    pub(in crate::cli) variant: Variant,
    pub(in crate::cli) built: Built,
    pub(in crate::cli) dlv: Utf8PathBuf,
    /// What cannot be seen, in words.
    pub(in crate::cli) limits: Vec<String>,
    args: Vec<String>,
    _lock: Lock,
}

impl Prepared {
    /// Finds Delve and builds the program; what cannot be seen in it is said before anything is started.
    pub(in crate::cli) fn new(
        scenario: Scenario,
        named: Option<&str>,
        toolchain: &Toolchain,
        context: &Context,
    ) -> Result<Self, CliError> {
        let dlv = toolchain::delve(&context.environment, toolchain.go())?;
        let store = store(&scenario, context)?;
        let (scenario, variant) = observed(scenario, named)?;
        let lock = store.lock(&scenario.name)?;
        let built = built(&scenario, toolchain, &store, context)?;
        if let Some(why) = undebuggable(&built) {
            return Err(CliError::usage(why, "name a variant for this machine with --variant"));
        }
        let limits = toolchain::limits(&variant.build, &built.facts);
        for words in &limits {
            context.console.say(&format!("{:>8} {words}", "debug"));
        }
        let args = scenario.workload.args.iter().map(|word| scenario.workload.filled(word)).collect();
        Ok(Self { scenario, variant, built, dlv, limits, args, _lock: lock })
    }

    /// What is asked of Delve, with files in `out`.
    pub(in crate::cli) fn plan<'a>(
        &'a self,
        breaks: &'a [DelveBreak],
        out: &'a Utf8Path,
        context: &'a Context,
    ) -> DebugPlan<'a> {
        let inherited = &context.environment.vars;
        let (program, env) = program(&self.scenario, &self.built, out, inherited);
        let workload = &self.scenario.workload;
        DebugPlan {
            dlv: &self.dlv,
            program,
            args: &self.args,
            env,
            workload,
            inherited,
            is_probed: self.built.facts.goroutine_leak,
            module: &self.built.facts.modules.main,
            is_trimmed: self.variant.build.trimpath,
            breaks,
            deadline: Duration::from_millis(workload.timeout_ms.saturating_mul(PATIENCE_FACTOR)),
            out,
            core: false,
            interrupt: &context.interrupt,
        }
    }
}

impl Prepared {
    /// The environment of a program that somebody else debugs: the probe in it, if there is one, does nothing.
    pub(super) fn untouched(&self, context: &Context) -> BTreeMap<String, String> {
        debug_environment(&self.scenario, None, &context.environment.vars)
    }
}

/// Where captures and builds of a scenario are.
pub(super) fn store(scenario: &Scenario, context: &Context) -> Result<Store, CliError> {
    Ok(Store::below(&scenarios::root(scenario, &context.environment.dir))?)
}

/// The directory of the latest session.
pub(super) fn session(scenario: &Scenario, context: &Context) -> Result<Utf8PathBuf, CliError> {
    Ok(store(scenario, context)?.builds(&name(scenario)).join("session"))
}

/// Under which name builds for the debugger are kept.
fn name(scenario: &Scenario) -> String {
    format!("{}.debug", scenario.name)
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
    scenario.name = name(&scenario);
    scenario.variants = vec![variant.clone()];
    scenario.variants.iter_mut().for_each(|variant| variant.build.cover = false);
    scenario.workload.checkpoint = CheckpointSpec::Exit;
    scenario.capture.heap_dump = HeapDump::Off;
    (scenario.capture.trace, scenario.capture.escapes, scenario.capture.asan) = (false, false, false);
    scenario.capture.goroutine_leak = true;
    Ok((scenario, variant))
}

/// Why Delve can do nothing with a build.
fn undebuggable(built: &Built) -> Option<String> {
    let facts = &built.facts;
    let emulator = facts.runner.emulator().map(|emulator| {
        format!("it runs under {} here, and Delve debugs programs of this machine alone", emulator.name)
    });
    facts.refusal().or(emulator)
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
