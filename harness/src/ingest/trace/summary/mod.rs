//! Summary of a whole trace: events in, one by one, [`TraceSummary`] out.
//!
//! Each family of events has a fold of its own. No event is kept: memory grows with the goroutines
//! that are alive and with distinct stacks and names, not with the trace.

mod blocking;
mod clip;
mod facts;
mod gc;
mod goroutines;
mod heap;
mod kinds;
mod latency;
mod lives;
mod living;
mod procs;
mod samples;
mod seen;
pub(super) mod sketch;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod user;

use std::ops::ControlFlow;

use self::clip::Clip;
use self::facts::Facts;
use self::gc::Gc;
use self::goroutines::Goroutines;
use self::heap::Heap;
pub use self::heap::{LivingObject, LivingObjects};
use self::procs::Procs;
use self::samples::Samples;
use self::seen::Seen;
use self::texts::Texts;
use self::user::User;
use crate::format::exectrace::{Event, EventKind, GoState, ProcState, Reader};
use crate::model::TraceTime;
use crate::model::trace::{GoroutineExample, TraceSummary, Window};

/// Events between two reports of progress.
const PROGRESS_EVERY: u64 = 1 << 10;

/// What to summarise, and who wants to know more on the way.
#[derive(Default)]
pub struct Options<'o> {
    /// Only this part of the trace.
    pub window: Option<Window>,
    /// Told every now and then how far the reading is; may end it there.
    pub progress: Option<&'o mut dyn FnMut(Progress) -> ControlFlow<()>>,
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
    /// Bytes read, of all that there are.
    pub position: u64,
    /// Length of the trace in bytes.
    pub len: u64,
}

/// Reads the trace to its end (or the window's) and sums it up.
pub fn summarize(reader: &mut Reader<'_>, options: Options<'_>) -> TraceSummary {
    let Options { window, mut progress, lives } = options;
    let Some(first) = reader.next_event() else {
        return TraceSummary { facts: facts::of_reader(reader), window, ..TraceSummary::default() };
    };
    let mut folds = Folds::new(Clip::new(first.time, window), lives);
    let mut wanted = folds.event(&first, reader);
    let mut n_events = 1u64;
    while wanted && let Some(event) = reader.next_event() {
        wanted = folds.event(&event, reader);
        n_events += 1;
        if let Some(progress) = progress.as_mut().filter(|_| n_events.is_multiple_of(PROGRESS_EVERY)) {
            let (position, len) = (reader.position(), reader.len());
            if progress(Progress { events: n_events, time: event.time, position, len }).is_break() {
                break;
            }
        }
    }
    TraceSummary { window, ..folds.finish(reader) }
}

/// The heap objects that are alive at each of `moments`, which are in order: empty if the trace was made without
/// `traceallocfree=1`. Reads the trace once, up to the last of them.
pub fn living_objects(reader: &mut Reader<'_>, moments: &[TraceTime]) -> Vec<LivingObjects> {
    let mut found = Vec::new();
    let mut waiting = moments.iter().peekable();
    let mut objects = Objects::default();
    while waiting.peek().is_some() {
        let Some(event) = reader.next_event() else { break };
        while waiting.next_if(|moment| event.time > **moment).is_some() {
            found.push(objects.heap.living());
        }
        objects.event(&event, reader);
    }
    // What comes after the trace's end sees what was alive then.
    waiting.for_each(|_| found.push(objects.heap.living()));
    found
}

/// The heap objects that are alive whenever the world is stopped for a heap dump (as `debug.WriteHeapDump` does it).
pub fn living_at_dumps(reader: &mut Reader<'_>) -> Vec<LivingObjects> {
    let mut found = Vec::new();
    let mut objects = Objects::default();
    while let Some(event) = reader.next_event() {
        if let EventKind::StwBegin { kind } = event.kind()
            && reader.string(kind).is_some_and(|reason| reason.contains(DUMP_STOP))
        {
            found.push(objects.heap.living());
        }
        objects.event(&event, reader);
    }
    found
}

/// What the world is stopped for while a dump is written (`stwWriteHeapDump` in runtime/proc.go, Go 1.21-1.27).
const DUMP_STOP: &str = "write heap dump";

/// The fold of heap objects alone.
struct Objects {
    heap: Heap,
    texts: Texts,
    clip: Clip,
}

impl Default for Objects {
    fn default() -> Self {
        Self { heap: Heap::default(), texts: Texts::default(), clip: Clip::new(TraceTime(0), None) }
    }
}

impl Objects {
    fn event(&mut self, event: &Event, reader: &Reader<'_>) {
        let kind = event.kind();
        self.heap.event(&Seen { event, kind: &kind, reader, texts: &mut self.texts, clip: self.clip });
    }
}

/// All folds.
struct Folds<'o> {
    clip: Clip,
    texts: Texts,
    facts: Facts,
    goroutines: Goroutines<'o>,
    procs: Procs,
    user: User,
    samples: Samples,
    gc: Gc,
    heap: Heap,
    /// Number of the generation.
    generation: u64,
    /// Time of the last event.
    last: TraceTime,
    last_was_sync: bool,
    /// An event at or after the window's end was met.
    beyond: bool,
}

impl<'o> Folds<'o> {
    fn new(clip: Clip, lives: Option<&'o mut dyn FnMut(&GoroutineExample)>) -> Self {
        Self {
            clip,
            texts: Texts::default(),
            facts: Facts::new(clip),
            goroutines: Goroutines::new(clip, lives),
            procs: Procs::new(clip),
            user: User::default(),
            samples: Samples::default(),
            gc: Gc::new(clip),
            heap: Heap::default(),
            generation: 0,
            last: clip.first,
            last_was_sync: false,
            beyond: false,
        }
    }

    /// Takes one event; false if it, and all that follow, are of no more interest.
    fn event(&mut self, event: &Event, reader: &Reader<'_>) -> bool {
        let kind = &event.kind();
        if event.time >= self.clip.end {
            return self.beyond(event, kind, reader);
        }
        self.last = event.time;
        self.last_was_sync = false;
        if let EventKind::Sync(sync) = *kind {
            self.generation = sync.number;
            self.last_was_sync = true;
            self.texts.new_generation();
        }
        let mut seen = Seen { event, kind, reader, texts: &mut self.texts, clip: self.clip };
        self.facts.event(&seen);
        self.procs.event(&seen);
        self.user.event(&seen);
        self.samples.event(&mut seen);
        self.gc.event(&mut seen);
        self.heap.event(&seen);
        self.goroutines.event(&mut seen);
        true
    }

    /// After the window only one thing matters: goroutines and processors that did nothing before.
    /// The first generation tells of them by its end.
    fn beyond(&mut self, event: &Event, kind: &EventKind, reader: &Reader<'_>) -> bool {
        self.beyond = true;
        let mut seen = Seen { event, kind, reader, texts: &mut self.texts, clip: self.clip };
        match *kind {
            EventKind::Sync(_) => return false,
            EventKind::GoStatus { before: GoState::Undetermined, .. } => self.goroutines.event(&mut seen),
            EventKind::ProcStatus { before: ProcState::Undetermined, .. } => self.procs.event(&seen),
            _ => {}
        }
        self.generation == 1
    }

    fn finish(self, reader: &Reader<'_>) -> TraceSummary {
        let end = if self.beyond { self.clip.end } else { self.last };
        // A sync event that nothing follows ends the trace.
        let ended = self.last_was_sync && !self.beyond;
        let mut summary = TraceSummary {
            facts: self.facts.finish(end, ended, reader),
            procs: self.procs.finish(end),
            user: self.user.finish(),
            samples: self.samples.finish(&self.texts),
            gc: self.gc.finish(end, &self.texts),
            heap: self.heap.finish(),
            ..TraceSummary::default()
        };
        self.goroutines.finish(end, &self.texts, &mut summary);
        summary
    }
}
