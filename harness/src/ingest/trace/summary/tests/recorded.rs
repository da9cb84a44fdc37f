//! Traces recorded by real Go: parts add up to wholes, and what the recorded program does is found.

use std::ops::ControlFlow;

use std::collections::BTreeMap;

use super::{GoroutineExample, TraceSummary, Window, sum, summarized_of};
use crate::format::exectrace::Reader;
use crate::ingest::trace::summary::{Options, PROGRESS_EVERY, Progress, summarize};
use crate::model::trace::{Durations, Lives, ProcTimes, RunnableCause, StateTimes};
use crate::model::{GoroutineId, Nanoseconds};

/// Those with objects by type.
pub(in super::super) const RECORDED_ALLOC: [&str; 3] =
    ["alloc-go1.23.12.trace", "alloc-go1.26.8.trace", "alloc-go1.27.4.trace"];

const RECORDED: [&str; 9] = [
    "mixed-go1.23.12.trace",
    "mixed-go1.25.4.trace",
    "mixed-go1.26.8.trace",
    "mixed-go1.27.4.trace",
    "cpu-go1.25.4.trace",
    "cpu-go1.27.4.trace",
    "alloc-go1.23.12.trace",
    "alloc-go1.26.8.trace",
    "alloc-go1.27.4.trace",
];

/// Bytes of a recorded trace.
pub(in super::super) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The summary of a window, and every goroutine's life.
fn summarized(name: &str, window: Option<Window>) -> (TraceSummary, Vec<GoroutineExample>) {
    let (summary, lives) = summarized_of(&fixture(name), window);
    assert_eq!(summary.facts.problems, Vec::<String>::new(), "{name}");
    (summary, lives)
}

fn whole(name: &str) -> TraceSummary {
    summarized(name, None).0
}

fn plus(a: StateTimes, b: StateTimes) -> StateTimes {
    StateTimes {
        running: sum([a.running, b.running]),
        runnable: sum([a.runnable, b.runnable]),
        waiting: sum([a.waiting, b.waiting]),
        syscall: sum([a.syscall, b.syscall]),
    }
}

#[test]
fn a_goroutine_is_in_one_state_at_every_moment_of_its_life() {
    for name in RECORDED {
        let (summary, lives) = summarized(name, None);
        assert!(lives.len() > 5, "{name}");
        for life in lives {
            assert_eq!(life.time.total(), life.life, "{name}: goroutine {}", life.id);
            let end = life.ended.unwrap_or(summary.facts.end);
            let begin = life.created.unwrap_or(summary.facts.first);
            assert_eq!(end.since(begin), life.life, "{name}: goroutine {}", life.id);
        }
    }
}

#[test]
fn sites_add_up_to_groups_and_groups_to_all_goroutines() {
    let numbers = |lives: &Lives| {
        let Lives { seen, created, ended, alive, created_alive, .. } = *lives;
        [seen, created, ended, alive, created_alive, lives.ended_life.count, lives.alive_age.count]
    };
    let add = |a: [u64; 7], b: [u64; 7]| std::array::from_fn(|i| a[i] + b[i]);
    for name in RECORDED {
        let (summary, lives) = summarized(name, None);
        let all = &summary.goroutines.total;
        assert_eq!(lives.iter().map(|life| life.time).fold(StateTimes::default(), plus), all.time, "{name}");
        assert_eq!(lives.len() as u64, all.seen, "{name}");
        let groups = summary.goroutines.groups.iter();
        assert_eq!(groups.clone().map(|group| numbers(&group.lives)).fold([0; 7], add), numbers(all));
        let sites = groups.flat_map(|group| &group.sites);
        assert_eq!(sites.clone().map(|site| numbers(&site.lives)).fold([0; 7], add), numbers(all));
        assert_eq!(sites.map(|site| site.lives.time).fold(StateTimes::default(), plus), all.time, "{name}");
        assert_eq!(all.alive + all.ended, all.seen, "{name}");
        assert!((all.alive..=all.seen).contains(&summary.goroutines.peak), "{name}");
    }
}

#[test]
fn waiting_and_system_call_time_is_all_laid_at_a_place() {
    for name in RECORDED {
        let summary = whole(name);
        let all = &summary.goroutines.total;
        assert_eq!(sum(all.waits.iter().map(|wait| wait.time)), all.time.waiting, "{name}");
        assert_eq!(sum(summary.blocking.iter().map(|site| site.total)), all.time.waiting, "{name}");
        assert_eq!(sum(summary.syscalls.iter().map(|site| site.total)), all.time.syscall, "{name}");
        let blocks =
            |kind| summary.facts.events_by_kind.iter().find(|row| row.kind == kind).map(|row| row.count);
        let calls: u64 = summary.syscalls.iter().map(|site| site.count).sum();
        assert_eq!(Some(calls), blocks("GoSyscallBegin"), "{name}");
        let waits: u64 = summary.blocking.iter().map(|site| site.count).sum();
        let created_blocked = blocks("GoCreateBlocked").unwrap_or(0);
        assert_eq!(Some(waits - created_blocked), blocks("GoBlock"), "{name}");
    }
}

#[test]
fn every_start_has_a_latency_or_is_a_hand_over_between_coroutines() {
    for name in RECORDED {
        let TraceSummary { facts, latency, goroutines, .. } = whole(name);
        let starts = facts.events_by_kind.iter().find(|row| row.kind == "GoStart").unwrap().count;
        assert_eq!(latency.all.count + latency.coroutine_switches, starts, "{name}");
        assert_eq!(latency.histogram.iter().map(|bucket| bucket.count).sum::<u64>(), latency.all.count);
        assert!(latency.all.total <= goroutines.total.time.runnable, "{name}: some never got to run");
        assert!(latency.worst.windows(2).all(|pair| pair[0].waited >= pair[1].waited), "{name}");
        assert_eq!(latency.worst[0].waited, latency.all.max, "{name}");
    }
}

#[test]
fn a_processor_does_one_thing_at_every_moment() {
    for name in RECORDED {
        let TraceSummary { facts, procs, goroutines, .. } = whole(name);
        let total = |times: &ProcTimes| sum([times.running, times.idle, times.syscall]);
        assert_eq!(total(&procs.procs[0].1), facts.duration(), "{name}: the first is there from the begin");
        assert!(procs.procs.iter().all(|(_, times)| total(times) <= facts.duration()), "{name}");
        assert!(procs.procs.len() as u64 <= facts.gomaxprocs.unwrap().max, "{name}");
        assert!(goroutines.total.time.running <= procs.total.running, "{name}: the scheduler runs too");
        let starts = facts.events_by_kind.iter().find(|row| row.kind == "ProcStart");
        assert_eq!(procs.total.starts, starts.map_or(0, |row| row.count), "{name}");
    }
}

/// All that adds up over adjacent windows, by name.
type Additive = BTreeMap<String, i64>;

fn additive(summary: &TraceSummary, lives: &[GoroutineExample]) -> Additive {
    let mut all = Additive::new();
    let mut put = |name: String, value: i64| *all.entry(name).or_default() += value;
    let count = |count: u64| i64::try_from(count).unwrap();
    put("duration".into(), summary.facts.duration().0);
    summary.facts.events_by_kind.iter().for_each(|row| put(format!("event {}", row.kind), count(row.count)));
    for life in lives {
        put(format!("{} running", life.id), life.time.running.0);
        put(format!("{} runnable", life.id), life.time.runnable.0);
        put(format!("{} waiting", life.id), life.time.waiting.0);
        put(format!("{} syscall", life.id), life.time.syscall.0);
    }
    for site in &summary.blocking {
        put(format!("wait {} {:?}", site.reason, site.stack), site.total.0);
        put(format!("waits {} {:?}", site.reason, site.stack), count(site.count));
    }
    for site in &summary.syscalls {
        put(format!("call {:?}", site.stack), site.total.0);
        put(format!("calls {:?}", site.stack), count(site.count));
        put(format!("calls blocked {:?}", site.stack), count(site.blocked));
    }
    for (id, times) in &summary.procs.procs {
        put(format!("proc {id} running"), times.running.0);
        put(format!("proc {id} idle"), times.idle.0);
        put(format!("proc {id} syscall"), times.syscall.0);
        put(format!("proc {id} taken"), count(times.starts + times.steals));
    }
    for row in &summary.latency.by_cause {
        put(format!("latency {:?}", row.cause), row.latency.total.0);
        put(format!("latencies {:?}", row.cause), count(row.latency.count));
    }
    summary.stops.iter().for_each(|stop| put(format!("stop {}", stop.reason), count(stop.count)));
    for site in summary.goroutines.groups.iter().flat_map(|group| &group.sites) {
        let name = format!("{:?} {:?}", site.start, site.created_by);
        put(format!("created {name}"), count(site.lives.created));
        put(format!("ended {name}"), count(site.lives.ended));
        put(format!("lives {name}"), site.lives.ended_life.total.0);
    }
    for row in &summary.user.tasks {
        put(format!("tasks {}", row.name), count(row.begun));
        put(format!("task {}", row.name), row.complete.total.0);
    }
    for row in &summary.user.regions {
        put(format!("regions {}", row.name), count(row.begun));
        put(format!("region {}", row.name), row.complete.total.0);
    }
    summary.user.logs.iter().for_each(|row| put(format!("logs {}", row.category), count(row.count)));
    summary.samples.stacks.iter().for_each(|row| put(format!("sample {:?}", row.stack), count(row.count)));
    all.retain(|_, value| *value != 0);
    all
}

/// Windows of a trace cut at these parts (in thousandths) of its length.
fn windows(duration: Nanoseconds, cuts: &[i64]) -> Vec<Window> {
    let at =
        |part: i64| Nanoseconds(i64::try_from(i128::from(duration.0) * i128::from(part) / 1000).unwrap());
    let froms = [0].iter().chain(cuts);
    let tos = cuts.iter().map(|&cut| Some(at(cut))).chain([None]);
    froms.zip(tos).map(|(&from, to)| Window { from: at(from), to }).collect()
}

#[test]
fn figures_of_adjacent_windows_add_up_to_those_of_both() {
    for name in RECORDED {
        let (summary, lives) = summarized(name, None);
        let expected = additive(&summary, &lives);
        for cuts in [&[500][..], &[1, 20, 21], &[100, 200, 300, 400, 500, 600, 700, 800, 900], &[999]] {
            let mut added = Additive::new();
            for window in windows(summary.facts.duration(), cuts) {
                let (part, lives) = summarized(name, Some(window));
                for (key, value) in additive(&part, &lives) {
                    *added.entry(key).or_default() += value;
                }
            }
            let differ: Vec<_> = expected
                .keys()
                .chain(added.keys())
                .filter(|key| expected.get(*key) != added.get(*key))
                .map(|key| (key, expected.get(key), added.get(key)))
                .collect();
            assert_eq!(differ, [], "{name} cut at {cuts:?}");
        }
    }
}

#[test]
fn a_window_beyond_the_trace_is_empty_and_one_around_it_is_all_of_it() {
    let name = "mixed-go1.26.8.trace";
    let expected = whole(name);
    let day = Nanoseconds(86_400_000_000_000);
    let (beyond, lives) = summarized(name, Some(Window { from: day, to: None }));
    assert_eq!((beyond.facts.duration(), beyond.facts.events), (Nanoseconds(0), 0));
    assert_eq!(beyond.goroutines.total.time, StateTimes::default());
    assert!(lives.iter().all(|life| life.ended.is_none()), "those that ended are not part of it");
    let (around, _) = summarized(name, Some(Window { from: Nanoseconds(-5), to: Some(day) }));
    assert_eq!(TraceSummary { window: None, ..around }, expected);
}

#[test]
fn goroutines_that_nobody_ends_are_found_where_they_were_created_and_blocked() {
    for name in ["mixed-go1.23.12.trace", "mixed-go1.26.8.trace", "mixed-go1.27.4.trace"] {
        let summary = whole(name);
        let leak = &summary.goroutines.groups[0];
        assert_eq!(leak.start, "main.leak.func1", "{name}: most alive at the end come first");
        assert_eq!((leak.lives.created_alive, leak.lives.ended, leak.sites.len()), (5, 0, 1));
        let [site] = &leak.sites[..] else { panic!("{name}: {:?}", leak.sites) };
        let made = &site.created_by[0];
        assert_eq!((&*made.function, made.line), ("main.leak", 36), "{name}");
        let [wait] = &site.last_waits[..] else { panic!("{name}: {:?}", site.last_waits) };
        assert_eq!((&*wait.reason, wait.count, wait.blocked), ("chan receive", 5, 5), "{name}");
        assert!(wait.stack.iter().any(|frame| &*frame.function == "main.leak.func1"), "{name}");
        assert!(wait.longest <= leak.lives.alive_age.max && leak.lives.alive_age.count == 5, "{name}");
        let ids: Vec<GoroutineId> = site.examples.iter().map(|example| example.id).collect();
        assert_eq!(ids.len(), 5, "{name}");
        assert!(site.examples.windows(2).all(|pair| pair[0].life >= pair[1].life), "{name}: longest first");
    }
}

#[test]
fn goroutines_older_than_the_trace_are_named_by_the_outermost_frame_of_their_stack() {
    for name in ["mixed-go1.23.12.trace", "mixed-go1.27.4.trace"] {
        let summary = whole(name);
        let older = |start| {
            let group = summary.goroutines.groups.iter().find(|group| group.start == start).unwrap();
            (group.lives.seen, group.lives.created, group.lives.alive, group.sites[0].created_by.len())
        };
        assert_eq!(older("main.main"), (1, 0, 1, 0), "{name}");
        assert_eq!(older("main.record.func1"), (1, 0, 1, 0), "{name}");
        assert!(summary.goroutines.groups.iter().all(|group| group.start != "?"), "{name}");
        assert!(summary.latency.worst.iter().all(|slow| slow.start != "?"), "{name}");
    }
}

#[test]
fn what_the_recorded_program_does_is_told_in_its_words() {
    for name in ["mixed-go1.23.12.trace", "mixed-go1.25.4.trace", "mixed-go1.27.4.trace"] {
        let summary = whole(name);
        let waits = |reason: &str| {
            let sites = summary.blocking.iter().filter(|site| site.reason == reason);
            sites.map(|site| site.count).sum::<u64>()
        };
        assert!(waits("sleep") >= 16 && waits("select") >= 3 && waits("coroutine") > 6, "{name}");
        let tasks: Vec<_> =
            summary.user.tasks.iter().map(|task| (&*task.name, task.parent.as_deref())).collect();
        assert_eq!(tasks, [("round", None), ("child", Some("round"))], "{name}");
        let [round, child] = &summary.user.tasks[..] else { panic!() };
        assert_eq!((round.begun, round.open, round.complete.count), (3, 0, 3), "{name}");
        assert_eq!((child.begun, child.open, child.complete.count), (3, 1, 2), "{name}: one stays open");
        let regions: Vec<_> = summary.user.regions.iter().map(|region| &*region.name).collect();
        assert_eq!(regions, ["outer", "inner"], "{name}: the outer one takes longer");
        assert!(summary.user.regions.iter().all(|region| region.task.as_deref() == Some("round")), "{name}");
        let [log] = &summary.user.logs[..] else { panic!() };
        assert_eq!((&*log.category, log.count, log.last.len()), ("category", 3, 3), "{name}");
        assert_eq!((&*log.last[0].message, log.last[0].task.as_deref()), ("message ünïcode", Some("round")));
        assert!(summary.latency.by_cause.iter().any(|row| row.cause == RunnableCause::Unblocked), "{name}");
        let gomaxprocs = summary.facts.gomaxprocs.unwrap();
        assert_eq!((gomaxprocs.first, gomaxprocs.last, gomaxprocs.max), (2, 3, 3), "{name}");
        assert!(summary.facts.generations >= 1 && summary.facts.threads >= 2, "{name}");
    }
}

#[test]
fn clocks_and_versions_are_told_if_the_trace_has_them() {
    let old = whole("mixed-go1.23.12.trace").facts;
    assert_eq!((&*old.format, old.wall_start), ("1.23", None));
    let new = whole("mixed-go1.27.4.trace").facts;
    let year = 365 * 86_400 * 1_000_000_000i64;
    assert_eq!(new.format, "1.26");
    assert!(new.wall_start.unwrap().0 > 50 * year, "recorded after 2020: {:?}", new.wall_start);
}

#[test]
fn cpu_samples_are_counted_by_stack() {
    for name in ["cpu-go1.25.4.trace", "cpu-go1.27.4.trace"] {
        let samples = whole(name).samples;
        assert!(samples.total > 5, "{name}");
        assert!(samples.stacks.windows(2).all(|pair| pair[0].count >= pair[1].count), "{name}");
        let in_main =
            |stack: &crate::model::Stack| stack.iter().any(|frame| frame.function.starts_with("main."));
        assert!(in_main(&samples.stacks[0].stack), "{name}: {:?}", samples.stacks[0]);
    }
    assert_eq!(whole("mixed-go1.26.8.trace").samples.total, 0);
}

#[test]
fn a_trace_cut_off_anywhere_gives_a_summary_of_what_was_there() {
    let data = fixture("mixed-go1.26.8.trace");
    for len in (16..data.len()).step_by(977) {
        let mut reader = Reader::new("cut", &data[..len]).unwrap();
        let summary = summarize(&mut reader, Options::default());
        let all = &summary.goroutines.total;
        assert_eq!(sum(all.waits.iter().map(|wait| wait.time)), all.time.waiting, "{len}");
        assert_eq!(all.alive + all.ended, all.seen, "{len}");
        assert!(summary.facts.end >= summary.facts.first, "{len}");
    }
}

#[test]
fn a_trace_without_events_is_no_trouble() {
    let mut reader = Reader::new("empty", b"go 1.26 trace\0\0\0").unwrap();
    let summary = summarize(&mut reader, Options::default());
    assert_eq!(summary.facts.format, "1.26");
    assert_eq!(summary.goroutines.total, Lives::default());
    assert_eq!(summary.latency.all, Durations::default());
    assert_eq!(summary.procs.total.running, Nanoseconds(0));
}

#[test]
fn a_summary_survives_its_json() {
    let summary = whole("mixed-go1.26.8.trace");
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<TraceSummary>(&json).unwrap(), summary);
}

#[test]
fn progress_is_told_with_growing_numbers() {
    let data = fixture("mixed-go1.26.8.trace");
    let mut reader = Reader::new("t", &data).unwrap();
    let mut told = Vec::new();
    let mut listener = |progress: Progress| {
        told.push(progress);
        ControlFlow::Continue(())
    };
    let summary = summarize(&mut reader, Options { progress: Some(&mut listener), ..Options::default() });
    assert_eq!(told.len() as u64, summary.facts.events / PROGRESS_EVERY);
    assert!(told.len() > 1 && told.windows(2).all(|pair| pair[0].events < pair[1].events), "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0].time < pair[1].time), "{told:?}");
    assert!(
        told.iter().all(|progress| progress.len == data.len() as u64 && progress.position <= progress.len)
    );
}

#[test]
fn who_is_told_of_the_progress_can_end_the_reading() {
    let data = fixture("mixed-go1.26.8.trace");
    let mut reader = Reader::new("t", &data).unwrap();
    let mut stop = |_: Progress| ControlFlow::Break(());
    let summary = summarize(&mut reader, Options { progress: Some(&mut stop), ..Options::default() });
    assert_eq!(summary.facts.events, PROGRESS_EVERY);
}
