//! Who holds memory.

use super::{Earlier, Figures};
use crate::ingest::heap::analysis::Heap;
use crate::model::heap::{GoroutineRoot, HeapCount, HeapRoot, Holder};
use crate::model::{Bytes, Objects};

pub(super) fn holders(heap: &Heap, figures: &Figures, earlier: Option<&Earlier>) -> Vec<Holder> {
    let groups = &heap.graph().roots.groups;
    let mut list: Vec<Holder> = groups
        .iter()
        .map(|root| Holder {
            root: root.clone(),
            retained: HeapCount::default(),
            reached: HeapCount::default(),
            share: 0.0,
            growth: None,
        })
        .collect();
    let mut add = |class: u32, (objects, bytes): (u64, u64), reached: bool| {
        if let Some(group) = heap.group(class) {
            let holder = &mut list[group as usize];
            let count = if reached { &mut holder.reached } else { &mut holder.retained };
            count.objects += Objects(objects);
            count.bytes += Bytes(bytes);
        }
    };
    heap.held.nodes.iter().zip(&figures.held).for_each(|(node, below)| add(node.class, *below, false));
    heap.ways.nodes.iter().zip(&figures.ways).for_each(|(node, below)| add(node.class, *below, true));
    let largest = largest(heap);
    for (group, holder) in list.iter_mut().enumerate() {
        if let (Some(goroutine), Some(of)) = (&mut holder.root.goroutine, largest[group]) {
            set_id(heap, goroutine, of);
        }
        holder.growth = earlier.map(|earlier| earlier.of_holder(&holder.root, holder.retained));
    }
    list.retain(|holder| holder.reached.objects.0 + holder.retained.objects.0 > 0);
    list.sort_by(|a, b| {
        (b.retained.bytes, b.reached.bytes)
            .cmp(&(a.retained.bytes, a.reached.bytes))
            .then_with(|| a.root.cmp(&b.root))
    });
    list
}

/// By group: place of the holder that retains most.
fn largest(heap: &Heap) -> Vec<Option<usize>> {
    let graph = heap.graph();
    let mut largest: Vec<Option<(u64, usize)>> = vec![None; graph.roots.groups.len()];
    for (place, holder) in graph.roots.holders.iter().enumerate() {
        let bytes = heap.retained[graph.first_holder() as usize + place];
        let known = &mut largest[holder.group as usize];
        if known.is_none_or(|(most, _)| bytes > most) {
            *known = Some((bytes, place));
        }
    }
    largest.into_iter().map(|entry| entry.map(|(_, place)| place)).collect()
}

/// The id and the waiting time of the goroutine that the holder at `place` is.
pub(super) fn set_id(heap: &Heap, root: &mut GoroutineRoot, place: usize) {
    let number = heap.graph().roots.holders[place].goroutine;
    if let Some(record) = number.and_then(|number| heap.loaded.all.goroutines.get(number as usize)) {
        root.id = record.id;
        root.wait_since = record.wait_since;
    }
}

/// The root that a node of a holder is, as this very one.
pub(in crate::ingest::heap) fn root_of(heap: &Heap, node: u32) -> Option<HeapRoot> {
    let place = heap.graph().holder(node)?;
    let mut root = heap.graph().roots.groups[heap.graph().roots.holders[place].group as usize].clone();
    if let Some(goroutine) = &mut root.goroutine {
        set_id(heap, goroutine, place);
    }
    Some(root)
}
