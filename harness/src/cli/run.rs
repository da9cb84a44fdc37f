//! `harness run`, and `harness build`, which is its first half.

use camino::Utf8PathBuf;

use super::args::{self, Format};
use super::error::CliError;
use super::{Context, foreign, pipeline, scenarios};
use crate::baseline;
use crate::capture::{CaptureStatus, Session, Store};
use crate::model::{Mode, Outcome};
use crate::report;
use crate::scenario::Scenario;
use crate::toolchain::{BuildDirs, BuildError, BuildFailure, Built, Toolchain};

/// Runs a scenario.
pub(super) fn run(args: &args::Run, context: &Context) -> Result<Outcome, CliError> {
    let mut scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    scenarios::select(&mut scenario, &args.variants)?;
    if let Some(repeat) = args.repeat {
        scenario.capture.repeat = repeat;
    }
    if let Some(path) = &args.baseline {
        scenario.baseline = context.environment.dir.join(path);
        pipeline::named_baseline(&scenario.baseline)?;
    }
    // A baseline that cannot be read is told before anything takes time.
    baseline::load(&scenario.baseline)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let out = args.out.as_ref().map(|out| context.environment.dir.join(out));
    let mut session = Session::create(&store, out.as_deref(), &scenario)?;
    let built = build_all(&scenario, &toolchain, &store, context, |variant, build| {
        Ok(session.record_build(variant, build)?)
    })?;
    run_all(&scenario, &built, &mut session, context)?;
    let status = match context.interrupt.is_set() {
        true => CaptureStatus::Interrupted,
        false => CaptureStatus::Complete,
    };
    let root = session.finish(status)?;
    store.rotate(&scenario.name, args.keep)?;
    report(&root, None, args.format, context)
}

/// Analyses a capture again, or files of somebody's.
pub(super) fn analyze(args: &args::Analyze, context: &Context) -> Result<Outcome, CliError> {
    if foreign::is_meant(args, context) {
        return show(&foreign::analyse(args, context)?, args.format, context);
    }
    let dir = &context.environment.dir;
    let root = args.captures.first().map(|capture| dir.join(capture)).unwrap_or_default();
    let root = root.canonicalize_utf8().unwrap_or(root);
    let baseline = args.baseline.as_ref().map(|path| dir.join(path));
    report(&root, baseline.as_deref(), args.format, context)
}

/// Analyses a capture and prints the report.
pub(super) fn report(
    root: &camino::Utf8Path,
    baseline: Option<&camino::Utf8Path>,
    format: Format,
    context: &Context,
) -> Result<Outcome, CliError> {
    let dir = crate::capture::open(root)?;
    let accepted = pipeline::accepted(&dir, baseline)?;
    show(&pipeline::analyse(&dir, accepted.as_ref(), context)?, format, context)
}

fn show(analysis: &pipeline::Analysis, format: Format, context: &Context) -> Result<Outcome, CliError> {
    let text = match format {
        Format::Json => report::to_json(&analysis.report).map_err(anyhow::Error::from)?,
        Format::Terminal => report::to_terminal(&analysis.report, &context.console.look()),
    };
    context.console.print(&text)?;
    Ok(analysis.report.verdict.outcome)
}

/// Builds every variant; one that fails is recorded and does not stop the others.
fn build_all(
    scenario: &Scenario,
    toolchain: &Toolchain,
    store: &Store,
    context: &Context,
    mut record: impl FnMut(&str, Result<&Built, BuildFailure>) -> Result<(), CliError>,
) -> Result<Vec<(String, Built)>, CliError> {
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let mut progress = context.console.progress(scenario.variants.len(), "build");
    let mut all = Vec::new();
    for variant in &scenario.variants {
        progress.begin(&variant.name);
        match toolchain.build(scenario, variant, &dirs, &context.interrupt) {
            Ok(built) => {
                let (plain, probed) = built.facts.build_ms;
                context.console.mention(&built.facts.command.join(" "));
                progress.end(&format!("{} ({plain} ms, probed {probed} ms)", variant.name));
                record(&variant.name, Ok(&built))?;
                all.push((variant.name.clone(), built));
            }
            Err(BuildError::Failed(failure)) => {
                progress.end(&format!("{} FAILED", variant.name));
                record(&variant.name, Err(*failure))?;
            }
            Err(BuildError::Interrupted) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

fn run_all(
    scenario: &Scenario,
    built: &[(String, Built)],
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    let names: Vec<String> = built.iter().map(|(name, _)| name.clone()).collect();
    let plan = crate::capture::plan(scenario, &names);
    let mut progress = context.console.progress(plan.len(), "run");
    for id in &plan {
        if context.interrupt.is_set() {
            break;
        }
        let Some((_, built)) = built.iter().find(|(name, _)| **name == *id.variant) else { continue };
        let step = format!("{} {} {}", id.variant, mode(id.mode), id.repeat);
        progress.begin(&step);
        let record = session.run(id, built, &context.environment.vars, &context.interrupt)?;
        let failed = if record.ok { String::new() } else { format!(": {}", report::end_words(&record.end)) };
        progress.end(&format!("{step} ({} ms){failed}", record.wall.0 / 1_000_000));
    }
    Ok(())
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Plain => "plain",
        Mode::Natural => "natural",
        Mode::Step => "step",
    }
}

/// Builds a scenario's variants and says what was really built.
pub(super) fn build(args: &args::Build, context: &Context) -> Result<Outcome, CliError> {
    let mut scenario = scenarios::resolve(&args.scenario, &context.environment.dir)?;
    scenarios::select(&mut scenario, &args.variants)?;
    let toolchain = Toolchain::find(&context.environment)?;
    let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
    let _lock = store.lock(&scenario.name)?;
    let mut outcome = Outcome::Pass;
    let mut text = String::new();
    build_all(&scenario, &toolchain, &store, context, |variant, result| {
        if result.is_err() {
            outcome = Outcome::BuildFailed;
        }
        text.push_str(&facts(variant, result));
        Ok(())
    })?;
    context.console.print(&text)?;
    Ok(if context.interrupt.is_set() { Outcome::Interrupted } else { outcome })
}

fn facts(variant: &str, build: Result<&Built, BuildFailure>) -> String {
    match build {
        Err(failure) => {
            let hint = failure.hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            format!(
                "{variant}: FAILED\n  {}\n{}\n{hint}\n",
                failure.command.join(" "),
                report::clean_lines(failure.output.trim_end())
            )
        }
        Ok(Built { facts, .. }) => {
            let binary = &facts.plain;
            let mut lines = vec![
                format!("{variant}: {} {}/{}", facts.go.version, facts.go.goos, facts.go.goarch),
                format!("  {}", facts.command.join(" ")),
                format!("  {} bytes, BLAKE3 {}", binary.size, binary.hash),
                format!(
                    "  debug info: {}, symbols: {}, static: {}, PIE: {}",
                    yes(binary.dwarf),
                    yes(binary.symbols),
                    yes(binary.static_link),
                    yes(binary.pie)
                ),
            ];
            lines.extend(facts.differences.iter().map(|words| format!("  when observed: {words}")));
            lines.extend(facts.notes.iter().map(|words| format!("  note: {words}")));
            lines.join("\n") + "\n\n"
        }
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Path of the latest capture of a scenario.
pub(super) fn latest(scenario: &Scenario, context: &Context) -> Result<Utf8PathBuf, CliError> {
    let store = Store::below(&scenarios::root(scenario, &context.environment.dir))?;
    store.latest(&scenario.name).ok_or_else(|| {
        let name = &scenario.name;
        CliError::usage(format!("there is no capture of `{name}`"), format!("harness run {name}"))
    })
}
