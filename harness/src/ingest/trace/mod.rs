//! Folds an execution trace into what is decided per GC cycle and per goroutine creation site.
//!
//! Input: the trace's bytes and the moments of the checkpoints. Output: `TracePiece`. Each family of events has a
//! small state of its own that sees them one by one; no event is kept, and no id of the trace
//! leaves the generation it belongs to.

mod calls;
mod census;
mod chains;
mod cycle_count;
mod gcs;
pub mod summary;
pub mod tracks;

use super::watch::{self, Watch};
use crate::format::Problem;
use crate::format::exectrace::{EventKind, Names, Reader};
use crate::model::{
    CallSite, ClockMap, GoroutineCensus, GoroutineId, ModuleTable, MonotonicTime, Stack, TraceCourse,
    TraceGc, TraceTime,
};

use std::collections::BTreeMap;

use calls::Calls;
use census::Census;
use chains::Chains;
pub use cycle_count::CycleCount;
use gcs::Gcs;
use tracks::Course;

/// What a trace comes to.
#[derive(Debug, Default)]
pub(super) struct TracePiece {
    pub(super) gcs: Vec<TraceGc>,
    pub(super) clock_pairs: Vec<(TraceTime, MonotonicTime)>,
    pub(super) census: GoroutineCensus,
    /// Where the goroutines that are still alive were created.
    pub(super) creators: BTreeMap<GoroutineId, Stack>,
    /// Calls of the operating system and of C.
    pub(super) calls: Vec<CallSite>,
    /// What it shows over time, for pictures.
    pub(super) course: Option<TraceCourse>,
    pub(super) problems: Vec<Problem>,
    /// Problems that were met beyond those listed.
    pub(super) unlisted_problems: u64,
}

/// Reads `bytes`; `checkpoints` are the moments, in order, at which living goroutines are counted.
/// The error says why this is no trace that can be read.
/// `modules` tell which frames are the user's: up to them, the creation of goroutines is climbed. `watch` may end it.
pub(super) fn fold(
    (file, bytes): (&str, &[u8]),
    checkpoints: &[MonotonicTime],
    modules: &ModuleTable,
    watch: Watch<'_>,
) -> Result<TracePiece, String> {
    let mut reader = Reader::new(file, bytes).map_err(|error| error.to_string())?;
    let mut names = Names::default();
    let (mut gcs, mut census, mut calls) = (Gcs::default(), Census::default(), Calls::default());
    let mut chains = Chains::new(modules);
    let mut course = Course::new();
    let (mut clock_pairs, mut clocks) = (Vec::new(), ClockMap::default());
    let mut waiting = checkpoints.iter().copied();
    let mut next = waiting.next();
    let mut n_events = 0u64;
    while let Some(event) = reader.next_event() {
        n_events += 1;
        if n_events.is_multiple_of(watch::EVERY) && watch.at(reader.position(), reader.len()).is_break() {
            break;
        }
        while next.is_some_and(|moment| event.time > clocks.trace(moment)) {
            census.checkpoint();
            calls.checkpoint();
            next = waiting.next();
        }
        course.event(&event, &reader);
        match event.kind() {
            EventKind::Sync(sync) => {
                census.new_generation();
                calls.new_generation();
                chains.new_generation();
                clock_pairs.extend(sync.clocks.map(|clocks| (clocks.trace, clocks.monotonic)));
                clocks = ClockMap::new(&clock_pairs);
            }
            _ => {
                gcs.event(&event, &reader, census.alive());
                chains.event(&event, &reader, &mut names);
                census.event(&event, &chains, (&reader, &mut names));
                calls.event(&event, &chains, (&reader, &mut names));
            }
        }
    }
    // Checkpoints after the last event saw the goroutines that were alive then.
    for _ in next.into_iter().chain(waiting) {
        census.checkpoint();
        calls.checkpoint();
    }
    let problems = reader.problems().to_vec();
    let unlisted_problems = reader.unlisted_problems();
    let creators = census.creators();
    Ok(TracePiece {
        gcs: gcs.finish(),
        clock_pairs,
        census: census.finish(problems.is_empty()),
        creators,
        calls: calls.finish(),
        course: course.finish(),
        problems,
        unlisted_problems,
    })
}
