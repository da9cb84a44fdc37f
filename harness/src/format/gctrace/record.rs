//! What the decoder yields: the runtime's lines with their fields, and other writers' text.
//!
//! Field names are those of the runtime's own documentation of `GODEBUG`. Wire-level only: numbers
//! stay as rounded as they were printed.

use crate::model::{Bytes, GcCycle, Nanoseconds, RuntimeTime};

/// A piece of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record<'a> {
    /// A `gc N @…` line.
    Cycle(CycleLine),
    /// A `scav …` line of `GODEBUG=scavtrace=1`.
    Scavenge(ScavengeLine),
    /// A `pacer: …` line of `GODEBUG=gcpacertrace=1`, as printed, with its line end.
    Pacer {
        /// Where it begins.
        offset: u64,
        /// The line.
        bytes: &'a [u8],
    },
    /// `GC forced`: the 2-minute timer started the next cycle. It carries no number.
    ForcedByTimer {
        /// Where the notice begins.
        offset: u64,
    },
    /// Anything else, at most one line with its line end; a line longer than 64 KiB comes in pieces.
    Text {
        /// Where it begins.
        offset: u64,
        /// The bytes, in whatever encoding.
        bytes: &'a [u8],
    },
}

impl Record<'_> {
    /// Byte offset in the file at which the record begins; it ends where the next one begins.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Self::Cycle(line) => line.offset,
            Self::Scavenge(line) => line.offset,
            Self::Pacer { offset, .. } | Self::ForcedByTimer { offset } | Self::Text { offset, .. } => {
                *offset
            }
        }
    }
}

/// A size as gctrace prints it: whole MiB (it says "MB"), rounded down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WholeMib(pub u64);

impl WholeMib {
    /// The size in bytes, up to 1 MiB below the true one. Saturates.
    #[must_use]
    pub fn floor(self) -> Bytes {
        Bytes(self.0.saturating_mul(1 << 20))
    }
}

/// A GC cycle's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleLine {
    /// Where in the file the line begins.
    pub offset: u64,
    /// The cycle's number.
    pub n: GcCycle,
    /// Begin of the cycle since runtime start, truncated to a millisecond.
    pub at: RuntimeTime,
    /// CPU spent in GC since runtime start, whole percent.
    pub gc_cpu_percent: u32,
    /// The cycle looked for leaked goroutines (Go >= 1.26).
    pub leak_check: bool,
    /// Wall-clock time of the phases.
    pub clock: ClockPhases,
    /// CPU time of the phases.
    pub cpu: CpuPhases,
    /// Heap when the cycle began.
    pub heap_start: WholeMib,
    /// Heap when it ended.
    pub heap_end: WholeMib,
    /// Heap it marked as live.
    pub heap_marked: WholeMib,
    /// Heap goal it ran towards.
    pub goal: WholeMib,
    /// Scannable stacks; absent before Go 1.18.
    pub stacks: Option<WholeMib>,
    /// Scannable globals; absent before Go 1.18.
    pub globals: Option<WholeMib>,
    /// GOMAXPROCS.
    pub procs: u32,
    /// `(forced)`: started by `runtime.GC()` — the runtime marks only some of those.
    pub forced: bool,
}

/// Wall-clock time of a cycle's phases. The runtime prints two significant digits below 10 ms and
/// whole milliseconds above, truncated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockPhases {
    /// Stop-the-world sweep termination.
    pub sweep_termination: Nanoseconds,
    /// Concurrent mark and scan.
    pub mark: Nanoseconds,
    /// Stop-the-world mark termination.
    pub mark_termination: Nanoseconds,
}

/// CPU time of a cycle's phases, rounded like [`ClockPhases`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuPhases {
    /// Stop-the-world sweep termination, times the Ps stopped.
    pub sweep_termination: Nanoseconds,
    /// Mark assists: GC work that allocating goroutines were made to do.
    pub assist: Nanoseconds,
    /// Dedicated and fractional background workers.
    pub background: Nanoseconds,
    /// Workers on idle Ps.
    pub idle: Nanoseconds,
    /// Stop-the-world mark termination, times the Ps stopped.
    pub mark_termination: Nanoseconds,
}

/// A scavenger line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScavengeLine {
    /// Where in the file the line begins.
    pub offset: u64,
    /// Memory returned to the OS since the last line, in the background, whole KiB in bytes. Go 1.19
    /// prints one figure for all work, which stands here.
    pub background: Bytes,
    /// Memory returned eagerly since the last line (Go >= 1.20).
    pub eager: Option<Bytes>,
    /// Address space now returned to the OS.
    pub released: Bytes,
    /// Share of the heap that is not returned and in use, whole percent.
    pub utilization_percent: u32,
    /// What else the line says.
    pub cause: ScavengeCause,
}

/// The suffix of a scavenger line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ScavengeCause {
    /// None: the background scavenger's report.
    #[default]
    Background,
    /// `(forced)`: `debug.FreeOSMemory`.
    Forced,
    /// `[controller reset]`.
    ControllerReset,
}
