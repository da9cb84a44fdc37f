//! Clocks. Four time axes meet in a capture, and a timestamp's type names the one it is on, so
//! that no two can be subtracted by accident. All are in nanoseconds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A span of time in nanoseconds, signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Nanoseconds(pub i64);

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
