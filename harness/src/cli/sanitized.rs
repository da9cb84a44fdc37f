//! What the runs under AddressSanitizer came to: their reports read back, or why there are none.

use std::collections::BTreeMap;

use super::error::CliError;
use crate::capture::{AsanRecord, BuildRecord, CaptureDir, End, RunRecord};
use crate::format::Problem;
use crate::ingest;
use crate::model::CLeaks;
use crate::report::end_words;

/// Where a program's standard error is kept.
const STDERR: &str = "stderr.txt";

/// By variant.
#[derive(Debug, Default)]
pub(super) struct Sanitized {
    pub(super) by_variant: BTreeMap<String, CLeaks>,
    pub(super) problems: Vec<Problem>,
}

/// Reads all reports of a capture.
pub(super) fn read(dir: &CaptureDir) -> Result<Sanitized, CliError> {
    let mut all = Sanitized::default();
    let is_asked = dir.manifest().scenario.capture.asan;
    for build in dir.manifest().builds.iter().filter(|_| is_asked) {
        let leaks = one(dir, build, &mut all.problems)?;
        all.by_variant.insert(build.variant.clone(), leaks);
    }
    Ok(all)
}

fn one(dir: &CaptureDir, build: &BuildRecord, problems: &mut Vec<Problem>) -> Result<CLeaks, CliError> {
    let run = match &build.asan {
        Some(AsanRecord::Ran(run)) => run,
        Some(AsanRecord::NotRun { why }) => return Ok(CLeaks::NotRun(why.clone())),
        None => {
            return Ok(CLeaks::NotRun("the capture ended before the run under AddressSanitizer".to_owned()));
        }
    };
    let text = dir.read(run, STDERR)?;
    let file = format!("{}/{STDERR}", run.dir);
    let report = text.map(|text| ingest::c_leaks(&file, &text)).unwrap_or_default();
    problems.extend(report.problems);
    Ok(match report.failed {
        Some(words) => CLeaks::NotRun(format!("the sanitizer stopped the program: {words} (`{file}`)")),
        None if report.leaks.is_empty() => silent(run),
        None => CLeaks::Found(report.leaks),
    })
}

/// No report: nothing is lost if the program ended in the one way in which Go has leaks looked for.
fn silent(run: &RunRecord) -> CLeaks {
    match &run.end {
        End::Exited { code: 0 } => CLeaks::Found(Vec::new()),
        end => CLeaks::NotRun(format!(
            "leaks are looked for when a program ends by itself with exit code 0, and under AddressSanitizer it did not: {}",
            end_words(end)
        )),
    }
}
