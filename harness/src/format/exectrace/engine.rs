//! The loop over generations and events: decoded events of all threads in, ordered events out, a
//! chunk at a time.

use std::sync::Arc;

use super::decode::{Piece, RawEvent};
use super::event::{Event, Sync};
use super::feed::Feed;
use super::frontier::Frontier;
use super::generation::Generation;
use super::order::{Era, Order, Step, Violation};
use super::problems::Problems;
use super::spec::{self, LAYOUTS};
use super::tables::Tables;

/// No event is later.
const NO_SAMPLE: i64 = i64::MAX;

/// So often in a generation an event may be taken against the rules before the rest of it is read
/// in the order of time, without looking for a better candidate each time.
const MAX_FORCED: u32 = 1000;

/// Events of one generation with what they refer to.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) events: Vec<Event>,
    /// The generation's.
    pub(super) tables: Arc<Tables>,
    /// Names that outlive their generation, by number, first used by these events.
    pub(super) names: Vec<(u32, Arc<str>)>,
    /// What was met on the way to the last of them.
    pub(super) problems: Problems,
    /// Bytes of the file that were read so far.
    pub(super) n_bytes: u64,
    /// Whether the trace ends here.
    pub(super) last: bool,
}

/// Where the events of one thread come from.
#[derive(Debug)]
struct Lane {
    /// The thread, by its place in the order's registry.
    thread: u32,
    piece: Piece,
    next: usize,
}

/// Orders the events of one trace.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    feed: Feed<'a>,
    chunk_len: usize,
    generation: Option<Generation>,
    era: Era,
    lanes: Vec<Lane>,
    frontier: Frontier,
    /// Time of the next CPU sample; `NO_SAMPLE` if there is none.
    next_sample: i64,
    order: Order,
    problems: Problems,
    n_syncs: u64,
    n_forced: u32,
    /// Places of the frontier that are worth a try.
    n_candidates: usize,
    n_bytes: u64,
    dangling: Dangling,
    done: bool,
}

/// References to missing table entries already reported in this generation.
#[derive(Debug, Default)]
struct Dangling {
    stack: bool,
    string: bool,
}

impl<'a> Engine<'a> {
    /// `chunk_len`: events in a chunk; one in the file can yield two more.
    pub(super) fn new(feed: Feed<'a>, chunk_len: usize) -> Self {
        Self {
            feed,
            chunk_len,
            generation: None,
            era: Era::default(),
            lanes: Vec::new(),
            frontier: Frontier::default(),
            next_sample: NO_SAMPLE,
            order: Order::default(),
            problems: Problems::default(),
            n_syncs: 0,
            n_forced: 0,
            n_candidates: 0,
            n_bytes: 0,
            dangling: Dangling::default(),
            done: false,
        }
    }

    /// Puts the next events in `chunk`, in place of what it held; all are of one generation.
    pub(super) fn fill(&mut self, chunk: &mut Chunk) {
        chunk.events.clear();
        std::mem::swap(&mut self.order.out.events, &mut chunk.events);
        if !self.done && self.frontier.is_empty() && self.next_sample == NO_SAMPLE {
            self.next_generation();
        }
        while self.order.out.events.len() < self.chunk_len && self.take_next() {}
        std::mem::swap(&mut self.order.out.events, &mut chunk.events);
        if let Some(generation) = &self.generation {
            chunk.tables = Arc::clone(&generation.tables);
        }
        chunk.names = self.order.names.take_new();
        chunk.problems = std::mem::take(&mut self.problems);
        chunk.n_bytes = self.n_bytes;
        chunk.last = self.done;
    }

    /// Takes the generation's next event or sample. False when there is none.
    #[inline(always)]
    fn take_next(&mut self) -> bool {
        match self.frontier.get(0) {
            Some((time, _)) if time <= self.next_sample => self.take_event(),
            None if self.next_sample == NO_SAMPLE => return false,
            _ => self.take_sample(),
        }
        true
    }

    /// Takes the first event of the frontier that may be taken; if there is none, the first.
    #[inline(always)]
    fn take_event(&mut self) {
        // One call for all places, so that the rules are compiled into this loop.
        let mut place = 0;
        while !self.try_place(place) {
            if place == 0 {
                self.sort_candidates();
            }
            place += 1;
            if place >= self.n_candidates {
                return self.force_first();
            }
        }
    }

    /// The first one has to wait: puts the others in order.
    #[cold]
    fn sort_candidates(&mut self) {
        self.n_candidates = if self.n_forced <= MAX_FORCED { self.frontier.len() } else { 0 };
        if self.n_candidates > 0 {
            self.frontier.sort();
        }
    }

    #[cold]
    fn take_sample(&mut self) {
        let Some(generation) = &mut self.generation else { return };
        let next = generation.samples.next(generation.tick, generation.tables.tag);
        self.next_sample = generation.samples.peek(generation.tick).unwrap_or(NO_SAMPLE);
        let Some((event, stack)) = next else { return };
        self.order.out.push(event);
        if !generation.tables.has_stack(stack) {
            self.report_dangling_stack(0, spec::CPU_SAMPLE, stack);
        }
    }

    /// Offers the event at a place of the frontier. False if it has to wait.
    #[inline(always)]
    fn try_place(&mut self, place: usize) -> bool {
        let Some((_, number)) = self.frontier.get(place) else { return false };
        let Some(lane) = self.lanes.get_mut(number as usize) else { return false };
        let Some(raw) = lane.piece.events.get(lane.next) else { return false };
        match self.order.offer(raw, lane.thread, &self.era) {
            Ok(Step::Wait) => return false,
            Ok(Step::Taken) if !raw.dangles => {}
            step => {
                let (raw, thread) = (*raw, lane.thread);
                self.take_with_problems(&raw, thread, step.err());
                self.consume(place, number);
                return true;
            }
        }
        lane.next += 1;
        match lane.piece.events.get(lane.next) {
            Some(next) if place == 0 => self.frontier.update_first(next.time),
            Some(next) => self.frontier.update(place, next.time),
            None => self.refill(place, number),
        }
        true
    }

    /// Takes an event against the rules, or notes that it refers to nothing.
    #[cold]
    fn take_with_problems(&mut self, raw: &RawEvent, thread: u32, violation: Option<Box<Violation>>) {
        if let Some(violation) = violation {
            self.order.force(raw, thread, &self.era);
            self.report_violation(raw, *violation);
        }
        if raw.dangles {
            self.report_dangling(raw);
        }
    }

    #[cold]
    fn force_first(&mut self) {
        let Some((_, number)) = self.frontier.get(0) else { return };
        let Some(lane) = self.lanes.get(number as usize) else { return };
        let Some(&raw) = lane.piece.events.get(lane.next) else { return };
        let thread = lane.thread;
        self.order.force(&raw, thread, &self.era);
        let found = "one that waits for something the file does not have, as all other threads do".to_owned();
        self.report_violation(&raw, Violation { expected: "an event that can be next", found });
        self.consume(0, number);
    }

    #[cold]
    fn report_violation(&mut self, raw: &RawEvent, violation: Violation) {
        self.n_forced = self.n_forced.saturating_add(1);
        self.problems.add(raw.offset, spec::name(raw.kind), violation.expected, violation.found);
    }

    /// Moves the thread at `place` to its next event.
    fn consume(&mut self, place: usize, number: u32) {
        let Some(lane) = self.lanes.get_mut(number as usize) else { return };
        lane.next += 1;
        match lane.piece.events.get(lane.next) {
            Some(next) => self.frontier.update(place, next.time),
            None => self.refill(place, number),
        }
    }

    /// Gets the next piece of a thread whose events are used up.
    #[cold]
    fn refill(&mut self, place: usize, number: u32) {
        match self.next_piece(number) {
            Some(time) => self.frontier.update(place, time),
            None => self.frontier.remove(place),
        }
    }

    /// Returns the time of the first event of a thread's next piece.
    fn next_piece(&mut self, number: u32) -> Option<i64> {
        let lane = self.lanes.get_mut(number as usize)?;
        // A piece can be empty: the one before the first, and one of a damaged batch.
        while lane.piece.more {
            self.feed.next_piece(number as usize, &mut lane.piece);
            lane.next = 0;
            self.n_bytes = self.n_bytes.saturating_add(lane.piece.n_bytes);
            self.problems.append(&mut lane.piece.problems);
            if let Some(first) = lane.piece.events.first() {
                return Some(first.time);
            }
        }
        None
    }

    #[cold]
    fn report_dangling(&mut self, raw: &RawEvent) {
        let Some(tables) = self.generation.as_ref().map(|generation| Arc::clone(&generation.tables)) else {
            return;
        };
        let layout = LAYOUTS[usize::from(raw.kind)];
        for (i, &id) in raw.args.iter().enumerate() {
            if layout.stacks & (1 << i) != 0 && !tables.has_stack(id) {
                self.report_dangling_stack(raw.offset, raw.kind, id);
            }
            if layout.strings & (1 << i) != 0 && !tables.has_string(id) {
                self.report_dangling_string(raw, id);
            }
        }
    }

    /// Once in a generation, and not where the tables are known to be cut off.
    fn report_dangling_stack(&mut self, offset: u64, kind: u8, id: u64) {
        if self.is_complete() && !std::mem::replace(&mut self.dangling.stack, true) {
            let found = format!("stack {id}");
            self.problems.add(offset, spec::name(kind), "a stack of the stack table", found);
        }
    }

    fn report_dangling_string(&mut self, raw: &RawEvent, id: u64) {
        if self.is_complete() && !std::mem::replace(&mut self.dangling.string, true) {
            let found = format!("string {id}");
            self.problems.add(raw.offset, spec::name(raw.kind), "a string of the string table", found);
        }
    }

    fn is_complete(&self) -> bool {
        self.generation.as_ref().is_some_and(|generation| generation.complete)
    }

    /// Goes to the next generation and yields its sync event, or the one that ends the trace.
    fn next_generation(&mut self) {
        self.n_syncs += 1;
        self.n_forced = 0;
        self.dangling = Dangling::default();
        let mut sync = Sync { number: self.n_syncs, clocks: None };
        // The tables of the generation before are not needed any more.
        if let Some(before) = self.generation.take() {
            self.n_bytes = before.end;
        }
        self.era = Era::default();
        let (loaded, mut problems) = self.feed.next_generation();
        self.problems.append(&mut problems);
        let Some(generation) = loaded else {
            self.done = true;
            return self.order.out.push(Event::of_sync(self.order.out.last_time, sync));
        };
        self.order.new_generation(generation.number);
        sync.clocks = generation.sync.snapshot(generation.tick);
        let time = generation.tick.nanoseconds(generation.min_time);
        self.order.out.push(Event::of_sync(time, sync));
        let tables = Arc::clone(&generation.tables);
        self.era = Era { number: generation.number, tag: tables.tag, tables };
        self.start_lanes(&generation);
        self.next_sample = generation.samples.peek(generation.tick).unwrap_or(NO_SAMPLE);
        self.generation = Some(generation);
    }

    fn start_lanes(&mut self, generation: &Generation) {
        self.lanes.clear();
        for (number, lane) in (0u32..).zip(&generation.lanes) {
            let thread = self.order.thread(lane.thread);
            self.lanes.push(Lane { thread, piece: Piece { more: true, ..Piece::default() }, next: 0 });
            if let Some(time) = self.next_piece(number) {
                self.frontier.push((time, number));
            }
        }
    }
}
