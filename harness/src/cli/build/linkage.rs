//! Linkage: binary and packages of each variant.

use super::Bench;
use crate::cli::error::CliError;
use crate::format::{binary::Dynamic, golist};
use crate::lab;
use crate::lab::linkage::Record;
use crate::model::lab::Topic;
use crate::model::lab::linkage::LinkageAnswer;
use crate::toolchain::lab::linkage::linkage;

pub(super) fn answer(bench: &Bench<'_>) -> Result<LinkageAnswer, CliError> {
    let asked = bench.ask(Topic::Linkage, |subject| {
        let record = linkage(subject)?;
        let (dynamic, problems) = Dynamic::read("binary", &record.binary);
        let is_readable = problems.is_empty();
        let packages = golist::packages(&record.packages);
        Ok(Record { dynamic, is_readable, packages, linker: record.linker })
    })?;
    let mut answer = lab::linkage::answer(bench.records(&asked.records), bench.expect);
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}
