//! Objects by type.

use rustc_hash::FxHashMap;

use super::{Earlier, Figures, retained_by};
use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::objects::NONE;
use crate::model::heap::{HeapCount, TypeUse};
use crate::model::{Bytes, Objects};

pub(super) fn types(heap: &Heap, figures: &Figures, earlier: Option<&Earlier>) -> Vec<TypeUse> {
    // What has no type is a row of its own.
    let untyped = heap.classes.type_names.len() as u32;
    let key = |class: u32| heap.classes.class(class).map_or(NONE, |class| class.type_.min(untyped));
    let mut held: FxHashMap<u32, HeapCount> = FxHashMap::default();
    for node in &heap.ways.nodes {
        if key(node.class) != NONE {
            let count = held.entry(key(node.class)).or_default();
            count.objects += Objects(node.count);
            count.bytes += Bytes(node.bytes);
        }
    }
    let retained = retained_by(heap, figures, key);
    let name = |key: u32| heap.classes.type_names.get(key as usize).cloned();
    let row = |(key, held): (u32, HeapCount)| TypeUse {
        name: name(key),
        held,
        retained: retained.get(&key).copied().unwrap_or_default(),
        growth: earlier.map(|earlier| earlier.of_type(name(key).as_deref(), held)),
        ages: None,
    };
    let mut list: Vec<TypeUse> = held.into_iter().map(row).collect();
    list.sort_by(|a, b| b.held.bytes.cmp(&a.held.bytes).then_with(|| a.name.cmp(&b.name)));
    list
}
