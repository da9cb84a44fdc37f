//! A tree over all objects (of dominators, of shortest paths) with those that are alike merged.
//!
//! Input: each node's class and the node above it, upper nodes first. Output: [`Merged`], a tree of a few thousand nodes
//! in which siblings of one class are one, and a list, however long, is one too: a node whose class is that of a node
//! above it, with no new class in between, is merged into that.
//!
//! So the set of classes on the way down to a merged node is exact for all objects in it, and sums over the topmost
//! nodes of a class count every byte once.

use rustc_hash::FxHashMap;

use super::objects::NONE;

/// More nodes than anybody looks at: what would come is merged into the node above it.
const MAX_NODES: usize = 1 << 20;

/// The tree. Its first node is the top.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) nodes: Vec<MergedNode>,
    /// By node of the graph: place in `nodes`; [`NONE`] for what is not reached.
    of: Vec<u32>,
    /// (place, class) -> place of the child.
    children: FxHashMap<(u32, u32), u32>,
    /// The child that was added to last, likewise.
    last: ((u32, u32), u32),
}

/// A node of the graph on its way into the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) node: u32,
    pub(super) above: u32,
    pub(super) class: u32,
    pub(super) bytes: u64,
}

/// Nodes of one class under the same merged node.
#[derive(Debug, Clone, Default)]
pub(super) struct MergedNode {
    pub(super) above: u32,
    pub(super) class: u32,
    /// How many, and their own bytes.
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// Some are above others.
    pub(super) chain: bool,
    /// The first of them.
    pub(super) first: u32,
    /// No node above is of this class.
    pub(super) is_new: bool,
}

impl Merged {
    /// A tree of only the top; `n_nodes` of the graph.
    pub(super) fn new(n_nodes: usize, top: u32) -> Self {
        let root = MergedNode { class: NONE, count: 1, first: top, is_new: true, ..MergedNode::default() };
        let mut of = vec![NONE; n_nodes];
        of[top as usize] = 0;
        Self { nodes: vec![root], of, children: FxHashMap::default(), last: ((NONE, NONE), 0) }
    }

    /// Puts a node under the one above it, which is in it already.
    #[inline]
    pub(super) fn add(&mut self, member: &Member) {
        let &Member { node, above, class, bytes } = member;
        let key = (self.of[above as usize], class);
        // Neighbours are often alike.
        let place = match self.last {
            (last, place) if last == key => place,
            _ => match self.children.get(&key) {
                Some(&place) => place,
                None => self.make(node, key.0, class),
            },
        };
        self.last = (key, place);
        self.of[node as usize] = place;
        let merged = &mut self.nodes[place as usize];
        merged.count += 1;
        merged.bytes += bytes;
    }

    /// Brings the places of nodes that will be added into the cache, all at once.
    pub(super) fn touch(&self, members: &[Member]) {
        let read =
            members.iter().map(|member| self.of[member.node as usize] ^ self.of[member.above as usize]);
        std::hint::black_box(read.fold(0, |all, place| all ^ place));
    }

    #[cold]
    fn make(&mut self, node: u32, above: u32, class: u32) -> u32 {
        let place = match self.repeats(above, class) {
            Some(place) => {
                self.nodes[place as usize].chain = true;
                place
            }
            None if self.nodes.len() >= MAX_NODES => above,
            None => {
                let is_new = self.way_up(above).all(|place| self.nodes[place as usize].class != class);
                self.nodes.push(MergedNode { above, class, first: node, is_new, ..MergedNode::default() });
                self.nodes.len() as u32 - 1
            }
        };
        self.children.insert((above, class), place);
        place
    }

    /// The node of this class at or above `place` with no new class below it.
    fn repeats(&self, place: u32, class: u32) -> Option<u32> {
        for at in self.way_up(place).filter(|&at| at != 0) {
            let node = &self.nodes[at as usize];
            if node.class == class {
                return Some(at);
            }
            if node.is_new {
                return None;
            }
        }
        None
    }

    /// `place` and what is above it, up to the top.
    pub(super) fn way_up(&self, place: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(place), |&at| (at != 0).then(|| self.nodes[at as usize].above))
    }

    /// Merged nodes from the top's child down to `place`.
    pub(super) fn way_down(&self, place: u32) -> Vec<u32> {
        let mut way: Vec<u32> = self.way_up(place).filter(|&at| at != 0).collect();
        way.reverse();
        way
    }

    /// Where a node of the graph went.
    pub(super) fn place(&self, node: u32) -> Option<u32> {
        self.of.get(node as usize).copied().filter(|&place| place != NONE)
    }

    /// Number and bytes at each merged node and below it.
    pub(super) fn below(&self, counts: impl Fn(u32) -> bool) -> Vec<(u64, u64)> {
        let own = |node: &MergedNode| if counts(node.class) { (node.count, node.bytes) } else { (0, 0) };
        let mut sums: Vec<(u64, u64)> = self.nodes.iter().map(own).collect();
        for place in (1..self.nodes.len()).rev() {
            let (count, bytes) = sums[place];
            let above = &mut sums[self.nodes[place].above as usize];
            *above = (above.0 + count, above.1 + bytes);
        }
        sums
    }

    /// Places of each merged node's children.
    pub(super) fn child_lists(&self) -> Vec<Vec<u32>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for place in 1..self.nodes.len() {
            lists[self.nodes[place].above as usize].push(place as u32);
        }
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of (above, class), the top first; every node has one byte.
    fn merged(nodes: &[(u32, u32)]) -> Merged {
        let mut merged = Merged::new(nodes.len(), 0);
        for (node, &(above, class)) in nodes.iter().enumerate().skip(1) {
            merged.add(&Member { node: node as u32, above, class, bytes: 1 });
        }
        merged
    }

    fn counts(merged: &Merged) -> Vec<(u32, u64, bool)> {
        merged.nodes.iter().skip(1).map(|node| (node.class, node.count, node.chain)).collect()
    }

    #[test]
    fn siblings_of_a_class_are_one_node() {
        let tree = merged(&[(0, 0), (0, 7), (1, 8), (1, 8), (1, 9), (2, 9), (3, 9)]);
        assert_eq!(counts(&tree), [(7, 1, false), (8, 2, false), (9, 1, false), (9, 2, false)]);
        assert_eq!(tree.below(|_| true)[1], (6, 6));
        assert_eq!(tree.way_down(tree.place(6).unwrap()), [1, 2, 4]);
    }

    #[test]
    fn a_list_is_one_node_and_so_is_what_hangs_from_its_elements() {
        let tree = merged(&[(0, 0), (0, 7), (1, 7), (2, 7), (1, 8), (2, 8), (3, 8)]);
        assert_eq!(counts(&tree), [(7, 3, true), (8, 3, false)]);
    }

    #[test]
    fn a_list_through_two_classes_ends_and_every_byte_of_a_class_counts_once() {
        // 7 8 7 8 7 8
        let tree = merged(&[(0, 0), (0, 7), (1, 8), (2, 7), (3, 8), (4, 7), (5, 8)]);
        assert_eq!(counts(&tree), [(7, 1, false), (8, 3, true), (7, 2, false)]);
        let below = tree.below(|_| true);
        let retained = |class| {
            let nodes = tree.nodes.iter().zip(&below).filter(|(node, _)| node.class == class && node.is_new);
            nodes.map(|(_, below)| below.1).sum::<u64>()
        };
        assert_eq!((retained(7), retained(8)), (6, 5));
    }
}
