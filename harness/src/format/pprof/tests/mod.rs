//! Facts about the pprof reader and writer.

mod damage;
mod references;
mod round_trip;
mod tool;

use super::*;

const HEAP: &[u8] = include_bytes!("../../../../../fixtures/pprof/heap-go1.26.8.pb.gz");
const HEAP_1_23: &[u8] = include_bytes!("../../../../../fixtures/pprof/heap-go1.23.12.pb.gz");
const GOROUTINE: &[u8] = include_bytes!("../../../../../fixtures/pprof/goroutine-go1.26.8.pb.gz");

/// A recorded profile, in which nothing may be wrong.
fn sound(bytes: &[u8]) -> Profile {
    let read = Profile::read("profile", bytes).unwrap();
    assert_eq!(read.problems, []);
    read.profile
}

fn kinds(profile: &Profile) -> Vec<(&str, &str)> {
    profile.sample_types.iter().map(|kind| (&*kind.kind, &*kind.unit)).collect()
}

/// The protobuf bytes of a gzipped profile.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn a_heap_profile_says_what_lives_at_the_inlined_allocation() {
    for bytes in [HEAP, HEAP_1_23] {
        let profile = sound(bytes);
        assert_eq!(
            kinds(&profile),
            [
                ("alloc_objects", "count"),
                ("alloc_space", "bytes"),
                ("inuse_objects", "count"),
                ("inuse_space", "bytes")
            ]
        );
        assert_eq!(profile.default_sample_type, None, "only Go's allocs profile names one");
        assert_eq!(profile.period, 1);
        assert_eq!(&*profile.period_type.as_ref().unwrap().kind, "space");
        assert!(profile.time.is_some());
        let kept = profile.samples.iter().filter(|sample| {
            let functions: Vec<_> = sample.stack.iter().map(|frame| &*frame.function).collect();
            functions.starts_with(&["main.alloc", "main.remember", "main.main"])
        });
        let objects: i64 = kept.map(|sample| sample.values[2]).sum();
        assert_eq!(objects, 400);
    }
}

#[test]
fn a_heap_profile_labels_samples_with_the_object_size() {
    let profile = sound(HEAP);
    let labels = profile.samples.iter().flat_map(|sample| &sample.labels);
    let mut numbers = labels.map(|label| match &label.value {
        LabelValue::Number { value, .. } => (&*label.key, *value),
        LabelValue::Text(text) => panic!("{text}"),
    });
    assert!(numbers.any(|label| label == ("bytes", 1024)));
}

#[test]
fn a_goroutine_profile_keeps_counts_lines_and_labels() {
    let profile = sound(GOROUTINE);
    assert_eq!(kinds(&profile), [("goroutine", "count")]);
    let of = |function: &str| -> Vec<&Sample> {
        let in_it = |sample: &&Sample| sample.stack.iter().any(|frame| &*frame.function == function);
        profile.samples.iter().filter(in_it).collect()
    };
    let waiting = of("main.wait");
    assert_eq!(waiting.iter().map(|sample| sample.values[0]).sum::<i64>(), 7);
    assert_eq!(of("main.pick").iter().map(|sample| sample.values[0]).sum::<i64>(), 3);
    let outermost = waiting[0].stack.last().unwrap();
    assert_eq!((&*outermost.file, outermost.line), ("recorder/main.go", 68));
    for sample in waiting {
        let job = Label { key: "job".into(), value: LabelValue::Text("wait".into()) };
        assert!(sample.labels.contains(&job), "{:?}", sample.labels);
    }
}

#[test]
fn a_plain_profile_reads_like_a_gzipped_one() {
    assert_eq!(sound(&inflated(HEAP)), sound(HEAP));
}

#[test]
fn a_file_without_a_profile_is_an_error_with_a_hint() {
    assert_eq!(Profile::read("p", b""), Err(Error::Empty { file: "p".into() }));
    let text = Profile::read("p", b"heap profile: 1: 16 [1: 16] @ heap/1048576\n");
    let text = text.unwrap_err().to_string();
    assert_eq!(text, "`p` is text, not a protobuf profile\nhint: take it with `debug=0`");
    let junk = Profile::read("p", &[0xff; 32]).unwrap_err();
    assert!(junk.to_string().contains("no sample type"), "{junk}");
}
