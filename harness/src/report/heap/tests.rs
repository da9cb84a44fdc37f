//! The page, views and answers of a small heap written by hand, and of one in which every name is hostile.

use super::*;
use crate::model::heap::{
    Accumulated, Agreement, DumpMemStats, GoroutineRoot, GoroutineView, HeapCount, HeapGrowth, HeapRoot,
    HeapSummary, HeapTotals, HeldSite, Holder, ObjectView, PathStep, PathsView, Reference, RetainingPath,
    RootKind, Suspect, SuspectKind, TypeUse,
};
use crate::model::{Address, Bytes, Frame, GcCycle, GoroutineId, MissingInput, Objects, SiteClass};

const LOOK: Look = Look { width: 100, color: false, verbose: false };
/// Escapes that move the cursor, a line's end, and marks that turn what follows around.
const HOSTILE: &str = "\u{1b}[2J\u{9b}1m\r\n\u{202e}\u{2066}\u{61c}";

fn count(objects: u64, bytes: u64) -> HeapCount {
    HeapCount { objects: Objects(objects), bytes: Bytes(bytes) }
}

/// A heap whose names end in `suffix`.
struct Heap<'s>(&'s str);

impl Heap<'_> {
    fn name(&self, name: &str) -> String {
        format!("{name}{}", self.0)
    }

    fn frame(&self, name: &str, line: u32) -> Frame {
        Frame { function: self.name(name).into(), file: self.name("/src/app/main.go").into(), line }
    }

    fn global(&self) -> HeapRoot {
        let type_name = Some(self.name("map[string]*main.entry"));
        HeapRoot { kind: RootKind::Global, name: self.name("main.cache"), type_name, goroutine: None }
    }

    fn goroutine(&self) -> HeapRoot {
        let goroutine = GoroutineRoot {
            id: GoroutineId(17),
            alike: 3,
            wait_reason: self.name("chan receive"),
            wait_since: 0,
            function: self.name("main.worker"),
            stack: vec![self.name("runtime.gopark"), self.name("main.worker")],
        };
        HeapRoot {
            kind: RootKind::Goroutine,
            name: self.name("main.serve"),
            type_name: None,
            goroutine: Some(goroutine),
        }
    }

    fn step(&self, field: &str, kind: &str, count: u64, chain: bool) -> PathStep {
        PathStep {
            field: Some(self.name(field)),
            offset: Some(8),
            type_name: Some(self.name(kind)),
            site: Some(self.frame("main.put", 35)),
            object_size: Bytes(48),
            count,
            chain,
        }
    }

    fn path(&self) -> RetainingPath {
        let steps =
            vec![self.step("[]", "*main.entry", 1000, false), self.step(".next…", "main.node", 900, true)];
        RetainingPath { root: self.global(), steps, held: count(1000, 48_000) }
    }

    fn suspect(&self) -> Suspect {
        let children = Accumulated {
            type_name: Some(self.name("main.entry")),
            stack: vec![self.frame("main.put", 35)],
            object_size: Bytes(48),
            held: count(1000, 48_000),
            retained: Bytes(48_000),
        };
        Suspect {
            kind: SuspectKind::Container,
            sentence: self.name("global `main.cache` holds 1,000 objects, 46.9 KiB: 1,000 main.entry"),
            path: self.path(),
            point: Some(0),
            children,
            retained: count(1001, 56_192),
            growth: Some(HeapGrowth { objects: 400, bytes: 19_200 }),
        }
    }

    fn summary(&self) -> HeapSummary {
        let growth = Some(HeapGrowth { objects: -2, bytes: -96 });
        let holder = |root: HeapRoot, share| Holder {
            root,
            retained: count(1001, 56_192),
            reached: count(1101, 60_992),
            share,
            growth,
        };
        let stats = DumpMemStats {
            heap_alloc: Bytes(62_000),
            heap_objects: Objects(1103),
            num_gc: GcCycle(7),
            ..DumpMemStats::default()
        };
        HeapSummary {
            totals: HeapTotals {
                go_version: self.name("go1.26.8"),
                goarch: self.name("amd64"),
                dump: Bytes(1 << 20),
                found: count(1110, 62_000),
                reachable: count(1101, 60_992),
                garbage: count(9, 1008),
                dropped: count(3, 96),
                goroutines: 4,
                memstats: Some(stats),
                agreement: Some(Agreement { bytes: 0, holds: true }),
                ..HeapTotals::default()
            },
            types: vec![
                TypeUse {
                    name: Some(self.name("main.entry")),
                    held: count(1000, 48_000),
                    retained: Bytes(48_000),
                    growth,
                    ages: None,
                },
                TypeUse {
                    name: None,
                    held: count(101, 4800),
                    retained: Bytes(4800),
                    growth: None,
                    ages: None,
                },
            ],
            holders: vec![holder(self.global(), 0.9), holder(self.goroutine(), 0.1)],
            sites: vec![HeldSite {
                stack: vec![self.frame("main.put", 35), self.frame("main.main", 12)],
                class: SiteClass::User,
                object_size: Bytes(48),
                types: vec![self.name("main.entry")],
                held: count(1000, 48_000),
                retained: Bytes(48_000),
                paths: vec![self.path()],
                unlisted: count(1, 48),
                growth,
                ages: None,
                entries: Vec::new(),
            }],
            suspects: vec![self.suspect()],
            missing: vec![MissingInput { source: self.name("types"), why: self.name("no binary") }],
        }
    }

    fn page(&self) -> String {
        let file = self.name("late.dump");
        let base = self.name("early.dump");
        let report = HeapReport::new(&file, Some(&base), self.summary(), &Section::ALL);
        to_terminal(&report, true, None, &LOOK)
    }

    fn views(&self) -> String {
        let report = HeapReport::new(&self.name("a.dump"), None, self.summary(), &Section::ALL);
        to_terminal(&report, false, Some(1), &LOOK)
    }

    fn answers(&self) -> String {
        let mut report = HeapReport::new(&self.name("a.dump"), None, self.summary(), &[]);
        let object = |address| Reference::Object {
            address: Address(address),
            object: self.step(".value", "main.entry", 1, false),
            retained: Bytes(96),
        };
        report.object = Some(ObjectView {
            address: Address(0xc000123440),
            object: self.step("[]", "main.entry", 1, false),
            stack: vec![self.frame("main.put", 35)],
            reachable: false,
            retained: Bytes(96),
            dominator: Some(Reference::Root(self.global())),
            referrers: vec![object(0xc000001000), Reference::Root(self.goroutine())],
            n_referrers: 2,
            references: vec![object(0xc000002000)],
            n_references: 300_000,
            path: Some(self.path()),
        });
        report.goroutine = Some(GoroutineView {
            root: self.goroutine(),
            retained: count(1, 48),
            references: vec![(self.name("main.worker"), object(0xc000003000))],
        });
        report.paths = Some(PathsView {
            pattern: self.name("entry"),
            matches: vec![self.name("main.entry")],
            held: count(1000, 48_000),
            paths: vec![self.path()],
        });
        to_terminal(&report, false, None, &LOOK)
    }
}

#[test]
fn the_page_has_suspects_with_their_paths_holders_types_and_sites_with_growth() {
    insta::assert_snapshot!("page", Heap("").page());
}

#[test]
fn a_view_says_how_many_rows_it_does_not_show() {
    insta::assert_snapshot!("views", Heap("").views());
}

#[test]
fn an_object_a_goroutine_and_a_type_are_told_both_ways() {
    insta::assert_snapshot!("answers", Heap("").answers());
}

#[test]
fn nothing_that_a_dump_names_reaches_the_terminal_as_it_is() {
    let heap = Heap(HOSTILE);
    let text = [heap.page(), heap.views(), heap.answers()].join("\n");
    let harmful = |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{2066}\u{61c}".contains(*c);
    assert_eq!(text.chars().find(harmful), None, "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("[2J")), "{text}");
    insta::assert_snapshot!("hostile", text);
}

#[test]
fn of_a_heap_without_roots_it_is_not_said_that_nothing_leaks() {
    let report = HeapReport::new("empty.dump", None, HeapSummary::default(), &Section::ALL);
    let text = to_terminal(&report, true, None, &LOOK);
    assert!(text.starts_with("empty.dump\n"), "{text}");
    assert!(text.contains("not known: no root was read") && !text.contains("none:"), "{text}");
    let summary = HeapSummary { suspects: Vec::new(), ..Heap("").summary() };
    let text = to_terminal(&HeapReport::new("a.dump", None, summary, &Section::ALL), true, None, &LOOK);
    assert!(text.contains("none: nowhere do many alike objects hang from one"), "{text}");
}
