//! One figure in both traces, and whether its change is worth a look.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A change below this part of the smaller figure is noise: two runs of the same program differ by that.
const NOISE: f64 = 0.1;
/// So many more in all, of things that are counted, matter at least.
const COUNT_MATTERS: f64 = 2.0;
/// So much of the second trace's length matters at least, of times.
const TIME_MATTERS: f64 = 0.01;
/// So many bytes more in all matter at least.
const BYTES_MATTER: f64 = 64.0 * 1024.0;

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Things, divided by operations or seconds.
    Count,
    /// Nanoseconds, divided likewise.
    Time,
    /// Bytes, divided likewise.
    Bytes,
    /// Nanoseconds of a single occurrence (a median, a longest): not divided.
    Duration,
    /// Bytes at one moment (a heap's size): not divided.
    Size,
}

impl Unit {
    /// Whether the figure grows with the work done.
    #[must_use]
    pub fn is_divided(self) -> bool {
        matches!(self, Self::Count | Self::Time | Self::Bytes)
    }
}

/// One figure in both traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Of what: a place, a state, a type.
    pub subject: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What the figures are.
    pub unit: Unit,
    /// In all of the first trace.
    pub a: f64,
    /// In all of the second.
    pub b: f64,
    /// In the first, per operation or second (as it is, where that makes no sense).
    pub rate_a: f64,
    /// In the second.
    pub rate_b: f64,
    /// `rate_b - rate_a`
    pub growth: f64,
    /// `rate_b / rate_a`; absent if there was none in the first.
    pub factor: Option<f64>,
    /// It grew by more than noise, and enough of it to be felt.
    pub matters: bool,
}

/// How much work each trace has, and how long the second is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) nanoseconds_b: f64,
}

impl Change {
    pub(super) fn new(subject: String, unit: Unit, (a, b): (f64, f64), scale: &Scale) -> Self {
        let (by_a, by_b) = if unit.is_divided() { (scale.a, scale.b) } else { (1.0, 1.0) };
        let (rate_a, rate_b) = (a / by_a, b / by_b);
        let growth = rate_b - rate_a;
        let factor = (rate_a > 0.0).then(|| rate_b / rate_a);
        let matters = growth > NOISE * rate_a && felt(unit, growth, b, scale);
        Self { subject, details: Vec::new(), unit, a, b, rate_a, rate_b, growth, factor, matters }
    }
}

/// Whether a growth makes a difference in all of the second trace. A single occurrence matters by what it is to the
/// whole.
fn felt(unit: Unit, growth: f64, b: f64, scale: &Scale) -> bool {
    match unit {
        Unit::Count => (growth * scale.b).min(b) >= COUNT_MATTERS,
        Unit::Time => growth * scale.b >= TIME_MATTERS * scale.nanoseconds_b,
        Unit::Bytes => growth * scale.b >= BYTES_MATTER,
        Unit::Duration => growth >= TIME_MATTERS * scale.nanoseconds_b,
        Unit::Size => growth >= BYTES_MATTER,
    }
}

/// The `n` changes that differ most, in the order in which they stand.
pub(super) fn largest(changes: &[Change], n: usize) -> Vec<&Change> {
    let mut places: Vec<usize> = (0..changes.len()).collect();
    places.sort_by(|&one, &other| {
        let by_size = changes[other].growth.abs().total_cmp(&changes[one].growth.abs());
        changes[other].matters.cmp(&changes[one].matters).then(by_size)
    });
    places.truncate(n);
    places.sort_unstable();
    places.into_iter().map(|place| &changes[place]).collect()
}
