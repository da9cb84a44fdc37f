//! Reproducibility: each variant built again, in other circumstances.

use super::Bench;
use crate::cli::error::CliError;
use crate::format::binary::LinkedStrings;
use crate::lab;
use crate::lab::reproducible::{Again, Record};
use crate::model::lab::Topic;
use crate::model::lab::reproducible::ReproducibleAnswer;
use crate::toolchain::lab::reproducible::{Attempt, ReproducibleRecord, reproducible};

pub(super) fn answer(bench: &Bench<'_>) -> Result<ReproducibleAnswer, CliError> {
    let asked = bench.ask(Topic::Reproducible, |subject| {
        let record = reproducible(subject)?;
        Ok(decoded(record, &subject.import_path))
    })?;
    let mut answer = lab::reproducible::answer(bench.records(&asked.records), bench.expect);
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}

fn decoded(record: ReproducibleRecord, import_path: &str) -> Record {
    let again = |attempt: Attempt| Again {
        circumstance: attempt.circumstance,
        how: attempt.how,
        binary: attempt.binary,
        compiled: attempt.compiled,
        places: attempt.places.into_iter().map(Into::into).collect(),
    };
    Record {
        hash: record.facts.hash,
        metadata: record.facts.settings,
        attempts: record.attempts.into_iter().map(again).collect(),
        not_tried: record.not_tried,
        roots: record.roots.into_iter().map(|root| (root.what, root.path.into())).collect(),
        wanted: record.wanted,
        strings: record.symbols.map(|program| LinkedStrings::read(&program)),
        import_path: import_path.to_owned(),
        binary: record.binary,
    }
}
