//! Real binaries, and damaged ones: nothing panics. What the types look like, `ingest` tests with a dump. Needs Go.

use std::path::Path;
use std::process::Command;

use super::{Binary, Contents, Dynamic, FileFormat, PieceKind, TypeId, TypeTable};

/// A small program of this release.
fn build(release: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("prog");
    let output = Command::new("go")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/dumpgen"))
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .envs([("GOTOOLCHAIN", release), ("CGO_ENABLED", "0"), ("GOFLAGS", "")])
        .output()
        .expect("this test needs `go` on the PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(program).unwrap()
}

/// Everything can be asked of what was read.
fn ask(data: &[u8]) -> usize {
    let (binary, _) = Binary::read("prog", data);
    let (table, problems) = TypeTable::read("prog", data);
    let mut n_pointers = 0;
    for id in (0..table.len() as u32 + 1).map(TypeId) {
        let _ = (table.name(id), table.path(id, 9), table.field(id, "next"), table.by_descriptor(9));
        table.pointers(id, 4096, &mut |_, _| n_pointers += 1);
    }
    let _ = (binary.moves_to(&binary), binary.variables.first().map(|v| binary.variable(v.address)));
    assert!(problems.len() <= 100);
    n_pointers
}

#[test]
fn types_and_globals_of_dwarf_4_and_5_are_read() {
    for release in ["go1.22.12", "go1.24.13", "go1.25.4", "go1.27.4"] {
        let data = build(release);
        let ((binary, wrong), (table, wrong_types)) = (Binary::read("p", &data), TypeTable::read("p", &data));
        assert_eq!((wrong, wrong_types), (vec![], vec![]), "{release}");
        assert!(table.len() > 800 && table.globals.len() > 200, "{release}: {} types", table.len());
        let goid = table.by_name("runtime.g").next().and_then(|g| table.field(g, "goid")).unwrap();
        assert_eq!(table.name(goid.of), "uint64");
        let sched = table.globals.iter().find(|global| global.name == "runtime.sched").unwrap();
        let symbol = binary.variable(sched.address).unwrap();
        assert_eq!((symbol.name.as_ref(), symbol.size), ("runtime.sched", table.size(sched.of)), "{release}");
        assert!(ask(&data) > 1000);
    }
}

#[test]
fn any_flipped_bit_or_cut_of_a_binary_never_panics() {
    let sound = build("local");
    let len = sound.len();
    for i in 0..60 {
        let mut data = sound.clone();
        // Headers, the sections behind the program's own memory, and the table of sections.
        let place = match i % 3 {
            0 => i * 7 % 2048,
            1 => len - len / 3 + i * 9973 % (len / 3),
            _ => len - 1 - i * 13,
        };
        data[place] ^= 1 << (i % 8);
        ask(&data);
        ask(&sound[..len * i / 60]);
    }
    let (table, problems) = TypeTable::read("p", b"no binary");
    assert!(table.is_empty() && problems.len() == 1);
}

/// A program that `go build` makes of the fixture with these flags and variables.
fn build_with(args: &[&str], vars: &[(&str, &str)]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("prog");
    let output = Command::new("go")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programs/dumpgen"))
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .args(args)
        .arg(".")
        .envs([("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0"), ("GOFLAGS", "")])
        .envs(vars.iter().copied())
        .output()
        .expect("this test needs `go` on the PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(program).unwrap()
}

fn contents(data: &[u8]) -> Contents {
    let (contents, problems) = Contents::read("p", data);
    assert_eq!(problems, []);
    let sum: u64 = contents.layout.ranges.iter().map(|range| range.size).sum();
    assert_eq!(sum, data.len() as u64);
    contents
}

#[test]
fn the_function_table_of_every_release_names_the_same_functions_with_and_without_symbols() {
    for release in ["go1.22.12", "go1.25.4", "go1.27.4"] {
        let [full, bare] = [&[][..], &["-ldflags=-s -w"]]
            .map(|args| contents(&build_with(args, &[("GOTOOLCHAIN", release)])));
        assert!(full.has_symbols && !bare.has_symbols, "{release}");
        assert_eq!(full.functions.functions, bare.functions.functions, "{release}");
        assert!(full.functions.functions.len() > 1500, "{release}");
        assert_eq!(full.text_start, bare.text_start, "{release}");
        let main = bare.pieces.iter().find(|piece| &*piece.name == "main.main").unwrap();
        assert!(main.size > 100 && main.tables > 52 && main.kind == PieceKind::Function, "{release}");
        let parts: u64 = full.functions.parts.iter().map(|(_, size)| size).sum();
        let range = &full.layout.ranges[full.table_range.unwrap()];
        assert!(parts <= range.size && parts > range.size / 2, "{release}: {parts} of {}", range.size);
        let mut named = bare.clone();
        assert!(named.take_names_of(&full), "{release}");
        let types = named.pieces.iter().find(|piece| &*piece.name == "type:*").unwrap();
        assert!(types.size > 50_000, "{release}");
    }
}

#[test]
fn sizes_of_functions_are_those_that_nm_gives_up_to_padding() {
    let data = build_with(&[], &[]);
    let contents = contents(&data);
    let (binary, _) = Binary::read("p", &data);
    let mut n_compared = 0;
    for symbol in binary.functions.iter().filter(|symbol| symbol.size > 0) {
        // The table calls a function and its wrapper for the assembler's calling convention the same.
        let same = contents.pieces.iter().filter(|piece| piece.name == symbol.name);
        let [piece] = same.collect::<Vec<_>>()[..] else { continue };
        let size = symbol.size..symbol.size + 64;
        assert!(size.contains(&piece.size), "{}: {} {}", symbol.name, symbol.size, piece.size);
        n_compared += 1;
    }
    assert!(n_compared > 1500, "{n_compared}");
}

#[test]
fn files_of_other_systems_add_up_and_have_their_functions() {
    let targets = [("windows", "amd64", FileFormat::Pe), ("darwin", "arm64", FileFormat::MachO)];
    for (os, arch, format) in targets {
        let contents = contents(&build_with(&[], &[("GOOS", os), ("GOARCH", arch)]));
        assert_eq!(contents.layout.format, format, "{os}");
        assert!(contents.pieces.iter().any(|piece| &*piece.name == "main.main" && piece.size > 0), "{os}");
    }
}

#[test]
fn sections_of_a_web_assembly_module_add_up_and_custom_ones_have_their_names() {
    let module = b"\0asm\x01\0\0\0\x0a\x03abc\0\x07\x04namexy\x0b\x7f";
    let ranges = Contents::read("p", module).0.layout.ranges;
    let sizes: Vec<(&str, u64)> = ranges.iter().map(|range| (range.name.as_str(), range.size)).collect();
    assert_eq!(sizes, [("module header", 8), ("code", 5), ("name", 9), ("behind the last section", 2)]);
}

#[test]
fn any_flipped_bit_or_cut_adds_up_and_never_panics() {
    let sound = build_with(&["-buildmode=pie"], &[]);
    let layout = contents(&sound).layout;
    let table = layout.ranges.iter().find(|range| range.name.ends_with("gopclntab")).unwrap().offset as usize;
    for i in 0..60 {
        let mut data = sound.clone();
        let place = if i % 2 == 0 { i * 17 % 2048 } else { table + i * i * 3 };
        data[place] ^= 1 << (i % 8);
        for data in [&data[..], &sound[..sound.len() * i / 60]] {
            let (contents, problems) = Contents::read("p", data);
            let sum: u64 = contents.layout.ranges.iter().map(|range| range.size).sum();
            assert_eq!(sum, data.len() as u64, "{i}");
            let named: u64 = contents.pieces.iter().map(|piece| piece.size).sum();
            assert!(named <= sum && problems.len() <= 100, "{i}: {named} of {sum}");
        }
    }
}

#[test]
fn a_program_without_c_needs_nothing_and_one_for_windows_its_system() {
    let (none, problems) = Dynamic::read("p", &build_with(&[], &[]));
    assert_eq!(problems, []);
    assert_eq!((none.interpreter, none.needed, none.imports, none.has_table), (None, vec![], vec![], false));
    let (windows, _) = Dynamic::read("p", &build_with(&[], &[("GOOS", "windows")]));
    assert_eq!(windows.needed, ["kernel32.dll"]);
    assert!(windows.imports.iter().any(|import| import.name == "WriteFile"), "{:?}", windows.imports);
    let (mac, _) = Dynamic::read("p", &build_with(&[], &[("GOOS", "darwin"), ("GOARCH", "arm64")]));
    assert!(mac.needed.iter().any(|library| library.starts_with("/usr/lib/libSystem")), "{:?}", mac.needed);
}

#[test]
fn what_a_program_with_c_needs_is_read_with_versions_and_protection() {
    let data = build_with(&["-ldflags=-linkmode=external", "-buildmode=pie"], &[("CGO_ENABLED", "1")]);
    let (dynamic, problems) = Dynamic::read("p", &data);
    assert_eq!(problems, []);
    assert!(dynamic.interpreter.is_some_and(|loader| loader.contains("ld-linux")));
    assert_eq!(dynamic.needed, ["libc.so.6"]);
    let thread = dynamic.imports.iter().find(|import| import.name == "pthread_create").unwrap();
    assert!(thread.library == "libc.so.6" && thread.version.starts_with("GLIBC_2."), "{thread:?}");
    let protection = dynamic.protection.unwrap();
    assert!(protection.pie && protection.relro && protection.no_exec_stack, "{protection:?}");
    for i in 0..60 {
        let mut cut = data.clone();
        // Headers, then what the loader reads, which is near the start.
        cut[i * i * 5] ^= 1 << (i % 8);
        let _ = (Dynamic::read("p", &cut), Dynamic::read("p", &data[..data.len() * i / 60]));
    }
}
