//! Judges one variant: what leaks, where, how fast, since when, and how sure that is.
//!
//! Input: all runs of the variant, as pieces and timelines. Output: a [`Diagnosis`]. The rules are a
//! table (`rules`), each with the inputs it needs; one that lacks an input says so instead of
//! finding nothing. Findings are grouped by cause, so that a leaked goroutine and the memory that it
//! holds are one (`fold`).
//!
//! What must not happen here: reading a file, comparing with a baseline, a finding without
//! evidence, a finding out of a class of memory that is noise.

mod ages;
mod c_leaks;
mod case;
mod confidence;
mod contents;
pub mod coverage;
mod descriptors;
mod disagree;
mod draft;
mod escapes;
mod fold;
mod foreign;
mod goroutines;
pub(crate) mod growth;
mod handover;
mod heap;
mod holders;
mod identity;
mod keepers;
mod leaked;
mod limit;
mod metrics;
mod natural;
mod off_heap;
mod openers;
mod outside;
mod patterns;
mod points;
mod rules;
mod sampled;
mod slope;
mod stacks;
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_c_leaks;
#[cfg(test)]
mod tests_contents;
#[cfg(test)]
mod tests_holders;
#[cfg(test)]
mod tests_keepers;
#[cfg(test)]
mod tests_outside;
#[cfg(test)]
mod tests_patterns;
mod threads;
mod trend;
mod words;

pub use rules::TOO_FEW;
pub use testing::{TestEvidence, tests};

use crate::model::{Bytes, CLeaks, Diagnosis, Escape, ModuleTable, Nanoseconds, RunId, RunPieces, Timeline};
use crate::scenario::Thresholds;

use case::Case;

pub use growth::{Limits, Observed, of_run as growth_of};

/// One run, as far as it was understood.
#[derive(Debug, Clone, Copy)]
pub struct RunEvidence<'a> {
    /// Which.
    pub id: &'a RunId,
    /// Its content (empty for a plain run).
    pub pieces: &'a RunPieces,
    /// Its content by GC cycle.
    pub timeline: &'a Timeline,
    /// How long it took.
    pub wall: Nanoseconds,
    /// Peak resident set size.
    pub peak_rss: Bytes,
}

/// What the rules need to know of the build.
#[derive(Debug, Clone, Copy)]
pub struct BuildFigures<'a> {
    /// Size of the user's binary.
    pub size: Bytes,
    /// Whose code a symbol is.
    pub modules: &'a ModuleTable,
    /// What the compiler says of values that it puts on the heap.
    pub escapes: &'a [Escape],
    /// What LeakSanitizer says of its memory of C.
    pub c_leaks: &'a CLeaks,
    /// Directory of the main module as the binary's file names have it without `-trimpath`.
    pub module_dir: &'a str,
}

/// Judges the variant `name` by all its runs.
#[must_use]
pub fn variant(
    name: &str,
    runs: &[RunEvidence<'_>],
    build: &BuildFigures<'_>,
    thresholds: &Thresholds,
) -> Diagnosis {
    let case = Case::new(runs, build, thresholds);
    let outcome = rules::apply(&case);
    let mut drafts = fold::by_cause(&case, outcome.drafts);
    escapes::add(&case, &mut drafts);
    let mut observations = patterns::observe(&case);
    observations.extend(disagree::observe(&case, &drafts));
    let limits = confidence::limit(&case, &mut drafts);
    Diagnosis {
        variant: name.to_owned(),
        findings: draft::findings(drafts, &case),
        metrics: metrics::all(&case),
        not_run: outcome.not_run,
        inconclusive: outcome.inconclusive,
        observations,
        limits,
    }
}
