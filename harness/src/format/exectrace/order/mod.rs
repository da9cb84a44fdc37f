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

/// An offered event with all it needs.
struct Offer<'t> {
    raw: &'t RawEvent,
    context: Context,
    era: &'t Era,
}

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

/// Events taken and not yet handed out.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) events: Vec<Event>,
    /// Of the last event there was; times count from 1.
    pub(super) last_time: i64,
}

impl Out {
    #[inline]
    pub(super) fn push(&mut self, mut event: Event) {
        // Times of different threads can contradict the order; the order is right.
        event.time.0 = event.time.0.max(self.last_time.saturating_add(1));
        self.last_time = event.time.0;
        self.events.push(event);
    }
}

/// The state of the program as far as the events taken tell.
#[derive(Debug, Default)]
pub(super) struct Order {
    goroutines: Registry<Goroutine>,
    procs: Registry<Proc>,
    threads: Vec<(ThreadId, Thread)>,
    thread_places: HashMap<u64, u32>,
    tasks: HashMap<u64, Task>,
    pub(super) names: KeptNames,
    gc_phase: GcPhase,
    gc_seq: u64,
    first_generation: Option<u64>,
    pub(super) out: Out,
}

/// Place of the events that belong to no thread.
pub(super) const NO_THREAD: u32 = u32::MAX;

impl Order {
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
    #[inline(always)]
    pub(super) fn offer(&mut self, raw: &RawEvent, thread: u32, era: &Era) -> Result<Step, Box<Violation>> {
        let mut offer = self.offer_of(raw, thread, era);
        let step = self.dispatch(&mut offer)?;
        if step == Step::Taken {
            self.install(thread, offer.context);
        }
        Ok(step)
    }

    #[inline(always)]
    fn offer_of<'t>(&mut self, raw: &'t RawEvent, thread: u32, era: &'t Era) -> Offer<'t> {
        let context = match self.threads.get_mut(thread as usize) {
            None => Context { thread: None, proc: None, goroutine: None },
            Some((id, held)) => {
                held.seen = true;
                Context { thread: Some(*id), proc: held.proc, goroutine: held.goroutine }
            }
        };
        Offer { raw, context, era }
    }

    #[inline(always)]
    fn install(&mut self, thread: u32, after: Context) {
        if let Some((_, held)) = self.threads.get_mut(thread as usize) {
            // Written only when changed: most events leave both as they are, and copying what was
            // just written piecemeal is what this loop would spend its time on.
            if held.proc != after.proc {
                held.proc = after.proc;
            }
            if held.goroutine != after.goroutine {
                held.goroutine = after.goroutine;
            }
        }
    }

    #[inline(always)]
    fn dispatch(&mut self, offer: &mut Offer<'_>) -> Outcome {
        use spec::*;
        match offer.raw.kind {
            PROC_START => self.proc_start(offer),
            PROC_STOP => self.proc_stop(offer),
            PROC_STEAL => self.proc_steal(offer),
            PROC_STATUS => self.proc_status(offer),
            GO_CREATE | GO_CREATE_BLOCKED => self.go_create(offer),
            GO_CREATE_SYSCALL => self.go_create_syscall(offer),
            GO_START => self.go_start(offer),
            GO_DESTROY | GO_STOP | GO_BLOCK => self.go_stop_running(offer),
            GO_DESTROY_SYSCALL => self.go_destroy_syscall(offer),
            GO_UNBLOCK => self.go_unblock(offer),
            GO_SYSCALL_BEGIN => self.go_syscall_begin(offer),
            GO_SYSCALL_END => self.go_syscall_end(offer),
            GO_SYSCALL_END_BLOCKED => self.go_syscall_end_blocked(offer),
            GO_STATUS | GO_STATUS_STACK => self.go_status(offer),
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
    fn arg(&self, i: usize) -> u64 {
        self.raw.args[i]
    }

    /// What the event says as it stands.
    fn said(&self, note: u8) -> Said {
        Said { code: self.raw.kind, args: self.raw.args, note }
    }

    /// A sequence number of this generation.
    fn seq(&self, i: usize) -> Seq {
        Seq { generation: self.era.number, number: self.raw.args[i] }
    }

    #[inline]
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
