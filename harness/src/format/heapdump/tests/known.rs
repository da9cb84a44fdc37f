//! Random heaps of which everything is known: the reader finds all of it, and nothing else.

use harness_synth::dump::{Big, Edge, Heap, Machine, Plan};

use super::{file, read_all};
use crate::format::heapdump::{Memory, Reader, Record};
use crate::model::{Address, Bytes, Objects};

/// What points to what: offset and value of all slots that are not nil.
fn pointers(memory: &Memory<'_>) -> Vec<(u64, u64)> {
    let slots = memory.slots().filter(|slot| !slot.value.is_nil());
    slots.map(|slot| (slot.offset, slot.value.0)).collect()
}

fn known(heap: &Heap, edges: &[Edge]) -> Vec<(u64, u64)> {
    edges.iter().map(|edge| (edge.offset, heap.objects[edge.to].address + edge.interior)).collect()
}

#[test]
fn a_random_heap_is_read_as_it_was_made_on_every_machine() {
    for seed in 0..40 {
        let machine = Machine::ALL[seed as usize % Machine::ALL.len()];
        let heap = Plan { seed, machine, ..Plan::default() }.make();
        let bytes = heap.dump();
        let mut reader = Reader::with_window("t", file(&bytes), 2000).unwrap();
        let mut objects = heap.objects.iter();
        let mut calls = heap.goroutines.iter().flatten();
        let (mut n_samples, mut n_finalizers) = (0, 0);
        while let Some(record) = reader.next_record() {
            match record {
                Record::Object(object) => {
                    let made = objects.next().unwrap();
                    assert_eq!((object.address, object.memory.size()), (Address(made.address), made.size));
                    assert_eq!(pointers(&object.memory), known(&heap, &made.edges), "seed {seed}");
                    assert_eq!(object.memory.slots().count(), made.edges.len() + made.nils.len());
                }
                Record::Frame(frame) => {
                    let made = calls.next().unwrap();
                    assert_eq!(frame.function.as_ref(), made.function);
                    assert_eq!(pointers(&frame.memory), known(&heap, &made.edges));
                }
                Record::Finalizer(_) => n_finalizers += 1,
                Record::Sample(_) => n_samples += 1,
                Record::MemStats(stats) => {
                    let (n, bytes) = heap.live();
                    assert_eq!((stats.heap_objects, stats.heap_alloc), (Objects(n), Bytes(bytes)));
                }
                _ => {}
            }
        }
        assert_eq!(reader.problems(), [], "seed {seed}");
        assert!(objects.next().is_none() && calls.next().is_none(), "seed {seed}");
        assert_eq!((n_samples, n_finalizers), (heap.live().0, heap.finalizers.len()));
    }
}

#[test]
fn random_heaps_have_live_objects_and_free_slots_and_all_that_they_are_for() {
    let heaps: Vec<Heap> = (0..10).map(|seed| Plan { seed, ..Plan::default() }.make()).collect();
    let objects = || heaps.iter().flat_map(|heap| &heap.objects);
    let n_live = objects().filter(|object| object.is_live).count();
    assert!(n_live > objects().count() / 3 && n_live < objects().count(), "{n_live}");
    assert!(objects().any(|object| object.size > 32 << 10));
    assert!(objects().flat_map(|object| &object.edges).any(|edge| edge.interior > 0));
    assert!(heaps.iter().flat_map(|heap| &heap.globals).any(|global| global.is_data));
}

#[test]
fn a_big_dump_holds_what_its_maker_says() {
    let mut bytes = Vec::new();
    let big = Big { n_objects: 20_000, n_globals: 3, n_goroutines: 10, sampling: 100 };
    let written = big.write(&mut bytes).unwrap();
    let mut reader = Reader::new("t", &bytes).unwrap();
    let (mut n_objects, mut size, mut n_edges, mut n_samples) = (0, 0, 0, 0);
    while let Some(record) = reader.next_record() {
        match record {
            Record::Object(object) => {
                n_objects += 1;
                size += object.memory.size();
                n_edges += pointers(&object.memory).len() as u64;
            }
            Record::Sample(_) => n_samples += 1,
            _ => {}
        }
    }
    assert_eq!(reader.problems(), []);
    let found = [n_objects, size, n_edges, n_samples];
    assert_eq!(found, [written.n_objects, written.bytes, written.n_edges, written.n_samples]);
    assert!(n_objects >= 20_000);
}

#[test]
fn the_same_seed_makes_the_same_dump() {
    let make = |seed| Plan { seed, ..Plan::default() }.make().dump();
    assert_eq!(make(7), make(7));
    assert_ne!(read_all(&make(7)).0, read_all(&make(8)).0);
}
