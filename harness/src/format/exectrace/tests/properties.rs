//! What holds for any bytes whatever, asked of the decoder's public face alone: the fuzz target
//! includes this file, too.

use super::api::{AllocFree, Event, EventKind, Reader};

/// Most problems that a reader lists.
const MAX_PROBLEMS: usize = 100;

/// Reads all of it and checks everything on the way.
///
/// # Panics
/// When something does not hold.
pub(super) fn hold(data: &[u8]) {
    let Ok(mut reader) = Reader::new("t", data) else { return };
    let (mut n_events, mut n_syncs) = (0, 0);
    let mut before: Option<Event> = None;
    while let Some(event) = reader.next_event() {
        let kind = event.kind();
        in_order(before.as_ref(), &event);
        resolve(&event, &kind, &reader);
        assert!(reader.position() <= reader.len(), "{} of {}", reader.position(), reader.len());
        if let EventKind::Sync(sync) = kind {
            n_syncs += 1;
            assert_eq!(sync.number, n_syncs, "sync events are counted");
        } else {
            n_events += 1;
        }
        before = Some(event);
    }
    let len = data.len() as u64;
    assert!(n_events <= 3 * len, "{n_events} events of {len} bytes");
    assert!(n_syncs <= 1 + len, "{n_syncs} generations of {len} bytes");
    assert!(reader.next_event().is_none(), "the end stays the end");
    listed(&reader, len);
}

/// Time increases, up to its largest value.
fn in_order(before: Option<&Event>, event: &Event) {
    let Some(before) = before else { return };
    let last = matches!(event.kind(), EventKind::Sync(_)) || event.time.0 == i64::MAX;
    assert!(event.time > before.time || last && event.time == before.time, "{before:?} and then {event:?}");
}

/// Whatever an event refers to can be asked for.
fn resolve(event: &Event, kind: &EventKind, reader: &Reader<'_>) {
    use EventKind as Kind;
    let stack = |id| {
        let Some(stack) = reader.stack(id) else { return };
        assert!(stack.len() <= 128, "{} frames", stack.len());
        assert_eq!(stack.frames().filter(|frame| frame.function.len() < usize::MAX).count(), stack.len());
    };
    let string = |id| {
        let text = reader.string(id).unwrap_or_default();
        assert!(text.len() <= 1024 * '\u{fffd}'.len_utf8(), "a string of {} bytes", text.len());
    };
    stack(event.stack());
    let _ = (event.thread(), event.proc(), event.goroutine());
    match *kind {
        Kind::GoCreate { start, .. } | Kind::GoCreateBlocked { start, .. } => stack(start),
        Kind::GoStop { reason: text }
        | Kind::GoBlock { reason: text }
        | Kind::StwBegin { kind: text }
        | Kind::StwEnd { kind: text }
        | Kind::GoLabel { label: text }
        | Kind::UserTaskBegin { name: text, .. }
        | Kind::UserTaskEnd { name: text, .. }
        | Kind::UserRegionBegin { name: text, .. }
        | Kind::UserRegionEnd { name: text, .. } => string(text),
        Kind::UserLog { category, message, .. } => [category, message].into_iter().for_each(string),
        Kind::AllocFree(event) => resolve_allocation(event, reader),
        _ => {}
    }
}

fn resolve_allocation(event: AllocFree, reader: &Reader<'_>) {
    let info = reader.alloc_info();
    match event {
        AllocFree::ObjectExists { object, of } | AllocFree::ObjectAlloc { object, of } => {
            let _ = (reader.alloc_type(of).map(|of| of.name.len()), info.map(|i| i.object_address(object)));
        }
        AllocFree::ObjectFree { object } => {
            let _ = info.map(|info| info.object_address(object));
        }
        AllocFree::SpanExists { class, .. } | AllocFree::SpanAlloc { class, .. } => {
            let _ = (class.size_class(), class.is_noscan());
        }
        AllocFree::StackExists { size, .. } | AllocFree::StackAlloc { size, .. } => {
            let _ = size.bytes();
        }
        AllocFree::SpanFree { .. } | AllocFree::StackFree { .. } => {}
    }
}

/// Problems are few, within the file, and can be told in few words.
fn listed(reader: &Reader<'_>, len: u64) {
    let problems = reader.problems();
    assert!(problems.len() <= MAX_PROBLEMS, "{} problems", problems.len());
    assert!(problems.len() == MAX_PROBLEMS || reader.unlisted_problems() == 0);
    for problem in problems {
        assert!(problem.offset <= len, "{problem} in {len} bytes");
        assert!(problem.to_string().len() < 1024, "{problem}");
    }
}
