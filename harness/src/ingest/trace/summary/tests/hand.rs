//! Hand-made traces. A tick is a nanosecond, `+N` is the time since the line before, and the last
//! event of a trace is the sync event one nanosecond after the last line's.

use harness_synth::encode;

use super::{GoroutineExample, TraceSummary, Window, summarized_of};
use crate::model::trace::{BlockingSite, ProcTimes, RunnableCause, StateTimes, SyscallSite};
use crate::model::{GoroutineId, Nanoseconds, TraceTime};

/// One goroutine makes another, waits for it and goes on; the other calls the system, is preempted,
/// and stays blocked.
const TWO: &str = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +80 GoCreate g=7 start="main.work a.go:30" stack="main.spawn a.go:3; main.main a.go:9"
  +100 GoBlock reason="chan receive" stack="main.main a.go:10"
  +50 GoStart g=7 seq=1
  +100 GoSyscallBegin seq=1 stack="syscall.read s.go:1; main.work a.go:31"
  +30 GoSyscallEnd
  +20 GoStop reason="preempted" stack="main.work a.go:32"
  +5 GoStart g=7 seq=2
  +95 GoUnblock g=1 seq=1 stack="main.work a.go:33"
  +100 GoBlock reason="select" stack="main.work a.go:34"
  +20 GoStart g=1 seq=2
  +380 HeapAlloc bytes=4096
end
"#;

fn summarized(text: &str, window: Option<Window>) -> (TraceSummary, Vec<GoroutineExample>) {
    let trace = encode(text, 26).unwrap_or_else(|error| panic!("{error:?}"));
    let (summary, mut lives) = summarized_of(&trace.bytes, window);
    assert_eq!(summary.facts.problems, Vec::<String>::new());
    lives.sort_by_key(|life| life.id);
    (summary, lives)
}

fn times([running, runnable, waiting, syscall]: [i64; 4]) -> StateTimes {
    let [running, runnable, waiting, syscall] = [running, runnable, waiting, syscall].map(Nanoseconds);
    StateTimes { running, runnable, waiting, syscall }
}

/// Reason and innermost function of each wait site, then count, carried, open, total, max.
fn waits(summary: &TraceSummary) -> Vec<(&str, &str, [i64; 5])> {
    let row = |site: &BlockingSite| {
        let [begun, carried, open] = [site.count, site.carried, site.open].map(count);
        [begun, carried, open, site.total.0, site.max.0]
    };
    let sites = summary.blocking.iter();
    sites
        .map(|site| (&*site.reason, site.stack.first().map_or("", |frame| &*frame.function), row(site)))
        .collect()
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap()
}

fn causes(summary: &TraceSummary) -> Vec<(RunnableCause, u64, i64)> {
    let row =
        |row: &crate::model::trace::RunnableLatency| (row.cause, row.latency.count, row.latency.total.0);
    summary.latency.by_cause.iter().map(row).collect()
}

#[test]
fn every_nanosecond_of_two_goroutines_is_where_it_was_spent() {
    let (summary, lives) = summarized(TWO, None);
    assert_eq!((summary.facts.first, summary.facts.end), (TraceTime(1000), TraceTime(2001)));
    let [main, worker] = &lives[..] else { panic!("{lives:?}") };
    assert_eq!((main.id, main.created, main.ended), (GoroutineId(1), None, None));
    assert_eq!(main.time, times([200 + 381, 120, 300, 0]));
    assert_eq!(
        (worker.id, worker.created, worker.life),
        (GoroutineId(7), Some(TraceTime(1100)), Nanoseconds(901))
    );
    assert_eq!(worker.time, times([100 + 20 + 195, 150 + 5, 401, 30]));
    assert_eq!(
        waits(&summary),
        [("select", "main.work", [1, 0, 1, 401, 401]), ("chan receive", "main.main", [1, 0, 0, 300, 300])]
    );
    let [SyscallSite { stack, count, carried: 0, open: 0, blocked: 0, total, .. }] = &summary.syscalls[..]
    else {
        panic!("{:?}", summary.syscalls)
    };
    assert_eq!((&*stack[0].function, *count, total.0), ("syscall.read", 1, 30));
    assert_eq!(
        causes(&summary),
        [
            (RunnableCause::Created, 1, 150),
            (RunnableCause::Unblocked, 1, 120),
            (RunnableCause::Preempted, 1, 5)
        ]
    );
    let worst = &summary.latency.worst[0];
    assert_eq!((worst.goroutine, worst.at, worst.waited.0), (GoroutineId(7), TraceTime(1250), 150));
    assert_eq!(worst.start, "main.work");
    let expected =
        ProcTimes { running: Nanoseconds(350 + 621), syscall: Nanoseconds(30), ..ProcTimes::default() };
    assert_eq!(summary.procs.procs, [(0, expected)]);
    assert_eq!(summary.goroutines.peak, 2);
}

#[test]
fn a_creation_site_tells_who_made_what_and_what_it_waits_for() {
    let (summary, _) = summarized(TWO, None);
    let work = summary.goroutines.groups.iter().find(|group| group.start == "main.work").unwrap();
    let [site] = &work.sites[..] else { panic!("{:?}", work.sites) };
    let by: Vec<_> = site.created_by.iter().map(|frame| (&*frame.function, frame.line)).collect();
    assert_eq!(by, [("main.spawn", 3), ("main.main", 9)]);
    assert_eq!(site.start.as_ref().map(|frame| frame.line), Some(30));
    assert_eq!((site.lives.created_alive, site.lives.ended, site.lives.seen), (1, 0, 1));
    let [wait] = &site.last_waits[..] else { panic!("{:?}", site.last_waits) };
    assert_eq!((&*wait.reason, wait.count, wait.blocked, wait.longest.0), ("select", 1, 1, 401));
    let main = summary.goroutines.groups.iter().find(|group| group.start == "main.main").unwrap();
    assert_eq!(main.sites[0].last_waits[0].blocked, 0, "it waited last for a channel, and runs");
}

#[test]
fn a_window_clips_what_reaches_into_it_and_counts_what_begins_in_it() {
    let window = Window { from: Nanoseconds(300), to: Some(Nanoseconds(900)) };
    let (summary, lives) = summarized(TWO, Some(window));
    assert_eq!((summary.facts.begin, summary.facts.end), (TraceTime(1300), TraceTime(1900)));
    assert_eq!(lives[0].time, times([280, 120, 200, 0]));
    assert_eq!(lives[1].time, times([50 + 20 + 195, 5, 300, 30]));
    assert_eq!(
        waits(&summary),
        [("select", "main.work", [1, 0, 1, 300, 300]), ("chan receive", "main.main", [0, 1, 0, 200, 200])]
    );
    let all = &summary.goroutines.total;
    assert_eq!((all.seen, all.created, all.alive, all.created_alive), (2, 0, 2, 0));
    assert_eq!(
        causes(&summary),
        [(RunnableCause::Unblocked, 1, 120), (RunnableCause::Preempted, 1, 5)],
        "the one that was created ran before"
    );
    assert_eq!(all.alive_age.max.0, 900, "an age is whole");
}

#[test]
fn a_goroutine_that_first_shows_after_the_window_was_there_all_along() {
    let text = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +980 GoStatusStack g=9 m=none state=waiting stack="main.sleeper a.go:7"
  +10 ProcStatus p=1 state=idle
end
"#;
    let window = Window { from: Nanoseconds(100), to: Some(Nanoseconds(200)) };
    let (summary, lives) = summarized(text, Some(window));
    assert_eq!(lives[1].id, GoroutineId(9));
    assert_eq!(lives[1].time, times([0, 0, 100, 0]));
    assert_eq!(summary.goroutines.peak, 2);
    assert!(summary.goroutines.groups.iter().any(|group| group.start == "main.sleeper"));
    assert_eq!(summary.procs.procs[1].1.idle, Nanoseconds(100));
    assert_eq!(summary.facts.events, 0);
}

#[test]
fn a_system_call_that_loses_its_processor_is_blocked_and_its_processor_idle() {
    let text = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +80 GoSyscallBegin seq=1 stack="syscall.read s.go:1; main.main a.go:2"
  +500 GoSyscallEndBlocked
thread 20 at=1000
  +15 ProcStatus p=1 state=running
  +385 ProcSteal p=0 seq=2 m=10
  +300 GoStart g=1 seq=1
  +100 GoDestroy
end
"#;
    let (summary, lives) = summarized(text, None);
    let [call] = &summary.syscalls[..] else { panic!("{:?}", summary.syscalls) };
    assert_eq!((call.count, call.blocked, call.open, call.total.0), (1, 1, 0, 500));
    assert_eq!(causes(&summary), [(RunnableCause::Syscall, 1, 100)]);
    assert_eq!(lives[0].time, times([100 + 100, 100, 0, 500]));
    assert_eq!((lives[0].ended, lives[0].life.0), (Some(TraceTime(1800)), 800));
    assert_eq!(summary.goroutines.total.ended_life.max.0, 800);
    let [(0, stolen), (1, thief)] = &summary.procs.procs[..] else { panic!("{:?}", summary.procs) };
    let expected = [stolen.running.0, stolen.syscall.0, stolen.idle.0, count(stolen.steals)];
    assert_eq!(expected, [100, 300, 401, 1]);
    assert_eq!((thief.running.0, thief.steals), (801, 0));
    assert_eq!(summary.facts.threads, 2);
}

#[test]
fn what_spans_generations_is_one_wait_one_task_one_region() {
    let text = r#"
generation 1
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +80 UserTaskBegin task=5 parent=0 name="fetch" stack="main.main a.go:1"
  +10 UserRegionBegin task=5 name="read" stack="main.main a.go:2"
  +90 GoCreate g=7 start="main.work a.go:30" stack="main.main a.go:3"
  +100 GoBlock reason="sleep" stack="main.main a.go:10"
end
generation 2
thread 10 at=2000
  +10 ProcStatus p=0 state=running
  +10 GoStatusStack g=1 m=none state=waiting stack="main.main a.go:10"
  +10 GoStatus g=7 m=none state=runnable
  +70 GoUnblock g=1 seq=1
  +100 GoStart g=1 seq=2
  +10 UserLog task=5 key="progress" value="half" stack="main.main a.go:4"
  +40 UserRegionEnd task=5 name="read" stack="main.main a.go:2"
  +50 UserTaskEnd task=5 stack="main.main a.go:1"
end
"#;
    let (summary, lives) = summarized(text, None);
    assert_eq!(waits(&summary), [("sleep", "main.main", [1, 0, 0, 800, 800])]);
    assert_eq!(lives[0].time, times([300 + 101, 100, 800, 0]));
    assert_eq!(lives[1].time, times([0, 1101, 0, 0]), "it never got to run");
    assert_eq!(summary.latency.all.count, 1, "nor has it a latency");
    let [task] = &summary.user.tasks[..] else { panic!("{:?}", summary.user) };
    assert_eq!((&*task.name, task.begun, task.open, task.complete.total.0), ("fetch", 1, 0, 1200));
    let [region] = &summary.user.regions[..] else { panic!("{:?}", summary.user) };
    assert_eq!(
        (&*region.name, region.task.as_deref(), region.complete.total.0),
        ("read", Some("fetch"), 1140)
    );
    let [log] = &summary.user.logs[..] else { panic!("{:?}", summary.user) };
    assert_eq!(
        (&*log.category, &*log.last[0].message, log.last[0].at),
        ("progress", "half", TraceTime(2210))
    );
    assert_eq!(summary.facts.generations, 2);
}

#[test]
fn what_began_before_the_trace_ends_without_a_duration() {
    let text = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +10 UserRegionEnd task=3 name="read" stack="main.main a.go:2"
  +10 UserTaskEnd task=3 stack="main.main a.go:1"
  +10 UserRegionBegin task=0 name="write" stack="main.main a.go:3"
  +10 GoDestroy
end
"#;
    let (summary, _) = summarized(text, None);
    let [task] = &summary.user.tasks[..] else { panic!("{:?}", summary.user) };
    assert_eq!((&*task.name, task.ended_only, task.begun, task.complete.count), ("?", 1, 0, 0));
    let region = |name| summary.user.regions.iter().find(|region| region.name == name).unwrap();
    let (read, write) = (region("read"), region("write"));
    assert_eq!((read.task.as_deref(), read.ended_only, read.complete.count), (Some("?"), 1, 0));
    assert_eq!((write.task.as_deref(), write.begun, write.open), (None, 1, 0), "its goroutine is gone");
}

#[test]
fn hand_overs_between_coroutines_are_no_latency() {
    let text = r#"
thread 10 at=1000
  +10 ProcStatus p=0 state=running
  +10 GoStatus g=1 m=10 state=running
  +80 GoCreateBlocked g=8 start="runtime.corostart r.go:1" stack="iter.Pull i.go:2; main.main a.go:3"
  +100 GoSwitch g=8 seq=1
  +100 GoSwitchDestroy g=1 seq=1
  +100 GoDestroy
end
"#;
    let (summary, lives) = summarized(text, None);
    assert_eq!((summary.latency.all.count, summary.latency.coroutine_switches), (0, 2));
    let [main, coroutine] = &lives[..] else { panic!("{lives:?}") };
    assert_eq!((main.life.0, main.time.syscall.0), (400, 0));
    assert_eq!(coroutine.time.waiting, Nanoseconds(100));
    let [wait] = &summary.blocking[..] else { panic!("{:?}", summary.blocking) };
    assert_eq!((&*wait.reason, wait.count, wait.stack.len()), ("coroutine", 2, 0));
}

#[test]
fn a_callback_from_c_is_a_goroutine_in_a_system_call() {
    let text = r#"
thread 10 at=1000
  +100 GoCreateSyscall g=7
  +10 ProcStatus p=0 state=idle
  +10 ProcStart p=0 seq=1
  +10 GoSyscallEndBlocked
  +10 GoStart g=7 seq=1
  +10 GoSyscallBegin seq=2 stack="main._Cfunc_sleep c.go:1; runtime.cgocallbackg r.go:5"
  +50 GoDestroySyscall
end
"#;
    let (summary, lives) = summarized(text, None);
    // The reader puts the loss of the processor one nanosecond before the end.
    assert_eq!(lives[0].time, times([10, 10, 0, 30 + 51]));
    assert_eq!((lives[0].created, lives[0].ended), (Some(TraceTime(1100)), Some(TraceTime(1201))));
    assert_eq!(summary.goroutines.groups[0].start, "runtime.cgocallbackg");
    assert_eq!(summary.procs.total.steals, 0, "nobody else wanted the processor");
    assert_eq!(summary.syscalls.iter().map(|site| site.count).sum::<u64>(), 2);
}

#[test]
fn names_that_a_program_composes_become_others_at_some_point() {
    // In several generations: a string table has at most 64 KiB.
    let generation = |number: u64| {
        let at = number * 1_000_000;
        let logs = (0..1700).map(|i| {
            format!("  UserLog task=0 key=\"request {number} {i}\" value=\"x\" stack=\"main.main a.go:1\"\n")
        });
        let logs: String = logs.collect();
        format!(
            "generation {number}\nthread 10 at={at}\n  ProcStatus p=0 state=running\n  \
             GoStatus g=1 m=10 state=running\n{logs}end\n"
        )
    };
    let (summary, _) = summarized(&(1..=3).map(generation).collect::<String>(), None);
    let logs = &summary.user.logs;
    assert_eq!(logs.iter().map(|log| log.count).sum::<u64>(), 5100);
    assert!((4000..=4097).contains(&logs.len()), "{}", logs.len());
    assert_eq!((&*logs[0].category, logs[0].last.len()), ("(others)", 5));
    assert_eq!((logs[1].count, &*logs[1].last[0].message), (1, "x"));
}
