//! Time: every variant is built again, and with `--cold` once more with an empty cache.

use super::Bench;
use crate::cli::error::CliError;
use crate::lab;
use crate::model::lab::Topic;
use crate::model::lab::time::TimeAnswer;
use crate::toolchain::lab::time::time;

pub(super) fn answer(bench: &Bench<'_>) -> Result<TimeAnswer, CliError> {
    if bench.subjects.iter().any(|subject| subject.scenario.lab.cold) {
        let n = bench.subjects.len();
        bench.context.console.say(&format!(
            "time: compiling everything anew, the standard library included, for {n} variant{}: some 10 to 60 \
             seconds of a core each, and 50 to 200 MB of disk until it is done",
            if n == 1 { "" } else { "s" }
        ));
    }
    let asked = bench.ask(Topic::Time, time)?;
    let mut answer = lab::time::answer(bench.records(&asked.records));
    answer.not_run.extend(asked.not_run);
    Ok(answer)
}
