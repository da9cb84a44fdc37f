//! A table put together by hand, as Go 1.26 lays it out, and what is left of it after damage.

use super::*;

/// A little-endian table of 64 bits with these functions: name, line, bytes of code, depths of the stack.
fn table(functions: &[(&str, u32, u32, &[u8])], files: &[&str]) -> Vec<u8> {
    let mut names = vec![0];
    let mut steps = vec![0];
    let (mut rows, mut records, mut start) = (Vec::new(), Vec::new(), 0_u32);
    let rows_len = functions.len() * 8 + 4;
    for (name, line, size, depths) in functions {
        rows.extend([start, (rows_len + records.len()) as u32].map(u32::to_le_bytes).concat());
        let fields = [start, names.len() as u32, 0, 0, steps.len() as u32, 0, 0, 0, 0, *line, 0];
        records.extend(fields.map(u32::to_le_bytes).concat());
        names.extend(name.bytes().chain([0]));
        steps.extend(*depths);
        start += size;
    }
    rows.extend(start.to_le_bytes());
    let paths: Vec<u8> = files.iter().flat_map(|file| file.bytes().chain([0])).collect();
    let header = 8 + 8 * 8;
    let at_files = header + names.len();
    let at_steps = at_files + paths.len();
    let at_functions = at_steps + steps.len();
    let mut data = vec![0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
    for word in [functions.len(), files.len(), 0, header, at_files, at_files, at_steps, at_functions] {
        data.extend((word as u64).to_le_bytes());
    }
    [data, names, paths, steps, rows, records].concat()
}

/// Depth 0 for 4 bytes, 48 for 300, 0 for the rest; then the end.
const DEPTHS: &[u8] = &[2, 4, 96, 0xac, 0x02, 95, 8, 0];

fn example() -> Vec<u8> {
    table(
        &[("main.handle", 53, 312, DEPTHS), ("main.main", 14, 64, &[2, 64, 0])],
        &["/src/main.go", "/go/src/fmt/print.go"],
    )
}

#[test]
fn functions_have_their_line_size_and_deepest_stack() {
    let (read, problems) = function_table("prog", &example());
    assert_eq!(problems, []);
    let expected = [("main.handle", 53, 312, 48), ("main.main", 14, 64, 0)];
    let of = |function: &Function| (function.name.to_string(), function.line, function.size, function.frame);
    let expected = expected.map(|(name, line, size, frame)| (name.to_owned(), line, size, frame));
    assert_eq!(read.functions.iter().map(of).collect::<Vec<_>>(), expected);
}

#[test]
fn a_table_within_a_file_of_another_kind_is_found_by_its_start() {
    let within = [b"MZ....".to_vec(), example()].concat();
    assert_eq!(function_table("prog", &within), function_table("prog", &example()));
}

#[test]
fn a_table_that_is_cut_anywhere_or_has_any_bit_flipped_is_read_without_a_panic() {
    let whole = example();
    for at in 0..whole.len() {
        let (read, problems) = function_table("prog", &whole[..at]);
        assert!(read.functions.len() < 2 && !problems.is_empty(), "cut at {at}");
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            let (read, _) = function_table("prog", &changed);
            assert!(read.functions.len() <= whole.len());
        }
    }
}

#[test]
fn a_number_of_functions_that_cannot_be_is_a_problem_and_no_memory() {
    let mut huge = example();
    huge[8..16].copy_from_slice(&(u64::MAX >> 4).to_le_bytes());
    let (read, problems) = function_table("prog", &huge);
    assert!(read.functions.len() < 1000);
    assert!(!problems.is_empty());
}
