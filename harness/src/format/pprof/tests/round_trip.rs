//! What is written reads back as it was.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{Frame, Nanoseconds, WallTime};

fn text() -> impl Strategy<Value = Arc<str>> {
    // Few different texts, so that tables are shared; one that is not ASCII; the empty one.
    prop_oneof![Just("".into()), Just("main.f·1".into()), "[a-c]{1,2}".prop_map(Arc::from)]
}

fn some_text() -> impl Strategy<Value = Arc<str>> {
    text().prop_filter("not empty", |text| !text.is_empty())
}

fn value_type() -> impl Strategy<Value = ValueType> {
    (text(), text()).prop_map(|(kind, unit)| ValueType { kind, unit })
}

fn frame() -> impl Strategy<Value = Frame> {
    let line = prop_oneof![0..3u32, Just(u32::MAX)];
    (text(), text(), line).prop_map(|(function, file, line)| Frame { function, file, line })
}

fn label() -> impl Strategy<Value = Label> {
    let number = (any::<i64>(), text()).prop_map(|(value, unit)| LabelValue::Number { value, unit });
    let value = prop_oneof![some_text().prop_map(LabelValue::Text), number];
    (text(), value).prop_map(|(key, value)| Label { key, value })
}

fn sample(types: usize) -> impl Strategy<Value = Sample> {
    let values = prop::collection::vec(any::<i64>(), types);
    let stack = prop::collection::vec(frame(), 0..6);
    let labels = prop::collection::vec(label(), 0..3);
    (values, stack, labels).prop_map(|(values, stack, labels)| Sample { values, stack: stack.into(), labels })
}

/// What stands beside the samples.
fn header() -> impl Strategy<Value = Profile> {
    let times = (prop::option::of(1..i64::MAX), prop::option::of(i64::MIN..-1), any::<i64>());
    let binary =
        prop::option::of((some_text(), text()).prop_map(|(file, build_id)| Binary { file, build_id }));
    let texts = (text(), text(), text(), prop::collection::vec(text(), 0..3));
    (times, binary, texts, prop::option::of(value_type()), prop::option::of(some_text())).prop_map(
        |((time, duration, period), binary, texts, period_type, default_sample_type)| Profile {
            default_sample_type,
            binary,
            period_type,
            period,
            time: time.map(WallTime),
            duration: duration.map(Nanoseconds),
            drop_frames: texts.0,
            keep_frames: texts.1,
            doc_url: texts.2,
            comments: texts.3,
            ..Profile::default()
        },
    )
}

fn profile() -> impl Strategy<Value = Profile> {
    let body = prop::collection::vec(value_type(), 1..4).prop_flat_map(|types| {
        let samples = prop::collection::vec(sample(types.len()), 0..8);
        (Just(types), samples)
    });
    (header(), body).prop_map(|(header, (sample_types, samples))| Profile { sample_types, samples, ..header })
}

proptest! {
    #[test]
    fn a_written_profile_reads_back_equal(profile in profile()) {
        let bytes = write(&profile);
        prop_assert_eq!(sound(&bytes), profile.clone());
        prop_assert_eq!(write(&profile), bytes);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), gzip: bool) {
        let head: &[u8] = if gzip { &[0x1f, 0x8b, 8, 0] } else { &[0x0a, 0] };
        let _ = Profile::read("p", &[head, &bytes].concat());
    }
}

#[test]
fn recorded_profiles_survive_a_round_trip() {
    for bytes in [HEAP, HEAP_1_23, GOROUTINE] {
        let profile = sound(bytes);
        assert_eq!(sound(&write(&profile)), profile);
    }
}

#[test]
fn tables_hold_each_thing_once() {
    let frame = Frame { function: "main.f".into(), file: "f.go".into(), line: 3 };
    let other_line = Frame { line: 4, ..frame.clone() };
    let sample = |stack: &[Frame]| Sample { values: vec![1], stack: stack.into(), labels: vec![] };
    let profile = Profile {
        sample_types: vec![ValueType { kind: "main.f".into(), unit: "count".into() }],
        samples: vec![sample(&[frame.clone(), other_line.clone()]), sample(&[other_line, frame])],
        ..Profile::default()
    };
    let wire = <super::super::wire::Profile as prost::Message>::decode(&*inflated(&write(&profile))).unwrap();
    assert_eq!(wire.string_table, ["", "main.f", "count", "f.go"]);
    assert_eq!((wire.function.len(), wire.location.len()), (1, 2));
    assert_eq!(wire.sample[0].location_id, [1, 2]);
    assert_eq!(wire.sample[1].location_id, [2, 1]);
}

#[test]
fn the_gzip_header_carries_no_time() {
    let bytes = write(&sound(GOROUTINE));
    assert_eq!(bytes[4..8], [0; 4]);
}
