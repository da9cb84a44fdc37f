//! What looks like a leak: places where many alike objects hang from one.
//!
//! Input: the merged tree of dominators. From each root the way is followed down while there is one of everything; where
//! there are many of a kind, the last single one is the accumulation point. Maps and slices are passed through to what
//! is in them. Ranked by what the point retains, or by how much that has grown.

use super::views::{Pinned, Slots, Views};
use super::words::{Words, sentence};
use super::{Earlier, Figures, retaining_path};
use crate::ingest::heap::analysis::Heap;
use crate::ingest::heap::merged::MergedNode;
use crate::model::heap::{
    Accumulated, HeapCount, HeapGrowth, HeapRoot, RetainingPath, RootKind, Suspect, SuspectKind,
};
use crate::model::{Bytes, Objects};

/// So many of a kind are many.
const MANY: u64 = 16;
/// Suspects have at least one in so many of all reachable bytes (or of their growth), and so many at least.
const PART: u64 = 100;
const AT_LEAST: u64 = 4 << 10;
/// A list is not longer.
const MOST: usize = 24;
/// Nodes that are looked at below many, for more of them.
const DEPTH: usize = 5;

pub(super) fn suspects(heap: &Heap, figures: &Figures, earlier: Option<&Earlier>) -> Vec<Suspect> {
    let growth = earlier.map(|earlier| earlier.of_held(heap, figures));
    let reachable = figures.ways.first().map_or(0, |sum| sum.1);
    let grown = earlier.map(|earlier| reachable.saturating_sub(earlier.reachable.0));
    let least = (grown.unwrap_or(reachable) / PART).max(AT_LEAST);
    let finder =
        Finder { heap, figures, growth, children: heap.held.child_lists(), views: Views::new(heap), least };
    let mut found = Vec::new();
    for &place in &finder.children[0] {
        if !matches!(finder.root_kind(place), Some(RootKind::Runtime)) {
            finder.look(place, None, &mut found);
        }
    }
    let mut list: Vec<Suspect> = found.into_iter().map(|found| finder.suspect(&found)).collect();
    list.retain(|suspect| suspect.path.root.kind != RootKind::Runtime);
    let weight = |suspect: &Suspect| {
        suspect.growth.map_or(suspect.retained.bytes.0.cast_signed(), |growth| growth.bytes)
    };
    list.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.sentence.cmp(&b.sentence)));
    list.truncate(MOST);
    list
}

struct Finder<'a> {
    heap: &'a Heap,
    figures: &'a Figures,
    growth: Option<Vec<HeapGrowth>>,
    children: Vec<Vec<u32>>,
    views: Views,
    least: u64,
}

/// Places in the merged tree of dominators.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The last node of which there is one; `None` if there are many roots.
    point: Option<u32>,
    /// What accumulates.
    many: u32,
    kind: SuspectKind,
}

impl Finder<'_> {
    fn node(&self, place: u32) -> &MergedNode {
        &self.heap.held.nodes[place as usize]
    }

    /// Bytes there and below, or their growth.
    fn weight(&self, place: u32) -> u64 {
        match &self.growth {
            Some(growth) => growth[place as usize].bytes.max(0).cast_unsigned(),
            None => self.figures.held[place as usize].1,
        }
    }

    fn root_kind(&self, place: u32) -> Option<RootKind> {
        let group = self.heap.group(self.node(place).class)?;
        Some(self.heap.graph().roots.groups[group as usize].kind)
    }

    fn look(&self, place: u32, point: Option<u32>, found: &mut Vec<Found>) {
        // Lists of places to look at, not recursion: the tree may be deep.
        let mut open = vec![(place, point)];
        while let Some((place, point)) = open.pop() {
            if self.weight(place) < self.least {
                continue;
            }
            let node = self.node(place);
            if node.count >= MANY {
                found.push(self.found(place, point));
                continue;
            }
            let point = if node.count == 1 { Some(place) } else { point };
            if node.count == 1
                && node.bytes * 2 >= self.weight(place)
                && self.heap.group(node.class).is_none()
            {
                let above = self.heap.held.way_up(node.above).next();
                let kind =
                    if self.is_pinned(place) { SuspectKind::PinnedBlock } else { SuspectKind::LargeObject };
                found.push(Found { point: above.filter(|&above| above != 0), many: place, kind });
                continue;
            }
            open.extend(self.children[place as usize].iter().map(|&child| (child, point)));
        }
    }

    fn found(&self, place: u32, point: Option<u32>) -> Found {
        let many = self.what_is_in(place);
        let kind = match self.root_kind_of(place) {
            Some(RootKind::Timer) => SuspectKind::Timers,
            Some(RootKind::Finalizer) if self.has_finalized() => SuspectKind::FinalizerCycle,
            _ if self.is_pinned(place) => SuspectKind::PinnedBlock,
            _ if self.is_sparse(place) => SuspectKind::SparseMap,
            Some(RootKind::Goroutine) if self.is_blocked(place) => SuspectKind::BlockedGoroutines,
            _ if self.node(many).chain => SuspectKind::List,
            _ => SuspectKind::Container,
        };
        let many = match kind {
            SuspectKind::PinnedBlock => self.most_pinned(place).unwrap_or(many),
            SuspectKind::SparseMap => place,
            _ => many,
        };
        Found { point, many, kind }
    }

    /// Further down where most of the weight is and there are more: from the tables of a map to its entries.
    fn what_is_in(&self, place: u32) -> u32 {
        let heaviest = |at: u32| {
            let children = self.children[at as usize].iter().copied();
            children.max_by_key(|&child| self.weight(child))
        };
        // A holder is not what is held.
        let is_holder = self.heap.group(self.node(place).class).is_some();
        let place = if is_holder { heaviest(place).unwrap_or(place) } else { place };
        let (mut best, mut at) = (place, place);
        for _ in 0..DEPTH {
            let child = heaviest(at).filter(|&child| self.weight(child) * 2 >= self.weight(best));
            let Some(child) = child else { break };
            if self.node(child).count >= 2 * self.node(best).count {
                best = child;
            }
            at = child;
        }
        best
    }

    fn root_kind_of(&self, place: u32) -> Option<RootKind> {
        self.root_kind(self.heap.held.way_down(place).first().copied()?)
    }

    /// An object with a finalizer is held by nothing but finalizers: by itself, or by another of them.
    fn has_finalized(&self) -> bool {
        let holder = self.heap.graph().roots.finalizers.map(|place| self.heap.graph().first_holder() + place);
        let place = holder.and_then(|node| self.heap.ways.place(node));
        let finalized =
            self.heap.graph().roots.finalized.iter().filter_map(|&object| self.heap.ways.place(object));
        place.is_some_and(|place| {
            finalized.into_iter().any(|at| self.heap.ways.way_up(at).any(|above| above == place))
        })
    }

    /// Only goroutines other than the main one, which wait for something.
    fn is_blocked(&self, place: u32) -> bool {
        let first = self.heap.held.way_down(place).first().copied();
        let group = first.and_then(|first| self.heap.group(self.node(first).class));
        group.is_some_and(|group| {
            let root = &self.heap.graph().roots.groups[group as usize];
            root.name != "main.main"
                && root.goroutine.as_ref().is_some_and(|goroutine| !goroutine.wait_reason.is_empty())
        })
    }

    fn is_pinned(&self, place: u32) -> bool {
        let Pinned { bytes, .. } = self.views.pinned[place as usize];
        bytes * 2 >= self.figures.held[place as usize].1
    }

    fn most_pinned(&self, place: u32) -> Option<u32> {
        let mut open = vec![place];
        let mut best: Option<u32> = None;
        while let Some(at) = open.pop() {
            let bytes = self.views.pinned_here[at as usize].bytes;
            if bytes > best.map_or(0, |best| self.views.pinned_here[best as usize].bytes) {
                best = Some(at);
            }
            open.extend(&self.children[at as usize]);
        }
        best
    }

    /// Of the places in the map's tables one in eight is in use, and the tables are most of it.
    fn is_sparse(&self, place: u32) -> bool {
        let Slots { all, set } = self.views.slots[place as usize];
        let node = self.node(place);
        all >= 64 && set * 8 <= all && self.heap.classes.is_map(node.class) && {
            let (tables, whole) = (self.map_bytes(place), self.figures.held[place as usize].1);
            tables * 2 >= whole
        }
    }

    /// Bytes of maps' tables there and below.
    fn map_bytes(&self, place: u32) -> u64 {
        let mut open = vec![place];
        let mut bytes = 0;
        while let Some(at) = open.pop() {
            if self.heap.classes.is_map(self.node(at).class) {
                bytes += self.node(at).bytes;
                open.extend(&self.children[at as usize]);
            }
        }
        bytes
    }

    fn suspect(&self, found: &Found) -> Suspect {
        let many = self.node(found.many);
        let path = self.path(found);
        let count = |place: u32| {
            let (objects, bytes) = self.figures.held[place as usize];
            HeapCount { objects: Objects(objects), bytes: Bytes(bytes) }
        };
        let point = found.point.filter(|&point| self.heap.group(self.node(point).class).is_none());
        // Through a point that has more than this accumulation (a struct with everything), the way goes on.
        let whole = point.unwrap_or_else(|| self.topmost(found));
        let site = self.heap.classes.site(many.class);
        let children = Accumulated {
            type_name: self.heap.classes.type_name(many.class).map(str::to_owned),
            stack: site.map(|site| site.stack.to_vec()).unwrap_or_default(),
            object_size: Bytes(self.object_size(many)),
            held: HeapCount { objects: Objects(many.count), bytes: Bytes(many.bytes) },
            retained: Bytes(self.figures.held[found.many as usize].1),
        };
        let growth = self.growth.as_ref().map(|growth| growth[whole as usize]);
        let leads_on = self.point_in(&path, point).map_or(0, |point| point as usize + 1);
        let field = path.steps.get(leads_on).and_then(|step| step.field.as_deref());
        let words = Words {
            kind: found.kind,
            root: &path.root,
            shared: self.root_kind_of(found.many).is_none(),
            point: point.map(|point| self.step_of(point)),
            field: field.filter(|field| field.starts_with('.')),
            children: &children,
            child_site: site.and_then(|site| super::user_frame(self.heap, &site.stack)),
            retained: count(whole),
            growth,
            pinned: self.views.pinned[found.many as usize],
            slots: self.views.slots[found.many as usize],
        };
        Suspect {
            kind: found.kind,
            sentence: sentence(&words),
            point: self.point_in(&path, point),
            retained: count(whole),
            children,
            growth,
            path,
        }
    }

    fn step_of(&self, place: u32) -> crate::model::heap::PathStep {
        super::step(self.heap, self.node(place).first, 1, false)
    }

    fn object_size(&self, node: &MergedNode) -> u64 {
        if self.heap.group(node.class).is_some() { 0 } else { self.heap.graph().size(node.first) }
    }

    /// What all of it hangs from if there is no single object: the root, or what several roots share.
    fn topmost(&self, found: &Found) -> u32 {
        let way = self.heap.held.way_down(found.many);
        way.first().copied().unwrap_or(found.many)
    }

    fn path(&self, found: &Found) -> RetainingPath {
        let first = self.node(found.many).first;
        match self.heap.ways.place(first) {
            Some(place) => retaining_path(self.heap, place),
            None => RetainingPath { root: no_root(), steps: Vec::new(), held: HeapCount::default() },
        }
    }

    /// Which step of the path the point is.
    fn point_in(&self, path: &RetainingPath, point: Option<u32>) -> Option<u32> {
        let place = self.heap.ways.place(self.node(point?).first)?;
        let step = self.heap.ways.way_down(place).len().checked_sub(2)?;
        (step < path.steps.len()).then_some(step as u32)
    }
}

fn no_root() -> HeapRoot {
    HeapRoot { kind: RootKind::Other, name: "?".to_owned(), type_name: None, goroutine: None }
}
