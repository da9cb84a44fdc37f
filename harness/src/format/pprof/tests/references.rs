//! References that lead nowhere, unknown fields, ids in any order: profiles made message by message.

use prost::Message as _;

use super::*;

/// One sample of value 5 in `f` at `f.go:3`, inlined into `g` at `g.go:4`; ids far from dense.
fn profile() -> wire::Profile {
    let function = |id, name, filename| wire::Function { id, name, filename, ..Default::default() };
    let lines = vec![wire::Line { function_id: 900, line: 3 }, wire::Line { function_id: 1 << 60, line: 4 }];
    wire::Profile {
        sample_type: vec![wire::ValueType { kind: 1, unit: 2 }],
        sample: vec![wire::Sample { location_id: vec![77], value: vec![5], label: vec![] }],
        location: vec![wire::Location { id: 77, line: lines, ..Default::default() }],
        function: vec![function(1 << 60, 5, 6), function(900, 3, 4)],
        string_table: ["", "goroutine", "count", "f", "f.go", "g", "g.go"].map(str::to_owned).to_vec(),
        ..Default::default()
    }
}

fn read(profile: &wire::Profile) -> Read {
    Profile::read("p", &profile.encode_to_vec()).unwrap()
}

fn stack(read: &Read) -> Vec<String> {
    super::stack(&read.profile, read.profile.samples.get(0).unwrap())
}

/// The one problem of a profile, as (structure, expected, found).
fn only_problem(read: &Read) -> (&str, &str, &str) {
    let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    (&problem.structure, &problem.expected, &problem.found)
}

#[test]
fn ids_need_not_be_dense_and_inlined_calls_are_frames_innermost_first() {
    let read = read(&profile());
    assert_eq!(read.problems, []);
    assert_eq!(stack(&read), ["f f.go:3", "g g.go:4"]);
    assert_eq!(read.profile.samples.get(0).unwrap().values, [5]);
}

#[test]
fn a_string_index_out_of_the_table_is_a_problem_at_its_message() {
    for index in [7, -1, i64::MIN, i64::MAX] {
        let mut wire = profile();
        wire.function[1].filename = index;
        let read = read(&wire);
        assert_eq!(only_problem(&read), ("function", "a string index below 7", &*index.to_string()));
        assert_eq!(stack(&read), ["f :3", "g g.go:4"]);
        let mut before = wire.clone();
        before.function.truncate(1);
        before.string_table.clear();
        assert_eq!(read.problems[0].offset as usize, before.encoded_len());
    }
}

#[test]
fn a_missing_location_or_function_becomes_unknown_and_the_value_stays() {
    let mut wire = profile();
    wire.sample[0].location_id.push(5);
    let with_location = read(&wire);
    assert_eq!(only_problem(&with_location), ("sample", "ids of locations", "1 that are none"));
    assert_eq!(stack(&with_location), ["f f.go:3", "g g.go:4", "<unknown> :0"]);

    let mut wire = profile();
    wire.function.remove(0);
    let read = read(&wire);
    assert_eq!(only_problem(&read).1, "the id of a function");
    assert_eq!(stack(&read), ["f f.go:3", "<unknown> :4"]);
    assert_eq!(read.profile.samples.get(0).unwrap().values, [5]);
}

#[test]
fn an_id_used_twice_keeps_its_first_meaning() {
    let mut wire = profile();
    wire.location.push(wire::Location { id: 77, address: 1, ..Default::default() });
    wire.location.push(wire::Location::default());
    let read = read(&wire);
    let found: Vec<_> = read.problems.iter().map(|problem| problem.found.as_str()).collect();
    assert_eq!(found, ["77 again", "0"]);
    assert_eq!(stack(&read), ["f f.go:3", "g g.go:4"]);
}

#[test]
fn a_location_without_lines_keeps_its_address() {
    let mut wire = profile();
    wire.location[0] = wire::Location { id: 77, address: 0x401_000, ..Default::default() };
    let read = read(&wire);
    assert_eq!(read.problems, []);
    assert!(stack(&read).is_empty());
    assert_eq!(read.profile.locations[0].address, 0x401_000);
}

#[test]
fn a_sample_with_too_few_values_is_left_out() {
    let mut wire = profile();
    wire.sample.insert(0, wire::Sample { location_id: vec![77], ..Default::default() });
    let read = read(&wire);
    assert_eq!(only_problem(&read), ("sample", "1 values", "0"));
    assert_eq!(read.profile.samples.len(), 1);
}

#[test]
fn fields_of_a_later_version_are_skipped() {
    let mut bytes = profile().encode_to_vec();
    bytes.extend([0x98, 0x06, 0x01]); // field 99, varint
    bytes.extend([0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]); // field 99, 64 bits
    bytes.extend([0x9d, 0x06, 1, 2, 3, 4]); // field 99, 32 bits
    bytes.extend([0x9a, 0x06, 0x02, 0xff, 0xff]); // field 99, bytes
    let read = Profile::read("p", &bytes).unwrap();
    assert_eq!(read.problems, []);
    assert_eq!(read.profile.samples.len(), 1);
}

#[test]
fn comments_read_packed_and_unpacked() {
    let mut bytes = profile().encode_to_vec();
    bytes.extend([0x68, 3]); // field 13, one number
    bytes.extend([0x6a, 2, 5, 3]); // field 13, packed
    let read = Profile::read("p", &bytes).unwrap();
    assert_eq!(
        read.profile.header.comments,
        ["f".into(), "g".into(), "f".into()] as [std::sync::Arc<str>; 3]
    );
    assert_eq!(read.problems, []);
}

#[test]
fn a_known_field_of_another_wire_type_is_a_problem() {
    for (extra, name) in [([0x10, 1].as_slice(), "sample"), (&[0x4a, 0], "time_nanos")] {
        let mut bytes = profile().encode_to_vec();
        bytes.extend(extra);
        let read = Profile::read("p", &bytes).unwrap();
        assert_eq!(only_problem(&read).0, name);
    }
}

#[test]
fn a_string_that_is_not_utf8_keeps_its_place() {
    let mut wire = profile();
    wire.string_table.clear();
    let mut bytes = wire.encode_to_vec();
    for text in [b"".as_slice(), b"goroutine", b"count", b"f\xff", b"f.go", b"g", b"g.go"] {
        bytes.extend([0x32, text.len() as u8]);
        bytes.extend(text);
    }
    let read = Profile::read("p", &bytes).unwrap();
    assert_eq!(only_problem(&read).0, "string_table");
    assert_eq!(stack(&read), ["f\u{fffd} f.go:3", "g g.go:4"]);
}
