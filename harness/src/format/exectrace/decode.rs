//! The events of one thread, a piece at a time: bytes of its batches in, numbers out. Knows no rule.

use super::batch::MAX_BATCH_SIZE;
use super::clock::TickLength;
use super::generation::{EventBatch, Generation, Lane};
use super::problems::Problems;
use super::spec::{LAYOUTS, MAX_ARGS, name};
use super::tables::Tables;
use super::wire::{Wire, WireError, Word};
use crate::format::Input;

use std::sync::Arc;

/// A timed event as it stands in the file, with its time worked out.
///
/// Half a cache line, since every event goes from one core to another: next to nothing in a trace
/// needs more than 32 bits, and what does stands in [`Piece`] apart.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawEvent {
    /// Nanoseconds of trace time.
    pub(super) time: i64,
    /// Of a [`WIDE`] event the first is its place in [`Piece::wide`].
    pub(super) args: [u32; MAX_ARGS],
    /// In its batch, which is at most 64 KiB long.
    offset: u16,
    pub(super) kind: u8,
    /// [`WIDE`], [`DANGLES`]; 0 for nearly all.
    pub(super) flags: u8,
}

/// Its arguments need more than 32 bits.
const WIDE: u8 = 1;

/// It refers to an entry that no table of the generation has.
const DANGLES: u8 = 2;

impl RawEvent {
    pub(super) fn dangles(&self) -> bool {
        self.flags & DANGLES != 0
    }
}

/// Some events of one thread, in its order.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// As long as a piece can be, so that events are written without a look at its capacity.
    buffer: Vec<RawEvent>,
    n_events: usize,
    /// Arguments of the events that need more than 32 bits.
    wide: Vec<[u64; MAX_ARGS]>,
    /// Where the batches of the events stand: number of the first event, offset in the file.
    batches: Vec<(usize, u64)>,
    pub(super) problems: Problems,
    /// Bytes of the file that it took.
    pub(super) n_bytes: u64,
    /// Whether others may follow in this generation.
    pub(super) more: bool,
}

impl Piece {
    /// A piece before the first.
    pub(super) fn before_all() -> Self {
        Self { more: true, ..Self::default() }
    }

    #[inline]
    pub(super) fn events(&self) -> &[RawEvent] {
        self.buffer.get(..self.n_events).unwrap_or_default()
    }

    /// The event's arguments, if they do not fit itself.
    #[inline]
    pub(super) fn wide_args(&self, event: &RawEvent) -> Option<&[u64; MAX_ARGS]> {
        if event.flags & WIDE == 0 {
            return None;
        }
        self.wide.get(event.args[0] as usize)
    }

    /// The event's arguments.
    pub(super) fn args(&self, event: &RawEvent) -> [u64; MAX_ARGS] {
        self.wide_args(event).copied().unwrap_or_else(|| event.args.map(u64::from))
    }

    /// Where the event with this number stands in the file.
    pub(super) fn offset(&self, number: usize) -> u64 {
        let in_batch = self.buffer.get(number).map_or(0, |event| u64::from(event.offset));
        let after = self.batches.partition_point(|&(first, _)| first <= number);
        let batch = after.checked_sub(1).and_then(|last| self.batches.get(last));
        batch.map_or(0, |&(_, start)| start) + in_batch
    }

    fn clear(&mut self, len: usize) {
        // Only the first time: a piece comes again with what it held before.
        self.buffer.resize(len, RawEvent::default());
        self.wide.clear();
        self.batches.clear();
        (self.n_events, self.n_bytes, self.more) = (0, 0, false);
    }

    /// Events that can still be added.
    fn room(&self) -> usize {
        self.buffer.len() - self.n_events
    }
}

/// Longest event: its type and a time and arguments of at most ten bytes each.
const MAX_EVENT_LEN: usize = 1 + 10 * (MAX_ARGS + 1);

/// Bytes to read for an event that is wanted; most are shorter.
const USUAL_EVENT_LEN: usize = 8;

/// Memory for the decoded events of all threads together.
const PIECES_LEN: usize = 16 << 20;

/// Events in a piece at least, however many threads there are.
const MIN_PIECE: usize = 16;

/// Decodes the threads of one generation.
#[derive(Debug)]
pub(super) struct Decoder {
    /// What each event type looks like here.
    shapes: Box<[Shape; 256]>,
    tables: Arc<Tables>,
    tick: TickLength,
    cursors: Vec<Cursor>,
    /// Events in a piece, and at most.
    piece_len: usize,
    max_piece: usize,
    bytes: Vec<u8>,
}

/// An event type in one generation.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    /// The arguments up to which an event is neither wide nor in need of a look at the tables.
    limits: [u64; MAX_ARGS],
    /// Numbers after the type, time included; 0 for what cannot stand in a thread's batch.
    n_numbers: u8,
}

/// What was read besides the event.
struct Read {
    /// Ticks since the event before it.
    delta: u64,
    /// Bytes that it takes.
    len: usize,
}

/// Position of one thread.
#[derive(Debug)]
struct Cursor {
    batches: std::vec::IntoIter<EventBatch>,
    /// The current batch, and what is left of it, as offsets in the file.
    start: u64,
    pos: u64,
    end: u64,
    time: i64,
}

impl Cursor {
    /// Whether there is a byte left; goes to the next batch for it.
    fn is_done(&mut self, tick: TickLength) -> bool {
        while self.pos >= self.end {
            let Some(batch) = self.batches.next() else { return true };
            (self.start, self.pos, self.end) = (batch.start, batch.start, batch.start + u64::from(batch.len));
            self.time = tick.nanoseconds(batch.time);
        }
        false
    }
}

impl Decoder {
    /// `max_piece`: events that are decoded at a time.
    pub(super) fn new(max_piece: usize) -> Self {
        Self {
            shapes: Box::new([Shape::default(); 256]),
            tables: Arc::default(),
            tick: TickLength::usual(),
            cursors: Vec::new(),
            piece_len: max_piece,
            max_piece,
            bytes: Vec::new(),
        }
    }

    /// Begins with the events of `generation`.
    pub(super) fn start(&mut self, generation: &mut Generation) {
        self.tables = Arc::clone(&generation.tables);
        self.tick = generation.tick;
        for (shape, &layout) in self.shapes.iter_mut().zip(&LAYOUTS) {
            let limits = self.tables.limits(layout).map(|limit| limit.min(u64::from(u32::MAX)));
            *shape = Shape { limits, n_numbers: layout.n_numbers };
        }
        let start = |lane: &mut Lane| {
            let batches = std::mem::take(&mut lane.batches).into_iter();
            Cursor { batches, ..Cursor::default() }
        };
        self.cursors = generation.lanes.iter_mut().map(start).collect();
        // Two pieces of each thread exist: one in use, one in the making.
        let n_pieces = (2 * self.cursors.len()).max(1);
        let fits = PIECES_LEN / size_of::<RawEvent>() / n_pieces;
        self.piece_len = fits.clamp(MIN_PIECE, self.max_piece);
    }

    /// Puts the next events of a thread in `piece`, in place of what it held.
    pub(super) fn fill(&mut self, input: &Input<'_>, lane: usize, piece: &mut Piece) {
        piece.clear(self.piece_len);
        let Some(mut cursor) = self.cursors.get_mut(lane).map(std::mem::take) else { return };
        while piece.room() > 0 && !cursor.is_done(self.tick) {
            let start = cursor.pos;
            piece.batches.push((piece.n_events, cursor.start));
            self.read_on(input, &mut cursor, piece);
            piece.n_bytes += cursor.pos - start;
        }
        piece.more = !cursor.is_done(self.tick);
        self.cursors[lane] = cursor;
    }

    /// Reads some of the current batch.
    fn read_on(&mut self, input: &Input<'_>, cursor: &mut Cursor, piece: &mut Piece) {
        let mut buffer = std::mem::take(&mut self.bytes);
        // No batch is longer than `MAX_BATCH_SIZE`.
        let left = (cursor.end - cursor.pos).min(MAX_BATCH_SIZE) as usize;
        let wanted = piece.room() * USUAL_EVENT_LEN;
        let len = left.min(wanted.max(2 * MAX_EVENT_LEN));
        match input.read(cursor.pos, len, &mut buffer) {
            Ok(bytes) if bytes.len() == len => self.decode(bytes, len == left, cursor, piece),
            Ok(bytes) => {
                let pos = cursor.pos + bytes.len() as u64;
                piece.problems.add(pos, "file", "its length when it was opened", "its end");
                cursor.pos = cursor.end;
            }
            Err(error) => {
                piece.problems.add(cursor.pos, "file", "bytes that can be read", error.to_string());
                cursor.pos = cursor.end;
            }
        }
        self.bytes = buffer;
    }

    /// Decodes the events in `bytes`, which stand at the cursor. If they are not `all` of the
    /// batch, the last event may be cut off and is left for the next time.
    fn decode(&self, bytes: &[u8], all: bool, cursor: &mut Cursor, piece: &mut Piece) {
        let enough = if all { 1 } else { MAX_EVENT_LEN };
        let start = cursor.pos;
        let in_batch = start - cursor.start;
        let mut pos = 0;
        let mut left = bytes;
        for slot in piece.buffer.get_mut(piece.n_events..).unwrap_or_default() {
            let read = match self.short_event(left, slot) {
                Some(read) => Some(read),
                None if left.len() < enough => break,
                None => self.any_event(left, slot, &mut piece.wide),
            };
            let Some(Read { delta, len }) = read else {
                // Nothing tells where the next event begins, so the rest of the batch is lost.
                let (expected, found) = self.explain(left);
                piece.problems.add(start + pos as u64, "event", expected, found);
                cursor.pos = cursor.end;
                return;
            };
            cursor.time = cursor.time.saturating_add(self.tick.nanoseconds(delta));
            slot.time = cursor.time;
            // A batch is at most 64 KiB long.
            slot.offset = (in_batch + pos as u64) as u16;
            piece.n_events += 1;
            pos += len;
            left = left.get(len..).unwrap_or_default();
        }
        cursor.pos = start + pos as u64;
    }

    /// Reads the event in front of these bytes if it is like nearly all: numbers of eight bytes
    /// together, none of them above its limit.
    #[inline(always)]
    fn short_event(&self, bytes: &[u8], event: &mut RawEvent) -> Option<Read> {
        let (&[kind, numbers @ ..], _) = bytes.split_first_chunk::<{ 1 + Word::LEN }>()?;
        let shape = &self.shapes[usize::from(kind)];
        let n_args = shape.n_numbers.checked_sub(1)?;
        let mut word = Word::new(numbers);
        let delta = word.varint();
        event.kind = kind;
        event.flags = 0;
        event.args = [0; MAX_ARGS];
        let mut above = false;
        for (arg, &limit) in event.args.iter_mut().zip(&shape.limits).take(usize::from(n_args)) {
            let number = word.varint();
            above |= number > limit;
            *arg = number as u32;
        }
        let len = 1 + word.n_read()?;
        (!above).then_some(Read { delta, len })
    }

    /// Reads the event in front of these bytes, whatever is unusual about it; `None` if it cannot
    /// be read.
    #[cold]
    fn any_event(&self, bytes: &[u8], event: &mut RawEvent, wide: &mut Vec<[u64; MAX_ARGS]>) -> Option<Read> {
        let mut wire = Wire::new(bytes);
        let kind = wire.byte().ok()?;
        let layout = LAYOUTS[usize::from(kind)];
        let n_args = layout.n_numbers.checked_sub(1)?;
        let delta = wire.varint().ok()?;
        let mut args = [0; MAX_ARGS];
        for arg in args.iter_mut().take(usize::from(n_args)) {
            *arg = wire.varint().ok()?;
        }
        *event = RawEvent { args: args.map(|arg| arg as u32), kind, ..RawEvent::default() };
        if self.tables.dangles(&args, layout) {
            event.flags |= DANGLES;
        }
        if args.iter().any(|&arg| u32::try_from(arg).is_err()) {
            event.flags |= WIDE;
            // Fewer than a piece has events.
            event.args[0] = wide.len() as u32;
            wide.push(args);
        }
        Some(Read { delta, len: wire.pos() })
    }

    /// Why there is no event in front of these bytes: what was expected, and what was found.
    #[cold]
    fn explain(&self, bytes: &[u8]) -> (&'static str, String) {
        let mut wire = Wire::new(bytes);
        let kind = wire.byte().unwrap_or(0);
        let n_numbers = LAYOUTS[usize::from(kind)].n_numbers;
        if n_numbers == 0 {
            return ("an event of a thread", format!("event type {kind} ({})", name(kind)));
        }
        let error = (0..n_numbers).find_map(|_| wire.varint().err()).unwrap_or(WireError::End);
        ("a number", format!("{} in an event of type {kind} ({})", error.describe(), name(kind)))
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self { batches: Vec::new().into_iter(), start: 0, pos: 0, end: 0, time: 0 }
    }
}
