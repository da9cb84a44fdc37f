//! Goroutines: each event that moves one from a state to another ends a stay, and the stay goes
//! into the figures of the goroutine, of the place where it stayed, and of the scheduler.
//!
//! Which events are transitions follows Go's own reader (`Event.StateTransition` in
//! `internal/trace/event.go`, Go 1.22-1.27).

use rustc_hash::FxHashMap;

use super::blocking::{Blocking, End};
use super::clip::{Clip, add};
use super::latency::{Latency, Runnable, Started, Stops};
use super::lives::{Life, Sites, UNNAMED, Waiting, Waits};
use super::living::{Doing, Living, Register};
use super::seen::Seen;
use super::texts::{EMPTY, Texts};
use crate::format::exectrace::{EventKind, GoState, StackId};
use crate::model::trace::{GoroutineExample, RunnableCause, StateTimes, TraceSummary};
use crate::model::{Frame, GoroutineId, TraceTime};

/// Told of each goroutine that ended or is there at the end.
pub(super) type Listener<'o> = &'o mut dyn FnMut(&GoroutineExample);

/// From this length on a stack may have been cut: its last frame may not be the first function.
const MAX_FRAMES: usize = 128;

/// States of all goroutines, and the figures.
pub(super) struct Goroutines<'o> {
    living: Register,
    sites: Sites,
    blocking: Blocking,
    latency: Latency,
    stops: Stops,
    census: Census,
    /// Of this generation: site by creation and start stack.
    known_sites: FxHashMap<(StackId, StackId), u32>,
    /// When this generation began.
    generation_begin: TraceTime,
    clip: Clip,
    listener: Option<Listener<'o>>,
}

/// Counts for the most goroutines alive at one time. Those older than the trace are met one by one
/// but were alive all the time, so they are counted apart.
#[derive(Debug, Default)]
struct Census {
    older: i64,
    /// Made less ended.
    grown: i64,
    most_grown: Option<i64>,
}

impl Census {
    fn change(&mut self, by: i64, inside: bool) {
        // The state in which the window begins is one of its states.
        if inside {
            self.most_grown = Some(self.most_grown.unwrap_or(self.grown).max(self.grown + by));
        }
        self.grown += by;
    }

    fn peak(&self) -> u64 {
        let most = self.most_grown.unwrap_or(self.grown).saturating_add(self.older);
        u64::try_from(most).unwrap_or(0)
    }
}

impl<'o> Goroutines<'o> {
    pub(super) fn new(clip: Clip, listener: Option<Listener<'o>>) -> Self {
        Self {
            living: Register::default(),
            sites: Sites::default(),
            blocking: Blocking::default(),
            latency: Latency::default(),
            stops: Stops::default(),
            census: Census::default(),
            known_sites: FxHashMap::default(),
            generation_begin: clip.first,
            clip,
            listener,
        }
    }

    pub(super) fn event(&mut self, seen: &mut Seen<'_, '_>) {
        match *seen.kind {
            EventKind::Sync(_) => self.new_generation(seen.event.time),
            EventKind::GoCreate { created, start } => self.create(created, start, seen),
            EventKind::GoCreateBlocked { created, start } => self.create_blocked(created, start, seen),
            EventKind::GoCreateSyscall { created } => self.create_in_syscall(created, seen),
            EventKind::GoStart { started } => self.change(started, Doing::Running, seen),
            EventKind::GoDestroy | EventKind::GoDestroySyscall => self.end(seen),
            EventKind::GoStop { reason } => {
                let cause = self.stops.stopped(reason, seen);
                self.change_current(queued(cause), seen);
            }
            EventKind::GoBlock { reason } => {
                let site = self.blocking.wait_site(reason, seen);
                self.change_current(Doing::Waiting(site), seen);
            }
            EventKind::GoUnblock { unblocked } => {
                self.change(unblocked, queued(RunnableCause::Unblocked), seen);
            }
            EventKind::GoSwitch { next } | EventKind::GoSwitchDestroy { next } => {
                self.change(next, Doing::Runnable(Runnable::HandedOver), seen);
            }
            EventKind::GoSyscallBegin => {
                let site = self.blocking.syscall_site(seen);
                self.change_current(Doing::Syscall(site), seen);
            }
            EventKind::GoSyscallEnd => self.change_current(Doing::Running, seen),
            EventKind::GoSyscallEndBlocked => self.change_current(queued(RunnableCause::Syscall), seen),
            EventKind::GoStatus { about, before, state, .. } => self.status(about, (before, state), seen),
            _ => {}
        }
    }

    fn new_generation(&mut self, at: TraceTime) {
        self.generation_begin = at;
        self.known_sites.clear();
        self.blocking.new_generation();
        self.stops.new_generation();
    }

    fn create(&mut self, id: GoroutineId, start: StackId, seen: &mut Seen<'_, '_>) {
        let site = self.creation_site(start, seen);
        self.born(id, site, queued(RunnableCause::Created), seen);
    }

    fn create_blocked(&mut self, id: GoroutineId, start: StackId, seen: &mut Seen<'_, '_>) {
        let site = self.creation_site(start, seen);
        let wait = self.blocking.coroutine_site(seen.texts);
        self.born(id, site, Doing::Waiting(wait), seen);
    }

    fn create_in_syscall(&mut self, id: GoroutineId, seen: &mut Seen<'_, '_>) {
        let call = self.blocking.syscall_site(seen);
        self.born(id, UNNAMED, Doing::Syscall(call), seen);
    }

    fn creation_site(&mut self, start: StackId, seen: &mut Seen<'_, '_>) -> u32 {
        let key = (seen.event.stack(), start);
        if let Some(&known) = self.known_sites.get(&key) {
            return known;
        }
        let created_by = seen.stack();
        let start = seen.texts.stack(start, seen.reader);
        let site = self.sites.number(created_by, seen.texts.stack_at(start).first().cloned());
        self.known_sites.insert(key, site);
        site
    }

    fn born(&mut self, id: GoroutineId, site: u32, doing: Doing, seen: &Seen<'_, '_>) {
        if self.living.insert(living(id, site, (doing, seen.event.time), true)) {
            self.census.change(1, seen.counts());
        } else {
            // Only a damaged trace makes a goroutine twice.
            self.change(id, doing, seen);
        }
    }

    /// The state that a generation states anew. Of a goroutine that was not seen before it is the
    /// state since the trace began.
    fn status(&mut self, id: GoroutineId, states: (GoState, GoState), seen: &mut Seen<'_, '_>) {
        let (before, state) = states;
        match self.living.get(id) {
            Some(known) if is(known.doing, state) && known.site != UNNAMED => return,
            Some(known) if is(known.doing, state) => {}
            Some(_) => {
                let Some(doing) = self.doing(state, seen) else { return };
                self.change(id, doing, seen);
            }
            None => {
                let Some(doing) = self.doing(state, seen) else { return };
                // A reader that had seen it knows more than we do: damage lies between.
                let known = before != GoState::Undetermined;
                let since = if known { seen.event.time } else { self.generation_begin };
                self.census.older += 1;
                self.living.insert(living(id, UNNAMED, (doing, since), false));
            }
        }
        self.name(id, seen);
    }

    /// What a goroutine in a stated state is doing.
    fn doing(&mut self, state: GoState, seen: &mut Seen<'_, '_>) -> Option<Doing> {
        Some(match state {
            GoState::Undetermined => return None,
            GoState::Runnable => queued(RunnableCause::Unknown),
            GoState::Running => Doing::Running,
            GoState::Syscall => Doing::Syscall(self.blocking.syscall_site(seen)),
            GoState::Waiting => Doing::Waiting(self.blocking.unknown_site(seen)),
        })
    }

    /// Gives a goroutine whose creation the trace does not show the name of the outermost function
    /// on the event's stack, which is its own.
    fn name(&mut self, id: GoroutineId, seen: &mut Seen<'_, '_>) {
        let Some(living) = self.living.get(id) else { return };
        if living.site == UNNAMED && !seen.event.stack().is_none() {
            let stack = seen.stack();
            let stack = seen.texts.stack_at(stack);
            let root = stack.last().filter(|_| stack.len() < MAX_FRAMES);
            // The line is where the function was just then, not where it begins.
            let start = root.map(|root| Frame { line: 0, ..root.clone() });
            living.site = self.sites.number(EMPTY, start);
            self.latency.named(id, living.site);
        }
    }

    /// The goroutine that the event happened on is now doing something else.
    #[inline]
    fn change_current(&mut self, doing: Doing, seen: &mut Seen<'_, '_>) {
        let Some(id) = seen.event.goroutine() else { return };
        let unnamed = self.moved(id, doing, seen);
        if unnamed {
            self.name(id, seen);
        }
    }

    fn change(&mut self, id: GoroutineId, doing: Doing, seen: &Seen<'_, '_>) {
        self.moved(id, doing, seen);
    }

    /// Moves a goroutine on. Returns whether its name is still to be found.
    #[inline]
    fn moved(&mut self, id: GoroutineId, doing: Doing, seen: &Seen<'_, '_>) -> bool {
        let now = seen.event.time;
        let Some(living) = self.living.get(id) else {
            // Only in a damaged trace: what it did before is lost.
            self.census.older += 1;
            self.living.insert(living(id, UNNAMED, (doing, now), false));
            return true;
        };
        if let (Doing::Running, Doing::Runnable(why), true) = (doing, living.doing, seen.counts()) {
            let (site, waited) = (living.site, now.since(living.since));
            self.latency.started(Started { goroutine: id, site, at: now, waited }, why);
        }
        let end = match (living.doing, doing) {
            (Doing::Syscall(_), Doing::Runnable(_)) => End::Blocked,
            _ => End::Plain,
        };
        stay(living, &mut self.blocking, (self.clip, now, end));
        living.doing = doing;
        living.since = now;
        if let Doing::Waiting(site) = doing {
            living.last_wait = Some(site);
        }
        living.site == UNNAMED
    }

    fn end(&mut self, seen: &Seen<'_, '_>) {
        let Some(mut gone) = seen.event.goroutine().and_then(|id| self.living.remove(id)) else { return };
        self.census.change(-1, seen.counts());
        stay(&mut gone, &mut self.blocking, (self.clip, seen.event.time, End::Plain));
        if seen.counts() {
            self.retire(&gone, seen.event.time, true);
        }
    }

    /// Adds a life to the figures.
    fn retire(&mut self, living: &Living, until: TraceTime, ended: bool) {
        let example = GoroutineExample {
            id: living.id,
            created: living.born.then_some(living.begin),
            ended: ended.then_some(until),
            life: until.since(living.begin),
            time: living.time,
        };
        self.listener.as_mut().into_iter().for_each(|listener| listener(&example));
        let created = living.born && self.clip.contains(living.begin);
        self.sites.add(&Life { site: living.site, example, waits: &living.waits, created });
    }

    /// Ends all stays and adds all lives that reach to the end.
    pub(super) fn finish(mut self, end: TraceTime, texts: &Texts, summary: &mut TraceSummary) {
        for mut alive in self.living.drain() {
            stay(&mut alive, &mut self.blocking, (self.clip, end, End::Open));
            self.retire(&alive, end, false);
            if let Some(site) = alive.last_wait {
                let blocked = matches!(alive.doing, Doing::Waiting(_)).then(|| end.since(alive.since));
                self.sites.add_waiting(alive.site, Waiting { site, blocked });
            }
        }
        summary.latency = self.latency.finish(|site| self.sites.start_of(site));
        summary.stops = self.stops.finish(texts);
        summary.goroutines = self.sites.finish(texts, |site| self.blocking.wait_key(site));
        summary.goroutines.peak = self.census.peak();
        (summary.blocking, summary.syscalls) = self.blocking.finish(texts);
    }
}

fn queued(cause: RunnableCause) -> Doing {
    Doing::Runnable(Runnable::Queued(cause))
}

fn is(doing: Doing, state: GoState) -> bool {
    match doing {
        Doing::Running => state == GoState::Running,
        Doing::Runnable(_) => state == GoState::Runnable,
        Doing::Waiting(_) => state == GoState::Waiting,
        Doing::Syscall(_) => state == GoState::Syscall,
    }
}

/// One that is doing something since a moment, and exists since then as far as is known.
fn living(id: GoroutineId, site: u32, (doing, since): (Doing, TraceTime), born: bool) -> Living {
    let last_wait = match doing {
        Doing::Waiting(site) => Some(site),
        _ => None,
    };
    let (time, waits) = (StateTimes::default(), Waits::default());
    Living { id, site, doing, since, begin: since, born, time, waits, last_wait }
}

/// Adds what the goroutine has been doing until now, as far as it lies inside the window.
#[inline]
fn stay(living: &mut Living, blocking: &mut Blocking, (clip, now, end): (Clip, TraceTime, End)) {
    let Some(stayed) = clip.stay(living.since, now) else { return };
    let time = &mut living.time;
    match living.doing {
        Doing::Running => add(&mut time.running, stayed.time),
        Doing::Runnable(_) => add(&mut time.runnable, stayed.time),
        Doing::Waiting(site) => {
            add(&mut time.waiting, stayed.time);
            let reason = blocking.waited(site, stayed, end);
            living.waits.add(reason, stayed);
        }
        Doing::Syscall(site) => {
            add(&mut time.syscall, stayed.time);
            blocking.called(site, stayed, end);
        }
    }
}
