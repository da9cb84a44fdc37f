//! Where goroutines blocked and where they called the system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Nanoseconds, Stack};

/// One reason to block at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockingSite {
    /// The runtime's word for it: `chan receive`, `select`, `sync`. `unknown` for goroutines that
    /// were blocked before the trace began, `coroutine` (without a stack) for coroutines that wait
    /// for their turn: for both the trace has no word.
    pub reason: String,
    /// Where, innermost first.
    pub stack: Stack,
    /// Waits begun.
    pub count: u64,
    /// Waits in progress when the trace (or the window) began, which `count` leaves out.
    pub carried: u64,
    /// Waits still in progress at the end.
    pub open: u64,
    /// Time waited, by all of them.
    pub total: Nanoseconds,
    /// The longest one's part of it.
    pub max: Nanoseconds,
}

/// System calls (or calls to C) at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyscallSite {
    /// Where, innermost first. Empty for calls made before the trace began and for threads of C.
    pub stack: Stack,
    /// Calls begun.
    pub count: u64,
    /// Calls in progress when the trace (or the window) began, which `count` leaves out.
    pub carried: u64,
    /// Calls still in progress at the end.
    pub open: u64,
    /// Calls that came back after they had lost their processor: those that really blocked.
    pub blocked: u64,
    /// Time in them.
    pub total: Nanoseconds,
    /// The longest one's part of it.
    pub max: Nanoseconds,
}
