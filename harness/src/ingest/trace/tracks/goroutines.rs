//! Goroutines: on processors one after another, and by start function how many are in which state
//! and which waits are long.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Moment;
use super::census::{Census, State};
use super::lengths::Lengths;
use super::longest::Longest;
use super::names::{Names, OTHERS, SHORT, UNKNOWN};
use super::thin::{Thin, slice};
use crate::format::exectrace::{EventKind, GoState, StackId};
use crate::model::trace::tracks::{Content, Detail, Folder, LeftOut, Track};
use crate::model::{Counted, GoroutineId, Point, TraceTime};

/// Start functions that have tracks of their own; the goroutines of the others share one set.
const MAX_GROUPS: usize = 64;

/// Steps of time of their counters, and of the counters of all.
const GROUP_STEPS: usize = 128;
const ALL_STEPS: usize = 1024;

/// Name of a wait that began before the trace.
const UNKNOWN_WAIT: u32 = UNKNOWN;

/// One goroutine.
#[derive(Debug, Clone, Copy)]
struct Goroutine {
    /// Number of the function it starts in.
    name: u32,
    group: usize,
    state: State,
    since: TraceTime,
    /// Where it runs, if it runs.
    proc: Option<u64>,
    /// What it waits for, if it does.
    reason: u32,
}

/// Goroutines of one start function.
#[derive(Debug)]
struct Group {
    name: u32,
    census: Census,
    waits: Longest,
}

/// All goroutines and processors.
#[derive(Debug)]
pub(super) struct Goroutines {
    living: FxHashMap<u64, Goroutine>,
    groups: Vec<Group>,
    by_name: FxHashMap<u32, usize>,
    all: Census,
    procs: BTreeMap<u64, Thin>,
    room: Room,
    /// How long goroutines waited for a processor, if that is wanted.
    pub(super) latency: Option<Lengths>,
    generation_begin: TraceTime,
    begin: TraceTime,
}

/// Slices for processors, and for waits; 0 if none are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) procs: usize,
    pub(super) waits: usize,
}

impl Goroutines {
    pub(super) fn new(begin: TraceTime, room: Room) -> Self {
        let others = Group { name: OTHERS, census: Census::new(GROUP_STEPS), waits: Longest::default() };
        Self {
            living: FxHashMap::default(),
            groups: vec![others],
            by_name: FxHashMap::default(),
            all: Census::new(ALL_STEPS),
            procs: BTreeMap::new(),
            room,
            latency: None,
            generation_begin: begin,
            begin,
        }
    }

    pub(super) fn event(&mut self, moment: &mut Moment<'_, '_>) {
        match *moment.kind {
            EventKind::Sync(_) => self.generation_begin = moment.event.time,
            EventKind::GoCreate { created, start } => self.born(created, (start, State::Runnable), moment),
            EventKind::GoCreateBlocked { created, start } => {
                self.born(created, (start, State::Waiting), moment)
            }
            EventKind::GoCreateSyscall { created } => {
                self.born(created, (StackId::NONE, State::Syscall), moment);
            }
            EventKind::GoStart { started } => self.enter(started, (State::Running, UNKNOWN), moment),
            EventKind::GoStop { .. } | EventKind::GoSyscallEndBlocked => {
                self.current(State::Runnable, UNKNOWN, moment);
            }
            EventKind::GoBlock { reason } => {
                let reason = moment.names.string(reason, moment.reader);
                self.current(State::Waiting, reason, moment);
            }
            EventKind::GoUnblock { unblocked } => self.enter(unblocked, (State::Runnable, UNKNOWN), moment),
            EventKind::GoSwitch { next } | EventKind::GoSwitchDestroy { next } => {
                self.enter(next, (State::Runnable, UNKNOWN), moment);
            }
            EventKind::GoSyscallBegin => self.current(State::Syscall, UNKNOWN, moment),
            EventKind::GoSyscallEnd => self.current(State::Running, UNKNOWN, moment),
            EventKind::GoDestroy | EventKind::GoDestroySyscall => self.end(moment),
            EventKind::GoStatus { about, before, state, .. } => self.status(about, (before, state), moment),
            _ => {}
        }
    }

    fn born(&mut self, id: GoroutineId, (start, state): (StackId, State), moment: &mut Moment<'_, '_>) {
        let name = moment.names.start(start, moment.reader);
        self.remove(id, moment.event.time); // only damage makes one twice
        self.insert(id, (name, state), moment.event.time);
    }

    /// Adds one, and its being there to the counts.
    fn insert(&mut self, id: GoroutineId, (name, state): (u32, State), since: TraceTime) {
        let group = self.group(name);
        let reason = UNKNOWN_WAIT;
        self.living.insert(id.0, Goroutine { name, group, state, since, proc: None, reason });
        self.all.enter(state, since);
        self.groups[group].census.enter(state, since);
    }

    fn group(&mut self, name: u32) -> usize {
        if let Some(&known) = self.by_name.get(&name) {
            return known;
        }
        if self.groups.len() >= MAX_GROUPS {
            return 0;
        }
        self.groups.push(Group { name, census: Census::new(GROUP_STEPS), waits: Longest::default() });
        self.by_name.insert(name, self.groups.len() - 1);
        self.groups.len() - 1
    }

    /// The goroutine that the event happened on changes its state.
    #[inline]
    fn current(&mut self, state: State, reason: u32, moment: &mut Moment<'_, '_>) {
        let Some(id) = moment.event.goroutine() else { return };
        self.enter(id, (state, reason), moment);
        self.name(id, moment);
    }

    #[inline]
    fn enter(&mut self, id: GoroutineId, (state, reason): (State, u32), moment: &Moment<'_, '_>) {
        let now = moment.event.time;
        let Some(goroutine) = self.living.get_mut(&id.0) else {
            return self.insert(id, (UNKNOWN, state), now);
        };
        let before = *goroutine;
        *goroutine = Goroutine { state, since: now, reason, ..before };
        goroutine.proc = moment.event.proc().filter(|_| state == State::Running).map(|proc| proc.0);
        self.stayed(id, &before, now);
        self.all.leave(before.state, now);
        self.all.enter(state, now);
        let census = &mut self.groups[before.group].census;
        census.leave(before.state, now);
        census.enter(state, now);
    }

    /// A goroutine was in a state until now.
    #[inline]
    fn stayed(&mut self, id: GoroutineId, before: &Goroutine, now: TraceTime) {
        let (times, detail) = ((before.since, now), Detail::Goroutine(id));
        match (before.state, before.proc) {
            (State::Running, Some(proc)) if self.room.procs > 0 => {
                let room = self.room.procs / self.procs.len().max(1);
                let track = self.procs.entry(proc).or_insert_with(|| Thin::new(SHORT));
                track.push(slice(times, before.name, detail), room);
            }
            (State::Waiting, _) if self.room.waits > 0 => {
                let room = self.room.waits / self.groups.len();
                self.groups[before.group].waits.push(slice(times, before.reason, detail), room);
            }
            (State::Runnable, _) => {
                self.latency.iter_mut().for_each(|latency| latency.add(before.since, now));
            }
            _ => {}
        }
    }

    fn remove(&mut self, id: GoroutineId, now: TraceTime) {
        let Some(gone) = self.living.remove(&id.0) else { return };
        self.stayed(id, &gone, now);
        self.all.leave(gone.state, now);
        self.groups[gone.group].census.leave(gone.state, now);
    }

    fn end(&mut self, moment: &Moment<'_, '_>) {
        if let Some(id) = moment.event.goroutine() {
            self.remove(id, moment.event.time);
        }
    }

    /// The state that a generation states anew. Of a goroutine that was not seen before it is the
    /// state since the trace began.
    fn status(&mut self, id: GoroutineId, states: (GoState, GoState), moment: &mut Moment<'_, '_>) {
        let (before, stated) = states;
        let Some(state) = state_of(stated) else { return };
        match self.living.get(&id.0) {
            Some(known) if known.state == state => {}
            Some(_) => self.enter(id, (state, UNKNOWN_WAIT), moment),
            None if before == GoState::Undetermined => self.insert_late(id, state, moment),
            None => self.insert(id, (UNKNOWN, state), moment.event.time),
        }
        self.name(id, moment);
    }

    fn insert_late(&mut self, id: GoroutineId, state: State, moment: &mut Moment<'_, '_>) {
        let (now, since) = (moment.event.time, self.generation_begin);
        let name = moment.names.root(moment.event.stack(), moment.reader);
        let group = self.group(name);
        // A running one that tells of itself tells from the processor it runs on.
        let own = moment.event.goroutine() == Some(id) || state == State::Running;
        let proc = moment.event.proc().filter(|_| own).map(|proc| proc.0);
        self.living.insert(id.0, Goroutine { name, group, state, since, proc, reason: UNKNOWN_WAIT });
        self.all.enter_late(state, now);
        self.groups[group].census.enter_late(state, now);
    }

    /// Gives a goroutine whose creation the trace does not show the name of the outermost function
    /// on the event's stack, which is its own.
    fn name(&mut self, id: GoroutineId, moment: &mut Moment<'_, '_>) {
        let Some(&Goroutine { name: UNKNOWN, group: old, state, .. }) = self.living.get(&id.0) else {
            return;
        };
        if moment.event.stack().is_none() {
            return;
        }
        let name = moment.names.root(moment.event.stack(), moment.reader);
        let group = self.group(name);
        if let Some(goroutine) = self.living.get_mut(&id.0) {
            (goroutine.name, goroutine.group) = (name, group);
        }
        self.groups[old].census.leave(state, moment.event.time);
        self.groups[group].census.enter(state, moment.event.time);
    }

    /// The folders: processors, goroutines, and one for each start function.
    pub(super) fn finish(mut self, end: TraceTime, names: &Names, left_out: &mut LeftOut) -> Vec<Folder> {
        let living: Vec<_> = self.living.drain().collect();
        living.iter().for_each(|(id, goroutine)| self.stayed(GoroutineId(*id), goroutine, end));
        let mut folders = vec![self.procs(left_out)];
        let all = self.all.finish(self.begin, |state| format!("goroutines {state}"), "All goroutines.");
        folders.push(Folder { name: "Goroutines".to_owned(), tracks: all });
        let room = self.room.waits / self.groups.len();
        self.groups.sort_by_key(|group| Reverse(group.waits.time()));
        let groups = self.groups.into_iter();
        let folder = |group: Group| group.finish(self.begin, room, (names, &mut *left_out));
        folders.extend(groups.map(folder).filter(|folder| !folder.tracks.is_empty()));
        folders
    }

    /// Over time: goroutines by state, by start function (most at a time first, then all others together), and how long
    /// they waited for a processor.
    pub(super) fn course(self, names: &Names) -> (Vec<Counted>, Vec<Counted>, Lengths) {
        let counted = |(name, points): (&str, Vec<Point>)| Counted { name: name.to_owned(), points };
        let states = self.all.points(self.begin).map(counted).collect();
        let begin = self.begin;
        let group = |group: Group| Counted {
            name: names.text(group.name).to_owned(),
            points: group.census.total(begin),
        };
        let mut groups: Vec<Counted> = self.groups.into_iter().map(group).collect();
        groups.retain(|group| !group.points.is_empty());
        groups
            .sort_by_cached_key(|group| Reverse(group.points.iter().map(|point| point.1).max().unwrap_or(0)));
        (states, groups, self.latency.unwrap_or_else(|| Lengths::new(0)))
    }

    fn procs(&mut self, left_out: &mut LeftOut) -> Folder {
        let procs = std::mem::take(&mut self.procs);
        let room = self.room.procs / procs.len().max(1);
        let mut tracks = Vec::new();
        for (number, track) in procs {
            let (slices, merged) = track.finish(room);
            left_out.merged += merged;
            let about = "Which goroutine ran, by the function it starts in.".to_owned();
            tracks.push(Track { name: format!("P {number}"), about, content: Content::Slices(slices) });
        }
        Folder { name: "Processors".to_owned(), tracks }
    }
}

impl Group {
    fn finish(self, begin: TraceTime, room: usize, (names, left_out): (&Names, &mut LeftOut)) -> Folder {
        let name = format!("Goroutines of {}", names.text(self.name));
        let mut tracks = self.census.finish(begin, str::to_owned, "Goroutines that start in this function.");
        tracks.extend(self.waits.finish("waits", room, left_out));
        Folder { name, tracks }
    }
}

fn state_of(state: GoState) -> Option<State> {
    match state {
        GoState::Undetermined => None,
        GoState::Runnable => Some(State::Runnable),
        GoState::Running => Some(State::Running),
        GoState::Syscall => Some(State::Syscall),
        GoState::Waiting => Some(State::Waiting),
    }
}
