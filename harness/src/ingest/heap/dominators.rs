//! Who alone holds what: the dominator tree of a graph.
//!
//! A node *dominates* another if every way from the top to that leads through it: if the one goes, so does the other.
//! Input: references and the top. Output: each node's immediate dominator. The algorithm is Lengauer's and Tarjan's
//! (1979) with path compression: `O(m log n)` whatever the shape, which a walk up the tree for each node is not. No
//! recursion: a linked list of a million elements is a million deep.
//!
//! Most nodes of a heap are referred to once. What refers to them dominates them, and if they refer to nothing
//! themselves (half of all objects: strings, buffers) they need not take part at all.

use super::edges::Edges;
use super::objects::NONE;

/// The dominator tree.
#[derive(Debug, Default)]
pub(super) struct Dominators {
    /// By node: its immediate dominator; [`NONE`] for the top and for what it does not reach.
    idom: Vec<u32>,
    /// What the top reaches, dominators first; the top itself is the first.
    order: Vec<u32>,
}

impl Dominators {
    /// Of what `top` reaches.
    pub(super) fn new(edges: &Edges, top: u32) -> Self {
        let roles = roles(edges);
        let numbering = Numbering::new(edges, top, &roles);
        let predecessors = Predecessors::new(edges, &numbering, &roles);
        drop(roles);
        let Numbering { node, number, parent } = numbering;
        let by_number = Forest::new(parent).dominators(&predecessors);
        drop(predecessors);
        Self::by_node(edges, node, number, &by_number)
    }

    /// From numbers to nodes, and the leaves that took no part. The array of numbers becomes that of dominators.
    fn by_node(edges: &Edges, mut order: Vec<u32>, mut idom: Vec<u32>, by_number: &[u32]) -> Self {
        idom.fill(NONE);
        for (number, &dominator) in by_number.iter().enumerate().skip(1) {
            idom[order[number] as usize] = order[dominator as usize];
        }
        let n_numbered = order.len();
        let top = order.first().copied();
        for place in 0..n_numbered {
            let from = order[place];
            for &target in edges.of(from) {
                if idom[target as usize] == NONE && Some(target) != top {
                    idom[target as usize] = from;
                    order.push(target);
                }
            }
        }
        Self { idom, order }
    }

    /// The immediate dominator of `node`; [`NONE`] for the top and for what it does not reach.
    #[inline]
    pub(super) fn of(&self, node: u32) -> u32 {
        self.idom[node as usize]
    }

    /// What the top reaches, without the top, dominators first.
    pub(super) fn order(&self) -> &[u32] {
        self.order.get(1..).unwrap_or_default()
    }

    /// Frees the order, once nobody needs it.
    pub(super) fn forget_order(&mut self) {
        self.order = Vec::new();
    }

    /// By node: `own` of it and of all that it dominates.
    pub(super) fn sums(&self, own: impl Fn(u32) -> u64) -> Vec<u64> {
        let mut sums = vec![0; self.idom.len()];
        for &node in self.order.iter().rev() {
            sums[node as usize] += own(node);
            let above = self.of(node);
            if above != NONE {
                sums[above as usize] += sums[node as usize];
            }
        }
        sums
    }
}

/// How a node takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing refers to it.
    Unreferenced,
    /// Referred to once, and refers to nothing.
    Leaf,
    /// Referred to once.
    Once,
    /// Referred to several times.
    Often,
}

fn roles(edges: &Edges) -> Vec<Role> {
    let mut roles = vec![Role::Unreferenced; edges.n_nodes() as usize];
    for &target in edges.all() {
        let role = &mut roles[target as usize];
        *role = if *role == Role::Unreferenced { Role::Once } else { Role::Often };
    }
    for node in 0..edges.n_nodes() {
        let role = &mut roles[node as usize];
        if *role == Role::Once && edges.of(node).is_empty() {
            *role = Role::Leaf;
        }
    }
    roles
}

/// Depth-first numbers: nodes in the order in which they are found.
struct Numbering {
    /// Node of a number.
    node: Vec<u32>,
    /// Number of a node; [`NONE`] for leaves and for what is not reached.
    number: Vec<u32>,
    /// By number: number of the node from which it was found.
    parent: Vec<u32>,
}

impl Numbering {
    fn new(edges: &Edges, top: u32, roles: &[Role]) -> Self {
        let (mut node, mut parent) = (vec![top], vec![0]);
        let mut number = vec![NONE; edges.n_nodes() as usize];
        number[top as usize] = 0;
        // Rest of the row of each node on the way down, and that node's number.
        let (from, to) = edges.range(top);
        let mut way = vec![(from, to, 0u32)];
        while let Some((place, to, above)) = way.last_mut() {
            if place == to {
                way.pop();
                continue;
            }
            let target = edges.target(*place);
            *place += 1;
            if roles[target as usize] == Role::Leaf || number[target as usize] != NONE {
                continue;
            }
            let new = node.len() as u32;
            number[target as usize] = new;
            node.push(target);
            parent.push(*above);
            let (from, to) = edges.range(target);
            way.push((from, to, new));
        }
        Self { node, number, parent }
    }
}

/// Numbers of those that refer to a node, for nodes that are referred to often.
struct Predecessors {
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Predecessors {
    fn new(edges: &Edges, numbering: &Numbering, roles: &[Role]) -> Self {
        // Filled from the back, each start comes to where its row begins.
        let mut starts = vec![0u32; numbering.node.len() + 1];
        let often = |target: u32| roles[target as usize] == Role::Often;
        for &node in &numbering.node {
            for target in edges.of(node).iter().filter(|target| often(**target)) {
                starts[numbering.number[*target as usize] as usize] += 1;
            }
        }
        let mut total = 0u32;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut sources = vec![0u32; total as usize];
        for (source, &node) in numbering.node.iter().enumerate() {
            for target in edges.of(node).iter().filter(|target| often(**target)) {
                let start = &mut starts[numbering.number[*target as usize] as usize];
                *start -= 1;
                sources[*start as usize] = source as u32;
            }
        }
        Self { starts, sources }
    }

    #[inline]
    fn of(&self, number: u32) -> &[u32] {
        let (from, to) = (self.starts[number as usize], self.starts[number as usize + 1]);
        &self.sources[from as usize..to as usize]
    }
}

/// The forest of Lengauer and Tarjan, by number. Nodes are linked to their parents from the last number down to the
/// first, so that a node is linked if its number is not below that of the one worked on.
struct Forest {
    /// An ancestor in the forest: the parent, or further up where a path was compressed.
    ancestor: Vec<u32>,
    /// Number of the semidominator; a node's own before that is known.
    semi: Vec<u32>,
    /// The node of least semidominator between this one and its ancestor.
    label: Vec<u32>,
    /// The way up while it is compressed.
    way: Vec<u32>,
}

impl Forest {
    fn new(parent: Vec<u32>) -> Self {
        let own: Vec<u32> = (0..parent.len() as u32).collect();
        Self { ancestor: parent, label: own.clone(), semi: own, way: Vec::new() }
    }

    /// The immediate dominator of each number, itself a number.
    fn dominators(mut self, predecessors: &Predecessors) -> Vec<u32> {
        let n = self.ancestor.len() as u32;
        let mut idom = self.ancestor.clone();
        // Nodes by semidominator, as linked lists: those whose dominator is still open.
        let (mut first, mut next) = (vec![NONE; n as usize], vec![NONE; n as usize]);
        for worked in (1..n).rev() {
            let linked = worked + 1;
            let mut waiting = first[worked as usize];
            while waiting != NONE {
                let least = self.least(waiting, linked);
                let closer = self.semi[least as usize] < worked;
                idom[waiting as usize] = if closer { least } else { worked };
                waiting = next[waiting as usize];
            }
            let parent = self.ancestor[worked as usize];
            let mut semi = parent;
            for &source in predecessors.of(worked) {
                let least = self.least(source, linked);
                semi = semi.min(self.semi[least as usize]);
            }
            self.semi[worked as usize] = semi;
            if semi == 0 {
                idom[worked as usize] = 0;
            } else if semi != parent {
                next[worked as usize] = first[semi as usize];
                first[semi as usize] = worked;
            }
        }
        for number in 1..n as usize {
            if idom[number] != self.semi[number] {
                idom[number] = idom[idom[number] as usize];
            }
        }
        idom
    }

    /// Of `number` and what it hangs from in the forest, the one with the least semidominator.
    #[inline]
    fn least(&mut self, number: u32, linked: u32) -> u32 {
        if number < linked {
            return number;
        }
        if self.ancestor[number as usize] >= linked {
            self.compress(number, linked);
        }
        self.label[number as usize]
    }

    fn compress(&mut self, number: u32, linked: u32) {
        let mut at = number;
        while self.ancestor[at as usize] >= linked {
            self.way.push(at);
            at = self.ancestor[at as usize];
        }
        let (root, mut least) = (self.ancestor[at as usize], self.label[at as usize]);
        while let Some(below) = self.way.pop() {
            self.ancestor[below as usize] = root;
            let own = self.label[below as usize];
            if self.semi[least as usize] < self.semi[own as usize] {
                self.label[below as usize] = least;
            } else {
                least = own;
            }
        }
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

    fn idoms(lists: &[Vec<u32>]) -> Vec<u32> {
        Dominators::new(&Edges::from_lists(lists), 0).idom
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
        let dominators = Dominators::new(&Edges::from_lists(&lists), 0);
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
            let dominators = Dominators::new(&Edges::from_lists(&lists), 0);
            let retained = dominators.sums(|node| 1 << node);
            let all = reached(&lists, 0, NONE);
            for node in 0..lists.len() as u32 {
                let without = reached(&lists, 0, node);
                let lost = (0..lists.len()).filter(|&other| all[other] && !without[other]);
                let expected: u64 = lost.map(|other| 1u64 << other).sum();
                prop_assert_eq!(retained[node as usize], expected, "node {} of {:?}", node, lists);
            }
            // Each node once, dominators first.
            let order: Vec<u32> = dominators.order().to_vec();
            for (place, &node) in order.iter().enumerate() {
                prop_assert!(dominators.of(node) == 0 || order[..place].contains(&dominators.of(node)));
                prop_assert!(!order[..place].contains(&node));
            }
            prop_assert_eq!(order.len() + 1, all.iter().filter(|reached| **reached).count());
        }
    }
}
