//! Clocks. Four time axes meet in a capture, and a timestamp's type names the one it is on, so
//! that no two can be subtracted by accident. All are in nanoseconds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A span of time in nanoseconds, signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Nanoseconds(pub i64);

/// In the unit that leaves one to three digits before the point.
impl std::fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ns = self.0 as f64;
        let text = match self.0.unsigned_abs() {
            0 => "0".to_owned(),
            1..1_000 => format!("{ns:.0} ns"),
            1_000..1_000_000 => format!("{:.0} us", ns / 1e3),
            1_000_000..1_000_000_000 => format!("{:.1} ms", ns / 1e6),
            _ => format!("{:.2} s", ns / 1e9),
        };
        f.pad(&text)
    }
}

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Time from `earlier` to `self`, on this clock.
            #[must_use]
            pub fn since(self, earlier: Self) -> Nanoseconds {
                Nanoseconds(self.0.saturating_sub(earlier.0))
            }

            /// This moment shifted by `span`.
            #[must_use]
            pub fn plus(self, span: Nanoseconds) -> Self {
                Self(self.0.saturating_add(span.0))
            }
        }
    };
}

clock! {
    /// Execution-trace time: the trace's tick count scaled by its frequency.
    TraceTime
}
clock! {
    /// `runtime.nanotime()` (CLOCK_MONOTONIC on Linux), as the probe reads it.
    MonotonicTime
}
clock! {
    /// Nanoseconds since the Unix epoch.
    WallTime
}
clock! {
    /// Time since the Go runtime's start, as gctrace's `@1.234s` counts it (whole milliseconds).
    RuntimeTime
}

/// The way between trace time and monotonic time, from moments read on both.
///
/// The two run at the same rate (both are the machine's), so each moment gives an offset that holds
/// from it on, and before the first. Without any the clocks are taken for the same, which they are on
/// Linux up to the trace's 64 ns ticks (`traceClockNow` in runtime/tracetime.go, Go 1.22-1.27).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClockMap {
    pairs: Vec<(TraceTime, MonotonicTime)>,
}

impl ClockMap {
    /// From pairs in any order.
    #[must_use]
    pub fn new(pairs: &[(TraceTime, MonotonicTime)]) -> Self {
        let mut pairs = pairs.to_vec();
        pairs.sort_unstable();
        Self { pairs }
    }

    /// Trace time as monotonic time.
    #[must_use]
    pub fn monotonic(&self, at: TraceTime) -> MonotonicTime {
        let known = self.pairs.partition_point(|(trace, _)| *trace <= at).saturating_sub(1);
        let (trace, monotonic) = self.pairs.get(known).copied().unwrap_or_default();
        monotonic.plus(at.since(trace))
    }

    /// Monotonic time as trace time.
    #[must_use]
    pub fn trace(&self, at: MonotonicTime) -> TraceTime {
        let known = self.pairs.partition_point(|(_, monotonic)| *monotonic <= at).saturating_sub(1);
        let (trace, monotonic) = self.pairs.get(known).copied().unwrap_or_default();
        trace.plus(at.since(monotonic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_without_a_pair_are_the_same() {
        let map = ClockMap::default();
        assert_eq!(map.monotonic(TraceTime(5)), MonotonicTime(5));
        assert_eq!(map.trace(MonotonicTime(5)), TraceTime(5));
    }

    #[test]
    fn each_pair_holds_from_its_moment_on_and_the_first_before_it_too() {
        let map =
            ClockMap::new(&[(TraceTime(200), MonotonicTime(1210)), (TraceTime(100), MonotonicTime(1100))]);
        for (trace, monotonic) in [(50, 1050), (100, 1100), (150, 1150), (200, 1210), (300, 1310)] {
            assert_eq!(map.monotonic(TraceTime(trace)), MonotonicTime(monotonic));
            assert_eq!(map.trace(MonotonicTime(monotonic)), TraceTime(trace));
        }
    }
}
