//! System calls and calls from C. The processor stays with the thread and may be stolen meanwhile.

use super::super::event::NONE;
use super::super::spec;
use super::super::state::{GoState, ProcState};
use super::state::Proc;
use super::{NEEDS_GOROUTINE, Need, Needs, Offer, Order, Outcome, Said, Sink, Step, Violation};

/// What coming back from a system call presupposes when the processor may be gone.
const NEEDS_ONLY_GOROUTINE: Needs = Needs { proc: Need::May, goroutine: Need::Must };

impl<S: Sink> Order<S> {
    #[inline(always)]
    pub(super) fn go_syscall_begin(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        self.current(offer, GoState::Running)?;
        let seq = offer.seq(0);
        let proc = self.held_proc(offer)?;
        // The number tells a later thief which system call it steals from. The processor runs
        // here, so there is nothing to wait for if it does not fit.
        if !seq.follows(proc.seq) {
            let found = format!("number {} after {}", seq.number, proc.seq.number);
            return Err(offer.violation("the processor's next sequence number", found));
        }
        proc.state = ProcState::Syscall;
        proc.seq = seq;
        self.current(offer, GoState::Running)?.state = GoState::Syscall;
        self.emit(offer);
        Ok(Step::Taken)
    }

    /// The processor that the thread holds.
    fn held_proc(&mut self, offer: &Offer<'_>) -> Result<&mut Proc, Box<Violation>> {
        let held = offer.context.proc.and_then(|place| self.procs.get_mut(place));
        held.ok_or_else(|| offer.violation("a known processor", "an unknown one"))
    }

    #[inline(always)]
    pub(super) fn go_syscall_end(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_GOROUTINE)?;
        self.current(offer, GoState::Syscall)?;
        let proc = self.held_proc(offer)?;
        if proc.state != ProcState::Syscall {
            let found = format!("processor in state {:?}", proc.state);
            return Err(offer.violation("a processor in a system call", found));
        }
        proc.state = ProcState::Running;
        self.current(offer, GoState::Syscall)?.state = GoState::Running;
        self.emit(offer);
        Ok(Step::Taken)
    }

    pub(super) fn go_syscall_end_blocked(&mut self, offer: &mut Offer<'_>) -> Outcome {
        // The event says that the processor was lost: wait for that.
        if offer.context.proc.is_some() && self.held_proc(offer)?.state == ProcState::Syscall {
            return Ok(Step::Wait);
        }
        offer.require(NEEDS_ONLY_GOROUTINE)?;
        self.current(offer, GoState::Syscall)?.state = GoState::Runnable;
        self.emit(offer);
        offer.context.goroutine = None;
        Ok(Step::Taken)
    }

    pub(super) fn go_create_syscall(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(Needs { proc: Need::May, goroutine: Need::MustNot })?;
        let place = self.add_goroutine(offer, GoState::Syscall)?;
        self.emit(offer);
        offer.context.goroutine = Some(place);
        Ok(Step::Taken)
    }

    /// The thread goes back to C for good as far as Go knows, and its id may come again as another
    /// thread: whatever processor it holds is nobody's from now on.
    pub(super) fn go_destroy_syscall(&mut self, offer: &mut Offer<'_>) -> Outcome {
        offer.require(NEEDS_ONLY_GOROUTINE)?;
        self.current(offer, GoState::Syscall)?;
        if let Some(place) = offer.context.proc {
            let proc = self.held_proc(offer)?;
            if proc.state != ProcState::Syscall {
                let found = format!("processor in state {:?}", proc.state);
                return Err(offer.violation("a processor in a system call", found));
            }
            proc.state = ProcState::SyscallAbandoned;
            let from = offer.context.thread.map_or(NONE, |thread| thread.0);
            let args = [place.id, 0, from, 0];
            let said = Said { code: spec::PROC_STEAL, args, note: ProcState::Running.note() };
            self.emit_as(offer, offer.context, said);
        }
        self.end_current(offer);
        self.emit(offer);
        offer.context.proc = None;
        offer.context.goroutine = None;
        Ok(Step::Taken)
    }
}
