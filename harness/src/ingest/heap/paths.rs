//! A shortest path from a root to every object.
//!
//! Input: the graph. Output: for every node the one before it on its path. Holders have turns: what the program's own
//! globals and goroutines reach is found from them, however much nearer something of the runtime's would be.

use super::bits::Bits;
use super::edges::Edges;
use super::graph::Graph;
use super::objects::NONE;
use super::roots::Turn;

/// Nodes whose rows are looked up together.
const BLOCK: usize = 32;

/// Who comes before whom.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// By node; the top's own is the top, [`NONE`] for what is not reached.
    before: Vec<u32>,
    /// What is reached, in the order in which it was: who comes before is before. Without the top and without leaves.
    order: Vec<u32>,
    /// Leaves that are reached, likewise.
    leaves: Vec<u32>,
}

impl Paths {
    /// `leaves` refer to nothing: nobody has to go on from them.
    pub(super) fn new(graph: &Graph, leaves: &Bits) -> Self {
        let (top, n_nodes) = (graph.top(), graph.edges.n_nodes() as usize);
        let mut paths = Self { before: vec![NONE; n_nodes], ..Self::default() };
        paths.before[top as usize] = top;
        let mut reached = Bits::new(n_nodes);
        reached.add(top);
        let mut worked = 0;
        for turn in Turn::ALL {
            for (place, holder) in
                graph.roots.holders.iter().enumerate().filter(|(_, holder)| holder.turn == turn)
            {
                let node = graph.first_holder() + place as u32;
                paths.before[node as usize] = top;
                reached.add(node);
                paths.order.push(node);
                for word in &holder.words {
                    paths.take(node, word.target, leaves, &mut reached);
                }
            }
            while worked < paths.order.len() {
                worked += paths.go_on(worked, &graph.edges, leaves, &mut reached);
            }
        }
        paths
    }

    /// Goes on from some of the nodes behind `worked` in the order; returns how many. Their rows are looked up for all
    /// of them at first: those lookups are waited for together.
    fn go_on(&mut self, worked: usize, edges: &Edges, leaves: &Bits, reached: &mut Bits) -> usize {
        let mut block = [(0u32, 0u32, 0u32); BLOCK];
        let n = block.iter_mut().zip(&self.order[worked..]).map(|(row, &node)| {
            let (from, to) = edges.range(node);
            *row = (node, from, to);
        });
        let n = n.count();
        edges.touch(block[..n].iter().map(|&(_, from, _)| from));
        for &(node, from, to) in &block[..n] {
            for &target in edges.targets(from, to) {
                self.take(node, target, leaves, reached);
            }
        }
        n
    }

    /// `target`, if it was not reached yet, comes after `node`.
    #[inline]
    fn take(&mut self, node: u32, target: u32, leaves: &Bits, reached: &mut Bits) {
        if reached.is_new(target) {
            self.before[target as usize] = node;
            if leaves.has(target) { &mut self.leaves } else { &mut self.order }.push(target);
        }
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

    /// What is reached, who comes before first; each with that.
    pub(super) fn order(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.order.iter().chain(&self.leaves).map(|&node| (node, self.before[node as usize]))
    }

    /// Frees the order, once nobody needs it.
    pub(super) fn forget_order(&mut self) {
        (self.order, self.leaves) = (Vec::new(), Vec::new());
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
