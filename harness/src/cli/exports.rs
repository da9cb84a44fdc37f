//! Forms for other tools, rendered from what was decided: `report::export` with the right run of the right variant.
//!
//! A capture that has nothing for a form gives an empty file of that form: what failed is in the report, and a missing
//! picture must not hide it.

use std::borrow::Cow;

use super::error::CliError;
use super::pipeline::Analysis;
use crate::format::pprof as profile;
use crate::report::growth::RunGrowth;
use crate::report::{Look, export};

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
