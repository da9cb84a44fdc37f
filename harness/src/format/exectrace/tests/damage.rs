//! Damaged traces: cut off at every byte, with flipped bits, with absurd numbers. Nothing panics,
//! what precedes the damage is delivered, and work and memory stay in proportion to the file.

use harness_synth::{Body, NO_THREAD, Trace, varint};

use super::{fixture, read_all};
use crate::format::exectrace::{Event, EventKind, Reader};

/// Time and kind, without ids that a missing table leaves unresolved.
fn facts(events: &[Event]) -> Vec<(i64, std::mem::Discriminant<EventKind>)> {
    events.iter().map(|event| (event.time.0, std::mem::discriminant(&event.kind()))).collect()
}

/// Reads to the end and returns how many events there were.
fn count(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new("t", data).ok()?;
    let n = std::iter::from_fn(|| reader.next_event()).count();
    assert!(reader.problems().len() <= 100);
    Some(n)
}

/// No event takes less than two bytes of the file, and one in the file yields at most three; the
/// rest are sync events and the processors that callbacks lose.
fn in_proportion(n_events: usize, len: usize) -> bool {
    n_events <= 3 * len
}

/// Generations of two threads that need each other.
fn generations(minor: u32, n: u64) -> Trace {
    let mut trace = Trace::new(minor);
    for generation in 1..=n {
        let one = Body::default()
            .event("ProcStatus", &[1, 0, 1])
            .event("GoStatus", &[1, 1, 10, 2])
            .event("GoCreate", &[1, 100 + generation, 1, 1])
            .event("HeapAlloc", &[1, 4096]);
        let two = Body::default()
            .event("ProcStatus", &[1, 1, if generation == 1 { 2 } else { 1 }])
            .event("HeapAlloc", &[900, 8192]);
        let two = if generation == 1 {
            Body::default()
                .event("ProcStatus", &[1, 1, 1])
                .event("GoStart", &[20, 101, 1])
                .event("GoBlock", &[1, 2, 1])
        } else {
            two.event("HeapAlloc", &[1, 1])
        };
        let time = generation * 10_000;
        trace = trace
            .batch(generation, 10, time, one)
            .batch(generation, 20, time, two)
            .strings(generation, &[(1, "main.f"), (2, "select")])
            .stacks(generation, &[(1, &[[1, 1, 1, 7]])])
            .end(generation);
    }
    trace
}

#[test]
fn a_trace_cut_off_at_any_byte_gives_the_events_before_the_cut() {
    for minor in [22, 23, 25, 26] {
        let whole = generations(minor, 2).bytes();
        let (events, problems) = read_all(&whole);
        assert_eq!(problems, []);
        let first_generation =
            events.iter().skip(1).position(|e| matches!(e.kind(), EventKind::Sync(_))).unwrap();
        let boundary = generations(minor, 1).bytes().len();
        for len in 16..whole.len() {
            let (kept, problems) = read_all(&whole[..len]);
            assert!(kept.len() <= events.len() + 1, "1.{minor} cut at {len}");
            if len >= boundary {
                assert_eq!(
                    facts(&kept)[..=first_generation],
                    facts(&events)[..=first_generation],
                    "1.{minor} cut at {len}: {problems:?}"
                );
            }
        }
    }
}

#[test]
fn the_events_of_a_batch_that_is_cut_off_are_delivered_up_to_the_cut() {
    let body = Body::default()
        .event("ProcStatus", &[1, 0, 1])
        .event("GoStatus", &[1, 1, 10, 2])
        .event("HeapAlloc", &[1, 100])
        .event("HeapAlloc", &[1, 200])
        .event("HeapAlloc", &[1, 300]);
    let mut bytes = Trace::new(26).batch(1, 10, 0, body).bytes();
    bytes.truncate(bytes.len() - 2);
    let (events, problems) = read_all(&bytes);
    let sizes: Vec<_> = events
        .iter()
        .filter_map(|event| match event.kind() {
            EventKind::HeapAlloc { live } => Some(live.0),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [100, 200]);
    let said: Vec<_> =
        problems.iter().map(|p| (p.offset, p.structure.as_str(), p.expected.as_str())).collect();
    assert_eq!(said[0], (16, "batch", "20 bytes"));
    assert_eq!(said[1].1, "generation", "no frequency: {problems:?}");
}

#[test]
fn a_recorded_trace_cut_off_anywhere_gives_its_complete_generations_and_a_problem() {
    for name in ["mixed-go1.23.12.trace", "mixed-go1.27.4.trace"] {
        let whole = fixture(name);
        let (events, _) = read_all(&whole);
        for len in (16..whole.len()).step_by(997) {
            let (kept, _) = read_all(&whole[..len]);
            assert!(kept.len() <= events.len() + 2, "{name} cut at {len}");
        }
        let (kept, problems) = read_all(&whole[..whole.len() - 1]);
        assert!(kept.len() + 1 >= events.len(), "{name}: {} of {}", kept.len(), events.len());
        assert!(!problems.is_empty(), "{name}");
    }
}

#[test]
fn a_small_recorded_trace_cut_off_at_every_byte_never_panics() {
    let whole = fixture("alloc-go1.27.4.trace");
    for len in 0..whole.len() {
        if let Some(n) = count(&whole[..len]) {
            assert!(in_proportion(n, len), "{n} events of {len} bytes");
        }
    }
}

#[test]
fn any_single_flipped_bit_never_panics_and_never_floods() {
    for name in ["alloc-go1.27.4.trace", "cpu-go1.25.4.trace", "alloc-go1.23.12.trace"] {
        let mut data = fixture(name);
        for i in 0..data.len() {
            let bit = 1 << (i % 8);
            data[i] ^= bit;
            if let Some(n) = count(&data) {
                assert!(in_proportion(n, data.len()), "{name} byte {i}: {n} events");
            }
            data[i] ^= bit;
        }
    }
}

#[test]
fn every_bit_of_a_hand_made_trace_can_be_flipped() {
    for minor in [22, 26] {
        let mut data = generations(minor, 2).bytes();
        for bit in 0..data.len() * 8 {
            data[bit / 8] ^= 1 << (bit % 8);
            if let Some(n) = count(&data) {
                assert!(in_proportion(n, data.len()), "1.{minor} bit {bit}: {n} events");
            }
            data[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// The only problem of a trace: offset, structure, found.
fn only_problem(trace: Trace) -> (u64, String, String) {
    let (_, problems) = read_all(&trace.bytes());
    let [problem] = &problems[..] else { panic!("{problems:#?}") };
    (problem.offset, problem.structure.clone(), problem.found.clone())
}

#[test]
fn a_batch_larger_than_the_runtime_writes_is_named_and_ends_the_reading() {
    let mut header = vec![1];
    [1, 10, 0, 70_000].iter().for_each(|&number| varint(&mut header, number));
    let (offset, structure, found) = only_problem(Trace::new(26).raw(&header));
    assert_eq!((offset, structure.as_str()), (16, "batch header"));
    assert_eq!(found, "70000; the last 7 bytes of the file are not read");
}

#[test]
fn bytes_that_are_no_batch_are_named_by_their_offset() {
    let trace = Trace::new(26).batch(1, 10, 0, Body::default()).end(1);
    let (offset, structure, found) = only_problem(trace.raw(b"\x7f garbage"));
    assert_eq!((offset, structure.as_str()), (49, "batch header"));
    assert_eq!(found, "event type 127; the last 9 bytes of the file are not read");
}

#[test]
fn strings_and_stacks_beyond_the_limits_of_the_format_are_refused() {
    let (_, structure, found) = only_problem(Trace::new(26).strings(1, &[(1, &"x".repeat(1025))]).end(1));
    assert_eq!((structure.as_str(), found.as_str()), ("string table", "1025"));
    let mut stack = vec![2, 3, 1];
    varint(&mut stack, u64::MAX);
    let (_, structure, found) =
        only_problem(Trace::new(26).batch(1, NO_THREAD, 0, Body::default().raw(&stack)).end(1));
    assert_eq!((structure.as_str(), found.as_str()), ("stack table", "18446744073709551615"));
}

#[test]
fn an_event_of_a_later_release_ends_its_batch_and_not_the_trace() {
    let odd = Body::default().event("ProcStatus", &[1, 0, 1]).raw(&[99, 1, 2, 3]);
    let fine = Body::default().event("HeapAlloc", &[1, 7]);
    let trace = Trace::new(26).batch(1, 10, 0, odd).batch(1, 10, 50, fine).end(1);
    let (events, problems) = read_all(&trace.bytes());
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].found, "event type 99 (unknown event)");
    assert!(events.iter().any(|event| matches!(event.kind(), EventKind::HeapAlloc { .. })));
}

#[test]
fn batches_of_an_impossible_generation_are_skipped_and_the_rest_is_read() {
    let body = || Body::default().event("ProcStatus", &[1, 0, 1]).event("HeapAlloc", &[1, 7]);
    let trace = Trace::new(26).batch(1, 10, 0, body()).batch(9, 20, 0, body()).batch(0, 20, 0, body()).end(1);
    let (events, problems) = read_all(&trace.bytes());
    assert_eq!(events.iter().filter(|e| matches!(e.kind(), EventKind::HeapAlloc { .. })).count(), 1);
    let found: Vec<_> = problems.iter().map(|problem| problem.found.as_str()).collect();
    assert_eq!(found, ["generation 9 within generation 1", "generation 0 within generation 1"]);
}

#[test]
fn many_threads_that_wait_for_ever_are_read_in_time() {
    let mut trace = Trace::new(26);
    for thread in 0..20_000 {
        trace = trace.batch(1, thread, thread, Body::default().event("GoStart", &[1, 5, 77]));
    }
    let (events, problems) = read_all(&trace.end(1).bytes());
    assert_eq!(events.len(), 20_000 + 2);
    assert_eq!(problems.len(), 100, "the rest is only counted");
}

#[test]
fn references_to_entries_that_no_table_has_are_reported_once_in_a_generation() {
    let body = Body::default()
        .event("ProcStatus", &[1, 0, 1])
        .event("GoStatus", &[1, 1, 10, 2])
        .event("GoCreate", &[1, 5, 88, 99])
        .event("GoCreate", &[1, 6, 88, 99])
        .event("GoBlock", &[1, u64::MAX, 0]);
    let (events, problems) = read_all(&Trace::new(26).batch(1, 10, 0, body).end(1).bytes());
    let found: Vec<_> = problems.iter().map(|problem| problem.found.as_str()).collect();
    assert_eq!(found, ["stack 88", "string 18446744073709551615"]);
    assert!(events.iter().any(|event| matches!(event.kind(), EventKind::GoBlock { .. })));
}
