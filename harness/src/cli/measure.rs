//! One measured run of a build, for a table of runs and for a search over builds.

use camino::Utf8Path;

use super::Context;
use super::error::CliError;
use crate::capture;
use crate::lab::runs::Measured;
use crate::model::{Mode, RunId};
use crate::report;
use crate::scenario::Scenario;
use crate::toolchain::Built;

/// Runs the plain binary of `variant` once below `root`; in words, how it failed, if it did.
pub(super) fn measured(
    scenario: &Scenario,
    (variant, built): (&str, &Built),
    (repeat, root): (u32, &Utf8Path),
    context: &Context,
) -> Result<Result<Measured, String>, CliError> {
    let id = RunId { variant: variant.into(), mode: Mode::Plain, repeat, test: None };
    let env = &context.environment.vars;
    let (record, stderr) = capture::measure((scenario, built), &id, root, env, &context.interrupt)?;
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    if !record.ok {
        return Ok(Err(report::end_words(&record.end)));
    }
    let positive = |time: i64| u64::try_from(time).unwrap_or(0);
    Ok(Ok(Measured {
        wall: positive(record.wall.0),
        cpu: positive(record.user.0.saturating_add(record.system.0)),
        peak_rss: record.peak_rss.0,
        stderr,
    }))
}
