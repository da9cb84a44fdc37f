//! Retaining paths, out of the merged tree of shortest paths.

use super::holders::root_of;
use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::fields::Reference;
use crate::ingest::heap::roots::{DEFERRED, DESCRIPTOR};
use crate::model::heap::{HeapCount, HeapRoot, PathStep, RetainingPath, RootKind};
use crate::model::{Bytes, Frame, Objects};

/// The path to a merged node, and the objects there.
pub(in crate::ingest::heap) fn retaining_path(heap: &Heap, place: u32) -> RetainingPath {
    let way = heap.ways.way_down(place);
    let nodes: Vec<_> = way.iter().map(|&place| &heap.ways.nodes[place as usize]).collect();
    let root = match nodes.as_slice() {
        [holder, object, ..] => root_to(heap, holder.first, object.first),
        [holder] => root_to(heap, holder.first, holder.first),
        [] => no_root(),
    };
    let steps = nodes.iter().skip(1).map(|node| {
        let step = step(heap, node.first, node.count, node.chain);
        let second = if node.chain { heap.second(node.first) } else { None };
        with_field(step, heap.fields.of_chain(node.first, second))
    });
    let steps = steps.collect();
    let held = nodes.last().map_or_else(HeapCount::default, |node| HeapCount {
        objects: Objects(node.count),
        bytes: Bytes(node.bytes),
    });
    RetainingPath { root, steps, held }
}

/// The root with what says how it comes to `object`. The holder is the one before that: of a group, the first merged
/// holder need not be it.
fn root_to(heap: &Heap, holder: u32, object: u32) -> HeapRoot {
    let holder =
        heap.paths.before(object).filter(|&before| heap.graph().holder(before).is_some()).unwrap_or(holder);
    let Some(mut root) = root_of(heap, holder) else { return no_root() };
    if let (Some(goroutine), Some(place)) = (&mut root.goroutine, heap.graph().holder(holder)) {
        let holder = &heap.graph().roots.holders[place];
        let mut references = holder.references.iter().chain(&holder.words);
        let depth = references.find(|reference| reference.target == object).map(|reference| reference.depth);
        match depth {
            Some(DEFERRED | DESCRIPTOR) | None => {}
            Some(depth) => {
                if let Some(function) = goroutine.stack.get(depth as usize) {
                    goroutine.function = function.clone();
                }
            }
        }
    }
    root
}

fn no_root() -> HeapRoot {
    HeapRoot { kind: RootKind::Other, name: "?".to_owned(), type_name: None, goroutine: None }
}

/// An object as a step.
pub(in crate::ingest::heap) fn step(heap: &Heap, object: u32, count: u64, chain: bool) -> PathStep {
    let class = if object < heap.graph().first_holder() { heap.classes.of(object) } else { u32::MAX };
    PathStep {
        field: None,
        offset: None,
        type_name: heap.classes.type_name(class).map(str::to_owned),
        site: heap.classes.site(class).and_then(|site| user_frame(heap, &site.stack)),
        object_size: Bytes(heap.graph().size(object)),
        count,
        chain,
    }
}

/// A step with the reference that leads to it.
pub(in crate::ingest::heap) fn with_field(step: PathStep, reference: Reference) -> PathStep {
    PathStep { field: reference.field, offset: reference.offset, ..step }
}

/// The line to look at: the user's, or else the innermost.
pub(in crate::ingest::heap) fn user_frame(heap: &Heap, stack: &[Frame]) -> Option<Frame> {
    heap.loaded.modules.user_frame(stack).or(stack.first()).cloned()
}
