//! Size: the binaries themselves are the records.

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::size::SizeAnswer;
use crate::toolchain::lab::binary;

pub(super) fn answer(bench: &Bench<'_>) -> Result<SizeAnswer, CliError> {
    let asked = bench.ask(Topic::Size, binary)?;
    let mut answer = lab::size::answer(bench.records(&asked.records));
    answer.not_run = asked.not_run;
    Ok(answer)
}
