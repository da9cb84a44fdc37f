//! Bencher Metric Format: benchmarks, of each its measures with a value and the ends of its interval.
//!
//! A variant is a benchmark. Its measures are the figures by their own names, `latency` (wall-clock time of a run without the
//! probe, in nanoseconds: Bencher knows that one) and what leaks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::harmless;
use crate::model::{LeakKind, Mode};
use crate::report::{Report, VariantReport};

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Measure {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl Measure {
    fn exact(value: f64) -> Self {
        Self { value, lower_value: None, upper_value: None }
    }
}

type Measures = BTreeMap<String, Measure>;

/// The text.
///
/// # Errors
/// Never, as far as is known: it is what the JSON writer says.
pub fn bencher(report: &Report) -> Result<String, serde_json::Error> {
    let name =
        |variant: &VariantReport| format!("{}/{}", harmless(&report.scenario), harmless(&variant.name));
    let built = report.variants.iter().filter(|variant| !variant.runs.is_empty());
    let all: BTreeMap<String, Measures> =
        built.map(|variant| (name(variant), measures(report, variant))).collect();
    crate::report::json::document(&all)
}

fn measures(report: &Report, variant: &VariantReport) -> Measures {
    let mut measures = Measures::new();
    for figure in report.metrics.iter().filter(|figure| figure.variant == variant.name) {
        if let Some(median) = figure.metric.median() {
            let ends = figure.interval.as_ref();
            let measure = Measure {
                value: median as f64,
                lower_value: ends.map(|interval| interval.low),
                upper_value: ends.map(|interval| interval.high),
            };
            measures.insert(figure.metric.name.clone(), measure);
        }
    }
    measures.extend(latency(variant).map(|measure| ("latency".to_owned(), measure)));
    let leaks = report.findings.iter().filter(|finding| finding.group.variants.contains(&variant.name));
    let growth = leaks.clone().filter(|finding| finding.group.finding.kind == LeakKind::Heap);
    let of_variant = growth.flat_map(|finding| &finding.group.by_variant);
    let bytes = of_variant.filter(|one| one.variant == variant.name).map(|one| one.growth.bytes_per_op);
    // The sum of no numbers is -0.
    measures.insert("leaked-bytes-per-operation".to_owned(), Measure::exact(bytes.sum::<f64>() + 0.0));
    measures.insert("leaks".to_owned(), Measure::exact(leaks.count() as f64));
    measures
}

/// Of the runs without the probe: median, least and most.
fn latency(variant: &VariantReport) -> Option<Measure> {
    let plain = variant.runs.iter().filter(|run| run.ok && run.run.mode == Mode::Plain);
    let mut times: Vec<f64> = plain.map(|run| run.wall.0 as f64).collect();
    times.sort_by(f64::total_cmp);
    let (lower, upper) = (*times.get(times.len().checked_sub(1)? / 2)?, *times.get(times.len() / 2)?);
    Some(Measure {
        value: f64::midpoint(lower, upper),
        lower_value: times.first().copied(),
        upper_value: times.last().copied(),
    })
}
