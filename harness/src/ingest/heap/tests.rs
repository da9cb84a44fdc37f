//! Whole heaps: of dumps that were made up, of which everything is known.

use std::collections::BTreeMap;

use harness_synth::dump::{Big, Dump, Frame, Goroutine, Heap as Made, Machine, Plan};
use proptest::prelude::*;

use super::{Heap, Loaded, Options, Symbols};
use crate::format::heapdump::Reader;
use crate::model::heap::{HeapSummary, Reference, RootKind, SuspectKind};
use crate::model::{Address, Bytes, Objects};

fn read(dump: &[u8]) -> Heap {
    let mut reader = Reader::new("heap.dump", dump).unwrap();
    let heap = Loaded::read(&mut reader, Options::default()).analyse(None);
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
    heap
}

fn summary(dump: &[u8]) -> HeapSummary {
    read(dump).summary(None)
}

/// Objects that a walk from the roots finds, without those of `without`.
fn reached(made: &Made, without: Option<usize>) -> Vec<bool> {
    let mut seen = vec![false; made.objects.len()];
    let mut open: Vec<usize> = made.roots().collect();
    while let Some(object) = open.pop() {
        if Some(object) != without && !std::mem::replace(&mut seen[object], true) {
            open.extend(made.objects[object].edges.iter().map(|edge| edge.to));
        }
    }
    seen
}

fn bytes_of(made: &Made, seen: &[bool]) -> u64 {
    made.objects.iter().zip(seen).filter(|(_, seen)| **seen).map(|(object, _)| object.size).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_reachable_is_what_a_walk_from_the_roots_reaches(seed in any::<u64>()) {
        let made = Plan { seed, ..Plan::default() }.make();
        let totals = summary(&made.dump()).totals;
        let seen = reached(&made, None);
        prop_assert_eq!(totals.reachable.bytes, Bytes(bytes_of(&made, &seen)));
        prop_assert_eq!(totals.reachable.objects, Objects(seen.iter().filter(|seen| **seen).count() as u64));
    }

    #[test]
    fn an_object_retains_what_a_walk_without_it_does_not_reach(seed in any::<u64>()) {
        let made = Plan { seed, n_objects: 60, ..Plan::default() }.make();
        let heap = read(&made.dump());
        let all = bytes_of(&made, &reached(&made, None));
        for (place, object) in made.objects.iter().enumerate() {
            let view = heap.object(Address(object.address)).unwrap();
            let lost = all - bytes_of(&made, &reached(&made, Some(place)));
            prop_assert_eq!(view.retained.0, lost, "object {} of seed {}", place, seed);
        }
    }

    #[test]
    fn every_reachable_byte_is_counted_for_one_holder_and_one_type(seed in any::<u64>()) {
        let made = Plan { seed, ..Plan::default() }.make();
        let summary = summary(&made.dump());
        let reached: Bytes = summary.holders.iter().map(|holder| holder.reached.bytes).sum();
        let typed: Bytes = summary.types.iter().map(|row| row.held.bytes).sum();
        prop_assert_eq!((reached, typed), (summary.totals.reachable.bytes, summary.totals.reachable.bytes));
        let alone: Bytes = summary.holders.iter().map(|holder| holder.retained.bytes).sum();
        prop_assert!(alone <= reached);
    }

    #[test]
    fn bytes_of_a_site_are_those_of_its_objects_that_are_reached(seed in any::<u64>()) {
        let made = Plan { seed, ..Plan::default() }.make();
        let seen = reached(&made, None);
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for (object, _) in made.objects.iter().zip(&seen).filter(|(_, seen)| **seen) {
            *expected.entry(made.sites[object.site].stack[0].0.clone()).or_default() += object.size;
        }
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for site in summary(&made.dump()).sites {
            *found.entry(site.stack[0].function.to_string()).or_default() += site.held.bytes.0;
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn offsets_on_a_path_lead_from_a_root_to_the_object(seed in any::<u64>(), machine in 0..4usize) {
        let made = Plan { seed, machine: Machine::ALL[machine], n_objects: 80, ..Plan::default() }.make();
        let dump = made.dump();
        let mut reader = Reader::new("heap.dump", &dump).unwrap();
        let mut heap = Loaded::read(&mut reader, Options::default()).analyse(None);
        for (place, object) in made.objects.iter().enumerate() {
            heap.find_fields_to(Address(object.address), &mut reader, None);
            let path = heap.object(Address(object.address)).unwrap().path;
            let Some(path) = path.filter(|path| path.steps.iter().all(|step| !step.chain)) else { continue };
            let mut at: Vec<usize> = made.roots().collect();
            for step in path.steps.iter().skip(1) {
                let edges = at.iter().flat_map(|&from| &made.objects[from].edges);
                at = edges.filter(|edge| Some(edge.offset) == step.offset).map(|edge| edge.to).collect();
            }
            prop_assert!(at.contains(&place), "object {} of seed {}: {:?}", place, seed, path.steps);
        }
    }

    #[test]
    fn offsets_around_an_object_are_those_of_its_references(seed in any::<u64>(), machine in 0..4usize) {
        let made = Plan { seed, machine: Machine::ALL[machine], n_objects: 60, ..Plan::default() }.make();
        let dump = made.dump();
        let mut reader = Reader::new("heap.dump", &dump).unwrap();
        let mut heap = Loaded::read(&mut reader, Options::default()).analyse(None);
        let offset_of = |from: u64, to: u64, offset: Option<u64>| {
            let from = made.objects.iter().find(|object| object.address == from).unwrap();
            let to = made.objects.iter().position(|object| object.address == to);
            from.edges.iter().any(|edge| Some(edge.to) == to && Some(edge.offset) == offset)
        };
        for object in &made.objects {
            heap.find_fields_to(Address(object.address), &mut reader, None);
            let view = heap.object(Address(object.address)).unwrap();
            for (list, leads_here) in [(&view.referrers, true), (&view.references, false)] {
                for end in list {
                    let Reference::Object { address: other, object: step, .. } = end else { continue };
                    let (from, to) = if leads_here { (other.0, object.address) } else { (object.address, other.0) };
                    prop_assert!(offset_of(from, to, step.offset), "{from:#x} -> {to:#x}: {:?}", step.offset);
                }
            }
        }
    }

    #[test]
    fn a_dump_cut_off_anywhere_gives_a_summary_that_says_so(seed in any::<u64>(), part in 0.0f64..1.0) {
        let dump = Plan { seed, ..Plan::default() }.make().dump();
        let len = ((dump.len() - 1) as f64 * part) as usize;
        let Ok(mut reader) = Reader::new("heap.dump", &dump[..len]) else { return Ok(()) };
        let summary = Loaded::read(&mut reader, Options::default()).analyse(None).summary(None);
        prop_assert!(summary.missing.iter().any(|missing| missing.why.contains("not whole")), "{:?}", summary.missing);
    }
}

#[test]
fn sums_agree_with_the_runtimes_and_a_dump_against_itself_has_not_grown() {
    let made = Plan { seed: 3, ..Plan::default() }.make();
    let heap = read(&made.dump());
    let summary = heap.summary(Some(&heap.as_earlier()));
    assert_eq!(summary.totals.agreement.map(|agreement| agreement.holds), Some(true));
    assert!(summary.sites.iter().all(|site| site.growth.unwrap().bytes == 0));
    assert!(summary.holders.iter().all(|holder| holder.growth.unwrap().bytes == 0));
}

#[test]
fn many_alike_entries_of_a_global_are_a_suspect_with_a_path() {
    let mut dump = Vec::new();
    let big = Big { n_objects: 60_000, n_globals: 2, n_goroutines: 3, sampling: 1 };
    let written = big.write(&mut dump).unwrap();
    let summary = summary(&dump);
    assert_eq!(summary.totals.found.objects, Objects(written.n_objects));
    assert_eq!(summary.totals.found.bytes, Bytes(written.bytes));
    let suspect = summary.suspects.first().expect("a suspect");
    assert!(suspect.path.steps.len() < 8, "a chain is one step: {:?}", suspect.path.steps);
    assert!(suspect.children.held.objects.0 > 1000 && !suspect.sentence.is_empty(), "{suspect:?}");
    assert!(summary.missing.iter().any(|missing| missing.why.contains("shown as addresses")));
}

#[test]
fn symbols_of_another_program_are_refused_and_that_is_told() {
    let made = Plan { seed: 1, ..Plan::default() }.make();
    let dump = made.dump();
    let mut reader = Reader::new("heap.dump", &dump).unwrap();
    let symbols = Symbols { data: Some((0x52_0000, 1)), bss: Some((0x53_0000, 1)), variables: Vec::new() };
    let options = Options { symbols: Some(&symbols), ..Options::default() };
    let summary = Loaded::read(&mut reader, options).analyse(None).summary(None);
    assert!(summary.missing.iter().any(|missing| missing.why.contains("not the one that wrote")));
}

const HEAP: u64 = 0xc0_0000_0000;

/// A dump of a heap of which `fill` writes the rest.
fn by_hand(fill: impl FnOnce(&mut Dump) -> std::io::Result<()>) -> Vec<u8> {
    let mut dump = Dump::new();
    dump.params(Machine::AMD64, HEAP..HEAP + (1 << 26)).unwrap();
    fill(&mut dump).unwrap();
    dump.end().unwrap();
    dump.bytes()
}

/// Memory of `size` bytes with these words at its start.
fn memory(size: usize, words: &[u64]) -> Vec<u8> {
    let mut memory = vec![0; size];
    words.iter().enumerate().for_each(|(nth, &word)| Machine::AMD64.put(&mut memory, nth * 8, word));
    memory
}

#[test]
fn a_goroutine_holds_what_hangs_from_its_descriptor_and_not_the_descriptor() {
    let (descriptor, deferred, buffer) = (HEAP, HEAP + 0x1000, HEAP + 0x2000);
    let summary = summary(&by_hand(|dump| {
        dump.object(descriptor, &memory(480, &[deferred]), &[0])?;
        dump.object(deferred, &memory(64, &[]), &[])?;
        dump.object(buffer, &memory(1024, &[]), &[])?;
        let (wait_reason, status) = ("chan receive", 4);
        dump.goroutine(&Goroutine {
            address: descriptor,
            id: 7,
            status,
            wait_reason,
            ..Goroutine::default()
        })?;
        let (function, contents) = ("main.work", memory(8, &[buffer]));
        dump.frame(&Frame { function, contents: &contents, pointers: &[0], ..Frame::default() })
    }));
    let retained = |name: &str| {
        let holder = summary.holders.iter().find(|holder| holder.root.name == name).unwrap();
        (holder.root.kind, holder.retained.objects.0, holder.retained.bytes.0)
    };
    assert_eq!(retained("main.work"), (RootKind::Goroutine, 2, 64 + 1024));
    assert_eq!(retained("goroutine descriptors"), (RootKind::Runtime, 1, 480));
}

const OWN: &[(&str, &str, u64)] = &[("main.work", "/app/main.go", 5)];

#[test]
fn a_word_on_a_stack_holds_what_is_in_use_and_nothing_else_reaches() {
    let [state, entry, reached, dead] = [0u64, 1, 2, 3].map(|nth| HEAP + nth * 0x1000);
    let dump = |words: &[u64], pointers: &[u64]| {
        by_hand(|dump| {
            dump.object(state, &memory(64, &[entry, reached]), &[0, 8])?;
            dump.object(entry, &memory(128, &[]), &[])?;
            dump.object(reached, &memory(256, &[]), &[])?;
            dump.object(dead, &memory(512, &[]), &[])?;
            dump.goroutine(&Goroutine { id: 1, status: 4, wait_reason: "select", ..Goroutine::default() })?;
            let (function, contents) = ("main.work", memory(64, words));
            dump.frame(&Frame { function, contents: &contents, pointers, ..Frame::default() })?;
            dump.bss(0x50_0000, &memory(8, &[reached]), &[0])?;
            dump.bucket(9, 64, OWN, [3, 0])?;
            [state, entry, reached].into_iter().try_for_each(|object| dump.sample(object, 9))
        })
    };
    let root = |heap: &Heap, object: u64| {
        heap.object(Address(object)).unwrap().path.map(|path| (path.root.kind, path.root.name))
    };
    let by_word = read(&dump(&[7, dead, reached, state + 8], &[]));
    let stack = Some((RootKind::Stack, "main.work".to_owned()));
    assert_eq!(root(&by_word, state), stack);
    assert_eq!(root(&by_word, entry), stack);
    assert_eq!(root(&by_word, reached).unwrap().0, RootKind::Global, "that is known for sure");
    assert_eq!(root(&by_word, dead), None, "a call left that on the stack");
    let by_pointer = read(&dump(&[7, dead, reached, state], &[24]));
    assert_eq!(root(&by_pointer, state).unwrap().0, RootKind::Goroutine);
    let retained = |heap: &Heap, object| heap.object(Address(object)).unwrap().retained;
    assert_eq!(retained(&by_word, reached), retained(&by_pointer, reached));
}

#[test]
fn of_what_is_in_a_map_it_is_told_who_else_reaches_it() {
    let map: &[(&str, &str, u64)] =
        &[("internal/runtime/maps.newTable", "/go/src/internal/runtime/maps/table.go", 70), OWN[0]];
    let (table, connection, session) =
        (HEAP, |nth: u64| HEAP + 0x1000 + nth * 64, |nth: u64| HEAP + 0x2000 + nth * 64);
    let summary = summary(&by_hand(|dump| {
        let entries: Vec<u64> = (0..8).flat_map(|nth| [connection(nth), session(nth)]).collect();
        let slots: Vec<u64> = (0..16).map(|nth| nth * 8).collect();
        dump.object(table, &memory(256, &entries), &slots)?;
        (0..8).try_for_each(|nth| dump.object(connection(nth), &memory(64, &[]), &[]))?;
        (0..8).try_for_each(|nth| dump.object(session(nth), &memory(64, &[]), &[]))?;
        for nth in 0..8 {
            let (id, wait_reason) = (nth + 1, "IO wait");
            dump.goroutine(&Goroutine { id, status: 4, wait_reason, ..Goroutine::default() })?;
            let (function, contents) = ("main.work", memory(8, &[connection(nth)]));
            dump.frame(&Frame { function, contents: &contents, pointers: &[0], ..Frame::default() })?;
        }
        dump.bss(0x50_0000, &memory(8, &[table]), &[0])?;
        dump.bucket(9, 256, map, [1, 0])?;
        dump.sample(table, 9)
    }));
    let site = summary.sites.iter().find(|site| !site.entries.is_empty()).unwrap();
    let entries = site.entries.iter().map(|of| (of.root.as_ref().map(|root| &*root.name), of.objects.0));
    assert_eq!(entries.collect::<Vec<_>>(), [(None, 8), (Some("main.work"), 8)]);
}

/// What 64 blocks look like that a global's objects refer to, with this word behind the pointer; allocated at `stack`.
fn looks(stack: &[(&str, &str, u64)], size: usize, behind: &[u64]) -> Option<SuspectKind> {
    let owner = |nth: u64| HEAP + 0x10_0000 + nth * 32;
    let block = |nth: u64| HEAP + 0x20_0000 + nth * 0x4000;
    let list = HEAP;
    let summary = summary(&by_hand(|dump| {
        let owners: Vec<u64> = (0..64).map(owner).collect();
        let slots: Vec<u64> = (0..64).map(|nth| nth * 8).collect();
        dump.object(list, &memory(512, &owners), &slots)?;
        for nth in 0..64 {
            dump.object(owner(nth), &memory(32, &[&[block(nth)], behind].concat()), &[0])?;
            dump.object(block(nth), &memory(size, &[]), &[])?;
        }
        dump.bss(0x50_0000, &memory(8, &[list]), &[0])?;
        dump.bucket(9, size as u64, stack, [64, 0])?;
        (0..64).try_for_each(|nth| dump.sample(block(nth), 9))
    }));
    summary.suspects.first().map(|suspect| suspect.kind)
}

#[test]
fn small_views_pin_blocks_and_whole_ones_and_tables_of_maps_do_not() {
    let own: &[(&str, &str, u64)] = &[("main.read", "/app/main.go", 5), ("main.main", "/app/main.go", 9)];
    let map: &[(&str, &str, u64)] =
        &[("internal/runtime/maps.newTable", "/go/src/internal/runtime/maps/table.go", 70), own[0], own[1]];
    assert_eq!(looks(own, 8192, &[16]), Some(SuspectKind::PinnedBlock), "a short string of a long one");
    assert_eq!(looks(own, 8192, &[16, 8192]), Some(SuspectKind::PinnedBlock), "a short slice");
    assert_ne!(looks(own, 8192, &[8192]), Some(SuspectKind::PinnedBlock), "all of it is in view");
    assert_ne!(looks(own, 8192, &[]), Some(SuspectKind::PinnedBlock), "a pointer sees all");
    assert_ne!(
        looks(map, 8192, &[127]),
        Some(SuspectKind::PinnedBlock),
        "the mask of a map's table is no length"
    );
}

#[test]
fn of_an_array_with_more_references_than_are_listed_all_are_counted() {
    let (heap, n) = (0xc0_0000_0000u64, 3000u64);
    let element = |i: u64| heap + (1 << 20) + i * 16;
    let mut dump = Dump::new();
    dump.params(Machine::AMD64, heap..heap + (1 << 26)).unwrap();
    let array: Vec<u8> = (0..n).flat_map(|i| element(i).to_le_bytes()).collect();
    let offsets: Vec<u64> = (0..n).map(|i| i * 8).collect();
    dump.object(heap, &array, &offsets).unwrap();
    (0..n).for_each(|i| dump.object(element(i), &[0; 16], &[]).unwrap());
    dump.other_root("a root", heap).unwrap();
    dump.end().unwrap();
    let view = read(&dump.bytes()).object(Address(heap)).unwrap();
    assert_eq!((view.references.len(), view.n_references), (1000, n));
    assert_eq!((view.referrers.len(), view.n_referrers), (1, 1));
}
