//! Facts about the pprof reader and writer.

mod damage;
mod properties;
mod references;
mod round_trip;
mod tool;
/// The wire form by another library: what is written and read here shares no code with the reader or the writer.
mod wire;

use super as api;
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
    profile.header.sample_types.iter().map(|kind| (&*kind.kind, &*kind.unit)).collect()
}

/// A stack as `function file:line`, innermost first.
fn stack(profile: &Profile, sample: Sample<'_>) -> Vec<String> {
    let locations = sample.stack.iter().map(|id| &profile.locations[id.0 as usize]);
    let lines = locations.flat_map(|location| profile.lines_of(location));
    lines
        .map(|line| {
            let function = &profile.functions[line.function.0 as usize];
            let [name, file] = [function.name, function.file].map(|id| profile.strings.get(id));
            format!("{name} {file}:{}", line.line)
        })
        .collect()
}

/// A sample's labels as text: `key=text` or `key=number unit`.
fn labels(profile: &Profile, sample: Sample<'_>) -> Vec<String> {
    let text = |id| profile.strings.get(id);
    let label = |label: &Label| match label.value {
        LabelValue::Text(value) => format!("{}={}", text(label.key), text(value)),
        LabelValue::Number { value, unit } => format!("{}={value} {}", text(label.key), text(unit)),
    };
    sample.labels.iter().map(label).collect()
}

/// Stack, values and labels of a sample.
type Told = (Vec<String>, Vec<i64>, Vec<String>);

/// Everything a profile says, without a table: what two profiles with the same content have in common.
fn told(profile: &Profile) -> (Header, Vec<Told>) {
    let sample =
        |sample: Sample<'_>| (stack(profile, sample), sample.values.to_vec(), labels(profile, sample));
    (profile.header.clone(), profile.samples.iter().map(sample).collect())
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
        let header = &profile.header;
        assert_eq!(&*header.default_sample_type, "", "only Go's allocs profile names one");
        assert_eq!(header.period, 1);
        assert_eq!(&*header.period_type.as_ref().unwrap().kind, "space");
        assert!(header.time.is_some());
        let kept = profile.samples.iter().filter(|sample| {
            let frames = stack(&profile, *sample);
            let wanted = ["main.alloc ", "main.remember ", "main.main "];
            frames.len() >= 3 && frames.iter().zip(wanted).all(|(frame, name)| frame.starts_with(name))
        });
        let objects: i64 = kept.map(|sample| sample.values[2]).sum();
        assert_eq!(objects, 400);
    }
}

#[test]
fn a_heap_profile_labels_samples_with_the_object_size() {
    let profile = sound(HEAP);
    let sizes: Vec<String> = profile.samples.iter().flat_map(|sample| labels(&profile, sample)).collect();
    assert!(sizes.contains(&"bytes=1024 ".to_owned()), "{sizes:?}");
    assert!(sizes.iter().all(|label| label.starts_with("bytes=")));
}

#[test]
fn a_goroutine_profile_keeps_counts_lines_and_labels() {
    let profile = sound(GOROUTINE);
    assert_eq!(kinds(&profile), [("goroutine", "count")]);
    let of = |function: &str| -> Vec<Sample<'_>> {
        let in_it = |frame: &String| frame.split(' ').next() == Some(function);
        profile.samples.iter().filter(|sample| stack(&profile, *sample).iter().any(in_it)).collect()
    };
    let waiting = of("main.wait");
    assert_eq!(waiting.iter().map(|sample| sample.values[0]).sum::<i64>(), 7);
    assert_eq!(of("main.pick").iter().map(|sample| sample.values[0]).sum::<i64>(), 3);
    let outermost = stack(&profile, waiting[0]).pop().unwrap();
    assert!(outermost.ends_with("recorder/main.go:68"), "{outermost}");
    for sample in waiting {
        assert!(labels(&profile, sample).contains(&"job=wait".to_owned()));
    }
}

#[test]
fn a_plain_profile_reads_like_a_gzipped_one() {
    assert_eq!(sound(&inflated(HEAP)), sound(HEAP));
}

/// So large that it is decompressed on another thread and comes in many parts.
#[test]
fn a_profile_read_part_by_part_is_the_one_read_at_once() {
    let mut builder = Builder::new(sound(HEAP).header, "/bin/server");
    let mut random = harness_synth::Random::new(5);
    let frame = |n: u64| crate::model::Frame {
        function: format!("main.f{n}").into(),
        file: format!("f{}.go", n % 7).into(),
        line: n as u32,
    };
    for _ in 0..30_000 {
        let stack: Vec<_> = (0..1 + random.below(20)).map(|_| frame(random.below(500))).collect();
        let value = random.below(1 << 20) as i64;
        builder.add(&stack, &[value, 1, 2, 3], &[Labelled::Number("bytes", value, "bytes")]);
    }
    let profile = builder.finish();
    let (plain, packed) = (write_plain(&profile), write(&profile));
    assert!(plain.len() > 1 << 20 && packed.len() > 1 << 17, "{} and {}", plain.len(), packed.len());
    let (at_once, in_parts) = (sound(&plain), sound(&packed));
    assert_eq!(at_once, in_parts);
    assert_eq!(told(&at_once), told(&profile));
}

#[test]
fn a_file_without_a_profile_is_an_error_with_a_hint() {
    assert_eq!(Profile::read("p", b""), Err(Error::Empty { file: "p".into() }));
    let text = Profile::read("p", b"heap profile: 1: 16 [1: 16] @ heap/1048576\n");
    let text = text.unwrap_err().to_string();
    assert_eq!(text, "`p` is text, not a protobuf profile\nhint: take it with `debug=0`");
    for (bytes, what) in [
        (b"go 1.26 trace\0\0\0".as_slice(), "an execution trace"),
        (b"go1.7 heap dump\n", "a heap dump"),
        (b"\x7fELF\x02\x01", "a program"),
    ] {
        let error = Profile::read("p", bytes).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("\nhint: "), "{error}");
    }
    let junk = Profile::read("p", &[0xff; 32]).unwrap_err();
    assert!(junk.to_string().contains("no sample type"), "{junk}");
}
