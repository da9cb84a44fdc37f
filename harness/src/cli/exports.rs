//! Forms for other tools, rendered from what was decided: `report::export` with the right run of the right variant.
//!
//! A capture that has nothing for a form gives an empty file of that form: what failed is in the report, and a missing
//! picture must not hide it.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::error::CliError;
use super::pipeline::Analysis;
use super::reading;
use crate::capture::{CaptureDir, RunRecord};
use crate::format::exectrace::Reader;
use crate::format::pprof as profile;
use crate::ingest;
use crate::ingest::profile::reached;
use crate::ingest::trace::summary::Progress;
use crate::ingest::trace::tracks;
use crate::model::trace::tracks::Tracks;
use crate::model::{Checkpoint, ClockMap, Mode};
use crate::report::export::RunCycles;
use crate::report::growth::RunGrowth;
use crate::report::{self, Look, export};

type Rendered = Result<Vec<u8>, CliError>;

/// The run that forms of one variant are of, and the points that are compared.
fn run(analysis: &Analysis) -> Result<(Cow<'_, RunGrowth>, (usize, usize)), CliError> {
    let growth = &analysis.growth;
    let of = analysis.of.as_deref();
    if let Some(name) = of.filter(|name| analysis.report.variants.iter().all(|variant| variant.name != *name))
    {
        let names: Vec<&str> = analysis.report.variants.iter().map(|variant| variant.name.as_str()).collect();
        let what = format!("the capture has no variant `{name}`");
        return Err(CliError::usage(what, format!("its variants: {}", names.join(", "))));
    }
    let run = growth.of_variant(of).map_or_else(|| Cow::Owned(RunGrowth::nothing()), Cow::Borrowed);
    let ends = run.ends().unwrap_or_default();
    Ok((run, ends))
}

pub(super) fn pprof(analysis: &Analysis, _: &Look) -> Rendered {
    let (run, ends) = run(analysis)?;
    Ok(profile::write(&export::growth_pprof(&analysis.report.scenario, &run, ends)))
}

pub(super) fn folded(analysis: &Analysis, _: &Look) -> Rendered {
    let (run, ends) = run(analysis)?;
    Ok(export::folded(&run, ends).into_bytes())
}

pub(super) fn folded_diff(analysis: &Analysis, _: &Look) -> Rendered {
    let (run, ends) = run(analysis)?;
    Ok(export::folded_diff(&run, ends).into_bytes())
}

pub(super) fn speedscope(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::speedscope(&analysis.growth).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn csv(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::cycles_csv(&analysis.report.scenario, &analysis.cycles).into_bytes())
}

pub(super) fn openmetrics(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::openmetrics(&analysis.report, &analysis.cycles).into_bytes())
}

pub(super) fn openmetrics_cycles(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::cycles_openmetrics(&analysis.report.scenario, &analysis.cycles).into_bytes())
}

pub(super) fn bencher(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::bencher(&analysis.report).map_err(anyhow::Error::from)?.into_bytes())
}

pub(super) fn benchstat(analysis: &Analysis, _: &Look) -> Rendered {
    Ok(export::benchstat(&analysis.report, &analysis.cycles).into_bytes())
}

/// The run that `wanted` takes: of the variant that was named, or of the first.
fn record<'a>(
    dir: &'a CaptureDir,
    analysis: &Analysis,
    wanted: impl Fn(&RunRecord) -> bool,
) -> Result<Option<&'a RunRecord>, CliError> {
    run(analysis)?; // says so if there is no such variant
    let of = analysis.of.as_deref();
    let runs = dir.manifest().runs.iter().filter(|run| of.is_none_or(|of| *run.id.variant == *of));
    Ok(runs.into_iter().find(|run| run.ok && wanted(run)))
}

fn has(run: &RunRecord, file: impl Fn(&str) -> bool) -> bool {
    run.files.iter().any(|record| file(&record.name))
}

/// What the objects of the last heap dump are reached from.
pub(super) fn retained(analysis: &Analysis, _: &Look) -> Rendered {
    let empty = || Ok(profile::write(&reached(&[], "")));
    let Some(dir) = capture(analysis)? else { return empty() };
    let Some(record) = record(&dir, analysis, |run| has(run, ingest::is_dump))? else { return empty() };
    let program = dir.manifest().scenario.workload.package.clone();
    let made = reading::with_files(&dir, record, |files, modules| {
        ingest::reached(files, modules, &program).map(|made| profile::write(&made))
    })?;
    made.or_else(|_| empty())
}

/// The trace of a natural run, or else of a step run, with what the capture knows beside it.
pub(super) fn perfetto(analysis: &Analysis, _: &Look) -> Rendered {
    let mut tracks = Tracks::default();
    if let Some(dir) = capture(analysis)? {
        let mut found = None;
        for mode in [Mode::Step, Mode::Natural] {
            let traced = |run: &RunRecord| run.id.mode == mode && has(run, |name| name == ingest::TRACE_FILE);
            if let Some(run) = record(&dir, analysis, traced)? {
                found = Some(run);
            }
        }
        if let Some(run) = found {
            tracks = of_trace(&dir, run, analysis)?;
        }
    }
    let mut bytes = Vec::new();
    report::perfetto::write(&tracks, &mut bytes).map_err(anyhow::Error::from)?;
    Ok(bytes)
}

fn of_trace(dir: &CaptureDir, record: &RunRecord, analysis: &Analysis) -> Result<Tracks, CliError> {
    let bytes = dir.read(record, ingest::TRACE_FILE)?;
    let name = record.dir.join(ingest::TRACE_FILE);
    let Ok(mut reader) = Reader::new(name.as_str(), bytes.as_deref().unwrap_or_default()) else {
        return Ok(Tracks::default()); // the report says what is wrong with it
    };
    let cycles = analysis.cycles.iter().find(|cycles| cycles.run == record.id);
    let snapshots = cycles.map(snapshots).unwrap_or_default();
    let mut stop = |_: Progress| match analysis.interrupt.is_set() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let options = tracks::Options { snapshots, progress: Some(&mut stop), ..tracks::Options::default() };
    let mut made = tracks::tracks(&mut reader, options);
    if analysis.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    if let Some(cycles) = cycles {
        export::add_cycles(&mut made, cycles);
    }
    Ok(made)
}

/// The capture that was analysed; none for files of somebody's.
fn capture(analysis: &Analysis) -> Result<Option<CaptureDir>, CliError> {
    if !analysis.report.inputs.is_empty() {
        return Ok(None);
    }
    Ok(Some(crate::capture::open_named(&analysis.report.capture)?))
}

/// The checkpoints, each with the cycle of the trace whose heap it shows.
fn snapshots(run: &RunCycles) -> Vec<tracks::Snapshot> {
    let clocks = ClockMap::new(&run.clock_pairs);
    let of = |checkpoint: &Checkpoint| {
        let (before, after) = checkpoint.gc;
        let row = run.rows.iter().find(|row| before == after && row.cycle == before && before.0 > 0);
        tracks::Snapshot {
            at: clocks.trace(checkpoint.at),
            label: format!("checkpoint {}: {} operations", checkpoint.index, checkpoint.operations),
            cycle: row.and_then(|row| row.trace_index),
        }
    };
    run.checkpoints.iter().map(of).collect()
}
