//! What a heap comes to, decided: figures by type, holder, site and suspect.
//!
//! Input: a [`Heap`], and what an earlier one of the same run came to. Output: a [`HeapSummary`].

mod growth;
mod holders;
mod path;
mod sites;
mod suspects;
mod totals;
mod types;
mod views;
mod words;

use rustc_hash::FxHashMap;

use super::analysis::Heap;
use super::objects::NONE;
use crate::model::Bytes;
use crate::model::heap::HeapSummary;

pub use growth::Earlier;
pub(super) use holders::root_of;
pub(super) use path::{retaining_path, step, user_frame, with_field};
use totals::Totals;

impl Heap {
    /// Sums it up; with growth, if there is an `earlier` heap.
    #[must_use]
    pub fn summary(&self, earlier: Option<&Earlier>) -> HeapSummary {
        let totals = Totals::new(self);
        let figures = Figures::new(self);
        let missing = totals.missing(self);
        let mut summary = HeapSummary {
            types: types::types(self, &figures, earlier),
            holders: holders::holders(self, &figures, earlier),
            sites: sites::sites(self, &figures, earlier),
            suspects: suspects::suspects(self, &figures, earlier),
            totals: totals.figures,
            missing,
        };
        let reachable = summary.totals.reachable.bytes.0.max(1) as f64;
        summary
            .holders
            .iter_mut()
            .for_each(|holder| holder.share = holder.retained.bytes.0 as f64 * 100.0 / reachable);
        summary
    }

    /// What is needed of it for the growth of a later one.
    #[must_use]
    pub fn as_earlier(&self) -> Earlier {
        Earlier::new(self, &Figures::new(self))
    }
}

/// Sums over the merged trees that several parts need.
pub(super) struct Figures {
    /// By node of the merged dominators: objects and bytes there and below.
    pub(super) held: Vec<(u64, u64)>,
    /// Likewise of the merged paths.
    pub(super) ways: Vec<(u64, u64)>,
}

impl Figures {
    pub(super) fn new(heap: &Heap) -> Self {
        let is_object = |class: u32| class < heap.classes.len();
        Self { held: heap.held.below(is_object), ways: heap.ways.below(is_object) }
    }
}

/// Bytes that the objects of each key retain together: each byte once, however they are nested. [`NONE`] is no key.
fn retained_by(heap: &Heap, figures: &Figures, key: impl Fn(u32) -> u32) -> FxHashMap<u32, Bytes> {
    let mut sums: FxHashMap<u32, Bytes> = FxHashMap::default();
    for (place, node) in heap.held.nodes.iter().enumerate().skip(1) {
        let own = key(node.class);
        let is_topmost =
            || heap.held.way_up(node.above).all(|above| key(heap.held.nodes[above as usize].class) != own);
        if own != NONE && is_topmost() {
            *sums.entry(own).or_default() += Bytes(figures.held[place].1);
        }
    }
    sums
}
