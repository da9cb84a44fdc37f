//! The state of the program, and what its threads have written of it so far.
//!
//! As in the runtime, whoever first names a goroutine or processor in a generation states its
//! state, and what nobody named is stated at the generation's end.

use std::collections::BTreeMap;

use super::{Batch, Generation, Plan, Written};
use crate::random::Random;
use crate::table::event_type;
use crate::trace::NO_THREAD;

/// Texts that events name.
const TEXTS: [&str; 8] =
    ["main.f", "main.go", "chan receive", "sleep", "request", "GC sweep termination", "main.g", ""];

pub(super) struct Thread {
    pub(super) id: u64,
    pub(super) proc: Option<usize>,
    pub(super) goroutine: Option<u64>,
    /// Its clock goes after.
    skew: u64,
    last: u64,
    batches: Vec<Batch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcState {
    Running,
    Idle,
    Syscall,
    Abandoned,
}

pub(super) struct Proc {
    pub(super) state: ProcState,
    pub(super) seq: u64,
    pub(super) sweeping: bool,
    /// Id of the thread that last entered a system call with it.
    pub(super) in_syscall_of: u64,
    told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoState {
    Runnable,
    Running,
    Syscall,
    Waiting,
}

pub(super) struct Goroutine {
    pub(super) state: GoState,
    pub(super) seq: u64,
    pub(super) assisting: bool,
    pub(super) stopping_world: bool,
    /// Of a call from C.
    pub(super) from_c: bool,
    /// Task and text.
    pub(super) regions: Vec<(u64, usize)>,
    told: bool,
}

pub(super) struct World {
    pub(super) random: Random,
    pub(super) frequency: u64,
    pub(super) minor: u32,
    pub(super) now: u64,
    pub(super) threads: Vec<Thread>,
    pub(super) procs: Vec<Proc>,
    pub(super) goroutines: BTreeMap<u64, Goroutine>,
    pub(super) next_goroutine: u64,
    pub(super) tasks: Vec<u64>,
    pub(super) gc_seq: u64,
    pub(super) gc_running: bool,
    pub(super) gc_again: u64,
    generation: u64,
    /// Ids of the texts in this generation.
    text_ids: Vec<u64>,
    /// Ids of the stacks, each of as many frames as its place says.
    stack_ids: Vec<u64>,
}

impl Goroutine {
    pub(super) fn new(state: GoState) -> Self {
        let (seq, regions) = (0, Vec::new());
        Self { state, seq, assisting: false, stopping_world: false, from_c: false, regions, told: true }
    }
}

impl World {
    /// A program that already runs when tracing starts.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let frequency = [1_000_000_000, 15_625_000, 2_803_200_123][random.place(3)];
        let now = 1000 + random.below(1 << 40);
        let mut world = Self {
            frequency,
            minor: plan.minor,
            now,
            threads: Vec::new(),
            procs: Vec::new(),
            goroutines: BTreeMap::new(),
            next_goroutine: 1,
            tasks: Vec::new(),
            gc_seq: 0,
            gc_running: false,
            gc_again: now,
            generation: random.below(5),
            text_ids: Vec::new(),
            stack_ids: Vec::new(),
            random,
        };
        (0..plan.n_threads).for_each(|_| world.add_thread());
        (0..plan.n_threads).for_each(|_| world.add_others());
        world
    }

    /// A thread, most with a processor and a goroutine.
    fn add_thread(&mut self) {
        let at_work = self.random.below(4);
        let place = self.threads.len();
        let proc = (at_work > 0).then(|| self.add_proc(ProcState::Running));
        let goroutine = (at_work > 1).then(|| self.add_goroutine(GoState::Running));
        let (skew, id) = (self.random.below(200), 100 + place as u64);
        if let (3, Some(p), Some(g), true) = (at_work, proc, goroutine, self.random.once_in(2)) {
            (self.procs[p].state, self.procs[p].in_syscall_of) = (ProcState::Syscall, id);
            self.goroutines.entry(g).and_modify(|goroutine| goroutine.state = GoState::Syscall);
        }
        self.threads.push(Thread { id, proc, goroutine, skew, last: self.now, batches: Vec::new() });
    }

    /// A processor that nobody holds, and goroutines that nobody runs.
    fn add_others(&mut self) {
        let state = if self.random.once_in(6) { ProcState::Abandoned } else { ProcState::Idle };
        self.add_proc(state);
        self.add_goroutine(GoState::Runnable);
        self.add_goroutine(GoState::Waiting);
    }

    fn add_proc(&mut self, state: ProcState) -> usize {
        let sweeping = state == ProcState::Running && self.random.once_in(4);
        self.procs.push(Proc { state, seq: 0, sweeping, in_syscall_of: 0, told: false });
        self.procs.len() - 1
    }

    fn add_goroutine(&mut self, state: GoState) -> u64 {
        let assisting = self.random.once_in(8);
        let goroutine = Goroutine { assisting, told: false, ..Goroutine::new(state) };
        let id = self.next_goroutine;
        self.next_goroutine += 1;
        self.goroutines.insert(id, goroutine);
        id
    }

    /// Lets things happen, and gives what was written.
    pub(super) fn generation(&mut self, n_steps: usize) -> Generation {
        let first = self.text_ids.is_empty();
        self.begin_generation();
        if first {
            self.gc_is_active();
        }
        for _ in 0..n_steps {
            self.now += self.random.below(40);
            self.step();
        }
        self.end_stops();
        self.tell_the_rest();
        self.collect()
    }

    fn begin_generation(&mut self) {
        self.generation += 1;
        self.procs.iter_mut().for_each(|proc| (proc.told, proc.seq) = (false, 0));
        self.goroutines.values_mut().for_each(|goroutine| (goroutine.told, goroutine.seq) = (false, 0));
        self.text_ids = (1..=TEXTS.len() as u64).collect();
        self.random.shuffle(&mut self.text_ids);
        self.stack_ids = (1..=4).collect();
        self.random.shuffle(&mut self.stack_ids);
    }

    /// A text's id in this generation.
    pub(super) fn text(&self, text: usize) -> u64 {
        self.text_ids[text % TEXTS.len()]
    }

    pub(super) fn any_text(&mut self) -> u64 {
        let text = self.random.place(TEXTS.len());
        self.text(text)
    }

    /// A stack's id in this generation, or none.
    pub(super) fn any_stack(&mut self) -> u64 {
        if self.random.once_in(5) { 0 } else { self.stack_ids[self.random.place(4)] }
    }

    /// A thread writes an event.
    pub(super) fn write(&mut self, thread: usize, name: &str, args: &[u64]) {
        let Some(kind) = event_type(name) else { return };
        let generation = self.generation;
        let (new, early) = (self.random.once_in(20), self.random.below(3));
        let writer = &mut self.threads[thread];
        let time = (self.now + writer.skew).max(writer.last);
        if new || writer.batches.is_empty() {
            let time = time.saturating_sub(early).max(writer.last);
            writer.batches.push(Batch { generation, thread: writer.id, time, events: Vec::new() });
            writer.last = time;
        }
        let delta = time - writer.last;
        writer.last = time;
        if let Some(batch) = writer.batches.last_mut() {
            batch.events.push(Written { kind, delta, args: args.to_vec() });
        }
    }

    /// A thread states what it holds, unless that is known.
    pub(super) fn tell_own(&mut self, thread: usize) {
        if let Some(proc) = self.threads[thread].proc {
            self.tell_proc(thread, proc);
        }
        if let Some(goroutine) = self.threads[thread].goroutine {
            self.tell_goroutine(thread, goroutine);
        }
    }

    /// `thread` states the state of a processor: its own, an idle one, or one it is about to steal.
    pub(super) fn tell_proc(&mut self, thread: usize, place: usize) {
        if std::mem::replace(&mut self.procs[place].told, true) {
            return;
        }
        let own = self.threads[thread].proc == Some(place);
        let state = match self.procs[place].state {
            ProcState::Running => 1,
            ProcState::Idle => 2,
            ProcState::Syscall if own => 3,
            ProcState::Syscall | ProcState::Abandoned => 4,
        };
        self.write(thread, "ProcStatus", &[place as u64, state]);
        if self.procs[place].sweeping {
            self.write(thread, "GCSweepActive", &[place as u64]);
        }
    }

    /// `thread` states the state of a goroutine: its own, or one that does not run.
    pub(super) fn tell_goroutine(&mut self, thread: usize, id: u64) {
        let Some(goroutine) = self.goroutines.get_mut(&id) else { return };
        if std::mem::replace(&mut goroutine.told, true) {
            return;
        }
        let assisting = goroutine.assisting;
        let state = match goroutine.state {
            GoState::Runnable => 1,
            GoState::Running => 2,
            GoState::Syscall => 3,
            GoState::Waiting => 4,
        };
        let holder = self.threads.iter().find(|thread| thread.goroutine == Some(id));
        let holder = holder.map_or(NO_THREAD, |thread| thread.id);
        if self.minor >= 23 && self.random.once_in(2) {
            let stack = self.any_stack();
            self.write(thread, "GoStatusStack", &[id, holder, state, stack]);
        } else {
            self.write(thread, "GoStatus", &[id, holder, state]);
        }
        if assisting {
            self.write(thread, "GCMarkAssistActive", &[id]);
        }
    }

    /// States what nobody named in this generation.
    fn tell_the_rest(&mut self) {
        for thread in 0..self.threads.len() {
            let held = self.threads[thread].proc;
            let running = held.is_some_and(|proc| self.procs[proc].state == ProcState::Running);
            if running || self.random.once_in(2) {
                self.tell_own(thread);
            }
        }
        let last = self.random.place(self.threads.len());
        for place in 0..self.procs.len() {
            self.take_back(last, place);
            self.tell_proc(last, place);
        }
        let ids: Vec<_> = self.goroutines.keys().copied().collect();
        ids.into_iter().for_each(|id| self.tell_goroutine(last, id));
    }

    /// A processor whose thread sat in a system call all the time is taken from it.
    fn take_back(&mut self, thread: usize, place: usize) {
        let proc = &self.procs[place];
        if !proc.told && proc.state == ProcState::Syscall && self.threads[thread].proc != Some(place) {
            self.steal(thread, place);
        }
    }

    fn collect(&mut self) -> Generation {
        let strings = self.text_ids.iter().zip(TEXTS).map(|(&id, text)| (id, text.to_owned())).collect();
        let stacks = (0..4).map(|n_frames| (self.stack_ids[n_frames], self.frames(n_frames))).collect();
        let samples = (0..self.random.below(8)).map(|_| self.sample()).collect();
        let batches = self.interleaved();
        let marked = self.minor >= 26;
        Generation { number: self.generation, batches, strings, stacks, samples, n_syncs: 1, marked }
    }

    fn frames(&self, n_frames: usize) -> Vec<[u64; 4]> {
        let frame = |i: usize| [0x4000 + 16 * i as u64, self.text(0), self.text(1), 10 + i as u64];
        (0..n_frames).map(frame).collect()
    }

    fn sample(&mut self) -> [u64; 5] {
        let time = self.now.saturating_sub(self.random.below(4000));
        let (thread, proc) = (100 + self.random.below(9), self.random.below(4));
        [time, thread, proc, self.random.below(6), self.any_stack()]
    }

    /// The batches of all threads in some order; those of one thread in theirs.
    fn interleaved(&mut self) -> Vec<Batch> {
        let mut waiting: Vec<_> =
            self.threads.iter_mut().map(|thread| std::mem::take(&mut thread.batches).into_iter()).collect();
        let mut all = Vec::new();
        while !waiting.is_empty() {
            let place = self.random.place(waiting.len());
            match waiting[place].next() {
                Some(batch) => all.push(batch),
                None => drop(waiting.swap_remove(place)),
            }
        }
        all
    }
}
