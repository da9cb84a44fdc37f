//! Random executions of a Go program as the runtime would have traced them: valid by construction,
//! the same for the same seed.
//!
//! ```text
//! world     the state of threads, processors and goroutines; what each thread wrote
//! steps     what can happen next, one function each
//! mutate    one thing made wrong
//! ```

mod mutate;
mod steps;
mod user_steps;
mod world;

use crate::random::Random;
use crate::table::{EventType, mark};
use crate::trace::{Body, NO_THREAD, Trace, sound_sync_at, varint};

use self::world::World;

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// Minor version of Go that writes the trace.
    pub minor: u32,
    /// Threads.
    pub n_threads: usize,
    /// Things that happen in a generation.
    pub n_steps: usize,
    /// Generations.
    pub n_generations: u64,
}

/// A trace before it is bytes.
#[derive(Debug, Clone)]
pub struct Execution {
    minor: u32,
    frequency: u64,
    generations: Vec<Generation>,
}

#[derive(Debug, Clone)]
struct Generation {
    number: u64,
    batches: Vec<Batch>,
    strings: Vec<(u64, String)>,
    stacks: Vec<(u64, Vec<[u64; 4]>)>,
    /// Time, thread, processor, goroutine, stack.
    samples: Vec<[u64; 5]>,
    n_syncs: usize,
    marked: bool,
}

#[derive(Debug, Clone)]
struct Batch {
    generation: u64,
    thread: u64,
    time: u64,
    events: Vec<Written>,
}

/// An event as a thread wrote it.
#[derive(Debug, Clone)]
struct Written {
    kind: &'static EventType,
    delta: u64,
    args: Vec<u64>,
}

impl Plan {
    /// Lets the program run.
    #[must_use]
    pub fn run(&self) -> Execution {
        let mut world = World::new(self);
        let generations = (0..self.n_generations).map(|_| world.generation(self.n_steps)).collect();
        Execution { minor: self.minor, frequency: world.frequency, generations }
    }
}

impl Execution {
    /// The file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut trace = Trace::new(self.minor);
        for generation in &self.generations {
            trace = generation.encode(trace, self.minor, self.frequency);
        }
        trace.bytes()
    }

    /// The same with one thing changed, most likely for the worse.
    #[must_use]
    pub fn mutated(&self, random: &mut Random) -> Self {
        let mut changed = self.clone();
        mutate::mutate(&mut changed, random);
        changed
    }
}

impl Generation {
    fn encode(&self, mut trace: Trace, minor: u32, frequency: u64) -> Trace {
        for batch in &self.batches {
            let body = batch.events.iter().fold(Body::default(), |body, event| event.encode(body));
            trace = trace.batch(batch.generation, batch.thread, batch.time, body);
        }
        let time = self.batches.iter().map(|batch| batch.time).min().unwrap_or(1);
        let stacks: Vec<_> = self.stacks.iter().map(|(id, frames)| (*id, &frames[..])).collect();
        let strings: Vec<_> = self.strings.iter().map(|(id, text)| (*id, text.as_str())).collect();
        trace = trace.strings_at(self.number, time, &strings).stacks_at(self.number, time, &stacks);
        if !self.samples.is_empty() {
            trace = trace.batch(self.number, NO_THREAD, time, self.encoded_samples());
        }
        for _ in 0..self.n_syncs {
            trace = trace.batch(self.number, NO_THREAD, time, Body(sound_sync_at(minor, frequency)));
        }
        if self.marked { trace.raw(&[mark::END]) } else { trace }
    }

    fn encoded_samples(&self) -> Body {
        let mut body = vec![mark::SAMPLES];
        for sample in &self.samples {
            body.push(mark::SAMPLE);
            sample.iter().for_each(|&number| varint(&mut body, number));
        }
        Body(body)
    }
}

impl Written {
    fn encode(&self, body: Body) -> Body {
        let mut bytes = body.raw(&[self.kind.number]).0;
        varint(&mut bytes, self.delta);
        self.args.iter().for_each(|&arg| varint(&mut bytes, arg));
        Body(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(seed: u64) -> Plan {
        Plan { seed, minor: 26, n_threads: 5, n_steps: 100, n_generations: 3 }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_others() {
        assert_eq!(plan(7).run().encode(), plan(7).run().encode());
        assert_ne!(plan(7).run().encode(), plan(8).run().encode());
    }

    #[test]
    fn every_event_type_happens_sooner_or_later() {
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            let execution = plan(seed).run();
            let batches = execution.generations.iter().flat_map(|generation| &generation.batches);
            seen.extend(batches.flat_map(|batch| &batch.events).map(|event| event.kind.name));
        }
        let missing: Vec<_> =
            crate::EVENTS.iter().map(|event| event.name).filter(|name| !seen.contains(name)).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn old_versions_get_no_new_event_types() {
        let execution = Plan { minor: 22, ..plan(3) }.run();
        let mut events = execution.generations.iter().flat_map(|g| &g.batches).flat_map(|b| &b.events);
        assert!(events.all(|event| event.kind.since == 22));
    }
}
