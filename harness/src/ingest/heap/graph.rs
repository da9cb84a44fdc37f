//! The graph: objects, holders and the top as nodes, references between them.
//!
//! Input: what was collected, and the names of static memory. Output: [`Graph`]. Some references of the runtime's own say
//! nothing about who holds what, and hide who does: they are led elsewhere here.
//! - Every goroutine's descriptor is in a list of the runtime's. Here descriptors have a holder of their own, since they
//!   are the runtime's, and what hangs from one is the goroutine's.
//! - Timers hang under the runtime's processors. Here they hang under a holder of their own.
//! - What refers to an object with a finalizer does not count, what the object refers to is kept by the runtime.

use rustc_hash::FxHashSet;

use super::arrange::Arranged;
use super::collect::{Collected, Wide};
use super::edges::Edges;
use super::marks::Mark;
use super::names::Statics;
use super::objects::Objects;
use super::resolve::{Resolved, resolve};
use super::roots::{DESCRIPTOR, RootReference, Roots, Source, Turn};
use crate::model::ModuleTable;
use crate::model::heap::RootKind;

/// A slot for a timer has a pointer and a time (`runtime.timerWhen`, Go 1.23 and later).
const TIMER_SLOT: u64 = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) objects: Objects,
    pub(super) edges: Edges,
    /// Of objects' references, in the order of the edges.
    pub(super) marks: Vec<Mark>,
    pub(super) roots: Roots,
    /// By object.
    pub(super) wide: Vec<Wide>,
    pub(super) n_overlapping: u64,
}

impl Graph {
    /// Takes the objects out of `all`.
    pub(super) fn new(all: &mut Collected, statics: &Statics, modules: &ModuleTable) -> Self {
        let mut arranged = Arranged::new(all);
        let resolved = resolve(&mut arranged);
        let Arranged { objects, wide, n_overlapping, .. } = arranged;
        let source = Source { all, objects: &objects, statics, modules };
        let roots = Roots::new(&source);
        let mut rows = Rows { resolved, objects: &objects, wide: &wide };
        let mut roots = rows.lead_timers(roots);
        rows.lead_descriptors(&mut roots);
        rows.lead_finalizers(&mut roots);
        roots.words(&source);
        let Resolved { starts, targets, marks } = rows.resolved;
        let mut edges = Edges::new(starts, targets);
        for holder in &roots.holders {
            let targets: Vec<u32> = holder.references.iter().map(|reference| reference.target).collect();
            edges.push_row(&targets);
        }
        let first = objects.len();
        let holders: Vec<u32> = (first..first + roots.holders.len() as u32).collect();
        edges.push_row(&holders);
        Self { objects, edges, marks, roots, wide, n_overlapping }
    }

    /// Of the first holder's node; objects come before it.
    pub(super) fn first_holder(&self) -> u32 {
        self.objects.len()
    }

    /// The node that refers to all holders.
    pub(super) fn top(&self) -> u32 {
        self.edges.n_nodes() - 1
    }

    /// Place of the holder that `node` is.
    pub(super) fn holder(&self, node: u32) -> Option<usize> {
        let place = node.checked_sub(self.first_holder())? as usize;
        (place < self.roots.holders.len()).then_some(place)
    }

    /// Bytes of an object; holders have none.
    #[inline]
    pub(super) fn size(&self, node: u32) -> u64 {
        if node < self.first_holder() { self.objects.size(node) } else { 0 }
    }
}

/// References before they are fixed.
struct Rows<'a> {
    resolved: Resolved,
    objects: &'a Objects,
    wide: &'a [Wide],
}

impl Rows<'_> {
    fn range(&self, object: u32) -> std::ops::Range<usize> {
        self.resolved.starts[object as usize] as usize..self.resolved.starts[object as usize + 1] as usize
    }

    fn row(&self, object: u32) -> &[u32] {
        &self.resolved.targets[self.range(object)]
    }

    /// Makes those references of `object` that `wanted` takes point to the object itself: nowhere.
    fn cut(&mut self, object: u32, wanted: impl Fn(u32) -> bool) {
        let range = self.range(object);
        self.resolved.targets[range]
            .iter_mut()
            .filter(|target| wanted(**target))
            .for_each(|target| *target = object);
    }

    fn lead_timers(&mut self, mut roots: Roots) -> Roots {
        let Some(all_ps) = roots.all_ps else { return roots };
        let mut lists = Vec::new();
        for p in self.row(all_ps).to_vec() {
            let of_p: Vec<u32> =
                self.row(p).iter().copied().filter(|child| self.is_timer_list(*child)).collect();
            self.cut(p, |target| of_p.contains(&target));
            lists.extend(of_p);
        }
        lists.sort_unstable();
        lists.dedup();
        if !lists.is_empty() {
            let holder = roots.add_alone(Turn::Timers, RootKind::Timer, "timers".to_owned(), None);
            let reference = |target| RootReference { target, mark: Mark::default(), depth: 0 };
            roots.holders[holder as usize].references = lists.into_iter().map(reference).collect();
        }
        roots
    }

    /// A pointer in every other word, all through.
    fn is_timer_list(&self, object: u32) -> bool {
        let Ok(at) = self.wide.binary_search_by_key(&object, |wide| wide.object) else { return false };
        let wide = self.wide[at];
        u64::from(wide.slots) == self.objects.size(object) / TIMER_SLOT && wide.set > 0
    }

    fn lead_descriptors(&mut self, roots: &mut Roots) {
        let references = roots.holders.iter().flat_map(|holder| &holder.references);
        let descriptors: FxHashSet<u32> = references
            .filter(|reference| reference.depth == DESCRIPTOR)
            .map(|reference| reference.target)
            .collect();
        let (Some(&low), Some(&high)) = (descriptors.iter().min(), descriptors.iter().max()) else { return };
        let is_one = |target: u32| (low..=high).contains(&target) && descriptors.contains(&target);
        // Few rows have one: those are looked for in all references at once.
        let mut found = Vec::new();
        for (place, _) in self.resolved.targets.iter().enumerate().filter(|(_, target)| is_one(**target)) {
            let object = self.resolved.starts.partition_point(|&start| start as usize <= place) as u32 - 1;
            if found.last() != Some(&object) {
                found.push(object);
            }
        }
        found.into_iter().for_each(|object| self.cut(object, is_one));
        let mut own = Vec::with_capacity(descriptors.len());
        for holder in &mut roots.holders {
            let is_it = |reference: &RootReference| reference.depth == DESCRIPTOR;
            let Some(place) = holder.references.iter().position(is_it) else { continue };
            let descriptor = holder.references.remove(place);
            let others = self.row(descriptor.target).iter().filter(|target| **target != descriptor.target);
            holder.references.extend(others.map(|&target| RootReference { target, ..descriptor }));
            self.cut(descriptor.target, |_| true);
            own.push(RootReference { depth: 0, ..descriptor });
        }
        let name = "goroutine descriptors".to_owned();
        let holder = roots.add_alone(Turn::Runtime, RootKind::Runtime, name, None);
        roots.holders[holder as usize].references = own;
    }

    fn lead_finalizers(&mut self, roots: &mut Roots) {
        let Some(holder) = roots.finalizers else { return };
        for object in roots.finalized.clone() {
            let reference = |&target: &u32| RootReference { target, mark: Mark::default(), depth: 0 };
            // The runtime passes over pointers back to the object that it scans; and what was cut points there.
            let others = self.row(object).iter().filter(|target| **target != object);
            let targets: Vec<RootReference> = others.map(reference).collect();
            roots.holders[holder as usize].references.extend(targets);
        }
    }
}
