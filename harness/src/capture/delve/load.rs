//! Load from outside while Delve has the program: the rounds of a run, on a thread of their own.
//!
//! Whoever talks to Delve says when the program has ended; the load says when it has done its part and the program, if it does not end by
//! itself, is to be halted. Neither waits for the other longer than a deadline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::session::DebugPlan;
use crate::capture::child::{self, ProbeSignal};
use crate::capture::driver::{CHECKPOINT, Driven, Rounds, Stopped};
use crate::scenario::Driver;
use crate::toolchain::Interrupt;

/// How often it is looked whether the program has ended.
const POLL: Duration = Duration::from_millis(20);

/// What the two threads know of each other.
pub(super) struct Load {
    pid: Option<Pid>,
    ended: AtomicBool,
    halt: AtomicBool,
    quit: Interrupt,
    said: Mutex<Option<String>>,
}

impl Load {
    /// For the program of this id.
    pub(super) fn new(pid: i64) -> Self {
        Self {
            pid: i32::try_from(pid).ok().and_then(Pid::from_raw),
            ended: AtomicBool::new(false),
            halt: AtomicBool::new(false),
            quit: Interrupt::default(),
            said: Mutex::new(None),
        }
    }

    /// The program's end has been seen: nobody has to be asked for it any more.
    pub(super) fn ended(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Nobody is there any more whom a load could reach.
    pub(super) fn quit(&self) {
        self.ended();
        self.quit.trigger();
    }

    /// Whether the load is over and the program still there.
    pub(super) fn wants_halt(&self) -> bool {
        self.halt.load(Ordering::SeqCst) && !self.has_ended()
    }

    /// Why the load is over, if it should not be.
    pub(super) fn said(&self) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, words: String) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// Makes all rounds, then has the program end.
    pub(super) fn drive(&self, driver: &Driver, plan: &DebugPlan<'_>, deadline: Instant) {
        let rounds = Rounds {
            driver,
            workload: plan.workload,
            env: plan.inherited,
            run: plan.out,
            checkpoints: false,
            deadline,
            interrupt: &self.quit,
        };
        match rounds.drive(self) {
            Ok(()) if plan.is_probed => {
                // The probe looks for leaked goroutines, then ends the program, and both is seen at its end.
                self.tell(ProbeSignal::Finish);
                self.wait_for_end(CHECKPOINT.max(Duration::from_millis(plan.workload.grace_ms)));
            }
            Ok(()) | Err(Stopped::Ended | Stopped::Deadline | Stopped::Interrupted) => {}
            Err(Stopped::Early(what)) => self.say(format!("the program ended before {what}")),
            Err(Stopped::Failed(detail)) => self.say(detail),
        }
        // At the deadline, too, it is the other one's turn.
        self.halt.store(true, Ordering::SeqCst);
    }
}

impl Driven for Load {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn wait_for_end(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.has_ended() && Instant::now() < end {
            thread::sleep(POLL);
        }
    }

    fn tell(&self, signal: ProbeSignal) {
        if let Some(pid) = self.pid {
            child::tell(pid, signal, 0);
        }
    }
}
