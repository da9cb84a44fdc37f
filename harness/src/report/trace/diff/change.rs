//! One figure in both traces, and whether its change is worth a look.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Growth by less than this part is noise: two runs of the same program differ by that. Times differ more.
const COUNT_NOISE: f64 = 0.1;
const TIME_NOISE: f64 = 0.25;
/// So many more in all, of things that are counted, matter at least.
const COUNT_MATTERS: f64 = 2.0;
/// Such a part of all that is counted in a topic matters at least.
const SHARE_MATTERS: f64 = 0.05;
/// So much of the second trace's length matters at least, of times.
const TIME_MATTERS: f64 = 0.01;
/// So much more for each occurrence matters at least, in nanoseconds, and only when it is doubled.
const DURATION_MATTERS: f64 = 100_000.0;
/// So many bytes more in all matter at least.
const BYTES_MATTER: f64 = 64.0 * 1024.0;

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Things that should be gone in the end, divided by operations or seconds: each one counts.
    Left,
    /// Things, divided likewise.
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
        matches!(self, Self::Left | Self::Count | Self::Time | Self::Bytes)
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
    /// In all of the first trace; with `b` an exact count, or nanoseconds, or bytes.
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

/// How much work each trace has, how long the second is, and what all of a topic comes to in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) nanoseconds_b: f64,
    pub(super) topic_b: f64,
}

impl Change {
    pub(super) fn new(subject: String, unit: Unit, (a, b): (f64, f64), scale: &Scale) -> Self {
        let (by_a, by_b) = if unit.is_divided() { (scale.a, scale.b) } else { (1.0, 1.0) };
        let (rate_a, rate_b) = (a / by_a, b / by_b);
        let growth = rate_b - rate_a;
        let factor = (rate_a > 0.0).then(|| rate_b / rate_a);
        let matters = growth > 0.0 && is_no_noise(unit, growth, rate_a) && is_felt(unit, growth, b, scale);
        Self { subject, details: Vec::new(), unit, a, b, rate_a, rate_b, growth, factor, matters }
    }
}

fn is_no_noise(unit: Unit, growth: f64, rate_a: f64) -> bool {
    let noise = match unit {
        Unit::Left | Unit::Count | Unit::Bytes | Unit::Size => COUNT_NOISE,
        Unit::Time => TIME_NOISE,
        Unit::Duration => 1.0,
    };
    growth >= noise * rate_a
}

/// Whether a growth makes a difference in all of the second trace.
fn is_felt(unit: Unit, growth: f64, b: f64, scale: &Scale) -> bool {
    let in_all = growth * scale.b;
    match unit {
        Unit::Left => in_all.min(b) >= COUNT_MATTERS,
        Unit::Count => in_all.min(b) >= COUNT_MATTERS && in_all >= SHARE_MATTERS * scale.topic_b,
        Unit::Time => in_all >= TIME_MATTERS * scale.nanoseconds_b,
        Unit::Bytes => in_all >= BYTES_MATTER,
        Unit::Duration => growth >= DURATION_MATTERS,
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
