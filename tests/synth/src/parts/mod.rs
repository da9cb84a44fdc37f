//! A trace taken apart into batches and events, to change it in ways that leave the rest of it
//! readable: what random bytes alone seldom reach.
//!
//! Input: any bytes. Output: bytes whose batch lengths are right again. What is no batch or no event
//! is carried along as it is.

mod mutate;
mod shrink;

use crate::table::{EVENTS, EventType, mark};
use crate::trace::varint;

/// Bytes of a header.
const HEADER_LEN: usize = 16;

/// A trace in parts.
#[derive(Debug, Clone)]
pub struct Parts {
    header: Vec<u8>,
    items: Vec<Item>,
}

/// What a trace file is made of after its header.
#[derive(Debug, Clone)]
enum Item {
    Batch(Batch),
    /// The mark at the end of a generation.
    End,
    /// No batch: the rest of the file.
    Rest(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Batch {
    /// That of an experimental batch.
    experiment: Option<u8>,
    /// Generation, thread and time.
    numbers: [u64; 3],
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// Events of a thread, and what follows the last that can be read.
    Events(Vec<Event>, Vec<u8>),
    /// A table, or anything else.
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Event {
    number: u8,
    /// The time difference first.
    args: Vec<u64>,
}

impl Parts {
    /// Takes any bytes apart.
    #[must_use]
    pub fn split(bytes: &[u8]) -> Self {
        let (header, mut rest) = bytes.split_at(HEADER_LEN.min(bytes.len()));
        let mut items = Vec::new();
        while let Some(&first) = rest.first() {
            let item = if first == mark::END { Some((Item::End, 1)) } else { batch(rest) };
            let Some((item, len)) = item else {
                items.push(Item::Rest(rest.to_vec()));
                break;
            };
            items.push(item);
            rest = rest.get(len..).unwrap_or_default();
        }
        Self { header: header.to_vec(), items }
    }

    /// The file again.
    #[must_use]
    pub fn join(&self) -> Vec<u8> {
        let mut out = self.header.clone();
        for item in &self.items {
            match item {
                Item::Batch(batch) => batch.write(&mut out),
                Item::End => out.push(mark::END),
                Item::Rest(bytes) => out.extend_from_slice(bytes),
            }
        }
        out
    }

    fn batches(&mut self) -> Vec<&mut Batch> {
        self.items.iter_mut().filter_map(Item::batch).collect()
    }
}

impl Item {
    fn batch(&mut self) -> Option<&mut Batch> {
        match self {
            Self::Batch(batch) => Some(batch),
            _ => None,
        }
    }

    /// Events of a thread, if there are any.
    fn events(&mut self) -> Option<&mut Vec<Event>> {
        match self {
            Self::Batch(Batch { body: Body::Events(events, _), .. }) if !events.is_empty() => Some(events),
            _ => None,
        }
    }
}

impl Batch {
    fn write(&self, out: &mut Vec<u8>) {
        match self.experiment {
            Some(experiment) => out.extend([mark::EXPERIMENT, experiment]),
            None => out.push(mark::BATCH),
        }
        let mut body = Vec::new();
        self.body.write(&mut body);
        self.numbers.iter().for_each(|&number| varint(out, number));
        varint(out, body.len() as u64);
        out.extend(body);
    }
}

impl Body {
    fn read(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let mut events = Vec::new();
        while let Some((event, left)) = event(rest) {
            events.push(event);
            rest = left;
        }
        match events.is_empty() {
            true => Self::Bytes(bytes.to_vec()),
            false => Self::Events(events, rest.to_vec()),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::Events(events, rest) => {
                for event in events {
                    out.push(event.number);
                    event.args.iter().for_each(|&arg| varint(out, arg));
                }
                out.extend_from_slice(rest);
            }
        }
    }
}

/// The batch that bytes begin with, and its length in them.
fn batch(bytes: &[u8]) -> Option<(Item, usize)> {
    let (&kind, mut rest) = bytes.split_first()?;
    let experiment = match kind {
        mark::BATCH => None,
        mark::EXPERIMENT => {
            let (&experiment, after) = rest.split_first()?;
            rest = after;
            Some(experiment)
        }
        _ => return None,
    };
    let mut numbers = [0; 4];
    for number in &mut numbers {
        (*number, rest) = read_varint(rest)?;
    }
    let [generation, thread, time, size] = numbers;
    // The last batch of a file that is cut off has less.
    let len = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
    let body = match experiment {
        Some(_) => Body::Bytes(rest[..len].to_vec()),
        None => Body::read(&rest[..len]),
    };
    let batch = Batch { experiment, numbers: [generation, thread, time], body };
    Some((Item::Batch(batch), bytes.len() - rest.len() + len))
}

fn event(bytes: &[u8]) -> Option<(Event, &[u8])> {
    let (&number, mut rest) = bytes.split_first()?;
    let n_args = 1 + numbered(number)?.args.len();
    let mut args = Vec::with_capacity(n_args);
    for _ in 0..n_args {
        let (arg, left) = read_varint(rest)?;
        args.push(arg);
        rest = left;
    }
    Some((Event { number, args }, rest))
}

fn numbered(number: u8) -> Option<&'static EventType> {
    EVENTS.iter().find(|event| event.number == number)
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte % 128).checked_shl(7 * i as u32)?;
        if byte < 128 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Random};

    fn executions() -> impl Iterator<Item = Vec<u8>> {
        let plan = |seed| Plan {
            seed,
            minor: [22, 23, 25, 26][seed as usize % 4],
            n_threads: 3,
            n_steps: 60,
            n_generations: 3,
        };
        (0..20).map(move |seed| plan(seed).run().encode())
    }

    #[test]
    fn a_trace_taken_apart_and_joined_is_the_same() {
        for bytes in executions() {
            assert_eq!(Parts::split(&bytes).join(), bytes);
        }
    }

    #[test]
    fn any_bytes_can_be_taken_apart_and_joined_again() {
        let mut random = Random::new(1);
        for mut bytes in executions() {
            for _ in 0..50 {
                let place = random.place(bytes.len());
                bytes[place] = random.number() as u8;
                let joined = Parts::split(&bytes[..random.place(bytes.len())]).join();
                assert_eq!(Parts::split(&joined).join(), joined, "once is enough");
            }
        }
    }

    #[test]
    fn mutations_change_traces_and_leave_batches_whole() {
        let mut random = Random::new(2);
        let mut n_changed = 0;
        for bytes in executions() {
            let mut parts = Parts::split(&bytes);
            parts.mutate(&mut random, &mut |body| body.reverse());
            let mutated = parts.join();
            n_changed += usize::from(mutated != bytes);
            assert!(!Parts::split(&mutated).items.iter().any(|item| matches!(item, Item::Rest(_))));
        }
        assert!(n_changed > 10, "{n_changed} of 20");
    }

    #[test]
    fn a_trace_made_small_keeps_its_first_generations_and_every_batch_small() {
        for bytes in executions() {
            let small = Parts::split(&bytes).small();
            assert!(small.join().len() <= bytes.len());
            assert!(!small.items.is_empty());
        }
    }
}
