//! Tasks and regions of `runtime/trace`.

use rustc_hash::FxHashMap;

use super::Moment;
use super::longest::Longest;
use super::names::UNKNOWN;
use super::thin::slice;
use crate::format::exectrace::EventKind;
use crate::model::TraceTime;
use crate::model::trace::tracks::{Detail, Folder, LeftOut};

/// Regions open at once on one goroutine that are remembered.
const MAX_DEPTH: usize = 256;

/// Tasks and regions so far.
#[derive(Debug)]
pub(super) struct User {
    begin: TraceTime,
    room: usize,
    open_tasks: FxHashMap<u64, (TraceTime, u32)>,
    /// By goroutine, innermost last.
    open_regions: FxHashMap<u64, Vec<(TraceTime, u32)>>,
    tasks: Longest,
    regions: Longest,
}

impl User {
    /// `room`: slices for each of both.
    pub(super) fn new(begin: TraceTime, room: usize) -> Self {
        Self {
            begin,
            room,
            open_tasks: FxHashMap::default(),
            open_regions: FxHashMap::default(),
            tasks: Longest::default(),
            regions: Longest::default(),
        }
    }

    pub(super) fn event(&mut self, moment: &mut Moment<'_, '_>) {
        let now = moment.event.time;
        match *moment.kind {
            EventKind::UserTaskBegin { task, name, .. } => {
                let name = moment.names.string(name, moment.reader);
                self.open_tasks.insert(task.0, (now, name));
            }
            EventKind::UserTaskEnd { task, .. } => {
                // One that began before the trace has no name there.
                let (begin, name) = self.open_tasks.remove(&task.0).unwrap_or((self.begin, UNKNOWN));
                self.tasks.push(slice((begin, now), name, Detail::None), self.room);
            }
            EventKind::UserRegionBegin { name, .. } => {
                let name = moment.names.string(name, moment.reader);
                self.region_begins(name, moment);
            }
            EventKind::UserRegionEnd { name, .. } => {
                let name = moment.names.string(name, moment.reader);
                self.region_ends(name, moment);
            }
            EventKind::GoDestroy => {
                let gone = moment.event.goroutine().map(|goroutine| goroutine.0);
                gone.into_iter().for_each(|gone| self.close(gone, now));
            }
            _ => {}
        }
    }

    fn region_begins(&mut self, name: u32, moment: &Moment<'_, '_>) {
        let Some(goroutine) = moment.event.goroutine() else { return };
        let open = self.open_regions.entry(goroutine.0).or_default();
        if open.len() < MAX_DEPTH {
            open.push((moment.event.time, name));
        }
    }

    fn region_ends(&mut self, name: u32, moment: &Moment<'_, '_>) {
        let Some(goroutine) = moment.event.goroutine() else { return };
        let open = self.open_regions.get_mut(&goroutine.0);
        let begun = open.and_then(|open| {
            let place = open.iter().rposition(|region| region.1 == name)?;
            Some(open.remove(place))
        });
        // One that began before the trace.
        let begin = begun.map_or(self.begin, |region| region.0);
        let detail = Detail::Goroutine(goroutine);
        self.regions.push(slice((begin, moment.event.time), name, detail), self.room);
    }

    /// A goroutine is over, and its regions with it.
    fn close(&mut self, goroutine: u64, at: TraceTime) {
        for (begin, name) in self.open_regions.remove(&goroutine).into_iter().flatten() {
            let detail = Detail::Goroutine(crate::model::GoroutineId(goroutine));
            self.regions.push(slice((begin, at), name, detail), self.room);
        }
    }

    pub(super) fn finish(mut self, end: TraceTime, left_out: &mut LeftOut) -> Option<Folder> {
        let goroutines: Vec<_> = self.open_regions.keys().copied().collect();
        goroutines.into_iter().for_each(|goroutine| self.close(goroutine, end));
        for (begin, name) in std::mem::take(&mut self.open_tasks).into_values() {
            self.tasks.push(slice((begin, end), name, Detail::None), self.room);
        }
        let tasks = self.tasks.finish("tasks", self.room, left_out);
        let tracks: Vec<_> =
            tasks.into_iter().chain(self.regions.finish("regions", self.room, left_out)).collect();
        (!tracks.is_empty()).then(|| Folder { name: "Tasks and regions".to_owned(), tracks })
    }
}
