//! Damaged dumps: cut off at every byte, with flipped bits, with parts changed. Nothing panics, and what
//! precedes the damage is delivered.

use harness_synth::Random;
use harness_synth::dump::{DumpParts, Machine, Plan};

use super::hand::everything;
use super::{Owned, owned, properties, read_all};
use crate::format::heapdump::Reader;

/// Each record and where it ends.
fn with_ends(data: &[u8]) -> Vec<(u64, Owned)> {
    let mut reader = Reader::new("t", data).unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next_record() {
        let record = owned(&record);
        records.push((reader.position(), record));
    }
    records
}

/// The records that end before `place`.
fn before(records: &[(u64, Owned)], place: usize) -> Vec<&Owned> {
    records.iter().take_while(|(end, _)| *end <= place as u64).map(|(_, record)| record).collect()
}

fn small_heap(seed: u64, machine: Machine) -> Vec<u8> {
    Plan { seed, machine, n_objects: 12, n_goroutines: 2, n_globals: 4, n_sites: 2 }.make().dump()
}

#[test]
fn a_dump_cut_off_at_any_byte_gives_the_records_before_the_cut_and_a_problem() {
    for machine in Machine::ALL {
        for whole in [everything(machine), small_heap(1, machine)] {
            let records = with_ends(&whole);
            for len in 16..whole.len() {
                let (kept, problems) = read_all(&whole[..len]);
                assert_eq!(kept.iter().collect::<Vec<_>>(), before(&records, len), "cut at {len}");
                assert_eq!(problems.len(), 1, "cut at {len}");
                assert!(problems[0].found.starts_with("the end of the file after "), "{}", problems[0]);
            }
        }
    }
}

#[test]
fn any_flipped_bit_leaves_what_precedes_it_and_never_panics() {
    let file = tempfile::tempfile().unwrap();
    for machine in [Machine::AMD64, Machine::ALL[3]] {
        let mut data = everything(machine);
        let records = with_ends(&data);
        for bit in 16 * 8..data.len() * 8 {
            data[bit / 8] ^= 1 << (bit % 8);
            let (kept, _) = read_all(&data);
            let before = before(&records, bit / 8);
            assert_eq!(kept.iter().take(before.len()).collect::<Vec<_>>(), before, "bit {bit}");
            properties::hold(&data, &file);
            data[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn random_heaps_with_flipped_bits_have_the_properties_that_all_input_has() {
    let file = tempfile::tempfile().unwrap();
    let mut random = Random::new(5);
    for seed in 0..300 {
        let mut data = small_heap(seed, Machine::ALL[seed as usize % 4]);
        properties::hold(&data, &file);
        for _ in 0..1 + random.below(3) {
            let place = random.place(data.len());
            data[place] ^= 1 << random.below(8);
        }
        properties::hold(&data, &file);
    }
}

#[test]
fn random_heaps_with_changed_parts_have_the_properties_that_all_input_has() {
    let file = tempfile::tempfile().unwrap();
    let mut random = Random::new(6);
    for seed in 0..1500 {
        let mut parts = DumpParts::split(&small_heap(seed, Machine::ALL[seed as usize % 4])).small(5);
        let (count, byte) = (random.below(60), random.number() as u8);
        for _ in 0..1 + random.below(3) {
            parts.mutate(&mut random, &mut |bytes| (0..count).for_each(|_| bytes.push(byte)));
        }
        properties::hold(&parts.join(), &file);
    }
}
