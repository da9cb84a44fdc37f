//! The loop: generation by generation, event by event.

use super::allocfree::{AllocInfo, AllocType};
use super::cursor::{Cursor, NO_BATCH, RawEvent, Source};
use super::event::{Event, Sync};
use super::frontier::Frontier;
use super::generation::{Generation, Loader};
use super::ids::{KEPT, StackId, StringId, TypeId};
use super::order::{Era, Order, Step, Violation};
use super::problems::Problems;
use super::spec::{self, References, TimedArgs};
use super::stack::StackView;
use super::version::{OpenError, Version};
use crate::format::Problem;

/// So often in a generation an event may be taken against the rules before the rest of it is read
/// in the order of time, without looking for a better candidate each time.
const MAX_FORCED: u32 = 1000;

/// Reads one trace. Made from all its bytes (mapped or read by the caller).
#[derive(Debug)]
pub struct Reader<'a> {
    version: Version,
    data: &'a [u8],
    timed: TimedArgs,
    references: [References; 256],
    loader: Loader<'a>,
    generation: Generation<'a>,
    cursors: Vec<Cursor<'a>>,
    following: Vec<u32>,
    frontier: Frontier,
    order: Order,
    problems: Problems,
    n_syncs: u64,
    last_time: i64,
    n_forced: u32,
    dangling: Dangling,
    done: bool,
}

/// References to missing table entries already reported in this generation.
#[derive(Debug, Default)]
struct Dangling {
    stack: bool,
    string: bool,
}

impl<'a> Reader<'a> {
    /// Checks the header. `file` names the trace in problems.
    pub fn new(file: &str, data: &'a [u8]) -> Result<Self, OpenError> {
        let version = Version::from_header(file, data)?;
        Ok(Self {
            version,
            data,
            timed: spec::timed_args(version),
            references: spec::references(),
            loader: Loader::new(data, version),
            generation: Generation::new(),
            cursors: Vec::new(),
            following: Vec::new(),
            frontier: Frontier::default(),
            order: Order::default(),
            problems: Problems::new(file),
            n_syncs: 0,
            last_time: i64::MIN,
            n_forced: 0,
            dangling: Dangling::default(),
            done: false,
        })
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The next event, `None` at the end of the trace or of what could be read of it.
    pub fn next_event(&mut self) -> Option<Event> {
        let mut event = match self.order.queue.pop() {
            Some(event) => event,
            None => self.take_next()?,
        };
        // Times of different threads can contradict the order; the order is right.
        event.time.0 = event.time.0.max(self.last_time.saturating_add(1));
        self.last_time = event.time.0;
        Some(event)
    }

    fn take_next(&mut self) -> Option<Event> {
        if self.done {
            return None;
        }
        let first = self.frontier.get(0);
        let sample = self.generation.samples.peek(self.generation.tick);
        match (first, sample) {
            (None, None) => Some(self.next_generation()),
            (None, Some(_)) => self.take_sample(),
            (Some((time, _)), Some(sample)) if sample < time => self.take_sample(),
            _ => {
                self.take_event();
                self.order.queue.pop()
            }
        }
    }

    fn take_sample(&mut self) -> Option<Event> {
        let tag = self.generation.tables.tag;
        let (event, stack) = self.generation.samples.next(self.generation.tick, tag)?;
        if !self.generation.tables.has_stack(stack) {
            self.report_dangling_stack(0, spec::CPU_SAMPLE, stack);
        }
        Some(event)
    }

    /// Takes the first event of the frontier that may be taken; if there is none, the first.
    fn take_event(&mut self) {
        if self.try_place(0) {
            return;
        }
        if self.n_forced <= MAX_FORCED {
            self.frontier.sort();
            if (1..self.frontier.len()).any(|place| self.try_place(place)) {
                return;
            }
        }
        self.force_first();
    }

    /// Offers the event at a place of the frontier. False if it has to wait.
    fn try_place(&mut self, place: usize) -> bool {
        let Some((_, number)) = self.frontier.get(place) else { return false };
        let Some(cursor) = self.cursors.get(number as usize) else { return false };
        let (raw, thread) = (&cursor.event, cursor.thread);
        let era = era(&self.generation);
        let references = self.references[usize::from(raw.kind)];
        let dangles = self.generation.tables.dangles(&raw.args, references);
        let event = dangles.then_some(*raw);
        match self.order.offer(raw, thread, era) {
            Ok(Step::Wait) => return false,
            Ok(Step::Taken) => {}
            Err(violation) => {
                let raw = *raw;
                self.order.force(&raw, thread, era);
                self.report_violation(&raw, *violation);
            }
        }
        if let Some(raw) = event {
            self.report_dangling(&raw, references);
        }
        self.consume(place, number);
        true
    }

    fn force_first(&mut self) {
        let Some((_, number)) = self.frontier.get(0) else { return };
        let Some(cursor) = self.cursors.get(number as usize) else { return };
        let (raw, thread) = (cursor.event, cursor.thread);
        self.order.force(&raw, thread, era(&self.generation));
        let found = "one that waits for something the file does not have, as all other threads do".to_owned();
        self.report_violation(&raw, Violation { expected: "an event that can be next", found });
        self.consume(0, number);
    }

    fn report_violation(&mut self, raw: &RawEvent, violation: Violation) {
        self.n_forced = self.n_forced.saturating_add(1);
        self.problems.add(raw.offset, spec::name(raw.kind), violation.expected, violation.found);
    }

    /// Moves the cursor at `place` to its next event.
    fn consume(&mut self, place: usize, number: u32) {
        let source = source(self.data, &self.generation, &self.following, &self.timed);
        let Some(cursor) = self.cursors.get_mut(number as usize) else { return };
        if cursor.advance(source, &mut self.problems) {
            self.frontier.update(place, cursor.event.time);
        } else {
            self.frontier.remove(place);
        }
    }

    fn report_dangling(&mut self, raw: &RawEvent, references: References) {
        for (i, &id) in raw.args.iter().enumerate() {
            if references.stacks & (1 << i) != 0 && !self.generation.tables.has_stack(id) {
                self.report_dangling_stack(raw.offset, raw.kind, id);
            }
            if references.strings & (1 << i) != 0 && !self.generation.tables.has_string(id) {
                self.report_dangling_string(raw, id);
            }
        }
    }

    /// Once in a generation, and not where the tables are known to be cut off.
    fn report_dangling_stack(&mut self, offset: usize, kind: u8, id: u64) {
        if self.generation.complete && !std::mem::replace(&mut self.dangling.stack, true) {
            let found = format!("stack {id}");
            self.problems.add(offset, spec::name(kind), "a stack of the stack table", found);
        }
    }

    fn report_dangling_string(&mut self, raw: &RawEvent, id: u64) {
        if self.generation.complete && !std::mem::replace(&mut self.dangling.string, true) {
            let found = format!("string {id}");
            self.problems.add(raw.offset, spec::name(raw.kind), "a string of the string table", found);
        }
    }

    /// Loads the next generation and yields its sync event, or the one that ends the trace.
    fn next_generation(&mut self) -> Event {
        self.n_syncs += 1;
        self.n_forced = 0;
        self.dangling = Dangling::default();
        let mut sync = Sync { number: self.n_syncs, clocks: None };
        if !self.loader.load(&mut self.generation, &mut self.problems) {
            self.done = true;
            return Event::of_sync(self.last_time, sync);
        }
        self.order.new_generation();
        self.start_cursors();
        sync.clocks = self.generation.sync.snapshot(self.generation.tick);
        Event::of_sync(self.generation.tick.nanoseconds(self.generation.min_time), sync)
    }

    /// A cursor for each thread with batches, in the order in which the file first names them.
    fn start_cursors(&mut self) {
        let heads = self.chain_batches();
        let source = source(self.data, &self.generation, &self.following, &self.timed);
        self.cursors.clear();
        for (number, &(thread, batch)) in (0u32..).zip(&heads) {
            let mut cursor = Cursor::new(thread, batch, source);
            if cursor.advance(source, &mut self.problems) {
                self.frontier.push((cursor.event.time, number));
            }
            self.cursors.push(cursor);
        }
    }

    /// Links each batch to the next of its thread. Returns each thread's first batch.
    fn chain_batches(&mut self) -> Vec<(u32, u32)> {
        self.following.clear();
        self.following.resize(self.generation.batches.len(), NO_BATCH);
        let mut heads = Vec::new();
        let mut last: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
        for (number, batch) in (0u32..).zip(&self.generation.batches) {
            let thread = self.order.thread(batch.thread);
            match last.insert(thread, number) {
                None => heads.push((thread, number)),
                Some(before) => self.following[before as usize] = number,
            }
        }
        heads
    }

    /// The stack with this id; `None` if the event has none, if its generation is over, or if the
    /// file lost it.
    #[must_use]
    pub fn stack(&self, id: StackId) -> Option<StackView<'_>> {
        self.generation.tables.stack(id)
    }

    /// The string with this id, likewise.
    #[must_use]
    pub fn string(&self, id: StringId) -> Option<&str> {
        if let Some(name) = id.wire_in(KEPT) {
            return self.order.names.get(name);
        }
        self.generation.tables.string(id)
    }

    /// The Go type with this id, likewise.
    #[must_use]
    pub fn alloc_type(&self, id: TypeId) -> Option<AllocType<'_>> {
        self.generation.tables.alloc_type(id)
    }

    /// How to turn the AllocFree experiment's ids into addresses, once the trace has said so.
    #[must_use]
    pub fn alloc_info(&self) -> Option<AllocInfo> {
        self.generation.tables.alloc_info
    }

    /// What could not be read so far, in the order it was met; the first hundred.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.problems.listed()
    }

    /// How many more there were.
    #[must_use]
    pub fn unlisted_problems(&self) -> u64 {
        self.problems.unlisted()
    }
}

fn era<'t>(generation: &'t Generation<'_>) -> Era<'t> {
    let tables = &generation.tables;
    Era { number: generation.number, tag: tables.tag, strings: &tables.strings }
}

fn source<'s, 'a>(
    data: &'a [u8],
    generation: &'s Generation<'a>,
    following: &'s [u32],
    timed: &'s TimedArgs,
) -> Source<'s, 'a> {
    Source { data, batches: &generation.batches, following, timed, tick: generation.tick }
}
