//! CPU samples: their batches, in the order in which they join the events of a generation.

use super::clock::TickLength;
use super::event::{Event, NONE};
use super::spec;
use super::tables::{BadEntry, expect_type};
use super::ties;
use super::wire::Wire;

/// One sample.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// In ticks.
    time: u64,
    /// [`NONE`] for none, as in an event.
    thread: u64,
    proc: u64,
    goroutine: u64,
    stack: u64,
}

/// The samples of one generation.
#[derive(Debug, Default)]
pub(super) struct Samples {
    all: Vec<Sample>,
    next: usize,
}

impl Samples {
    /// Reads the body of a batch that begins with [`spec::CPU_SAMPLES`].
    pub(super) fn read(&mut self, body: &[u8]) -> Result<(), BadEntry> {
        let mut wire = Wire::at(body, 1);
        while !wire.is_empty() {
            let pos = wire.pos();
            expect_type(&mut wire, spec::CPU_SAMPLE)?;
            let mut next = || wire.varint().map_err(|e| BadEntry::number(pos, e));
            let time = next()?;
            let (thread, proc) = (next()?, next()?);
            let goroutine = Some(next()?).filter(|&g| g != 0).unwrap_or(NONE);
            let stack = next()?;
            self.all.push(Sample { time, thread, proc, goroutine, stack });
        }
        Ok(())
    }

    /// Ends reading: sorts by time.
    pub(super) fn seal(&mut self, tick: TickLength) {
        let time = |sample: &Sample| tick.nanoseconds(sample.time);
        ties::sort(&mut self.all, |a, b| time(a) < time(b));
    }

    /// Time of the next sample.
    pub(super) fn peek(&self, tick: TickLength) -> Option<i64> {
        self.all.get(self.next).map(|sample| tick.nanoseconds(sample.time))
    }

    /// The next sample, as an event of the generation with this tag.
    pub(super) fn next(&mut self, tick: TickLength, tag: u32) -> Option<(Event, u64)> {
        let sample = *self.all.get(self.next)?;
        self.next += 1;
        let mut event = Event {
            thread: sample.thread,
            proc: sample.proc,
            goroutine: sample.goroutine,
            tag,
            ..Event::without_context(tick.nanoseconds(sample.time), spec::CPU_SAMPLE)
        };
        event.args[0] = sample.stack;
        Some((event, sample.stack))
    }
}
