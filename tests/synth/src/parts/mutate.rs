//! One random change.

use super::{Batch, Body, Event, Item, Parts, numbered};
use crate::random::Random;
use crate::table::EVENTS;

/// Minor versions that write a format of their own, and two that do not.
const MINORS: [u32; 6] = [22, 23, 24, 25, 26, 27];

/// Numbers at which something can overflow or begin to be long on the wire.
const EDGES: [u64; 14] = [
    0,
    1,
    127,
    128,
    255,
    256,
    16_384,
    65_536,
    u32::MAX as u64,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

impl Parts {
    /// Makes one change. `scramble` changes bytes where structure does not matter.
    pub fn mutate(&mut self, random: &mut Random, scramble: &mut dyn FnMut(&mut Vec<u8>)) {
        match random.below(16) {
            0 => self.change_version(random),
            1..=3 => self.change_items(random),
            4 => self.change_header(random),
            5..=7 => self.scramble_body(random, scramble),
            _ => self.change_events(random),
        }
    }

    fn change_version(&mut self, random: &mut Random) {
        if let Some(minor) = random.pick(&MINORS) {
            self.header = format!("go 1.{minor} trace\0\0\0").into_bytes();
        }
    }

    fn change_items(&mut self, random: &mut Random) {
        let n = self.items.len();
        let (one, other) = (random.place(n), random.place(n));
        if n == 0 {
            return;
        }
        match random.below(6) {
            0 => drop(self.items.remove(one)),
            1 => self.items.swap(one, other),
            2 => self.items.insert(other, self.items[one].clone()),
            3 => self.items.insert(one, Item::End),
            4 => self.split_batch(one, random),
            // Everything again, as if in later generations.
            _ => self.repeat(one),
        }
    }

    fn repeat(&mut self, from: usize) {
        let last = self.batches().iter().map(|batch| batch.numbers[0]).max().unwrap_or(0);
        let mut again = Self { header: Vec::new(), items: self.items[from..].to_vec() };
        for batch in again.batches() {
            batch.numbers[0] = batch.numbers[0].wrapping_add(last);
        }
        self.items.extend(again.items);
    }

    /// Two batches in place of one.
    fn split_batch(&mut self, place: usize, random: &mut Random) {
        let Item::Batch(batch) = &mut self.items[place] else { return };
        let Body::Events(events, _) = &mut batch.body else { return };
        let after = events.split_off(random.place(events.len()));
        let body = Body::Events(after, Vec::new());
        let second = Item::Batch(Batch { body, ..batch.clone() });
        self.items.insert(place + 1, second);
    }

    fn change_header(&mut self, random: &mut Random) {
        let mut batches = self.batches();
        let (one, other, which) = (random.place(batches.len()), random.place(batches.len()), random.place(3));
        let Some(theirs) = batches.get(other).map(|batch| batch.numbers[which]) else { return };
        let Some(batch) = batches.get_mut(one) else { return };
        let number = &mut batch.numbers[which];
        *number = if random.once_in(2) { theirs } else { changed(*number, random) };
        if random.once_in(16) {
            batch.experiment = (!random.once_in(3)).then(|| random.below(3) as u8);
        }
    }

    fn scramble_body(&mut self, random: &mut Random, scramble: &mut dyn FnMut(&mut Vec<u8>)) {
        let mut batches = self.batches();
        let place = random.place(batches.len());
        let Some(batch) = batches.get_mut(place) else { return };
        let mut bytes = Vec::new();
        batch.body.write(&mut bytes);
        scramble(&mut bytes);
        batch.body = Body::Bytes(bytes);
    }

    fn change_events(&mut self, random: &mut Random) {
        let mut lists: Vec<&mut Vec<Event>> = self.items.iter_mut().filter_map(Item::events).collect();
        let (one, other) = (random.place(lists.len()), random.place(lists.len()));
        let Some(from) = lists.get_mut(one) else { return };
        let place = random.place(from.len());
        match random.below(8) {
            0 => drop(from.remove(place)),
            1 => from.insert(place, from[place].clone()),
            2 => from.swap(place, 0),
            3 => change_kind(&mut from[place], random),
            4 => from.insert(place, any_event(random)),
            5 => {
                let event = from.remove(place);
                let to = &mut lists[other];
                to.insert(random.place(to.len() + 1), event);
            }
            _ => change_argument(&mut from[place], random),
        }
    }
}

fn change_kind(event: &mut Event, random: &mut Random) {
    if let Some(kind) = random.pick(EVENTS) {
        event.number = kind.number;
        event.args.resize(1 + kind.args.len(), random.below(8));
    }
}

fn any_event(random: &mut Random) -> Event {
    let number = random.pick(EVENTS).map_or(0, |kind| kind.number);
    let n_args = numbered(number).map_or(0, |kind| 1 + kind.args.len());
    Event { number, args: (0..n_args).map(|_| random.below(12)).collect() }
}

fn change_argument(event: &mut Event, random: &mut Random) {
    let place = random.place(event.args.len());
    if let Some(arg) = event.args.get_mut(place) {
        *arg = changed(*arg, random);
    }
}

fn changed(number: u64, random: &mut Random) -> u64 {
    match random.below(5) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number ^ 1 << random.below(64),
        3 => random.below(12),
        _ => random.pick(&EDGES).copied().unwrap_or(0),
    }
}
