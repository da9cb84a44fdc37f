//! speedscope's own format (`file-format-schema.json` of the npm package `speedscope`), a file for all variants.
//!
//! Each variant has what grew, what is in use at the end, the objects that were added, and what shrank, if anything did:
//! weights have no sign.

use std::collections::HashMap;

use serde::Serialize;

use super::{harmless, others, outermost_first};
use crate::report::growth::{Growth, GrowthSeries, RunGrowth};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: String,
    exporter: String,
    active_profile_index: usize,
    shared: Shared,
    profiles: Vec<Profile>,
}

#[derive(Debug, Default, Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
struct Frame {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    r#type: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// What a profile shows of a series between two points.
type Weight = fn(&GrowthSeries, (usize, usize)) -> u64;

/// Name, unit, weight; the last is left out where it is empty.
const SHOWN: [(&str, &str, Weight); 4] = [
    ("bytes that grew", "bytes", |series, ends| positive(series.change(ends).space)),
    ("bytes in use at the end", "bytes", |series, (_, to)| series.at(to).0.0),
    ("objects that were added", "none", |series, ends| positive(series.change(ends).objects)),
    ("bytes that went", "bytes", |series, ends| positive(series.change(ends).space.saturating_neg())),
];

fn positive(change: i64) -> u64 {
    u64::try_from(change).unwrap_or(0)
}

/// The file, of the first run of each variant.
///
/// # Errors
/// Never, as far as is known: it is what the JSON writer says.
pub fn speedscope(growth: &Growth) -> Result<String, serde_json::Error> {
    let mut shared = Shared::default();
    let mut places = HashMap::new();
    let mut profiles = Vec::new();
    for run in growth.variants().iter().filter_map(|variant| growth.of_variant(Some(variant))) {
        let mut stacks = Stacks::of(run, &mut shared, &mut places);
        profiles.append(&mut stacks.profiles(run));
    }
    let name = format!("{}: heap growth by stack", harmless(&growth.scenario));
    let exporter = concat!("harness ", env!("CARGO_PKG_VERSION")).to_owned();
    let schema = "https://www.speedscope.app/file-format-schema.json";
    serde_json::to_string(&File { schema, name, exporter, active_profile_index: 0, shared, profiles })
}

/// Stacks as indices of shared frames, outermost first, with what they held.
struct Stacks<'a>(Vec<(Vec<usize>, &'a GrowthSeries)>);

impl<'a> Stacks<'a> {
    fn of(run: &'a RunGrowth, shared: &mut Shared, places: &mut HashMap<Frame, usize>) -> Self {
        let mut place = |frame: Frame| {
            *places.entry(frame).or_insert_with_key(|frame| {
                shared.frames.push(frame.clone());
                shared.frames.len() - 1
            })
        };
        let mut stacks = Vec::new();
        for stack in &run.stacks {
            let frames = outermost_first(run, stack).map(|frame| Frame {
                name: harmless(&frame.function).into_owned(),
                file: Some(harmless(&frame.file).into_owned()),
                line: Some(frame.line).filter(|line| *line > 0),
            });
            stacks.push((frames.map(&mut place).collect(), &stack.series));
        }
        stacks.push((vec![place(Frame { name: others(run), file: None, line: None })], &run.other));
        Self(stacks)
    }

    fn profiles(&mut self, run: &RunGrowth) -> Vec<Profile> {
        let Some(ends) = run.ends() else { return Vec::new() };
        let all = SHOWN.iter().enumerate().map(|(nth, (what, unit, weight))| {
            let weighed = self.0.iter().map(|(stack, series)| (stack, weight(series, ends)));
            let (samples, weights): (Vec<Vec<usize>>, Vec<u64>) = weighed
                .filter(|(_, weight)| *weight > 0)
                .map(|(stack, weight)| (stack.clone(), weight))
                .unzip();
            let end_value = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight));
            let name = format!("{}: {what}", run.run.variant);
            (nth, Profile { r#type: "sampled", name, unit, start_value: 0, end_value, samples, weights })
        });
        all.filter(|(nth, profile)| *nth + 1 < SHOWN.len() || !profile.samples.is_empty())
            .map(|(_, profile)| profile)
            .collect()
    }
}
