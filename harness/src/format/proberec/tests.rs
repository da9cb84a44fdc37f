//! Encodes records with an encoder of its own, written from the description of the format and not
//! from the decoder, and checks what the decoder makes of them: sound, damaged, and recorded by Go.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::model::{Bytes, Frame, GcCycle, MonotonicTime, Objects, Operations, Stack, WallTime};

/// Written by the probe in a real program; its provenance is beside it.
const RECORDED: &[u8] = include_bytes!("../../../../fixtures/captures/proberec/step-go1.27.4.rec");

/// Builds payloads and files byte by byte.
#[derive(Default, Clone)]
struct Encoder(Vec<u8>);

impl Encoder {
    fn u(mut self, mut value: u64) -> Self {
        while value > 127 {
            self.0.push((value % 128) as u8 + 128);
            value /= 128;
        }
        self.0.push(value as u8);
        self
    }

    fn i(self, value: i64) -> Self {
        self.u(if value < 0 { (-(value + 1)) as u64 * 2 + 1 } else { value as u64 * 2 })
    }

    fn s(self, text: &str) -> Self {
        self.raw_text(text.as_bytes())
    }

    fn raw_text(self, text: &[u8]) -> Self {
        let mut encoder = self.u(text.len() as u64);
        encoder.0.extend_from_slice(text);
        encoder
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// CRC-32 bit by bit, from its definition.
fn crc(bytes: &[u8]) -> u32 {
    let mut remainder = u32::MAX;
    for byte in bytes {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = remainder & 1 == 1;
            remainder >>= 1;
            if carry {
                remainder ^= 0xEDB8_8320;
            }
        }
    }
    !remainder
}

fn p() -> Encoder {
    Encoder::default()
}

fn frame(kind: u8, payload: &Encoder) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(payload.0.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&payload.0);
    let sum = crc(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

fn file(frames: &[(u8, Encoder)]) -> Vec<u8> {
    let mut bytes = b"hprobe\0\x01".to_vec();
    for (kind, payload) in frames {
        bytes.extend(frame(*kind, payload));
    }
    bytes
}

fn read(bytes: &[u8]) -> (Vec<Record<'_>>, Vec<Problem>) {
    let mut reader = Reader::new("probe.rec", bytes);
    let records = reader.by_ref().collect();
    (records, reader.into_problems())
}

/// The only record of a sound file.
fn read_one(kind: u8, payload: Encoder) -> String {
    let bytes = file(&[(kind, payload)]);
    let (records, problems) = read(&bytes);
    assert_eq!(problems, []);
    assert_eq!(records.len(), 1);
    format!("{:?}", records[0])
}

fn error(text: &str) -> (u8, Encoder) {
    (14, p().s("test").s(text))
}

fn errors(records: &[Record<'_>]) -> Vec<String> {
    let text = |record: &Record<'_>| match record {
        Record::Error(error) => error.text.to_string(),
        other => panic!("{other:?}"),
    };
    records.iter().map(text).collect()
}

#[test]
fn start_record_carries_settings_and_both_clocks() {
    let payload = p().u(77).s("go1.27.4").s("linux").s("amd64").u(2).u(1).i(-1).u(1);
    let bytes = file(&[(1, payload.s("gctrace=1").i(5_000_000_000).i(1_700_000_000_000_000_000).u(3))]);
    let start = Start {
        pid: 77,
        go_version: "go1.27.4".into(),
        goos: "linux".into(),
        goarch: "amd64".into(),
        num_cpu: 2,
        gomaxprocs: 1,
        mem_profile_rate: -1,
        mode: ProbeMode::Step,
        godebug: "gctrace=1".into(),
        at: MonotonicTime(5_000_000_000),
        wall: WallTime(1_700_000_000_000_000_000),
        gc: GcCycle(3),
    };
    assert_eq!(read(&bytes), (vec![Record::Start(start)], vec![]));
}

#[test]
fn names_are_given_once_and_then_by_number() {
    let first = p().u(0).u(2).u(1).s("main.f").u(3).s("a.go").u(10).u(5).s("main.g").u(2).u(20);
    let second = p().u(1).u(1).u(4).u(2).u(21);
    let bytes = file(&[(3, first), (3, second)]);
    let (records, problems) = read(&bytes);
    let stack = |frames: &[(&str, u32)]| -> Stack {
        frames.iter().map(|&(f, line)| Frame { function: f.into(), file: "a.go".into(), line }).collect()
    };
    let def =
        |id, frames| Record::Stack(StackDef { id: StackId(id), frames: stack(frames), inlined: vec![] });
    assert_eq!(problems, []);
    assert_eq!(records, [def(0, &[("main.f", 10), ("main.g", 20)]), def(1, &[("main.g", 21)])]);
}

#[test]
fn a_stack_may_tell_which_frames_are_inlined() {
    let def = p().u(0).u(2).u(1).s("main.f").u(3).s("a.go").u(10).u(5).s("main.g").u(2).u(20);
    let bytes = file(&[(3, def.clone().u(1).u(0))]);
    let (records, problems) = read(&bytes);
    assert_eq!(problems, []);
    let Record::Stack(stack) = &records[0] else { panic!("{records:?}") };
    assert_eq!(stack.inlined, [0]);
    let bytes = file(&[(3, def.u(1).u(2))]);
    let (records, problems) = read(&bytes);
    assert_eq!((records.len(), problems.len()), (0, 1), "there is no third frame");
}

#[test]
fn memory_profile_has_raw_counts_per_bucket() {
    let stack = p().u(0).u(0);
    let profile = p().u(0).u(4).u(4).u(1).i(9).u(1).u(0).u(30).u(3000).u(10).u(1000);
    let bytes = file(&[(3, stack), (4, profile)]);
    let (records, problems) = read(&bytes);
    assert_eq!(problems, []);
    let Record::MemProfile(profile) = &records[1] else { panic!("{records:?}") };
    assert_eq!(profile.checkpoint, None);
    assert_eq!(profile.cycle(), Some(GcCycle(3)), "a profile read after cycle 4 shows cycle 3");
    let bucket = Bucket {
        stack: StackId(0),
        alloc_objects: Objects(30),
        alloc_bytes: Bytes(3000),
        free_objects: Objects(10),
        free_bytes: Bytes(1000),
    };
    assert_eq!(profile.buckets, [bucket]);
}

#[test]
fn a_profile_read_while_a_cycle_ended_shows_no_cycle() {
    let profile =
        |gc, shows| MemProfile { checkpoint: None, gc, shows, at: MonotonicTime(0), buckets: vec![] };
    let same = (GcCycle(4), GcCycle(4));
    assert_eq!(profile((GcCycle(4), GcCycle(5)), ProfileAge::LastCycle).cycle(), None);
    assert_eq!(profile(same, ProfileAge::LastCycle).cycle(), Some(GcCycle(4)));
    assert_eq!(profile(same, ProfileAge::Unknown).cycle(), None);
    assert_eq!(profile((GcCycle(0), GcCycle(0)), ProfileAge::CycleBefore).cycle(), None);
}

#[test]
fn metrics_take_their_types_from_the_names() {
    let names = p().u(2).s("/gc/heap/live:bytes").u(0).s("/cpu/classes/gc/total:cpu-seconds").u(1);
    let values = p().u(6).u(1 << 40).raw(&1.5f64.to_le_bytes());
    let bytes = file(&[(5, names), (6, values)]);
    let (records, problems) = read(&bytes);
    assert_eq!(problems, []);
    let values = vec![MetricValue::Unsigned(1 << 40), MetricValue::Float(1.5)];
    assert_eq!(records[1], Record::Metrics(Metrics { checkpoint: 6, values }));
}

#[test]
fn each_small_record_has_its_fields_in_order() {
    let expected: &[(u8, Encoder, &str)] = &[
        (2, p().i(1).i(2).u(3).u(4).s("no"), "gc: (GcCycle(3), GcCycle(4)), error: \"no\""),
        (
            7,
            p().u(1).u(4096).u(8192).u(9).u(5),
            "rss: Bytes(4096), peak_rss: Bytes(8192), descriptors: 9, threads: 5, details: None",
        ),
        (
            7,
            p().u(1).u(4096).u(8192).u(9).u(5).u(2048).u(1 << 30).u(1).u(2).u(3).u(4).u(5),
            "anonymous: Bytes(2048), mapped: Bytes(1073741824), open: OpenDescriptors { sockets: 1, pipes: 2, \
             anonymous: 3, files: 4, other: 5 }",
        ),
        (9, p().u(2).u(1).s("goroutine 1"), "checkpoint: 2, truncated: true, text: \"goroutine 1\""),
        (10, p().u(1).u(30).u(0).s("t"), "available: true, count: 30, truncated: false, text: \"t\""),
        (
            11,
            p().u(2).s("heap-2.dump").u(5).u(5).u(99).i(7).i(8),
            "size: Bytes(99), at: (MonotonicTime(7), MonotonicTime(8))",
        ),
        (17, p().u(4).u(1).s("ab"), "checkpoint: 4, truncated: true, counters: [97, 98]"),
        (
            13,
            p().u(1).i(512).i(7).u(9).u(1),
            "cause: Signal, mem_profile_rate: 512, at: MonotonicTime(7), gc: GcCycle(9), trace_complete: true",
        ),
    ];
    for (kind, payload, part) in expected {
        let record = read_one(*kind, payload.clone());
        assert!(record.contains(part), "{record} lacks {part}");
    }
}

#[test]
fn checkpoint_record_tells_operations_and_cause() {
    let payload = p().u(2).u(4000).u(0).i(10).i(20).u(6).u(6).u(12).u(3);
    let checkpoint = Checkpoint {
        index: 2,
        operations: Operations(4000),
        cause: Cause::Call,
        at: (MonotonicTime(10), MonotonicTime(20)),
        gc: (GcCycle(6), GcCycle(6)),
        goroutines: 12,
        own_goroutines: 3,
    };
    assert_eq!(read(&file(&[(12, payload)])), (vec![Record::Checkpoint(checkpoint)], vec![]));
}

#[test]
fn fields_that_a_later_probe_appends_are_passed_over() {
    let (kind, payload) = error("ok");
    let bytes = file(&[(kind, payload.u(1).s("new"))]);
    let (records, problems) = read(&bytes);
    assert_eq!((errors(&records), problems), (vec!["ok".to_owned()], vec![]));
}

#[test]
fn text_that_is_not_utf8_is_replaced() {
    let bytes = file(&[(14, p().s("x").raw_text(b"a\xffb"))]);
    assert_eq!(errors(&read(&bytes).0), ["a\u{fffd}b"]);
}

#[test]
fn an_unknown_kind_is_named_and_skipped() {
    let bytes = file(&[error("a"), (200, p().u(1)), error("b")]);
    let (records, problems) = read(&bytes);
    assert_eq!(errors(&records), ["a", "b"]);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].offset, problems[0].found.as_str()), (8 + 16, "kind 200"));
}

#[test]
fn a_foreign_file_and_another_version_are_refused_by_name() {
    let (records, problems) = read(b"go 1.26 trace\0\0\0");
    assert!(records.is_empty());
    assert_eq!(problems[0].found, "\"go 1.26 \"");
    let mut later = file(&[error("a")]);
    later[7] = 9;
    let (records, problems) = read(&later);
    assert!(records.is_empty());
    assert_eq!(problems[0].found, "version 9");
    assert_eq!(read(b"").1.len(), 1, "an empty file is a problem too");
}

#[test]
fn one_damaged_frame_costs_one_record() {
    let mut bytes = file(&[error("a"), error("b"), error("c")]);
    bytes[8 + 16 + 6] ^= 0x40;
    let (records, problems) = read(&bytes);
    assert_eq!(errors(&records), ["a", "c"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].offset, 8 + 16);
    assert_eq!(problems[0].structure, "error record");
}

#[test]
fn a_damaged_length_ends_the_reading_at_the_frame() {
    let mut bytes = file(&[error("a"), error("b"), error("c")]);
    bytes[8 + 16 + 3] = 0xff;
    let (records, problems) = read(&bytes);
    assert_eq!(errors(&records), ["a"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].offset, 8 + 16);
}

#[test]
fn a_count_beyond_the_payload_is_a_problem_at_its_byte() {
    let bytes = file(&[(8, p().u(0).u(u64::MAX)), error("after")]);
    let (records, problems) = read(&bytes);
    assert_eq!(errors(&records), ["after"]);
    assert_eq!(problems[0].offset, 8 + 5 + 1);
    assert_eq!(problems[0].structure, "goroutines record");
}

#[test]
fn references_to_what_was_never_given_are_problems() {
    let unknown_stack = (8, p().u(0).u(1).u(7).u(1));
    let unknown_name = (3, p().u(0).u(1).u(2).u(2).u(1));
    let metrics_without_names = (6, p().u(0).u(1));
    let bytes = file(&[unknown_stack, unknown_name, metrics_without_names]);
    let (records, problems) = read(&bytes);
    assert_eq!(records, []);
    let structures: Vec<_> = problems.iter().map(|problem| problem.structure.as_str()).collect();
    assert_eq!(structures, ["goroutines record", "stack record", "metrics record"]);
}

/// In-use bytes and objects of the buckets whose innermost frame outside the runtime is at `line` of main.go.
fn in_use(profile: &MemProfile, stacks: &HashMap<StackId, Stack>, line: u32) -> (u64, u64) {
    let at_line = |bucket: &&Bucket| {
        let frame = stacks[&bucket.stack].iter().find(|frame| !frame.function.starts_with("runtime."));
        frame.is_some_and(|frame| frame.function.as_ref() == "main.handle" && frame.line == line)
    };
    let buckets = profile.buckets.iter().filter(at_line);
    buckets.fold((0, 0), |(bytes, objects), b| {
        (bytes + b.alloc_bytes.0 - b.free_bytes.0, objects + b.alloc_objects.0 - b.free_objects.0)
    })
}

#[test]
fn a_recorded_run_tells_what_its_program_did() {
    let (records, problems) = read(RECORDED);
    assert_eq!(problems, []);
    let mut stacks = HashMap::new();
    let mut live = Vec::new();
    let mut operations = Vec::new();
    let mut leaked = None;
    for record in &records {
        match record {
            Record::Stack(def) => drop(stacks.insert(def.id, def.frames.clone())),
            Record::MemProfile(profile) => live.push((profile.cycle(), in_use(profile, &stacks, 6))),
            Record::Checkpoint(c) => {
                operations.push((c.operations.0, c.cause, c.goroutines - c.own_goroutines))
            }
            Record::GoroutineLeak(leak) => leaked = Some((leak.count, leak.text.matches("(leaked)").count())),
            _ => {}
        }
    }
    let cycle = |n| Some(GcCycle(n));
    assert_eq!(live, [(cycle(2), (10240, 10)), (cycle(4), (20480, 20)), (cycle(6), (30720, 30))]);
    assert_eq!(operations, [(10, Cause::Call, 11), (20, Cause::Call, 21), (30, Cause::Exit, 31)]);
    assert_eq!(leaked, Some((30, 30)));
    assert!(matches!(&records[0], Record::Start(start) if start.go_version == "go1.27.4"));
    assert!(matches!(records.last(), Some(Record::End(End { trace_complete: true, .. }))));
}

#[test]
fn a_recorded_run_cut_anywhere_keeps_its_whole_records() {
    let (all, _) = read(RECORDED);
    let mut seen = 0;
    for cut in (0..RECORDED.len()).step_by(7) {
        let (records, problems) = read(&RECORDED[..cut]);
        assert!(records.len() >= seen && records == all[..records.len()], "cut at {cut}");
        assert!(problems.len() <= 1, "cut at {cut}: {problems:?}");
        seen = records.len();
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let (all, _) = read(RECORDED);
    for at in (8..RECORDED.len()).step_by(211) {
        let mut damaged = RECORDED.to_vec();
        damaged[at] ^= 1 << (at % 8);
        let (records, problems) = read(&damaged);
        assert!(!problems.is_empty(), "bit at {at}");
        assert!(records.iter().all(|record| all.contains(record)), "bit at {at} made a record up");
    }
}

proptest! {
    #[test]
    fn any_payload_of_any_kind_is_read_without_panic(kind in 0u8..20, payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let names = p().u(1).s("/gc/heap/live:bytes").u(0);
        let bytes = file(&[(3, p().u(0).u(0)), (5, names), (kind, p().raw(&payload))]);
        let (records, problems) = read(&bytes);
        prop_assert_eq!(records.len() + problems.len(), 3);
    }

    #[test]
    fn any_bytes_are_read_without_panic(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = [b"hprobe\0\x01".as_slice(), &tail].concat();
        let (records, problems) = read(&bytes);
        prop_assert!(records.len() + problems.len() <= bytes.len());
    }
}
