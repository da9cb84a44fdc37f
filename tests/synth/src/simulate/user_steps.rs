//! What goroutines do apart from being scheduled: GC, allocation, annotations.

use super::world::World;

/// Furthest that two threads' clocks are apart, with a margin.
const CLOCKS_APART: u64 = 500;

impl World {
    /// A cycle runs when tracing starts.
    pub(super) fn gc_is_active(&mut self) {
        if !self.random.once_in(3) {
            return;
        }
        let thread = self.random.place(self.threads.len());
        self.gc_seq = 1;
        self.gc_running = true;
        self.gc_again = self.now + CLOCKS_APART;
        self.write(thread, "GCActive", &[1]);
    }

    /// The first of a trace's GC events is believed whatever its number, so the clocks have to be
    /// right about which it is.
    pub(super) fn gc(&mut self, thread: usize) {
        if self.now < self.gc_again {
            return;
        }
        self.gc_again = self.now + CLOCKS_APART;
        self.gc_seq += 1;
        let (seq, stack) = (self.gc_seq, self.any_stack());
        match std::mem::replace(&mut self.gc_running, seq % 2 == 1) {
            true => self.write(thread, "GCEnd", &[seq]),
            false => self.write(thread, "GCBegin", &[seq, stack]),
        }
    }

    pub(super) fn stop_world(&mut self, thread: usize) {
        let (kind, stack) = (self.any_text(), self.any_stack());
        let Some(goroutine) = self.current_mut(thread) else { return };
        match std::mem::replace(&mut goroutine.stopping_world, true) {
            true => self.end_stop(thread),
            false => self.write(thread, "STWBegin", &[kind, stack]),
        }
    }

    /// Ends the thread's stop of the world, if there is one.
    pub(super) fn end_stop(&mut self, thread: usize) {
        let stopping =
            self.current_mut(thread).is_some_and(|goroutine| std::mem::take(&mut goroutine.stopping_world));
        if stopping {
            self.write(thread, "STWEnd", &[]);
        }
    }

    /// No stop goes on into the next generation, where its reason's id means something else.
    pub(super) fn end_stops(&mut self) {
        (0..self.threads.len()).for_each(|thread| self.end_stop(thread));
    }

    pub(super) fn assist(&mut self, thread: usize) {
        let stack = self.any_stack();
        let Some(goroutine) = self.current_mut(thread) else { return };
        goroutine.assisting = !goroutine.assisting;
        match goroutine.assisting {
            true => self.write(thread, "GCMarkAssistBegin", &[stack]),
            false => self.write(thread, "GCMarkAssistEnd", &[]),
        }
    }

    pub(super) fn sweep(&mut self, thread: usize) {
        let stack = self.any_stack();
        let Some(proc) = self.held(thread) else { return };
        if proc.sweeping {
            return self.end_sweep(thread);
        }
        proc.sweeping = true;
        self.write(thread, "GCSweepBegin", &[stack]);
    }

    /// Ends the processor's sweeping, if there is any.
    pub(super) fn end_sweep(&mut self, thread: usize) {
        if self.held(thread).is_some_and(|proc| std::mem::take(&mut proc.sweeping)) {
            let swept = self.random.below(1 << 20);
            self.write(thread, "GCSweepEnd", &[swept, swept / 2]);
        }
    }

    pub(super) fn heap_metric(&mut self, thread: usize) {
        let name = if self.random.once_in(2) { "HeapAlloc" } else { "HeapGoal" };
        let bytes = self.random.number() >> self.random.below(64);
        self.write(thread, name, &[bytes]);
    }

    pub(super) fn annotate(&mut self, thread: usize) {
        let (a, b, stack) = (self.any_text(), self.any_text(), self.any_stack());
        let number = self.random.below(5);
        match self.random.below(3) {
            0 => self.write(thread, "GoLabel", &[a]),
            1 => self.write(thread, "UserLog", &[number, a, b, stack]),
            _ => self.write(thread, "ProcsChange", &[number, stack]),
        }
    }

    /// A task begins once and ends any number of times, even before it began: only the clocks
    /// order the two, and an end without a begin is fine.
    pub(super) fn task(&mut self, thread: usize) {
        let (name, stack, parent) = (self.any_text(), self.any_stack(), self.random.below(4));
        match self.random.pick(&self.tasks) {
            Some(&task) if self.random.once_in(2) => self.write(thread, "UserTaskEnd", &[task, stack]),
            _ => {
                let task = 1 + self.tasks.len() as u64;
                self.tasks.push(task);
                self.write(thread, "UserTaskBegin", &[task, parent, name, stack]);
            }
        }
    }

    /// Regions nest within a goroutine; one that began before tracing may end, too.
    pub(super) fn region(&mut self, thread: usize) {
        let (task, text, stack) = (self.random.below(3), self.random.place(8), self.any_stack());
        let begins = self.random.once_in(2);
        let Some(goroutine) = self.current_mut(thread) else { return };
        if begins {
            goroutine.regions.push((task, text));
            let name = self.text(text);
            return self.write(thread, "UserRegionBegin", &[task, name, stack]);
        }
        let (task, text) = goroutine.regions.pop().unwrap_or((task, text));
        let name = self.text(text);
        self.write(thread, "UserRegionEnd", &[task, name, stack]);
    }

    pub(super) fn alloc_free(&mut self, thread: usize) {
        if self.minor < 23 {
            return;
        }
        let (id, value) = (self.random.below(1000), self.random.below(9));
        match self.random.below(9) {
            0 => self.write(thread, "Span", &[id, value, value]),
            1 => self.write(thread, "SpanAlloc", &[id, value, value]),
            2 => self.write(thread, "SpanFree", &[id]),
            3 => self.write(thread, "HeapObject", &[id, value]),
            4 => self.write(thread, "HeapObjectAlloc", &[id, value]),
            5 => self.write(thread, "HeapObjectFree", &[id]),
            6 => self.write(thread, "GoroutineStack", &[id, value]),
            7 => self.write(thread, "GoroutineStackAlloc", &[id, value]),
            _ => self.write(thread, "GoroutineStackFree", &[id]),
        }
    }
}
