//! Objects by allocation site, and who holds them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Earlier, Figures, retained_by, retaining_path};
use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::objects::NONE;
use crate::model::heap::{Entries, HeapCount, HeldSite};
use crate::model::{Bytes, Objects};

/// Paths kept of each site.
const N_PATHS: usize = 4;
/// Roots of what the maps of a site have in them, at most.
const MAX_ROOTS: usize = 16;
/// Of so many objects in the maps of a site it is looked up who reaches them.
const MAX_ENTRIES: usize = 4096;

pub(super) fn sites(heap: &Heap, figures: &Figures, earlier: Option<&Earlier>) -> Vec<HeldSite> {
    let key = |class: u32| heap.classes.class(class).map_or(NONE, |class| class.site);
    let mut places: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (place, node) in heap.ways.nodes.iter().enumerate() {
        if key(node.class) != NONE {
            places.entry(key(node.class)).or_default().push(place as u32);
        }
    }
    let retained = retained_by(heap, figures, key);
    let mut entries = entries(heap);
    let mut list: Vec<HeldSite> = places
        .into_iter()
        .map(|(site, places)| {
            let mut held = held_site(heap, site, places);
            held.retained = retained.get(&site).copied().unwrap_or_default();
            held.entries = entries.remove(&site).unwrap_or_default();
            held.growth = earlier.map(|earlier| earlier.of_site(&held));
            held
        })
        .collect();
    list.sort_by(|a, b| b.held.bytes.cmp(&a.held.bytes).then_with(|| a.stack.cmp(&b.stack)));
    list
}

fn held_site(heap: &Heap, site: u32, mut places: Vec<u32>) -> HeldSite {
    let node = |place: u32| &heap.ways.nodes[place as usize];
    let count = |places: &[u32]| HeapCount {
        objects: places.iter().map(|&place| Objects(node(place).count)).sum(),
        bytes: places.iter().map(|&place| Bytes(node(place).bytes)).sum(),
    };
    places.sort_by_key(|&place| (std::cmp::Reverse(node(place).bytes), place));
    let (listed, unlisted) = places.split_at(places.len().min(N_PATHS));
    let mut types: FxHashMap<&str, u64> = FxHashMap::default();
    for &place in &places {
        if let Some(name) = heap.classes.type_name(node(place).class) {
            *types.entry(name).or_default() += node(place).count;
        }
    }
    let mut types: Vec<(&str, u64)> = types.into_iter().collect();
    types.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let site = &heap.classes.sites[site as usize];
    HeldSite {
        stack: site.stack.to_vec(),
        class: site.class,
        object_size: site.object_size,
        types: types.into_iter().map(|(name, _)| name.to_owned()).collect(),
        held: count(&places),
        retained: Bytes(0),
        paths: listed.iter().map(|&place| retaining_path(heap, place)).collect(),
        unlisted: count(unlisted),
        growth: None,
        ages: None,
        entries: Vec::new(),
    }
}

/// What the maps of each site have in them, by root.
fn entries(heap: &Heap) -> FxHashMap<u32, Vec<Entries>> {
    let mut seen: FxHashMap<u32, FxHashSet<u32>> = FxHashMap::default();
    for object in 0..heap.graph().objects.len() {
        let class = heap.classes.of(object);
        if !heap.classes.is_map(class) || !heap.paths.is_reached(object) {
            continue;
        }
        let site = heap.classes.class(class).map_or(NONE, |class| class.site);
        let found = seen.entry(site).or_default();
        let targets = heap.graph().edges.of(object).iter().copied();
        let members = targets.filter(|target| !heap.classes.is_map(heap.classes.of(*target)));
        found.extend(members.take(MAX_ENTRIES.saturating_sub(found.len())));
    }
    seen.into_iter().map(|(site, found)| (site, by_root(heap, &found))).collect()
}

fn by_root(heap: &Heap, objects: &FxHashSet<u32>) -> Vec<Entries> {
    let mut counts: FxHashMap<Option<u32>, u64> = FxHashMap::default();
    for &object in objects {
        let is_through_map =
            |before| heap.graph().holder(before).is_none() && heap.classes.is_map(heap.classes.of(before));
        let place =
            heap.ways.place(object).filter(|_| !heap.paths.before(object).is_some_and(is_through_map));
        let way = place.map(|place| heap.ways.way_down(place)).unwrap_or_default();
        let root = way.first().and_then(|&place| heap.group(heap.ways.nodes[place as usize].class));
        *counts.entry(root).or_default() += 1;
    }
    let group = |group: u32| heap.graph().roots.groups.get(group as usize).cloned();
    let entries = counts
        .into_iter()
        .map(|(root, count)| Entries { root: root.and_then(group), objects: Objects(count) });
    let mut entries: Vec<Entries> = entries.collect();
    entries.sort_by(|a, b| b.objects.cmp(&a.objects).then_with(|| a.root.cmp(&b.root)));
    // Of so many that none of them is most, nothing follows.
    if entries.len() > MAX_ROOTS { Vec::new() } else { entries }
}
