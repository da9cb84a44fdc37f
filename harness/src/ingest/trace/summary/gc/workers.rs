//! Mark workers: the runtime labels such a goroutine with its mode each time it starts to run.

use rustc_hash::FxHashMap;

use super::super::clip::Clip;
use super::super::seen::Seen;
use crate::format::exectrace::StringId;
use crate::model::{Nanoseconds, TraceTime};

/// How a worker gets its processor time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Dedicated,
    Fractional,
    Idle,
}

/// Time of one worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worked {
    pub(super) mode: Mode,
    pub(super) time: Nanoseconds,
}

/// One that runs.
#[derive(Debug, Clone, Copy)]
struct Running {
    goroutine: u64,
    mode: Mode,
    since: TraceTime,
}

/// All that run: at most one on each processor.
#[derive(Debug)]
pub(super) struct Workers {
    clip: Clip,
    running: Vec<Running>,
    /// Labels of this generation.
    modes: FxHashMap<StringId, Option<Mode>>,
}

impl Workers {
    pub(super) fn new(clip: Clip) -> Self {
        Self { clip, running: Vec::new(), modes: FxHashMap::default() }
    }

    pub(super) fn new_generation(&mut self) {
        self.modes.clear();
    }

    /// A goroutine that just started to run is a worker.
    pub(super) fn label(&mut self, label: StringId, seen: &Seen<'_, '_>) {
        let named = || seen.reader.string(label).and_then(mode);
        let mode = *self.modes.entry(label).or_insert_with(named);
        let (Some(mode), Some(goroutine)) = (mode, seen.event.goroutine()) else { return };
        self.remove(goroutine.0);
        self.running.push(Running { goroutine: goroutine.0, mode, since: seen.event.time });
    }

    /// The goroutine of the event stops running: its time, if it is a worker.
    #[inline]
    pub(super) fn off(&mut self, seen: &Seen<'_, '_>) -> Option<Worked> {
        if self.running.is_empty() {
            return None;
        }
        let running = self.remove(seen.event.goroutine()?.0)?;
        self.worked(running, seen.event.time)
    }

    fn remove(&mut self, goroutine: u64) -> Option<Running> {
        let place = self.running.iter().position(|running| running.goroutine == goroutine)?;
        Some(self.running.swap_remove(place))
    }

    fn worked(&self, Running { mode, since, .. }: Running, at: TraceTime) -> Option<Worked> {
        self.clip.stay(since, at).map(|stayed| Worked { mode, time: stayed.time })
    }

    /// The time of those that run at the end.
    pub(super) fn finish(&mut self, end: TraceTime) -> Vec<Worked> {
        let running = std::mem::take(&mut self.running);
        running.into_iter().filter_map(|running| self.worked(running, end)).collect()
    }
}

/// The runtime's labels (`gcMarkWorkerModeStrings` in runtime/mgc.go, Go 1.22-1.27).
fn mode(label: &str) -> Option<Mode> {
    match label {
        "GC (dedicated)" => Some(Mode::Dedicated),
        "GC (fractional)" => Some(Mode::Fractional),
        "GC (idle)" => Some(Mode::Idle),
        _ => None,
    }
}
