//! Numbers of GC cycles, counted: an event's own sequence number does not tell them.
//!
//! The runtime counts begins, ends and, in each generation that begins while a cycle runs,
//! `GCActive` too (`GCActive` in runtime/traceruntime.go, Go 1.22-1.27): half of the sequence number is
//! the cycle's only as long as no cycle spans two generations.

/// Cycles met so far, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CycleCount {
    met: u64,
    running: bool,
}

impl CycleCount {
    /// `GCBegin`: number of the cycle.
    pub(super) fn begin(&mut self) -> u64 {
        self.met += 1;
        self.running = true;
        self.met
    }

    /// `GCActive`: number of the cycle if this is the first that is heard of it.
    pub(super) fn active(&mut self) -> Option<u64> {
        (!self.running).then(|| self.begin())
    }

    /// `GCEnd`: number of the cycle that is over.
    pub(super) fn end(&mut self) -> u64 {
        if !self.running {
            self.begin(); // damage took its begin
        }
        self.running = false;
        self.met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_that_spans_generations_is_one() {
        let mut count = CycleCount::default();
        assert_eq!((count.begin(), count.active(), count.active(), count.end()), (1, None, None, 1));
        assert_eq!((count.begin(), count.end()), (2, 2));
    }

    #[test]
    fn one_that_runs_when_the_trace_begins_is_the_first() {
        let mut count = CycleCount::default();
        assert_eq!((count.active(), count.end(), count.begin()), (Some(1), 1, 2));
    }

    #[test]
    fn one_whose_begin_was_lost_counts() {
        let mut count = CycleCount::default();
        assert_eq!((count.end(), count.begin(), count.end()), (1, 2, 2));
    }
}
