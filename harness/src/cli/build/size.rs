//! Size: the binaries themselves are the records.

use super::Bench;
use crate::cli::error::CliError;
use crate::format::binary::Contents;
use crate::lab;
use crate::lab::size::Record;
use crate::model::lab::Topic;
use crate::model::lab::size::SizeAnswer;
use crate::scenario::LabExpect;
use crate::toolchain::lab::{SizeRecord, size};

pub(super) fn answer(bench: &Bench<'_>, expect: &LabExpect) -> Result<SizeAnswer, CliError> {
    let asked = bench.ask(Topic::Size, |subject| size(subject).map(record))?;
    let mut answer = lab::size::answer(bench.records(&asked.records), expect);
    answer.not_run = asked.not_run;
    Ok(answer)
}

fn record(SizeRecord { binary, twin, modules }: SizeRecord) -> Record {
    let read = |data: &Vec<u8>| Contents::read("binary", data).0;
    Record { contents: read(&binary), twin: twin.as_ref().map(read), modules }
}
