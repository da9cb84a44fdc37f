//! Modules: the go command says what is in each variant and why; `vendor/` is compared with what it would write.

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::modules::ModulesAnswer;
use crate::toolchain::lab::modules::{Known, modules};

pub(super) fn answer(bench: &Bench<'_>) -> Result<ModulesAnswer, CliError> {
    let mut known = Known::default();
    let asked = bench.ask(Topic::Modules, |subject| modules(subject, &mut known))?;
    let mut answer = lab::modules::answer(bench.records(&asked.records), bench.expect);
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}
