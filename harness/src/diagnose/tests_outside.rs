//! The rules about what lies outside of Go's heap, on made-up runs: what each says, and what it keeps quiet about.

use super::tests::{Run, judge, stack};
use crate::model::{
    Bytes, CallEffect, CallSite, Confidence, Evidence, FinalGoroutines, Finding, GoroutineId, LeakKind,
    OpenDescriptors, ProcessFigures, RuntimeFigures, SiteClass,
};

pub(super) const MIB: u64 = 1 << 20;

/// Changes what is known at checkpoint i, from 1.
pub(super) fn with(mut run: Run, change: impl Fn(u64, &mut ProcessFigures, &mut RuntimeFigures)) -> Run {
    for (checkpoint, i) in run.pieces.checkpoints.iter_mut().zip(1..) {
        let mut process = checkpoint.process.unwrap_or(ProcessFigures {
            rss: Bytes(8 * MIB),
            threads: 6,
            open: Some(OpenDescriptors { files: 5, ..OpenDescriptors::default() }),
            mapped: Some(Bytes(1 << 30)),
            ..ProcessFigures::default()
        });
        let mut runtime = checkpoint.runtime.unwrap_or(RuntimeFigures {
            mapped: Bytes(12 * MIB),
            released: Bytes(2 * MIB),
            stacks: Bytes(MIB / 2),
            ..RuntimeFigures::default()
        });
        change(i, &mut process, &mut runtime);
        process.anonymous = Some(Bytes(process.rss.0 - 2 * MIB));
        (checkpoint.process, checkpoint.runtime) = (Some(process), Some(runtime));
    }
    run.pieces.calls.get_or_insert_default();
    run.pieces.final_goroutines.get_or_insert_default();
    run
}

pub(super) fn with_calls(mut run: Run, effect: CallEffect, frames: &[&str], per_checkpoint: u64) -> Run {
    let calls_at = (1..=run.pieces.checkpoints.len() as u64).map(|i| i * per_checkpoint).collect();
    let site = CallSite { effect, stack: stack(frames), own: frames.len(), calls_at };
    run.pieces.calls.get_or_insert_default().push(site);
    run
}

fn sockets(run: Run, per_checkpoint: u64) -> Run {
    with(run, |i, process, _| {
        process.open = process.open.map(|open| OpenDescriptors { sockets: i * per_checkpoint, ..open });
    })
}

fn only(run: Run) -> Finding {
    let findings = judge(&[run]).findings;
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    finding.clone()
}

const DIAL: &[&str] = &["net.newFD 20", "net.socket 30", "net.Dial 40", "main.ask 9", "main.main 3"];
const ACCEPT: &[&str] = &["net.newFD 20", "net.(*netFD).accept 30", "net/http.(*Server).Serve 40"];

#[test]
fn descriptors_are_laid_where_the_objects_that_stand_for_them_stay() {
    let finding = only(sockets(Run::step(), 100).site(SiteClass::Std, 224, DIAL, |i| i * 100));
    assert_eq!((finding.kind, &*finding.site.function), (LeakKind::Descriptors, "main.ask"));
    assert_eq!((finding.growth.objects_per_op, finding.growth.bytes_per_op), (1.0, 0.0));
    assert_eq!(finding.confidence, Confidence::High);
    let words = "open descriptors grow by 1 per operation (sockets) at main.ask app.go:9";
    assert!(finding.sentence.starts_with(words), "{}", finding.sentence);
}

#[test]
fn both_ends_of_a_connection_are_one_leak_of_the_end_that_dialled() {
    let run = sockets(Run::step(), 200);
    let run = run.site(SiteClass::Std, 224, DIAL, |i| i * 100).site(SiteClass::Std, 224, ACCEPT, |i| i * 100);
    let finding = only(run);
    assert_eq!((&*finding.site.function, finding.growth.objects_per_op), ("main.ask", 2.0));
    assert!(finding.sentence.contains("accepted ends of the same connections"), "{}", finding.sentence);
}

#[test]
fn a_socket_of_a_librarys_goroutine_is_laid_at_who_created_that() {
    let own = ["net.newFD 20", "net.Dial 40", "dep.org/lib.(*Client).run 7"];
    let run = sockets(Run::step(), 100).site(SiteClass::Std, 224, &own, |i| i * 100);
    let called = [
        "syscall.connect 1",
        "net.Dial 40",
        "dep.org/lib.(*Client).run 7",
        "dep.org/lib.New 5",
        "main.open 8",
    ];
    let mut run = with_calls(run, CallEffect::Uses, &called, 100);
    run.pieces.calls.iter_mut().flatten().for_each(|site| site.own = 3);
    let finding = only(run);
    assert_eq!(&*finding.site.function, "main.open");
    assert!(finding.sentence.contains("in dep.org/lib."), "{}", finding.sentence);
}

#[test]
fn a_raw_descriptor_is_laid_at_as_many_calls_and_one_of_nobody_at_no_line() {
    let dup = ["syscall.Dup 1", "main.write 9", "main.main 3"];
    let other = ["syscall.openat 1", "main.read 9", "main.main 3"];
    let run = with_calls(sockets(Run::step(), 100), CallEffect::Opens, &dup, 100);
    let run = with_calls(run, CallEffect::Opens, &other, 1000);
    assert_eq!(&*only(run).site.function, "main.write");
    let unknown = only(sockets(Run::step(), 100));
    assert_eq!((&*unknown.site.function, unknown.confidence), ("(process)", Confidence::Medium));
    assert!(unknown.sentence.contains("at no line that is known"), "{}", unknown.sentence);
}

#[test]
fn descriptors_that_are_closed_again_are_no_leak() {
    let opened = ["syscall.openat 1", "main.read 9", "main.main 3"];
    let run = with(Run::step(), |i, process, _| {
        process.open = process.open.map(|open| OpenDescriptors { files: 5 + i % 3, ..open });
    });
    assert_eq!(judge(&[with_calls(run, CallEffect::Opens, &opened, 100)]).findings, []);
}

fn last_goroutines(mut run: Run, state: &str, locked: bool, depth: u64, n: u64) -> Run {
    let group = FinalGoroutines {
        state: state.into(),
        locked,
        stack: stack(&["main.run 20"]),
        depth,
        created_by: None,
        creation: Some(stack(&["main.open 8", "main.main 3"])),
        ids: (1..=n).map(GoroutineId).collect(),
    };
    run.pieces.final_goroutines = Some(vec![group]);
    run
}

#[test]
fn threads_are_laid_where_the_goroutines_that_keep_them_were_created() {
    let run = with(Run::step(), |i, process, _| process.threads = 6 + i);
    for (state, locked, what) in
        [("chan receive", true, "locked to it"), ("syscall", false, "in a system call")]
    {
        let finding = only(last_goroutines(run.clone(), state, locked, 1, 10));
        assert_eq!((finding.kind, &*finding.site.function), (LeakKind::Threads, "main.open"));
        assert!(finding.sentence.contains(what), "{}", finding.sentence);
    }
    let waiting = only(last_goroutines(run, "chan receive", false, 1, 10));
    assert_eq!(&*waiting.site.function, "(process)");
}

#[test]
fn a_stack_that_grows_in_steps_is_laid_where_its_deep_goroutine_was_created() {
    let doubling = |i: u64| MIB / 2 + i.next_power_of_two() * MIB / 4;
    let run = with(Run::step(), |i, _, runtime| runtime.stacks = Bytes(doubling(i)));
    let finding = only(last_goroutines(run.clone(), "chan receive", false, 2000, 1));
    assert_eq!((finding.kind, &*finding.site.function), (LeakKind::Stacks, "main.open"));
    assert!(finding.sentence.contains("2000 calls deep"), "{}", finding.sentence);
    let mut leaking = last_goroutines(run, "chan receive", false, 2000, 1);
    for (checkpoint, i) in leaking.pieces.checkpoints.iter_mut().zip(1..) {
        checkpoint.goroutines = 4 + i;
    }
    assert_eq!(judge(&[leaking]).findings, [], "stacks of goroutines that leak are theirs");
}

#[test]
fn resident_memory_that_is_not_the_runtimes_is_off_heap_and_laid_at_calls_of_c() {
    let run = with(Run::step(), |i, process, _| process.rss = Bytes((8 + i) * MIB));
    let sign = ["main._Cfunc_sign 1", "main.sign 9", "main.main 3"];
    let finding = only(with_calls(run.clone(), CallEffect::CallsC, &sign, 100));
    assert_eq!((finding.kind, finding.confidence), (LeakKind::OffHeap, Confidence::Medium));
    assert_eq!(finding.growth.bytes_per_op, MIB as f64 / 100.0);
    let text = ["main._Cfunc_CString 1", "main.text 9", "main.main 3"];
    let free = ["main._Cfunc_free 1", "main.free 9", "main.main 3"];
    let run = with_calls(with_calls(run, CallEffect::Allocates, &text, 100), CallEffect::Frees, &free, 40);
    let finding = only(run);
    assert_eq!((&*finding.site.function, finding.confidence), ("main._Cfunc_CString", Confidence::High));
    assert!(finding.sentence.contains("allocated in C and not freed"), "{}", finding.sentence);
}

#[test]
fn a_mapping_that_nobody_touches_is_found_by_its_calls() {
    let map = ["syscall.mmap 1", "syscall.Mmap 2", "main.load 9", "main.main 3"];
    let run = with(Run::step(), |i, process, _| process.mapped = Some(Bytes((1 << 30) + i * MIB)));
    let finding = only(with_calls(run.clone(), CallEffect::Maps, &map, 100));
    assert_eq!((finding.kind, &*finding.site.function), (LeakKind::OffHeap, "main.load"));
    let unmap = ["syscall.munmap 1", "main.unload 9", "main.main 3"];
    let balanced = with_calls(with_calls(run, CallEffect::Maps, &map, 100), CallEffect::Unmaps, &unmap, 100);
    assert_eq!(judge(&[balanced]).findings, []);
}

#[test]
fn memory_of_gos_own_heap_is_not_off_heap_however_it_grows() {
    let grows = with(Run::step(), |i, process, runtime| {
        process.rss = Bytes((8 + i) * MIB);
        runtime.mapped = Bytes((12 + i) * MIB);
    });
    // What was given back comes back.
    let returns = with(Run::step(), |i, process, runtime| {
        process.rss = Bytes((8 + i % 3) * MIB);
        runtime.released = Bytes((4 - i % 3) * MIB);
    });
    let few = with(Run::step(), |i, process, _| process.rss = Bytes(8 * MIB + i * 40_000));
    // Free spans, or a large object, are touched late.
    let touched = with(Run::step(), |i, process, runtime| {
        process.rss = Bytes((8 + i) * MIB);
        (runtime.mapped, runtime.heap_free) = (Bytes(40 * MIB), Bytes(20 * MIB));
    });
    let sign = ["main._Cfunc_sign 1", "main.sign 9", "main.main 3"];
    let text = ["main._Cfunc_CString 1", "main.text 9", "main.main 3"];
    let calls = with_calls(touched.clone(), CallEffect::CallsC, &sign, 100);
    let allocates = with_calls(touched.clone(), CallEffect::Allocates, &text, 100);
    for run in [grows, returns, few, touched, calls, allocates] {
        assert_eq!(judge(&[run]).findings, []);
    }
}

/// A natural run under a limit of 20 MiB.
fn limited(figures: impl Fn(u64) -> (u64, u64, u64)) -> Run {
    with(Run::natural(), |i, _, runtime| {
        let (live, goal, used) = figures(i);
        runtime.memory_limit = Some(Bytes(20 * MIB));
        (runtime.heap_live, runtime.heap_goal) = (Bytes(live), Bytes(goal));
        runtime.mapped = Bytes(used + runtime.released.0);
        runtime.heap_unused = Bytes(used.saturating_sub(live) / 4);
    })
}

#[test]
fn a_memory_limit_without_room_is_told_by_its_cause() {
    type LiveGoalUsed = fn(u64) -> (u64, u64, u64);
    let cases: [(&str, LiveGoalUsed); 3] = [
        ("too low: the live heap alone is 24 MiB", |_| (24 * MIB, 24 * MIB, 30 * MIB)),
        ("leaves the heap no room: 16 MiB are live", |_| (16 * MIB, 16 * MIB, 22 * MIB)),
        ("by a heap that leaks", |i| ((12 + 2 * i) * MIB, (12 + 2 * i) * MIB, (18 + 2 * i) * MIB)),
    ];
    for (words, figures) in cases {
        let finding = only(limited(figures));
        assert_eq!((finding.kind, &*finding.site.function), (LeakKind::Limit, "(process)"));
        assert!(finding.sentence.contains(words), "{}", finding.sentence);
    }
}

#[test]
fn fragments_that_take_what_the_heap_would_have_needed_are_named() {
    let fragmented = with(limited(|_| (10 * MIB, 10 * MIB, 20 * MIB)), |_, _, runtime| {
        (runtime.heap_free, runtime.heap_unused) = (Bytes(3 * MIB), Bytes(4 * MIB));
    });
    let finding = only(fragmented);
    assert_eq!((finding.kind, &*finding.site.function), (LeakKind::Limit, "(process)"));
    let words = "GOMEMLIMIT of 20 MiB is used up by fragmentation: 7 MiB in free or half used spans beside a live \
                 heap of 10 MiB; each GC cycle starts with no room to grow";
    assert!(finding.sentence.starts_with(words), "{}", finding.sentence);
    let shown = finding.evidence.iter().any(|found| {
        matches!(found, Evidence::Figures { what, values, .. } if what == "free and half used spans" && values[9] == 7 << 20)
    });
    assert!(shown, "{:?}", finding.evidence);
}

#[test]
fn memory_that_the_limit_does_not_count_is_named_when_all_together_passes_it() {
    let c = |anonymous: u64| {
        with(limited(|_| (6 * MIB, 12 * MIB, 14 * MIB)), move |_, process, _| {
            process.rss = Bytes(anonymous * MIB + 2 * MIB);
        })
    };
    let finding = only(c(26));
    assert_eq!((finding.kind, finding.confidence), (LeakKind::Limit, Confidence::High));
    let words = "GOMEMLIMIT of 20 MiB is passed by memory that it does not count: 26 MiB are resident, of which Go \
                 has 14 MiB and C or mappings at least 12 MiB";
    assert!(finding.sentence.starts_with(words), "{}", finding.sentence);
    for below in [14, 19] {
        assert_eq!(judge(&[c(below)]).findings, [], "{below} MiB are below the limit");
    }
    // What Go itself has counts, and is told by the other sentences.
    let own = with(limited(|_| (8 * MIB, 11 * MIB, 20 * MIB)), |_, process, _| process.rss = Bytes(23 * MIB));
    assert_eq!(judge(&[own]).findings, []);
}

#[test]
fn a_limit_that_paces_the_collector_is_none_that_is_too_low() {
    let paced = limited(|_| (8 * MIB, 11 * MIB, 20 * MIB));
    let far = limited(|_| (8 * MIB, 8 * MIB, 12 * MIB));
    for run in [paced, far] {
        assert_eq!(judge(&[run]).findings, []);
    }
}
