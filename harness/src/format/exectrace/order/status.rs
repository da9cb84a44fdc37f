//! Status events: each generation states anew what runs where, so that it can be read alone.

use super::super::batch::thread_id;
use super::super::state::{GoState, ProcState};
use super::state::{Goroutine, Proc, Seq, Thread};
use super::{Context, Offer, Order, Outcome, Place, Sink, Step, Violation};

impl<S: Sink> Order<S> {
    pub(super) fn proc_status(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let id = offer.arg(0);
        let Some(state) = ProcState::from_wire(offer.arg(1)) else {
            return Err(offer.violation("a state from 0 to 4", format!("state {}", offer.arg(1))));
        };
        let start = Seq::start(offer.era.number);
        let Some(place) = self.procs.find(id) else {
            let place = self.procs.insert(id, Proc::new(state, start));
            let first = self.is_first_generation(offer.era);
            let before = if first { ProcState::Undetermined } else { ProcState::NotExist };
            offer.context = self.emit_proc_status(offer, offer.context, place, (before, state));
            return Ok(Step::Taken);
        };
        let known = self.procs.get(place).map_or(state, |proc| proc.state);
        let about_to_be_stolen = state == ProcState::SyscallAbandoned && known == ProcState::Syscall;
        if known != state && !about_to_be_stolen {
            let found = format!("{state:?} for processor {id}, which is {known:?}");
            return Err(offer.violation("the state known", found));
        }
        // The thread that holds it was seen, so nothing is lost after all; the thread that writes
        // this is most likely the thief.
        let context = if about_to_be_stolen { self.holder_of(place, offer)? } else { offer.context };
        if let Some(proc) = self.procs.get_mut(place) {
            proc.seq = start;
        }
        let after = self.emit_proc_status(offer, context, place, (known.visible(), known));
        if !about_to_be_stolen {
            offer.context = after;
        }
        Ok(Step::Taken)
    }

    fn emit_proc_status(
        &mut self,
        offer: &Offer<'_>,
        context: Context,
        place: Place,
        (before, state): (ProcState, ProcState),
    ) -> Context {
        let mut said = offer.said(before.note());
        said.args[1] = state.wire();
        self.emit_as(offer, context, said);
        match state {
            ProcState::Running | ProcState::Syscall => Context { proc: Some(place), ..offer.context },
            _ => offer.context,
        }
    }

    /// Context of the thread that holds a processor. Slow, and rare.
    fn holder_of(&self, place: Place, offer: &Offer<'_>) -> Result<Context, Box<Violation>> {
        let holder = self.threads.iter().find(|(_, held)| held.proc == Some(place));
        match holder {
            Some(&(id, Thread { goroutine, .. })) => {
                Ok(Context { thread: Some(id), proc: Some(place), goroutine })
            }
            None => Err(offer.violation("a thread that holds the processor", "none")),
        }
    }

    pub(super) fn go_status(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let Some(state) = GoState::from_wire(offer.arg(2)) else {
            return Err(offer.violation("a state from 0 to 4", format!("state {}", offer.arg(2))));
        };
        let (place, before) = self.goroutine_with_status(offer, state)?;
        let mut event_context = offer.context;
        let mut after = offer.context;
        match state {
            GoState::Running => after.goroutine = Some(place),
            GoState::Syscall => self.bind_syscall(offer, place, &mut event_context, &mut after)?,
            _ => {}
        }
        self.emit_as(offer, event_context, offer.said(before.note()));
        offer.context = after;
        Ok(Step::Taken)
    }

    /// Finds or, in the first generation, adds the goroutine. Returns its state before, too.
    fn goroutine_with_status(
        &mut self,
        offer: &Offer<'_>,
        state: GoState,
    ) -> Result<(Place, GoState), Box<Violation>> {
        let id = offer.arg(0);
        let seq = Seq::start(offer.era.number);
        let Some(place) = self.goroutines.find(id) else {
            if !self.is_first_generation(offer.era) {
                let found = format!("goroutine {id}, which nobody made");
                return Err(offer.violation("a known goroutine after the first generation", found));
            }
            let place = self.goroutines.insert(id, Goroutine::new(state, seq));
            return Ok((place, GoState::Undetermined));
        };
        if let Some(known) = self.goroutines.get_mut(place) {
            if known.state != state {
                let found = format!("{state:?} for goroutine {id}, which is {:?}", known.state);
                return Err(offer.violation("the state known", found));
            }
            known.seq = seq;
        }
        Ok((place, state))
    }

    /// A goroutine in a system call is bound to the thread that the event names: the one that
    /// writes it, or one that sat in the call for the whole generation.
    fn bind_syscall(
        &mut self,
        offer: &Offer<'_>,
        place: Place,
        event_context: &mut Context,
        after: &mut Context,
    ) -> Result<(), Box<Violation>> {
        let Some(thread) = thread_id(offer.arg(1)) else {
            return Err(offer.violation("a thread for a goroutine in a system call", "none"));
        };
        let other = || offer.violation("the goroutine that the thread holds", "another one");
        if offer.context.thread == Some(thread) {
            if !self.is_first_generation(offer.era) && offer.context.goroutine != Some(place) {
                return Err(other());
            }
            after.goroutine = Some(place);
            return Ok(());
        }
        let slot = self.thread(Some(thread));
        let Some((_, held)) = self.threads.get_mut(slot as usize) else { return Err(other()) };
        if !held.seen {
            *held = Thread { proc: None, goroutine: Some(place), seen: true };
        } else if held.goroutine == Some(place) {
            event_context.goroutine = held.goroutine;
        } else {
            return Err(other());
        }
        event_context.thread = Some(thread);
        Ok(())
    }
}
