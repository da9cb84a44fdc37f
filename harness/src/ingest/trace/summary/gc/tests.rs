//! The collector: on traces recorded by real Go, and on sequences made by hand.

use super::super::tests::fixture;
use super::super::{Options, summarize};
use super::*;
use crate::format::exectrace::{Event, Reader, StringId};
use crate::model::Nanoseconds;
use crate::model::trace::{GcCycleTimes, TraceSummary, Window, WorkerTimes};

const RECORDED: [&str; 4] =
    ["mixed-go1.23.12.trace", "mixed-go1.25.4.trace", "mixed-go1.26.8.trace", "mixed-go1.27.4.trace"];

fn summarized(name: &str, window: Option<Window>) -> TraceSummary {
    let data = fixture(name);
    let mut reader = Reader::new(name, &data).unwrap();
    summarize(&mut reader, Options { window, ..Options::default() })
}

/// Times of GC events by Go's own reader.
fn golden(name: &str, what: &str) -> Vec<TraceTime> {
    let golden = String::from_utf8(fixture(&name.replace(".trace", ".golden"))).unwrap();
    let prefix = format!("gc {what} ");
    let times = golden.lines().filter_map(|line| line.strip_prefix(&prefix)?.parse().ok());
    times.map(TraceTime).collect()
}

#[test]
fn cycles_begin_and_end_where_go_says_even_across_generations() {
    for name in RECORDED {
        let cycles = summarized(name, None).gc.cycles;
        let times =
            |time: fn(&GcCycleTimes) -> Option<TraceTime>| cycles.iter().filter_map(time).collect::<Vec<_>>();
        assert!(cycles.len() > 2, "{name}");
        assert_eq!(times(|cycle| cycle.begin), golden(name, "RangeBegin"), "{name}");
        assert_eq!(times(|cycle| cycle.end), golden(name, "RangeEnd"), "{name}");
        assert!(cycles.iter().map(|cycle| cycle.index).eq(1..=cycles.len() as u64), "{name}");
        assert!(cycles.iter().all(|cycle| cycle.marked.is_some() && cycle.goal.is_some()), "{name}");
    }
}

#[test]
fn a_cycle_marks_concurrently_between_its_stops_with_workers() {
    for name in RECORDED {
        let gc = summarized(name, None).gc;
        for cycle in gc.cycles.iter().filter(|cycle| cycle.begin.is_some() && cycle.end.is_some()) {
            let WorkerTimes { dedicated, fractional, idle } = cycle.workers;
            assert!(dedicated.0 + fractional.0 + idle.0 > 0, "{name} {}: nobody marked", cycle.index);
            assert!(
                cycle.concurrent_mark.0 > 0 && cycle.concurrent_mark < cycle.mark,
                "{name} {}",
                cycle.index
            );
        }
        let sum = |figure: fn(&GcCycleTimes) -> i64| gc.cycles.iter().map(figure).sum::<i64>();
        assert_eq!(sum(|cycle| cycle.assist.0), gc.assists.total.0, "{name}");
        assert_eq!(sum(|cycle| cycle.workers.idle.0), gc.workers.idle.0, "{name}");
        assert_eq!(gc.mark.count, gc.ended, "{name}");
        let sites: i64 = gc.sweeps.sites.iter().map(|site| site.total.0).sum();
        let groups: i64 = gc.sweeps.groups.iter().map(|group| group.total.0).sum();
        assert_eq!((sites, groups), (gc.sweeps.total.0, gc.sweeps.total.0), "{name}");
    }
}

#[test]
fn adjacent_windows_add_up() {
    for name in RECORDED {
        let whole = summarized(name, None);
        let middle = Nanoseconds(whole.facts.duration().0 / 2);
        let parts = [
            summarized(name, Some(Window { from: Nanoseconds(0), to: Some(middle) })).gc,
            summarized(name, Some(Window { from: middle, to: None })).gc,
        ];
        let sum = |figure: fn(&GcSummary) -> i64| parts.iter().map(figure).sum::<i64>();
        let same = |what: &str, figure: fn(&GcSummary) -> i64| {
            assert_eq!(sum(figure), figure(&whole.gc), "{name}: {what}");
        };
        same("begun", |gc| gc.begun.cast_signed());
        same("ended", |gc| gc.ended.cast_signed());
        same("swept", |gc| gc.swept.0.cast_signed());
        same("sweeping", |gc| gc.sweeps.total.0);
        same("sweeps", |gc| gc.sweeps.count.cast_signed());
        same("assists", |gc| gc.assists.total.0);
        same("workers", |gc| gc.workers.dedicated.0 + gc.workers.fractional.0 + gc.workers.idle.0);
        same("stops", |gc| gc.stops.iter().map(|stop| stop.stopped.total.0).sum());
        same("marking", |gc| gc.cycles.iter().map(|cycle| cycle.mark.0).sum());
        same("concurrent marking", |gc| gc.cycles.iter().map(|cycle| cycle.concurrent_mark.0).sum());
    }
}

/// Feeds events made by hand, from two goroutines on two processors of a recorded trace.
struct Fed {
    gc: Gc,
    donors: Vec<Event>,
    data: Vec<u8>,
    texts: Texts,
}

impl Fed {
    fn new() -> Self {
        let data = fixture(RECORDED[2]);
        let mut reader = Reader::new("donor.trace", &data).unwrap();
        let mut donors: Vec<Event> = Vec::new();
        while let (Some(event), true) = (reader.next_event(), donors.len() < 2) {
            let other =
                |donor: &Event| donor.goroutine() != event.goroutine() && donor.proc() != event.proc();
            if event.goroutine().is_some() && event.proc().is_some() && donors.iter().all(other) {
                donors.push(event);
            }
        }
        let clip = Clip::new(TraceTime(0), None);
        let data = b"go 1.26 trace\0\0\0".to_vec();
        Self { gc: Gc::new(clip), donors, data, texts: Texts::default() }
    }

    fn feed(&mut self, at: i64, donor: usize, kind: EventKind) {
        let reader = Reader::new("hand.trace", &self.data).unwrap();
        let mut event = self.donors[donor];
        event.time = TraceTime(at);
        let clip = Clip::new(TraceTime(0), None);
        let texts = &mut self.texts;
        self.gc.event(&mut Seen { event: &event, kind: &kind, reader: &reader, texts, clip });
    }

    fn finish(self, end: i64) -> GcSummary {
        self.gc.finish(TraceTime(end), &self.texts)
    }
}

#[test]
fn a_cycle_that_runs_when_the_trace_begins_has_no_begin_and_one_that_runs_at_its_end_no_end() {
    let mut fed = Fed::new();
    fed.feed(5, 0, EventKind::GcActive { seq: 1 });
    fed.feed(6, 0, EventKind::HeapGoal { goal: Bytes(400) });
    fed.feed(40, 0, EventKind::HeapAlloc { live: Bytes(100) });
    fed.feed(50, 0, EventKind::GcEnd { seq: 2 });
    fed.feed(60, 0, EventKind::GcSweepBegin);
    fed.feed(65, 0, EventKind::GcSweepEnd { swept: Bytes(8192), reclaimed: Bytes(64) });
    fed.feed(80, 0, EventKind::GcBegin { seq: 3 });
    let gc = fed.finish(100);
    let [first, second] = gc.cycles.as_slice() else { panic!("{:?}", gc.cycles) };
    assert_eq!((first.index, first.begin, first.end), (1, None, Some(TraceTime(50))));
    assert_eq!((first.goal, first.marked), (Some(Bytes(400)), Some(Bytes(100))));
    assert_eq!((first.mark, first.sweep), (Nanoseconds(50), Nanoseconds(5)));
    assert_eq!((first.swept, first.reclaimed), (Bytes(8192), Bytes(64)));
    assert_eq!((second.index, second.begin, second.end), (2, Some(TraceTime(80)), None));
    assert_eq!((second.heap_at_begin, second.mark), (Some(Bytes(100)), Nanoseconds(20)));
    assert_eq!((gc.begun, gc.ended, gc.mark.count), (1, 1, 0), "no whole cycle");
}

#[test]
fn assists_of_two_goroutines_overlap_and_each_counts() {
    let mut fed = Fed::new();
    fed.feed(10, 0, EventKind::GcBegin { seq: 1 });
    fed.feed(20, 0, EventKind::GcMarkAssistBegin);
    fed.feed(25, 1, EventKind::GcMarkAssistBegin);
    fed.feed(30, 0, EventKind::GcMarkAssistEnd);
    fed.feed(50, 0, EventKind::GcEnd { seq: 2 });
    let gc = fed.finish(70);
    assert_eq!((gc.assists.count, gc.assists.open), (2, 1));
    assert_eq!((gc.assists.total, gc.assists.max), (Nanoseconds(55), Nanoseconds(45)));
    assert_eq!((gc.cycles[0].assists, gc.cycles[0].assist), (2, Nanoseconds(55)));
}

#[test]
fn a_stop_without_its_end_is_open_and_an_end_without_its_begin_is_nothing() {
    let mut fed = Fed::new();
    fed.feed(10, 0, EventKind::StwEnd { kind: StringId::NONE });
    fed.feed(20, 0, EventKind::StwBegin { kind: StringId::NONE });
    fed.feed(30, 0, EventKind::StwEnd { kind: StringId::NONE });
    fed.feed(40, 0, EventKind::StwBegin { kind: StringId::NONE });
    let gc = fed.finish(70);
    assert_eq!((gc.stops.len(), gc.stops[0].open), (1, true));
    assert_eq!((gc.stops[0].stopped.count, gc.stops[0].stopped.total), (1, Nanoseconds(10)));
}
