//! Facts of binaries put together here; those of real ones are in the end-to-end tests.

use super::*;
use crate::format::binary::{FileRange, Function, FunctionTable, Layout, Piece, PieceKind};
use crate::model::lab::size::{NameSource, SizeClass};
use crate::scenario::ByteSize;

fn range(name: &str, offset: u64, size: u64) -> FileRange {
    FileRange { name: name.to_owned(), is_section: true, offset, size, address: None, inflated: size }
}

fn piece(range: usize, name: &str, kind: PieceKind, size: u64) -> Piece {
    Piece { range, name: name.into(), kind, size, tables: if kind == PieceKind::Function { 60 } else { 0 } }
}

fn record() -> Record {
    let ranges = vec![
        range("ELF header", 0, 64),
        range(".text", 64, 1000),
        range(".rodata", 1064, 500),
        range(".gopclntab", 1564, 300),
        range(".debug_info", 1864, 700),
        range("padding", 2564, 6),
    ];
    let pieces = vec![
        piece(1, "main.main", PieceKind::Function, 100),
        piece(1, "example.com/a/b%2ev2.F[...]", PieceKind::Function, 200),
        piece(1, "net/http.(*conn).serve", PieceKind::Function, 300),
        piece(1, "type:.eq.net/http.conn", PieceKind::Function, 50),
        piece(1, "cmpbody", PieceKind::Function, 40),
        piece(1, "deflate", PieceKind::Foreign, 250),
        piece(2, "type:*", PieceKind::Data, 260),
        piece(2, "go:string.*", PieceKind::Data, 120),
        piece(2, "main.table", PieceKind::Data, 80),
    ];
    let function = Function {
        name: "main.main".into(),
        offset: 0,
        size: 100,
        tables: 60,
        has_lines: true,
        line: 1,
        frame: 0,
    };
    let contents = Contents {
        layout: Layout { ranges, ..Layout::default() },
        pieces,
        functions: FunctionTable {
            functions: vec![function],
            text_start: None,
            parts: vec![("names", 90), ("functions", 150)],
        },
        table_range: Some(3),
        has_symbols: true,
        text_start: None,
    };
    let modules = ModuleTable { main: "example.com/app".into(), dependencies: vec!["example.com/a".into()] };
    Record { contents, twin: None, modules }
}

fn stripped() -> Record {
    let mut record = record();
    record.contents.has_symbols = false;
    record.contents.pieces.retain(|piece| piece.kind == PieceKind::Function);
    record.contents.layout.ranges.remove(4);
    // Only the function table names anything, and what has no name is there all the same.
    record
}

fn asked(records: &[(String, Record)], expect: &LabExpect) -> SizeAnswer {
    answer(Records { of: records, reference: "full" }, expect)
}

#[test]
fn every_byte_is_for_something_and_counted_once() {
    let facts = facts::whole(&record()).facts;
    let of = |class| facts.classes.iter().find(|facts| facts.class == class).map(|facts| facts.size.0);
    assert_eq!(of(SizeClass::Main), Some(180));
    assert_eq!(of(SizeClass::Std), Some(390));
    assert_eq!(of(SizeClass::Cgo), Some(250));
    assert_eq!(of(SizeClass::Runtime), Some(560));
    assert_eq!(of(SizeClass::Strings), Some(120));
    assert_eq!(of(SizeClass::Debug), Some(700));
    assert_eq!(of(SizeClass::Rest), Some(170));
    let module = facts.classes.iter().find(|facts| facts.class == SizeClass::Module).expect("a module");
    assert_eq!((module.words().as_str(), module.size.0), ("module example.com/a", 200));
    let sum = |sizes: Vec<Bytes>| sizes.into_iter().sum::<Bytes>();
    assert_eq!(sum(facts.classes.iter().map(|class| class.size).collect()), facts.total);
    assert_eq!(sum(facts.sections.iter().map(|section| section.size).collect()), facts.total);
    for class in &facts.classes {
        assert_eq!(sum(class.parts.iter().map(|part| part.size).collect()), class.size, "{}", class.words());
    }
}

#[test]
fn packages_have_their_code_their_data_and_their_share_of_the_function_table() {
    let facts = facts::whole(&record()).facts;
    let of = |name: &str| facts.packages.iter().find(|package| package.package == name).expect("listed");
    assert_eq!((of("main").code.0, of("main").data.0, of("main").tables.0), (100, 80, 60));
    assert_eq!((of("net/http").code.0, of("net/http").tables.0), (350, 120));
    assert_eq!(of("example.com/a/b.v2").class, SizeClass::Module);
    assert_eq!(of("runtime").code.0, 40);
}

#[test]
fn a_stripped_program_is_named_by_its_twin_or_compared_by_its_code_alone() {
    let alone = ("stripped".to_owned(), stripped());
    let mut named = ("named".to_owned(), stripped());
    named.1.twin = Some(record().contents);
    let answer = asked(&[("full".to_owned(), record()), alone, named], &LabExpect::default());
    let names = ["full", "stripped", "named"].map(|name| answer.of(name).expect("facts").names);
    assert_eq!(names, [NameSource::File, NameSource::FunctionTable, NameSource::Twin]);
    let [alone, named] = answer.differences.as_slice() else { panic!("two differ") };
    assert!(alone.of.code_only && !named.of.code_only);
    assert!(alone.of.packages.is_empty() && alone.of.symbols.iter().all(|change| change.name == "deflate"));
    assert!(named.of.packages.is_empty() && named.of.symbols.is_empty(), "{:?}", named.of);
    assert_eq!((named.of.total, named.of.classes[0].name.as_str()), (-700, "debug information"));
}

#[test]
fn changes_add_up_and_the_largest_is_first() {
    let mut other = record();
    other.contents.pieces[2].size = 100;
    other.contents.pieces.push(piece(1, "net.Dial", PieceKind::Function, 10));
    let answer = asked(&[("full".to_owned(), record()), ("v".to_owned(), other)], &LabExpect::default());
    let difference = &answer.differences[0].of;
    assert_eq!(difference.total, 0);
    assert_eq!(difference.classes.iter().map(crate::model::lab::size::Change::by).sum::<i64>(), 0);
    let packages: Vec<_> =
        difference.packages.iter().map(|change| (change.name.as_str(), change.by())).collect();
    assert_eq!(packages, [("net/http", -200), ("net", 10)]);
    assert_eq!(difference.packages[1].reference, None);
}

#[test]
fn the_largest_size_that_may_be_is_held_against_every_variant() {
    let limit = |text: &str| LabExpect {
        max_size: Some(ByteSize::try_from(text.to_owned()).expect("a size")),
        ..LabExpect::default()
    };
    let records = [("full".to_owned(), record()), ("stripped".to_owned(), stripped())];
    let held =
        |text| asked(&records, &limit(text)).expected.iter().map(|line| line.holds).collect::<Vec<_>>();
    assert_eq!(held("2570B"), [true, true]);
    assert_eq!(held("2KB"), [false, true]);
    assert!(asked(&records, &LabExpect::default()).expected.is_empty());
}

#[test]
fn the_headline_says_what_most_bytes_are_for_and_what_changed_most() {
    let records = [("full".to_owned(), record()), ("stripped".to_owned(), stripped())];
    let answer = asked(&records, &LabExpect::default());
    let expected = "full is 2.5 KiB: debug information 27 %, runtime tables 21 %, standard library 15 %; \
                    stripped -27.2 % (headers, rest +710 B, debug information -700 B)";
    assert!(answer.headline == expected, "{}", answer.headline);
}
