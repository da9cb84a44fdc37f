//! `harness run` of tests and benchmarks: which of them are worth runs of their own, and those runs.
//!
//! The survey has run them all. What may grow there is told by the probe, generously; what does, is judged by the runs that
//! are made here, of one test each.

use super::Context;
use super::error::CliError;
use super::pace::Pace;
use super::reading::{self, Survey};
use super::run::run_all;
use crate::capture::{Session, Store};
use crate::model::{Mode, PARALLEL, RunId, SiteClass, TestKind, TestOutcome, TestRun};
use crate::scenario::{Kind, Scenario, Variant};
use crate::toolchain::{BuildDirs, Built, Toolchain};

/// Surveys of a package at most: each further one goes without a test that ended the one before.
const SURVEYS: u32 = 6;

/// Makes variants of the packages that a pattern stands for: each has a test binary of its own.
pub(super) fn expand(
    scenario: &mut Scenario,
    toolchain: &Toolchain,
    store: &Store,
    context: &Context,
) -> Result<(), CliError> {
    if scenario.workload.kind == Kind::Binary || !scenario.workload.package.contains("...") {
        return Ok(());
    }
    let dirs = BuildDirs { out: store.builds(&scenario.name), cache: context.environment.cache_dir() };
    let mut variants = Vec::new();
    let is_one = scenario.variants.len() == 1;
    for variant in &scenario.variants {
        let packages = toolchain.tested_packages(scenario, variant, &dirs, &context.interrupt)?;
        variants.extend(packages.into_iter().map(|(package, short)| Variant {
            name: if is_one { short } else { format!("{}.{short}", variant.name) },
            build: variant.build.clone(),
            package: Some(package),
        }));
    }
    if variants.is_empty() {
        let what = format!("no package of `{}` has tests", scenario.workload.package);
        return Err(CliError::usage(what, "tests are in files whose names end in `_test.go`"));
    }
    scenario.variants = variants;
    Ok(())
}

/// That a pattern matches nothing is most likely a slip of the user's.
fn check_any(scenario: &Scenario, surveys: &[Survey]) -> Result<(), CliError> {
    let is_empty =
        |survey: &Survey| survey.ok && survey.tests.units.is_empty() && survey.tests.unfinished.is_none();
    let Some(spec) = scenario.workload.test.as_ref().filter(|_| surveys.iter().all(is_empty)) else {
        return Ok(());
    };
    let (flag, pattern, what) = match scenario.workload.kind {
        Kind::Bench => ("bench", &spec.bench, "benchmark"),
        Kind::Test | Kind::Binary => ("run", &spec.run, "test"),
    };
    let package = &scenario.workload.package;
    let hint = "`go test -list . PACKAGE` lists what there is";
    Err(match (pattern.is_empty(), spec.skip.is_empty()) {
        (true, true) => CliError::usage(format!("there is no {what} in `{package}`"), hint),
        (false, _) => {
            CliError::usage(format!("`{flag} = \"{pattern}\"` matches no {what} in `{package}`"), hint)
        }
        (true, false) => {
            CliError::usage(format!("`skip = \"{}\"` leaves no {what} of `{package}`", spec.skip), hint)
        }
    })
}

/// Makes runs of every test that may leak.
pub(super) fn run_suspects(
    scenario: &Scenario,
    built: &[(String, Built)],
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    if scenario.workload.kind == Kind::Binary || context.interrupt.is_set() {
        return Ok(());
    }
    let mut plan = Vec::new();
    survey_again(built, session, context)?;
    let surveys = reading::surveys(session.root())?;
    if !surveys.is_empty() {
        check_any(scenario, &surveys)?;
    }
    for survey in surveys {
        for unit in survey.tests.units.iter().filter(|unit| may_leak(unit)) {
            if unit.kind == TestKind::Group {
                let members = unit.members.iter().map(|member| member.name.to_string()).collect();
                session.group(&survey.variant, members);
            }
            let id = |repeat| RunId {
                variant: survey.variant.as_str().into(),
                mode: Mode::Step,
                repeat,
                test: Some(unit.name.clone()),
            };
            plan.extend((1..=scenario.capture.repeat).map(id));
        }
    }
    if !plan.is_empty() {
        let steps = (plan.as_slice(), Pace::even(plan.len()));
        run_all(steps, built, session, false, context)?;
    }
    Ok(())
}

/// Surveys again without the test that ended the process although it passes once, so that those behind it are looked at, too.
fn survey_again(built: &[(String, Built)], session: &mut Session, context: &Context) -> Result<(), CliError> {
    for repeat in 2..=SURVEYS {
        let surveys = reading::surveys(session.root())?;
        let last = surveys.iter().filter(|survey| survey.repeat + 1 == repeat && survey.passes_once);
        let ended: Vec<(String, String)> = last
            .filter_map(|survey| {
                Some((survey.variant.clone(), survey.tests.unfinished.as_deref()?.to_owned()))
            })
            .filter(|(_, test)| test != PARALLEL)
            .collect();
        if ended.is_empty() || context.interrupt.is_set() {
            break;
        }
        let mut plan = Vec::new();
        for (variant, test) in ended {
            session.leave_out(&variant, &test);
            plan.push(RunId { variant: variant.as_str().into(), mode: Mode::Step, repeat, test: None });
        }
        run_all((plan.as_slice(), Pace::even(plan.len())), built, session, false, context)?;
    }
    Ok(())
}

/// Whether a test is worth runs of its own: something grew that could be a finding.
fn may_leak(unit: &TestRun) -> bool {
    let grew = unit.grown.iter().any(|(site, ..)| matches!(site.class, SiteClass::User | SiteClass::Map));
    unit.outcome == TestOutcome::Pass && (grew || unit.goroutines > 0 || unit.descriptors > 0)
}
