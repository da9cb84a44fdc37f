//! The packets of a Perfetto trace.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::wire::Message;
use crate::model::trace::tracks::Unit;

/// Fields of `Trace` and `TracePacket`.
mod packet {
    pub(super) const PACKET: u64 = 1;
    pub(super) const CLOCK_SNAPSHOT: u64 = 6;
    pub(super) const TIMESTAMP: u64 = 8;
    pub(super) const SEQUENCE: u64 = 10;
    pub(super) const TRACK_EVENT: u64 = 11;
    pub(super) const INTERNED: u64 = 12;
    pub(super) const SEQUENCE_FLAGS: u64 = 13;
    pub(super) const TRACK_DESCRIPTOR: u64 = 60;
    /// Values of `SEQUENCE_FLAGS`.
    pub(super) const STATE_CLEARED: u64 = 1;
    pub(super) const NEEDS_STATE: u64 = 2;
}

/// Fields of `ClockSnapshot` and its `Clock`, and the numbers of clocks.
mod clock {
    pub(super) const CLOCK: u64 = 1;
    pub(super) const ID: u64 = 1;
    pub(super) const TIMESTAMP: u64 = 2;
    pub(super) const REALTIME: u64 = 1;
    /// The clock that timestamps are taken for if they do not say otherwise.
    pub(super) const BOOTTIME: u64 = 6;
}

/// Fields of `TrackDescriptor` and `CounterDescriptor`.
mod track {
    pub(super) const UUID: u64 = 1;
    pub(super) const NAME: u64 = 2;
    pub(super) const PARENT: u64 = 5;
    pub(super) const COUNTER: u64 = 8;
    pub(super) const CHILD_ORDERING: u64 = 11;
    pub(super) const RANK: u64 = 12;
    pub(super) const DESCRIPTION: u64 = 14;
    pub(super) const COUNTER_UNIT: u64 = 3;
    /// Value of `CHILD_ORDERING`: by rank.
    pub(super) const EXPLICIT: u64 = 3;
    /// Values of `COUNTER_UNIT`.
    pub(super) const UNIT_COUNT: u64 = 2;
    pub(super) const UNIT_BYTES: u64 = 3;
}

/// Fields of `TrackEvent` and `DebugAnnotation`.
mod event {
    pub(super) const NOTE: u64 = 4;
    pub(super) const TYPE: u64 = 9;
    pub(super) const NAME_ID: u64 = 10;
    pub(super) const TRACK: u64 = 11;
    pub(super) const NAME: u64 = 23;
    pub(super) const VALUE: u64 = 30;
    pub(super) const FLOW: u64 = 47;
    pub(super) const NOTE_NAME_ID: u64 = 1;
    pub(super) const NOTE_NUMBER: u64 = 3;
}

/// Fields of `InternedData` and its entries.
mod interned {
    pub(super) const EVENT_NAME: u64 = 2;
    pub(super) const NOTE_NAME: u64 = 3;
    pub(super) const ID: u64 = 1;
    pub(super) const NAME: u64 = 2;
}

/// All packets are of one sequence: names are interned once.
const SEQUENCE: u64 = 1;

/// Values of `TrackEvent::TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Begin = 1,
    End = 2,
    Instant = 3,
    Counter = 4,
}

/// Where and when something happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) track: u64,
    pub(super) at: u64,
    pub(super) phase: Phase,
}

/// What is told of an event: names and values.
type Notes = [(&'static str, u64)];

/// The file, packet by packet.
#[derive(Debug)]
pub(super) struct Out<'o, W> {
    out: &'o mut W,
    bytes: u64,
    begun: bool,
    names: HashSet<u32>,
    note_names: HashMap<&'static str, u64>,
    /// Names met first by the packet under construction.
    interned: Message,
    frame: Message,
}

impl<'o, W: Write> Out<'o, W> {
    pub(super) fn new(out: &'o mut W) -> Self {
        Self {
            out,
            bytes: 0,
            begun: false,
            names: HashSet::new(),
            note_names: HashMap::new(),
            interned: Message::default(),
            frame: Message::default(),
        }
    }

    /// Bytes written.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The wall-clock time of time 0.
    pub(super) fn clocks(&mut self, wall: u64) -> io::Result<()> {
        let mut snapshot = Message::default();
        for (id, timestamp) in [(clock::BOOTTIME, 0), (clock::REALTIME, wall)] {
            let mut clock = Message::default();
            clock.number(clock::ID, id);
            clock.number(clock::TIMESTAMP, timestamp);
            snapshot.message(clock::CLOCK, &clock);
        }
        let mut packet = Message::default();
        packet.message(packet::CLOCK_SNAPSHOT, &snapshot);
        self.packet(packet)
    }

    /// A track of slices, or a folder.
    pub(super) fn track(
        &mut self,
        id: u64,
        parent: Option<u64>,
        about: (&str, &str),
        rank: usize,
    ) -> io::Result<()> {
        let descriptor = descriptor(id, parent, about, rank);
        self.descriptor(&descriptor)
    }

    pub(super) fn counter(
        &mut self,
        id: u64,
        (parent, about, rank): (u64, (&str, &str), usize),
        unit: Unit,
    ) -> io::Result<()> {
        let mut descriptor = descriptor(id, Some(parent), about, rank);
        let mut counter = Message::default();
        let unit = match unit {
            Unit::Count => track::UNIT_COUNT,
            Unit::Bytes => track::UNIT_BYTES,
        };
        counter.number(track::COUNTER_UNIT, unit);
        descriptor.message(track::COUNTER, &counter);
        self.descriptor(&descriptor)
    }

    fn descriptor(&mut self, descriptor: &Message) -> io::Result<()> {
        let mut packet = Message::default();
        packet.message(packet::TRACK_DESCRIPTOR, descriptor);
        self.packet(packet)
    }

    /// Something with a name (and its number) that may come often.
    pub(super) fn named_event(
        &mut self,
        event: Event,
        (name, number): (&str, u32),
        flow: Option<u64>,
        notes: &Notes,
    ) -> io::Result<()> {
        let mut message = begun(event);
        let id = u64::from(number) + 1; // 0 is none
        message.number(event::NAME_ID, id);
        if self.names.insert(number) {
            intern(&mut self.interned, interned::EVENT_NAME, (id, name));
        }
        flow.into_iter().for_each(|flow| message.fixed(event::FLOW, flow));
        self.notes(&mut message, notes);
        self.event(event, &message)
    }

    /// Something whose name comes once.
    pub(super) fn plain_event(&mut self, event: Event, name: &str, notes: &Notes) -> io::Result<()> {
        let mut message = begun(event);
        message.text(event::NAME, name);
        self.notes(&mut message, notes);
        self.event(event, &message)
    }

    /// End of the slice that began last on that track.
    pub(super) fn end(&mut self, event: Event) -> io::Result<()> {
        self.event(event, &begun(event))
    }

    /// A value of a counter.
    pub(super) fn value(&mut self, track: u64, at: u64, value: i64) -> io::Result<()> {
        let event = Event { track, at, phase: Phase::Counter };
        let mut message = begun(event);
        message.signed(event::VALUE, value);
        self.event(event, &message)
    }

    fn notes(&mut self, message: &mut Message, notes: &Notes) {
        for &(name, value) in notes {
            let next = self.note_names.len() as u64 + 1;
            let id = *self.note_names.entry(name).or_insert_with(|| {
                intern(&mut self.interned, interned::NOTE_NAME, (next, name));
                next
            });
            let mut note = Message::default();
            note.number(event::NOTE_NAME_ID, id);
            note.number(event::NOTE_NUMBER, value);
            message.message(event::NOTE, &note);
        }
    }

    fn event(&mut self, event: Event, message: &Message) -> io::Result<()> {
        let mut packet = Message::default();
        packet.number(packet::TIMESTAMP, event.at);
        packet.message(packet::TRACK_EVENT, message);
        if !self.interned.as_bytes().is_empty() {
            packet.message(packet::INTERNED, &self.interned);
            self.interned.clear();
        }
        self.packet(packet)
    }

    fn packet(&mut self, mut packet: Message) -> io::Result<()> {
        packet.number(packet::SEQUENCE, SEQUENCE);
        let first = !std::mem::replace(&mut self.begun, true);
        let flags = if first { packet::STATE_CLEARED } else { packet::NEEDS_STATE };
        packet.number(packet::SEQUENCE_FLAGS, flags);
        self.frame.clear();
        self.frame.message(packet::PACKET, &packet);
        self.bytes += self.frame.as_bytes().len() as u64;
        self.out.write_all(self.frame.as_bytes())
    }
}

fn descriptor(id: u64, parent: Option<u64>, (name, about): (&str, &str), rank: usize) -> Message {
    let mut descriptor = Message::default();
    descriptor.number(track::UUID, id);
    parent.into_iter().for_each(|parent| descriptor.number(track::PARENT, parent));
    descriptor.text(track::NAME, name);
    if !about.is_empty() {
        descriptor.text(track::DESCRIPTION, about);
    }
    descriptor.number(track::CHILD_ORDERING, track::EXPLICIT);
    descriptor.number(track::RANK, rank as u64);
    descriptor
}

fn begun(event: Event) -> Message {
    let mut message = Message::default();
    message.number(event::TYPE, event.phase as u64);
    message.number(event::TRACK, event.track);
    message
}

fn intern(interned: &mut Message, table: u64, (id, name): (u64, &str)) {
    let mut entry = Message::default();
    entry.number(interned::ID, id);
    entry.text(interned::NAME, name);
    interned.message(table, &entry);
}
