//! Fuzz target: the reader of heap dumps. `cargo xtask fuzz dump` builds and runs it.
//!
//! Input: any bytes, from libFuzzer, which looks for those that reach new code. Three of four changes are
//! made to the dump's parts, so that lengths stay right: the format has nothing else to find a record by.

#![no_main]

use std::fs::File;
use std::sync::LazyLock;

use harness::format as input;
use harness::format::heapdump as api;
use harness_synth::Random;
use harness_synth::dump::DumpParts;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

#[path = "../../harness/src/format/heapdump/tests/properties.rs"]
mod properties;

/// Written anew for each input.
static FILE: LazyLock<File> = LazyLock::new(|| tempfile::tempfile().expect("a temporary file"));

fuzz_target!(|data: &[u8]| properties::hold(data, &FILE));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    if random.once_in(4) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut parts = DumpParts::split(&data[..size]);
    for _ in 0..1 + random.below(3) {
        parts.mutate(&mut random, &mut |bytes| scramble(bytes, max_size));
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
