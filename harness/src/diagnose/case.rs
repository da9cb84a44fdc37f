//! A variant's runs, sorted by how they were observed, with the checkpoints that can be compared.

use super::points::Points;
use super::{BuildFigures, RunEvidence};
use crate::model::{MissingInput, Mode, Origin};
use crate::scenario::Thresholds;

/// All that the rules look at.
pub(super) struct Case<'a> {
    pub runs: &'a [RunEvidence<'a>],
    pub step: Vec<Judged<'a>>,
    pub natural: Vec<Judged<'a>>,
    pub build: &'a BuildFigures<'a>,
    pub thresholds: &'a Thresholds,
}

/// A probed run and its comparable checkpoints.
pub(super) struct Judged<'a> {
    pub run: &'a RunEvidence<'a>,
    pub points: Points,
}

impl<'a> Case<'a> {
    pub fn new(runs: &'a [RunEvidence<'a>], build: &'a BuildFigures<'a>, thresholds: &'a Thresholds) -> Self {
        let of = |mode: Mode| {
            let mut judged: Vec<Judged<'_>> = runs
                .iter()
                .filter(|run| run.id.mode == mode)
                .map(|run| Judged { run, points: Points::of(run.pieces) })
                .collect();
            judged.sort_by_key(|judged| judged.run.id.repeat);
            judged
        };
        Self { runs, step: of(Mode::Step), natural: of(Mode::Natural), build, thresholds }
    }

    /// Somebody took it in production.
    pub fn is_foreign(&self) -> bool {
        self.runs.iter().any(|run| run.pieces.origin == Origin::Foreign)
    }

    /// The runs whose checkpoints tell most: step runs where there are any.
    pub fn best(&self) -> &[Judged<'a>] {
        if self.step.is_empty() { &self.natural } else { &self.step }
    }

    /// Inputs from `sources` that any of `runs` lacked, each once.
    pub fn missing(&self, runs: &[Judged<'_>], sources: &[&str]) -> Vec<MissingInput> {
        let mut missing: Vec<MissingInput> = runs
            .iter()
            .flat_map(|judged| &judged.run.timeline.missing)
            .filter(|missing| sources.contains(&missing.source.as_str()))
            .cloned()
            .collect();
        missing.sort();
        missing.dedup();
        missing
    }
}
