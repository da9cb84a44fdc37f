//! What is written, read back by a decoder that shares nothing with the writer.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::trace::tracks::{LeftOut, Unit};
use crate::model::{GoroutineId, Nanoseconds, WallTime};

/// A field's value.
#[derive(Debug, Clone)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

/// Fields of a message, in the order of the file.
struct Fields(Vec<(u64, Value)>);

fn read_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for place in 0.. {
        let (first, rest) = bytes.split_first().expect("a varint");
        *bytes = rest;
        value += u64::from(first % 128) * 128u64.pow(place);
        if *first < 128 {
            break;
        }
    }
    value
}

impl Fields {
    fn read(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = read_varint(&mut bytes);
            let value = match key % 8 {
                0 => Value::Number(read_varint(&mut bytes)),
                1 => {
                    let (eight, rest) = bytes.split_at(8);
                    bytes = rest;
                    Value::Number(u64::from_le_bytes(eight.try_into().unwrap()))
                }
                2 => {
                    let length = usize::try_from(read_varint(&mut bytes)).unwrap();
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Value::Bytes(value.to_vec())
                }
                other => panic!("wire type {other}"),
            };
            fields.push((key / 8, value));
        }
        Self(fields)
    }

    fn all(&self, field: u64) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(number, _)| *number == field).map(|(_, value)| value)
    }

    fn number(&self, field: u64) -> Option<u64> {
        self.all(field).next().map(|value| match value {
            Value::Number(number) => *number,
            Value::Bytes(bytes) => panic!("field {field} is {bytes:?}"),
        })
    }

    fn messages(&self, field: u64) -> Vec<Fields> {
        let message = |value: &Value| match value {
            Value::Bytes(bytes) => Fields::read(bytes),
            Value::Number(number) => panic!("field {field} is {number}"),
        };
        self.all(field).map(message).collect()
    }

    fn text(&self, field: u64) -> Option<String> {
        self.all(field).next().map(|value| match value {
            Value::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Value::Number(number) => panic!("field {field} is {number}"),
        })
    }
}

/// One slice as Perfetto would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    begin: u64,
    end: u64,
    name: String,
    notes: Vec<(String, u64)>,
    flow: Option<u64>,
}

/// One track, likewise.
#[derive(Debug, Default)]
struct Lane {
    path: Vec<String>,
    slices: Vec<Shown>,
    open: Vec<Shown>,
    points: Vec<(u64, i64)>,
    unit: Option<u64>,
    last: u64,
}

/// Reads a file, holding it to the rules: tracks and names come before their use, time goes forward
/// on each track, each begin has its end.
#[derive(Default)]
struct Reading {
    lanes: BTreeMap<u64, Lane>,
    names: BTreeMap<u64, String>,
    note_names: BTreeMap<u64, String>,
    wall: Option<u64>,
}

impl Reading {
    fn of(bytes: &[u8]) -> Self {
        let mut reading = Self::default();
        for (n, packet) in Fields::read(bytes).messages(1).iter().enumerate() {
            assert_eq!(packet.number(10), Some(1), "one sequence");
            assert_eq!(packet.number(13), Some(if n == 0 { 1 } else { 2 }), "its state begins with it");
            reading.packet(packet);
        }
        assert!(reading.lanes.values().all(|lane| lane.open.is_empty()), "each begin has its end");
        reading
    }

    fn packet(&mut self, packet: &Fields) {
        for interned in packet.messages(12) {
            for (table, field) in [(&mut self.names, 2), (&mut self.note_names, 3)] {
                for entry in interned.messages(field) {
                    let before = table.insert(entry.number(1).unwrap(), entry.text(2).unwrap());
                    assert!(before.is_none(), "interned once");
                }
            }
        }
        packet.messages(6).iter().for_each(|snapshot| self.clocks(snapshot));
        packet.messages(60).iter().for_each(|track| self.track(track));
        packet.messages(11).iter().for_each(|event| self.event(packet.number(8).unwrap(), event));
    }

    fn clocks(&mut self, snapshot: &Fields) {
        let clocks = snapshot.messages(1);
        let time =
            |id| clocks.iter().find(|clock| clock.number(1) == Some(id)).and_then(|clock| clock.number(2));
        assert_eq!(time(6), Some(0), "time 0 of the clock that timestamps are on");
        self.wall = time(1);
    }

    fn track(&mut self, track: &Fields) {
        let mut path = match track.number(5) {
            Some(parent) => self.lanes[&parent].path.clone(),
            None => Vec::new(),
        };
        path.push(track.text(2).unwrap());
        assert_eq!(track.number(11), Some(3), "shown by rank");
        let unit = track.messages(8).first().and_then(|counter| counter.number(3));
        let lane = Lane { path, unit, ..Lane::default() };
        assert!(self.lanes.insert(track.number(1).unwrap(), lane).is_none(), "an id of its own");
    }

    fn event(&mut self, at: u64, event: &Fields) {
        let lane = self.lanes.get_mut(&event.number(11).unwrap()).expect("a track that was described");
        assert!(at >= lane.last, "time goes forward");
        lane.last = at;
        let interned = |id: u64| self.names[&id].clone();
        let name = || event.text(23).or_else(|| event.number(10).map(interned)).expect("a name");
        let note =
            |note: &Fields| (self.note_names[&note.number(1).unwrap()].clone(), note.number(3).unwrap());
        let notes = || event.messages(4).iter().map(note).collect();
        let shown = || Shown { begin: at, end: at, name: name(), notes: notes(), flow: event.number(47) };
        match event.number(9) {
            Some(1) => lane.open.push(shown()),
            Some(2) => {
                let begun = lane.open.pop().expect("a begin");
                lane.slices.push(Shown { end: at, ..begun });
            }
            Some(3) => lane.slices.push(shown()),
            Some(4) => lane.points.push((at, event.number(30).unwrap().cast_signed())),
            other => panic!("type {other:?}"),
        }
    }

    fn lanes(&self, path: &[&str]) -> Vec<&Lane> {
        self.lanes.values().filter(|lane| lane.path == path).collect()
    }
}

fn slice(begin: i64, end: i64, name: u32, detail: Detail) -> Slice {
    Slice { begin: TraceTime(begin), end: TraceTime(end), name, detail, flow: None }
}

fn track(name: &str, content: Content) -> Track {
    Track { name: name.to_owned(), about: String::new(), content }
}

fn hand_made() -> Tracks {
    let merged = Detail::Merged { count: 1234, busy: Nanoseconds(55) };
    let running = |id| Detail::Goroutine(GoroutineId(id));
    let cycle = Slice { flow: Some(0), ..slice(1040, 1080, 2, Detail::Cycle(7)) };
    let snapshot = Slice { flow: Some(0), ..slice(1090, 1090, 3, Detail::None) };
    let proc = vec![
        slice(1000, 1010, 0, running(7)),
        slice(1010, 1090, 4, merged),
        slice(1090, 1100, 0, running(8)),
    ];
    let waits = vec![vec![slice(1000, 1100, 1, running(1))], vec![slice(1005, 1050, 1, running(2))]];
    let points = vec![(TraceTime(1000), 5), (TraceTime(1050), -3)];
    let counter = |unit| Content::Counter { unit, points: points.clone() };
    let folder = |name: &str, tracks| Folder { name: name.to_owned(), tracks };
    let names = ["main.work", "chan receive", "GC", "checkpoint 1", "short slices"];
    Tracks {
        begin: TraceTime(1000),
        end: TraceTime(1100),
        wall_start: Some(WallTime(1_700_000_000_000_000_000)),
        names: names.map(str::to_owned).to_vec(),
        folders: vec![
            folder("Processors", vec![track("P 0", Content::Slices(proc))]),
            folder(
                "Goroutines",
                vec![track("waits", Content::Lanes(waits)), track("n", counter(Unit::Count))],
            ),
            folder(
                "Heap",
                vec![
                    track("live", counter(Unit::Bytes)),
                    track("GC cycles", Content::Slices(vec![cycle])),
                    track("snapshots", Content::Slices(vec![snapshot])),
                ],
            ),
        ],
        left_out: LeftOut { budget: 9, merged: 1234, dropped: 2, dropped_time: Nanoseconds(30) },
    }
}

fn written(tracks: &Tracks) -> (Written, Reading) {
    let mut file = Vec::new();
    let written = write(tracks, &mut file).unwrap();
    assert_eq!(written.bytes, file.len() as u64);
    (written, Reading::of(&file))
}

#[test]
fn slices_are_read_back_with_names_times_and_notes() {
    let (written, reading) = written(&hand_made());
    assert_eq!((written.slices, written.points), (7, 4));
    let [proc] = reading.lanes(&["Go program", "Processors", "P 0"])[..] else { panic!("one P 0") };
    let shown = |(begin, end), name: &str, notes: &[(&str, u64)]| Shown {
        begin,
        end,
        name: name.to_owned(),
        notes: notes.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        flow: None,
    };
    let expected = [
        shown((0, 10), "main.work", &[("goroutine", 7)]),
        shown((10, 90), "1234 short slices", &[("slices", 1234), ("time in them [ns]", 55)]),
        shown((90, 100), "main.work", &[("goroutine", 8)]),
    ];
    assert_eq!(proc.slices, expected);
    assert_eq!(reading.lanes(&["Go program", "Goroutines", "waits"]).len(), 2, "a lane each");
}

#[test]
fn counters_have_units_and_keep_signs() {
    let (_, reading) = written(&hand_made());
    let [n] = reading.lanes(&["Go program", "Goroutines", "n"])[..] else { panic!("one counter") };
    assert_eq!((n.unit, n.points.as_slice()), (Some(2), &[(0, 5), (50, -3)][..]));
    assert_eq!(reading.lanes(&["Go program", "Heap", "live"])[0].unit, Some(3));
}

#[test]
fn an_arrow_joins_a_cycle_and_its_snapshot() {
    let (_, reading) = written(&hand_made());
    let flows: Vec<_> =
        reading.lanes.values().flat_map(|lane| &lane.slices).filter(|slice| slice.flow.is_some()).collect();
    assert_eq!(flows.iter().map(|slice| slice.name.as_str()).collect::<Vec<_>>(), ["GC", "checkpoint 1"]);
    assert_eq!(flows.iter().map(|slice| slice.flow).collect::<BTreeSet<_>>().len(), 1);
    assert!(flows[0].begin < flows[1].begin, "in the order of time");
    assert_eq!(flows[0].notes, [("cycle".to_owned(), 7)]);
}

#[test]
fn what_was_left_out_and_the_wall_clock_are_told() {
    let (_, reading) = written(&hand_made());
    assert_eq!(reading.wall, Some(1_700_000_000_000_000_000));
    let about = &reading.lanes(&["Go program"])[0].slices[0];
    let notes = about.notes.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>();
    let expected = [
        ("slices asked for", 9),
        ("slices merged", 1234),
        ("slices left out", 2),
        ("time left out [ns]", 30),
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_slice_costs_less_than_a_hundred_bytes() {
    let many = (0..10_000).map(|n| {
        slice(1000 + n * 1_000_000, 1000 + n * 1_000_000 + 9, 0, Detail::Goroutine(GoroutineId(1_000_000)))
    });
    let tracks = Tracks {
        folders: vec![Folder {
            name: "P".to_owned(),
            tracks: vec![track("P 0", Content::Slices(many.collect()))],
        }],
        ..hand_made()
    };
    let (written, _) = written(&tracks);
    assert!(written.bytes / written.slices < 100, "{} bytes each", written.bytes / written.slices);
}

#[test]
fn an_empty_trace_is_a_file_that_says_so() {
    let (written, reading) = written(&Tracks::default());
    assert_eq!((written.slices, written.points, reading.wall), (0, 0, None));
    assert_eq!(reading.lanes.len(), 1);
}

#[test]
fn an_output_that_fails_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert_eq!(write(&hand_made(), &mut Full).unwrap_err().kind(), io::ErrorKind::StorageFull);
}
