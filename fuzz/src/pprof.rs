//! Fuzz target: the reader and writer of pprof profiles. `cargo xtask fuzz pprof` builds and runs it.
//!
//! Input: any bytes, from libFuzzer, which looks for those that reach new code. Seeds are profiles without their gzip,
//! so that a changed byte is a changed field; three of four changes keep the lengths of the top-level fields right.

#![no_main]

use harness::format::pprof as api;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod mutate;
#[path = "../../harness/src/format/pprof/tests/properties.rs"]
mod properties;

fuzz_target!(|data: &[u8]| properties::hold(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::by_parts(data, (size, max_size), seed, |data, random| {
        let mut fields = split(data);
        for _ in 0..1 + random.below(3) {
            let at = random.below(fields.len() as u64) as usize;
            match random.below(8) {
                0 => fields.swap(0, at),
                1 => fields.push(fields[at].clone()),
                2 if fields.len() > 1 => drop(fields.remove(at)),
                _ => mutate::scramble(&mut fields[at].1, max_size),
            }
        }
        join(&fields)
    })
});

/// Key and content of each field that has a length; the rest is one field more, under the key 0.
fn split(mut data: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut fields = Vec::new();
    while let [key, rest @ ..] = data {
        let (len, n) = length(rest);
        let Some(content) = (key & 7 == 2).then(|| rest.get(n..n + len)).flatten() else { break };
        fields.push((*key, content.to_vec()));
        data = &rest[n + len..];
    }
    fields.push((0, data.to_vec()));
    fields
}

/// A length of at most two bytes, and how many they are.
fn length(bytes: &[u8]) -> (usize, usize) {
    match bytes {
        [low @ 0x80..=0xff, high @ 0..=0x7f, ..] => (usize::from(low & 0x7f) | usize::from(*high) << 7, 2),
        [low @ 0..=0x7f, ..] => (usize::from(*low), 1),
        _ => (usize::MAX >> 1, 0),
    }
}

fn join(fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, content) in fields {
        if *key != 0 {
            data.push(*key);
            match content.len() {
                len @ 0..=0x7f => data.push(len as u8),
                len => data.extend([len as u8 | 0x80, (len >> 7) as u8 & 0x7f]),
            }
        }
        data.extend(content);
    }
    data
}
