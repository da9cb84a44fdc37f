//! Hand-made dumps: every kind of record on every kind of machine, and the rules of the format.

use harness_synth::dump::{Dump, Frame, Goroutine, Machine};

use super::{Owned, file, read_all, read_file};
use crate::format::heapdump::{GoroutineStatus, MemStats, Reader, Record, SegmentKind, Slot};
use crate::model::{Address, Bytes, GoroutineId, MonotonicTime, Nanoseconds, Objects, WallTime};

pub(super) const HEAP: std::ops::Range<u64> = 0xc000_0000..0xc400_0000;

fn begun(machine: Machine) -> Dump {
    let mut dump = Dump::new();
    dump.params(machine, HEAP).unwrap();
    dump
}

/// Memory of so many words that all point somewhere.
fn words(machine: Machine, pointers: &[u64]) -> Vec<u8> {
    let size = usize::from(machine.pointer_size);
    let mut memory = vec![0; pointers.len() * size];
    pointers.iter().enumerate().for_each(|(i, &pointer)| machine.put(&mut memory, i * size, pointer));
    memory
}

/// One of everything.
pub(super) fn everything(machine: Machine) -> Vec<u8> {
    let word = u64::from(machine.pointer_size);
    let two = words(machine, &[0xc000_1000, 0xc000_2008]);
    let mut dump = begun(machine);
    dump.type_(0x4a_0000, 24, "example.com/m.node", true).unwrap();
    dump.itab(0x4b_0000, 0x4a_0000).unwrap();
    dump.object(0xc000_1000, &two, &[0, word]).unwrap();
    dump.object(0xc000_2000, &two, &[]).unwrap();
    dump.goroutine(&Goroutine {
        address: 0xc000_3000,
        sp: 0xc000_4000,
        id: 7,
        gopc: 0x40_1234,
        status: 4,
        is_system: false,
        wait_since: 123_456_789,
        wait_reason: "chan receive",
        ctxt: 1,
        m: 2,
        first_defer: 3,
        first_panic: 4,
    })
    .unwrap();
    dump.frame(&Frame {
        sp: 0xc000_4000,
        depth: 0,
        child_sp: 0,
        contents: &two,
        entry: 0x40_0000,
        pc: 0x40_0010,
        continpc: 0x40_0010,
        function: "main.wait",
        pointers: &[word, 8 * word],
    })
    .unwrap();
    dump.defer([1, 2, 3, 4, 5, 6, 7]).unwrap();
    dump.panic([1, 2, 3, 4, 5]).unwrap();
    dump.os_thread(0x50_0000, 1, 4711).unwrap();
    dump.data(0x52_0000, &two, &[word]).unwrap();
    dump.bss(0x53_0000, &two, &[0]).unwrap();
    dump.finalizer([11, 12, 13, 14, 15]).unwrap();
    dump.queued_finalizer([21, 22, 23, 24, 25]).unwrap();
    dump.other_root("a root", 0xc000_1000).unwrap();
    dump.mem_stats(std::array::from_fn(|i| 100 + i as u64), 9).unwrap();
    let stack = [("main.f", "m.go", 12), ("main.main", "m.go", 30), ("runtime.main", "proc.go", 283)];
    dump.bucket(0x7000, 16, &stack, [5, 3]).unwrap();
    dump.sample(0xc000_1000, 0x7000).unwrap();
    dump.end().unwrap();
    dump.bytes()
}

/// Slots as offset and value.
fn slots(slots: impl Iterator<Item = Slot>) -> Vec<(u64, u64)> {
    slots.map(|slot| (slot.offset, slot.value.0)).collect()
}

#[test]
fn every_record_says_what_was_written_on_every_machine() {
    for machine in Machine::ALL {
        let bytes = everything(machine);
        let mut reader = Reader::new("t", &bytes).unwrap();
        let mut n_records = 0;
        while let Some(record) = reader.next_record() {
            n_records += 1;
            says_what_was_written(&record, machine);
        }
        assert_eq!((n_records, reader.problems()), (18, &[][..]), "{machine:?}");
        assert_eq!(reader.position(), reader.len());
        assert_eq!(reader.params().map(|params| params.heap_end), Some(Address(HEAP.end)));
    }
}

fn says_what_was_written(record: &Record<'_>, machine: Machine) {
    let word = u64::from(machine.pointer_size);
    match record {
        Record::Params(params) => {
            assert_eq!(params.layout.pointer_size, machine.pointer_size);
            assert_eq!(params.layout.big_endian, machine.big_endian);
            assert_eq!((params.heap_start, params.n_cpus), (Address(HEAP.start), 2));
            assert_eq!((params.arch.as_ref(), params.version.as_ref()), ("amd64", "go1.26.8"));
        }
        Record::Type(of) => {
            assert_eq!((of.address, of.size, of.is_pointer), (Address(0x4a_0000), Bytes(24), true));
            assert_eq!(of.name.as_ref(), "example.com/m.node");
        }
        Record::Itab(itab) => assert_eq!((itab.address, itab.of), (Address(0x4b_0000), Address(0x4a_0000))),
        Record::Object(object) if object.address == Address(0xc000_1000) => {
            assert_eq!(object.memory.size(), 2 * word);
            assert_eq!(slots(object.memory.slots()), [(0, 0xc000_1000), (word, 0xc000_2008)]);
            assert!(!object.memory.is_pointer_free());
        }
        Record::Object(object) => {
            assert_eq!(object.address, Address(0xc000_2000));
            assert_eq!(slots(object.memory.slots()), []);
            assert!(object.memory.is_pointer_free());
            let contents = words(machine, &[0xc000_1000, 0xc000_2008]);
            assert_eq!(object.memory.contents(), Some(&contents[..]));
        }
        Record::Segment(segment) => {
            let (address, slot) = match segment.kind {
                SegmentKind::Data => (0x52_0000, (word, 0xc000_2008)),
                SegmentKind::Bss => (0x53_0000, (0, 0xc000_1000)),
            };
            assert_eq!(segment.address, Address(address));
            assert_eq!(slots(segment.memory.slots()), [slot]);
        }
        other => says_who_ran(other, machine),
    }
}

fn says_who_ran(record: &Record<'_>, machine: Machine) {
    match record {
        Record::Goroutine(g) => {
            assert_eq!((g.address, g.sp, g.id), (Address(0xc000_3000), Address(0xc000_4000), GoroutineId(7)));
            assert_eq!(
                (g.gopc, g.status, g.is_system),
                (Address(0x40_1234), GoroutineStatus::Waiting, false)
            );
            assert_eq!(g.wait_since, MonotonicTime(123_456_789));
            assert_eq!(g.wait_reason.as_ref(), "chan receive");
            let rest = [g.ctxt, g.m, g.first_defer, g.first_panic];
            assert_eq!(rest, [1, 2, 3, 4].map(Address));
        }
        Record::Frame(frame) => {
            assert_eq!((frame.sp, frame.depth, frame.child_sp), (Address(0xc000_4000), 0, Address(0)));
            let code = [frame.entry, frame.pc, frame.continpc];
            assert_eq!(code, [0x40_0000, 0x40_0010, 0x40_0010].map(Address));
            assert_eq!(frame.function.as_ref(), "main.wait");
            let word = u64::from(machine.pointer_size);
            assert_eq!(slots(frame.memory.slots()), [(word, 0xc000_2008)], "the slot outside is left out");
        }
        Record::Defer(d) => {
            let fields = [d.address, d.goroutine, d.sp, d.pc, d.function, d.code, d.link];
            assert_eq!(fields, [1, 2, 3, 4, 5, 6, 7].map(Address));
        }
        Record::Panic(p) => {
            let fields = [p.address, p.goroutine, p.arg_type, p.arg_data, p.link];
            assert_eq!(fields, [1, 2, 3, 4, 5].map(Address));
        }
        Record::OsThread(thread) => {
            assert_eq!((thread.address, thread.id, thread.os_id), (Address(0x50_0000), 1, 4711));
        }
        Record::Finalizer(f) | Record::QueuedFinalizer(f) => {
            let first = if matches!(record, Record::Finalizer(_)) { 11 } else { 21 };
            let fields = [f.object, f.function, f.code, f.argument_type, f.object_type];
            assert_eq!(fields, [0, 1, 2, 3, 4].map(|i| Address(first + i)));
        }
        other => says_the_rest(other),
    }
}

fn says_the_rest(record: &Record<'_>) {
    match record {
        Record::OtherRoot(root) => {
            assert_eq!((root.description.as_ref(), root.to), ("a root", Address(0xc000_1000)));
        }
        Record::MemStats(stats) => {
            let sizes = [stats.alloc, stats.total_alloc, stats.sys, stats.heap_alloc, stats.heap_released];
            assert_eq!(sizes, [100, 101, 102, 106, 110].map(Bytes));
            assert_eq!((stats.lookups, stats.mallocs, stats.frees), (103, Objects(104), Objects(105)));
            assert_eq!(
                (stats.heap_objects, stats.stack_inuse, stats.gc_sys),
                (Objects(111), Bytes(112), Bytes(119))
            );
            assert_eq!((stats.next_gc, stats.last_gc), (Bytes(121), WallTime(122)));
            assert_eq!((stats.pause_total, stats.num_gc), (Nanoseconds(123), 9));
            assert_eq!(stats.pauses.len(), MemStats::N_PAUSES);
            assert_eq!(stats.pauses[255], Nanoseconds(255_000));
        }
        Record::Bucket(bucket) => {
            assert_eq!((bucket.id, bucket.size), (Address(0x7000), Bytes(16)));
            assert_eq!((bucket.allocs, bucket.frees), (Objects(5), Objects(3)));
            let frame = |i: usize| {
                (bucket.stack[i].function.as_ref(), bucket.stack[i].file.as_ref(), bucket.stack[i].line)
            };
            assert_eq!(bucket.stack.len(), 3);
            assert_eq!((frame(0), frame(2)), (("main.f", "m.go", 12), ("runtime.main", "proc.go", 283)));
        }
        Record::Sample(sample) => {
            assert_eq!((sample.object, sample.bucket), (Address(0xc000_1000), Address(0x7000)));
        }
        other => panic!("not told apart: {other:?}"),
    }
}

#[test]
fn a_file_is_read_as_bytes_are_however_little_of_it_is_in_memory() {
    for machine in Machine::ALL {
        let bytes = everything(machine);
        let whole = read_all(&bytes);
        // The longest record but for memory are the statistics.
        for max_len in [850, 999, 4096, 1 << 20] {
            assert_eq!(read_file(&bytes, max_len), whole, "{machine:?}, {max_len} bytes at a time");
        }
    }
}

/// An object, a segment and a frame of so many words, every other of which is a slot.
fn large(machine: Machine, n_words: u64) -> Vec<u8> {
    let word = u64::from(machine.pointer_size);
    let pointers: Vec<u64> = (0..n_words).map(|i| HEAP.start + i).collect();
    let memory = words(machine, &pointers);
    let offsets: Vec<u64> = (0..n_words).step_by(2).map(|i| i * word).collect();
    let mut dump = begun(machine);
    dump.object(HEAP.start, &memory, &offsets).unwrap();
    dump.data(0x52_0000, &memory, &offsets).unwrap();
    dump.frame(&Frame { contents: &memory, function: "main.f", pointers: &offsets, ..Frame::default() })
        .unwrap();
    dump.object(HEAP.start, &memory, &[]).unwrap();
    dump.sample(1, 2).unwrap();
    dump.end().unwrap();
    dump.bytes()
}

#[test]
fn memory_larger_than_what_is_held_is_read_in_pieces_and_says_the_same() {
    for machine in Machine::ALL {
        let bytes = large(machine, 50_000);
        let whole = read_all(&bytes);
        assert_eq!((whole.0.len(), &whole.1[..]), (6, &[][..]), "{machine:?}");
        assert_eq!(whole.0[1].2.len(), 25_000);
        for max_len in [64, 1000, 100_000, 1 << 20] {
            assert_eq!(read_file(&bytes, max_len), whole, "{machine:?}, {max_len} bytes at a time");
        }
        let mut reader = Reader::with_window("t", file(&bytes), 1000).unwrap();
        reader.next_record();
        let Some(Record::Object(object)) = reader.next_record() else { panic!() };
        assert_eq!(object.memory.contents(), None);
        let last = u64::from(machine.pointer_size) * 49_999;
        let mut buffer = Vec::new();
        let read = object.memory.read(last, 100, &mut buffer).unwrap();
        assert_eq!(read, words(machine, &[HEAP.start + 49_999]));
    }
}

#[test]
fn a_dump_that_is_read_again_says_the_same() {
    let bytes = everything(Machine::AMD64);
    let mut reader = Reader::with_window("t", file(&bytes), 4096).unwrap();
    let first = super::drain(&mut reader);
    reader.rewind();
    assert_eq!(super::drain(&mut reader), first);
}

#[test]
fn part_of_a_memory_is_read_by_offset_and_nothing_outside() {
    let bytes = everything(Machine::AMD64);
    let mut reader = Reader::new("t", &bytes).unwrap();
    while let Some(record) = reader.next_record() {
        let Record::Object(object) = record else { continue };
        let mut buffer = Vec::new();
        assert_eq!(object.memory.read(8, 4, &mut buffer).unwrap(), [8, 0x20, 0, 0xc0]);
        assert_eq!(object.memory.read(15, 4, &mut buffer).unwrap(), [0]);
        assert_eq!(object.memory.read(16, 4, &mut buffer).unwrap(), b"");
        assert_eq!(object.memory.read(u64::MAX, 4, &mut buffer).unwrap(), b"");
    }
}

/// What is said of a dump whose last record is made by `make`: structure, expected, found.
fn said(make: impl Fn(&mut Dump)) -> (String, String, String) {
    let mut dump = begun(Machine::AMD64);
    let offset = dump_len(&dump);
    make(&mut dump);
    let bytes = dump.bytes();
    let read: (Vec<Owned>, _) = read_all(&bytes);
    assert_eq!(read, read_file(&bytes, 700));
    assert_eq!(read.0.len(), 1, "what precedes it was read, and no more: {:?}", read.0);
    let [problem] = &read.1[..] else { panic!("{:#?}", read.1) };
    assert_eq!((problem.file.as_str(), problem.offset), ("test.dump", offset));
    (problem.structure.clone(), problem.expected.clone(), problem.found.clone())
}

fn dump_len(dump: &Dump) -> u64 {
    dump.clone().bytes().len() as u64
}

/// As [`said`], of words alone.
#[track_caller]
fn check(make: impl Fn(&mut Dump), structure: &str, expected: &str, found: &str) {
    assert_eq!(said(make), (structure.to_owned(), expected.to_owned(), found.to_owned()));
}

#[test]
fn the_first_thing_that_cannot_be_is_named_and_ends_the_reading() {
    check(
        |dump| dump.raw(&[18, 0, 0]).unwrap(),
        "record",
        "a tag from 0 to 17",
        "tag 18; the last 3 bytes of the file are not read",
    );
    check(
        |dump| dump.object(HEAP.end - 8, &[0; 16], &[]).unwrap(),
        "object",
        "memory between 0xc0000000 and 0xc4000000",
        "16 bytes at 0xc3fffff8; the last 24 bytes of the file are not read",
    );
    check(
        |dump| dump.object(HEAP.start, &[0; 16], &[0, 9]).unwrap(),
        "object",
        "pointers within 16 bytes",
        "one at 9; the last 28 bytes of the file are not read",
    );
    check(
        |dump| dump.raw(&[12, 1, 0, 2, 8, 0]).unwrap(),
        "data segment",
        "fields of kind 1 (pointer)",
        "kind 2; the last 6 bytes of the file are not read",
    );
    check(
        |dump| dump.params(Machine::AMD64, HEAP).unwrap(),
        "parameters",
        "parameters once",
        "them a second time; the last 29 bytes of the file are not read",
    );
    check(
        |dump| dump.raw(&[3, 1, 1, 1, b'x', 7]).unwrap(),
        "type",
        "a flag of 0 or 1",
        "7; the last 6 bytes of the file are not read",
    );
}

#[test]
fn a_dump_without_parameters_or_with_odd_ones_is_not_read_on() {
    let mut dump = Dump::new();
    dump.object(HEAP.start, &[0; 8], &[]).unwrap();
    let (records, problems) = read_all(&dump.bytes());
    assert_eq!((records.len(), problems.len()), (0, 1));
    assert_eq!(problems[0].expected, "parameters before all else");
    let mut dump = Dump::new();
    dump.params(Machine { pointer_size: 5, big_endian: false }, HEAP).unwrap();
    let (records, problems) = read_all(&dump.bytes());
    assert_eq!((records.len(), problems.len()), (0, 1));
    assert_eq!((problems[0].expected.as_str(), &problems[0].found[..2]), ("pointers of 4 or 8 bytes", "5;"));
}

#[test]
fn sizes_that_the_file_cannot_have_are_refused_without_a_byte_of_memory_for_them() {
    let huge = |tag: u8, before: &[u8]| {
        let mut record = vec![tag];
        record.extend(before);
        harness_synth::varint(&mut record, 1 << 60);
        record.extend([0; 40]);
        record
    };
    for record in [huge(12, &[1]), huge(13, &[1]), huge(5, &[1, 0, 0])] {
        let (_, expected, found) = said(|dump| dump.raw(&record).unwrap());
        assert_eq!(expected, "contents of 1152921504606846976 bytes");
        assert!(found.starts_with("the end of the file after 40 bytes"), "{found}");
    }
    let (_, expected, found) = said(|dump| dump.raw(&huge(16, &[1, 1])).unwrap());
    assert_eq!((expected.as_str(), &found[..20]), ("at most 65536 frames", "1152921504606846976;"));
    let (_, expected, _) = said(|dump| dump.raw(&huge(2, &[])).unwrap());
    assert_eq!(expected, "a whole record", "a text of 2^60 bytes");
}

#[test]
fn a_dump_without_its_end_or_with_more_behind_it_is_named() {
    let (structure, expected, found) = said(|_| {});
    assert_eq!((structure.as_str(), expected.as_str()), ("record", "a whole record"));
    assert_eq!(found, "the end of the file after 0 bytes");
    let mut bytes = everything(Machine::AMD64);
    bytes.extend(b"more");
    let (records, problems) = read_all(&bytes);
    assert_eq!((records.len(), problems.len()), (18, 1));
    assert_eq!(
        problems[0].to_string().split_once(": ").unwrap().1.split_once(": ").unwrap().1,
        "expected the end of the file, found 4 more bytes"
    );
}

#[test]
fn a_32_bit_heap_may_end_where_addresses_do() {
    let mut dump = Dump::new();
    dump.params(Machine::ALL[2], std::ops::Range { start: 0xff00_0000, end: 0 }).unwrap();
    dump.object(0xffff_fff0, &[0; 16], &[0]).unwrap();
    dump.end().unwrap();
    let (records, problems) = read_all(&dump.bytes());
    assert_eq!((records.len(), problems), (2, vec![]));
}
