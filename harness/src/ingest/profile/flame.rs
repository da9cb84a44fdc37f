//! The tree of calls behind a flame graph.

use rustc_hash::FxHashMap;

use super::nodes::{Granularity, Nodes};
use super::view::View;
use crate::model::profile::{FlameNode, FlameTree};

impl View<'_> {
    /// Calls in their contexts. In the difference of two profiles samples with the same stack are netted first: what
    /// did not change has no width.
    #[must_use]
    pub fn flame(&self, granularity: Granularity, inlines: bool) -> FlameTree {
        let nodes = Nodes::new(self, granularity, inlines, false);
        let names: Vec<String> = nodes.list.iter().map(|node| nodes.name(node)).collect();
        let mut tree =
            FlameTree { nodes: vec![FlameNode { name: "all".to_owned(), ..FlameNode::default() }] };
        let mut children: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        // Values that were counted in a node itself.
        let mut own = vec![0i64];
        for shown in &self.samples {
            let Some((sample, stack)) = self.sample(shown) else { continue };
            let value = self.value(&sample);
            let mut at = 0u32;
            for id in stack.iter().rev() {
                for &node in nodes.of(id.0).iter().rev() {
                    at = *children.entry((at, node)).or_insert_with(|| {
                        let name = names.get(node as usize).cloned().unwrap_or_default();
                        tree.nodes.push(FlameNode { name, parent: at as usize, ..FlameNode::default() });
                        own.push(0);
                        tree.nodes.len() as u32 - 1
                    });
                }
            }
            if let Some(own) = own.get_mut(at as usize) {
                *own = own.wrapping_add(value);
            }
        }
        sum_up(&mut tree, &own);
        tree
    }
}

/// Adds children to their parents, which stand before them.
fn sum_up(tree: &mut FlameTree, own: &[i64]) {
    for (node, own) in tree.nodes.iter_mut().zip(own) {
        node.value = *own;
        node.width = own.unsigned_abs();
    }
    for at in (1..tree.nodes.len()).rev() {
        let FlameNode { parent, value, width, .. } = tree.nodes[at];
        if let Some(parent) = tree.nodes.get_mut(parent) {
            parent.value = parent.value.wrapping_add(value);
            parent.width = parent.width.wrapping_add(width);
        }
    }
}
