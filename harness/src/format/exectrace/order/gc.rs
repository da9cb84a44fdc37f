//! The GC's cycles, which carry sequence numbers of their own, and the ranges of time bound to a
//! goroutine (stop of the world, mark assist) or a processor (sweep).

use super::super::kind::NAME_IS_KEPT;
use super::super::spec;
use super::names::{NO_NAME, Name};
use super::state::{GcPhase, Goroutine, Range, Ranges};
use super::{NEEDS_GOROUTINE, NEEDS_PROC, Offer, Order, Outcome, Said, Sink, Step, Violation};

impl<S: Sink> Order<S> {
    pub(super) fn gc_cycle(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let seq = offer.arg(0);
        let opens = match offer.raw.kind {
            spec::GC_ACTIVE => self.is_first_generation(offer.era),
            spec::GC_BEGIN => self.gc_phase == GcPhase::Undetermined,
            _ => false,
        };
        if opens && self.gc_phase != GcPhase::Undetermined {
            return Err(offer.violation("the first GC event of the trace", "an earlier one"));
        }
        if !opens {
            if Some(seq) != self.gc_seq.checked_add(1) {
                return Ok(Step::Wait);
            }
            self.check_phase(offer)?;
        }
        self.gc_seq = seq;
        self.gc_phase = phase_after(offer.raw.kind);
        if !opens {
            offer.require(NEEDS_GOROUTINE)?;
        }
        self.emit(offer);
        Ok(Step::Taken)
    }

    fn check_phase(&self, offer: &Offer<'_>) -> Result<(), Box<Violation>> {
        match (offer.raw.kind, self.gc_phase) {
            (spec::GC_BEGIN, GcPhase::Running) => Err(offer.violation("no cycle running", "one running")),
            (spec::GC_ACTIVE | spec::GC_END, GcPhase::NotRunning | GcPhase::Undetermined) => {
                Err(offer.violation("a cycle running", "none"))
            }
            _ => Ok(()),
        }
    }

    /// Takes a GC event whatever its number.
    pub(super) fn force_gc(&mut self, offer: &Offer<'_>) {
        self.gc_seq = offer.arg(0);
        self.gc_phase = phase_after(offer.raw.kind);
        self.emit(offer);
    }

    pub(super) fn range(&mut self, offer: &mut Offer<'_>) -> Outcome {
        let (range, part) = self.range_of(offer);
        match (part, range) {
            (Part::Active, _) => {}
            (_, Range::Sweep) => offer.require(NEEDS_PROC)?,
            _ => offer.require(NEEDS_GOROUTINE)?,
        }
        let first = self.is_first_generation(offer.era);
        let Some(ranges) = self.ranges_for(offer, range, part) else {
            return Err(offer.violation("a known goroutine or processor", "an unknown one"));
        };
        let ended = match part {
            Part::Begin => begin(ranges, range, offer)?,
            Part::Active if first => begin(ranges, range, offer)?,
            Part::Active if ranges.contains(range) => None,
            Part::Active => return Err(offer.violation("a range in progress", "none")),
            Part::End => match ranges.end(range) {
                Some(ended) => Some(ended),
                None => return Err(offer.violation("a range in progress", "none")),
            },
        };
        self.emit_range(offer, ended);
        Ok(Step::Taken)
    }

    /// Takes a begin or end whether or not it has a counterpart.
    pub(super) fn force_range(&mut self, offer: &Offer<'_>) {
        let (range, part) = self.range_of(offer);
        let ended = self.ranges_for(offer, range, part).and_then(|ranges| {
            if part == Part::End {
                return ranges.end(range);
            }
            if !ranges.contains(range) {
                ranges.begin(range);
            }
            None
        });
        self.emit_range(offer, ended);
    }

    fn range_of(&mut self, offer: &Offer<'_>) -> (Range, Part) {
        let name = match offer.raw.kind {
            spec::STW_BEGIN => self.names.name(offer.arg(0), &offer.era.tables.strings),
            _ => NO_NAME,
        };
        range_of(offer, name)
    }

    /// The ranges of the goroutine or processor that the event is about.
    fn ranges_for(&mut self, offer: &Offer<'_>, range: Range, part: Part) -> Option<&mut Ranges> {
        let named = part == Part::Active;
        if range == Range::Sweep {
            let place = if named { self.procs.find(offer.arg(0)) } else { offer.context.proc };
            return self.procs.get_mut(place?).map(|proc| &mut proc.ranges);
        }
        let place = if named { self.goroutines.find(offer.arg(0)) } else { offer.context.goroutine };
        self.goroutines.get_mut(place?).map(Goroutine::ranges)
    }

    /// The end of a stop does not repeat its reason: it is the begin's.
    fn emit_range(&mut self, offer: &Offer<'_>, ended: Option<Range>) {
        if offer.raw.kind == spec::STW_BEGIN {
            let name = self.names.name(offer.arg(0), &offer.era.tables.strings);
            self.names.hold(name);
        }
        match ended {
            Some(Range::Stw { name, .. }) => {
                self.names.release(name);
                let said =
                    Said { args: [u64::from(name), 0, 0, 0], note: NAME_IS_KEPT, code: offer.raw.kind };
                self.emit_as(offer, offer.context, said);
            }
            _ => self.emit(offer),
        }
    }
}

fn phase_after(kind: u8) -> GcPhase {
    if kind == spec::GC_END { GcPhase::NotRunning } else { GcPhase::Running }
}

fn begin(ranges: &mut Ranges, range: Range, offer: &Offer<'_>) -> Result<Option<Range>, Box<Violation>> {
    if ranges.contains(range) {
        return Err(offer.violation("no such range in progress", "one in progress"));
    }
    ranges.begin(range);
    Ok(None)
}

/// Which part of a range an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    /// It was in progress when the generation began.
    Active,
    End,
}

/// Apart from the reason of a stop, which is a name.
fn range_of(offer: &Offer<'_>, name: Name) -> (Range, Part) {
    match offer.raw.kind {
        spec::STW_BEGIN => (Range::Stw { name, id: offer.arg(0) }, Part::Begin),
        spec::STW_END => (Range::Stw { name: NO_NAME, id: 0 }, Part::End),
        spec::GC_MARK_ASSIST_BEGIN => (Range::MarkAssist, Part::Begin),
        spec::GC_MARK_ASSIST_ACTIVE => (Range::MarkAssist, Part::Active),
        spec::GC_MARK_ASSIST_END => (Range::MarkAssist, Part::End),
        spec::GC_SWEEP_BEGIN => (Range::Sweep, Part::Begin),
        spec::GC_SWEEP_ACTIVE => (Range::Sweep, Part::Active),
        _ => (Range::Sweep, Part::End),
    }
}
