//! The runs whose code is counted: made after all that is measured, and what they came to read back.

use super::Context;
use super::error::CliError;
use crate::capture::{BuildRecord, COVER_PROFILE, CaptureDir, CoverRecord, FileBytes, RunRecord, Session};
use crate::diagnose;
use crate::format::Problem;
use crate::ingest::{self, CoverageFiles, IngestedCoverage};
use crate::model::Diagnosis;
use crate::model::growth::Growth;
use crate::report::{self, VariantCoverage};
use crate::toolchain::Built;

/// By variant, in the scenario's order.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub(super) by_variant: Vec<VariantCoverage>,
    pub(super) problems: Vec<Problem>,
}

/// Makes the runs that were asked for, and keeps a profile of each for `go tool cover`.
pub(super) fn run(
    built: &[(String, Built)],
    session: &mut Session,
    context: &Context,
) -> Result<(), CliError> {
    let wanted: Vec<_> = built.iter().filter(|(_, built)| matches!(built.covered, Some(Ok(_)))).collect();
    let wanted: Vec<_> = wanted.into_iter().filter(|(_, built)| built.facts.refusal().is_none()).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let progress = context.console.progress(wanted.len(), "cover");
    for (variant, built) in wanted {
        if context.interrupt.is_set() {
            break;
        }
        progress.begin(variant);
        let record = session.run_covered(variant, built, &context.environment.vars, &context.interrupt)?;
        let Some(record) = record else { continue };
        if let Ok(read) = ingested(&crate::capture::open(session.root())?, &record)? {
            session.keep_profile(variant, &report::cover_profile(&read.program))?;
        }
        let failed = if record.ok { String::new() } else { format!(": {}", report::end_words(&record.end)) };
        progress.end(&format!("{variant} ({} ms){failed}", record.wall.0 / 1_000_000));
    }
    Ok(())
}

/// Reads what a capture has of them.
pub(super) fn read(dir: &CaptureDir, diagnoses: &[Diagnosis], growth: &Growth) -> Result<Coverage, CliError> {
    let mut all = Coverage::default();
    for build in &dir.manifest().builds {
        if let Some(one) = one(dir, build, (diagnoses, growth), &mut all.problems)? {
            all.by_variant.push(one);
        }
    }
    Ok(all)
}

fn one(
    dir: &CaptureDir,
    build: &BuildRecord,
    (diagnoses, growth): (&[Diagnosis], &Growth),
    problems: &mut Vec<Problem>,
) -> Result<Option<VariantCoverage>, CliError> {
    let mut of = VariantCoverage { variant: build.variant.clone(), ..VariantCoverage::default() };
    match &build.cover {
        None => return Ok(None),
        Some(CoverRecord::NotRun { why }) => of.not_run = Some(why.clone()),
        Some(CoverRecord::Ran(run)) => {
            of.end = report::end_words(&run.end);
            of.ok = run.ok;
            of.profile =
                run.files.iter().any(|file| file.name == COVER_PROFILE).then(|| run.dir.join(COVER_PROFILE));
            of.module.clone_from(&dir.manifest().scenario.workload.module);
            match ingested(dir, run)? {
                Err(why) => of.not_run = Some(why),
                Ok(read) => {
                    problems.extend(read.problems);
                    let escapes = match dir.manifest().scenario.capture.escapes {
                        true if build.escapes.is_empty() => {
                            Err("the compiler has said nothing of the module's values on the heap")
                        }
                        true => Ok(build.escapes.as_slice()),
                        false => {
                            Err("`escapes = false` in `[capture]`: the compiler was not asked what allocates")
                        }
                    };
                    let diagnosis = diagnoses.iter().find(|diagnosis| diagnosis.variant == build.variant);
                    let findings = diagnosis.map_or(&[][..], |diagnosis| &diagnosis.findings);
                    let measured = growth.of_variant(Some(&build.variant)).map(|run| (run, findings));
                    of.facts = Some(diagnose::coverage::facts(&read.program, escapes, measured));
                }
            }
        }
    }
    Ok(Some(of))
}

/// The coverage of a run, or why there is none.
fn ingested(dir: &CaptureDir, run: &RunRecord) -> Result<Result<IngestedCoverage, String>, CliError> {
    let names = || run.files.iter().map(|file| file.name.as_str());
    let Some(meta) = names().find(|name| ingest::is_meta(name)) else {
        let end = report::end_words(&run.end);
        return Ok(Err(format!("the program wrote no coverage data ({end})")));
    };
    let Some(content) = dir.read(run, meta)? else { return Ok(Err("its data is gone".to_owned())) };
    let mut counters: Vec<(&str, FileBytes)> = Vec::new();
    for name in names().filter(|name| ingest::is_counters(name)) {
        counters.extend(dir.read(run, name)?.map(|bytes| (name, bytes)));
    }
    let counters: Vec<(&str, &[u8])> = counters.iter().map(|(name, bytes)| (*name, &**bytes)).collect();
    let probe = dir.read(run, ingest::PROBE_FILE)?;
    Ok(Ok(ingest::coverage(&CoverageFiles {
        directory: run.dir.as_str(),
        meta: (meta, &content),
        counters: &counters,
        probe: probe.as_deref(),
    })))
}
