//! Goroutines: made, run, stopped, blocked, unblocked, ended, switched.

use super::super::spec;
use super::super::state::GoState;
use super::state::{Goroutine, Seq};
use super::{
    Context, NEEDS_GOROUTINE, NEEDS_PROC, Need, Needs, Offer, Order, Outcome, Place, Said, Sink, Step,
    Violation,
};

impl<S: Sink> Order<S> {
    #[inline(always)]
    pub(super) fn go_create(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_PROC)?;
        let creator = offer.context.goroutine.and_then(|place| self.goroutines.get(place));
        if let Some(creator) = creator.filter(|creator| creator.state != GoState::Running) {
            let found = format!("creator in state {:?}", creator.state);
            return Err(offer.violation("a goroutine that runs", found));
        }
        let blocked = offer.raw.kind == spec::GO_CREATE_BLOCKED;
        let state = if blocked { GoState::Waiting } else { GoState::Runnable };
        self.add_goroutine(offer, state)?;
        self.emit(offer);
        Ok(Step::Taken)
    }

    /// Adds the goroutine that the event's first argument names.
    pub(super) fn add_goroutine(
        &mut self,
        offer: &Offer<'_>,
        state: GoState,
    ) -> Result<Place, Box<Violation>> {
        let id = offer.arg(0);
        if self.goroutines.find(id).is_some() {
            let found = format!("goroutine {id}, which exists");
            return Err(offer.violation("a new goroutine", found));
        }
        Ok(self.goroutines.insert(id, Goroutine::new(state, Seq::start(offer.era.number))))
    }

    #[inline(always)]
    pub(super) fn go_start(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let seq = offer.seq(1);
        let Some((place, goroutine)) = self.goroutines.find_mut(offer.arg(0)) else { return Ok(Step::Wait) };
        if goroutine.state != GoState::Runnable || !seq.follows(goroutine.seq) {
            return Ok(Step::Wait);
        }
        offer.require(Needs { proc: Need::Must, goroutine: Need::MustNot })?;
        goroutine.state = GoState::Running;
        goroutine.seq = seq;
        self.emit(offer);
        offer.context.goroutine = Some(place);
        Ok(Step::Taken)
    }

    /// The thread's goroutine, which must be in this state.
    #[inline(always)]
    pub(super) fn current(
        &mut self,
        offer: &Offer<'_>,
        state: GoState,
    ) -> Result<&mut Goroutine, Box<Violation>> {
        let current = offer.context.goroutine.and_then(|place| self.goroutines.get_mut(place));
        match current {
            Some(goroutine) if goroutine.state == state => Ok(goroutine),
            Some(goroutine) => {
                let found = format!("goroutine in state {:?}", goroutine.state);
                Err(offer.violation("a goroutine in the state that the event ends", found))
            }
            None => Err(offer.violation("a thread with a goroutine", "a goroutine that does not exist")),
        }
    }

    /// The running goroutine ends, blocks, or yields.
    #[inline(always)]
    pub(super) fn go_stop_running(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        let goroutine = self.current(offer, GoState::Running)?;
        match offer.raw.kind {
            spec::GO_STOP => goroutine.state = GoState::Runnable,
            spec::GO_BLOCK => goroutine.state = GoState::Waiting,
            _ => self.end_current(offer),
        }
        self.emit(offer);
        offer.context.goroutine = None;
        Ok(Step::Taken)
    }

    pub(super) fn end_current(&mut self, offer: &Offer<'_>) {
        if let Some(place) = offer.context.goroutine {
            self.goroutines.remove(place);
        }
    }

    /// Anything can unblock a goroutine, a thread without a processor too.
    #[inline(always)]
    pub(super) fn go_unblock(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let seq = offer.seq(1);
        let Some((_, goroutine)) = self.goroutines.find_mut(offer.arg(0)) else { return Ok(Step::Wait) };
        if goroutine.state != GoState::Waiting || !seq.follows(goroutine.seq) {
            return Ok(Step::Wait);
        }
        goroutine.state = GoState::Runnable;
        goroutine.seq = seq;
        self.emit(offer);
        Ok(Step::Taken)
    }

    /// One coroutine hands its thread over to another: unblock, block (or end), start.
    pub(super) fn go_switch(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        self.current(offer, GoState::Running)?;
        let seq = offer.seq(1);
        let Some((place, next)) = self.goroutines.find_mut(offer.arg(0)) else { return Ok(Step::Wait) };
        if next.state != GoState::Waiting || !seq.follows(next.seq) {
            return Ok(Step::Wait);
        }
        next.state = GoState::Running;
        next.seq = seq;
        if offer.raw.kind == spec::GO_SWITCH {
            self.current(offer, GoState::Running)?.state = GoState::Waiting;
        } else {
            self.end_current(offer);
        }
        offer.context = self.emit_switch(offer, place);
        Ok(Step::Taken)
    }

    /// Yields the three events of a switch; returns what the thread holds afterwards.
    pub(super) fn emit_switch(&mut self, offer: &Offer<'_>, next: Place) -> Context {
        self.emit(offer);
        let gone = match offer.raw.kind {
            spec::GO_SWITCH => spec::GO_BLOCK,
            _ => spec::GO_DESTROY,
        };
        self.emit_as(offer, offer.context, Said::bare(gone));
        let idle = Context { goroutine: None, ..offer.context };
        let started = Said { args: [next.id, 0, 0, 0], ..Said::bare(spec::GO_START) };
        self.emit_as(offer, idle, started);
        Context { goroutine: Some(next), ..offer.context }
    }
}
