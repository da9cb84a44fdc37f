//! Fuzz target: the reader of execution traces. `cargo xtask fuzz trace` builds and runs it.
//!
//! Input: any bytes, from libFuzzer, which looks for those that reach new code. Three of four
//! changes are made to the trace's parts, so that batches keep their right lengths.

#![no_main]

use harness::format::exectrace as api;
use harness_synth::{Parts, Random};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

#[path = "../../harness/src/format/exectrace/tests/properties.rs"]
mod properties;

fuzz_target!(|data: &[u8]| properties::hold(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    if random.once_in(4) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut parts = Parts::split(&data[..size]);
    for _ in 0..1 + random.below(3) {
        parts.mutate(&mut random, &mut |body| scramble(body, max_size));
    }
    let mutated = parts.join();
    if mutated.is_empty() || mutated.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..mutated.len()].copy_from_slice(&mutated);
    mutated.len()
});

/// Lets libFuzzer change some bytes.
fn scramble(bytes: &mut Vec<u8>, max_size: usize) {
    let size = bytes.len();
    let room = (size + 64).min(max_size).max(size);
    bytes.resize(room, 0);
    let len = fuzzer_mutate(bytes, size, room);
    bytes.truncate(len);
}
