//! Stops of the world, by reason.

use std::cmp::Reverse;

use super::super::seen::Seen;
use super::super::sketch::Sketch;
use super::super::table::Table;
use super::super::texts::Texts;
use crate::format::exectrace::StringId;
use crate::model::trace::WorldStop;
use crate::model::{Nanoseconds, TraceTime};

/// The collector's reasons, as the runtime names them (1.22 puts more words around them).
const SWEEP_TERMINATION: &str = "GC sweep termination";
const MARK_TERMINATION: &str = "GC mark termination";

/// What the world is stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    SweepTermination,
    MarkTermination,
    Other,
}

/// A stop that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped {
    pub(super) phase: Phase,
    pub(super) time: Nanoseconds,
}

/// All stops so far. There is one at a time.
#[derive(Debug, Default)]
pub(super) struct Stops {
    open: Option<(TraceTime, u32, Phase)>,
    /// By number of the reason.
    reasons: Table<u32, Sketch>,
}

impl Stops {
    pub(super) fn begin(&mut self, reason: StringId, seen: &mut Seen<'_, '_>) -> Phase {
        let text = seen.texts.string(reason, seen.reader);
        let phase = phase(seen.texts.text_at(text));
        self.open = Some((seen.event.time, self.reasons.number(text), phase));
        phase
    }

    pub(super) fn end(&mut self, seen: &Seen<'_, '_>) -> Option<Stopped> {
        let (begin, reason, phase) = self.open.take()?;
        let time = seen.event.time.since(begin);
        if seen.counts() {
            self.reasons.row(reason).into_iter().for_each(|sketch| sketch.add(time));
        }
        Some(Stopped { phase, time })
    }

    pub(super) fn finish(self, texts: &Texts) -> Vec<WorldStop> {
        let open = self.open.and_then(|(_, reason, _)| self.reasons.key(reason).copied());
        let stop = |(reason, sketch): (u32, Sketch)| WorldStop {
            reason: texts.text_at(reason).to_owned(),
            stopped: sketch.durations(),
            open: open == Some(reason),
        };
        let mut stops: Vec<_> = self.reasons.into_rows().map(stop).collect();
        stops.retain(|stop| stop.open || stop.stopped.count > 0);
        stops.sort_by_key(|stop| Reverse((stop.stopped.total, stop.stopped.count)));
        stops
    }
}

fn phase(reason: &str) -> Phase {
    if reason.contains(SWEEP_TERMINATION) {
        Phase::SweepTermination
    } else if reason.contains(MARK_TERMINATION) {
        Phase::MarkTermination
    } else {
        Phase::Other
    }
}
