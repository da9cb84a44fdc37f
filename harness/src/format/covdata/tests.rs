//! Files that real programs wrote, against what Go says of them; files made by hand; damage.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Recordings of a release: meta-data, counters, and what `go tool covdata textfmt` makes of them.
macro_rules! recorded {
    ($($name:literal)+) => {
        [$((
            $name,
            include_bytes!(concat!("../../../../fixtures/covdata/", "meta-", $name)) as &[u8],
            include_bytes!(concat!("../../../../fixtures/covdata/", "counters-", $name)) as &[u8],
            include_str!(concat!("../../../../fixtures/covdata/", "textfmt-", $name, ".golden")),
        )),+]
    };
}

const RELEASES: [(&str, &[u8], &[u8], &str); 5] =
    recorded!["go1.23.12" "go1.24.13" "go1.25.4" "go1.26.8" "go1.27.4"];
const SET_META: &[u8] = include_bytes!("../../../../fixtures/covdata/set-meta-go1.26.8");
const SET_COUNTERS: &[u8] = include_bytes!("../../../../fixtures/covdata/set-counters-go1.26.8");
const SET_TEXT: &str = include_str!("../../../../fixtures/covdata/set-textfmt-go1.26.8.golden");

/// As Go writes it, sorted as Go sorts it.
fn text(meta: &Meta, counters: &Counters) -> String {
    let mut counts: BTreeMap<(usize, usize), &[u32]> = BTreeMap::new();
    for of in &counters.functions {
        counts.insert((of.package as usize, of.function as usize), &of.counts);
    }
    let mut lines = Vec::new();
    for (package_idx, package) in meta.packages.iter().enumerate() {
        for (function_idx, function) in package.functions.iter().enumerate() {
            let counts = counts.get(&(package_idx, function_idx)).copied().unwrap_or_default();
            for (unit_idx, unit) in function.units.iter().enumerate() {
                let count = counts.get(unit_idx).copied().unwrap_or(0);
                lines.push((function.file.to_string(), unit.start, unit.end, unit.statements, count));
            }
        }
    }
    lines.sort();
    let mode = match meta.mode {
        CounterMode::Set => "set",
        CounterMode::Count => "count",
        CounterMode::Atomic => "atomic",
        CounterMode::Unknown => "?",
    };
    let mut text = format!("mode: {mode}\n");
    for (file, start, end, statements, count) in lines {
        let _ = writeln!(text, "{file}:{}.{},{}.{} {statements} {count}", start.0, start.1, end.0, end.1);
    }
    text
}

fn read(meta_data: &[u8], counter_data: &[u8]) -> (Meta, Counters) {
    let (meta, problems) = meta("covmeta", meta_data);
    assert_eq!(problems, []);
    let (counters, problems) = counters("covcounters", counter_data);
    assert_eq!(problems, []);
    (meta, counters)
}

#[test]
fn every_release_is_read_as_go_reads_it() {
    for (release, meta, counters, golden) in RELEASES {
        let (meta, counters) = read(meta, counters);
        assert_eq!(text(&meta, &counters), golden, "{release}");
        assert_eq!(meta.hash, counters.meta, "{release}");
    }
    let (meta, counters) = read(SET_META, SET_COUNTERS);
    assert_eq!(text(&meta, &counters), SET_TEXT);
}

#[test]
fn functions_have_their_names_and_a_literal_outside_of_any_is_one() {
    let (meta, counters) = read(RELEASES[3].1, RELEASES[3].2);
    let names = |package: &MetaPackage| -> Vec<(String, bool)> {
        package.functions.iter().map(|function| (function.name.to_string(), function.literal)).collect()
    };
    let [store, main] = meta.packages.as_slice() else { panic!("{meta:?}") };
    let named = |names: &[(&str, bool)]| -> Vec<(String, bool)> {
        names.iter().map(|(name, literal)| ((*name).to_owned(), *literal)).collect()
    };
    assert_eq!(
        (&*store.path, &*store.name, &*store.module),
        ("example.com/recorder/store", "store", "example.com/recorder")
    );
    assert_eq!((&*main.path, &*main.name), ("example.com/recorder", "main"));
    let of_store = [("New", false), ("*Store.Put", false), ("*Store.Drop", false), ("Store.Len", false)];
    assert_eq!(names(store), named(&of_store));
    let of_main = [("func.L11.C14", true), ("handle", false), ("admin", false), ("main", false)];
    assert_eq!(names(main), named(&of_main));
    let args: Vec<(&str, &str)> = counters.args.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(args, [("GOARCH", "amd64"), ("GOOS", "linux"), ("argc", "1"), ("argv0", "./recorder")]);
}

/// A file of counters of the given kind of numbers, with a segment for each list of functions.
fn made(flavor: u8, big_endian: u8, segments: &[&[(u32, u32, &[u32])]]) -> Vec<u8> {
    let mut data = b"\0cwm\x01\0\0\0hash of 16 bytes".to_vec();
    data.extend([flavor, big_endian, 0, 0, 0, 0, 0, 0]);
    for (nth, functions) in segments.iter().enumerate() {
        data.extend((functions.len() as u64).to_le_bytes());
        // One empty string; no arguments, three bytes that fill up.
        data.extend([2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        let mut number = |n: u32| match (flavor, big_endian) {
            (1, 0) => data.extend(n.to_le_bytes()),
            (1, _) => data.extend(n.to_be_bytes()),
            _ if n < 128 => data.push(n as u8),
            _ => data.extend([n as u8 | 0x80, (n >> 7) as u8]),
        };
        for (package, function, counts) in *functions {
            [counts.len() as u32, *package, *function].into_iter().for_each(&mut number);
            counts.iter().copied().for_each(&mut number);
        }
        data.extend(b"\0cwm\0\0\0\0");
        data.extend((nth as u32 + 1).to_le_bytes());
        data.extend([0; 4]);
    }
    data
}

#[test]
fn numbers_of_each_kind_and_several_segments_are_read() {
    let segments: [&[(u32, u32, &[u32])]; 2] = [&[(0, 1, &[7, 300]), (2, 0, &[])], &[(0, 1, &[1, 0])]];
    for (flavor, big_endian) in [(1, 0), (1, 1), (2, 0)] {
        let (read, problems) = counters("c", &made(flavor, big_endian, &segments));
        assert_eq!((problems, &read.meta), (vec![], b"hash of 16 bytes"));
        let functions: Vec<(u32, u32, &[u32])> =
            read.functions.iter().map(|of| (of.package, of.function, &*of.counts)).collect();
        assert_eq!(functions, segments.concat(), "{flavor} {big_endian}");
    }
}

#[test]
fn other_files_and_newer_versions_are_named_as_such() {
    let newer = |data: &[u8]| {
        let mut data = data.to_vec();
        data[4] = 2;
        data
    };
    let (_, meta_data, counter_data, _) = RELEASES[4];
    for (problems, found) in [
        (meta("f", counter_data).1, "[00, 63, 77, 6d]"),
        (counters("f", meta_data).1, "[00, 63, 76, 6d]"),
        (meta("f", &newer(meta_data)).1, "version 2"),
        (counters("f", &newer(counter_data)).1, "version 2"),
        (counters("f", &made(9, 0, &[])).1, "9"),
        (meta("f", b"").1, "[]"),
    ] {
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!((&*problem.file, &*problem.found), ("f", found));
    }
}

#[test]
fn a_file_that_is_cut_anywhere_has_what_stands_before_and_says_so() {
    for (release, meta_data, counter_data, _) in RELEASES {
        let (whole_meta, whole_counters) = read(meta_data, counter_data);
        for at in 0..meta_data.len() {
            let (cut, problems) = meta("m", &meta_data[..at]);
            assert!(!problems.is_empty(), "{release} {at}");
            assert!(whole_meta.packages.starts_with(&cut.packages), "{release} {at}");
        }
        for at in 0..counter_data.len() {
            let (cut, problems) = counters("c", &counter_data[..at]);
            assert!(!problems.is_empty(), "{release} {at}");
            assert!(whole_counters.functions.starts_with(&cut.functions), "{release} {at}");
        }
    }
}

/// Bytes that all of it takes, strings once each time they are named.
fn weight(meta: &Meta) -> usize {
    let functions = meta.packages.iter().flat_map(|package| &package.functions);
    functions.map(|function| size_of::<MetaFunction>() + size_of_val(&*function.units)).sum::<usize>()
        + meta.packages.len() * size_of::<MetaPackage>()
}

/// No more than this for each byte of a file: a block takes 20 bytes and is written in five.
const MOST: usize = 32;

#[test]
fn any_flipped_bit_is_read_without_a_panic_and_in_bounded_memory() {
    let (_, meta_data, counter_data, _) = RELEASES[3];
    for bit in 0..meta_data.len() * 8 {
        let mut data = meta_data.to_vec();
        data[bit / 8] ^= 1 << (bit % 8);
        assert!(weight(&meta("m", &data).0) <= MOST * data.len(), "{bit}");
    }
    for bit in 0..counter_data.len() * 8 {
        let mut data = counter_data.to_vec();
        data[bit / 8] ^= 1 << (bit % 8);
        let (read, _) = counters("c", &data);
        let counts: usize = read.functions.iter().map(|of| of.counts.len()).sum();
        assert!(counts <= data.len(), "{bit}");
    }
}

#[test]
fn numbers_that_are_larger_than_the_file_take_no_memory() {
    let (_, meta_data, counter_data, _) = RELEASES[3];
    // The number of packages, and of functions of a segment.
    for (data, at) in [(meta_data, 16), (counter_data, 32)] {
        for value in [u64::MAX, u64::MAX / 8, 1 << 40] {
            let mut data = data.to_vec();
            data[at..at + 8].copy_from_slice(&value.to_le_bytes());
            assert!(!meta("m", &data).1.is_empty());
            assert!(!counters("c", &data).1.is_empty());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_behind_a_header_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (_, meta_data, counter_data, _) = RELEASES[3];
        let data = [&meta_data[..56], &bytes].concat();
        prop_assert!(weight(&meta("m", &data).0) <= MOST * data.len());
        let data = [&counter_data[..32], &bytes].concat();
        prop_assert!(counters("c", &data).0.functions.len() <= data.len());
    }
}
