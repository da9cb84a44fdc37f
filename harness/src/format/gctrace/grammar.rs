//! The grammar of the runtime's lines, read at one position of the file.
//!
//! Source of the formats: `gcMarkTermination` in runtime/mgc.go and `printScavTrace` in
//! runtime/mgcscavenge.go of Go 1.21 to 1.27, and the runtime's documentation of `GODEBUG` for 1.19
//! and 1.20. Lines are read without their line end, which is the reader's business.

use super::record::{ClockPhases, CpuPhases, CycleLine, ScavengeCause, ScavengeLine, WholeMib};
use crate::model::{Bytes, GcCycle, Nanoseconds, RuntimeTime};

/// Longest run of digits looked at: twice what a u64 needs, so that a run of any length is read in
/// bounded time.
const MAX_DIGITS: usize = 40;

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// Why a line could not be read, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fail {
    /// Position of the token that did not fit.
    pub(super) at: usize,
    /// What should be there.
    pub(super) wanted: &'static str,
    pub(super) why: Why,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Something else is there.
    Mismatch,
    /// The file ends before the token does.
    End,
    /// A number that does not fit.
    Overflow,
}

/// A position in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: at.min(bytes.len()) }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn fail(&self, wanted: &'static str, why: Why) -> Fail {
        Fail { at: self.at, wanted, why }
    }

    /// Takes `text` if it is there.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text.as_bytes());
        if there {
            self.at += text.len();
        }
        there
    }

    /// Takes `text` or fails.
    fn literal(&mut self, text: &'static str) -> Result<(), Fail> {
        if self.take(text) {
            return Ok(());
        }
        let ended = text.as_bytes().starts_with(self.rest());
        Err(self.fail(text, if ended { Why::End } else { Why::Mismatch }))
    }

    /// Takes decimal digits, at least one.
    fn digits(&mut self) -> Result<&'a [u8], Fail> {
        let rest = self.rest();
        let n = rest.iter().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
        if n == 0 {
            let why = if rest.is_empty() { Why::End } else { Why::Mismatch };
            return Err(self.fail("a number", why));
        }
        self.at += n;
        Ok(&rest[..n])
    }

    fn integer(&mut self) -> Result<u64, Fail> {
        let start = *self;
        let value = parse(self.digits()?).ok_or_else(|| start.fail("a number below 2^64", Why::Overflow))?;
        if self.rest().is_empty() {
            // More digits may have followed.
            return Err(self.fail("the rest of the line", Why::End));
        }
        Ok(value)
    }

    fn small(&mut self) -> Result<u32, Fail> {
        let start = *self;
        u32::try_from(self.integer()?).map_err(|_| start.fail("a number below 2^32", Why::Overflow))
    }

    fn mib(&mut self) -> Result<WholeMib, Fail> {
        self.integer().map(WholeMib)
    }

    fn kib(&mut self) -> Result<Bytes, Fail> {
        let start = *self;
        let kib = self.integer()?;
        kib.checked_mul(1024).map(Bytes).ok_or_else(|| start.fail("a size below 2^64 bytes", Why::Overflow))
    }

    /// Seconds with exactly three decimals.
    fn seconds(&mut self) -> Result<RuntimeTime, Fail> {
        let start = *self;
        let whole = self.integer()?;
        self.literal(".")?;
        let decimals = *self;
        let fraction = self.digits()?;
        if fraction.len() != 3 {
            let ended = fraction.len() < 3 && self.rest().is_empty();
            return Err(decimals.fail("three decimals", if ended { Why::End } else { Why::Mismatch }));
        }
        let ms = parse(fraction).unwrap_or(0);
        nanoseconds(whole, NS_PER_S, ms.saturating_mul(NS_PER_MS))
            .map(RuntimeTime)
            .ok_or_else(|| start.fail("a time below 2^63 ns", Why::Overflow))
    }

    /// Milliseconds with at most three decimals.
    fn milliseconds(&mut self) -> Result<Nanoseconds, Fail> {
        let start = *self;
        let whole = self.integer()?;
        let mut fraction_ns = 0;
        if self.take(".") {
            let decimals = *self;
            let digits = self.digits()?;
            fraction_ns = match (digits.len(), parse(digits)) {
                (1, Some(value)) => value * 100_000,
                (2, Some(value)) => value * 10_000,
                (3, Some(value)) => value * 1_000,
                _ => return Err(decimals.fail("at most three decimals", Why::Mismatch)),
            };
        }
        nanoseconds(whole, NS_PER_MS, fraction_ns)
            .map(Nanoseconds)
            .ok_or_else(|| start.fail("a time below 2^63 ns", Why::Overflow))
    }
}

fn parse(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

fn nanoseconds(whole: u64, unit: u64, fraction_ns: u64) -> Option<i64> {
    i64::try_from(whole.checked_mul(unit)?.checked_add(fraction_ns)?).ok()
}

/// Reads `gc N @` — enough to tell a cycle's line from prose.
pub(super) fn cycle_head(c: &mut Cursor<'_>) -> Result<GcCycle, Fail> {
    c.literal("gc ")?;
    let n = c.integer()?;
    c.literal(" @")?;
    Ok(GcCycle(n))
}

/// Reads what follows [`cycle_head`], up to ` P` and the suffix.
pub(super) fn cycle_rest(c: &mut Cursor<'_>, offset: usize, n: GcCycle) -> Result<CycleLine, Fail> {
    let at = c.seconds()?;
    c.literal("s ")?;
    let gc_cpu_percent = c.small()?;
    c.literal("%")?;
    let leak_check = c.take(" (checking for goroutine leaks)");
    c.literal(": ")?;
    let clock = clock_phases(c)?;
    let cpu = cpu_phases(c)?;
    let [heap_start, heap_end, heap_marked] = heap(c)?;
    let goal = c.mib()?;
    c.literal(" MB goal, ")?;
    let (stacks, globals, procs) = scannable_and_procs(c)?;
    let forced = c.take(" (forced)");
    Ok(CycleLine {
        offset: offset as u64,
        n,
        at,
        gc_cpu_percent,
        leak_check,
        clock,
        cpu,
        heap_start,
        heap_end,
        heap_marked,
        goal,
        stacks,
        globals,
        procs,
        forced,
    })
}

fn clock_phases(c: &mut Cursor<'_>) -> Result<ClockPhases, Fail> {
    let sweep_termination = c.milliseconds()?;
    c.literal("+")?;
    let mark = c.milliseconds()?;
    c.literal("+")?;
    let mark_termination = c.milliseconds()?;
    c.literal(" ms clock, ")?;
    Ok(ClockPhases { sweep_termination, mark, mark_termination })
}

fn cpu_phases(c: &mut Cursor<'_>) -> Result<CpuPhases, Fail> {
    let sweep_termination = c.milliseconds()?;
    c.literal("+")?;
    let assist = c.milliseconds()?;
    c.literal("/")?;
    let background = c.milliseconds()?;
    c.literal("/")?;
    let idle = c.milliseconds()?;
    c.literal("+")?;
    let mark_termination = c.milliseconds()?;
    c.literal(" ms cpu, ")?;
    Ok(CpuPhases { sweep_termination, assist, background, idle, mark_termination })
}

fn heap(c: &mut Cursor<'_>) -> Result<[WholeMib; 3], Fail> {
    let start = c.mib()?;
    c.literal("->")?;
    let end = c.mib()?;
    c.literal("->")?;
    let marked = c.mib()?;
    c.literal(" MB, ")?;
    Ok([start, end, marked])
}

/// `S MB stacks, B MB globals, P P`, or just `P P` from before Go 1.18.
fn scannable_and_procs(c: &mut Cursor<'_>) -> Result<(Option<WholeMib>, Option<WholeMib>, u32), Fail> {
    let mut without = *c;
    if let Ok(procs) = procs(&mut without) {
        *c = without;
        return Ok((None, None, procs));
    }
    let stacks = c.mib()?;
    c.literal(" MB stacks, ")?;
    let globals = c.mib()?;
    c.literal(" MB globals, ")?;
    Ok((Some(stacks), Some(globals), procs(c)?))
}

fn procs(c: &mut Cursor<'_>) -> Result<u32, Fail> {
    let procs = c.small()?;
    c.literal(" P")?;
    Ok(procs)
}

/// Reads `scav N KiB work` — enough to tell a scavenger line from prose.
pub(super) fn scavenge_head(c: &mut Cursor<'_>) -> Result<Bytes, Fail> {
    c.literal("scav ")?;
    let work = c.kib()?;
    c.literal(" KiB work")?;
    Ok(work)
}

/// Reads what follows [`scavenge_head`].
pub(super) fn scavenge_rest(c: &mut Cursor<'_>, offset: usize, work: Bytes) -> Result<ScavengeLine, Fail> {
    let eager = if c.take(" (bg), ") {
        let eager = c.kib()?;
        c.literal(" KiB work (eager), ")?;
        Some(eager)
    } else {
        c.literal(", ")?;
        None
    };
    let released = c.kib()?;
    c.literal(if eager.is_some() { " KiB now, " } else { " KiB total, " })?;
    let utilization_percent = c.small()?;
    c.literal("% util")?;
    let cause = if c.take(" (forced)") {
        ScavengeCause::Forced
    } else if c.take(" [controller reset]") {
        ScavengeCause::ControllerReset
    } else {
        ScavengeCause::Background
    };
    Ok(ScavengeLine { offset: offset as u64, background: work, eager, released, utilization_percent, cause })
}
