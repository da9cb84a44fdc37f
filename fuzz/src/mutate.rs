//! How an input of libFuzzer's is changed by its parts. Compiled into each target that knows parts.

use harness_synth::Random;
use libfuzzer_sys::fuzzer_mutate;

/// Changes the first `size` bytes of `data` in place, three times of four by `parts`, which returns them anew, or nothing
/// where there are no parts. The rest, and what came out empty or too long, is left to libFuzzer. Returns the new size.
pub fn by_parts(
    data: &mut [u8],
    (size, max_size): (usize, usize),
    seed: u32,
    parts: impl FnOnce(&[u8], &mut Random) -> Vec<u8>,
) -> usize {
    let mut random = Random::new(u64::from(seed));
    if random.once_in(4) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mutated = parts(&data[..size], &mut random);
    if mutated.is_empty() || mutated.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..mutated.len()].copy_from_slice(&mutated);
    mutated.len()
}

/// Lets libFuzzer change some bytes.
pub fn scramble(bytes: &mut Vec<u8>, max_size: usize) {
    let size = bytes.len();
    let room = (size + 64).min(max_size).max(size);
    bytes.resize(room, 0);
    let len = fuzzer_mutate(bytes, size, room);
    bytes.truncate(len);
}
