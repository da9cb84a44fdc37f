//! `harness run` of tests and benchmarks: which of them are worth runs of their own, and those runs.
//!
//! The survey has run them all. What may grow there is told by the probe, generously; what does, is judged by the runs that
//! are made here, of one test each.

use super::Context;
use super::error::CliError;
use super::pace::Pace;
use super::pipeline;
use super::run::run_all;
use crate::capture::Session;
use crate::model::{Mode, RunId, SiteClass, TestKind, TestOutcome, TestRun};
use crate::scenario::{Kind, Scenario};
use crate::toolchain::Built;

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
    for survey in pipeline::surveys(session.root())? {
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

/// Whether a test is worth runs of its own: something grew that could be a finding.
fn may_leak(unit: &TestRun) -> bool {
    let grew = unit.grown.iter().any(|(site, ..)| matches!(site.class, SiteClass::User | SiteClass::Map));
    unit.outcome == TestOutcome::Pass && (grew || unit.goroutines > 0 || unit.descriptors > 0)
}
