//! What is written reads back as it was, here and by another library.

use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::model::{Frame, Nanoseconds, WallTime};

fn text() -> impl Strategy<Value = std::sync::Arc<str>> {
    // Few different texts, so that tables are shared; one that is not ASCII; the empty one.
    prop_oneof![Just("".into()), Just("main.f·1".into()), "[a-c]{1,2}".prop_map(std::sync::Arc::from)]
}

fn value_type() -> impl Strategy<Value = ValueType> {
    (text(), text()).prop_map(|(kind, unit)| ValueType { kind, unit })
}

fn frame() -> impl Strategy<Value = Frame> {
    let line = prop_oneof![0..3u32, Just(u32::MAX)];
    (text(), text(), line).prop_map(|(function, file, line)| Frame { function, file, line })
}

/// Key, text or number with unit.
type AnyLabel = (String, Result<String, (i64, String)>);

fn label() -> impl Strategy<Value = AnyLabel> {
    let number = (any::<i64>(), "[a-c]{0,1}").prop_map(Err);
    ("[a-c]{0,2}", prop_oneof!["[a-c]{1,2}".prop_map(Ok), number])
}

fn header() -> impl Strategy<Value = Header> {
    let times = (prop::option::of(1..i64::MAX), prop::option::of(i64::MIN..-1), any::<i64>());
    let texts = (text(), text(), text(), prop::collection::vec(text(), 0..3), text());
    let types = prop::collection::vec(value_type(), 1..4);
    (times, texts, prop::option::of(value_type()), types).prop_map(
        |((time, duration, period), texts, period_type, sample_types)| Header {
            sample_types,
            default_sample_type: texts.4,
            period_type,
            period,
            time: time.map(WallTime),
            duration: duration.map(Nanoseconds),
            drop_frames: texts.0,
            keep_frames: texts.1,
            doc_url: texts.2,
            comments: texts.3,
        },
    )
}

fn profile() -> impl Strategy<Value = Profile> {
    let sample = (
        prop::collection::vec(frame(), 0..6),
        prop::collection::vec(any::<i64>(), 4),
        prop::collection::vec(label(), 0..3),
    );
    (header(), prop::collection::vec(sample, 0..8), "[a-c]{0,2}").prop_map(|(header, samples, program)| {
        let n_types = header.sample_types.len();
        let mut builder = Builder::new(header, &program);
        for (stack, values, labels) in &samples {
            let labelled: Vec<Labelled<'_>> = labels
                .iter()
                .map(|(key, value)| match value {
                    Ok(text) => Labelled::Text(key, text),
                    Err((number, unit)) => Labelled::Number(key, *number, unit),
                })
                .collect();
            builder.add(stack, &values[..n_types], &labelled);
        }
        builder.finish()
    })
}

proptest! {
    #[test]
    fn a_written_profile_reads_back_equal(profile in profile()) {
        let bytes = write(&profile);
        let read = sound(&bytes);
        prop_assert_eq!(told(&read), told(&profile));
        prop_assert_eq!(&read.mappings, &profile.mappings);
        // From here on even the tables are the same.
        prop_assert_eq!(sound(&write(&read)), read);
        prop_assert_eq!(write(&profile), bytes);
    }

    #[test]
    fn another_library_reads_what_is_written(profile in profile()) {
        let wire = wire::Profile::decode(&*write_plain(&profile)).unwrap();
        prop_assert_eq!(wire.sample.len(), profile.samples.len());
        for (theirs, ours) in wire.sample.iter().zip(profile.samples.iter()) {
            prop_assert_eq!(&theirs.value, ours.values);
            let ids: Vec<u64> = ours.stack.iter().map(|id| u64::from(id.0) + 1).collect();
            prop_assert_eq!(&theirs.location_id, &ids);
            prop_assert_eq!(theirs.label.len(), ours.labels.len());
        }
        prop_assert_eq!(wire.function.len(), profile.functions.len());
        prop_assert_eq!(wire.location.len(), profile.locations.len());
        let header = &profile.header;
        prop_assert_eq!(&wire.string_table[wire.drop_frames as usize], &*header.drop_frames);
        prop_assert_eq!(wire.comment.len(), header.comments.len());
        prop_assert_eq!(wire.period, header.period);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), gzip: bool) {
        let head: &[u8] = if gzip { &[0x1f, 0x8b, 8, 0] } else { &[0x0a, 0] };
        properties::hold(&[head, &bytes].concat());
    }
}

#[test]
fn a_first_string_that_is_not_empty_is_not_written_again() {
    let first_is_a = [0x0a, 0, 0x32, 1, b'a', 0x32, 1, b'b'];
    let read = Profile::read("p", &first_is_a).unwrap();
    assert!(read.problems.iter().any(|problem| problem.expected == "an empty first string"));
    assert_eq!(read.profile.strings.iter().collect::<Vec<_>>(), ["", "b"]);
    properties::hold(&first_is_a);
}

#[test]
fn recorded_profiles_survive_a_round_trip_with_addresses_and_inlining() {
    for (bytes, has_inlining) in [(HEAP, true), (HEAP_1_23, true), (GOROUTINE, false)] {
        let profile = sound(bytes);
        let again = sound(&write(&profile));
        assert_eq!(told(&again), told(&profile));
        assert_eq!((&again.mappings, &again.locations), (&profile.mappings, &profile.locations));
        assert!(profile.locations.iter().all(|location| location.address != 0));
        assert!(!has_inlining || profile.locations.iter().any(|location| location.lines.1 > 1));
    }
}

#[test]
fn tables_hold_each_thing_once() {
    let frame = Frame { function: "main.f".into(), file: "f.go".into(), line: 3 };
    let other_line = Frame { line: 4, ..frame.clone() };
    let kind = ValueType { kind: "main.f".into(), unit: "count".into() };
    let mut builder = Builder::new(Header { sample_types: vec![kind], ..Header::default() }, "");
    builder.add([&frame, &other_line], &[1], &[]);
    builder.add([&other_line, &frame], &[1], &[]);
    let wire = wire::Profile::decode(&*inflated(&write(&builder.finish()))).unwrap();
    assert_eq!(wire.string_table, ["", "main.f", "f.go", "count"]);
    assert_eq!((wire.function.len(), wire.location.len()), (1, 2));
    assert_eq!(wire.sample[0].location_id, [1, 2]);
    assert_eq!(wire.sample[1].location_id, [2, 1]);
}

#[test]
fn the_gzip_header_carries_no_time() {
    let bytes = write(&sound(GOROUTINE));
    assert_eq!(bytes[4..8], [0; 4]);
}
