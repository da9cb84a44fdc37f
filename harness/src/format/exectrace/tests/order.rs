//! The rules of the order, one hand-made trace each. States in status events: goroutines 1
//! runnable, 2 running, 3 in a system call, 4 waiting; processors 1 running, 2 idle, 3 in a system
//! call.

use harness_synth::{Body, NO_THREAD, Trace};

use super::read_all;
use crate::format::exectrace::{Event, EventKind, GoState, Names, ProcId, ProcState, Reader, ThreadId};
use crate::model::{Bytes, GoroutineId, TraceTime};

/// A thread that holds processor `p` and runs goroutine `g`.
fn running(p: u64, g: u64, thread: u64) -> Body {
    Body::default().event("ProcStatus", &[1, p, 1]).event("GoStatus", &[1, g, thread, 2])
}

/// Events without status, sync: "name of kind on thread".
fn story(events: &[Event]) -> Vec<String> {
    let told = events.iter().filter(|event| {
        !matches!(
            event.kind(),
            EventKind::Sync(_) | EventKind::GoStatus { .. } | EventKind::ProcStatus { .. }
        )
    });
    told.map(|event| {
        let kind = format!("{:?}", event.kind());
        let name = kind.split([' ', '{', '(']).next().unwrap().to_owned();
        event.thread().map_or(name.clone(), |thread| format!("{name} m{}", thread.0))
    })
    .collect()
}

/// Reads a sound trace and tells its story.
fn sound(trace: Trace) -> Vec<String> {
    let (events, problems) = read_all(&trace.bytes());
    assert_eq!(problems, []);
    assert!(events.windows(2).all(|pair| pair[0].time < pair[1].time), "time never goes back");
    story(&events)
}

/// Reads a trace in which one event breaks a rule. Returns what the problem says was found.
fn broken(trace: Trace) -> String {
    let (_, problems) = read_all(&trace.bytes());
    let [problem] = &problems[..] else { panic!("one problem expected: {problems:#?}") };
    problem.found.clone()
}

#[test]
fn a_start_waits_for_the_creation_on_another_thread_whatever_the_clocks_say() {
    let creator = running(0, 1, 10).event("GoCreate", &[500, 7, 0, 0]);
    let starter = Body::default().event("ProcStatus", &[1, 1, 1]).event("GoStart", &[1, 7, 1]);
    let trace = Trace::new(26).batch(1, 10, 1000, creator).batch(1, 20, 0, starter).end(1);
    assert_eq!(sound(trace), ["GoCreate m10", "GoStart m20"]);
}

#[test]
fn sequence_numbers_order_what_happens_to_one_goroutine_on_three_threads() {
    let waiting = Body::default()
        .event("ProcStatus", &[1, 0, 1])
        .event("GoStatus", &[1, 7, NO_THREAD, 1])
        .event("GoStart", &[1, 7, 1])
        .event("GoBlock", &[1, 0, 0]);
    let waker = running(1, 2, 20).event("GoUnblock", &[0, 7, 2, 0]);
    let runner = Body::default().event("ProcStatus", &[0, 2, 1]).event("GoStart", &[0, 7, 3]);
    let trace =
        Trace::new(23).batch(5, 30, 1, runner).batch(5, 20, 2, waker).batch(5, 10, 900, waiting).end(5);
    assert_eq!(sound(trace), ["GoStart m10", "GoBlock m10", "GoUnblock m20", "GoStart m30"]);
}

#[test]
fn a_blocked_system_call_ends_after_its_processor_was_stolen() {
    let caller = running(0, 1, 10)
        .event("GoSyscallBegin", &[1, 1, 0])
        .event("GoSyscallEndBlocked", &[1])
        .event("GoStatus", &[1, 9, NO_THREAD, 4]);
    let thief = running(1, 2, 20).event("ProcSteal", &[900, 0, 2, 10]).event("ProcStart", &[1, 3, 1]);
    let trace = Trace::new(22).batch(1, 10, 0, caller).batch(1, 20, 0, thief).end(1);
    let (events, problems) = read_all(&trace.bytes());
    assert_eq!(story(&events)[..3], ["GoSyscallBegin m10", "ProcSteal m20", "GoSyscallEndBlocked m10"]);
    let steal = events.iter().find(|event| matches!(event.kind(), EventKind::ProcSteal { .. })).unwrap();
    let from = Some(ThreadId(10));
    let before = ProcState::Running;
    assert_eq!(steal.kind(), EventKind::ProcSteal { proc: ProcId(0), from, before });
    let end = events.iter().find(|event| event.kind() == EventKind::GoSyscallEndBlocked).unwrap();
    assert_eq!((end.proc(), end.goroutine()), (None, Some(GoroutineId(1))), "the processor is gone by then");
    assert_eq!(problems.len(), 1, "the start of an unknown processor waits for ever: {problems:?}");
    assert_eq!(problems[0].structure, "ProcStart");
}

#[test]
fn a_coroutine_switch_is_an_unblock_a_block_and_a_start() {
    let body = running(0, 1, 10)
        .event("GoCreateBlocked", &[1, 8, 0, 0])
        .event("GoSwitch", &[1, 8, 1])
        .event("GoSwitchDestroy", &[1, 1, 1])
        .event("GoDestroy", &[1]);
    let (events, problems) = read_all(&Trace::new(23).batch(1, 10, 0, body).end(1).bytes());
    assert_eq!(problems, []);
    let expected = ["GoCreateBlocked", "GoSwitch", "GoBlock", "GoStart"];
    let expected = expected.into_iter().chain(["GoSwitchDestroy", "GoDestroy", "GoStart", "GoDestroy"]);
    let on_thread: Vec<_> = expected.map(|name| format!("{name} m10")).collect();
    assert_eq!(story(&events), on_thread);
    let ends = events.iter().filter(|event| event.kind() == EventKind::GoDestroy);
    let ended: Vec<_> = ends.filter_map(|event| event.goroutine()).collect();
    assert_eq!(ended, [GoroutineId(8), GoroutineId(1)]);
}

#[test]
fn a_callback_from_c_makes_a_goroutine_and_gives_its_processor_up_when_it_ends() {
    let body = Body::default()
        .event("GoCreateSyscall", &[1, 7])
        .event("ProcStatus", &[1, 0, 2])
        .event("ProcStart", &[1, 0, 1])
        .event("GoSyscallEndBlocked", &[1])
        .event("GoStart", &[1, 7, 1])
        .event("GoSyscallBegin", &[1, 2, 0])
        .event("GoDestroySyscall", &[1]);
    let expected = [
        "GoCreateSyscall m10",
        "ProcStart m10",
        "GoSyscallEndBlocked m10",
        "GoStart m10",
        "GoSyscallBegin m10",
        "ProcSteal m10",
        "GoDestroySyscall m10",
    ];
    assert_eq!(sound(Trace::new(26).batch(1, 10, 0, body).end(1)), expected);
}

#[test]
fn gc_begins_and_ends_follow_their_numbers_across_threads() {
    let one = running(0, 1, 10).event("GCBegin", &[1, 1, 0]).event("GCBegin", &[1, 3, 0]);
    let two = running(1, 2, 20).event("GCEnd", &[500, 2]).event("GCEnd", &[500, 4]);
    let trace = Trace::new(25).batch(1, 10, 0, one).batch(1, 20, 0, two).end(1);
    assert_eq!(sound(trace), ["GcBegin m10", "GcEnd m20", "GcBegin m10", "GcEnd m20"]);
}

#[test]
fn a_later_generation_goes_on_where_the_earlier_ended() {
    let first = running(0, 1, 10).event("GoCreate", &[1, 7, 0, 0]);
    let second = Body::default()
        .event("ProcStatus", &[1, 0, 1])
        .event("GoStatus", &[1, 1, 10, 2])
        .event("GoStatus", &[1, 7, NO_THREAD, 1])
        .event("GoDestroy", &[1]);
    for minor in [22, 23, 25, 26] {
        let trace = Trace::new(minor).batch(1, 10, 0, first.clone()).end(1);
        let trace = trace.batch(2, 10, 900, second.clone()).end(2);
        let (events, problems) = read_all(&trace.bytes());
        assert_eq!(problems, [], "{minor}");
        let syncs = events.iter().filter(|event| matches!(event.kind(), EventKind::Sync(_))).count();
        assert_eq!(syncs, 3, "{minor}: one for each generation and one at the end");
        let known = events.iter().any(|event| {
            matches!(
                event.kind(),
                EventKind::GoStatus { about: GoroutineId(7), before: GoState::Runnable, .. }
            )
        });
        assert!(known, "{minor}: the state before is what the generation before left");
        assert_eq!(story(&events), ["GoCreate m10", "GoDestroy m10"], "{minor}");
    }
}

#[test]
fn events_that_cannot_be_right_are_named_with_what_contradicts_them() {
    let trace = |body| Trace::new(26).batch(1, 10, 0, body).end(1);
    let on = || running(0, 1, 10);
    let cases = [
        (on().event("GoCreate", &[1, 1, 0, 0]), "GoCreate with goroutine 1, which exists"),
        (on().event("GoSyscallEnd", &[1]), "GoSyscallEnd with goroutine in state Running"),
        (on().event("GoSyscallBegin", &[1, 9, 0]), "GoSyscallBegin with number 9 after 0"),
        (on().event("GCBegin", &[1, 1, 0]).event("GCBegin", &[1, 2, 0]), "GCBegin with one running"),
        (on().event("STWEnd", &[1]), "STWEnd with none"),
        (on().event("GoStatus", &[1, 2, 10, 7]), "GoStatus with state 7"),
        (on().event("ProcStatus", &[1, 0, 2]), "ProcStatus with Idle for processor 0, which is Running"),
        (Body::default().event("HeapAlloc", &[1, 5]), "HeapAlloc with a thread without a processor"),
        (Body::default().event("GoDestroy", &[1]), "GoDestroy with a thread without a processor"),
        (
            on().event("UserTaskBegin", &[1, 4, 0, 0, 0]).event("UserTaskBegin", &[1, 4, 0, 0, 0]),
            "UserTaskBegin with task 4, which has begun and not ended",
        ),
        (
            on().event("UserRegionBegin", &[1, 4, 0, 0]).event("UserRegionEnd", &[1, 5, 0, 0]),
            "UserRegionEnd with another region's",
        ),
    ];
    for (body, found) in cases {
        assert_eq!(broken(trace(body)), found);
    }
}

#[test]
fn what_follows_an_event_that_broke_a_rule_is_still_delivered() {
    let body = running(0, 1, 10)
        .event("GoStart", &[1, 99, 5])
        .event("HeapAlloc", &[1, 4096])
        .event("GoDestroy", &[1])
        .event("HeapAlloc", &[1, 8192]);
    let (events, problems) = read_all(&Trace::new(26).batch(1, 10, 0, body).end(1).bytes());
    assert_eq!(problems.len(), 1, "{problems:?}");
    let last = events.iter().rev().find(|event| matches!(event.kind(), EventKind::HeapAlloc { .. })).unwrap();
    assert_eq!(last.kind(), EventKind::HeapAlloc { live: Bytes(8192) });
    assert_eq!((last.proc(), last.goroutine()), (Some(ProcId(0)), None));
}

#[test]
fn stacks_and_strings_resolve_in_their_generation_and_never_in_another() {
    let body = running(0, 1, 10).event("GoBlock", &[1, 3, 6]);
    let again = || Body::default().event("ProcStatus", &[1, 0, 1]).event("GoStatus", &[1, 1, NO_THREAD, 4]);
    let frames: &[[u64; 4]] = &[[0x4010, 1, 2, 41], [0x5020, 4, 2, 99]];
    let trace = Trace::new(26)
        .batch(1, 10, 0, body)
        .strings(1, &[(1, "main.inner"), (2, "main.go"), (3, "chan receive"), (4, "main.outer")])
        .stacks(1, &[(6, frames)])
        .end(1)
        .batch(2, 10, 900, again())
        .strings(2, &[(3, "another string")])
        .stacks(2, &[(6, &[[0x4010, 3, 3, 1]])])
        .end(2);
    let bytes = trace.bytes();
    let mut reader = Reader::new("t", &bytes).unwrap();
    let block = std::iter::from_fn(|| reader.next_event())
        .find(|event| matches!(event.kind(), EventKind::GoBlock { .. }))
        .unwrap();
    let EventKind::GoBlock { reason } = block.kind() else { unreachable!() };
    assert_eq!(reader.string(reason), Some("chan receive"));
    let stack = Names::default().stack(reader.stack(block.stack()));
    let lines: Vec<_> = stack.iter().map(|frame| format!("{}:{}", frame.function, frame.line)).collect();
    assert_eq!(lines, ["main.inner:41", "main.outer:99"]);
    while reader.next_event().is_some() {}
    assert_eq!(reader.string(reason), None);
    assert!(reader.stack(block.stack()).is_none());
    assert_eq!(reader.problems(), []);
}

#[test]
fn clocks_of_a_sync_batch_are_one_moment_on_three_clocks() {
    let (events, _) = read_all(&Trace::new(25).batch(1, 10, 0, running(0, 1, 10)).end(1).bytes());
    let EventKind::Sync(sync) = events[0].kind() else { panic!("{:?}", events[0]) };
    let clocks = sync.clocks.unwrap();
    assert_eq!(clocks.trace, TraceTime(5));
    assert_eq!(clocks.monotonic.0, 1000);
    assert_eq!(clocks.wall.0, 7_000_000_009);
}
