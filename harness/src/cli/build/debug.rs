//! Debug information: of the reference all kinds are made and tried, of the others what was built.

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::debug::DebugAnswer;
use crate::toolchain::lab::debug::debug;

pub(super) fn answer(bench: &Bench<'_>) -> Result<DebugAnswer, CliError> {
    let asked =
        bench.ask(Topic::DebugInfo, |subject| debug(subject, subject.variant.name == bench.reference))?;
    let mut answer = lab::debug::answer(bench.records(&asked.records));
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}
