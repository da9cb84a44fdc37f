//! Taking an event against the rules, so that what follows a damage is still read.
//!
//! The event is believed: whatever it says of a goroutine, processor or thread holds from now on.
//! The next generation's status events put right what this gets wrong.

use super::super::batch::thread_id;
use super::super::spec;
use super::super::state::{GoState, ProcState};
use super::state::{Goroutine, Proc, Seq};
use super::{Candidate, Context, Era, Offer, Order, Place, Sink};

impl<S: Sink> Order<S> {
    /// Takes the event. For one that [`Order::offer`] refused, or lets wait for ever.
    pub(in super::super) fn force(&mut self, candidate: Candidate<'_>, era: &Era) {
        let mut offer = self.offer_of(candidate, era);
        offer.context = self.believe(&offer);
        self.install(&offer);
    }

    fn believe(&mut self, offer: &Offer<'_>) -> Context {
        use spec::*;
        match offer.raw.kind {
            PROC_START | PROC_STOP | PROC_STEAL | PROC_STATUS => self.believe_proc(offer),
            GO_STATUS | GO_STATUS_STACK => self.believe_go_status(offer),
            GO_SWITCH | GO_SWITCH_DESTROY => self.believe_switch(offer),
            GO_CREATE..=GO_SYSCALL_END_BLOCKED | GO_CREATE_BLOCKED => self.believe_goroutine(offer),
            GC_ACTIVE | GC_BEGIN | GC_END => {
                self.force_gc(offer);
                offer.context
            }
            USER_TASK_BEGIN | USER_TASK_END => {
                self.take_task(offer);
                offer.context
            }
            STW_BEGIN | STW_END | GC_SWEEP_ACTIVE..=GC_MARK_ASSIST_END => {
                self.force_range(offer);
                offer.context
            }
            _ => {
                self.emit(offer);
                offer.context
            }
        }
    }

    fn believe_proc(&mut self, offer: &Offer<'_>) -> Context {
        let (id, held) = (offer.arg(0), offer.context.proc);
        match offer.raw.kind {
            spec::PROC_START => {
                self.emit(offer);
                let place = self.set_proc(id, ProcState::Running, Some(offer.seq(1)));
                Context { proc: Some(place), ..offer.context }
            }
            spec::PROC_STOP => {
                self.emit(offer);
                if let Some(place) = held {
                    self.set_proc(place.id, ProcState::Idle, None);
                }
                Context { proc: None, ..offer.context }
            }
            spec::PROC_STEAL => {
                let place = self.set_proc(id, ProcState::Idle, Some(offer.seq(1)));
                self.emit_steal(offer, ProcState::Syscall);
                if held == Some(place) { Context { proc: None, ..offer.context } } else { offer.context }
            }
            _ => {
                self.emit(offer);
                let state = ProcState::from_wire(offer.arg(1)).unwrap_or(ProcState::Idle);
                let place = self.set_proc(id, state, Some(Seq::start(offer.era.number)));
                match state {
                    ProcState::Running | ProcState::Syscall => Context { proc: Some(place), ..offer.context },
                    _ => offer.context,
                }
            }
        }
    }

    fn believe_goroutine(&mut self, offer: &Offer<'_>) -> Context {
        use spec::*;
        self.emit(offer);
        let start = Some(Seq::start(offer.era.number));
        let idle = Context { goroutine: None, ..offer.context };
        match offer.raw.kind {
            GO_CREATE => self.believed(offer, GoState::Runnable, start, offer.context),
            GO_CREATE_BLOCKED => self.believed(offer, GoState::Waiting, start, offer.context),
            GO_UNBLOCK => self.believed(offer, GoState::Runnable, Some(offer.seq(1)), offer.context),
            GO_CREATE_SYSCALL => self.bound(offer, GoState::Syscall, start),
            GO_START => self.bound(offer, GoState::Running, Some(offer.seq(1))),
            GO_SYSCALL_BEGIN => {
                self.set_held(offer, ProcState::Syscall, Some(offer.seq(0)));
                self.set_current(offer, GoState::Syscall, offer.context)
            }
            GO_SYSCALL_END => {
                self.set_held(offer, ProcState::Running, None);
                self.set_current(offer, GoState::Running, offer.context)
            }
            GO_STOP | GO_SYSCALL_END_BLOCKED => self.set_current(offer, GoState::Runnable, idle),
            GO_BLOCK => self.set_current(offer, GoState::Waiting, idle),
            _ => {
                self.end_current(offer);
                idle
            }
        }
    }

    /// The goroutine that the event names is in this state; the thread then holds `after`.
    fn believed(&mut self, offer: &Offer<'_>, state: GoState, seq: Option<Seq>, after: Context) -> Context {
        self.set_goroutine(offer.arg(0), state, seq);
        after
    }

    /// Likewise, and the thread runs it.
    fn bound(&mut self, offer: &Offer<'_>, state: GoState, seq: Option<Seq>) -> Context {
        let place = self.set_goroutine(offer.arg(0), state, seq);
        Context { goroutine: Some(place), ..offer.context }
    }

    fn set_current(&mut self, offer: &Offer<'_>, state: GoState, after: Context) -> Context {
        if let Some(goroutine) = offer.context.goroutine.and_then(|place| self.goroutines.get_mut(place)) {
            goroutine.state = state;
        }
        after
    }

    fn believe_switch(&mut self, offer: &Offer<'_>) -> Context {
        if offer.raw.kind == spec::GO_SWITCH {
            self.set_current(offer, GoState::Waiting, offer.context);
        } else {
            self.end_current(offer);
        }
        let next = self.set_goroutine(offer.arg(0), GoState::Running, Some(offer.seq(1)));
        self.emit_switch(offer, next)
    }

    fn believe_go_status(&mut self, offer: &Offer<'_>) -> Context {
        let known = self.goroutines.find_mut(offer.arg(0));
        let before = known.map_or(GoState::Undetermined, |(_, goroutine)| goroutine.state);
        let state = GoState::from_wire(offer.arg(2)).unwrap_or(GoState::Waiting);
        let place = self.set_goroutine(offer.arg(0), state, Some(Seq::start(offer.era.number)));
        self.emit_as(offer, offer.context, offer.said(before.note()));
        let here = thread_id(offer.arg(1)) == offer.context.thread;
        match state {
            GoState::Running => Context { goroutine: Some(place), ..offer.context },
            GoState::Syscall if here => Context { goroutine: Some(place), ..offer.context },
            _ => offer.context,
        }
    }

    fn set_goroutine(&mut self, id: u64, state: GoState, seq: Option<Seq>) -> Place {
        let start = Seq { generation: 0, number: 0 };
        let place = match self.goroutines.find(id) {
            Some(place) => place,
            None => self.goroutines.insert(id, Goroutine::new(state, seq.unwrap_or(start))),
        };
        if let Some(goroutine) = self.goroutines.get_mut(place) {
            goroutine.state = state;
            goroutine.seq = seq.unwrap_or(goroutine.seq);
        }
        place
    }

    fn set_proc(&mut self, id: u64, state: ProcState, seq: Option<Seq>) -> Place {
        let start = Seq { generation: 0, number: 0 };
        let place = match self.procs.find(id) {
            Some(place) => place,
            None => self.procs.insert(id, Proc::new(state, seq.unwrap_or(start))),
        };
        if let Some(proc) = self.procs.get_mut(place) {
            proc.state = state;
            proc.seq = seq.unwrap_or(proc.seq);
        }
        place
    }

    fn set_held(&mut self, offer: &Offer<'_>, state: ProcState, seq: Option<Seq>) {
        if let Some(place) = offer.context.proc {
            self.set_proc(place.id, state, seq);
        }
    }
}
