//! Truncation, flipped bits and files that want too much memory: never a panic, always said.

use std::io::Write as _;

use super::*;

#[test]
fn a_gzipped_profile_cut_at_any_byte_is_an_error_or_has_a_problem() {
    for cut in 0..GOROUTINE.len() {
        if let Ok(read) = Profile::read("p", &GOROUTINE[..cut]) {
            assert!(!read.problems.is_empty(), "cut at {cut}");
        }
    }
}

#[test]
fn a_plain_profile_cut_at_any_byte_is_an_error_or_has_a_problem_or_lost_a_last_field() {
    let plain = inflated(GOROUTINE);
    let whole = sound(GOROUTINE);
    let mut silent = 0;
    for cut in 0..plain.len() {
        if let Ok(read) = Profile::read("p", &plain[..cut])
            && read.problems.is_empty()
        {
            // The cut fell between two fields after the last string that is referred to.
            assert_eq!(told(&read.profile).1, told(&whole).1, "cut at {cut}");
            silent += 1;
        }
    }
    assert!(silent < 10, "{silent} cuts unnoticed");
}

#[test]
fn any_flipped_bit_of_a_gzipped_profile_is_noticed_or_harmless() {
    let whole = sound(GOROUTINE);
    let mut harmless = 0;
    for at in 0..GOROUTINE.len() {
        for bit in 0..8 {
            let mut bytes = GOROUTINE.to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(read) = Profile::read("p", &bytes)
                && read.problems.is_empty()
            {
                // A bit without data: the header's time, the padding before a stored block.
                assert_eq!(read.profile, whole, "bit {bit} of byte {at}");
                harmless += 1;
            }
        }
    }
    assert!(harmless < 70, "{harmless} bits carry no data");
}

#[test]
fn no_flipped_bit_of_a_plain_profile_adds_samples_or_ends_in_a_panic() {
    let plain = inflated(GOROUTINE);
    let samples = sound(GOROUTINE).samples.len();
    for at in 0..plain.len() {
        for bit in 0..8 {
            let mut bytes = plain.clone();
            bytes[at] ^= 1 << bit;
            if let Ok(read) = Profile::read("p", &bytes) {
                assert!(read.profile.samples.len() <= samples + 1, "bit {bit} of byte {at}");
                let types = read.profile.header.sample_types.len();
                assert!(read.profile.samples.iter().all(|sample| sample.values.len() == types));
            }
        }
    }
}

#[test]
fn bytes_after_a_gzip_member_are_a_problem_and_the_profile_stands() {
    let bytes = [GOROUTINE, b"trailing"].concat();
    let read = Profile::read("p", &bytes).unwrap();
    assert_eq!(read.profile, sound(GOROUTINE));
    assert_eq!(read.problems[0].structure, "gzip stream");
}

#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // A sound profile whose doc_url is repeated for ever: 1 MiB from 1 KiB.
    encoder.write_all(&inflated(GOROUTINE)).unwrap();
    for _ in 0..512 {
        encoder.write_all(&[0x78, 0].repeat(1024)).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    // Between two of the repeated fields.
    let limit = inflated(GOROUTINE).len() as u64 + 2000;
    let limits = Limits { decompressed: limit, ..Limits::default() };
    let read = Profile::read_within("p", &bytes, &limits).unwrap();
    assert_eq!(read.profile, sound(GOROUTINE));
    let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    assert_eq!(
        (&*problem.expected, &*problem.found),
        (&*format!("at most {limit} bytes of profile"), "more")
    );
}

#[test]
fn a_plain_profile_beyond_the_limit_is_read_up_to_it() {
    let plain = inflated(HEAP);
    let limits = Limits { decompressed: plain.len() as u64 - 1, ..Limits::default() };
    let read = Profile::read_within("p", &plain, &limits).unwrap();
    assert!(read.problems[0].expected.starts_with("at most"), "{}", read.problems[0]);
    let exact = Limits { decompressed: plain.len() as u64, ..Limits::default() };
    assert_eq!(Profile::read_within("p", &plain, &exact).unwrap().problems, []);
    assert_eq!(Profile::read_within("p", HEAP, &exact).unwrap().problems, []);
}

#[test]
fn empty_messages_without_end_stop_at_the_limit() {
    let mut bytes = inflated(GOROUTINE);
    bytes.extend([0x12, 0].repeat(10_000));
    let limits = Limits { elements: 1000, ..Limits::default() };
    let read = Profile::read_within("p", &bytes, &limits).unwrap();
    assert!(read.problems.iter().any(|problem| problem.expected == "at most 1000 messages and parts"));
    assert!(read.problems.len() <= 101);
}

#[test]
fn a_message_beyond_the_limit_is_skipped() {
    let mut bytes = inflated(GOROUTINE);
    bytes.extend([0x32, 0x80, 0x01]); // a string of 128 bytes
    bytes.extend([b'x'; 128]);
    let limits = Limits { message: 127, ..Limits::default() };
    let read = Profile::read_within("p", &bytes, &limits).unwrap();
    let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    assert_eq!((&*problem.structure, &*problem.found), ("string_table", "128 bytes"));
}

#[test]
fn a_long_message_is_passed_over_even_if_it_comes_in_parts() {
    use super::super::inflate::Sink as _;
    use super::super::scan::Scan;
    let mut bytes = inflated(GOROUTINE);
    let whole = bytes.len();
    bytes.extend([0x32, 0x80, 0x80, 0x04]); // a string of 65536 bytes
    bytes.extend(vec![b'x'; 65_536]);
    bytes.extend([0x32, 1, b'y']);
    let limits = Limits { message: 50_000, ..Limits::default() };
    let mut scan = Scan::new(&limits);
    let mut start = 0;
    // The field is cut before its length, within its content, and at its end.
    for end in [whole + 1, whole + 10, whole + 40_000, bytes.len()] {
        start += scan.take(&bytes[start..end], end == bytes.len());
    }
    assert_eq!(start, bytes.len());
    assert_eq!(scan.problems.listed().len(), 1, "{:?}", scan.problems);
    assert_eq!(scan.problems.listed()[0].offset as usize, whole);
    assert_eq!(scan.out.strings.iter().last(), Some("y"));
}

#[test]
fn what_the_fuzzer_found_holds() {
    let found = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/pprof/fuzzed");
    for entry in std::fs::read_dir(found).unwrap() {
        properties::hold(&std::fs::read(entry.unwrap().path()).unwrap());
    }
    // The recorded ones, too, lest the directory be empty.
    for bytes in [HEAP, GOROUTINE] {
        properties::hold(bytes);
        properties::hold(&inflated(bytes));
    }
}
