//! Anomalies of a gctrace file: counted by kind, the first of them spelled out as problems.
//!
//! Counting is complete; the list of problems is bounded, so that a hostile file can't fill memory.

use std::collections::BTreeMap;

use crate::format::Problem;

/// Problems kept in words; later ones are only counted.
const MAX_PROBLEMS: usize = 100;

/// What can be wrong with a line or with the sequence of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnomalyKind {
    /// A line of the runtime was broken off by something else: another writer's text got into it.
    Torn,
    /// The file ends inside a line of the runtime.
    Truncated,
    /// A number too large for what it counts, such as a negative time printed as unsigned.
    Overflow,
    /// Text precedes the runtime's line on the same line.
    GluedBefore,
    /// Text follows the runtime's line on the same line; a suffix such as `(forced)` may be lost.
    GluedAfter,
    /// The file ends after a whole line without a line end; a suffix may be lost.
    Unterminated,
    /// The line ends in CR LF.
    CarriageReturn,
    /// The first cycle is not number 1: the file misses the beginning.
    StartsLate,
    /// Numbers between two cycles are missing.
    CycleGap,
    /// A cycle's number comes twice.
    CycleRepeat,
    /// A cycle's number is below its predecessor's.
    CycleBackwards,
}

impl AnomalyKind {
    /// The kind as a report names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Torn => "torn line",
            Self::Truncated => "truncated line",
            Self::Overflow => "number overflow",
            Self::GluedBefore => "text before a line",
            Self::GluedAfter => "text after a line",
            Self::Unterminated => "unterminated line",
            Self::CarriageReturn => "carriage return",
            Self::StartsLate => "late first cycle",
            Self::CycleGap => "gap in cycle numbers",
            Self::CycleRepeat => "repeated cycle number",
            Self::CycleBackwards => "cycle number going back",
        }
    }

    /// Whether data was lost or contradicts itself, which makes it a problem and not just a count.
    fn is_problem(self) -> bool {
        !matches!(self, Self::GluedBefore | Self::GluedAfter | Self::Unterminated | Self::CarriageReturn)
    }
}

/// How often each kind was met. Kinds never met are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anomalies {
    counts: BTreeMap<AnomalyKind, u64>,
}

impl Anomalies {
    /// How often `kind` was met.
    #[must_use]
    pub fn count(&self, kind: AnomalyKind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The kinds met, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (AnomalyKind, u64)> + '_ {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Nothing was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// Collects anomalies of one file.
#[derive(Debug)]
pub(super) struct Log {
    file: String,
    anomalies: Anomalies,
    problems: Vec<Problem>,
}

impl Log {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), anomalies: Anomalies::default(), problems: Vec::new() }
    }

    /// Counts `kind`, and puts it in words if data was lost.
    pub(super) fn note(&mut self, kind: AnomalyKind, offset: usize, expected: &str, found: String) {
        *self.anomalies.counts.entry(kind).or_default() += 1;
        if kind.is_problem() && self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                file: self.file.clone(),
                offset: offset as u64,
                structure: format!("gctrace: {}", kind.name()),
                expected: expected.to_owned(),
                found,
            });
        }
    }

    pub(super) fn anomalies(&self) -> &Anomalies {
        &self.anomalies
    }

    pub(super) fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
