//! The events of one thread, a piece at a time: bytes of its batches in, numbers out. Knows no rule.

use super::batch::MAX_BATCH_SIZE;
use super::clock::TickLength;
use super::generation::{EventBatch, Generation, Lane};
use super::problems::Problems;
use super::spec::{LAYOUTS, MAX_ARGS, name};
use super::tables::Tables;
use super::wire::{Wire, WireError};
use crate::format::Input;

use std::sync::Arc;

/// A timed event as it stands in the file, with its time worked out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawEvent {
    /// Nanoseconds of trace time.
    pub(super) time: i64,
    pub(super) args: [u64; MAX_ARGS],
    /// Offset in the file.
    pub(super) offset: u64,
    pub(super) kind: u8,
    /// It refers to an entry that no table of the generation has.
    pub(super) dangles: bool,
}

/// Some events of one thread, in its order.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) events: Vec<RawEvent>,
    pub(super) problems: Problems,
    /// Bytes of the file that it took.
    pub(super) n_bytes: u64,
    /// Whether others may follow in this generation.
    pub(super) more: bool,
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
    /// For each event type the arguments up to which nothing needs to be looked up.
    limits: Box<[[u64; MAX_ARGS]; 256]>,
    tables: Arc<Tables>,
    tick: TickLength,
    cursors: Vec<Cursor>,
    /// Events in a piece, and at most.
    piece_len: usize,
    max_piece: usize,
    bytes: Vec<u8>,
}

/// Position of one thread.
#[derive(Debug)]
struct Cursor {
    batches: std::vec::IntoIter<EventBatch>,
    /// What is left of the current batch, as offsets in the file.
    pos: u64,
    end: u64,
    time: i64,
}

impl Cursor {
    /// Whether there is a byte left; goes to the next batch for it.
    fn is_done(&mut self, tick: TickLength) -> bool {
        while self.pos >= self.end {
            let Some(batch) = self.batches.next() else { return true };
            (self.pos, self.end) = (batch.start, batch.start + u64::from(batch.len));
            self.time = tick.nanoseconds(batch.time);
        }
        false
    }
}

impl Decoder {
    /// `max_piece`: events that are decoded at a time.
    pub(super) fn new(max_piece: usize) -> Self {
        Self {
            limits: Box::new([[0; MAX_ARGS]; 256]),
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
        for (limits, &layout) in self.limits.iter_mut().zip(&LAYOUTS) {
            *limits = self.tables.limits(layout);
        }
        let start = |lane: &mut Lane| {
            let batches = std::mem::take(&mut lane.batches).into_iter();
            Cursor { batches, pos: 0, end: 0, time: 0 }
        };
        self.cursors = generation.lanes.iter_mut().map(start).collect();
        // Two pieces of each thread exist: one in use, one in the making.
        let n_pieces = (2 * self.cursors.len()).max(1);
        let fits = PIECES_LEN / size_of::<RawEvent>() / n_pieces;
        self.piece_len = fits.clamp(MIN_PIECE, self.max_piece);
    }

    /// Puts the next events of a thread in `piece`, in place of what it held.
    pub(super) fn fill(&mut self, input: &Input<'_>, lane: usize, piece: &mut Piece) {
        piece.events.clear();
        piece.n_bytes = 0;
        piece.more = false;
        let Some(mut cursor) = self.cursors.get_mut(lane).map(std::mem::take) else { return };
        while piece.events.len() < self.piece_len && !cursor.is_done(self.tick) {
            let start = cursor.pos;
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
        let wanted = (self.piece_len - piece.events.len()) * USUAL_EVENT_LEN;
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
        let base = cursor.pos;
        let mut wire = Wire::new(bytes);
        let enough = if all { 1 } else { MAX_EVENT_LEN };
        while piece.events.len() < self.piece_len && wire.left() >= enough {
            let pos = wire.pos();
            let Some(event) = self.event(&mut wire, base + pos as u64, &mut cursor.time) else {
                // Nothing tells where the next event begins, so the rest of the batch is lost.
                let (expected, found) = self.explain(&bytes[pos..]);
                piece.problems.add(base + pos as u64, "event", expected, found);
                cursor.pos = cursor.end;
                return;
            };
            piece.events.push(event);
        }
        cursor.pos = base + wire.pos() as u64;
    }

    /// `None` if it cannot be read.
    #[inline(always)]
    fn event(&self, wire: &mut Wire<'_>, offset: u64, time: &mut i64) -> Option<RawEvent> {
        let kind = wire.byte().ok()?;
        let layout = LAYOUTS[usize::from(kind)];
        let n_args = layout.n_numbers.checked_sub(1)?;
        let (delta, args) = match wire.window() {
            Some(mut window) => {
                let numbers = read_numbers(n_args, || window.varint())?;
                wire.skip(&window);
                numbers
            }
            None => read_numbers(n_args, || wire.varint().ok())?,
        };
        *time = time.saturating_add(self.tick.nanoseconds(delta));
        let limits = &self.limits[usize::from(kind)];
        let above = args.iter().zip(limits).fold(false, |above, (arg, limit)| above | (arg > limit));
        let dangles = above && self.tables.dangles(&args, layout);
        Some(RawEvent { time: *time, args, offset, kind, dangles })
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
        Self { batches: Vec::new().into_iter(), pos: 0, end: 0, time: 0 }
    }
}

/// A time and this many arguments.
#[inline(always)]
fn read_numbers(n_args: u8, mut next: impl FnMut() -> Option<u64>) -> Option<(u64, [u64; MAX_ARGS])> {
    let delta = next()?;
    let mut args = [0; MAX_ARGS];
    for arg in args.iter_mut().take(usize::from(n_args)) {
        *arg = next()?;
    }
    Some((delta, args))
}
