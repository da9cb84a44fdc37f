//! Fuzz target: the reader of execution traces. `cargo xtask fuzz trace` builds and runs it.
//!
//! Input: any bytes, from libFuzzer, which looks for those that reach new code. Three of four
//! changes are made to the trace's parts, so that batches keep their right lengths.

#![no_main]

use harness::format::exectrace as api;
use harness_synth::Parts;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod mutate;
#[path = "../../harness/src/format/exectrace/tests/properties.rs"]
mod properties;

fuzz_target!(|data: &[u8]| properties::hold(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::by_parts(data, (size, max_size), seed, |data, random| {
        let mut parts = Parts::split(data);
        for _ in 0..1 + random.below(3) {
            parts.mutate(random, &mut |bytes| mutate::scramble(bytes, max_size));
        }
        parts.join()
    })
});
