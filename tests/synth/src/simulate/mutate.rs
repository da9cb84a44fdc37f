//! One thing made wrong: an event, a batch, a table.

use super::{Batch, Execution, Generation};
use crate::random::Random;
use crate::table::{Arg, EVENTS, EventType};

pub(super) fn mutate(execution: &mut Execution, random: &mut Random) {
    let place = random.place(execution.generations.len());
    let Some(generation) = execution.generations.get_mut(place) else { return };
    match random.below(12) {
        0 => mutate_batches(generation, random),
        1 => mutate_tables(generation, random),
        _ => mutate_event(generation, random),
    }
}

fn any_batch<'g>(generation: &'g mut Generation, random: &mut Random) -> Option<&'g mut Batch> {
    let place = random.place(generation.batches.len());
    generation.batches.get_mut(place).filter(|batch| !batch.events.is_empty())
}

fn mutate_event(generation: &mut Generation, random: &mut Random) {
    let threads: Vec<_> = generation.batches.iter().map(|batch| batch.thread).collect();
    let Some(batch) = any_batch(generation, random) else { return };
    let place = random.place(batch.events.len());
    match random.below(8) {
        0 => drop(batch.events.remove(place)),
        1 => batch.events.insert(place, batch.events[place].clone()),
        2 if place > 0 => batch.events.swap(place, place - 1),
        3 => batch.events[place].delta = random.below(2000),
        4 => change_kind(batch, place, random),
        5 => move_event(generation, random),
        _ => change_argument(batch, place, &threads, random),
    }
}

/// Another type with as many arguments.
fn change_kind(batch: &mut Batch, place: usize, random: &mut Random) {
    let event = &mut batch.events[place];
    let alike = |other: &&EventType| other.args.len() == event.args.len();
    let alike: Vec<_> = EVENTS.iter().filter(alike).collect();
    if let Some(kind) = random.pick(&alike) {
        event.kind = kind;
    }
}

/// To another batch.
fn move_event(generation: &mut Generation, random: &mut Random) {
    let Some(from) = any_batch(generation, random) else { return };
    let event = from.events.remove(random.place(from.events.len()));
    let place = random.place(generation.batches.len());
    if let Some(to) = generation.batches.get_mut(place) {
        let at = random.place(to.events.len() + 1);
        to.events.insert(at, event);
    }
}

fn change_argument(batch: &mut Batch, place: usize, threads: &[u64], random: &mut Random) {
    let event = &mut batch.events[place];
    let which = random.place(event.args.len());
    let Some((arg, (name, kind))) = event.args.get_mut(which).zip(event.kind.args.get(which)) else { return };
    *arg = match kind {
        // A state beyond a byte is read as its last byte by Go, and refused by us.
        Arg::GoState | Arg::ProcState => random.below(6),
        _ if *name == "m" => random.pick(threads).copied().unwrap_or(0),
        _ => match random.below(3) {
            0 => arg.saturating_add(1),
            1 => arg.saturating_sub(1),
            _ => random.below(12),
        },
    };
}

fn mutate_batches(generation: &mut Generation, random: &mut Random) {
    let (one, other) = (random.place(generation.batches.len()), random.place(generation.batches.len()));
    if generation.batches.is_empty() {
        return;
    }
    match random.below(6) {
        0 => drop(generation.batches.remove(one)),
        1 => generation.batches.swap(one, other),
        2 => generation.batches[one].thread = generation.batches[other].thread,
        3 => generation.batches[one].generation = random.below(8),
        4 => generation.batches[one].time = random.below(1 << 40),
        _ => generation.batches.insert(other, generation.batches[one].clone()),
    }
}

fn mutate_tables(generation: &mut Generation, random: &mut Random) {
    let strings = generation.strings.len();
    match random.below(6) {
        0 => drop(generation.strings.remove(random.place(strings))),
        1 => generation.strings[random.place(strings)].0 = 1 + random.below(12),
        2 => drop(generation.stacks.pop()),
        3 => generation.stacks[random.place(4)].0 = 1 + random.below(6),
        4 => generation.n_syncs = 2 * random.place(2),
        _ => generation.marked = !generation.marked,
    }
}
