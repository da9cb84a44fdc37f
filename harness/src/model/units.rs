//! Quantities. Sizes and counts are whole numbers; floats appear only in statistics and display.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self(0), |a, b| a + b)
            }
        }

        impl $name {
            /// Signed difference `self - earlier`: a shrinking quantity is negative.
            #[must_use]
            pub fn since(self, earlier: Self) -> i64 {
                self.0.wrapping_sub(earlier.0) as i64
            }
        }
    };
}

quantity! {
    /// A size in bytes.
    Bytes
}
quantity! {
    /// A number of heap objects.
    Objects
}
quantity! {
    /// A GC cycle by the runtime's own count (`gc 17` in gctrace, `MemStats.NumGC`), from 1.
    GcCycle
}
quantity! {
    /// A goroutine's id, as printed in panics and carried by the execution trace.
    GoroutineId
}
quantity! {
    /// Operations of the workload: entries of the checkpoint function, rounds, or ticks.
    Operations
}

/// `4.2 KiB`; below a kibibyte and without a fraction, whole bytes. Units are powers of 1024.
#[must_use]
pub fn binary_units(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (value, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    match unit == 0 && value.fract() == 0.0 {
        true => format!("{value:.0} B"),
        false => format!("{value:.1} {}", units[unit]),
    }
}
