//! Processors: a thread takes one, gives it up, or loses it to another while in a system call.

use super::super::batch::thread_id;
use super::super::state::ProcState;
use super::{Context, Need, Needs, Offer, Order, Outcome, Place, Sink, Step};

impl<S: Sink> Order<S> {
    #[inline(always)]
    pub(super) fn proc_start(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let seq = offer.seq(1);
        let Some((place, proc)) = self.procs.find_mut(offer.arg(0)) else { return Ok(Step::Wait) };
        // A thread that holds a processor has yet to lose it to a thief.
        if proc.state != ProcState::Idle || !seq.follows(proc.seq) || offer.context.proc.is_some() {
            return Ok(Step::Wait);
        }
        offer.require(Needs { proc: Need::MustNot, goroutine: Need::May })?;
        proc.state = ProcState::Running;
        proc.seq = seq;
        self.emit(offer);
        offer.context.proc = Some(place);
        Ok(Step::Taken)
    }

    #[inline(always)]
    pub(super) fn proc_stop(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let held = offer.context.proc.and_then(|place| self.procs.get_mut(place));
        let Some(proc) = held else {
            return Err(offer.violation("a thread with a processor", "a thread without a processor"));
        };
        if !matches!(proc.state, ProcState::Running | ProcState::Syscall) {
            let found = format!("processor in state {:?}", proc.state);
            return Err(offer.violation("a processor that runs or is in a system call", found));
        }
        offer.require(Needs { proc: Need::Must, goroutine: Need::May })?;
        proc.state = ProcState::Idle;
        self.emit(offer);
        offer.context.proc = None;
        Ok(Step::Taken)
    }

    pub(super) fn proc_steal(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let seq = offer.seq(1);
        let Some((place, proc)) = self.procs.find_mut(offer.arg(0)) else { return Ok(Step::Wait) };
        let before = proc.state;
        if !matches!(before, ProcState::Syscall | ProcState::SyscallAbandoned) || !seq.follows(proc.seq) {
            return Ok(Step::Wait);
        }
        offer.require(Needs { proc: Need::May, goroutine: Need::May })?;
        proc.state = ProcState::Idle;
        proc.seq = seq;
        // Whoever held an abandoned processor may long do something else: leave it alone.
        let after = match before {
            ProcState::Syscall => self.take_from(offer, place)?,
            _ => offer.context,
        };
        self.emit_steal(offer, before);
        offer.context = after;
        Ok(Step::Taken)
    }

    /// Takes the processor from the thread that the event names.
    fn take_from(&mut self, offer: &Offer<'_>, place: Place) -> Result<Context, Box<super::Violation>> {
        let victim = thread_id(offer.arg(2));
        if victim == offer.context.thread {
            if offer.context.proc != Some(place) {
                return Err(offer.violation("a thread that steals its own processor", "another one"));
            }
            return Ok(Context { proc: None, ..offer.context });
        }
        let known = victim.and_then(|thread| self.thread_places.get(&thread.0));
        let Some((_, held)) = known.and_then(|&slot| self.threads.get_mut(slot as usize)) else {
            return Err(offer.violation("a known thread to steal from", "an unknown one"));
        };
        if held.proc != Some(place) {
            return Err(offer.violation("a thread that holds the stolen processor", "one that does not"));
        }
        // It is in a system call, and cannot come back from it before it knows.
        held.proc = None;
        Ok(offer.context)
    }

    pub(super) fn emit_steal(&mut self, offer: &Offer<'_>, before: ProcState) {
        self.emit_as(offer, offer.context, offer.said(before.visible().note()));
    }
}
