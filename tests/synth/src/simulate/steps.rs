//! What the scheduler does: each step changes the world and writes what the runtime would.

use super::world::{GoState, Goroutine, Proc, ProcState, World};

/// One thing that a thread may do, if it can.
type Step = fn(&mut World, usize);

/// With neither processor nor goroutine.
const IDLE: &[Step] = &[World::start_proc, World::start_proc, World::unblock, World::call_from_c];
/// With a processor alone.
const LOOKING: &[Step] = &[
    World::start_goroutine,
    World::start_goroutine,
    World::start_goroutine,
    World::stop_proc,
    World::create,
    World::unblock,
    World::steal_any,
    World::heap_metric,
    World::sweep,
    World::call_from_c,
    World::alloc_free,
];
/// With a goroutine that runs.
const RUNNING: &[Step] = &[
    World::create,
    World::create,
    World::yield_or_block,
    World::yield_or_block,
    World::yield_or_block,
    World::destroy,
    World::unblock,
    World::unblock,
    World::steal_any,
    World::enter_syscall,
    World::enter_syscall,
    World::switch,
    World::stop_world,
    World::gc,
    World::assist,
    World::sweep,
    World::heap_metric,
    World::annotate,
    World::task,
    World::region,
    World::alloc_free,
];
/// With a goroutine in a system call.
const IN_SYSCALL: &[Step] =
    &[World::leave_syscall, World::leave_syscall, World::lose_proc, World::start_proc, World::return_to_c];

impl World {
    /// Some thread does something.
    pub(super) fn step(&mut self) {
        let thread = self.random.place(self.threads.len());
        let steps = match (self.current(thread).map(|goroutine| goroutine.state), self.threads[thread].proc) {
            (Some(GoState::Syscall), _) => IN_SYSCALL,
            (Some(_), _) => RUNNING,
            (None, Some(_)) => LOOKING,
            (None, None) => IDLE,
        };
        self.tell_own(thread);
        if let Some(step) = self.random.pick(steps) {
            step(self, thread);
        }
    }

    fn current(&self, thread: usize) -> Option<&Goroutine> {
        self.goroutines.get(&self.threads[thread].goroutine?)
    }

    /// The goroutine that a thread has, to be changed.
    pub(super) fn current_mut(&mut self, thread: usize) -> Option<&mut Goroutine> {
        self.goroutines.get_mut(&self.threads[thread].goroutine?)
    }

    pub(super) fn held(&mut self, thread: usize) -> Option<&mut Proc> {
        let place = self.threads[thread].proc?;
        self.procs.get_mut(place)
    }

    /// Some goroutine in this state.
    fn any_goroutine(&mut self, state: GoState) -> Option<u64> {
        let all: Vec<_> = self
            .goroutines
            .iter()
            .filter(|(_, goroutine)| goroutine.state == state)
            .map(|(&id, _)| id)
            .collect();
        self.random.pick(&all).copied()
    }

    fn any_proc(&mut self, state: ProcState) -> Option<usize> {
        let all: Vec<_> = (0..self.procs.len()).filter(|&place| self.procs[place].state == state).collect();
        self.random.pick(&all).copied()
    }

    fn next_seq(&mut self, id: u64) -> u64 {
        self.goroutines.get_mut(&id).map_or(0, |goroutine| {
            goroutine.seq += 1;
            goroutine.seq
        })
    }

    fn set(&mut self, id: u64, state: GoState) {
        self.goroutines.entry(id).and_modify(|goroutine| goroutine.state = state);
    }

    fn start_proc(&mut self, thread: usize) {
        if self.threads[thread].proc.is_some() {
            return;
        }
        let Some(place) = self.any_proc(ProcState::Idle) else { return };
        self.tell_proc(thread, place);
        let proc = &mut self.procs[place];
        (proc.state, proc.seq) = (ProcState::Running, proc.seq + 1);
        let seq = proc.seq;
        self.write(thread, "ProcStart", &[place as u64, seq]);
        self.threads[thread].proc = Some(place);
    }

    fn stop_proc(&mut self, thread: usize) {
        self.end_sweep(thread);
        let Some(proc) = self.held(thread) else { return };
        proc.state = ProcState::Idle;
        self.write(thread, "ProcStop", &[]);
        self.threads[thread].proc = None;
    }

    /// Gives up the processor in a system call, in one way or the other.
    fn lose_proc(&mut self, thread: usize) {
        let Some(place) = self.threads[thread].proc else { return };
        match (self.procs[place].state, self.random.once_in(2)) {
            (ProcState::Syscall, true) => self.steal(thread, place),
            _ => self.stop_proc(thread),
        }
    }

    fn steal_any(&mut self, thread: usize) {
        let state = if self.random.once_in(4) { ProcState::Abandoned } else { ProcState::Syscall };
        if let Some(place) = self.any_proc(state) {
            self.steal(thread, place);
        }
    }

    /// Takes a processor from a thread in a system call, which need not be another one.
    pub(super) fn steal(&mut self, thread: usize, place: usize) {
        self.tell_proc(thread, place);
        let victim = self.threads.iter().position(|thread| thread.proc == Some(place));
        let proc = &mut self.procs[place];
        (proc.state, proc.seq) = (ProcState::Idle, proc.seq + 1);
        let (seq, from) = (proc.seq, proc.in_syscall_of);
        self.write(thread, "ProcSteal", &[place as u64, seq, from]);
        if let Some(victim) = victim {
            self.threads[victim].proc = None;
        }
    }

    fn create(&mut self, thread: usize) {
        let blocked = self.minor >= 23 && self.random.once_in(4);
        let (name, state) = match blocked {
            true => ("GoCreateBlocked", GoState::Waiting),
            false => ("GoCreate", GoState::Runnable),
        };
        let id = self.new_goroutine(state);
        let (start, stack) = (self.any_stack(), self.any_stack());
        self.write(thread, name, &[id, start, stack]);
    }

    fn new_goroutine(&mut self, state: GoState) -> u64 {
        let id = self.next_goroutine;
        self.next_goroutine += 1;
        self.goroutines.insert(id, Goroutine::new(state));
        id
    }

    fn start_goroutine(&mut self, thread: usize) {
        let Some(id) = self.any_goroutine(GoState::Runnable) else { return };
        self.tell_goroutine(thread, id);
        let seq = self.next_seq(id);
        self.set(id, GoState::Running);
        self.write(thread, "GoStart", &[id, seq]);
        self.threads[thread].goroutine = Some(id);
    }

    fn yield_or_block(&mut self, thread: usize) {
        self.end_stop(thread);
        let (name, state) = match self.random.once_in(2) {
            true => ("GoStop", GoState::Runnable),
            false => ("GoBlock", GoState::Waiting),
        };
        let (reason, stack) = (self.any_text(), self.any_stack());
        self.write(thread, name, &[reason, stack]);
        self.leave(thread, state);
    }

    /// The thread's goroutine goes on elsewhere.
    fn leave(&mut self, thread: usize, state: GoState) {
        if let Some(id) = self.threads[thread].goroutine.take() {
            self.set(id, state);
        }
    }

    fn destroy(&mut self, thread: usize) {
        if self.current(thread).is_some_and(|goroutine| goroutine.from_c) {
            return;
        }
        self.end_stop(thread);
        self.write(thread, "GoDestroy", &[]);
        if let Some(id) = self.threads[thread].goroutine.take() {
            self.goroutines.remove(&id);
        }
    }

    fn unblock(&mut self, thread: usize) {
        let Some(id) = self.any_goroutine(GoState::Waiting) else { return };
        self.tell_goroutine(thread, id);
        let (seq, stack) = (self.next_seq(id), self.any_stack());
        self.set(id, GoState::Runnable);
        self.write(thread, "GoUnblock", &[id, seq, stack]);
    }

    fn switch(&mut self, thread: usize) {
        if self.minor < 23 {
            return;
        }
        let Some(next) = self.any_goroutine(GoState::Waiting) else { return };
        self.end_stop(thread);
        self.tell_goroutine(thread, next);
        let seq = self.next_seq(next);
        let ends = self.current(thread).is_some_and(|goroutine| !goroutine.from_c) && self.random.once_in(2);
        self.write(thread, if ends { "GoSwitchDestroy" } else { "GoSwitch" }, &[next, seq]);
        match self.threads[thread].goroutine.take() {
            Some(id) if ends => drop(self.goroutines.remove(&id)),
            Some(id) => self.set(id, GoState::Waiting),
            None => {}
        }
        self.set(next, GoState::Running);
        self.threads[thread].goroutine = Some(next);
    }

    fn enter_syscall(&mut self, thread: usize) {
        self.end_stop(thread);
        self.end_sweep(thread);
        let (stack, id) = (self.any_stack(), self.threads[thread].id);
        let Some(proc) = self.held(thread) else { return };
        proc.in_syscall_of = id;
        (proc.state, proc.seq) = (ProcState::Syscall, proc.seq + 1);
        let seq = proc.seq;
        self.write(thread, "GoSyscallBegin", &[seq, stack]);
        if let Some(goroutine) = self.current_mut(thread) {
            goroutine.state = GoState::Syscall;
        }
    }

    /// With the processor it had, or without: then the goroutine has to be started again.
    fn leave_syscall(&mut self, thread: usize) {
        match self.held(thread).map(|proc| proc.state) {
            Some(ProcState::Syscall) => {
                if let Some(proc) = self.held(thread) {
                    proc.state = ProcState::Running;
                }
                self.write(thread, "GoSyscallEnd", &[]);
                if let Some(goroutine) = self.current_mut(thread) {
                    goroutine.state = GoState::Running;
                }
            }
            _ => {
                self.write(thread, "GoSyscallEndBlocked", &[]);
                self.leave(thread, GoState::Runnable);
            }
        }
    }

    fn call_from_c(&mut self, thread: usize) {
        let id = self.new_goroutine(GoState::Syscall);
        self.goroutines.entry(id).and_modify(|goroutine| goroutine.from_c = true);
        self.write(thread, "GoCreateSyscall", &[id]);
        self.threads[thread].goroutine = Some(id);
    }

    /// The goroutine of a call from C ends. The processor stays behind.
    fn return_to_c(&mut self, thread: usize) {
        let held = self.held(thread).map(|proc| proc.state);
        let from_c = self.current(thread).is_some_and(|goroutine| goroutine.from_c);
        if !from_c || !matches!(held, None | Some(ProcState::Syscall)) {
            return;
        }
        if let Some(proc) = self.held(thread) {
            proc.state = ProcState::Abandoned;
        }
        self.write(thread, "GoDestroySyscall", &[]);
        self.threads[thread].proc = None;
        if let Some(id) = self.threads[thread].goroutine.take() {
            self.goroutines.remove(&id);
        }
    }
}
