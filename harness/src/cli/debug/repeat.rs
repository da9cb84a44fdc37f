//! The repeat under the debugger that `harness run` makes after all runs that are measured, and what an analysis has of it.

use super::prepare::{self, Prepared};
use super::{RECORD, debugged};
use crate::baseline::FindingGroup;
use crate::capture::{CaptureDir, DebugRun, Session};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::report::debug::{DebugPart, DebugReport};
use crate::scenario::Scenario;
use crate::toolchain::Toolchain;

/// Makes it, and keeps it in the capture. That it cannot be made is a record, too, and no reason to give up a capture.
pub(in crate::cli) fn make(
    scenario: &Scenario,
    toolchain: &Toolchain,
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    if context.interrupt.is_set() {
        return Ok(());
    }
    match seen(scenario, toolchain, context) {
        Ok((variant, json)) => session.record_debug(&variant, RECORD, json.as_bytes())?,
        Err(CliError::Interrupted) => {}
        Err(error) => session.record_no_debug(error.message())?,
    }
    Ok(())
}

fn seen(scenario: &Scenario, toolchain: &Toolchain, context: &Context) -> Result<(String, String), CliError> {
    let out = prepare::session(scenario, context)?;
    let prepared = Prepared::new(scenario.clone(), None, toolchain, context)?;
    let plan = prepared.plan(&scenario.delve.breaks, &out, context);
    let report = debugged(&scenario.name, &prepared, &plan, context)?;
    let json = report.to_json().map_err(anyhow::Error::from)?;
    Ok((report.variant, json))
}

/// What a capture has of it.
pub(in crate::cli) fn of_capture(
    dir: &CaptureDir,
    findings: &[FindingGroup],
) -> Result<Option<DebugPart>, CliError> {
    let Some(run) = &dir.manifest().debug else { return Ok(None) };
    if let DebugRun::NotMade { why } = run {
        return Ok(Some(DebugPart::not_made(why.clone())));
    }
    let Some(bytes) = dir.debug()? else { return Ok(None) };
    Ok(Some(match serde_json::from_slice::<DebugReport>(&bytes) {
        Ok(report) => DebugPart::new(report, findings),
        Err(error) => DebugPart::not_made(format!("its record is of another harness: {error}")),
    }))
}
