//! The vocabulary that the stages share: quantities, clocks, stacks, pieces, timelines, findings.
//!
//! Plain data with serde derives. No module here knows a stage, a file or a process.

mod address;
mod c_leaks;
mod clock;
mod course;
pub mod coverage;
pub mod debug;
mod diagnosis;
mod escape;
mod finding;
mod glob;
pub mod growth;
pub mod heap;
pub mod lab;
mod outcome;
mod pieces;
mod process;
pub mod profile;
mod site;
mod stack;
pub mod stats;
mod testing;
mod timeline;
pub mod trace;
mod type_name;
mod units;

pub use address::Address;
pub use c_leaks::{CLeak, CLeaks};
pub use clock::{ClockMap, MonotonicTime, Nanoseconds, RuntimeTime, TraceTime, WallTime};
pub use course::{Counted, Point, Stretch, TraceCourse};
pub use diagnosis::{Diagnosis, Limit, Metric, Observation, Pattern};
pub use escape::Escape;
pub use finding::{
    AgeCourse, AgesFound, Evidence, Finding, Growth, LeakKind, OtherHolder, Retained, RetainedGrowth,
};
pub use glob::matches;
pub use outcome::{OUTCOMES, Outcome};
pub use pieces::{
    Checkpoint, GctraceCycle, GoroutineCensus, GoroutineGroup, HeapSnapshot, LeakedGoroutines, MissingInput,
    Mode, ModuleTable, Origin, Per, RunHeap, RunId, RunPieces, SiteUse, TraceGc,
};
pub use process::{CallEffect, CallSite, FinalGoroutines, OpenDescriptors, ProcessFigures, RuntimeFigures};
pub use site::{Owner, PLANTED, Site, SiteClass, below_any, package_of};
pub use stack::{Frame, Stack};
pub use testing::{PARALLEL, TestKind, TestMember, TestOutcome, TestRun, TestRuns};
pub use timeline::{Alignment, Cell, Confidence, Conservation, CycleRow, Source, Timeline};
pub use type_name::{is_inside_of_map, readable_type};
pub use units::{Bytes, GcCycle, GoroutineId, Objects, Operations, binary_units};
