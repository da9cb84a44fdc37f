//! Tests of the whole decoder: against Go's own reader on recorded traces, against rules on
//! hand-made ones, and on damaged ones.

mod cases;
mod damage;
mod describe;
mod golden;
mod order;
mod properties;

use super::reader::Threads;
use super::{Event, Reader};
use crate::format::Problem;
use crate::format::exectrace as api;

/// Bytes of a recorded trace.
fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All events and problems of a trace with a sound header.
fn read_all(data: &[u8]) -> (Vec<Event>, Vec<Problem>) {
    let mut reader = Reader::new("test.trace", data).unwrap();
    let events = std::iter::from_fn(|| reader.next_event()).collect();
    (events, reader.problems().to_vec())
}

#[test]
fn threads_read_a_file_as_it_is_read_from_memory_damaged_or_not() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["mixed-go1.23.12.trace", "mixed-go1.27.4.trace", "alloc-go1.27.4.trace"] {
        let mut data = fixture(name);
        for damage in 0..4 {
            let place = data.len() / 4 * damage;
            (damage > 0).then(|| data[place] ^= 0x81);
            let path = dir.path().join(name);
            std::fs::write(&path, &data).unwrap();
            let (events, problems) = read_all(&data);
            for threads in [Threads::Decode, Threads::DecodeAndOrder] {
                let mut reader = Reader::open_ahead(&path, threads);
                let ahead: Vec<_> = std::iter::from_fn(|| reader.next_event()).collect();
                assert!(ahead == events, "{name}, {damage} damages, {threads:?}");
                assert_eq!(places(reader.problems()), places(&problems), "{name}, {damage} damages");
                for n_before in [0, 1, 3000] {
                    let mut reader = Reader::open_ahead(&path, threads);
                    let mut all: Vec<_> = (0..n_before).map_while(|_| reader.next_event()).collect();
                    reader.for_each(|event| all.push(event));
                    assert!(all == events, "{name}, {damage} damages, {threads:?}, {n_before} before");
                    assert_eq!(places(reader.problems()), places(&problems), "{name}, {damage} damages");
                    assert!(reader.next_event().is_none(), "there are no more");
                }
            }
        }
    }
}

/// Problems without the file's name, by place: how far decoding is ahead decides which comes first.
fn places(problems: &[Problem]) -> Vec<(u64, &str)> {
    let mut places: Vec<_> = problems.iter().map(|p| (p.offset, p.found.as_str())).collect();
    places.sort_unstable();
    places
}

#[test]
fn a_reader_that_nobody_reads_to_the_end_ends_its_threads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    std::fs::write(&path, fixture("mixed-go1.27.4.trace")).unwrap();
    for n_events in [0, 1, 100] {
        let mut reader = Reader::open_ahead(&path, Threads::DecodeAndOrder);
        assert_eq!((0..n_events).filter_map(|_| reader.next_event()).count(), n_events);
    }
}

#[test]
fn what_the_fuzzer_found_and_what_go_recorded_have_the_properties_that_all_input_has() {
    let mut n_read = 0;
    for directory in ["fuzzed", "."] {
        let path = format!("{}/../fixtures/traces/{directory}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}")) {
            let path = entry.unwrap().path();
            if path.is_file() {
                properties::hold(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}")));
                n_read += 1;
            }
        }
    }
    assert!(n_read > 10, "{n_read} files");
}
