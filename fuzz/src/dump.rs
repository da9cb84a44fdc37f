//! Fuzz target: the reader of heap dumps. `cargo xtask fuzz dump` builds and runs it.
//!
//! Input: any bytes, from libFuzzer, which looks for those that reach new code. Three of four changes are
//! made to the dump's parts, so that lengths stay right: the format has nothing else to find a record by.

#![no_main]

use std::fs::File;
use std::sync::LazyLock;

use harness::format as input;
use harness::format::heapdump as api;
use harness_synth::dump::DumpParts;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod mutate;
#[path = "../../harness/src/format/heapdump/tests/properties.rs"]
mod properties;

/// Written anew for each input.
static FILE: LazyLock<File> = LazyLock::new(|| tempfile::tempfile().expect("a temporary file"));

fuzz_target!(|data: &[u8]| properties::hold(data, &FILE));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::by_parts(data, (size, max_size), seed, |data, random| {
        let mut parts = DumpParts::split(data);
        for _ in 0..1 + random.below(3) {
            parts.mutate(random, &mut |bytes| mutate::scramble(bytes, max_size));
        }
        parts.join()
    })
});
