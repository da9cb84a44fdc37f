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
