//! Scenarios: TOML text in, a resolved [`Scenario`] with its [`Variant`]s out.
//!
//! Must not start a process. Relative paths are resolved against the scenario's file, defaults are
//! filled in, so that no later stage has to know the file form.

mod byte_size;
mod check;
mod delve;
mod diagnostic;
mod document;
mod duration;
mod error;
mod file;
mod find;
mod glibc;
mod gotest;
mod keys;
mod lab;
mod load;
mod resolve;
mod resolved;
mod rules;
mod schema;
mod silence;
#[cfg(test)]
mod tests;
mod variants;

pub use byte_size::ByteSize;
pub use delve::{Delve, DelveBreak};
pub use diagnostic::{Diagnostic, Position, Rejected};
pub use duration::parse as parse_duration;
pub use error::ScenarioError;
pub use find::{find, for_package, list, of_tests};
pub use glibc::GlibcLimit;
pub use gotest::{Kind, TestSpec};
pub use lab::{Lab, LabExpect, VendorExpect};
pub use load::{load, of_text};
pub use resolved::{
    AllocFree, BuildSpec, CaptureSpec, CheckpointSpec, DebugInfo, Driver, Exemptions, Expect, ExpectedLeak,
    HeapDump, MetricThreshold, Ready, Scenario, Suppression, Thresholds, Twin, Variant, Workload,
};
pub use schema::json_schema;
pub use silence::module_name;
pub use variants::is_safe_name;
