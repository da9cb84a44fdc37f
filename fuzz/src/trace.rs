//! Fuzz target of the execution-trace reader: reads whatever bytes come to their end.
//!
//! Input: bytes of libFuzzer. What must hold: nothing panics, times grow, there are no more events
//! than the bytes can hold, damage is listed up to a limit, and every id that an event carries can
//! be asked for.

#![no_main]

mod batches;

use harness::format::exectrace::{AllocFree, Event, EventKind, Reader};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    let Ok(mut reader) = Reader::new("fuzz", data) else { return };
    let (mut n_events, mut last) = (0usize, None);
    while let Some(event) = reader.next_event() {
        assert!(last < Some(event.time) || event.time.0 == i64::MAX, "times grow");
        last = Some(event.time);
        n_events += 1;
        ask_for_all(&event, &reader);
    }
    // An event in the file takes two bytes and yields three at most; a generation yields one.
    assert!(n_events <= 3 * data.len(), "{n_events} events of {} bytes", data.len());
    assert!(reader.problems().len() <= 100);
});

// Bytes of a batch are changed within it, so that most of what the fuzzer makes is still a trace.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match seed % 4 {
        0 => fuzzer_mutate(data, size, max_size),
        _ => batches::mutate(data, size, max_size, seed / 4, fuzzer_mutate),
    }
});

/// Resolves the stack and the names of an event.
fn ask_for_all(event: &Event, reader: &Reader<'_>) {
    if let Some(stack) = reader.stack(event.stack()) {
        assert_eq!(stack.frames().count(), stack.len());
    }
    let string = match event.kind() {
        EventKind::GoStop { reason } | EventKind::GoBlock { reason } => reason,
        EventKind::StwBegin { kind } | EventKind::StwEnd { kind } => kind,
        EventKind::UserTaskBegin { name, .. } | EventKind::UserTaskEnd { name, .. } => name,
        EventKind::UserRegionBegin { name, .. } | EventKind::UserRegionEnd { name, .. } => name,
        EventKind::UserLog { message, .. } => message,
        EventKind::AllocFree(AllocFree::ObjectAlloc { object, of }) => {
            let _ = (reader.alloc_type(of), reader.alloc_info().and_then(|info| info.object_address(object)));
            return;
        }
        _ => return,
    };
    let _ = reader.string(string);
}
