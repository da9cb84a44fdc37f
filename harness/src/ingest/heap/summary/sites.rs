//! Objects by allocation site, and who holds them.

use rustc_hash::FxHashMap;

use super::{Earlier, Figures, retained_by, retaining_path};
use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::objects::NONE;
use crate::model::heap::{HeapCount, HeldSite};
use crate::model::{Bytes, Objects};

/// Paths kept of each site.
const N_PATHS: usize = 4;

pub(super) fn sites(heap: &Heap, figures: &Figures, earlier: Option<&Earlier>) -> Vec<HeldSite> {
    let key = |class: u32| heap.classes.class(class).map_or(NONE, |class| class.site);
    let mut places: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (place, node) in heap.ways.nodes.iter().enumerate() {
        if key(node.class) != NONE {
            places.entry(key(node.class)).or_default().push(place as u32);
        }
    }
    let retained = retained_by(heap, figures, key);
    let mut list: Vec<HeldSite> = places
        .into_iter()
        .map(|(site, places)| {
            let mut held = held_site(heap, site, places);
            held.retained = retained.get(&site).copied().unwrap_or_default();
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
    }
}
