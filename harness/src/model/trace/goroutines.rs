//! Goroutine lives, by start function and creation site.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Frame, GoroutineId, Nanoseconds, Stack, TraceTime};

/// All goroutines of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoroutineSummary {
    /// All of them together.
    pub total: Lives,
    /// By start function, those with most alive at the end first.
    pub groups: Vec<StartGroup>,
    /// Most goroutines alive at one time.
    pub peak: u64,
}

/// Goroutines that start in one function, as `go tool trace` groups them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StartGroup {
    /// The function they start in; `?` where the trace never shows a stack of them.
    pub start: String,
    /// All of them together.
    pub lives: Lives,
    /// The same by creation site, those with most alive at the end first.
    pub sites: Vec<CreationSite>,
}

/// Goroutines of one start function made at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreationSite {
    /// Where they start: the function's first line as the trace has it. Of goroutines older than the
    /// trace, and of callbacks from C, it is the outermost function of the first stack seen, line 0.
    pub start: Option<Frame>,
    /// The creator's stack, innermost first: the `go` statement's line is in its first frame. Empty
    /// if they are older than the trace or came from C.
    pub created_by: Stack,
    /// What became of them.
    pub lives: Lives,
    /// What those alive at the end are blocked in, or were last, most frequent first.
    pub last_waits: Vec<LastWait>,
    /// The longest lived ones, longest first; a handful.
    pub examples: Vec<GoroutineExample>,
}

/// Figures of a set of goroutines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lives {
    /// Goroutines that existed at some moment.
    pub seen: u64,
    /// Of them, those made meanwhile.
    pub created: u64,
    /// Those that ended meanwhile.
    pub ended: u64,
    /// Those that exist at the end: `seen - ended`.
    pub alive: u64,
    /// Those made meanwhile that exist at the end: a leak would be among them.
    pub created_alive: u64,
    /// Time in each state, of all together.
    pub time: StateTimes,
    /// The waiting time by reason, longest first; its sum is `time.waiting`.
    pub waits: Vec<WaitTime>,
    /// Lives of those that ended, from creation (or the trace's begin) to end, whole.
    pub ended_life: super::Durations,
    /// Ages at the end of those that exist then, likewise.
    pub alive_age: super::Durations,
}

/// Time spent in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateTimes {
    /// On a processor.
    pub running: Nanoseconds,
    /// Able to run, waiting for a processor.
    pub runnable: Nanoseconds,
    /// Blocked.
    pub waiting: Nanoseconds,
    /// In a system call or in C.
    pub syscall: Nanoseconds,
}

impl StateTimes {
    /// Sum over the states.
    #[must_use]
    pub fn total(&self) -> Nanoseconds {
        let Self { running, runnable, waiting, syscall } = self;
        let sum = [running, runnable, waiting, syscall].iter().fold(0i64, |a, b| a.saturating_add(b.0));
        Nanoseconds(sum)
    }
}

/// Waiting time for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitTime {
    /// The runtime's word for it: `chan receive`, `select`, `sleep`.
    pub reason: String,
    /// Waits begun.
    pub count: u64,
    /// Time.
    pub time: Nanoseconds,
}

/// What goroutines alive at the end wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastWait {
    /// The runtime's word for it.
    pub reason: String,
    /// Where they block.
    pub stack: Stack,
    /// Goroutines that blocked here last.
    pub count: u64,
    /// Of them, those still blocked at the end; the others can run, run, or are in a system call.
    pub blocked: u64,
    /// Longest that one of those still blocked has been so, from its begin, be that before the window.
    pub longest: Nanoseconds,
}

/// One goroutine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoroutineExample {
    /// Which.
    pub id: GoroutineId,
    /// When it was made; `None` if before the trace.
    pub created: Option<TraceTime>,
    /// When it ended; `None` if it had not.
    pub ended: Option<TraceTime>,
    /// From creation (or the trace's begin) to its end, or the end.
    pub life: Nanoseconds,
    /// Its time in each state.
    pub time: StateTimes,
}
