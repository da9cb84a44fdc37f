//! What running a program's builds costs: figures of plain runs, each held against the reference by a rank test.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::stats::{Difference, Interval};

/// The answer on runs.
pub type RunsAnswer = Answer<RunsFacts, RunsDifference>;

/// A figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// GC cycles.
    GcCount,
    /// Largest heap at the begin or end of a cycle.
    PeakHeap,
    /// All stop-the-world pauses together.
    Pauses,
    /// The longest stop-the-world pause.
    LongestPause,
    /// Wall-clock time.
    Wall,
    /// CPU time, user and system.
    Cpu,
    /// Peak resident set size.
    PeakRss,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Nanoseconds,
}

/// A row of [`FIGURES`].
#[derive(Debug, Clone, Copy)]
pub struct FigureRow {
    /// The figure.
    pub figure: Figure,
    /// The word that asks for it, and that the table has.
    pub word: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The unit's name in benchmark text; `benchstat` knows those that end in `ns/op` and `B`.
    pub bench: &'static str,
    /// Under an emulator it is the emulator's, not the program's.
    pub is_machines: bool,
}

const fn row(
    figure: Figure,
    word: &'static str,
    unit: Unit,
    bench: &'static str,
    is_machines: bool,
) -> FigureRow {
    FigureRow { figure, word, unit, bench, is_machines }
}

/// Every figure, in the order of tables.
pub const FIGURES: [FigureRow; 7] = [
    row(Figure::Wall, "wall", Unit::Nanoseconds, "ns/op", true),
    row(Figure::Cpu, "cpu", Unit::Nanoseconds, "cpu-ns/op", true),
    row(Figure::GcCount, "gc-count", Unit::Count, "gc/op", false),
    row(Figure::PeakHeap, "peak-heap", Unit::Bytes, "peak-heap-B", false),
    row(Figure::Pauses, "pauses", Unit::Nanoseconds, "stw-ns/op", true),
    row(Figure::LongestPause, "longest-pause", Unit::Nanoseconds, "stw-max-ns", true),
    row(Figure::PeakRss, "peak-rss", Unit::Bytes, "peak-rss-B", true),
];

impl Figure {
    /// What is known of it.
    #[must_use]
    pub fn row(self) -> FigureRow {
        FIGURES.into_iter().find(|row| row.figure == self).unwrap_or(FIGURES[0])
    }
}

/// The runs of one variant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsFacts {
    /// The emulator that they ran under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulator: Option<String>,
    /// Runs that went well and count.
    pub n: usize,
    /// Runs that did not.
    pub failed: usize,
    /// Figures, in the order of the table.
    pub figures: Vec<Sample>,
}

/// A figure over the runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Which.
    pub figure: Figure,
    /// Of what.
    pub unit: Unit,
    /// The middle value.
    pub median: f64,
    /// Its interval; none of a single run.
    pub interval: Option<Interval>,
    /// All values, in the order of the runs.
    pub values: Vec<f64>,
}

impl RunsFacts {
    /// A figure's sample.
    #[must_use]
    pub fn sample(&self, figure: Figure) -> Option<&Sample> {
        self.figures.iter().find(|sample| sample.figure == figure)
    }
}

/// How a variant's runs differ from the reference's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsDifference {
    /// By figure.
    pub figures: Vec<FigureDifference>,
}

/// How a figure differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureDifference {
    /// Which.
    pub figure: Figure,
    /// Change of the median, as a share of the reference's; none if that is 0.
    pub change: Option<f64>,
    /// The rank test and the shift.
    pub test: Option<Difference>,
    /// Probability by chance, corrected for the number of comparisons.
    pub p: Option<f64>,
    /// What it comes to.
    pub verdict: RunsVerdict,
}

/// Whether a difference is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunsVerdict {
    /// Chance gives it rarely enough.
    Real,
    /// It may be chance.
    Chance,
    /// There are too few runs for any difference to show.
    TooFew,
    /// One of the two is an emulator's figure.
    NotComparable,
}
