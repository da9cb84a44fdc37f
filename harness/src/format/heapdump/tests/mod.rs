//! Tests of the whole decoder: on hand-made dumps, recorded ones and damaged ones.

mod damage;
mod hand;
mod known;
mod properties;
mod recorded;

use std::io::Write as _;

use super::{Reader, Record, Slot};
use crate::format::{self as input, Input, Problem, heapdump as api};

/// A record without what it borrows: its text, contents and slots of its memory.
type Owned = (String, Vec<u8>, Vec<Slot>);

fn owned(record: &Record<'_>) -> Owned {
    let memory = match record {
        Record::Object(object) => object.memory,
        Record::Frame(frame) => frame.memory,
        Record::Segment(segment) => segment.memory,
        other => return (format!("{other:?}"), Vec::new(), Vec::new()),
    };
    let contents = memory.read(0, usize::MAX, &mut Vec::new()).unwrap().to_vec();
    (format!("{record:?}"), contents, memory.slots().collect())
}

fn drain(reader: &mut Reader<'_>) -> (Vec<Owned>, Vec<Problem>) {
    let mut records = Vec::new();
    while let Some(record) = reader.next_record() {
        records.push(owned(&record));
    }
    assert!(reader.next_record().is_none(), "the end stays the end");
    (records, reader.problems().to_vec())
}

/// All records and problems of a dump with a sound header.
fn read_all(data: &[u8]) -> (Vec<Owned>, Vec<Problem>) {
    drain(&mut Reader::new("test.dump", data).unwrap())
}

/// Likewise from a file, of which so many bytes are in memory at a time.
fn read_file(data: &[u8], max_len: usize) -> (Vec<Owned>, Vec<Problem>) {
    drain(&mut Reader::with_window("test.dump", file(data), max_len).unwrap())
}

fn file(data: &[u8]) -> Input<'static> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(data).unwrap();
    Input::File { file, len: data.len() as u64, damage: None }
}
