//! Growth by stack: what every stack held at each checkpoint of a run, for pictures and exports.
//!
//! Input: the snapshots of probed runs. Output: one document beside the report, which has decided facts alone: of each run the stacks that moved most with their bytes and objects at the comparable checkpoints, the others
//! as one sum, the probe's own apart. Bounded, whatever a program allocates. Nothing is judged here.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Frame, GcCycle, Mode, MonotonicTime, Objects, Operations, Owner, Per, RunId, SiteClass};

/// Version of the document.
pub const GROWTH_FORMAT: u32 = 1;

/// Growth by stack in a capture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Growth {
    /// [`GROWTH_FORMAT`].
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Runs, in the order in which they were made: step runs, of a variant without one its natural runs.
    pub runs: Vec<RunGrowth>,
}

/// Growth by stack in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunGrowth {
    /// Which.
    pub run: RunId,
    /// What the program is called: its package, or nothing.
    pub program: String,
    /// What checkpoints count.
    #[serde(default, skip_serializing_if = "Per::is_usual")]
    pub per: Per,
    /// Every allocation was counted. Otherwise figures are scaled up from samples.
    pub exact: bool,
    /// Checkpoints that can be compared, in order; of many, some.
    pub points: Vec<GrowthPoint>,
    /// Checkpoints that are left out.
    pub left_out_points: usize,
    /// How many of the first are warm-up to the rules.
    pub warm_up: usize,
    /// Frames that stacks refer to.
    pub frames: Vec<GrowthFrame>,
    /// Stacks, those that moved most first.
    pub stacks: Vec<GrowthStack>,
    /// The other stacks together.
    pub other: GrowthSeries,
    /// How many those are.
    pub n_other: usize,
    /// The probe's own memory, which is in none of the others.
    pub probe: GrowthSeries,
}

/// A checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthPoint {
    /// Its number in the run, from 0.
    pub checkpoint: u32,
    /// Operations completed.
    pub operations: Operations,
    /// The GC cycle whose state it shows, where that is known.
    pub cycle: Option<GcCycle>,
    /// When.
    pub at: MonotonicTime,
}

/// A call in a stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GrowthFrame {
    /// Full Go symbol.
    pub function: Arc<str>,
    /// Source file.
    pub file: Arc<str>,
    /// Line, 0 when unknown.
    pub line: u32,
    /// The compiler put it into its caller. Of captures by an earlier harness this is not known and false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inlined: bool,
    /// Whose code it is.
    pub owner: Owner,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthStack {
    /// What kind of memory it is.
    pub class: SiteClass,
    /// Indices of frames, innermost first.
    pub frames: Vec<u32>,
    /// What is in use of it.
    #[serde(flatten)]
    pub series: GrowthSeries,
}

/// What is in use at each checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrowthSeries {
    /// Bytes.
    pub space: Vec<Bytes>,
    /// Objects.
    pub objects: Vec<Objects>,
}

/// What changed between two checkpoints: bytes, and objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Bytes.
    pub space: i64,
    /// Objects.
    pub objects: i64,
}

impl Growth {
    /// The first run of a variant, or of the first that has one.
    #[must_use]
    pub fn of_variant(&self, variant: Option<&str>) -> Option<&RunGrowth> {
        self.runs.iter().find(|run| variant.is_none_or(|variant| *run.run.variant == *variant))
    }

    /// Variants that have a run here, in order.
    #[must_use]
    pub fn variants(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for run in &self.runs {
            if !names.contains(&&*run.run.variant) {
                names.push(&run.run.variant);
            }
        }
        names
    }
}

impl RunGrowth {
    /// Of a capture without snapshots: no stacks.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            run: RunId { variant: "".into(), mode: Mode::Step, repeat: 0, test: None },
            program: String::new(),
            per: Per::default(),
            exact: true,
            points: Vec::new(),
            left_out_points: 0,
            warm_up: 0,
            frames: Vec::new(),
            stacks: Vec::new(),
            other: GrowthSeries::default(),
            n_other: 0,
            probe: GrowthSeries::default(),
        }
    }

    /// First and last point, if there are two: what is compared unless somebody asks for others.
    #[must_use]
    pub fn ends(&self) -> Option<(usize, usize)> {
        self.points.len().checked_sub(1).filter(|last| *last > 0).map(|last| (0, last))
    }

    /// The frames of a stack, innermost first.
    pub fn frames_of<'a>(
        &'a self,
        stack: &'a GrowthStack,
    ) -> impl DoubleEndedIterator<Item = &'a GrowthFrame> {
        stack.frames.iter().filter_map(|frame| self.frames.get(*frame as usize))
    }
}

impl GrowthSeries {
    /// What was in use at a point.
    #[must_use]
    pub fn at(&self, point: usize) -> (Bytes, Objects) {
        let space = self.space.get(point).copied().unwrap_or_default();
        (space, self.objects.get(point).copied().unwrap_or_default())
    }

    /// From one point to another.
    #[must_use]
    pub fn change(&self, (from, to): (usize, usize)) -> Change {
        let ((before, objects_before), (after, objects_after)) = (self.at(from), self.at(to));
        Change { space: after.since(before), objects: objects_after.since(objects_before) }
    }
}

impl GrowthFrame {
    /// Without what is known of it beside its place.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame { function: Arc::clone(&self.function), file: Arc::clone(&self.file), line: self.line }
    }
}
