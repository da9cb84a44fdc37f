//! Real binaries, and damaged ones: nothing panics. What the types look like, `ingest` tests with a dump. Needs Go.

use std::path::Path;
use std::process::Command;

use super::{Binary, TypeId, TypeTable};

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
