//! The events of one thread, one after the other, through its batches of a generation.

use super::batch::Batch;
use super::clock::TickLength;
use super::problems::Problems;
use super::spec::{MAX_ARGS, NOT_TIMED, TimedArgs, name};
use super::wire::{Wire, WireError};

/// A timed event as it stands in the file, with its time worked out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawEvent {
    pub(super) kind: u8,
    /// Nanoseconds of trace time.
    pub(super) time: i64,
    pub(super) args: [u64; MAX_ARGS],
    /// Offset in the file.
    pub(super) offset: usize,
}

/// No batch follows.
pub(super) const NO_BATCH: u32 = u32::MAX;

/// What a cursor needs to read on; the same for all cursors of a generation.
#[derive(Clone, Copy)]
pub(super) struct Source<'s, 'a> {
    pub(super) data: &'a [u8],
    pub(super) batches: &'s [Batch],
    /// For each batch the next one of the same thread.
    pub(super) following: &'s [u32],
    pub(super) timed: &'s TimedArgs,
    pub(super) tick: TickLength,
}

/// Position of one thread.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// The thread, by its place in the order's registry.
    pub(super) thread: u32,
    /// The event it stands at, once [`Cursor::advance`] said there is one.
    pub(super) event: RawEvent,
    batch: u32,
    wire: Wire<'a>,
    time: i64,
}

impl<'a> Cursor<'a> {
    /// Stands before the first event of `batch`.
    pub(super) fn new(thread: u32, batch: u32, source: Source<'_, 'a>) -> Self {
        let event = RawEvent::default();
        let mut cursor = Self { thread, event, batch, wire: Wire::new(&[]), time: 0 };
        cursor.enter(batch, source);
        cursor
    }

    /// Goes to the thread's next event. False when it has no more in this generation.
    #[inline]
    pub(super) fn advance(&mut self, source: Source<'_, 'a>, problems: &mut Problems) -> bool {
        loop {
            if self.wire.is_empty() {
                if !self.next_batch(source) {
                    return false;
                }
                continue;
            }
            match self.read_event(source) {
                Ok(()) => return true,
                Err(bad) => self.drop_batch(&bad, problems),
            }
        }
    }

    fn next_batch(&mut self, source: Source<'_, 'a>) -> bool {
        let following = source.following.get(self.batch as usize).copied().unwrap_or(NO_BATCH);
        following != NO_BATCH && self.enter(following, source)
    }

    fn enter(&mut self, batch: u32, source: Source<'_, 'a>) -> bool {
        let Some(found) = source.batches.get(batch as usize) else { return false };
        self.batch = batch;
        self.wire = Wire::at(source.data.get(..found.end).unwrap_or_default(), found.start);
        self.time = source.tick.nanoseconds(found.time);
        true
    }

    #[inline]
    fn read_event(&mut self, source: Source<'_, 'a>) -> Result<(), BadEvent> {
        let mut wire = self.wire;
        let offset = wire.pos();
        let kind = wire.byte().map_err(|error| BadEvent::Number { kind: 0, error })?;
        let n_args = source.timed[usize::from(kind)];
        if n_args == NOT_TIMED {
            return Err(BadEvent::Kind(kind));
        }
        let number = |read: Result<u64, WireError>| read.map_err(|error| BadEvent::Number { kind, error });
        let delta = number(wire.varint())?;
        let mut args = [0; MAX_ARGS];
        for arg in args.iter_mut().take(usize::from(n_args).saturating_sub(1)) {
            *arg = number(wire.varint())?;
        }
        self.time = self.time.saturating_add(source.tick.nanoseconds(delta));
        self.wire = wire;
        self.event = RawEvent { kind, time: self.time, args, offset };
        Ok(())
    }

    /// Nothing tells where the next event begins, so the rest of the batch is lost.
    fn drop_batch(&mut self, bad: &BadEvent, problems: &mut Problems) {
        let (expected, found) = match *bad {
            BadEvent::Kind(kind) => ("an event of a thread", format!("event type {kind} ({})", name(kind))),
            BadEvent::Number { kind, error } => {
                ("a number", format!("{} in an event of type {kind} ({})", error.describe(), name(kind)))
            }
        };
        problems.add(self.wire.pos(), "event", expected, found);
        self.wire = Wire::new(&[]);
    }
}

/// Why an event could not be read.
enum BadEvent {
    Kind(u8),
    Number { kind: u8, error: WireError },
}
