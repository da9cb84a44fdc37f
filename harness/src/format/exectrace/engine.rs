//! The loop over generations and events: decoded events of all threads in, ordered events out, a
//! chunk at a time.

use std::sync::Arc;

use super::decode::Piece;
use super::event::{Event, Sync};
use super::feed::Feed;
use super::frontier::Frontier;
use super::generation::Generation;
use super::order::{Candidate, Era, Order, Sink, Step, Violation, Visitor};
use super::problems::Problems;
use super::spec::{self, LAYOUTS, MAX_ARGS};
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

impl Lane {
    /// The thread's next event.
    fn candidate(&self) -> Option<Candidate<'_>> {
        let raw = self.piece.events().get(self.next)?;
        Some(Candidate { raw, wide: self.piece.wide_args(raw), thread: self.thread })
    }
}

/// Why a thread's turn is over.
enum End {
    /// Another thread's event is earlier, or there is no more room or no more events.
    Over,
    /// The next event has to wait for another thread's.
    Wait,
    /// The next one is not for the short way: it dangles, or its arguments are wide.
    Unusual,
    /// The next one breaks a rule.
    Broken(Box<Violation>),
}

/// Orders the events of one trace.
#[derive(Debug)]
pub(super) struct Engine<'a, S = Vec<Event>> {
    feed: Feed<'a>,
    chunk_len: usize,
    generation: Option<Generation>,
    era: Era,
    lanes: Vec<Lane>,
    frontier: Frontier,
    /// Time of the next CPU sample; `NO_SAMPLE` if there is none.
    next_sample: i64,
    order: Order<S>,
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
        std::mem::swap(&mut self.order.out.sink, &mut chunk.events);
        if !self.done && self.frontier.is_empty() && self.next_sample == NO_SAMPLE {
            self.next_generation();
        }
        while self.order.out.sink.room(self.chunk_len) > 0 && self.take_some() {}
        std::mem::swap(&mut self.order.out.sink, &mut chunk.events);
        if let Some(generation) = &self.generation {
            chunk.tables = Arc::clone(&generation.tables);
        }
        chunk.names = self.order.names.take_new();
        chunk.problems = std::mem::take(&mut self.problems);
        chunk.n_bytes = self.n_bytes;
        chunk.last = self.done;
    }

    /// Shows all events that are left to `visit`. Returns what was met on the way.
    pub(super) fn visit(self, visit: impl FnMut(Event)) -> Problems {
        let mut engine = Engine {
            order: self.order.with_sink(Visitor(visit)),
            feed: self.feed,
            chunk_len: self.chunk_len,
            generation: self.generation,
            era: self.era,
            lanes: self.lanes,
            frontier: self.frontier,
            next_sample: self.next_sample,
            problems: self.problems,
            n_syncs: self.n_syncs,
            n_forced: self.n_forced,
            n_candidates: self.n_candidates,
            n_bytes: self.n_bytes,
            dangling: self.dangling,
            done: self.done,
        };
        loop {
            while engine.take_some() {}
            if engine.done {
                return engine.problems;
            }
            engine.next_generation();
            // Nobody asks what they are.
            engine.order.names.take_new();
        }
    }
}

impl<S: Sink> Engine<'_, S> {
    /// Takes the generation's next sample or events. False when there are none.
    fn take_some(&mut self) -> bool {
        match self.frontier.get(0) {
            Some((time, number)) if time <= self.next_sample => self.take_turn(number),
            None if self.next_sample == NO_SAMPLE => return false,
            _ => self.take_sample(),
        }
        true
    }

    /// Takes events of the earliest thread for as long as it stays the earliest. Threads run for a
    /// while before another does, so that nearly all events are taken in this loop: the heap and
    /// what the thread holds are looked at before and after it.
    fn take_turn(&mut self, number: u32) {
        let until = self.frontier.first_until().min(self.next_sample);
        let room = self.order.out.sink.room(self.chunk_len);
        let Some(lane) = self.lanes.get_mut(number as usize) else { return };
        let Some(first) = lane.candidate() else { return };
        let mut turn = self.order.begin_turn(first, &self.era);
        let mut n_taken = 0;
        let mut end = End::Over;
        for raw in lane.piece.events().iter().skip(lane.next).take(room) {
            if raw.time > until {
                break;
            }
            if raw.flags != 0 {
                end = End::Unusual;
                break;
            }
            match self.order.take(&mut turn, raw) {
                Ok(Step::Taken) => n_taken += 1,
                Ok(Step::Wait) => {
                    end = End::Wait;
                    break;
                }
                Err(violation) => {
                    end = End::Broken(violation);
                    break;
                }
            }
        }
        self.order.end_turn(&turn);
        lane.next += n_taken;
        match lane.piece.events().get(lane.next) {
            Some(next) => self.frontier.update_first(next.time),
            None => return self.refill(0, number),
        }
        match end {
            End::Over => {}
            End::Wait => self.take_other(),
            End::Unusual => {
                if !self.try_place(0) {
                    self.take_other();
                }
            }
            End::Broken(violation) => self.take_with_problems(0, number, Some(violation)),
        }
    }

    /// The first event has to wait: takes the first of the others that need not; if there is none,
    /// the first of all.
    fn take_other(&mut self) {
        self.sort_candidates();
        if !(1..self.n_candidates).any(|place| self.try_place(place)) {
            self.force_first();
        }
    }

    /// The first one has to wait: puts the others in order.
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
    fn try_place(&mut self, place: usize) -> bool {
        let Some((_, number)) = self.frontier.get(place) else { return false };
        let Some(candidate) = self.lanes.get(number as usize).and_then(Lane::candidate) else { return false };
        match self.order.offer(candidate, &self.era) {
            Ok(Step::Wait) => return false,
            Ok(Step::Taken) if !candidate.raw.dangles() => self.consume(place, number),
            step => self.take_with_problems(place, number, step.err()),
        }
        true
    }

    /// Takes the next event of the thread at `place` against the rules, or notes that it refers to
    /// nothing.
    #[cold]
    fn take_with_problems(&mut self, place: usize, number: u32, violation: Option<Box<Violation>>) {
        let Some(lane) = self.lanes.get(number as usize) else { return };
        let Some(candidate) = lane.candidate() else { return };
        let (kind, offset, args) =
            (candidate.raw.kind, lane.piece.offset(lane.next), lane.piece.args(candidate.raw));
        let dangles = candidate.raw.dangles();
        if let Some(violation) = violation {
            self.order.force(candidate, &self.era);
            self.report_violation(offset, kind, *violation);
        }
        if dangles {
            self.report_dangling(offset, kind, &args);
        }
        self.consume(place, number);
    }

    #[cold]
    fn force_first(&mut self) {
        let Some((_, number)) = self.frontier.get(0) else { return };
        let found = "one that waits for something the file does not have, as all other threads do".to_owned();
        let violation = Violation { expected: "an event that can be next", found };
        self.take_with_problems(0, number, Some(Box::new(violation)));
    }

    #[cold]
    fn report_violation(&mut self, offset: u64, kind: u8, violation: Violation) {
        self.n_forced = self.n_forced.saturating_add(1);
        self.problems.add(offset, spec::name(kind), violation.expected, violation.found);
    }

    /// Moves the thread at `place` to its next event.
    fn consume(&mut self, place: usize, number: u32) {
        let Some(lane) = self.lanes.get_mut(number as usize) else { return };
        lane.next += 1;
        match lane.piece.events().get(lane.next) {
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
            if let Some(first) = lane.piece.events().first() {
                return Some(first.time);
            }
        }
        None
    }

    #[cold]
    fn report_dangling(&mut self, offset: u64, kind: u8, args: &[u64; MAX_ARGS]) {
        let Some(tables) = self.generation.as_ref().map(|generation| Arc::clone(&generation.tables)) else {
            return;
        };
        let layout = LAYOUTS[usize::from(kind)];
        for (i, &id) in args.iter().enumerate() {
            if layout.stacks & (1 << i) != 0 && !tables.has_stack(id) {
                self.report_dangling_stack(offset, kind, id);
            }
            if layout.strings & (1 << i) != 0 && !tables.has_string(id) {
                self.report_dangling_string(offset, kind, id);
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

    fn report_dangling_string(&mut self, offset: u64, kind: u8, id: u64) {
        if self.is_complete() && !std::mem::replace(&mut self.dangling.string, true) {
            let found = format!("string {id}");
            self.problems.add(offset, spec::name(kind), "a string of the string table", found);
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
            self.lanes.push(Lane { thread, piece: Piece::before_all(), next: 0 });
            if let Some(time) = self.next_piece(number) {
                self.frontier.push((time, number));
            }
        }
    }
}
