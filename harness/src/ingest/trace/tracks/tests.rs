//! Tracks of traces recorded by real Go: bounded, in order, and nothing lost.

use super::*;
use crate::ingest::trace::summary::{self, summarize};
use crate::model::trace::tracks::{Content, Detail, Slice, Track};

const RECORDED: [&str; 5] = [
    "mixed-go1.23.12.trace",
    "mixed-go1.25.4.trace",
    "mixed-go1.26.8.trace",
    "mixed-go1.27.4.trace",
    "alloc-go1.26.8.trace",
];

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn tracks_of(name: &str, slices: usize, snapshots: Vec<Snapshot>) -> Tracks {
    let data = fixture(name);
    let mut reader = Reader::new(name, &data).unwrap();
    tracks(&mut reader, Options { slices, snapshots, progress: None })
}

fn folder<'t>(tracks: &'t Tracks, name: &str) -> &'t [Track] {
    let found = tracks.folders.iter().find(|folder| folder.name == name);
    &found.unwrap_or_else(|| panic!("no folder {name}")).tracks
}

fn points(track: &Track) -> &[(TraceTime, i64)] {
    match &track.content {
        Content::Counter { points, .. } => points,
        other => panic!("{other:?}"),
    }
}

/// Time in slices, be they merged or not.
fn busy<'s>(slices: impl Iterator<Item = &'s Slice>) -> i64 {
    let time = |slice: &Slice| match slice.detail {
        Detail::Merged { busy, .. } => busy.0,
        _ => slice.end.since(slice.begin).0,
    };
    slices.map(time).sum()
}

#[test]
fn lanes_are_in_the_order_of_time_and_nothing_in_them_overlaps() {
    for name in RECORDED {
        for budget in [0, 100, DEFAULT_SLICES] {
            let tracks = tracks_of(name, budget, Vec::new());
            for track in tracks.tracks() {
                let lanes = match &track.content {
                    Content::Slices(slices) => std::slice::from_ref(slices),
                    Content::Lanes(lanes) => lanes,
                    Content::Counter { points, .. } => {
                        assert!(points.is_sorted_by_key(|point| point.0), "{name} {}", track.name);
                        continue;
                    }
                };
                for pair in lanes.iter().flat_map(|lane| lane.windows(2)) {
                    assert!(pair[0].end <= pair[1].begin, "{name} {}: {pair:?}", track.name);
                }
                let within = |slice: &Slice| slice.begin >= tracks.begin && slice.end <= tracks.end;
                assert!(track.content.slices().all(within), "{name} {}", track.name);
            }
        }
    }
}

#[test]
fn a_small_budget_is_kept_and_no_time_on_processors_goes_missing() {
    for name in &RECORDED[..4] {
        let (whole, small) = (tracks_of(name, DEFAULT_SLICES, Vec::new()), tracks_of(name, 160, Vec::new()));
        assert_eq!((whole.left_out.merged, whole.left_out.dropped), (0, 0), "{name}");
        let slices = |all: &Tracks| all.tracks().map(|track| track.content.slices().count()).sum::<usize>();
        assert!(slices(&whole) > 500 && slices(&small) <= 160, "{name}: {} slices", slices(&small));
        assert!(small.left_out.merged > 0 && small.left_out.dropped > 0, "{name}: {:?}", small.left_out);
        for (whole, small) in folder(&whole, "Processors").iter().zip(folder(&small, "Processors")) {
            let (whole, small) = (busy(whole.content.slices()), busy(small.content.slices()));
            assert_eq!(whole, small, "{name}");
        }
    }
}

#[test]
fn processors_run_goroutines_for_as_long_as_the_summary_says() {
    for name in RECORDED {
        let data = fixture(name);
        let summary = summarize(&mut Reader::new(name, &data).unwrap(), summary::Options::default());
        let tracks = tracks_of(name, DEFAULT_SLICES, Vec::new());
        let shown: i64 = folder(&tracks, "Processors").iter().map(|track| busy(track.content.slices())).sum();
        let running = summary.goroutines.total.time.running.0;
        let part = shown as f64 / running as f64;
        // What ran when the trace began may have done so on a processor that the trace does not tell.
        assert!((0.97..=1.0).contains(&part), "{name}: {shown} of {running}");
    }
}

#[test]
fn counters_begin_with_the_goroutines_older_than_the_trace_and_end_with_those_alive() {
    for name in RECORDED {
        let data = fixture(name);
        let lives =
            summarize(&mut Reader::new(name, &data).unwrap(), summary::Options::default()).goroutines.total;
        let tracks = tracks_of(name, DEFAULT_SLICES, Vec::new());
        let counters = folder(&tracks, "Goroutines");
        let sum = |value: fn(&[(TraceTime, i64)]) -> i64| {
            counters.iter().map(|track| value(points(track))).sum::<i64>()
        };
        assert_eq!(sum(|points| points[0].1), (lives.seen - lives.created).cast_signed(), "{name}");
        assert_eq!(sum(|points| points[points.len() - 1].1), lives.alive.cast_signed(), "{name}");
        let lowest = counters.iter().flat_map(points).map(|point| point.1).min();
        assert_eq!(lowest, Some(0), "{name}: fewer than none");
    }
}

#[test]
fn a_snapshot_is_joined_to_the_cycle_it_names_or_the_last_that_was_over() {
    let name = RECORDED[2];
    let plain = tracks_of(name, DEFAULT_SLICES, Vec::new());
    let cycles = |tracks: &Tracks| {
        let track = folder(tracks, "Garbage collector").iter().find(|track| track.name == "GC cycles");
        track.unwrap().content.slices().copied().collect::<Vec<_>>()
    };
    let second = cycles(&plain)[1];
    let Detail::Cycle(first_number) = cycles(&plain)[0].detail else { panic!("no cycle") };
    let snapshot = |label: &str, cycle| Snapshot {
        at: second.end.plus(crate::model::Nanoseconds(10)),
        label: label.to_owned(),
        cycle,
    };
    let early = Snapshot { at: plain.begin, ..snapshot("early", None) };
    let given = vec![snapshot("last", None), snapshot("named", Some(first_number)), early];
    let tracks = tracks_of(name, DEFAULT_SLICES, given);
    let flows: Vec<_> = cycles(&tracks).iter().map(|cycle| cycle.flow).collect();
    let shown: Vec<_> = folder(&tracks, "Snapshots")[0].content.slices().collect();
    let labels: Vec<_> = shown.iter().map(|slice| (tracks.name(slice.name), slice.flow)).collect();
    assert_eq!(labels, [("early", None), ("last", flows[1]), ("named", flows[0])]);
    assert!(flows[0].is_some() && flows[1].is_some() && flows[2..].iter().all(Option::is_none), "{flows:?}");
}

#[test]
fn tasks_regions_and_stops_are_there_by_name() {
    let tracks = tracks_of(RECORDED[3], DEFAULT_SLICES, Vec::new());
    let named = |track: &Track| {
        let names: std::collections::BTreeSet<_> =
            track.content.slices().map(|slice| tracks.name(slice.name).to_owned()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let user: Vec<_> = folder(&tracks, "Tasks and regions").iter().map(named).collect();
    let stops: Vec<_> = folder(&tracks, "Stop the world").iter().map(|track| track.name.clone()).collect();
    assert_eq!(user.len(), 2, "{user:?}");
    assert!(user.iter().all(|names| !names.is_empty() && !names.contains('?')), "{user:?}");
    assert!(stops.iter().any(|reason| reason.contains("GC mark termination")), "{stops:?}");
}

#[test]
fn a_trace_cut_off_anywhere_becomes_tracks_of_what_was_there() {
    let data = fixture(RECORDED[1]);
    for end in (0..data.len()).step_by(211) {
        let Ok(mut reader) = Reader::new("cut.trace", &data[..end]) else { continue };
        let tracks = tracks(&mut reader, Options { slices: 64, ..Options::default() });
        assert!(tracks.end >= tracks.begin, "cut at {end}");
    }
}
