//! The accepted state of a scenario, in a text file beside it, and what a run comes to against it.
//!
//! Input: diagnoses, the accepted baseline, the scenario's contract. Output: a [`Comparison`] and a
//! [`Verdict`]. Nothing is accepted unless somebody asks for it; nothing here knows how a report looks.

mod accept;
mod compare;
mod contract;
mod day;
mod exempt;
mod figures;
mod file;
mod group;
mod reproduction;
mod significance;
#[cfg(test)]
mod tests;
mod verdict;

pub use accept::{Acceptance, Choice, accept, changes, reject};
pub use compare::{
    Against, ComparedFinding, Comparison, MetricComparison, MetricStanding, Standing, compare,
};
pub use contract::{Expectation, HeldOtherwise, expectations, matching as candidates};
pub use day::Day;
pub use exempt::judges;
pub use file::{
    AcceptedFinding, AcceptedGrowth, AcceptedMetric, Baseline, BaselineError, Conditions, RejectedFinding,
    load, parse, save,
};
pub use group::{FindingGroup, VariantGrowth, group};
pub use reproduction::{Reproduction, reproductions};
pub use significance::{Shift, TooFew};
pub use verdict::{Case, Cause, Reason, Verdict, judge};
