//! Tests of the whole decoder: against Go's own reader on recorded traces, against rules on
//! hand-made ones, and on damaged ones.

mod cases;
mod damage;
mod describe;
mod golden;
mod order;

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

/// All events and problems of a trace file that is read by threads, whatever its length.
fn read_ahead(path: &std::path::Path) -> (Vec<Event>, Vec<Problem>) {
    let mut reader = Reader::open_ahead(path).unwrap();
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
            let (ahead, problems) = read_ahead(&path);
            let (at_once, problems_at_once) = read_all(&data);
            assert_eq!(ahead.len(), at_once.len(), "{name} with {damage} damages");
            assert!(ahead == at_once, "{name} with {damage} damages");
            let offsets = |problems: &[Problem]| {
                let mut offsets: Vec<_> = problems.iter().map(|p| (p.offset, p.found.clone())).collect();
                offsets.sort();
                offsets
            };
            assert_eq!(offsets(&problems), offsets(&problems_at_once), "{name} with {damage} damages");
        }
    }
}

#[test]
fn a_reader_that_nobody_reads_to_the_end_ends_its_threads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    std::fs::write(&path, fixture("mixed-go1.27.4.trace")).unwrap();
    for n_events in [0, 1, 100] {
        let mut reader = Reader::open_ahead(&path).unwrap();
        assert_eq!((0..n_events).filter_map(|_| reader.next_event()).count(), n_events);
    }
}
