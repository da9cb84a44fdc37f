//! A shortest path from a root to every object.
//!
//! Input: the graph. Output: for every node the one before it on its path. Holders have turns: what the program's own
//! globals and goroutines reach is found from them, however much nearer something of the runtime's would be.

use super::graph::Graph;
use super::objects::NONE;
use super::roots::Turn;

/// Who comes before whom.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// By node; the top's own is the top, [`NONE`] for what is not reached.
    before: Vec<u32>,
    /// What is reached, in the order in which it was: who comes before is before. Without the top.
    order: Vec<u32>,
}

impl Paths {
    pub(super) fn new(graph: &Graph) -> Self {
        let top = graph.top();
        let mut before = vec![NONE; graph.edges.n_nodes() as usize];
        before[top as usize] = top;
        let mut order = Vec::new();
        let mut worked = 0;
        for turn in Turn::ALL {
            for (place, _) in graph.roots.holders.iter().enumerate().filter(|(_, holder)| holder.turn == turn)
            {
                let node = graph.first_holder() + place as u32;
                before[node as usize] = top;
                order.push(node);
            }
            while let Some(&node) = order.get(worked) {
                worked += 1;
                for &target in graph.edges.of(node) {
                    if before[target as usize] == NONE {
                        before[target as usize] = node;
                        order.push(target);
                    }
                }
            }
        }
        Self { before, order }
    }

    /// The node before `node` on its path; `None` for the top and for what is not reached.
    #[inline]
    pub(super) fn before(&self, node: u32) -> Option<u32> {
        let before = self.before[node as usize];
        (before != NONE && before != node).then_some(before)
    }

    #[inline]
    pub(super) fn is_reached(&self, node: u32) -> bool {
        self.before[node as usize] != NONE
    }

    /// What is reached, who comes before first.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Frees the order, once nobody needs it.
    pub(super) fn forget_order(&mut self) {
        self.order = Vec::new();
    }

    /// The nodes from a holder to `node`.
    pub(super) fn to(&self, node: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(before) = self.before(at) {
            path.push(at);
            at = before;
        }
        path.reverse();
        path
    }
}
