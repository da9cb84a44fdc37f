//! `--window A..B`: a part of a trace by time since its begin, or by its GC cycles.
//!
//! A cycle is counted as the trace counts them, from 1 where tracing starts. `gc3..gc7` is from the begin of the third
//! to the end of the seventh, both included.

use std::str::FromStr;

use crate::format::exectrace::{EventKind, Reader};
use crate::ingest::trace::CycleCount;
use crate::model::trace::Window;
use crate::model::{Nanoseconds, TraceTime};

/// Units of a duration, and nanoseconds in each.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// A window as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowArg {
    from: Option<Edge>,
    to: Option<Edge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Time(Nanoseconds),
    Cycle(u64),
}

impl FromStr for WindowArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (edge(from)?, edge(to)?),
            // A single cycle is a window; a single moment is none.
            None => match edge(text)? {
                Some(cycle @ Edge::Cycle(_)) => (Some(cycle), Some(cycle)),
                _ => {
                    return Err(format!(
                        "`{text}` is one moment; a window is A..B, `1.2s..3s` or `gc3..gc7`"
                    ));
                }
            },
        };
        let empty = match (from, to) {
            (Some(Edge::Time(from)), Some(Edge::Time(to))) => from >= to,
            (Some(Edge::Cycle(from)), Some(Edge::Cycle(to))) => from > to,
            _ => false,
        };
        if empty { Err(format!("`{text}` ends before it begins")) } else { Ok(Self { from, to }) }
    }
}

fn edge(text: &str) -> Result<Option<Edge>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(number) = text.strip_prefix("gc") {
        return match number.parse() {
            Ok(cycle) if cycle > 0 => Ok(Some(Edge::Cycle(cycle))),
            _ => Err(format!("`{text}` is no GC cycle; the first one of the trace is `gc1`")),
        };
    }
    duration(text).map(|time| Some(Edge::Time(time)))
}

/// `1.5s`, `250us`, `1m30s`.
fn duration(text: &str) -> Result<Nanoseconds, String> {
    let wrong = || format!("`{text}` is no duration; write `1.5s`, `250ms` or `1m30s`");
    let (mut rest, mut total) = (text, 0.0);
    if text == "0" {
        return Ok(Nanoseconds(0));
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let value: f64 = rest[..number].parse().map_err(|_| wrong())?;
        let tail = &rest[number..];
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == &tail[..unit]).ok_or_else(wrong)?;
        total += value * scale;
        rest = &tail[unit..];
    }
    // Longer than any trace; the cast saturates.
    Ok(Nanoseconds(total.round() as i64))
}

impl WindowArg {
    /// Whether the trace has to be read for it first.
    pub(super) fn needs_cycles(&self) -> bool {
        [self.from, self.to].iter().any(|edge| matches!(edge, Some(Edge::Cycle(_))))
    }

    /// The window in time. `cycles` are the trace's, if [`Self::needs_cycles`].
    pub(super) fn resolve(&self, cycles: &[Cycle]) -> Result<Window, NoSuchCycle> {
        let find = |number| {
            let cycle = cycles.iter().find(|cycle| cycle.number == number);
            cycle.ok_or(NoSuchCycle { number, known: span(cycles) })
        };
        let from = match self.from {
            None => Nanoseconds(0),
            Some(Edge::Time(time)) => time,
            Some(Edge::Cycle(number)) => find(number)?.begin,
        };
        let to = match self.to {
            None => None,
            Some(Edge::Time(time)) => Some(time),
            // The end of the cycle belongs to it; a window ends before its end.
            Some(Edge::Cycle(number)) => find(number)?.end.map(|end| Nanoseconds(end.0.saturating_add(1))),
        };
        Ok(Window { from, to })
    }
}

/// A GC cycle of a trace, as times since the trace began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cycle {
    number: u64,
    begin: Nanoseconds,
    /// `None` if it was running when the trace ended.
    end: Option<Nanoseconds>,
}

/// A window names a cycle that the trace does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoSuchCycle {
    pub(super) number: u64,
    /// First and last that it has.
    pub(super) known: Option<(u64, u64)>,
}

fn span(cycles: &[Cycle]) -> Option<(u64, u64)> {
    Some((cycles.first()?.number, cycles.last()?.number))
}

/// Reads the trace to its end for its GC cycles.
pub(super) fn cycles(reader: &mut Reader<'_>) -> Vec<Cycle> {
    let mut cycles: Vec<Cycle> = Vec::new();
    let mut count = CycleCount::default();
    let mut start: Option<TraceTime> = None;
    while let Some(event) = reader.next_event() {
        let start = *start.get_or_insert(event.time);
        let now = event.time.since(start);
        let begun = match event.kind() {
            EventKind::GcBegin { seq } => Some(count.begin(seq)),
            EventKind::GcActive { seq } => count.active(seq),
            EventKind::GcEnd { seq } => {
                let number = count.end(seq);
                if let Some(cycle) = cycles.last_mut().filter(|cycle| cycle.number == number) {
                    cycle.end = Some(now);
                }
                None
            }
            _ => None,
        };
        cycles.extend(begun.map(|number| Cycle { number, begin: now, end: None }));
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        text.parse::<WindowArg>().unwrap().resolve(&[]).unwrap()
    }

    #[test]
    fn durations_of_any_unit_make_a_window_open_on_either_side() {
        let ns = Nanoseconds;
        assert_eq!(window("1.2s..3s"), Window { from: ns(1_200_000_000), to: Some(ns(3_000_000_000)) });
        assert_eq!(window("..500ms"), Window { from: ns(0), to: Some(ns(500_000_000)) });
        assert_eq!(window("250us.."), Window { from: ns(250_000), to: None });
        assert_eq!(window("1m30s..2m"), Window { from: ns(90_000_000_000), to: Some(ns(120_000_000_000)) });
        assert_eq!(window("..").to, None);
        assert_eq!(window("0..1ns"), Window { from: ns(0), to: Some(ns(1)) });
    }

    #[test]
    fn what_is_no_window_is_refused_with_an_example() {
        for text in
            ["1s", "3s..2s", "2s..2s", "5..6", "gc0..", "gcx..", "gc7..gc3", "1.2.3s..", "-1s..", "1s..2x"]
        {
            let error = text.parse::<WindowArg>().unwrap_err();
            assert!(error.contains('`'), "{text}: {error}");
        }
    }

    #[test]
    fn a_window_of_cycles_takes_in_both_of_them() {
        let cycle = |number, begin, end| Cycle { number, begin: Nanoseconds(begin), end };
        let cycles =
            [cycle(2, 10, Some(Nanoseconds(20))), cycle(3, 30, Some(Nanoseconds(40))), cycle(4, 50, None)];
        let resolve = |text: &str| text.parse::<WindowArg>().unwrap().resolve(&cycles);
        assert_eq!(resolve("gc2..gc3"), Ok(Window { from: Nanoseconds(10), to: Some(Nanoseconds(41)) }));
        assert_eq!(resolve("gc3"), Ok(Window { from: Nanoseconds(30), to: Some(Nanoseconds(41)) }));
        assert_eq!(resolve("gc4..gc4"), Ok(Window { from: Nanoseconds(50), to: None }));
        assert_eq!(resolve("gc1..").unwrap_err(), NoSuchCycle { number: 1, known: Some((2, 4)) });
    }
}
