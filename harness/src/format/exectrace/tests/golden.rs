//! Agreement with Go's own reader on traces recorded by every release of Go that writes the format.
//! The `.golden` files beside the traces are written by `fixtures/programs/tracegen/golden`, all by
//! `cargo xtask record`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::describe::describe;
use super::fixture;
use crate::format::exectrace::{AllocFree, EventKind, Reader, Version};

/// What golden files say, worked out with our reader.
#[derive(Default)]
struct Facts {
    counts: BTreeMap<&'static str, u64>,
    gc: String,
    created: String,
    ended: u64,
    digest: u64,
}

impl Facts {
    fn of(data: &[u8]) -> Self {
        let mut facts = Self { digest: 0xcbf2_9ce4_8422_2325, ..Self::default() };
        let mut reader = Reader::new("t", data).unwrap();
        while let Some(event) = reader.next_event() {
            let (kind, line) = describe(&event, &reader);
            *facts.counts.entry(kind).or_default() += 1;
            facts.add_to_digest(&line);
            facts.take(&event.kind(), kind, event.time.0);
        }
        assert_eq!(reader.problems(), []);
        facts
    }

    fn take(&mut self, event: &EventKind, kind: &str, time: i64) {
        match event {
            EventKind::GcBegin { .. } | EventKind::GcActive { .. } | EventKind::GcEnd { .. } => {
                writeln!(self.gc, "gc {kind} {time}").unwrap();
            }
            EventKind::GoCreate { created, .. }
            | EventKind::GoCreateBlocked { created, .. }
            | EventKind::GoCreateSyscall { created } => writeln!(self.created, "created {created}").unwrap(),
            EventKind::GoDestroy | EventKind::GoDestroySyscall => self.ended += 1,
            _ => {}
        }
    }

    /// FNV-1a, as in Go's `hash/fnv`.
    fn add_to_digest(&mut self, line: &str) {
        for byte in line.bytes().chain([b'\n']) {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn render(&self) -> String {
        let counts: String = self.counts.iter().map(|(kind, n)| format!("count {kind} {n}\n")).collect();
        let (gc, created) = (&self.gc, &self.created);
        format!("{counts}{gc}{created}ended {}\ndigest {:016x}\n", self.ended, self.digest)
    }
}

/// Names of the recorded traces, without `.trace`.
fn recorded() -> Vec<String> {
    let path = format!("{}/../fixtures/traces", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".trace")?.to_owned())).collect();
    names.sort();
    names
}

/// Names of the recordings of this workload.
fn recorded_of(workload: &str) -> Vec<String> {
    let of = |name: &String| name.split_once("-go").is_some_and(|(before, _)| before == workload);
    recorded().into_iter().filter(of).collect()
}

/// Minor version of the Go release that recorded it.
fn release(name: &str) -> u32 {
    let (_, version) = name.split_once("-go1.").unwrap_or_else(|| panic!("{name} names no release"));
    version.split('.').next().unwrap().parse().unwrap()
}

#[test]
fn every_recorded_trace_reads_as_by_go_itself() {
    let names = recorded();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        let expected = String::from_utf8(fixture(&format!("{name}.golden"))).unwrap();
        assert_eq!(Facts::of(&fixture(&format!("{name}.trace"))).render(), expected, "{name}");
    }
}

#[test]
fn there_is_a_recording_of_every_release_that_writes_this_format() {
    let releases: BTreeSet<u32> = recorded().iter().map(|name| release(name)).collect();
    assert_eq!(releases.into_iter().collect::<Vec<_>>(), [22, 23, 24, 25, 26, 27]);
}

#[test]
fn each_release_writes_the_format_version_it_should() {
    for name in recorded() {
        let version = Reader::new("t", &fixture(&format!("{name}.trace"))).unwrap().version();
        let expected = match release(&name) {
            22 => Version::Go122,
            23 | 24 => Version::Go123,
            25 => Version::Go125,
            _ => Version::Go126,
        };
        assert_eq!(version, expected, "{name}");
    }
}

/// Objects of each type that `work=alloc` makes and that were freed, counted from the events.
fn objects_by_type(data: &[u8]) -> BTreeMap<String, (u64, u64)> {
    let mut reader = Reader::new("t", data).unwrap();
    let mut live = BTreeMap::new();
    let mut by_type: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    while let Some(event) = reader.next_event() {
        match event.kind() {
            EventKind::AllocFree(AllocFree::ObjectAlloc { object, of }) => {
                let name = reader.alloc_type(of).map_or("?", |of| of.name).to_owned();
                by_type.entry(name.clone()).or_default().0 += 1;
                live.insert(object, name);
            }
            EventKind::AllocFree(AllocFree::ObjectFree { object }) => {
                if let Some(name) = live.remove(&object) {
                    by_type.entry(name).or_default().1 += 1;
                }
            }
            _ => {}
        }
    }
    by_type
}

#[test]
fn alloc_free_events_tell_how_many_objects_of_a_type_were_made_and_freed() {
    for name in recorded_of("alloc") {
        let by_type = objects_by_type(&fixture(&format!("{name}.trace")));
        assert_eq!(by_type["main.node"].0, 200, "{name}");
        assert_eq!(by_type["main.entry"], (100, 0), "{name}: all are kept");
    }
}

#[test]
fn alloc_free_info_and_types_have_sane_values() {
    let data = fixture("alloc-go1.27.4.trace");
    let mut reader = Reader::new("t", &data).unwrap();
    let mut sizes = BTreeMap::new();
    while let Some(event) = reader.next_event() {
        if let EventKind::AllocFree(AllocFree::ObjectAlloc { object, of }) = event.kind() {
            let info = reader.alloc_info().unwrap();
            assert_eq!((info.page_size, info.heap_align, info.stack_align), (8192, 8, 2048));
            assert!(info.object_address(object).unwrap() > info.min_heap_address);
            if let Some(of) = reader.alloc_type(of) {
                sizes.insert(of.name.to_owned(), (of.size, of.pointer_bytes));
            }
        }
    }
    assert_eq!(sizes["main.node"], (48, 8));
    assert_eq!(sizes["main.entry"], (16, 0));
}

#[test]
fn goroutines_that_nobody_ends_are_created_at_the_line_of_their_go_statement() {
    for name in recorded_of("mixed") {
        let data = fixture(&format!("{name}.trace"));
        let mut reader = Reader::new("t", &data).unwrap();
        let mut creators: BTreeMap<String, u64> = BTreeMap::new();
        while let Some(event) = reader.next_event() {
            if let EventKind::GoCreate { start, .. } = event.kind() {
                let site = reader.stack(event.stack()).and_then(|stack| stack.frames().next()).unwrap();
                let started = reader.stack(start).and_then(|stack| stack.frames().next()).unwrap();
                if site.function == "main.leak" {
                    assert_eq!(started.function, "main.leak.func1", "{name}");
                    *creators.entry(format!("{}:{}", site.file, site.line)).or_default() += 1;
                }
            }
        }
        assert_eq!(creators, BTreeMap::from([("example.com/tracegen/mixed.go:36".to_owned(), 5)]), "{name}");
    }
}
