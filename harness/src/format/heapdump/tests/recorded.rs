//! Agreement with another reader, written in Go, on dumps of every release. The `.golden` files beside the dumps are
//! its words; both are made by `cargo xtask record`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::properties;
use crate::format::heapdump::{GoroutineStatus, Memory, Reader, Record, SegmentKind};

/// What golden files say, worked out with our reader.
struct Facts {
    said: String,
    counts: BTreeMap<u8, u64>,
    bytes: u64,
    slots: u64,
    digest: u64,
}

/// Kinds of records in the order of their tags.
const KINDS: [&str; 18] = [
    "end",
    "object",
    "other root",
    "type",
    "goroutine",
    "frame",
    "params",
    "finalizer",
    "itab",
    "thread",
    "memstats",
    "queued finalizer",
    "data",
    "bss",
    "defer",
    "panic",
    "bucket",
    "sample",
];

impl Facts {
    fn of(reader: &mut Reader<'_>) -> Self {
        let (said, counts) = (String::new(), BTreeMap::new());
        let mut facts = Self { said, counts, bytes: 0, slots: 0, digest: 0xcbf2_9ce4_8422_2325 };
        while let Some(record) = reader.next_record() {
            let tag = facts.take(&record);
            *facts.counts.entry(tag).or_default() += 1;
        }
        assert_eq!(reader.problems(), []);
        facts
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.said, "{text}").unwrap();
    }

    fn digest(&mut self, line: &str) {
        for byte in line.bytes().chain([b'\n']) {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn memory(&mut self, address: u64, memory: &Memory<'_>) {
        self.digest(&format!("{address} {}", memory.size()));
        for slot in memory.slots() {
            self.digest(&format!("{} {}", slot.offset, slot.value.0));
            self.slots += 1;
        }
    }

    /// Returns the record's tag.
    fn take(&mut self, record: &Record<'_>) -> u8 {
        match record {
            Record::Object(object) => {
                self.memory(object.address.0, &object.memory);
                self.bytes += object.memory.size();
                1
            }
            Record::Segment(segment) => {
                self.memory(segment.address.0, &segment.memory);
                let tag = if segment.kind == SegmentKind::Data { 12 } else { 13 };
                let (address, size) = (segment.address.0, segment.memory.size());
                self.line(format_args!("{} {address} {size}", KINDS[usize::from(tag)]));
                tag
            }
            Record::Frame(frame) => {
                self.memory(frame.sp.0, &frame.memory);
                let into = frame.pc.0.wrapping_sub(frame.entry.0);
                self.line(format_args!("frame {} {} {into}", frame.depth, frame.function));
                5
            }
            Record::Bucket(bucket) => {
                for frame in bucket.stack {
                    self.digest(&format!("{} {} {}", frame.function, frame.file, frame.line));
                }
                self.digest(&format!("{} [{} {}]", bucket.size, bucket.allocs, bucket.frees));
                16
            }
            Record::Sample(sample) => {
                self.digest(&format!("[{} {}]", sample.object.0, sample.bucket.0));
                17
            }
            other => self.take_other(other),
        }
    }

    fn take_other(&mut self, record: &Record<'_>) -> u8 {
        match record {
            Record::Params(p) => {
                let order = u8::from(p.layout.big_endian);
                let numbers = [order.into(), p.layout.pointer_size.into(), p.heap_start.0, p.heap_end.0];
                let numbers = spaced(&numbers);
                self.line(format_args!("params {numbers} {} {} {}", p.arch, p.version, p.n_cpus));
                6
            }
            Record::Type(of) => {
                let numbers = spaced(&[of.address.0, of.size.0]);
                self.line(format_args!("type {numbers} {} {}", of.name, u8::from(of.is_pointer)));
                3
            }
            Record::Goroutine(g) => {
                let status = match g.status {
                    GoroutineStatus::Runnable => 1,
                    GoroutineStatus::Syscall => 3,
                    GoroutineStatus::Waiting => 4,
                    other => panic!("{other:?}"),
                };
                let (id, system) = (g.id, u8::from(g.is_system));
                self.line(format_args!("goroutine {id} status {status} system {system} {}", g.wait_reason));
                4
            }
            Record::Finalizer(f) => {
                let all = [f.object, f.function, f.code, f.argument_type, f.object_type].map(|a| a.0);
                self.line(format_args!("finalizer {}", spaced(&all)));
                7
            }
            Record::MemStats(m) => {
                let (alloc, heap, n) = (m.alloc, m.heap_alloc, m.heap_objects);
                self.line(format_args!("memstats {alloc} {heap} {n} {}", m.num_gc));
                10
            }
            Record::Itab(_) => 8,
            Record::OsThread(_) => 9,
            Record::Defer(_) => 14,
            other => panic!("not in what was recorded: {other:?}"),
        }
    }

    fn text(mut self) -> String {
        for (tag, n) in std::mem::take(&mut self.counts) {
            self.line(format_args!("count {} {n}", KINDS[usize::from(tag)]));
        }
        let Self { bytes, slots, digest, .. } = self;
        self.line(format_args!("objects {bytes} bytes\nslots {slots}\ndigest {digest:016x}"));
        self.said
    }
}

/// As Go prints a slice.
fn spaced(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("[{}]", numbers.join(" "))
}

/// All recorded dumps.
fn recorded() -> Vec<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/dumps");
    let entries = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    let mut dumps: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    dumps.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    dumps.sort();
    assert!(dumps.len() >= 6, "{dumps:?}");
    dumps
}

#[test]
fn dumps_of_every_release_read_as_another_reader_reads_them() {
    for path in recorded() {
        let mut reader = Reader::open(&path).unwrap();
        let golden = path.to_string_lossy().replace(".dump.gz", ".golden");
        let golden = std::fs::read_to_string(golden).unwrap();
        let said = Facts::of(&mut reader).text();
        for (ours, theirs) in said.lines().zip(golden.lines()) {
            assert_eq!(ours, theirs, "{path:?}");
        }
        assert_eq!(said.lines().count(), golden.lines().count(), "{path:?}");
    }
}

#[test]
fn all_memory_that_the_runtime_counts_is_in_the_dump_and_has_samples() {
    for path in recorded() {
        let mut reader = Reader::open(&path).unwrap();
        let (mut n, mut bytes, mut n_samples, mut counted) = (0, 0, 0, None);
        while let Some(record) = reader.next_record() {
            match record {
                Record::Object(object) => (n, bytes) = (n + 1, bytes + object.memory.size()),
                Record::Sample(_) => n_samples += 1,
                Record::MemStats(stats) => counted = Some((stats.heap_objects.0, stats.heap_alloc.0)),
                _ => {}
            }
        }
        let (heap_objects, heap_alloc) = counted.unwrap();
        // What is more are slots that are free and not known to be.
        assert!(n >= heap_objects && n < heap_objects * 5 / 4, "{path:?}: {n} of {heap_objects}");
        assert!(bytes >= heap_alloc && bytes < heap_alloc * 5 / 4, "{path:?}: {bytes} of {heap_alloc}");
        assert!(n_samples * 10 >= heap_objects * 8, "{path:?}: {n_samples} samples of {heap_objects}");
    }
}

#[test]
fn what_the_fuzzer_found_has_the_properties_that_all_input_has() {
    let file = tempfile::tempfile().unwrap();
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/dumps/fuzzed");
    for entry in std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{directory:?}: {error}")) {
        properties::hold(&std::fs::read(entry.unwrap().path()).unwrap(), &file);
    }
}

#[test]
fn recorded_dumps_damaged_or_not_have_the_properties_that_all_input_has() {
    let file = tempfile::tempfile().unwrap();
    for path in recorded().into_iter().rev().step_by(3) {
        let input = crate::format::Input::open(&path).unwrap();
        let mut data = input.read(0, usize::MAX, &mut Vec::new()).unwrap().to_vec();
        properties::hold(&data, &file);
        for i in 1..20 {
            let place = data.len() / 20 * i;
            data[place] ^= 1 << (i % 8);
            properties::hold(&data, &file);
            properties::hold(&data[..place], &file);
        }
    }
}
