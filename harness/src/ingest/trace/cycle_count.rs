//! Numbers of GC cycles in a trace, from 1.
//!
//! The runtime counts begins, ends and, in each generation that begins while a cycle runs, `GCActive` too, all in one
//! sequence (`GCActive` in runtime/traceruntime.go, Go 1.22-1.27): half of an event's sequence number is its cycle's only as
//! long as no cycle spans two generations. Of what is left when the others are taken off, a begin's number is odd and an
//! end's is even. Where damage has swallowed a `GCActive`, the next event shows it by being of the wrong kind.

/// Cycles met so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CycleCount {
    /// `GCActive` events of cycles that had begun before.
    continued: u64,
    met: u64,
}

impl CycleCount {
    /// `GCBegin`: number of the cycle.
    pub fn begin(&mut self, seq: u64) -> u64 {
        self.take(seq, false)
    }

    /// `GCActive`: number of the cycle if this is the first that is heard of it.
    pub fn active(&mut self, seq: u64) -> Option<u64> {
        if self.is_even(seq) {
            self.continued += 1;
            return None;
        }
        Some(self.take(seq, false))
    }

    /// `GCEnd`: number of the cycle that is over.
    pub fn end(&mut self, seq: u64) -> u64 {
        self.take(seq, true)
    }

    fn take(&mut self, seq: u64, even: bool) -> u64 {
        self.continued += u64::from(self.is_even(seq) != even);
        let place = seq.saturating_sub(self.continued);
        self.met = self.met.max(place.div_ceil(2));
        self.met
    }

    fn is_even(&self, seq: u64) -> bool {
        seq.saturating_sub(self.continued).is_multiple_of(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_that_spans_generations_is_one() {
        let mut count = CycleCount::default();
        assert_eq!((count.begin(1), count.active(2), count.active(3), count.end(4)), (1, None, None, 1));
        assert_eq!((count.begin(5), count.end(6)), (2, 2));
        assert_eq!((count.begin(7), count.active(8), count.end(9), count.begin(10)), (3, None, 3, 4));
    }

    #[test]
    fn one_that_runs_when_the_trace_begins_is_the_first() {
        let mut count = CycleCount::default();
        assert_eq!((count.active(1), count.end(2), count.begin(3)), (Some(1), 1, 2));
    }

    #[test]
    fn one_whose_begin_was_lost_counts() {
        let mut count = CycleCount::default();
        assert_eq!((count.end(2), count.begin(3), count.end(4)), (1, 2, 2));
    }

    #[test]
    fn cycles_that_a_lost_generation_had_are_counted_and_so_is_a_continuation_it_had() {
        let mut count = CycleCount::default();
        assert_eq!((count.begin(1), count.end(2)), (1, 1));
        // Lost: cycles 2 and 3 whole, the begin of 4 and, in it, a `GCActive` of number 8.
        assert_eq!((count.end(9), count.begin(10), count.end(11)), (4, 5, 5));
    }

    #[test]
    fn numbers_that_mean_nothing_do_no_harm() {
        let mut count = CycleCount::default();
        assert_eq!((count.end(0), count.active(0), count.begin(u64::MAX)), (0, None, (1 << 63) - 1));
        assert_eq!((count.begin(1), count.end(u64::MAX)), ((1 << 63) - 1, (1 << 63) - 1));
    }
}
