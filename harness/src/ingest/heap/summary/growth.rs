//! What became more since an earlier dump of the same run.
//!
//! The same thing in two dumps has no address in common: it is known by where it hangs and what it is. A node of the
//! merged dominator tree is known by its root and the types and sites on the way down.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::Figures;
use crate::ingest::heap::analysis::Heap;
use crate::model::heap::{HeapCount, HeapGrowth, HeapRoot, HeldSite};
use crate::model::{Bytes, Objects};

/// An earlier heap, as far as growth needs it.
#[derive(Debug, Default)]
pub struct Earlier {
    holders: FxHashMap<String, HeapCount>,
    sites: FxHashMap<String, HeapCount>,
    types: FxHashMap<Option<String>, HeapCount>,
    /// By signature of merged dominators.
    held: FxHashMap<u64, HeapCount>,
    /// Bytes in reach.
    pub(super) reachable: Bytes,
}

impl Earlier {
    pub(super) fn new(heap: &Heap, figures: &Figures) -> Self {
        let holders = super::holders::holders(heap, figures, None);
        let sites = super::sites::sites(heap, figures, None);
        let types = super::types::types(heap, figures, None);
        let mut held: FxHashMap<u64, HeapCount> = FxHashMap::default();
        for (signature, &(objects, bytes)) in signatures(heap).iter().zip(&figures.held) {
            let count = held.entry(*signature).or_default();
            count.objects += Objects(objects);
            count.bytes += Bytes(bytes);
        }
        Self {
            holders: holders.into_iter().map(|holder| (holder.root.signature(), holder.retained)).collect(),
            sites: sites.into_iter().map(|site| (site.signature(), site.held)).collect(),
            types: types.into_iter().map(|row| (row.name, row.held)).collect(),
            held,
            reachable: Bytes(figures.ways.first().map_or(0, |sum| sum.1)),
        }
    }

    pub(super) fn of_holder(&self, root: &HeapRoot, now: HeapCount) -> HeapGrowth {
        growth(now, self.holders.get(&root.signature()))
    }

    pub(super) fn of_site(&self, site: &HeldSite) -> HeapGrowth {
        growth(site.held, self.sites.get(&site.signature()))
    }

    pub(super) fn of_type(&self, name: Option<&str>, now: HeapCount) -> HeapGrowth {
        growth(now, self.types.get(&name.map(str::to_owned)))
    }

    /// Of every merged dominator of `heap`. What was not there before has grown by no more than what it is in: a map
    /// that grew may have got new insides for old entries.
    pub(super) fn of_held(&self, heap: &Heap, figures: &Figures) -> Vec<HeapGrowth> {
        let mut all: Vec<HeapGrowth> = Vec::with_capacity(heap.held.nodes.len());
        for ((signature, node), &(objects, bytes)) in
            signatures(heap).into_iter().zip(&heap.held.nodes).zip(&figures.held)
        {
            let before = self.held.get(&signature);
            let grown = growth(HeapCount { objects: Objects(objects), bytes: Bytes(bytes) }, before);
            let above = all.get(node.above as usize).filter(|_| before.is_none());
            all.push(above.map_or(grown, |above| grown.at_most(*above)));
        }
        all
    }
}

fn growth(now: HeapCount, before: Option<&HeapCount>) -> HeapGrowth {
    let before = before.copied().unwrap_or_default();
    HeapGrowth { objects: now.objects.since(before.objects), bytes: now.bytes.since(before.bytes) }
}

/// By merged dominator.
fn signatures(heap: &Heap) -> Vec<u64> {
    let mut signatures: Vec<u64> = Vec::with_capacity(heap.held.nodes.len());
    for node in &heap.held.nodes {
        let mut hasher = FxHasher::default();
        if let Some(above) = signatures.get(node.above as usize) {
            above.hash(&mut hasher);
        }
        match heap.group(node.class) {
            Some(group) => heap.graph().roots.groups[group as usize].signature().hash(&mut hasher),
            None => {
                // Not every object of a type is found to be of it: where there is a site, that says it all.
                let site = heap.classes.site(node.class);
                site.hash(&mut hasher);
                if site.is_none() {
                    heap.classes.type_name(node.class).hash(&mut hasher);
                }
                heap.classes.class(node.class).map(|class| class.size).hash(&mut hasher);
            }
        }
        signatures.push(hasher.finish());
    }
    signatures
}
