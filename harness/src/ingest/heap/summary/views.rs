//! Blocks of which little is looked at, and maps that are nearly empty: by node of the merged dominators.
//!
//! A block without pointers is *pinned* if all that refers to it are strings and slices that see a small part of it, or
//! pointers into it. A map is *sparse* if few of the places in its tables are in use: deleting does not shrink it. Where
//! types are not known, pointers in the tables are counted instead. A map's tables are no pinned blocks: what refers to
//! them has a number behind the pointer, too, but it is no length.

use rustc_hash::FxHashMap;

use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::marks::Mark;
use crate::model::is_inside_of_map;

/// Smaller blocks are not worth a word.
const MIN_BLOCK: u64 = 1024;
/// A block is pinned if less than one in so many of its bytes are in view.
const SMALL_PART: u64 = 4;
/// A pointer into a block without a length behind it sees so many bytes: a field.
const FIELD: u64 = 8;

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pinned {
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    /// Of them in view.
    pub(super) viewed: u64,
}

/// A map of no more places than this has not grown.
const NOT_GROWN: u64 = 8;

/// Places in the tables of maps, or pointers where they are not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slots {
    pub(super) all: u64,
    pub(super) set: u64,
}

/// By merged dominator, there and below.
#[derive(Debug, Default)]
pub(super) struct Views {
    pub(super) pinned: Vec<Pinned>,
    /// At the node alone.
    pub(super) pinned_here: Vec<Pinned>,
    pub(super) slots: Vec<Slots>,
}

impl Views {
    pub(super) fn new(heap: &Heap) -> Self {
        let n = heap.held.nodes.len();
        let mut views = Self {
            pinned: vec![Pinned::default(); n],
            pinned_here: Vec::new(),
            slots: vec![Slots::default(); n],
        };
        for (block, viewed) in pinned(heap) {
            if let Some(place) = heap.held.place(block) {
                let sum = &mut views.pinned[place as usize];
                sum.blocks += 1;
                sum.bytes += heap.graph().size(block);
                sum.viewed += viewed;
            }
        }
        for (object, slots) in slots(heap) {
            if let Some(place) = heap.held.place(object) {
                let sum = &mut views.slots[place as usize];
                sum.all += slots.all;
                sum.set += slots.set;
            }
        }
        views.pinned_here = views.pinned.clone();
        for place in (1..n).rev() {
            let above = heap.held.nodes[place].above as usize;
            let (pinned, slots) = (views.pinned[place], views.slots[place]);
            let sum = &mut views.pinned[above];
            sum.blocks += pinned.blocks;
            sum.bytes += pinned.bytes;
            sum.viewed += pinned.viewed;
            views.slots[above].all += slots.all;
            views.slots[above].set += slots.set;
        }
        views
    }
}

/// Tables of maps that have grown once.
fn slots(heap: &Heap) -> impl Iterator<Item = (u32, Slots)> + '_ {
    let counted = heap.fields.all_places().filter(|(_, places)| places.all > NOT_GROWN);
    let counted = counted.map(|(object, places)| (object, Slots { all: places.all, set: places.used }));
    let tables = heap.graph().wide.iter().filter(|wide| heap.classes.is_map(heap.classes.of(wide.object)));
    let tables = tables.filter(|wide| heap.fields.places(wide.object).is_none());
    let pointers = tables.map(|wide| (wide.object, Slots { all: wide.slots.into(), set: wide.set.into() }));
    counted.chain(pointers)
}

/// Blocks that are pinned, and the bytes in view of each.
fn pinned(heap: &Heap) -> Vec<(u32, u64)> {
    let graph = heap.graph();
    let mut seen: FxHashMap<u32, u64> = FxHashMap::default();
    let mut see = |target: u32, mark: Mark| {
        let size = graph.objects.size(target);
        let has_pointers = || graph.wide.binary_search_by_key(&target, |wide| wide.object).is_ok();
        let class = heap.classes.of(target);
        let is_map =
            || heap.classes.is_map(class) || heap.classes.type_name(class).is_some_and(is_inside_of_map);
        if size < MIN_BLOCK || !graph.edges.of(target).is_empty() || has_pointers() || is_map() {
            return;
        }
        let view = match mark.view(size) {
            Some(view) => view,
            None if mark.is_interior() => FIELD,
            None => size,
        };
        let sum = seen.entry(target).or_default();
        *sum = sum.saturating_add(view);
    };
    for (place, &mark) in graph.marks.iter().enumerate() {
        see(graph.edges.target(place as u32), mark);
    }
    let references = graph.roots.holders.iter().flat_map(|holder| &holder.references);
    references.for_each(|reference| see(reference.target, reference.mark));
    let is_pinned = |(block, viewed): &(u32, u64)| {
        *viewed < graph.objects.size(*block) / SMALL_PART && heap.paths.is_reached(*block)
    };
    seen.into_iter().filter(is_pinned).collect()
}
