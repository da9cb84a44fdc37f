//! The document: the parts of a summary that were asked for, and what they are of.
//!
//! Its JSON form is a contract, described by `harness schema trace`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::trace::{
    BlockingSite, GcSummary, GoroutineSummary, HeapSummary, LatencySummary, ProcSummary, SampleSummary,
    StopReason, SyscallSite, TraceFacts, TraceSummary, UserSummary, Window, WorldStop,
};

/// Version of the document.
pub const TRACE_FORMAT: u32 = 1;

/// A part of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Goroutines by start function and creation site.
    Goroutines,
    /// Collection cycles, and the heap over time.
    Gc,
    /// Stops of the world, by reason.
    Stw,
    /// Heap objects by type.
    Types,
    /// Waits.
    Blocking,
    /// System calls.
    Syscalls,
    /// The scheduler.
    Latency,
    /// Tasks, regions and logs.
    Tasks,
    /// CPU samples.
    Samples,
}

impl Section {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Goroutines,
        Self::Gc,
        Self::Stw,
        Self::Types,
        Self::Blocking,
        Self::Syscalls,
        Self::Latency,
        Self::Tasks,
        Self::Samples,
    ];
}

/// What is known of a trace. Sections that were not asked for are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceReport {
    /// [`TRACE_FORMAT`].
    pub format: u32,
    /// Version of the harness that read it.
    pub harness: String,
    /// The trace, as the user named it.
    pub file: String,
    /// The trace as a whole, or the window.
    pub facts: TraceFacts,
    /// The part that was asked for, if not all. Times count from the trace's first event.
    pub window: Option<Window>,
    /// `--goroutines`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<GoroutineSummary>,
    /// `--gc`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gc: Option<GcSummary>,
    /// `--stw`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stw: Option<Vec<WorldStop>>,
    /// `--types`; absent too if the trace has no heap events (`GODEBUG=traceallocfree=1`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<HeapSummary>,
    /// `--blocking`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<Vec<BlockingSite>>,
    /// `--syscalls`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syscalls: Option<Vec<SyscallSite>>,
    /// `--latency`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<Scheduler>,
    /// `--tasks`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserSummary>,
    /// `--samples`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<SampleSummary>,
}

/// What the scheduler did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scheduler {
    /// From "can run" to "runs".
    pub latency: LatencySummary,
    /// Why running goroutines gave way.
    pub stops: Vec<StopReason>,
    /// Processors.
    pub procs: ProcSummary,
}

impl TraceReport {
    /// The asked sections of `summary`.
    #[must_use]
    pub fn new(file: &str, summary: TraceSummary, sections: &[Section]) -> Self {
        let TraceSummary {
            facts,
            window,
            goroutines,
            blocking,
            syscalls,
            latency,
            stops,
            procs,
            user,
            samples,
            gc,
            heap,
        } = summary;
        let has = |section| sections.contains(&section);
        Self {
            format: TRACE_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            file: file.to_owned(),
            facts,
            window,
            goroutines: has(Section::Goroutines).then_some(goroutines),
            stw: has(Section::Stw).then(|| gc.stops.clone()),
            gc: has(Section::Gc).then_some(gc),
            types: heap.filter(|_| has(Section::Types)),
            blocking: has(Section::Blocking).then_some(blocking),
            syscalls: has(Section::Syscalls).then_some(syscalls),
            scheduler: has(Section::Latency).then_some(Scheduler { latency, stops, procs }),
            user: has(Section::Tasks).then_some(user),
            samples: has(Section::Samples).then_some(samples),
        }
    }

    /// As JSON, with a newline at its end.
    ///
    /// # Errors
    /// Only if a value has no JSON form, which would be a bug.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        crate::report::json::document(self)
    }

    /// Keeps the first `top` rows of every list.
    pub fn shorten(&mut self, top: usize) {
        self.facts.events_by_kind.truncate(top);
        if let Some(goroutines) = &mut self.goroutines {
            goroutines.groups.truncate(top);
            goroutines.groups.iter_mut().for_each(|group| group.sites.truncate(top));
        }
        if let Some(gc) = &mut self.gc {
            gc.cycles.truncate(top);
            gc.stops.truncate(top);
            gc.assists.sites.truncate(top);
            gc.sweeps.sites.truncate(top);
        }
        truncate(&mut self.stw, top);
        if let Some(heap) = &mut self.types {
            heap.types.truncate(top);
        }
        truncate(&mut self.blocking, top);
        truncate(&mut self.syscalls, top);
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.latency.worst.truncate(top);
            scheduler.stops.truncate(top);
        }
        if let Some(user) = &mut self.user {
            user.tasks.truncate(top);
            user.regions.truncate(top);
            user.logs.truncate(top);
        }
        if let Some(samples) = &mut self.samples {
            samples.stacks.truncate(top);
        }
    }
}

fn truncate<T>(list: &mut Option<Vec<T>>, top: usize) {
    if let Some(list) = list {
        list.truncate(top);
    }
}

/// JSON schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(TraceReport).to_value()
}
