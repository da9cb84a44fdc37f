//! `harness debug`: a repeat under Delve, for what only a debugger can tell.
//!
//! ```text
//! args         what is typed
//! prepare      the program and the debugger
//! handover     for somebody at a terminal, or for an editor
//! goroutines   what the latest session or a core file has
//! repeat       the one that `harness run` makes
//! ```

mod args;
mod goroutines;
mod handover;
mod prepare;
pub(super) mod repeat;

use super::args::Format;
use super::error::CliError;
use super::{Context, files, pipeline, run, scenarios};
use crate::capture::delve::{DebugPlan, debug};
use crate::model::Outcome;
use crate::report::debug::DebugReport;
use crate::scenario::{DelveBreak, Scenario};
use crate::toolchain::Toolchain;

pub use args::Debug;
use prepare::Prepared;

/// The latest session's report, in its directory.
const RECORD: &str = "debug.json";

pub(super) fn command(args: &Debug, context: &Context) -> Result<Outcome, CliError> {
    if let Some(command) = &args.command {
        return goroutines::command(args, command, context);
    }
    let scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    if args.interactive {
        handover::refuse_without_terminal(&args.scenario)?;
    }
    let breaks = breaks(args, &scenario, context)?;
    let out = prepare::session(&scenario, context)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let prepared = Prepared::new(scenario, args.variant.as_deref(), &toolchain, context)?;
    // What is handed over leaves the record of the latest session alone.
    let out = if args.interactive || args.dap { out.with_file_name("handed-over") } else { out };
    let plan = prepared.plan(&breaks, &out, context);
    if args.interactive || args.dap {
        let plan = DebugPlan { env: prepared.untouched(context), is_probed: false, ..plan };
        return if args.dap {
            handover::dap(args, plan, context)
        } else {
            handover::interactive(&plan, context)
        };
    }
    let plan = DebugPlan { core: args.keep_core, ..plan };
    let report = debugged(&args.scenario, &prepared, &plan, context)?;
    let text = match args.format {
        Format::Json => report.to_json().map_err(anyhow::Error::from)?,
        Format::Terminal => context.console.fitted(report.to_terminal(&context.console.look())),
    };
    context.console.print(&text)?;
    Ok(report.outcome)
}

/// Makes a session, and keeps its report for who asks for goroutines later.
fn debugged(
    name: &str,
    prepared: &Prepared,
    plan: &DebugPlan<'_>,
    context: &Context,
) -> Result<DebugReport, CliError> {
    let activity = context.console.activity("debug");
    activity.begin("the program runs under Delve");
    let record = debug(plan);
    drop(activity);
    let accepted = &prepared.scenario.workload.exit_codes;
    let build = (prepared.built.facts.command.clone(), prepared.limits.clone());
    let report = DebugReport::new(name, &prepared.variant.name, build, record?, accepted);
    let json = report.to_json().map_err(anyhow::Error::from)?;
    files::keep(&plan.out.join(RECORD), json.as_bytes(), context)?;
    Ok(report)
}

/// Where it is stopped: what the command line says, or else the scenario.
fn breaks(args: &Debug, scenario: &Scenario, context: &Context) -> Result<Vec<DelveBreak>, CliError> {
    let mut places = args.breaks.clone();
    if let Some(fingerprint) = &args.at {
        places.push(line_of(fingerprint, scenario, context)?);
    }
    if places.is_empty() {
        return Ok(scenario.delve.breaks.clone());
    }
    let (when, show, max) = (&args.when, &args.show, args.max);
    let places = places.into_iter().map(|at| found(at, context));
    let at = |at| DelveBreak { at, when: when.clone(), show: show.clone(), max, ..DelveBreak::default() };
    Ok(places.map(at).collect())
}

/// A line of a file that lies where the user stands has its whole name: Delve finds it under the one that it has in the program.
fn found(at: String, context: &Context) -> String {
    let Some((file, line)) = at.rsplit_once(':') else { return at };
    let path = context.environment.dir.join(file);
    match path.canonicalize_utf8() {
        Ok(path) if path.is_file() && file.contains('/') => format!("{path}:{line}"),
        _ => at,
    }
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
