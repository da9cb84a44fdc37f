//! From ticks to nanoseconds, and the sync batch that says how.

use super::event::ClockSnapshot;
use super::spec;
use super::version::Version;
use super::wire::{Wire, WireError};
use crate::model::{MonotonicTime, TraceTime, WallTime};

/// Ticks per second where the runtime's clock is in nanoseconds (all but Windows and a few ports):
/// `nanotime() / 64`. What a trace is read with if it was cut off before it said so itself.
const USUAL_TICKS_PER_SECOND: u64 = 1_000_000_000 / 64;

/// Nanoseconds in a tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TickLength {
    exact: f64,
    /// The same, if it is a whole number; 0 if it is not.
    whole: u64,
    /// Times of fewer ticks are computed with whole numbers.
    exact_below: u64,
}

/// Times of fewer ticks than this are the same whether computed with whole numbers or not.
const EXACT_TICKS: u64 = 1 << 40;

impl TickLength {
    /// `None` for 0 ticks per second.
    pub(super) fn from_frequency(ticks_per_second: u64) -> Option<Self> {
        // Computed in the same steps as by Go's reader, so that times agree to the nanosecond.
        (ticks_per_second != 0).then(|| Self::new(1.0 / (ticks_per_second as f64 / 1e9)))
    }

    pub(super) fn usual() -> Self {
        Self::new(1.0 / (USUAL_TICKS_PER_SECOND as f64 / 1e9))
    }

    fn new(exact: f64) -> Self {
        let whole = if exact.fract() == 0.0 && exact < 4096.0 { exact as u64 } else { 0 };
        Self { exact, whole, exact_below: if whole == 0 { 0 } else { EXACT_TICKS } }
    }

    /// Time of a number of ticks; absurd ones become the last time there is.
    #[inline]
    pub(super) fn nanoseconds(self, ticks: u64) -> i64 {
        if ticks < self.exact_below {
            // The usual case, and the only one that has to be fast. Below 2^52, so it fits.
            return (ticks * self.whole).cast_signed();
        }
        (ticks as f64 * self.exact) as i64
    }
}

/// The clocks as they stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RawSnapshot {
    ticks: u64,
    monotonic: u64,
    seconds: u64,
    nanoseconds: u64,
}

/// What a generation's sync batch says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct SyncData {
    tick: Option<TickLength>,
    clocks: Option<RawSnapshot>,
}

/// Why a sync batch could not be read to its end, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadSync {
    pub(super) pos: usize,
    pub(super) expected: &'static str,
    pub(super) found: &'static str,
}

impl SyncData {
    pub(super) fn tick(&self) -> Option<TickLength> {
        self.tick
    }

    pub(super) fn has_clocks(&self) -> bool {
        self.clocks.is_some()
    }

    /// The snapshot, on the model's clocks.
    pub(super) fn snapshot(&self, tick: TickLength) -> Option<ClockSnapshot> {
        let raw = self.clocks?;
        let wall = i128::from(raw.seconds) * 1_000_000_000 + i128::from(raw.nanoseconds);
        Some(ClockSnapshot {
            trace: TraceTime(tick.nanoseconds(raw.ticks)),
            monotonic: MonotonicTime(i64::try_from(raw.monotonic).unwrap_or(i64::MAX)),
            wall: WallTime(i64::try_from(wall).unwrap_or(i64::MAX)),
        })
    }

    /// Reads a sync batch: from Go 1.25 a mark, a frequency and a snapshot; before, a frequency.
    pub(super) fn read(&mut self, wire: &mut Wire<'_>, time: u64, version: Version) -> Result<(), BadSync> {
        if version >= Version::Go125 {
            let _mark = wire.byte();
        }
        let mut ticks = time;
        while !wire.is_empty() {
            let pos = wire.pos();
            let end = |error: WireError| BadSync { pos, expected: "a number", found: error.describe() };
            match wire.byte().map_err(end)? {
                spec::FREQUENCY if self.tick.is_none() => {
                    let frequency = wire.varint().map_err(end)?;
                    self.tick = TickLength::from_frequency(frequency);
                }
                spec::CLOCK_SNAPSHOT if version >= Version::Go125 && self.clocks.is_none() => {
                    let mut next = || wire.varint().map_err(end);
                    ticks = ticks.wrapping_add(next()?);
                    let (monotonic, seconds, nanoseconds) = (next()?, next()?, next()?);
                    self.clocks = Some(RawSnapshot { ticks, monotonic, seconds, nanoseconds });
                }
                other => {
                    let expected = "one frequency and one clock snapshot";
                    return Err(BadSync { pos, expected, found: spec::name(other) });
                }
            }
        }
        Ok(())
    }
}
