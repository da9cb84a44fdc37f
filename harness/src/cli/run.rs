//! `harness run`.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::args;
use super::builds::build_all;
use super::debug::repeat;
use super::error::CliError;
use super::forms::Forms;
use super::init::unasked;
use super::live::Live;
use super::pace::Pace;
use super::{Context, build, covered, earlier, foreign, gotest, pipeline, replay, reproduce, scenarios};
use crate::baseline;
use crate::capture::{CaptureStatus, End, Lock, Session, Store};
use crate::model::{Mode, Outcome, RunId};
use crate::report;
use crate::report::lab::LabBuild;
use crate::scenario::Scenario;
use crate::toolchain::{BuildError, Built, Toolchain};

/// All that precedes builds.
pub(super) struct Prepared {
    pub(super) scenario: Scenario,
    pub(super) store: Store,
    toolchain: Toolchain,
    _lock: Lock,
}

impl Prepared {
    /// Anything that is wrong is told before anything takes time.
    fn new(args: &args::Run, context: &Context) -> Result<Self, CliError> {
        let word = args.scenario.as_deref().unwrap_or_default();
        let mut scenario = scenarios::resolve_as(word, args.tests.kind(), &context.environment.dir)?;
        scenarios::select(&mut scenario, &args.variants)?;
        args.tests.apply(&mut scenario)?;
        let most = args.until_found.then_some(args.max);
        if let Some(repeat) = args.repeat.or(args.times).or(most) {
            scenario.capture.repeat = repeat;
        }
        if args.cover {
            scenario.variants.iter_mut().for_each(|variant| variant.build.cover = true);
        }
        if let Some(path) = &args.baseline {
            scenario.baseline = context.environment.dir.join(path);
            pipeline::named_baseline(&scenario.baseline)?;
        }
        baseline::load(&scenario.baseline)?;
        if args.minimise {
            reproduce::narrow(&mut scenario)?;
        }
        let toolchain = Toolchain::find(&context.environment)?.anew(args.rebuild);
        unasked::load(&mut scenario, &toolchain, context)?;
        let store = Store::below(&scenarios::root(&scenario, &context.environment.dir))?;
        gotest::expand(&mut scenario, &toolchain, &store, context)?;
        let lock = store.lock(&scenario.name)?;
        Ok(Self { scenario, store, toolchain, _lock: lock })
    }
}

/// Runs a scenario.
pub(super) fn run(args: &args::Run, context: &Context) -> Result<Outcome, CliError> {
    args.forms.check(context)?;
    if let Some(capture) = &args.replay {
        return replay::run(capture, args, context);
    }
    let prepared = Prepared::new(args, context)?;
    if args.minimise {
        return minimise(&prepared, args, context);
    }
    let Prepared { scenario, store, toolchain, .. } = &prepared;
    let out = args.out.as_ref().map(|out| context.environment.dir.join(out));
    let mut session = Session::create(store, out.as_deref(), scenario, &context.environment.vars)?;
    let mut builds = Vec::new();
    let built = build_all(scenario, toolchain, store, context, |variant, result| {
        builds.push(build::told(variant, &result));
        Ok(session.record_build(variant, result)?)
    })?;
    ask((scenario, toolchain, store), &built, builds, &mut session, context)?;
    let mut plan = crate::capture::plan(scenario, &runnable(&built, context));
    // A hunt for what comes and goes is of the runs that can show it.
    plan.retain(|id| !args.until_found || id.repeat == 1 || id.mode != Mode::Plain);
    let pace = earlier::runs(store, &scenario.name, &plan);
    let found = run_all((&plan, pace), &built, &mut session, args.until_found, context)?;
    gotest::run_suspects(scenario, &built, &mut session, context)?;
    run_sanitized(&built, &mut session, context)?;
    covered::run(&built, &mut session, context)?;
    let is_wanted = args.delve || !scenario.delve.breaks.is_empty() && !args.until_found;
    if is_wanted && !args.no_delve && !built.is_empty() {
        repeat::make(scenario, toolchain, &mut session, context)?;
    }
    let status = match context.interrupt.is_set() {
        true => CaptureStatus::Interrupted,
        false => CaptureStatus::Complete,
    };
    let root = session.finish(status)?;
    store.rotate(&scenario.name, args.keep)?;
    if args.until_found {
        let words = found.map_or_else(
            || format!("not found in {} runs", scenario.capture.repeat),
            |repeat| format!("found in run {repeat} of at most {}", scenario.capture.repeat),
        );
        context.console.say(&format!("{:>8} {words}", "run"));
    }
    report(&root, None, found, &args.forms, context)
}

/// Keeps in the capture what the scenario asks of its builds. Whoever interrupts that has a capture all the same.
pub(super) fn ask(
    of: (&Scenario, &Toolchain, &Store),
    built: &[(String, Built)],
    builds: Vec<LabBuild>,
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    match build::document(of, built, builds, context) {
        Ok(Some(document)) => Ok(session.keep_lab(document.as_bytes())?),
        Ok(None) | Err(CliError::Interrupted) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Looks for the fewest operations and reports on them.
fn minimise(prepared: &Prepared, args: &args::Run, context: &Context) -> Result<Outcome, CliError> {
    let Prepared { scenario, store, toolchain, .. } = prepared;
    let mut failed = None;
    let built = build_all(scenario, toolchain, store, context, |_, build| {
        failed = build.err();
        Ok(())
    })?;
    if let Some(failure) = failed {
        return Err(BuildError::Failed(Box::new(failure)).into());
    }
    let (root, minimised) = reproduce::minimise(prepared, &built, context)?;
    store.rotate(&scenario.name, args.keep)?;
    let dir = crate::capture::open(&root)?;
    let accepted = pipeline::accepted(&dir, None)?;
    let mut analysis = pipeline::analyse(&dir, accepted.as_ref(), context)?;
    analysis.report.minimised = Some(minimised);
    show(analysis, &args.forms, context)
}

/// Analyses a capture again, or files of somebody's.
pub(super) fn analyze(args: &args::Analyze, context: &Context) -> Result<Outcome, CliError> {
    args.forms.check(context)?;
    if foreign::is_meant(args, context) {
        return show(foreign::analyse(args, context)?, &args.forms, context);
    }
    let dir = &context.environment.dir;
    let root = args.captures.first().map(|capture| dir.join(capture)).unwrap_or_default();
    let root = root.canonicalize_utf8().unwrap_or(root);
    let baseline = args.baseline.as_ref().map(|path| dir.join(path));
    report(&root, baseline.as_deref(), None, &args.forms, context)
}

/// Analyses a capture, or one repeat of it, and prints the report.
pub(super) fn report(
    root: &camino::Utf8Path,
    baseline: Option<&camino::Utf8Path>,
    repeat: Option<u32>,
    forms: &Forms,
    context: &Context,
) -> Result<Outcome, CliError> {
    show(analysis(root, baseline, repeat, context)?, forms, context)
}

/// Analyses a capture, or one repeat of it, and compares it with what it repeats.
pub(super) fn analysis(
    root: &camino::Utf8Path,
    baseline: Option<&camino::Utf8Path>,
    repeat: Option<u32>,
    context: &Context,
) -> Result<pipeline::Analysis, CliError> {
    let dir = crate::capture::open_named(root)?;
    let accepted = pipeline::accepted(&dir, baseline)?;
    let mut analysis = pipeline::analyse_repeat(&dir, accepted.as_ref(), repeat, context)?;
    analysis.report.replay = replay::compare(&dir, &analysis, context)?;
    Ok(analysis)
}

fn show(mut analysis: pipeline::Analysis, forms: &Forms, context: &Context) -> Result<Outcome, CliError> {
    analysis.of.clone_from(&forms.of);
    forms.show(&analysis, context)?;
    Ok(analysis.report.verdict.outcome)
}

/// Makes all runs; until the first repeat that shows what is looked for, if asked. Tells which that was.
pub(super) fn run_all(
    (plan, pace): (&[RunId], Pace),
    built: &[(String, Built)],
    session: &mut Session,
    until_found: bool,
    context: &Context,
) -> Result<Option<u32>, CliError> {
    let progress = context.console.paced_progress((plan.len(), pace), "run");
    // Variants of which a run ended before its deadline, and those of which one did not.
    let (mut ending, mut endless): (BTreeSet<&str>, BTreeSet<&str>) = Default::default();
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    for (nth, id) in plan.iter().enumerate() {
        if context.interrupt.is_set() {
            break;
        }
        // What has run into its deadline once in each mode would do it again: nobody waits for that.
        let is_hopeless = endless.contains(&*id.variant) && !ending.contains(&*id.variant);
        if id.repeat > 1 && id.test.is_none() && is_hopeless {
            left_out.insert(&id.variant);
            progress.tick(nth);
            continue;
        }
        progress.begin(&step(id));
        let dir = session.root().join(session.dir_of(id));
        let live = progress.shown().map(|shown| Live::new(&dir, shown));
        let (words, is_endless) = run_one(id, built, session, context)?;
        drop(live);
        progress.end(&words);
        let seen = if is_endless { &mut endless } else { &mut ending };
        seen.insert(&id.variant);
        let ends = plan.get(nth + 1).is_none_or(|next| next.repeat != id.repeat);
        if until_found && ends && reproduce::shows(session.root(), id.repeat, context)? {
            return Ok(Some(id.repeat));
        }
    }
    drop(progress);
    for variant in left_out {
        let words = format!("{variant} does not end: its other repeats are left out");
        context.console.say(&format!("{:>8} {words}", "run"));
    }
    Ok(None)
}

/// Makes the runs under AddressSanitizer that were asked for: after all others, which are measured.
pub(super) fn run_sanitized(
    built: &[(String, Built)],
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    let wanted: Vec<_> = built.iter().filter(|(_, built)| matches!(built.asan, Some(Ok(_)))).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let progress = context.console.progress(wanted.len(), "asan");
    for (variant, built) in wanted {
        if context.interrupt.is_set() {
            break;
        }
        progress.begin(variant);
        let record = session.run_sanitized(variant, built, &context.environment.vars, &context.interrupt)?;
        let wall = record.map_or(0, |record| record.wall.0 / 1_000_000);
        progress.end(&format!("{variant} ({wall} ms)"));
    }
    Ok(())
}

/// The variants whose programs run on this machine; of the others is said why not.
pub(super) fn runnable(built: &[(String, Built)], context: &Context) -> Vec<String> {
    let mut names = Vec::new();
    for (name, built) in built {
        match built.facts.refusal() {
            None => names.push(name.clone()),
            Some(why) => context.console.say(&format!("{:>8} {name}: {why}", "run")),
        }
    }
    names
}

fn step(id: &RunId) -> String {
    let test = id.test.as_ref().map(|test| format!("{test} ")).unwrap_or_default();
    format!("{} {test}{} {}", id.variant, id.mode.word(), id.repeat)
}

/// Makes one run; in words, how it went, and whether it ran into its deadline.
pub(super) fn run_one(
    id: &RunId,
    built: &[(String, Built)],
    session: &mut Session,
    context: &Context,
) -> Result<(String, bool), CliError> {
    let Some((_, built)) = built.iter().find(|(name, _)| **name == *id.variant) else {
        return Ok((step(id), false));
    };
    let record = session.run(id, built, &context.environment.vars, &context.interrupt)?;
    record.notes.iter().for_each(|note| context.console.mention(note));
    let failed = if record.ok { String::new() } else { format!(": {}", report::end_words(&record.end)) };
    let words = format!("{} ({} ms){failed}", step(id), record.wall.0 / 1_000_000);
    Ok((words, matches!(record.end, End::TimedOut { .. })))
}

/// Path of the latest capture of a scenario.
pub(super) fn latest(scenario: &Scenario, context: &Context) -> Result<Utf8PathBuf, CliError> {
    let store = Store::below(&scenarios::root(scenario, &context.environment.dir))?;
    store.latest(&scenario.name).ok_or_else(|| {
        let name = &scenario.name;
        CliError::usage(format!("there is no capture of `{name}`"), format!("harness run {name}"))
    })
}
