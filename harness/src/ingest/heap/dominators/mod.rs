//! Who alone holds what: the dominator tree of a graph.
//!
//! A node *dominates* another if every way from the top to that leads through it: if the one goes, so does the other.
//! Input: references and the top. Output: each node's immediate dominator. The algorithm is Lengauer's and Tarjan's
//! (1979) with path compression: `O(m log n)` whatever the shape, which a walk up the tree for each node is not. No
//! recursion: a linked list of a million elements is a million deep.
//!
//! Most nodes of a heap are referred to once. What refers to them dominates them, and if they refer to nothing
//! themselves (half of all objects: strings, buffers) they need not take part at all.
//!
//! ```text
//! predecessors   who refers to what is referred to often, by node
//! numbering      depth-first numbers
//! forest         dominators of numbers
//! ```
//!
//! What is read at random costs most by far: arrays are gone through in order of address where that does as well, and
//! what is needed together stands together.

mod forest;
mod numbering;
mod predecessors;

use super::bits::Bits;
use super::edges::Edges;
use super::objects::NONE;
use forest::Forest;
use numbering::Numbering;
pub(super) use predecessors::Predecessors;

/// The dominator tree.
#[derive(Debug, Default)]
pub(super) struct Dominators {
    /// By node: its immediate dominator; [`NONE`] for the top and for what it does not reach.
    idom: Vec<u32>,
    /// What the top reaches, dominators first; the top itself is the first.
    order: Vec<u32>,
    /// Place in `order` of the dominator of each node there, but for leaves, which are the last.
    above: Vec<u32>,
}

impl Dominators {
    /// Of what `top` reaches. Predecessors can be looked for meanwhile: `predecessors` is called when they are needed.
    pub(super) fn new(
        edges: &Edges,
        top: u32,
        leaves: &Bits,
        predecessors: impl FnOnce() -> Predecessors,
    ) -> Self {
        let Numbering { node, number, parent } = Numbering::new(edges, top, leaves);
        let predecessors = predecessors();
        let above = Forest::new(parent).dominators(&predecessors.numbered(&node, &number));
        Self::by_node(edges, leaves, node, number, above)
    }

    /// From numbers to nodes, and the leaves that took no part. The array of numbers becomes that of dominators.
    fn by_node(
        edges: &Edges,
        leaves: &Bits,
        mut order: Vec<u32>,
        mut idom: Vec<u32>,
        above: Vec<u32>,
    ) -> Self {
        for (&node, &dominator) in order.iter().zip(&above).skip(1) {
            idom[node as usize] = order[dominator as usize];
        }
        let top = order.first().copied();
        for source in 0..edges.n_nodes() {
            if Some(source) != top && idom[source as usize] == NONE {
                continue;
            }
            for &target in edges.of(source).iter().filter(|target| leaves.has(**target)) {
                idom[target as usize] = source;
                order.push(target);
            }
        }
        top.into_iter().for_each(|top| idom[top as usize] = NONE);
        Self { idom, order, above }
    }

    /// The immediate dominator of `node`; [`NONE`] for the top and for what it does not reach.
    #[inline]
    pub(super) fn of(&self, node: u32) -> u32 {
        self.idom[node as usize]
    }

    /// What the top reaches, without the top, dominators first; each with its dominator.
    pub(super) fn order(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (inner, leaves) = self.order.split_at(self.above.len());
        let inner = inner.iter().zip(&self.above).skip(1);
        inner
            .map(|(&node, &above)| (node, self.order[above as usize]))
            .chain(leaves.iter().map(|&leaf| (leaf, self.of(leaf))))
    }

    /// Frees the order, once nobody needs it.
    pub(super) fn forget_order(&mut self) {
        (self.order, self.above) = (Vec::new(), Vec::new());
    }

    /// By node: `own` of it and of all that it dominates. What is not reached has 0.
    pub(super) fn sums(&self, own: impl Fn(u32) -> u64) -> Vec<u64> {
        let is_reached = |node: u32| self.of(node) != NONE || self.order.first() == Some(&node);
        let mut sums: Vec<u64> =
            (0..self.idom.len() as u32).map(|node| if is_reached(node) { own(node) } else { 0 }).collect();
        let (inner, leaves) = self.order.split_at(self.above.len());
        for &leaf in leaves {
            sums[self.of(leaf) as usize] += sums[leaf as usize];
        }
        for (&node, &above) in inner.iter().zip(&self.above).skip(1).rev() {
            sums[self.order[above as usize] as usize] += sums[node as usize];
        }
        sums
    }
}

/// How often each node is referred to, which tells who has to take part.
#[derive(Debug)]
pub(super) struct Degrees(Vec<u32>);

impl Degrees {
    pub(super) fn new(edges: &Edges) -> Self {
        let mut degrees = vec![0u32; edges.n_nodes() as usize];
        edges.all().iter().for_each(|&target| degrees[target as usize] += 1);
        Self(degrees)
    }

    /// Nodes that are referred to once and refer to nothing.
    pub(super) fn leaves(&self, edges: &Edges) -> Bits {
        let mut leaves = Bits::new(self.0.len());
        let once = (0u32..).zip(&self.0).filter(|(_, degree)| **degree == 1);
        once.filter(|(node, _)| edges.of(*node).is_empty()).for_each(|(node, _)| leaves.add(node));
        leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Nodes that `top` reaches if `without` is not there.
    fn reached(lists: &[Vec<u32>], top: u32, without: u32) -> Vec<bool> {
        let mut seen = vec![false; lists.len()];
        let mut open = if top == without { vec![] } else { vec![top] };
        while let Some(node) = open.pop() {
            if node != without && !std::mem::replace(&mut seen[node as usize], true) {
                open.extend(&lists[node as usize]);
            }
        }
        seen
    }

    fn dominators(lists: &[Vec<u32>]) -> Dominators {
        let edges = Edges::from_lists(lists);
        let degrees = Degrees::new(&edges);
        let leaves = degrees.leaves(&edges);
        Dominators::new(&edges, 0, &leaves, || Predecessors::new(&edges, degrees))
    }

    fn idoms(lists: &[Vec<u32>]) -> Vec<u32> {
        dominators(lists).idom
    }

    #[test]
    fn dominators_of_a_textbook_graph() {
        // Lengauer and Tarjan 1979, figure 1: R A B C D E F G H I J K L.
        let (r, a, b, c, d, e, f, g, h, i, j, k, l) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        let lists = [
            vec![a, b, c],
            vec![d],
            vec![a, d, e],
            vec![f, g],
            vec![l],
            vec![h],
            vec![i],
            vec![i, j],
            vec![e, k],
            vec![k],
            vec![i],
            vec![i, r],
            vec![h],
        ];
        let expected = [NONE, r, r, r, r, r, c, c, r, r, g, r, d];
        assert_eq!(idoms(&lists), expected);
    }

    #[test]
    fn what_two_hold_is_held_by_what_holds_both() {
        let lists = [vec![1, 2], vec![3], vec![3], vec![4, 4], vec![]];
        assert_eq!(idoms(&lists), [NONE, 0, 0, 0, 3]);
    }

    #[test]
    fn what_is_not_reached_has_no_dominator_and_does_not_disturb() {
        let lists = [vec![1], vec![2], vec![], vec![2, 4], vec![3, 1]];
        assert_eq!(idoms(&lists), [NONE, 0, 1, NONE, NONE]);
    }

    #[test]
    fn a_list_of_a_million_elements_that_all_share_one_needs_no_recursion() {
        let n = 1_000_000u32;
        let mut lists: Vec<Vec<u32>> = (0..n).map(|node| vec![(node + 1).min(n - 1), n]).collect();
        lists.push(vec![]);
        let dominators = dominators(&lists);
        assert_eq!((dominators.of(n - 1), dominators.of(n)), (n - 2, 0));
        assert_eq!(dominators.sums(|_| 1)[0], u64::from(n) + 1);
    }

    proptest! {
        /// Sizes that are powers of two tell which nodes are in a sum.
        #[test]
        fn a_node_retains_what_is_not_reached_without_it(
            lists in (1usize..24).prop_flat_map(|n| prop::collection::vec(
                prop::collection::vec(0..n as u32, 0..5), n)),
        ) {
            let dominators = dominators(&lists);
            let retained = dominators.sums(|node| 1 << node);
            let all = reached(&lists, 0, NONE);
            for node in 0..lists.len() as u32 {
                let without = reached(&lists, 0, node);
                let lost = (0..lists.len()).filter(|&other| all[other] && !without[other]);
                let expected: u64 = lost.map(|other| 1u64 << other).sum();
                prop_assert_eq!(retained[node as usize], expected, "node {} of {:?}", node, lists);
            }
            // Each node once, dominators first.
            prop_assert!(dominators.order().all(|(node, above)| dominators.of(node) == above));
            let order: Vec<u32> = dominators.order().map(|(node, _)| node).collect();
            for (place, &node) in order.iter().enumerate() {
                prop_assert!(dominators.of(node) == 0 || order[..place].contains(&dominators.of(node)));
                prop_assert!(!order[..place].contains(&node));
            }
            prop_assert_eq!(order.len() + 1, all.iter().filter(|reached| **reached).count());
        }
    }
}
