//! Types, slots and ages: on traces recorded by real Go, and on sequences made by hand.

use super::super::tests::{RECORDED_ALLOC, fixture};
use super::super::{Options, living_objects, summarize};
use super::spans::Spans;
use super::*;
use crate::format::exectrace::{Event, Reader, SpanClass, SpanId};
use crate::ingest::trace::summary::clip::Clip;
use crate::ingest::trace::summary::texts::Texts;
use crate::model::trace::{AgeBucket, TraceSummary, TypeSummary, Window};
use crate::model::{Nanoseconds, TraceTime};

fn summarized(name: &str, window: Option<Window>) -> TraceSummary {
    let data = fixture(name);
    let mut reader = Reader::new(name, &data).unwrap();
    summarize(&mut reader, Options { window, ..Options::default() })
}

fn heap(name: &str, window: Option<Window>) -> HeapSummary {
    summarized(name, window).heap.unwrap()
}

fn of_type<'h>(heap: &'h HeapSummary, name: &str, array: bool) -> &'h TypeSummary {
    heap.types.iter().find(|row| row.name == name && row.array == array).unwrap()
}

#[test]
fn of_recorded_objects_none_is_lost_and_each_type_has_what_the_program_made() {
    for name in RECORDED_ALLOC {
        let heap = heap(name, None);
        assert_eq!((heap.unknown_frees, heap.spanless, heap.untracked), (0, 0, 0), "{name}");
        let node = &of_type(&heap, "main.node", false).figures;
        assert_eq!(
            (node.allocated, node.freed, node.live),
            (Objects(200), Objects(100), Objects(100)),
            "{name}"
        );
        assert_eq!(node.live_bytes, Bytes(4800), "{name}");
        let entry = of_type(&heap, "main.entry", false);
        assert_eq!((entry.size, entry.figures.live_bytes), (Bytes(16), Bytes(1600)), "{name}");
        // Made before the first cycle, alive after two.
        assert_eq!(entry.figures.ages, [AgeBucket { from: 2, objects: Objects(100) }], "{name}");
        assert_eq!(node.freed_ages, [AgeBucket { from: 1, objects: Objects(100) }], "{name}");
        let slices = &of_type(&heap, "*main.entry", true).figures;
        assert_eq!((slices.allocated, slices.freed), (Objects(7), Objects(6)), "{name}: append doubles");
    }
}

#[test]
fn rows_add_up_to_the_figures_and_types_to_the_total() {
    for name in RECORDED_ALLOC {
        let heap = heap(name, None);
        let sum = |figure: fn(&TypeSummary) -> u64| heap.types.iter().map(figure).sum::<u64>();
        let total = &heap.total;
        assert_eq!(sum(|row| row.figures.live_bytes.0), total.live_bytes.0, "{name}");
        assert_eq!(sum(|row| row.figures.allocated.0), total.allocated.0, "{name}");
        assert_eq!(total.carried.0 + total.allocated.0 - total.freed.0, total.live.0, "{name}");
        for row in &heap.types {
            let history = || row.history.iter();
            assert_eq!(
                history().map(|row| row.freed).sum::<Objects>(),
                row.figures.freed,
                "{name} {}",
                row.name
            );
            assert_eq!(history().last().unwrap().live, row.figures.live, "{name} {}", row.name);
        }
    }
}

#[test]
fn survivors_of_a_cycle_are_what_the_collector_marked() {
    for name in RECORDED_ALLOC {
        let summary = summarized(name, None);
        let heap = summary.heap.unwrap();
        for cycle in &summary.gc.cycles {
            let survived = heap.cycles.iter().find(|row| row.objects.after == cycle.index).unwrap();
            let off = cycle.marked.unwrap().since(survived.objects.survived_bytes);
            // The collector also counts what it marked in spans whose sweep had freed it.
            assert!((0..1024).contains(&off), "{name} cycle {}: {off} bytes", cycle.index);
        }
    }
}

#[test]
fn adjacent_windows_add_up_and_hand_the_living_over() {
    let name = RECORDED_ALLOC[1];
    let whole = summarized(name, None);
    let middle = Nanoseconds(whole.gc.cycles[0].end.unwrap().since(whole.facts.first).0 + 100);
    let first = heap(name, Some(Window { from: Nanoseconds(0), to: Some(middle) }));
    let second = heap(name, Some(Window { from: middle, to: None }));
    let whole = whole.heap.unwrap().total;
    assert_eq!(first.total.allocated + second.total.allocated, whole.allocated);
    assert_eq!(first.total.freed + second.total.freed, whole.freed);
    assert!(second.total.freed.0 > 100, "{:?}", second.total.freed);
    assert_eq!((second.total.carried, second.total.live), (first.total.live, whole.live));
    assert_eq!(second.total.carried_bytes, first.total.live_bytes);
}

#[test]
fn living_objects_are_found_by_address_with_type_and_age() {
    let name = RECORDED_ALLOC[2];
    let data = fixture(name);
    let first_cycle = summarized(name, None).gc.cycles[0].begin.unwrap();
    let moments = [first_cycle, TraceTime(i64::MAX)];
    let both = living_objects(&mut Reader::new(name, &data).unwrap(), &moments);
    let [before, living] = both.as_slice() else { panic!("{} moments", both.len()) };
    let nodes: Vec<_> = living.iter().filter(|object| object.type_name == Some("main.node")).collect();
    assert_eq!(nodes.len(), 100);
    for node in nodes {
        assert_eq!(living.at(node.address), Some(node));
        assert_eq!((node.age, node.array, living.at(node.address + 8)), (Some(2), false, None));
        assert!(node.address > 0xc0_0000_0000 - 1, "{:#x} is no address of Go's heap", node.address);
    }
    assert_eq!(before.iter().filter(|object| object.type_name == Some("main.node")).count(), 200);
}

#[test]
fn a_trace_cut_off_anywhere_keeps_its_books() {
    let data = fixture(RECORDED_ALLOC[0]);
    for end in (16..data.len()).step_by(97) {
        let mut reader = Reader::new("cut.trace", &data[..end]).unwrap();
        let Some(heap) = summarize(&mut reader, Options::default()).heap else { continue };
        let total = &heap.total;
        assert_eq!(total.carried.0 + total.allocated.0 - total.freed.0, total.live.0, "cut at {end}");
    }
}

/// Class of the wire: size class, no pointers.
const fn class(size_class: u64, noscan: u64) -> SpanClass {
    SpanClass(size_class << 2 | noscan << 1)
}

const NODE: u64 = 5; // 48 bytes
const TINY: u64 = 2;

fn take(spans: &mut Spans, object: u64, row: u32) -> (Took, u64) {
    spans.take(ObjectId(object), |_| Slot::new(row, 7), 24)
}

#[test]
fn an_object_is_found_wherever_in_its_slot_its_address_points() {
    let mut spans = Spans::default();
    spans.insert((3, 1), class(NODE, 0));
    let first = 3 * 1024;
    // Slots of 48 bytes are 6 units of 8.
    assert_eq!(take(&mut spans, first + 6, 1), (Took::Fresh(Slot::new(1, 7)), 48));
    assert_eq!(take(&mut spans, first + 12 + 1, 2), (Took::Fresh(Slot::new(2, 7)), 48), "behind a header");
    let freed = |slot| Some(Freed { slot, bytes: 48 });
    assert_eq!(spans.free(ObjectId(first + 12), |_| 0), freed(Slot::new(2, 7)));
    assert_eq!(spans.free(ObjectId(first + 12), |_| 0), None, "freed once");
    assert_eq!(spans.living().collect::<Vec<_>>(), [(3 * 8192 + 48, Slot::new(1, 7))]);
}

#[test]
fn every_place_of_every_class_is_the_quotient() {
    for size_class in 1..68 {
        let bytes = classes::slot_bytes(size_class).unwrap();
        let pages = if bytes <= 8192 { 1 } else { 10 };
        let n_slots = pages * 8192 / bytes;
        let mut spans = Spans::default();
        spans.insert((0, pages), class(size_class, 0));
        for object in 0..n_slots * bytes / 8 {
            let expected = object * 8 / bytes * bytes;
            take(&mut spans, object, 0);
            assert_eq!(spans.living().last().unwrap().0, expected, "class {size_class} object {object}");
        }
        assert_eq!(spans.living().count() as u64, n_slots, "class {size_class}");
    }
}

#[test]
fn tiny_objects_share_a_slot_and_others_replace_what_was_not_seen_to_go() {
    let mut spans = Spans::default();
    spans.insert((0, 1), class(TINY, 1));
    spans.insert((1, 1), class(TINY, 0));
    assert_eq!(take(&mut spans, 0, 1).0, Took::Fresh(Slot::new(1, 7)));
    assert_eq!(take(&mut spans, 1, 2).0, Took::Shared);
    assert_eq!(take(&mut spans, 1024, 3).0, Took::Fresh(Slot::new(3, 7)));
    assert_eq!(take(&mut spans, 1024, 4).0, Took::Replaced(Slot::new(4, 7), Slot::new(3, 7)));
}

#[test]
fn a_span_that_goes_takes_what_is_left_with_it_and_leaves_its_pages_to_others() {
    let mut spans = Spans::default();
    spans.insert((8, 3), class(41, 0)); // 3072 bytes, 3 pages
    spans.insert((100, 7), class(0, 1)); // one large object
    spans.insert((200, 2), SpanClass(1)); // not of the heap
    assert_eq!(spans.bytes(), (Bytes(10 * 8192), Bytes(2 * 8192)));
    assert_eq!(take(&mut spans, 8 * 1024 + 7 * 384, 1).1, 3072);
    assert_eq!(take(&mut spans, 100 * 1024, 2), (Took::Fresh(Slot::new(2, 7)), 7 * 8192));
    let (slots, bytes) = spans.remove(8).unwrap();
    assert_eq!((slots.len(), bytes, slots[7]), (8, 3072, Slot::new(1, 7)));
    assert_eq!(spans.bytes(), (Bytes(7 * 8192), Bytes(2 * 8192)));
    assert!(spans.remove(8).is_none());
    // Nothing lies there any more: an object has the size of its type.
    assert_eq!(take(&mut spans, 10 * 1024, 3), (Took::Fresh(Slot::new(3, 7)), 24));
    assert_eq!(spans.spanless(), 1);
    assert_eq!(spans.free(ObjectId(10 * 1024), |_| 24), Some(Freed { slot: Slot::new(3, 7), bytes: 24 }));
}

#[test]
fn spans_that_no_allocator_makes_are_one_object_and_take_no_memory() {
    let mut spans = Spans::default();
    for (page, pages, class) in [(0, u64::MAX, class(1, 0)), (5, 1 << 40, class(40, 1)), (9, 0, class(3, 0))]
    {
        spans.insert((page, pages), class);
        take(&mut spans, page * 1024, 1);
        assert_eq!(spans.remove(page).unwrap().0.len(), 1);
    }
    spans.insert((u64::MAX, 1), class(NODE, 0));
    take(&mut spans, u64::MAX, 1);
}

/// Feeds events made by hand: none of them has a type.
struct Fed {
    heap: Heap,
    event: Event,
    data: Vec<u8>,
}

impl Fed {
    fn new() -> Self {
        let data = fixture(RECORDED_ALLOC[0]);
        let event = Reader::new("donor.trace", &data).unwrap().next_event().unwrap();
        Self { heap: Heap::default(), event, data: b"go 1.26 trace\0\0\0".to_vec() }
    }

    fn feed(&mut self, kind: EventKind) {
        let reader = Reader::new("hand.trace", &self.data).unwrap();
        let mut texts = Texts::default();
        let clip = Clip::new(TraceTime(0), None);
        self.event.time.0 += 1;
        let seen = Seen { event: &self.event, kind: &kind, reader: &reader, texts: &mut texts, clip };
        self.heap.event(&seen);
    }

    fn alloc(&mut self, object: u64) {
        let of = TypeId::NONE;
        self.feed(EventKind::AllocFree(AllocFree::ObjectAlloc { object: ObjectId(object), of }));
    }

    fn free(&mut self, object: u64) {
        self.feed(EventKind::AllocFree(AllocFree::ObjectFree { object: ObjectId(object) }));
    }

    /// Object `n` of the span at page 0.
    const fn node(n: u64) -> u64 {
        n * 6
    }

    fn cycle(&mut self, index: u64) {
        self.feed(EventKind::GcBegin { seq: index * 2 - 1 });
        self.feed(EventKind::GcEnd { seq: index * 2 });
    }
}

#[test]
fn one_object_of_each_cycle_that_stays_makes_as_many_ages_as_cycles() {
    let mut fed = Fed::new();
    fed.feed(EventKind::AllocFree(AllocFree::SpanAlloc { span: SpanId(0), pages: 1, class: class(NODE, 0) }));
    for cycle in 1..=10 {
        fed.alloc(Fed::node(cycle)); // stays
        fed.alloc(Fed::node(100)); // goes
        fed.cycle(cycle);
        fed.free(Fed::node(100));
    }
    let heap = fed.heap.finish().unwrap();
    let total = &heap.total;
    assert_eq!((total.live, total.live_bytes, total.distinct_ages), (Objects(10), Bytes(480), 10));
    let ages: Vec<_> = total.ages.iter().map(|bucket| (bucket.from, bucket.objects.0)).collect();
    assert_eq!(ages, [(1, 1), (2, 2), (4, 4), (8, 3)]);
    assert_eq!(total.freed_ages, [AgeBucket { from: 1, objects: Objects(10) }]);
    let survived: Vec<_> =
        heap.cycles.iter().map(|row| (row.objects.after, row.objects.survived.0)).collect();
    assert_eq!(survived, (0..=10).map(|cycle| (cycle, cycle)).collect::<Vec<_>>());
    assert!(heap.cycles[..10].iter().all(|row| row.objects.live.0 == row.objects.survived.0 + 2));
    assert_eq!(heap.types[0].name, "(no type)");
}

#[test]
fn what_is_freed_without_having_been_there_is_counted_apart() {
    let mut fed = Fed::new();
    fed.feed(EventKind::AllocFree(AllocFree::SpanAlloc { span: SpanId(0), pages: 1, class: class(NODE, 0) }));
    fed.free(Fed::node(3));
    fed.feed(EventKind::AllocFree(AllocFree::StackFree { stack: 9 }));
    let heap = fed.heap.finish().unwrap();
    assert_eq!((heap.unknown_frees, heap.total.freed), (2, Objects(0)));
}
