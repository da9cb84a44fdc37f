//! The accepted state of a scenario, in a text file beside it, and what a run comes to against it.
//!
//! Input: diagnoses, the accepted baseline, the scenario's contract. Output: a [`Comparison`] and a
//! [`Verdict`]. Nothing is accepted unless somebody asks for it; nothing here knows how a report looks.

mod accept;
mod compare;
mod contract;
mod file;
mod group;
mod reproduction;
#[cfg(test)]
mod tests;
mod verdict;

pub use accept::{Acceptance, accept, changes};
pub use compare::{ComparedFinding, Comparison, MetricComparison, MetricStanding, Standing, compare};
pub use contract::{Expectation, HeldOtherwise, expectations};
pub use file::{
    AcceptedFinding, AcceptedGrowth, AcceptedMetric, Baseline, BaselineError, Conditions, load, parse, save,
};
pub use group::{FindingGroup, VariantGrowth, group};
pub use reproduction::{Reproduction, reproductions};
pub use verdict::{Case, Cause, Reason, Verdict, judge};
