//! Processors: what each did, how often it was taken and stolen.

use rustc_hash::FxHashMap;

use super::clip::{Clip, add};
use super::seen::Seen;
use crate::format::exectrace::{EventKind, ProcId, ProcState};
use crate::model::TraceTime;
use crate::model::trace::{ProcSummary, ProcTimes};

/// What a processor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Running,
    Idle,
    Syscall,
}

#[derive(Debug)]
struct Proc {
    doing: Doing,
    since: TraceTime,
    times: ProcTimes,
}

/// All processors.
#[derive(Debug)]
pub(super) struct Procs {
    procs: FxHashMap<u64, Proc>,
    clip: Clip,
    /// When this generation began.
    generation_begin: TraceTime,
}

impl Procs {
    pub(super) fn new(clip: Clip) -> Self {
        Self { procs: FxHashMap::default(), clip, generation_begin: clip.first }
    }

    pub(super) fn event(&mut self, seen: &Seen<'_, '_>) {
        match *seen.kind {
            EventKind::Sync(_) => self.generation_begin = seen.event.time,
            EventKind::ProcStatus { proc, before, state } => self.status(proc, (before, state), seen),
            EventKind::ProcStart { proc } => self.start(proc, seen),
            EventKind::ProcStop => self.change_current(Doing::Idle, seen),
            EventKind::ProcSteal { proc, from, .. } => self.steal(proc, from != seen.event.thread(), seen),
            EventKind::GoSyscallBegin => self.change_current(Doing::Syscall, seen),
            EventKind::GoSyscallEnd => self.change_current(Doing::Running, seen),
            _ => {}
        }
    }

    /// The state of one that was not seen before is its state since the trace began, unless there
    /// were fewer processors then.
    fn status(&mut self, id: ProcId, (before, state): (ProcState, ProcState), seen: &Seen<'_, '_>) {
        let doing = match state {
            ProcState::Running => Doing::Running,
            ProcState::Syscall => Doing::Syscall,
            ProcState::Idle | ProcState::SyscallAbandoned => Doing::Idle,
            ProcState::Undetermined | ProcState::NotExist => return,
        };
        let since = match before {
            ProcState::Undetermined => self.generation_begin,
            _ => seen.event.time,
        };
        self.procs.entry(id.0).or_insert_with(|| Proc { doing, since, times: ProcTimes::default() });
        self.change(id, doing, seen);
    }

    fn start(&mut self, id: ProcId, seen: &Seen<'_, '_>) {
        let proc = self.change(id, Doing::Running, seen);
        proc.times.starts += u64::from(seen.counts());
    }

    /// A thread that leaves Go for good steals its own: nobody else wanted it.
    fn steal(&mut self, id: ProcId, by_another: bool, seen: &Seen<'_, '_>) {
        let proc = self.change(id, Doing::Idle, seen);
        proc.times.steals += u64::from(by_another && seen.counts());
    }

    #[inline]
    fn change_current(&mut self, doing: Doing, seen: &Seen<'_, '_>) {
        if let Some(id) = seen.event.proc() {
            self.change(id, doing, seen);
        }
    }

    #[inline]
    fn change(&mut self, id: ProcId, doing: Doing, seen: &Seen<'_, '_>) -> &mut Proc {
        let now = seen.event.time;
        let new = || Proc { doing, since: now, times: ProcTimes::default() };
        let proc = self.procs.entry(id.0).or_insert_with(new);
        proc.stay(self.clip, now);
        proc.doing = doing;
        proc
    }

    pub(super) fn finish(mut self, end: TraceTime) -> ProcSummary {
        self.procs.values_mut().for_each(|proc| proc.stay(self.clip, end));
        let mut procs: Vec<_> = self.procs.into_iter().map(|(id, proc)| (id, proc.times)).collect();
        procs.sort_by_key(|(id, _)| *id);
        let total = procs.iter().fold(ProcTimes::default(), |sum, (_, times)| plus(sum, times));
        ProcSummary { total, procs }
    }
}

impl Proc {
    /// Adds what it has been doing until now.
    #[inline]
    fn stay(&mut self, clip: Clip, now: TraceTime) {
        if let Some(stayed) = clip.stay(self.since, now) {
            match self.doing {
                Doing::Running => add(&mut self.times.running, stayed.time),
                Doing::Idle => add(&mut self.times.idle, stayed.time),
                Doing::Syscall => add(&mut self.times.syscall, stayed.time),
            }
        }
        self.since = now;
    }
}

fn plus(mut sum: ProcTimes, more: &ProcTimes) -> ProcTimes {
    add(&mut sum.running, more.running);
    add(&mut sum.idle, more.idle);
    add(&mut sum.syscall, more.syscall);
    sum.starts += more.starts;
    sum.steals += more.steals;
    sum
}
