//! Agreement with Go's own reader on traces recorded by four releases of Go. The `.golden` files
//! beside the traces are written by `fixtures/programs/tracegen/golden`.

use std::collections::BTreeMap;
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

/// Reads `name.trace` and compares all that `name.golden` says.
fn agrees(name: &str) {
    let expected = String::from_utf8(fixture(&format!("{name}.golden"))).unwrap();
    assert_eq!(Facts::of(&fixture(&format!("{name}.trace"))).render(), expected, "{name}");
}

#[test]
fn traces_of_go_1_23_read_as_by_go_itself() {
    agrees("mixed-go1.23.12");
    agrees("alloc-go1.23.12");
}

#[test]
fn traces_of_go_1_25_read_as_by_go_itself() {
    agrees("mixed-go1.25.4");
    agrees("cpu-go1.25.4");
}

#[test]
fn traces_of_go_1_26_read_as_by_go_itself() {
    agrees("mixed-go1.26.8");
    agrees("alloc-go1.26.8");
}

#[test]
fn traces_of_go_1_27_read_as_by_go_itself() {
    agrees("mixed-go1.27.4");
    agrees("alloc-go1.27.4");
    agrees("cpu-go1.27.4");
}

#[test]
fn each_release_writes_the_format_version_it_should() {
    let version = |name| Reader::new("t", &fixture(name)).unwrap().version();
    assert_eq!(version("mixed-go1.23.12.trace"), Version::Go123);
    assert_eq!(version("mixed-go1.25.4.trace"), Version::Go125);
    assert_eq!(version("mixed-go1.26.8.trace"), Version::Go126);
    assert_eq!(version("mixed-go1.27.4.trace"), Version::Go126);
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
    for name in ["alloc-go1.23.12.trace", "alloc-go1.26.8.trace", "alloc-go1.27.4.trace"] {
        let by_type = objects_by_type(&fixture(name));
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
    for name in ["mixed-go1.23.12.trace", "mixed-go1.27.4.trace"] {
        let data = fixture(name);
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
