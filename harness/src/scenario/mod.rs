//! Scenarios: TOML text in, a resolved [`Scenario`] with its [`Variant`]s out.
//!
//! Must not start a process. Relative paths are resolved against the scenario's file, defaults are
//! filled in, so that no later stage has to know the file form.

mod resolved;

pub use resolved::{
    BuildSpec, CaptureSpec, CheckpointSpec, DebugInfo, Driver, Expect, ExpectedLeak, HeapDump, Ready,
    Scenario, Thresholds, Variant, Workload,
};
