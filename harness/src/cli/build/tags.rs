//! Tags: the go command and a program of ours say which files belong to each variant.

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::tags::TagsAnswer;
use crate::scenario::LabExpect;
use crate::toolchain::lab::tags::tags;

pub(super) fn answer(bench: &Bench<'_>, expect: &LabExpect) -> Result<TagsAnswer, CliError> {
    let asked = bench.ask(Topic::Tags, tags)?;
    let mut answer = lab::tags::answer(bench.records(&asked.records), expect);
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}
