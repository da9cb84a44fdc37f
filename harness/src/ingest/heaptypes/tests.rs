//! A real program of releases with old and new maps, dumped and typed. Needs Go.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::graph::{symbols, types_of};
use super::{Objects, Program, Typing, find};
use crate::format::binary::{Binary, Shape, TypeTable};
use crate::format::heapdump::{Reader, Record};
use crate::ingest::heap::{Loaded, Options};
use crate::model::Address;
use crate::model::heap::RetainingPath;

/// Releases with buckets, and with tables.
const RELEASES: [&str; 2] = ["go1.23.12", "go1.26.8"];

struct Built {
    program: PathBuf,
    dump: PathBuf,
    _directory: tempfile::TempDir,
}

fn go(release: &str) -> Command {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/dumpgen");
    let mut go = Command::new("go");
    go.current_dir(source).env("GOTOOLCHAIN", release).env("GOFLAGS", "").env("CGO_ENABLED", "0");
    go
}

fn run(command: &mut Command) {
    let output = command.output().expect("this test needs `go` on the PATH");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn build(release: &str, name: &str, flags: &[&str]) -> Built {
    let directory = tempfile::tempdir().unwrap();
    let (program, dump) = (directory.path().join(name), directory.path().join("heap.dump"));
    run(go(release).args(["build", "-trimpath"]).args(flags).arg("-o").arg(&program).arg("."));
    run(Command::new(&program).arg(&dump).env("GODEBUG", "memprofilerate=512"));
    Built { program, dump, _directory: directory }
}

fn read_binary(path: &Path) -> (Binary, TypeTable) {
    let data = std::fs::read(path).unwrap();
    let ((binary, wrong), (table, wrong_types)) =
        (Binary::read("prog", &data), TypeTable::read("prog", &data));
    assert_eq!((wrong, wrong_types), (vec![], vec![]));
    (binary, table)
}

/// The objects of a dump in the plainest way.
#[derive(Default)]
struct Heap {
    /// Address, size, offsets and values of slots.
    objects: BTreeMap<u64, (u64, Vec<(u64, u64)>)>,
    places: Vec<u64>,
    /// Values that lie outside: where they stand if in static memory.
    roots: Vec<(Option<u64>, u64)>,
    types: Vec<(u64, String)>,
}

impl Heap {
    fn read(path: &Path) -> Self {
        let mut heap = Self::default();
        let mut dump = Reader::open(path).unwrap();
        while let Some(record) = dump.next_record() {
            match record {
                Record::Object(object) => {
                    let slots = object.memory.slots().map(|slot| (slot.offset, slot.value.0)).collect();
                    heap.objects.insert(object.address.0, (object.memory.size(), slots));
                }
                Record::Segment(segment) => {
                    let at = |offset| Some(segment.address.0 + offset);
                    heap.roots.extend(segment.memory.slots().map(|slot| (at(slot.offset), slot.value.0)));
                }
                Record::Frame(frame) => {
                    heap.roots.extend(frame.memory.slots().map(|slot| (None, slot.value.0)))
                }
                Record::Type(of) => heap.types.push((of.address.0, of.name.to_string())),
                _ => {}
            }
        }
        assert_eq!(dump.problems(), []);
        heap.places = heap.objects.keys().copied().collect();
        heap
    }

    fn reachable(&self) -> HashSet<u32> {
        let mut todo: Vec<u32> = self.roots.iter().filter_map(|&(_, value)| self.find(value)).collect();
        let mut seen = HashSet::new();
        while let Some(object) = todo.pop() {
            if seen.insert(object) {
                let slots = &self.objects[&self.address(object)].1;
                todo.extend(slots.iter().filter_map(|&(_, value)| self.find(value)));
            }
        }
        seen
    }

    /// All references: from where in which object to which.
    fn references(&self) -> impl Iterator<Item = (u32, u64, u32)> + '_ {
        (0..self.len()).flat_map(move |from| {
            let slots = self.objects[&self.address(from)].1.iter();
            slots.filter_map(move |&(offset, value)| Some((from, offset, self.find(value)?)))
        })
    }
}

impl Objects for Heap {
    fn len(&self) -> u32 {
        self.places.len() as u32
    }

    fn find(&self, address: u64) -> Option<u32> {
        let (&start, (size, _)) = self.objects.range(..=address).next_back()?;
        (address - start < *size).then(|| self.places.binary_search(&start).unwrap() as u32)
    }

    fn address(&self, object: u32) -> u64 {
        self.places[object as usize]
    }

    fn size(&self, object: u32) -> u64 {
        self.objects[&self.address(object)].0
    }
}

/// Reachable objects by the name of their type.
fn count(heap: &Heap, typing: &Typing<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for object in heap.reachable() {
        *counts.entry(typing.name(object).unwrap_or_default()).or_default() += 1;
    }
    counts
}

/// Bytes of reachable objects that are typed, and all of them.
fn bytes(heap: &Heap, typing: &Typing<'_>) -> (u64, u64) {
    let reachable = heap.reachable();
    let size = |typed: bool| {
        let some = reachable.iter().filter(|&&object| !typed || typing.is_typed(object));
        some.map(|&object| heap.size(object)).sum()
    };
    (size(true), size(false))
}

fn check_program(heap: &Heap, typing: &Typing<'_>, what: &str) {
    let counts = count(heap, typing);
    let (typed, all) = bytes(heap, typing);
    for (name, n) in [
        ("main.entry", 100 + 5),
        ("main.square", 200),
        ("main.box", 100),
        ("main.wide", 5),
        ("[]main.item", 100),
        ("container/list.Element", 100),
        ("func main.fill.func1", 100),
        ("main.item", 5),
        ("[]main.shape", 1),
        // Before Go 1.25 a type that no variable has is not in the debugging information.
        ("[]*main.entry", if what == "go1.23.12" { 1 } else { 100 + 1 }),
        ("int", 50),
        ("string", 200),
    ] {
        let found = counts.get(name).copied().unwrap_or_default();
        assert!(found >= n, "{what}: {found} of {n} {name}\n{counts:#?}");
    }
    assert!(typed * 100 >= all * 90, "{what}: {typed} of {all} bytes\n{counts:#?}");
}

/// Every field by which an object of type `from` leads to one of type `to`.
fn fields(heap: &Heap, typing: &Typing<'_>, from: &str, to: &str) -> Vec<String> {
    let mut fields: Vec<String> = heap
        .references()
        .filter(|&(a, _, b)| {
            typing.name(a).is_some_and(|name| name.starts_with(from)) && typing.name(b).as_deref() == Some(to)
        })
        .map(|(a, offset, _)| typing.field(a, heap.size(a), offset).unwrap())
        .collect();
    fields.sort();
    fields.dedup();
    fields
}

#[test]
fn most_of_a_real_heap_is_typed_and_places_in_it_have_the_names_of_the_source() {
    for release in RELEASES {
        let built = build(release, "prog", &[]);
        let (binary, table) = read_binary(&built.program);
        let heap = Heap::read(&built.dump);
        let mut dump = Reader::open(&built.dump).unwrap();
        let program = Program { binary: &binary, table: &table, moves: None };
        let (typing, sources) = find(&mut dump, &heap, program, &[]).unwrap();
        check_program(&heap, &typing, release);
        assert!(sources.references > 500 && sources.known >= 5, "{sources:?}");
        let (of, names) = typing.names();
        for object in 0..heap.len() {
            let name = names.get(of[object as usize] as usize);
            assert_eq!(name.cloned(), typing.name(object));
        }
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        let fields = |from, to| fields(&heap, &typing, from, to);
        assert_eq!(fields("main.entry", "main.entry"), [".next"]);
        assert_eq!(fields("main.entry", "[]main.item"), [".items"]);
        assert_eq!(fields("main.wide", "main.entry"), [".first"]);
        assert_eq!(fields("main.square", "int"), [".side"]);
        assert_eq!(fields("[]main.shape", "main.square"), ["[]"]);
        assert_eq!(fields("container/list.Element", "main.entry"), [".Value"]);
        let map = if release == "go1.23.12" { "[]bucket<string" } else { "[]noalg.map.group[string]" };
        assert_eq!(fields(map, "main.entry"), ["[]"], "{release}");
        assert_eq!(fields(map, "string"), ["[key]"], "{release}");
        let names: HashSet<String> =
            heap.roots.iter().filter_map(|&(at, _)| typing.global(Address(at?))).collect();
        for name in ["main.cache.entries", "main.cache.wides", "main.head", "main.ch", "main.static"] {
            assert!(names.contains(name), "{release}: {name}");
        }
    }
}

#[test]
fn a_descriptor_in_memory_and_its_type_in_the_file_have_the_same_name() {
    for release in ["go1.22.12", "go1.23.12", "go1.26.8", "go1.27.4"] {
        let built = build(release, "prog", &[]);
        let (binary, table) = read_binary(&built.program);
        let start = binary.types.as_ref().unwrap().start;
        let heap = Heap::read(&built.dump);
        let mut n = 0;
        for (address, name) in &heap.types {
            let Some(of) = table.by_descriptor(address - start) else { continue };
            // The runtime writes the package alone for pointer types with methods.
            assert!(table.name(of) == name || name.ends_with('.'), "{release}: {name}, {}", table.name(of));
            n += 1;
        }
        assert!(n >= 5, "{release}: {n} of {:?}", heap.types);
    }
}

#[test]
fn a_stripped_program_is_typed_by_its_twin_and_by_no_other() {
    let stripped = build("go1.26.8", "prog", &["-ldflags=-s -w"]);
    let twin = build("go1.26.8", "prog", &[]);
    let (binary, table) = read_binary(&twin.program);
    let data = std::fs::read(&stripped.program).unwrap();
    let (bare, problems) = Binary::read("prog", &data);
    assert_eq!((bare.variables.len(), problems.len()), (0, 1), "{problems:?}");
    let moves = binary.moves_to(&bare).unwrap();
    let heap = Heap::read(&stripped.dump);
    let mut dump = Reader::open(&stripped.dump).unwrap();
    let program = Program { binary: &binary, table: &table, moves: Some(&moves) };
    let (typing, _) = find(&mut dump, &heap, program, &[]).unwrap();
    check_program(&heap, &typing, "stripped");
    let other = build("go1.23.12", "prog", &[]);
    let (other, table) = read_binary(&other.program);
    assert_eq!(other.moves_to(&bare), None);
    assert_eq!(other.moves_to(&binary), None);
    let program = Program { binary: &other, table: &table, moves: None };
    let refused = find(&mut dump, &heap, program, &[]).unwrap_err().to_string();
    assert!(refused.starts_with("the binary is not the program that wrote the dump"), "{refused}");
}

#[test]
fn a_program_that_was_loaded_elsewhere_is_typed_too() {
    let built = build("go1.26.8", "prog", &["-buildmode=pie"]);
    let (binary, table) = read_binary(&built.program);
    let heap = Heap::read(&built.dump);
    let mut dump = Reader::open(&built.dump).unwrap();
    let program = Program { binary: &binary, table: &table, moves: None };
    let (typing, _) = find(&mut dump, &heap, program, &[]).unwrap();
    check_program(&heap, &typing, "pie");
}

#[test]
fn paths_have_the_fields_of_the_source_wherever_the_program_was_loaded() {
    for (release, flags) in [("go1.23.12", &[][..]), ("go1.26.8", &[]), ("go1.26.8", &["-buildmode=pie"])] {
        let built = build(release, "prog", flags);
        let (binary, table) = read_binary(&built.program);
        let mut reader = Reader::open(&built.dump).unwrap();
        let symbols = symbols(&binary, &table);
        let options = Options { symbols: Some(&symbols), ..Options::default() };
        let loaded = Loaded::read(&mut reader, options);
        let program = Program { binary: &binary, table: &table, moves: None };
        let (types, layouts) = types_of(&mut reader, &loaded, program, &[]).unwrap();
        let mut heap = loaded.analyse(Some(&types));
        heap.find_fields(&mut reader, Some(&layouts));
        let ways = |pattern| -> HashSet<String> {
            let paths = heap.paths_to(pattern).paths;
            let way = |path: &RetainingPath| {
                let fields = path.steps.iter().filter_map(|step| step.field.clone());
                format!("{}{}", path.root.name, fields.collect::<String>())
            };
            paths.iter().map(way).collect()
        };
        let wide = ways("main.wide");
        assert!(wide.contains("main.cache.wides") && wide.contains("main.cache.wides[]"), "{wide:?}");
        let entries = ways("main.entry");
        // Whether all of the list is one step depends on which of its nodes were sampled.
        assert!(entries.iter().any(|way| way.starts_with("main.static.next.next")), "{release}: {entries:?}");
        for way in ["main.anys[]", "main.ch.buf[]"] {
            assert!(entries.contains(way), "{release}: {way} in {entries:?}");
        }
        assert!(ways("main.item").contains("main.small[]"), "{:?}", ways("main.item"));
    }
}

/// The same objects of which nobody knows where in the dump they stand.
struct WithoutPlaces<'a>(&'a Loaded);

impl Objects for WithoutPlaces<'_> {
    fn len(&self) -> u32 {
        Objects::len(self.0)
    }

    fn find(&self, address: u64) -> Option<u32> {
        self.0.find(address)
    }

    fn address(&self, object: u32) -> u64 {
        self.0.address(object)
    }

    fn size(&self, object: u32) -> u64 {
        self.0.size(object)
    }
}

#[test]
fn types_are_the_same_whether_one_thread_reads_the_dump_or_two() {
    let built = build("go1.26.8", "prog", &[]);
    let (binary, table) = read_binary(&built.program);
    let mut reader = Reader::open(&built.dump).unwrap();
    let loaded = Loaded::read(&mut reader, Options::default());
    let middle = loaded.places().unwrap().middle;
    assert_eq!(reader.ahead(middle).map(|second| second.position()), Some(middle), "two do read it");
    let program = Program { binary: &binary, table: &table, moves: None };
    let (two, two_sources) = find(&mut reader, &loaded, program, &[]).unwrap();
    let (one, one_sources) = find(&mut reader, &WithoutPlaces(&loaded), program, &[]).unwrap();
    assert!(one_sources.known > 0 && one_sources.references > 0, "{one_sources:?}");
    assert_eq!((two.names(), two_sources), (one.names(), one_sources));
}

#[test]
fn types_look_as_the_source_has_them() {
    let built = build("go1.26.8", "prog", &[]);
    let (binary, table) = read_binary(&built.program);
    let entry = table.by_name("main.entry").next().unwrap();
    let fields: Vec<_> = table
        .fields(entry)
        .iter()
        .map(|field| (table.field_name(field), field.offset, table.name(field.of)))
        .collect();
    assert_eq!(
        fields,
        [
            ("key", 0, "string"),
            ("next", 16, "*main.entry"),
            ("any", 24, "interface {}"),
            ("items", 40, "[]main.item"),
            ("hook", 64, "func() int")
        ]
    );
    assert_eq!(table.size(entry), 72);
    let shapes: Vec<_> = table.fields(entry).iter().map(|field| table.shape(field.of)).collect();
    assert_eq!((shapes[0], shapes[1]), (Shape::String, Shape::Pointer(Some(entry))));
    assert_eq!((shapes[2], shapes[4]), (Shape::EmptyInterface, Shape::Func));
    let map = table.by_name("map[string]*main.entry").next().unwrap();
    let Shape::Map(key, elem, Some(_)) = table.shape(map) else { panic!("{:?}", table.shape(map)) };
    assert_eq!((table.name(key), table.name(elem)), ("string", "*main.entry"));
    let wide = table.by_name("main.wide").next().unwrap();
    assert_eq!(table.path(wide, 16 * 7 + 8).path, ".names[7]");
    let cache = table.globals.iter().find(|global| global.name == "main.cache").unwrap();
    let symbol = binary.variable(cache.address).unwrap();
    assert_eq!((symbol.name.as_ref(), symbol.size), ("main.cache", table.size(cache.of)));
    assert!(binary.build_id.as_ref().is_some_and(|id| id.matches('/').count() == 3), "{:?}", binary.build_id);
    let main = binary.functions.iter().find(|function| function.name.as_ref() == "main.main").unwrap();
    assert_eq!(binary.function(Address(main.address.0 + 5)), Some(main));
}
