//! Which event can be next: the scheduler's own rules.
//!
//! Threads write their events without a common clock that could be trusted, so times alone do not
//! order them. Events that move a goroutine or processor between threads carry sequence numbers,
//! and an event waits until what it presupposes was seen. This layer holds the state of every
//! goroutine, processor and thread, says of an offered event whether it may be taken now, and gives
//! what was taken its context. It reads no bytes.
//!
//! Rules follow Go's own reader (`internal/trace`, Go 1.22 to 1.27): what cannot be right is a
//! [`Violation`]. Of a damaged trace the rest is still wanted, so [`Order::force`] takes an event
//! against the rules.

mod force;
mod gc;
mod goroutine;
mod names;
mod proc;
mod registry;
mod state;
mod status;
mod syscall;
mod user;

use std::collections::HashMap;
use std::sync::Arc;

use self::names::KeptNames;
use self::registry::{Place, Registry};
use self::state::{GcPhase, Goroutine, Proc, Seq, Task, Thread};
use super::decode::RawEvent;
use super::event::{Event, NONE};
use super::ids::ThreadId;
use super::spec::{self, MAX_ARGS};
use super::tables::Tables;
use crate::model::TraceTime;

/// What became of an offered event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Taken: what it yields is in the queue.
    Taken,
    /// Something that must come before it was not seen yet.
    Wait,
}

/// An event that contradicts what was seen before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) expected: &'static str,
    pub(super) found: String,
}

/// The generation an event stands in.
#[derive(Debug, Default)]
pub(super) struct Era {
    pub(super) number: u64,
    pub(super) tag: u32,
    pub(super) tables: Arc<Tables>,
}

/// Where an event happens: what its thread holds.
#[derive(Debug, Clone, Copy)]
struct Context {
    thread: Option<ThreadId>,
    proc: Option<Place>,
    goroutine: Option<Place>,
}

/// An event that could be next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'t> {
    pub(super) raw: &'t RawEvent,
    /// Its arguments, if the event itself is too small for them.
    pub(super) wide: Option<&'t [u64; MAX_ARGS]>,
    /// Its thread, by its place in the order's registry.
    pub(super) thread: u32,
}

/// An offered event with all it needs.
struct Offer<'t> {
    raw: &'t RawEvent,
    wide: Option<&'t [u64; MAX_ARGS]>,
    thread: u32,
    context: Context,
    era: &'t Era,
}

/// A thread whose events are taken one after the other: what it holds is at hand meanwhile, and not
/// looked up and put back for each.
pub(super) struct Turn<'t>(Offer<'t>);

/// What an event says, packed as in [`Event`].
#[derive(Debug, Clone, Copy)]
struct Said {
    code: u8,
    args: [u64; MAX_ARGS],
    note: u8,
}

impl Said {
    /// Without arguments.
    fn bare(code: u8) -> Self {
        Self { code, args: [0; MAX_ARGS], note: 0 }
    }
}

/// When the event was taken, the offer's context is what the thread holds afterwards.
type Outcome = Result<Step, Box<Violation>>;

/// Who gets the events that are taken.
pub(super) trait Sink {
    fn take(&mut self, event: Event);

    /// Events that it can take before something has to be done with them.
    fn room(&self, max: usize) -> usize;
}

impl Sink for Vec<Event> {
    #[inline(always)]
    fn take(&mut self, event: Event) {
        self.push(event);
    }

    fn room(&self, max: usize) -> usize {
        max.saturating_sub(self.len())
    }
}

/// Whoever looks at each event at once. What nobody asks of an event is then not even put together.
pub(super) struct Visitor<F>(pub(super) F);

impl<F: FnMut(Event)> Sink for Visitor<F> {
    #[inline(always)]
    fn take(&mut self, event: Event) {
        self.0(event);
    }

    fn room(&self, _max: usize) -> usize {
        usize::MAX
    }
}

/// Where events go that were taken.
#[derive(Debug, Default)]
pub(super) struct Out<S> {
    pub(super) sink: S,
    /// Of the last event there was; times count from 1.
    pub(super) last_time: i64,
}

impl<S: Sink> Out<S> {
    #[inline(always)]
    pub(super) fn push(&mut self, mut event: Event) {
        // Times of different threads can contradict the order; the order is right.
        event.time.0 = event.time.0.max(self.last_time.saturating_add(1));
        self.last_time = event.time.0;
        self.sink.take(event);
    }
}

/// The state of the program as far as the events taken tell.
#[derive(Debug, Default)]
pub(super) struct Order<S> {
    goroutines: Registry<Goroutine>,
    procs: Registry<Proc>,
    threads: Vec<(ThreadId, Thread)>,
    thread_places: HashMap<u64, u32>,
    tasks: HashMap<u64, Task>,
    pub(super) names: KeptNames,
    gc_phase: GcPhase,
    gc_seq: u64,
    first_generation: Option<u64>,
    pub(super) out: Out<S>,
}

/// Place of the events that belong to no thread.
pub(super) const NO_THREAD: u32 = u32::MAX;

impl<S: Sink> Order<S> {
    /// The same state, its events going elsewhere from now on. What the sink holds is lost.
    pub(super) fn with_sink<T>(self, sink: T) -> Order<T> {
        Order {
            goroutines: self.goroutines,
            procs: self.procs,
            threads: self.threads,
            thread_places: self.thread_places,
            tasks: self.tasks,
            names: self.names,
            gc_phase: self.gc_phase,
            gc_seq: self.gc_seq,
            first_generation: self.first_generation,
            out: Out { sink, last_time: self.out.last_time },
        }
    }

    /// The place of a thread, for [`Order::offer`].
    pub(super) fn thread(&mut self, id: Option<ThreadId>) -> u32 {
        let Some(id) = id else { return NO_THREAD };
        let threads = &mut self.threads;
        *self.thread_places.entry(id.0).or_insert_with(|| {
            threads.push((id, Thread::default()));
            u32::try_from(threads.len() - 1).unwrap_or(NO_THREAD)
        })
    }

    /// Takes the event if it can be next.
    pub(super) fn offer(&mut self, candidate: Candidate<'_>, era: &Era) -> Outcome {
        let mut offer = self.offer_of(candidate, era);
        let step = self.dispatch(&mut offer)?;
        if step == Step::Taken {
            self.install(&offer);
        }
        Ok(step)
    }

    /// Begins to take events of the candidate's thread, with this one; [`Order::end_turn`] ends it.
    #[inline(always)]
    pub(super) fn begin_turn<'t>(&mut self, candidate: Candidate<'t>, era: &'t Era) -> Turn<'t> {
        Turn(self.offer_of(candidate, era))
    }

    /// Takes the thread's next event if it can be next. Not for one with wide arguments.
    #[inline(always)]
    pub(super) fn take<'t>(&mut self, turn: &mut Turn<'t>, raw: &'t RawEvent) -> Outcome {
        turn.0.raw = raw;
        self.dispatch(&mut turn.0)
    }

    #[inline(always)]
    pub(super) fn end_turn(&mut self, turn: &Turn<'_>) {
        self.install(&turn.0);
    }

    #[inline(always)]
    fn offer_of<'t>(&mut self, candidate: Candidate<'t>, era: &'t Era) -> Offer<'t> {
        let Candidate { raw, wide, thread } = candidate;
        let context = match self.threads.get_mut(thread as usize) {
            None => Context { thread: None, proc: None, goroutine: None },
            Some((id, held)) => {
                held.seen = true;
                Context { thread: Some(*id), proc: held.proc, goroutine: held.goroutine }
            }
        };
        Offer { raw, wide, thread, context, era }
    }

    /// Has the thread hold what the offer's context says.
    #[inline(always)]
    fn install(&mut self, offer: &Offer<'_>) {
        if let Some((_, held)) = self.threads.get_mut(offer.thread as usize) {
            held.proc = offer.context.proc;
            held.goroutine = offer.context.goroutine;
        }
    }

    /// Like [`Order::dispatch`], for events that tell of other threads than their own: what this
    /// thread holds has to be known to those who look at all.
    #[inline(never)]
    fn dispatch_to_threads(&mut self, offer: &mut Offer<'_>) -> Outcome {
        self.install(offer);
        match offer.raw.kind {
            spec::PROC_STEAL => self.proc_steal(offer),
            spec::PROC_STATUS => self.proc_status(offer),
            _ => self.go_status(offer),
        }
    }

    #[inline(always)]
    fn dispatch(&mut self, offer: &mut Offer<'_>) -> Outcome {
        use spec::*;
        match offer.raw.kind {
            PROC_START => self.proc_start(offer),
            PROC_STOP => self.proc_stop(offer),
            PROC_STEAL | PROC_STATUS | GO_STATUS | GO_STATUS_STACK => self.dispatch_to_threads(offer),
            GO_CREATE | GO_CREATE_BLOCKED => self.go_create(offer),
            GO_CREATE_SYSCALL => self.go_create_syscall(offer),
            GO_START => self.go_start(offer),
            GO_DESTROY | GO_STOP | GO_BLOCK => self.go_stop_running(offer),
            GO_DESTROY_SYSCALL => self.go_destroy_syscall(offer),
            GO_UNBLOCK => self.go_unblock(offer),
            GO_SYSCALL_BEGIN => self.go_syscall_begin(offer),
            GO_SYSCALL_END => self.go_syscall_end(offer),
            GO_SYSCALL_END_BLOCKED => self.go_syscall_end_blocked(offer),
            GO_SWITCH | GO_SWITCH_DESTROY => self.go_switch(offer),
            STW_BEGIN
            | STW_END
            | GC_MARK_ASSIST_BEGIN
            | GC_MARK_ASSIST_END
            | GC_MARK_ASSIST_ACTIVE
            | GC_SWEEP_BEGIN
            | GC_SWEEP_END
            | GC_SWEEP_ACTIVE => self.range(offer),
            GC_ACTIVE | GC_BEGIN | GC_END => self.gc_cycle(offer),
            HEAP_ALLOC | HEAP_GOAL => self.plain(offer, NEEDS_PROC),
            PROCS_CHANGE | GO_LABEL | USER_LOG => self.plain(offer, NEEDS_GOROUTINE),
            USER_TASK_BEGIN | USER_TASK_END => self.user_task(offer),
            USER_REGION_BEGIN | USER_REGION_END => self.user_region(offer),
            _ => self.plain(offer, NEEDS_THREAD),
        }
    }

    /// An event that changes nothing the order cares about.
    #[inline(always)]
    fn plain(&mut self, offer: &mut Offer<'_>, needs: Needs) -> Outcome {
        offer.require(needs)?;
        self.emit(offer);
        Ok(Step::Taken)
    }

    /// Yields the event as it stands.
    #[inline(always)]
    fn emit(&mut self, offer: &Offer<'_>) {
        self.emit_as(offer, offer.context, offer.said(0));
    }

    /// Yields an event at the offer's time.
    #[inline(always)]
    fn emit_as(&mut self, offer: &Offer<'_>, context: Context, said: Said) {
        self.out.push(Event {
            time: TraceTime(offer.raw.time),
            thread: context.thread.map_or(NONE, |thread| thread.0),
            proc: context.proc.map_or(NONE, |proc| proc.id),
            goroutine: context.goroutine.map_or(NONE, |goroutine| goroutine.id),
            args: said.args,
            tag: offer.era.tag,
            code: said.code,
            note: said.note,
        });
    }

    /// String ids are about to mean something else.
    pub(super) fn new_generation(&mut self, number: u64) {
        if !self.has_seen_events() {
            self.first_generation = Some(number);
        }
        self.names.new_generation();
    }

    /// Generations of tables alone can precede the first. What belongs to no thread can only state a
    /// goroutine or processor, or begin a GC cycle.
    fn has_seen_events(&self) -> bool {
        let known = !self.goroutines.is_empty() || !self.procs.is_empty();
        known || self.gc_phase != GcPhase::Undetermined || self.threads.iter().any(|(_, held)| held.seen)
    }

    fn is_first_generation(&self, era: &Era) -> bool {
        self.first_generation == Some(era.number)
    }
}

/// Whether an event's thread must hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
    MustNot,
}

impl Need {
    fn is_met_by(self, held: Option<Place>) -> bool {
        match self {
            Self::Must => held.is_some(),
            Self::May => true,
            Self::MustNot => held.is_none(),
        }
    }
}

/// What an event presupposes of its thread.
#[derive(Debug, Clone, Copy)]
struct Needs {
    proc: Need,
    goroutine: Need,
}

/// Only a thread.
const NEEDS_THREAD: Needs = Needs { proc: Need::May, goroutine: Need::May };
/// A thread that holds a processor.
const NEEDS_PROC: Needs = Needs { proc: Need::Must, goroutine: Need::May };
/// One that runs a goroutine.
const NEEDS_GOROUTINE: Needs = Needs { proc: Need::Must, goroutine: Need::Must };

impl Offer<'_> {
    #[inline(always)]
    fn arg(&self, i: usize) -> u64 {
        self.wide.map_or_else(|| u64::from(self.raw.args[i]), |wide| wide[i])
    }

    #[inline(always)]
    fn args(&self) -> [u64; MAX_ARGS] {
        self.wide.copied().unwrap_or_else(|| self.raw.args.map(u64::from))
    }

    /// What the event says as it stands.
    fn said(&self, note: u8) -> Said {
        Said { code: self.raw.kind, args: self.args(), note }
    }

    /// A sequence number of this generation.
    fn seq(&self, i: usize) -> Seq {
        Seq { generation: self.era.number, number: self.arg(i) }
    }

    #[inline(always)]
    fn require(&self, needs: Needs) -> Result<(), Box<Violation>> {
        let Context { thread, proc, goroutine } = self.context;
        if thread.is_some() && needs.proc.is_met_by(proc) && needs.goroutine.is_met_by(goroutine) {
            return Ok(());
        }
        Err(self.unmet(needs))
    }

    /// Says which of the needs is not met.
    #[cold]
    fn unmet(&self, needs: Needs) -> Box<Violation> {
        if self.context.thread.is_none() {
            return self.violation("an event on a thread", "none");
        }
        let proc = ("a thread with a processor", "a thread without a processor");
        let goroutine = ("a thread with a goroutine", "a thread without a goroutine");
        let (need, (with, without)) = match needs.proc.is_met_by(self.context.proc) {
            true => (needs.goroutine, goroutine),
            false => (needs.proc, proc),
        };
        match need {
            Need::MustNot => self.violation(without, with),
            _ => self.violation(with, without),
        }
    }

    fn violation(&self, expected: &'static str, found: impl std::fmt::Display) -> Box<Violation> {
        Box::new(Violation { expected, found: format!("{} with {found}", spec::name(self.raw.kind)) })
    }
}
